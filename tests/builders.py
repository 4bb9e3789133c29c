"""What the tests of the lower rooms build with: settings, keys, hand-made tokens, users and sessions."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any, TypeVar

import jwt
from blinker import NamedSignal
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x25519
from flask import Flask
from sqlalchemy import Engine, event

from kakao_login.settings.values import TokenSettings
from kakao_login.store.models import LoginSession
from kakao_login.tokens.codec import TokenCodec
from kakao_login.tokens.keys import SigningKeys, load_keys
from tests.support import HOST, SECRET, Host

T = TypeVar("T")
OTHER_SECRET = "another-secret-for-tests-0123456789abcdef"
ALGORITHMS = ("HS256", "ES256", "EdDSA", "RS256")
ASYMMETRIC = ALGORITHMS[1:]

_NEW_KEYS: dict[str, Callable[[], Any]] = {
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
    "RSA 1024": lambda: rsa.generate_private_key(65537, 1024),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
    "P-224": lambda: ec.generate_private_key(ec.SECP224R1()),
    "brainpool": lambda: ec.generate_private_key(ec.BrainpoolP256R1()),
    "Ed448": ed448.Ed448PrivateKey.generate,
    "X25519": x25519.X25519PrivateKey.generate,
    "DSA": lambda: dsa.generate_private_key(1024),
}
PKCS8 = serialization.PrivateFormat.PKCS8
TRADITIONAL = serialization.PrivateFormat.TraditionalOpenSSL


def private_key(kind: str, number: int = 0) -> Any:
    """Give the ``number``-th private key of a kind, the same one throughout a run."""
    return _private_key(kind, number)


@functools.cache
def _private_key(kind: str, _number: int) -> Any:
    return _NEW_KEYS[kind]()


def pem(
    kind: str,
    number: int = 0,
    form: serialization.PrivateFormat = PKCS8,
    password: bytes | None = None,
) -> str:
    """Give a private key as PEM text."""
    lock = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    data: bytes = private_key(kind, number).private_bytes(serialization.Encoding.PEM, form, lock)
    return data.decode()


def public_pem(kind: str, number: int = 0) -> bytes:
    """Give the public half as PEM text."""
    data: bytes = (
        private_key(kind, number)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return data


def token_settings(algorithm: str = "HS256", **changes: Any) -> TokenSettings:
    """Give the settings of tokens signed with the first key of ``algorithm``."""
    key = {"secret_key": SECRET} if algorithm == "HS256" else {"private_key": pem(algorithm)}
    return TokenSettings(**{"issuer": HOST, "audience": HOST, "algorithm": algorithm, **key, **changes})


@functools.cache
def keys_of(algorithm: str = "HS256", **changes: Any) -> SigningKeys:
    return load_keys(token_settings(algorithm, **changes))


@functools.cache
def codec_of(algorithm: str = "HS256", **changes: Any) -> TokenCodec:
    return TokenCodec(token_settings(algorithm, **changes), keys_of(algorithm, **changes))


def base64url(data: bytes | str) -> str:
    data = data.encode() if isinstance(data, str) else data
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(header: dict[str, Any] | str, payload: dict[str, Any] | str, algorithm: str, key: Any) -> str:
    """Sign anything as a JWS, whatever the header says; texts go in as they are."""
    parts = [part if isinstance(part, str) else json.dumps(part) for part in (header, payload)]
    signed = ".".join(base64url(part) for part in parts)
    implementation = jwt.get_algorithm_by_name(algorithm)
    signature = implementation.sign(signed.encode(), implementation.prepare_key(key))
    return f"{signed}.{base64url(signature)}"


def read(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the header and the payload of a token, unverified."""
    header, payload, _ = token.split(".")
    return json.loads(_bytes_of(header)), json.loads(_bytes_of(payload))


def _bytes_of(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def new_user(host: Host) -> Any:
    """Store a User and give its key."""
    with host.app.app_context():
        user = host.kakao_login.user_model()
        host.db.session.add(user)
        host.db.session.commit()
        return host.services.models.key_of(user)


def new_session(host: Host, user_id: Any = None) -> LoginSession:
    """Start a session, of a new user if none is given."""
    user_id = new_user(host) if user_id is None else user_id
    return host.services.sessions.start(user_id, user_agent="a browser", ip="192.0.2.1")


def stored(host: Host, sid: str) -> LoginSession:
    """Give the row as it stands in the database."""
    row = host.services.sessions.find(sid)
    assert row is not None
    return row


def change(host: Host, sid: str, **values: Any) -> None:
    """Change a row behind the back of the rooms, as another process or an operator would."""
    table = host.services.models.login_session.__table__
    with host.app.app_context(), host.db.engine.begin() as connection:
        connection.execute(table.update().where(table.c.id == sid).values(**values))


def confirm(host: Host, sid: str) -> None:
    """Use the present pair of a session."""
    host.services.activity.note(sid, stored(host, sid).generation)
    host.services.activity.flush()


@contextmanager
def database_away(host: Host) -> Iterator[None]:
    """Let no new connection be made, as when the database does not answer."""

    with host.app.app_context():
        engine = host.db.engine
    driver: Any = engine.dialect.dbapi

    def refuse(*_: object) -> None:
        raise driver.OperationalError("the database does not answer")

    event.listen(engine, "do_connect", refuse)
    engine.dispose()
    try:
        yield
    finally:
        event.remove(engine, "do_connect", refuse)


def engines_of(host: Host) -> set[Engine]:
    """Give the host's engine and the one that asks beside the requests."""
    with host.app.app_context():
        return {host.db.engine, host.services.database._engine_aside}


@contextmanager
def statements(host: Host) -> Iterator[list[str]]:
    """Collect the SQL a host sends, with ``?`` for values."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    engines = engines_of(host)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


def at_once(count: int, work: Callable[[], T]) -> list[T]:
    """Do ``work`` in as many threads, all let go at the same moment."""
    barrier = Barrier(count)

    def wait_and_work(_: int) -> T:
        barrier.wait(10)
        return work()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(wait_and_work, range(count)))


@contextmanager
def heard(app: Flask, *signals: NamedSignal) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Collect what an app sends, as pairs of the signal's name and its arguments."""
    calls: list[tuple[str, dict[str, Any]]] = []
    listeners = [(signal, _listener(signal.name, calls)) for signal in signals]
    for signal, listener in listeners:
        signal.connect(listener, sender=app)
    try:
        yield calls
    finally:
        for signal, listener in listeners:
            signal.disconnect(listener, sender=app)


def _listener(name: str, calls: list[tuple[str, dict[str, Any]]]) -> Callable[..., None]:
    def listen(_sender: Flask, **about: Any) -> None:
        calls.append((name, about))

    return listen
