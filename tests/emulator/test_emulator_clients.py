"""Clients that others wrote for Python log in against the emulator as they come out of the box."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from authlib.integrations.flask_client import OAuth
from flask import Flask, jsonify

from kakao_login.emulator import Emulator

from .emulator_client import CLIENT_ID, CLIENT_SECRET, lead_kakaos_names_to


@pytest.fixture
def everywhere(secured: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """The emulator at https://kauth.kakao.com and https://kapi.kakao.com, in this process; everybody is `full`."""
    lead_kakaos_names_to(secured, monkeypatch)
    secured.sign_in_as("full")
    return secured


def go_to_kakao(location: str) -> str:
    """Be the browser that is sent to Kakao, and give the path and query it is sent back to."""
    answer = requests.get(location, allow_redirects=False, timeout=5)
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def test_authlib_logs_in_with_openid_connect(kakao: Emulator) -> None:
    app = Flask(__name__)
    app.secret_key = "x" * 32
    oauth: Any = OAuth(app)
    oauth.register(
        "kakao",
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        server_metadata_url=f"{kakao.url}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid account_email",
            "code_challenge_method": "S256",
            # Authlib would send a Basic header, which Kakao does not take.
            "token_endpoint_auth_method": "client_secret_post",
        },
    )
    app.add_url_rule("/cb", "cb", lambda: jsonify(oauth.kakao.authorize_access_token()["userinfo"]))
    app.add_url_rule("/login", "login", lambda: oauth.kakao.authorize_redirect("http://localhost/cb"))
    kakao.patch_app(redirect_uris=["http://localhost/cb"])
    kakao.sign_in_as("full")
    browser = app.test_client()
    with browser.get(go_to_kakao(browser.get("/login").headers["Location"])) as answer:
        claims = answer.get_json()
    assert (claims["sub"], claims["nickname"], claims["email"]) == ("4100000001", "하늘", "haneul@example.com")


@pytest.fixture
def django(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A Django project with allauth, as its documentation sets it up, and a browser of it."""
    # A browser test in the same process leaves an event loop behind, which Django takes for an async view.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    django = import_module("django")
    settings = import_module("django.conf").settings
    keys = {"client_id": CLIENT_ID, "secret": CLIENT_SECRET, "key": ""}
    apps = ["auth", "contenttypes", "sessions", "messages"]
    allauth = ["allauth", "allauth.account", "allauth.socialaccount", "allauth.socialaccount.providers.kakao"]
    middleware = ["django.contrib.sessions.middleware.SessionMiddleware"]
    middleware += ["django.contrib.auth.middleware.AuthenticationMiddleware"]
    middleware += ["django.contrib.messages.middleware.MessageMiddleware"]
    settings.configure(
        SECRET_KEY="x" * 50,
        ALLOWED_HOSTS=["testserver"],
        INSTALLED_APPS=[*(f"django.contrib.{app}" for app in apps), *allauth],
        MIDDLEWARE=[*middleware, "allauth.account.middleware.AccountMiddleware"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
        SOCIALACCOUNT_PROVIDERS={"kakao": {"APPS": [keys]}},
        SOCIALACCOUNT_LOGIN_ON_GET=True,
        ROOT_URLCONF="allauth.urls",
        USE_TZ=True,
    )
    django.setup()
    import_module("django.core.management").call_command("migrate", verbosity=0)
    yield import_module("django.test").Client()
    import_module("django.db").connections.close_all()


def test_django_allauth_logs_in(everywhere: Emulator, django: Any) -> None:
    everywhere.patch_app(redirect_uris=["http://testserver/kakao/login/callback/"])
    location = django.get("/kakao/login/").headers["Location"]
    assert location.startswith("https://kauth.kakao.com/oauth/authorize?")
    answer = django.get(go_to_kakao(location))
    assert answer.status_code == 302
    account = import_module("allauth.socialaccount.models").SocialAccount.objects.get()
    assert (account.provider, account.uid) == ("kakao", "4100000001")
    assert account.user.email == "haneul@example.com"


@pytest.mark.filterwarnings("ignore:defusedxml:DeprecationWarning")
def test_social_auth_core_logs_in(everywhere: Emulator) -> None:
    kakao = import_module("social_core.backends.kakao")
    from social_core.strategy import BaseStrategy

    session: dict[str, Any] = {}

    class Strategy(BaseStrategy[Any]):
        def get_setting(self, name: str) -> Any:
            return {"SOCIAL_AUTH_KAKAO_KEY": CLIENT_ID, "SOCIAL_AUTH_KAKAO_SECRET": CLIENT_SECRET}[name]

        def build_absolute_uri(self, path: str | None = None) -> str:
            return f"http://localhost{path}"

        def session_get(self, name: str, default: Any = None) -> Any:
            return session.get(name, default)

        def session_set(self, name: str, value: Any) -> None:
            session[name] = value

        def session_pop(self, name: str) -> Any:
            return session.pop(name, None)

        def redirect(self, url: str) -> str:
            return url

        def request_data(self, merge: bool = True) -> dict[str, str]:
            return answer

        def authenticate(self, backend: Any, *_: Any, **values: Any) -> Any:
            return values["response"]

    answer: dict[str, str] = {}
    everywhere.patch_app(redirect_uris=["http://localhost/cb"])
    storage: Any = SimpleNamespace(nonce=SimpleNamespace(use=lambda *_: True, consume=lambda *_: True))
    backend = kakao.KakaoOAuth2(Strategy(storage=storage), "/cb")
    back = urlsplit(go_to_kakao(backend.start()))
    backend.data.update({name: values[0] for name, values in parse_qs(back.query).items()})
    response = backend.auth_complete()
    assert backend.get_user_id(backend.get_user_details(response), response) == 4100000001
    assert backend.get_user_details(response)["email"] == "haneul@example.com"
    assert "redirect_uri" not in everywhere.requests("token")[-1]["form"]
