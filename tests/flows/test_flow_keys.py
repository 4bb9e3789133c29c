"""Signing keys: another service verifies with a public address alone, and rotation logs nobody out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from ..support import SECRET, Browser, Host

Hosts = Callable[..., Host]


def private_pem(algorithm: str) -> str:
    makers: dict[str, Callable[[], Any]] = {
        "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate,
        "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    }
    key = makers[algorithm]()
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    text: bytes = key.private_bytes(*pem)
    return text.decode()


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
def test_another_service_verifies_our_access_token_with_nothing_but_the_url(
    new_host: Hosts, algorithm: str
) -> None:
    host = new_host(JWT_ALGORITHM=algorithm, JWT_PRIVATE_KEY=private_pem(algorithm), JWT_SECRET_KEY=None)
    browser = Browser(host.serve())
    browser.log_in()
    access, refresh = browser.pair()
    keys = jwt.PyJWKClient(f"{host.url}/.well-known/jwks.json")
    audience = host.services.settings.tokens.audience
    claims = jwt.decode(access, keys.get_signing_key_from_jwt(access).key, [algorithm], audience=audience)
    assert claims["sub"] == "1"
    with pytest.raises(jwt.InvalidAudienceError):
        jwt.decode(refresh, keys.get_signing_key_from_jwt(refresh).key, [algorithm], audience=audience)
    published = requests.get(f"{host.url}/.well-known/jwks.json", timeout=5).json()["keys"]
    assert not {"d", "p", "q", "k"} & set().union(*published)


def test_a_shared_secret_publishes_nothing(host: Host) -> None:
    assert requests.get(f"{host.url}/.well-known/jwks.json", timeout=5).status_code == 404


def rotations() -> list[Any]:
    new_secret = "another-secret-for-tests-0123456789abcdef"
    old_pem, new_pem = private_pem("ES256"), private_pem("ES256")
    es256 = {"JWT_ALGORITHM": "ES256", "JWT_SECRET_KEY": None}
    return [
        pytest.param(
            {"JWT_SECRET_KEY": SECRET},
            {"JWT_SECRET_KEY": new_secret, "JWT_SECRET_KEY_FALLBACKS": [SECRET]},
            {"JWT_SECRET_KEY": new_secret},
            id="HS256",
        ),
        pytest.param(
            {**es256, "JWT_PRIVATE_KEY": old_pem, "JWT_PRIVATE_KEY_FALLBACKS": [new_pem]},
            {**es256, "JWT_PRIVATE_KEY": new_pem, "JWT_PRIVATE_KEY_FALLBACKS": [old_pem]},
            {**es256, "JWT_PRIVATE_KEY": new_pem},
            id="ES256",
        ),
    ]


@pytest.mark.parametrize(("before", "during", "after"), rotations())
def test_a_new_key_logs_nobody_out_while_the_old_one_is_a_fallback(
    new_host: Hosts, before: dict[str, Any], during: dict[str, Any], after: dict[str, Any]
) -> None:
    browser = Browser(new_host(**before).serve())
    browser.log_in()
    csrf = browser.csrf()
    old = browser.pair()
    browser.url = new_host(**during).serve()
    assert browser.get("/mine").status_code == 200
    # Also the CSRF token of a page that was open all the while.
    assert browser.post("/mine", json={}, headers=csrf).status_code == 200
    assert browser.post("/auth/refresh", headers=csrf).status_code == 200
    browser.url = new_host(**after).serve()
    assert browser.get("/mine").status_code == 200
    headers = {"Authorization": f"Bearer {old[0]}"}
    assert requests.get(f"{browser.url}/mine", headers=headers, timeout=5).json()["error"] == "invalid_token"


def test_threads_never_answer_with_anothers_login(new_host: Hosts) -> None:
    """GitHub, March 2021: a request's environment that was shared gave people the session of somebody else."""
    host = new_host(KAKAO_LOGIN_MAX_SESSIONS=500)
    host.serve()
    with host.app.app_context():
        users = [host.kakao_login.user_model() for _ in range(20)]
        host.db.session.add_all(users)
        host.db.session.commit()
        ids = [user.id for user in users]
    services = host.services
    rows = {id_: services.sessions.start(id_, user_agent="", ip="") for id_ in ids}
    tokens = {id_: services.pairs.make(row, {}, "cookie").access_token for id_, row in rows.items()}
    wrong: list[Any] = []

    def ask(user_id: int) -> None:
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {tokens[user_id]}"
            for _ in range(20):
                answer = session.get(f"{host.url}/mine", timeout=30).json()
                if answer != {"hello": user_id}:
                    wrong.append((user_id, answer))

    threads = [threading.Thread(target=ask, args=(id_,)) for id_ in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
