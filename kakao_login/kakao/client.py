"""The way into this room: one method for everything Kakao is asked."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..errors import KakaoRejected
from ..settings.values import KakaoSettings
from . import forms
from . import id_token as id_tokens
from .error_codes import NO_OIDC, NOT_LINKED, read_code, rejection, reported
from .http import KakaoHttp
from .jwks import JwksCache
from .patience import Patience
from .responses import (
    KakaoTokenInfo,
    KakaoTokens,
    KakaoUser,
    parse_done,
    parse_token_info,
    parse_tokens,
    parse_user,
)


class KakaoClient:
    """Speaks with Kakao on behalf of one app; safe to share between threads, and keeps nobody's tokens.

    Methods raise ``KakaoUnavailable`` and ``KakaoRejected``, each with a line in the log ``kakao_login.kakao``,
    and ``InvalidRequest`` where a value that may come with a request cannot be right.
    """

    def __init__(self, settings: KakaoSettings, *, clock: Callable[[], float] = time.time) -> None:
        """``clock`` gives the seconds since 1970."""
        self._settings = settings
        self._clock = clock
        self._http = KakaoHttp(settings.timeout)
        self._patience = Patience(settings.timeout)
        self._jwks = JwksCache(self._fetch_jwks, clock, self._patience)

    def authorization_url(
        self,
        *,
        state: str,
        code_verifier: str,
        nonce: str | None,
        prompt: str | None = None,
        scope: tuple[str, ...] | None = None,
    ) -> str:
        """Give the address to send the browser to.

        ``nonce`` is sent in OIDC mode only, and due there.  ``prompt`` is one or more of Kakao's words.
        ``scope`` names the consent items to ask for in place of the configured ones.
        """
        return forms.authorization_url(
            self._settings, state=state, code_verifier=code_verifier, nonce=nonce, prompt=prompt, scope=scope
        )

    def exchange_code(self, code: str, *, code_verifier: str) -> KakaoTokens:
        """Spend ``code`` for tokens; never tried again, since it is spent even where the answer gets lost."""
        form = forms.token_request(self._settings, code, code_verifier)
        with reported("token"):
            url = f"{self._settings.auth_url}/oauth/token"
            return parse_tokens(*self._patience.run("token", self._http.post_form, url, form))

    def fetch_user(self, access_token: str) -> KakaoUser:
        """Ask who granted ``access_token`` (``GET /v2/user/me``).

        Kakao answers for any app's token, so one that a client sent has to pass ``token_info`` first.
        """
        headers = forms.bearer(access_token)
        # Without secure_resource the pictures come with plain http, which a page served over https must not load.
        params = {"secure_resource": "true"}
        with reported("user info"):
            url = self._api("/v2/user/me")
            get = self._http.get_json
            return parse_user(*self._patience.run("user info", get, url, headers=headers, params=params))

    def sign_in(self, code: str, *, code_verifier: str, nonce: str | None) -> KakaoUser:
        """Spend ``code`` and tell who logged in: by the id_token in OIDC mode, else by ``/v2/user/me``."""
        tokens = self.exchange_code(code, code_verifier=code_verifier)
        if not self._settings.oidc:
            return self.fetch_user(tokens.access_token)
        return self.verify_id_token(tokens.id_token, nonce=nonce, access_token=tokens.access_token)

    def verify_id_token(
        self, id_token: str | None, *, nonce: str | None, access_token: str | None = None
    ) -> KakaoUser:
        """Tell whom ``id_token`` names, once it is proved; Kakao is called only while its keys are not known."""
        with reported("id_token"):
            if id_token is None:
                raise KakaoRejected(NO_OIDC)
            return id_tokens.verify_id_token(
                id_token,
                jwks=self._jwks,
                settings=self._settings,
                nonce=nonce,
                access_token=access_token,
                now=self._clock(),
            )

    def token_info(self, access_token: str) -> KakaoTokenInfo:
        """Ask who granted ``access_token``, and to which app (``GET /v1/user/access_token_info``)."""
        headers = forms.bearer(access_token)
        with reported("token info"):
            url = self._api("/v1/user/access_token_info")
            return parse_token_info(*self._patience.run("token info", self._http.get_json, url, headers=headers))

    def unlink(self, kakao_id: int) -> None:
        """Undo a person's link to the app (``POST /v1/user/unlink``); needs the admin key.

        That there is no link any more counts as done.
        """
        with reported("unlink"):
            form = {"target_id_type": "user_id", "target_id": str(kakao_id)}
            url, headers = self._api("/v1/user/unlink"), forms.admin(self._settings)
            answer = self._patience.run("unlink", self._http.post_form, url, form, headers=headers)
            if read_code(answer.body) != NOT_LINKED:
                parse_done(*answer, kakao_id)

    def close(self) -> None:
        """Close the pooled connections; the next call opens new ones."""
        self._http.close()

    def _api(self, path: str) -> str:
        return f"{self._settings.api_url}{path}"

    def _fetch_jwks(self) -> object:
        status, body = self._http.get_json(f"{self._settings.auth_url}/.well-known/jwks.json")
        if status != 200:
            raise rejection(status, body)
        return body
