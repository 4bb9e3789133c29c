"""``KakaoLogin``: the one object a host makes; it wires the rooms of each app and keeps nothing of a request."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import Flask, Response, appcontext_pushed, jsonify
from flask_sqlalchemy import SQLAlchemy
from werkzeug.middleware.proxy_fix import ProxyFix

from .accounts import Accounts
from .activity import Activity
from .database import Database, reaching_database
from .deleted_users import watch_deleted_users
from .disabled_users import watch_disabled_users
from .endings import Endings
from .errors import KakaoLoginError, Language, SettingsError
from .heartbeat import Heartbeat
from .identity import access_token_expires_in, csrf_token, present_sid
from .kakao.client import KakaoClient
from .kakao.responses import KakaoUser
from .keys import SigningKeys, load_keys
from .loading import load_settings
from .login_state import LoginStates
from .models import make_models
from .pages import browser_language, render_error
from .pair import PairMaker
from .pruning import Pruning
from .revocations import Revocations
from .session_info import SessionInfo, describe_session
from .sessions import Sessions
from .settings import Settings
from .state import EXTENSION, State, current_state
from .tokens import TokenCodec, is_id
from .views import make_blueprint

Hook = TypeVar("Hook", bound=Callable[..., Any])


class KakaoLogin:
    """Kakao login for Flask apps.

    ``db`` is the host's ``SQLAlchemy()``; ``user_model`` its User, or None for a small one of our own.
    ``locale_selector`` gives ``"ko"`` or ``"en"`` for the present request, by default what the browser asks for;
    ``clock`` gives the time in seconds since the epoch.  Raises ``SettingsError`` when ``db`` or the model does
    not fit, and from ``init_app`` when a setting is missing or wrong.
    """

    def __init__(
        self,
        app: Flask | None = None,
        *,
        db: SQLAlchemy,
        user_model: type[Any] | None = None,
        locale_selector: Callable[[], Language] = browser_language,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._db = db
        self._models = make_models(db, user_model)
        watch_disabled_users(db, self._models)
        watch_deleted_users(db, self._models)
        self._locale_selector = locale_selector
        self._clock = clock or _system_clock
        self._user_created: Callable[[Any, KakaoUser], None] = _leave_as_it_is
        self._claims_for: Callable[[Any], Mapping[str, Any]] = _no_claims
        if app is not None:
            self.init_app(app)

    @property
    def user_model(self) -> type[Any]:
        """The User model: the host's, or our own."""
        return self._models.user

    def user_created(self, hook: Hook) -> Hook:
        """Register ``hook(user, kakao_user)``, called before a new User is stored, to fill the host's columns."""
        self._user_created = hook
        return hook

    def additional_claims(self, hook: Hook) -> Hook:
        """Register ``hook(user)``, which gives claims to add to every access token; a reserved one is an error."""

        def claims_for(user: Any) -> Mapping[str, Any]:
            # The hook gets its User in the host's own session, where it can follow relationships.
            with reaching_database():
                claims: Mapping[str, Any] = hook(self._db.session.get(type(user), self._models.key_of(user)))
            return claims

        self._claims_for = claims_for
        return hook

    def init_app(self, app: Flask) -> None:
        """Set one app up; the factory pattern calls this for each app it makes."""
        if EXTENSION in app.extensions:
            raise SettingsError("This app has Kakao login already. Call init_app once an app.")
        settings = load_settings(app.config, development=app.debug or app.testing)
        keys = load_keys(settings.tokens)
        app.extensions[EXTENSION] = self._wire(app, settings, keys)
        if settings.proxy_hops:
            _trust_proxies(app, settings.proxy_hops)
        app.register_blueprint(make_blueprint(settings.url_prefix))
        app.register_error_handler(KakaoLoginError, render_error)
        helpers = {"csrf_token": csrf_token, "access_token_expires_in": access_token_expires_in}
        app.context_processor(lambda: helpers)
        _publish_keys(app, keys)
        _prepare_database(app)
        _take_turns(app, app.extensions[EXTENSION].database)

    def create_tables(self) -> list[str]:
        """Create the missing ones of our tables and of those they point at, and give their names.

        As many workers as like may call this at the same moment; needs an app context.
        """
        return current_state().database.create(self._models.tables())

    def list_sessions(self, user: Any) -> list[SessionInfo]:
        """Give the living sessions of ``user``, the one active last first, the request's own marked."""
        state = current_state()
        rows = state.sessions.of_user(state.models.key_of(user))
        return [describe_session(row, current_sid=present_sid()) for row in rows]

    def end_session(self, user: Any, sid: str) -> bool:
        """End one session of ``user`` on every host at once; tells whether there was one to end.

        It has a transaction of its own: commit what you have flushed first, for SQLite has one writer at a time.
        """
        state = current_state()
        return is_id(sid) and state.sessions.end(sid, "ended_by_host", user_id=state.models.key_of(user))

    def end_all_sessions(self, user: Any, *, keep: str | None = None) -> int:
        """End all sessions of ``user``, but the one whose id is ``keep``; gives how many.

        As with ``end_session``, commit first.  Not needed for a user whose ``is_active`` was set to false and
        committed through ``db.session``.
        """
        state = current_state()
        return state.sessions.end_all(state.models.key_of(user), "ended_by_host", keep=keep)

    def _wire(self, app: Flask, settings: Settings, keys: SigningKeys) -> State:
        clock, models, lifetime = self._clock, self._models, settings.tokens.access_token_expires
        database = Database(app, self._db)
        codec = TokenCodec(settings.tokens, keys)
        revocations = Revocations(
            database,
            models,
            access_lifetime=lifetime,
            poll_always=settings.sessions.poll_interval == 0,
            clock=clock,
        )
        endings = Endings(models, revocations, clock=clock, sender=app)
        activity = Activity(database, models, clock=clock)
        return State(
            settings=settings,
            clock=clock,
            locale_selector=self._locale_selector,
            database=database,
            models=models,
            keys=keys,
            codec=codec,
            pairs=PairMaker(codec, access_lifetime=lifetime, clock=clock, claims_for=self._get_claims),
            logins=LoginStates(codec, clock=clock),
            kakao=KakaoClient(settings.kakao, clock=clock),
            accounts=Accounts(database, models, clock=clock, user_created=self._fill_user, sender=app),
            sessions=Sessions(database, models, endings, settings.sessions, clock=clock, sender=app),
            revocations=revocations,
            activity=activity,
            pruning=Pruning(database, models, revocations, clock=clock),
            heartbeat=Heartbeat(settings.sessions.poll_interval or 1, (activity.flush, revocations.poll)),
        )

    def _fill_user(self, user: Any, kakao_user: KakaoUser) -> None:
        self._user_created(user, kakao_user)

    def _get_claims(self, user: Any) -> Mapping[str, Any]:
        return self._claims_for(user)


def _trust_proxies(app: Any, hops: int) -> None:
    # The host is never taken from a proxy: a proxy that does not overwrite it hands on the visitor's.
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0, x_port=0, x_prefix=0)


def _prepare_database(app: Flask) -> None:
    """Set the database up with the first app context, the earliest moment at which the host's engine is there."""

    def prepare(sender: Flask, **_: Any) -> None:
        if "sqlalchemy" in sender.extensions:
            current_state().database.prepare()

    # Held strongly, because nothing else keeps this function.
    appcontext_pushed.connect(prepare, app, weak=False)


def _take_turns(app: Any, database: Database) -> None:
    # The host's own db.session shares the one connection of an in-memory SQLite, too: a rollback of one request
    # would take back what another has not committed yet.
    serve = app.wsgi_app

    def serve_in_turn(environ: Any, start_response: Any) -> Any:
        with database.turn:
            return serve(environ, start_response)

    app.wsgi_app = serve_in_turn


def _publish_keys(app: Flask, keys: SigningKeys) -> None:
    jwks = keys.jwks()
    if jwks is None:
        return

    @app.get("/.well-known/jwks.json", endpoint="kakao_login_jwks")
    def publish() -> Response:
        response = jsonify(jwks)
        response.cache_control.public = True
        response.cache_control.max_age = 300
        return response


def _system_clock() -> float:
    return time.time()


def _leave_as_it_is(_user: Any, _kakao_user: KakaoUser) -> None:
    """A host that registers no hook has nothing to fill."""


def _no_claims(_user: Any) -> Mapping[str, Any]:
    return {}
