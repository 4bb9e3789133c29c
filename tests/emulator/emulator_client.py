"""A client of the emulator that walks through its login, by hand or at once."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests

from kakao_login.emulator import Emulator

REDIRECT_URI = "http://localhost:5000/auth/kakao/callback"
CLIENT_ID, CLIENT_SECRET = "emulator-rest-api-key", "emulator-client-secret"
FIRST_APP = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "admin_key": "emulator-admin-key"}


class Client:
    """A client of one app, by default the first, and the browser of the person who logs in."""

    def __init__(self, kakao: Emulator, app: Mapping[str, Any] = FIRST_APP) -> None:
        self.kakao = kakao
        self.app = app
        self.http = requests.Session()
        self.http.verify = str(kakao.ca_file) if kakao.ca_file else True

    def authorize(self, **changes: Any) -> requests.Response:
        """Open `/oauth/authorize`; a change of None leaves the parameter out."""
        fixed = {"client_id": self.app["client_id"], "redirect_uri": REDIRECT_URI, "response_type": "code"}
        query = fixed | changes
        return self.http.get(f"{self.kakao.url}/oauth/authorize", params=query, allow_redirects=False)

    def submit(self, page: requests.Response, **fields: Any) -> requests.Response:
        """Send a form of a page back to where it came from."""
        return self.http.post(page.url, data=fields, allow_redirects=False)

    def follow(self, answer: requests.Response) -> requests.Response:
        return self.http.get(f"{self.kakao.url}{answer.headers['Location']}", allow_redirects=False)

    def token(self, **changes: Any) -> requests.Response:
        """Send a token request; a change of None leaves the parameter out."""
        form = {"client_id": self.app["client_id"], "client_secret": self.app["client_secret"], **changes}
        return self.http.post(f"{self.kakao.url}/oauth/token", data=form)

    def exchange(self, code: str, **changes: Any) -> requests.Response:
        form = {"grant_type": "authorization_code", "redirect_uri": REDIRECT_URI, "code": code, **changes}
        return self.token(**form)

    def refresh(self, refresh_token: str, **changes: Any) -> requests.Response:
        return self.token(grant_type="refresh_token", refresh_token=refresh_token, **changes)

    def code(self, person: str | int = "full", agree: Any = "all", **changes: Any) -> str:
        """Log in without pages and give the code."""
        self.kakao.sign_in_as(person, agree)
        return answer_of(self.authorize(**changes))["code"]

    def log_in(self, person: str | int = "full", agree: Any = "all", **changes: Any) -> dict[str, Any]:
        """Log in without pages and give the token answer."""
        answer = self.exchange(self.code(person, agree, **changes))
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    def kapi(self, path: str, token: str, method: str = "GET", **parameters: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"}
        query, form = (parameters, None) if method == "GET" else (None, parameters)
        return self.http.request(method, f"{self.kakao.url}{path}", headers=headers, params=query, data=form)

    def admin(self, path: str, method: str = "GET", **parameters: Any) -> requests.Response:
        headers = {"Authorization": f"KakaoAK {self.app['admin_key']}"}
        query, form = (parameters, None) if method == "GET" else (None, parameters)
        return self.http.request(method, f"{self.kakao.url}{path}", headers=headers, params=query, data=form)

    def me(self, person: str | int = "full", agree: Any = "all") -> dict[str, Any]:
        """Log in and give `/v2/user/me`."""
        user: dict[str, Any] = self.kapi("/v2/user/me", self.log_in(person, agree)["access_token"]).json()
        return user


def answer_of(response: requests.Response) -> dict[str, str]:
    """Give the parameters that a redirect brings to the app."""
    location = response.headers["Location"]
    assert location.startswith(REDIRECT_URI), location
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def kapi_refusal(answer: requests.Response) -> tuple[int, int]:
    """Give the status and the code of kapi's error."""
    return answer.status_code, answer.json()["code"]


def kauth_refusal(answer: requests.Response) -> tuple[int, str, str]:
    """Give the status, the error and the code of an error of the token endpoint, which has three members."""
    body = answer.json()
    assert body.keys() == {"error", "error_description", "error_code"}
    return answer.status_code, body["error"], body["error_code"]


def unverified(token: str) -> dict[str, Any]:
    """Give what a signed token claims, whoever signed it."""
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def lead_kakaos_names_to(kakao: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Do for this process what the hosts file does for a machine, and trust the emulator's authority."""
    address = ("127.0.0.1", int(kakao.url.rpartition(":")[2]))
    kept = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, *rest: Any, **more: Any) -> Any:
        return kept(*address, *rest, **more) if host.endswith(".kakao.com") else kept(host, port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(kakao.ca_file))
