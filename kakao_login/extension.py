"""``KakaoLogin``: what a host makes; it makes the services of each app and keeps nothing of a request."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint, Flask, Response, appcontext_pushed, jsonify, request_started
from flask_sqlalchemy import SQLAlchemy
from werkzeug.middleware.proxy_fix import ProxyFix

from .errors import KakaoLoginError, Language, SettingsError
from .kakao.client import KakaoClient
from .services import EXTENSION, Services, current_services, present_users
from .settings.loading import load_settings
from .settings.values import Settings
from .signals import EndReason
from .store.accounts import Accounts
from .store.activity import Activity
from .store.database import Database
from .store.ends import Ends
from .store.heartbeat import Heartbeat
from .store.models import KakaoAccount, is_id, make_models
from .store.pruning import Pruning
from .store.renewals import Renewals
from .store.sessions import Sessions
from .store.shared import Hooks, Store
from .store.users import Users, watch_users
from .tokens.codec import TokenCodec
from .tokens.keys import SigningKeys, load_keys
from .tokens.pair import PairMaker, TokenPair
from .web.answers import browser_language, render_error
from .web.guards import (
    access_token_expires_in,
    csrf_token,
    current_login,
    current_user,
    present_client,
    present_sid,
)
from .web.routes import make_blueprint
from .web.session_info import SessionInfo, describe_session
from .web.visit import current_visit

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
        watch_users(db, self._models, present_users)
        self._locale_selector = locale_selector
        self._clock = clock or time.time
        self._hooks = Hooks()
        if app is not None:
            self.init_app(app)

    @property
    def user_model(self) -> type[Any]:
        """The User model: the host's, or our own."""
        return self._models.user

    def user_created(self, hook: Hook) -> Hook:
        """Register ``hook(user, kakao_user)``, called before a new User is stored, to fill the host's columns."""
        self._hooks.user_created = hook
        return hook

    def additional_claims(self, hook: Hook) -> Hook:
        """Register ``hook(user)``, which gives claims to add to every access token; a reserved one is an error."""
        self._hooks.additional_claims = hook
        return hook

    def init_app(self, app: Flask) -> None:
        """Set one app up; the factory pattern calls this for each app it makes."""
        if EXTENSION in app.extensions:
            raise SettingsError("This app has Kakao login already. Call init_app once an app.")
        settings = load_settings(app.config, development=app.debug or app.testing)
        services = self._make_services(app, settings, load_keys(settings.tokens))
        app.extensions[EXTENSION] = services
        if settings.proxy_hops:
            _trust_proxies(app, settings.proxy_hops)
        blueprint = make_blueprint(settings.url_prefix)
        app.register_blueprint(blueprint)
        app.register_error_handler(KakaoLoginError, render_error)
        _lend_to_templates(app)
        _exempt_from_other_csrf(app, blueprint)
        _publish_keys(app, services.keys)
        _prepare_database(app, services.database)

    def create_tables(self) -> list[str]:
        """Create the missing ones of our tables and of those they point at, and give their names.

        As many workers as like may call this at the same moment; needs an app context.
        """
        return current_services().database.create(self._models.tables())

    def create_token_pair(self, user: Any) -> TokenPair:
        """Start a session of ``user`` for an API client, which keeps the pair itself, and give its first pair.

        The client sends ``Authorization: Bearer`` with the access token, and the refresh token as JSON to
        ``/auth/refresh``.  As with ``end_session``, commit first.

        Raises ``AccountDisabled`` and ``ClaimsRefused``.
        """
        services, user_id = current_services(), self._models.key_of(user)
        return services.start_session(user_id, services.users.claims_of(user_id), "json", **present_client())

    def login_user(self, user: Any) -> None:
        """Log ``user``, whom the host has proved itself, in by cookies that go with the answer to this request.

        The session that this browser held ends.  As with ``end_session``, commit first.
        Raises ``AccountDisabled`` and ``ClaimsRefused``.
        """
        visit, user_id = current_visit(), self._models.key_of(user)
        visit.start_session(user_id, visit.services.users.claims_of(user_id))

    def logout_user(self) -> bool:
        """End the session of this request and delete its cookies; tells whether there was one to end."""
        visit = current_visit()
        login = visit.login_or_none
        if login is None:
            return False
        ended = visit.services.sessions.end(login.sid, EndReason.LOGOUT)
        if login.by_cookie:
            visit.leave()
        return ended

    def account_of(self, user: Any) -> KakaoAccount | None:
        """Give the link of ``user`` to Kakao: the Kakao id, the e-mail, since when; or None."""
        account: KakaoAccount | None = current_services().accounts.account_of(self._models.key_of(user))
        return account

    def list_sessions(self, user: Any) -> list[SessionInfo]:
        """Give the living sessions of ``user``, the one active last first, the request's own marked."""
        rows = current_services().sessions.of_user(self._models.key_of(user))
        return [describe_session(row, current_sid=present_sid()) for row in rows]

    def end_session(self, user: Any, sid: str) -> bool:
        """End one session of ``user`` on every host at once; tells whether there was one to end.

        It has a transaction of its own: commit what you have flushed first, for SQLite has one writer at a time.
        """
        user_id, sessions = self._models.key_of(user), current_services().sessions
        return is_id(sid) and sessions.end(sid, EndReason.ENDED_BY_HOST, user_id=user_id)

    def end_all_sessions(self, user: Any, *, keep: str | None = None) -> int:
        """End all sessions of ``user``, but the one whose id is ``keep``; gives how many.

        As with ``end_session``, commit first.  Not needed for a user whose ``is_active`` was set to false and
        committed through ``db.session``.
        """
        user_id, sessions = self._models.key_of(user), current_services().sessions
        return sessions.end_all(user_id, EndReason.ENDED_BY_HOST, keep=keep)

    def end_other_sessions(self, user: Any) -> int:
        """End all sessions of ``user`` but the one that the present request belongs to; gives how many.

        As with ``end_session``, commit first.
        """
        return self.end_all_sessions(user, keep=present_sid())

    def _make_services(self, app: Flask, settings: Settings, keys: SigningKeys) -> Services:
        database, lifetime = Database(app, self._db), settings.tokens.access_token_expires
        store = Store(database, self._models, settings.sessions, self._hooks, self._clock, sender=app)
        ends = Ends(store, access_lifetime=lifetime)
        sessions = Sessions(store, ends)
        users, activity, pruning = Users(store, sessions), Activity(store), Pruning(store, ends)
        codec = TokenCodec(settings.tokens, keys)
        return Services(
            app=app,
            settings=settings,
            clock=self._clock,
            locale_selector=self._locale_selector,
            database=database,
            models=self._models,
            keys=keys,
            codec=codec,
            pairs=PairMaker(codec, access_lifetime=lifetime, clock=self._clock),
            kakao=KakaoClient(settings.kakao, clock=self._clock),
            accounts=Accounts(store),
            users=users,
            sessions=sessions,
            renewals=Renewals(store, sessions, ends),
            ends=ends,
            activity=activity,
            pruning=pruning,
            heartbeat=Heartbeat(settings.sessions.beat_interval, (activity.flush, ends.poll, pruning.sweep)),
        )


def _lend_to_templates(app: Flask) -> None:
    """Give templates our names, and those that other extensions have, too, only where nobody gives them."""
    own = {"kakao_csrf_token": csrf_token, "access_token_expires_in": access_token_expires_in}
    app.jinja_env.globals.update(own)
    shared = {"csrf_token": csrf_token, "current_user": current_user, "current_login": current_login}
    for name, value in shared.items():
        app.jinja_env.globals.setdefault(name, value)


def _exempt_from_other_csrf(app: Flask, blueprint: Blueprint) -> None:
    """Keep Flask-WTF's check off our own routes, which have one; whichever of the two was set up first."""

    def exempt(sender: Flask, **_: Any) -> None:
        request_started.disconnect(exempt, sender)
        protection: Any = sender.extensions.get("csrf")
        if hasattr(protection, "exempt"):
            protection.exempt(blueprint)

    app.extensions[f"{EXTENSION}.exempt"] = exempt
    request_started.connect(exempt, app)


def _trust_proxies(app: Any, hops: int) -> None:
    # The host is never taken from a proxy: a proxy that does not overwrite it hands on the visitor's.
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0, x_port=0, x_prefix=0)


def _prepare_database(app: Any, database: Database) -> None:
    """Set the database up with the first app context, the earliest moment at which the host's engine is there."""
    serve = app.wsgi_app

    def serve_in_turn(environ: Any, start_response: Any) -> Any:
        # The host's own db.session shares the one connection of an in-memory SQLite, too: a rollback of one
        # request would take back what another has not committed yet.
        with database.turn:
            return serve(environ, start_response)

    def prepare(sender: Flask, **_: Any) -> None:
        if "sqlalchemy" not in sender.extensions:
            return
        # What is for the first context alone must cost later requests nothing.
        appcontext_pushed.disconnect(prepare, sender)
        database.prepare()
        if not database.takes_turns and app.wsgi_app is serve_in_turn:
            app.wsgi_app = serve

    app.wsgi_app = serve_in_turn
    # Kept by the app alone: what the signal holds strongly it holds for ever, and the app would live on with it.
    app.extensions[f"{EXTENSION}.prepare"] = prepare
    appcontext_pushed.connect(prepare, app)


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
