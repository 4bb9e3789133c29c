"""Whatever is sent, the emulator answers like Kakao and never breaks."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from werkzeug.test import Client
from werkzeug.wrappers import Response

from kakao_login.emulator import Emulator
from kakao_login.emulator.application import create_app

from .emulator_client import CLIENT_ID, CLIENT_SECRET, REDIRECT_URI

PATHS = sorted(
    rule.rule
    for rule in create_app(Emulator()).url_map.iter_rules()
    if rule.endpoint.startswith(("kauth.", "kapi."))
)
NAMES = [
    "client_id",
    "client_secret",
    "redirect_uri",
    "response_type",
    "scope",
    "prompt",
    "login_hint",
    "service_terms",
    "state",
    "nonce",
    "lang",
    "code_challenge",
    "code_challenge_method",
    "grant_type",
    "code",
    "code_verifier",
    "refresh_token",
    "id_token",
    "access_token",
    "secure_resource",
    "property_keys",
    "target_id_type",
    "target_id",
    "target_ids",
    "scopes",
    "tags",
    "result",
    "properties",
    "limit",
    "from_id",
    "order",
    "logout_redirect_uri",
    "action",
    "person",
    "stay",
    "item",
    "term",
]
WORDS = (
    f"{CLIENT_ID} {CLIENT_SECRET} {REDIRECT_URI} code token authorization_code refresh_token user_id 4100000001"
    " S256 openid account_email none login [] {} [1] null true -1 9223372036854775808 1e400 sign_in agree cancel"
).split()
texts = st.one_of(st.sampled_from(WORDS), st.text(max_size=40), st.just("x" * 3_000), st.just("[" * 3_000))
parameters = st.lists(st.tuples(st.sampled_from(NAMES), texts), max_size=8)
credentials = st.one_of(
    st.none(),
    st.sampled_from(["Bearer", "KakaoAK emulator-admin-key", "KakaoAK", "Basic eDp5", "Bearer LIVE"]),
    st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=30),
)
bodies = st.one_of(
    parameters.map(lambda pairs: ("application/x-www-form-urlencoded", dict(pairs))),
    st.tuples(
        st.sampled_from(["application/json", "multipart/form-data; boundary=b", "", "x/y; z"]),
        st.binary(max_size=80),
    ),
)


@pytest.fixture
def browser() -> tuple[Client, str]:
    """A client that knows no socket, and a live token."""
    kakao = Emulator()
    kakao.sign_in_as("full")
    client = Client(create_app(kakao))
    query = {"client_id": CLIENT_ID, "redirect_uri": REDIRECT_URI, "response_type": "code"}
    code = client.get("/oauth/authorize", query_string=query).headers["Location"].partition("code=")[2]
    form = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "grant_type": "authorization_code",
        "code": code,
    }
    token: str = client.post("/oauth/token", data=form).get_json()["access_token"]
    kakao.show_pages()
    return client, token


def is_kakaos_error(answer: Response) -> bool:
    """Say whether an error has the shape of kauth's JSON, kapi's JSON or a KOE page."""
    if answer.mimetype == "text/html":
        return "(KOE" in answer.get_data(as_text=True)
    body = answer.get_json()
    return bool({"error", "error_description"} <= body.keys() or {"msg", "code"} <= body.keys())


@settings(max_examples=1_000, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(
    path=st.sampled_from(PATHS),
    method=st.sampled_from(["GET", "POST", "PUT", "HEAD"]),
    query=parameters,
    authorization=credentials,
    body=bodies,
)
@example("/oauth/authorize", "GET", [("client_id", CLIENT_ID), ("redirect_uri", "http://[")], None, ("", b""))
@example("/v1/user/ids", "GET", [("limit", "9" * 5_000)], "KakaoAK emulator-admin-key", ("", b""))
@example("/v2/user/me", "POST", [], "Bearer LIVE", ("multipart/form-data; boundary=b", b"--b\r\n"))
@example("/oauth/token", "POST", [], "\xff\xfe", ("application/x-www-form-urlencoded", {"code": "\ud800"}))
def test_no_request_breaks_it(
    browser: tuple[Client, str],
    path: str,
    method: str,
    query: list[tuple[str, str]],
    authorization: str | None,
    body: tuple[str, Any],
) -> None:
    client, token = browser
    headers = {} if authorization is None else {"Authorization": authorization.replace("LIVE", token)}
    content_type, data = body
    if isinstance(data, dict):
        data = {name: value.encode("utf-8", "surrogatepass") for name, value in data.items()}
    with client.open(
        path, method=method, query_string=query, headers=headers, data=data, content_type=content_type
    ) as answer:
        assert answer.status_code < 500
        if answer.status_code >= 400 and method != "HEAD":
            assert is_kakaos_error(answer)


SETTINGS = [
    "client_id",
    "app_id",
    "oidc",
    "redirect_uris",
    "consent_items",
    "unlink_webhook",
    "id",
    "persona",
    "nickname",
    "email",
    "refuses",
    "agree",
    "browser",
    "endpoint",
    "times",
    "delay_ms",
    "status",
    "body",
    "advance",
    "keep_old",
    "type",
    "details",
    "toe",
    "claims",
    "copies",
    "hold",
    "reverse",
    "user_id",
]
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
CONTROL = (
    "app apps users users/full users/full/events users/full/unlink browser faults clock requests keys webhooks"
)


@settings(max_examples=200, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(
    path=st.sampled_from(CONTROL.split()),
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"]),
    body=st.dictionaries(st.sampled_from(SETTINGS), values, max_size=4) | values,
)
def test_no_control_call_breaks_it(browser: tuple[Client, str], path: str, method: str, body: Any) -> None:
    client, _ = browser
    with client.open(f"/emulator/{path}", method=method, json=body) as answer:
        assert answer.status_code < 500
        assert answer.is_json
    client.post("/emulator/reset").close()
