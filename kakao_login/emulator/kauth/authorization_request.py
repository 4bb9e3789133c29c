"""The authorize request: its parameters, checked in Kakao's order before anything else happens."""

from __future__ import annotations

import re
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from ..store.apps import App
from ..store.state import State
from ..web.context import repeated
from ..web.errors import KakaoPageError

OPENID = "openid"
PROMPTS = frozenset({"login", "none", "create", "select_account", "cert", "unify_daum"})
# These prompts show a page although a session is live; it is shown once, then they are spent.
FRESH_SIGN_IN = frozenset({"login", "create", "select_account"})
CODE_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class AuthorizationRequest:
    """A request that may go on: the key is known, the redirect URI is registered, the items exist."""

    app: App
    client_id: str
    redirect_uri: str
    scope: frozenset[str]
    prompt: frozenset[str]
    service_terms: frozenset[str] | None
    channels: frozenset[str]
    login_hint: str
    state: str | None
    nonce: str | None
    code_challenge: str | None

    @property
    def wants_id_token(self) -> bool:
        """An OIDC app gets an id_token unless it names items without `openid`, as in an additional consent."""
        return self.app.oidc and (not self.scope or OPENID in self.scope)


def words_of(value: str | None) -> frozenset[str]:
    """Split a list that is documented with commas but sent with spaces by many clients; it may be empty."""
    return frozenset(re.split(r"[\s,]+", value or "")) - {""}


def parse(parameters: MultiDict[str, str], state: State) -> AuthorizationRequest:
    """Check the parameters. Raises KakaoPageError with the KOE code that Kakao shows."""
    twice = repeated(parameters)
    if twice is not None:
        raise KakaoPageError("KOE001", twice)
    app, client_id = _app_of(parameters, state)
    return AuthorizationRequest(
        app=app,
        client_id=client_id,
        redirect_uri=_redirect_uri(parameters, app, client_id),
        scope=_scope(parameters, app),
        prompt=_prompt(parameters),
        service_terms=_service_terms(parameters, app),
        channels=_channels(parameters, app),
        login_hint=parameters.get("login_hint", ""),
        state=parameters.get("state"),
        nonce=parameters.get("nonce") or None,
        code_challenge=_code_challenge(parameters),
    )


def _app_of(parameters: MultiDict[str, str], state: State) -> tuple[App, str]:
    client_id = parameters.get("client_id", "")
    app = state.app_by_key(client_id)
    if app is None:
        raise KakaoPageError("KOE101", f"Not exist client_id {client_id}")
    if not app.login_enabled:
        raise KakaoPageError("KOE004")
    return app, client_id


def _redirect_uri(parameters: MultiDict[str, str], app: App, client_id: str) -> str:
    redirect_uri = parameters.get("redirect_uri")
    if not redirect_uri:
        raise KakaoPageError("KOE207", "redirect_uri")
    if redirect_uri not in app.redirect_uris_of(client_id):
        raise KakaoPageError("KOE006", redirect_uri, known=app.redirect_uris_of(client_id))
    return redirect_uri


def _scope(parameters: MultiDict[str, str], app: App) -> frozenset[str]:
    _check_response_type(parameters.get("response_type"))
    scope = words_of(parameters.get("scope"))
    known = set(app.consent_items) | ({OPENID} if app.oidc else set())
    if scope - known:
        raise KakaoPageError("KOE205", ", ".join(sorted(scope - known)), known=app.consent_items)
    return scope


def _check_response_type(response_type: str | None) -> None:
    if not response_type:
        raise KakaoPageError("KOE207", "response_type")
    if response_type == "token":
        raise KakaoPageError("KOE202")
    if response_type != "code":
        raise KakaoPageError("KOE201", f"Unsupported response type: {response_type}")


def _prompt(parameters: MultiDict[str, str]) -> frozenset[str]:
    prompt = words_of(parameters.get("prompt"))
    # What came before `prompt=login`, and is still sent by old clients.
    if parameters.get("auth_type") == "reauthenticate":
        prompt |= {"login"}
    if prompt - PROMPTS or ("none" in prompt and len(prompt) > 1):
        raise KakaoPageError("KOE204", f"prompt: {parameters.get('prompt')}")
    return prompt


def _channels(parameters: MultiDict[str, str], app: App) -> frozenset[str]:
    channels = words_of(parameters.get("channel_public_id"))
    if channels - set(app.channels):
        raise KakaoPageError("KOE102", "Required PLUS_FRIENDS_ON_AGREEMENT_SUPPORTED permission")
    return channels


def _service_terms(parameters: MultiDict[str, str], app: App) -> frozenset[str] | None:
    named = words_of(parameters.get("service_terms"))
    return named & app.service_terms.keys() if named else None


def _code_challenge(parameters: MultiDict[str, str]) -> str | None:
    challenge, method = parameters.get("code_challenge"), parameters.get("code_challenge_method")
    if challenge is None and method is None:
        return None
    if method != "S256":
        raise KakaoPageError("KOE204", "code_challenge_method must be S256")
    if challenge is None or not CODE_CHALLENGE.fullmatch(challenge):
        raise KakaoPageError("KOE204", "code_challenge must be 43 characters of base64url")
    return challenge
