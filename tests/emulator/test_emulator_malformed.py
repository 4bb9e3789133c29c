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
VALID = {"client_id": CLIENT_ID, "redirect_uri": REDIRECT_URI, "response_type": "code"}
# For each beginning of a path the parameters it understands, and a request that would be right.
PARAMETERS: dict[str, tuple[list[str], dict[str, str]]] = {
    "/oauth/authorize": (
        [
            "scope",
            "prompt",
            "login_hint",
            "service_terms",
            "state",
            "nonce",
            "lang",
            "code_challenge",
            "code_challenge_method",
            "client_id",
            "redirect_uri",
            "response_type",
            "action",
            "person",
            "stay",
            "item",
            "term",
        ],
        VALID,
    ),
    "/oauth/token": (
        [
            "grant_type",
            "code",
            "code_verifier",
            "refresh_token",
            "client_id",
            "client_secret",
            "redirect_uri",
            "id_token",
        ],
        {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET},
    ),
    "/oauth/logout": (["client_id", "logout_redirect_uri", "state", "action"], VALID),
    "/v": (
        [
            "property_keys",
            "secure_resource",
            "target_ids",
            "scopes",
            "tags",
            "result",
            "properties",
            "limit",
            "from_id",
            "order",
            "access_token",
            "target_id",
            "target_id_type",
        ],
        {"target_id_type": "user_id", "target_id": "4100000001"},
    ),
    "/": (["state"], {}),
}
WORDS = (
    f"{CLIENT_ID} {CLIENT_SECRET} {REDIRECT_URI} code token authorization_code refresh_token user_id 4100000001"
    " S256 openid account_email none login [] {} [1] null true -1 9223372036854775808 1e400 sign_in agree cancel"
).split()
letters = st.characters(exclude_categories=["Cs"])
texts = st.one_of(
    st.sampled_from(WORDS), st.text(letters, max_size=40), st.just("x" * 3_000), st.just("[" * 3_000)
)
credentials = st.one_of(
    st.just("Bearer LIVE"),
    st.just("KakaoAK emulator-admin-key"),
    st.sampled_from([None, "Bearer", "KakaoAK", "Basic eDp5"]),
    st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=30),
)
senseless_bodies = st.tuples(
    st.sampled_from(["application/json", "multipart/form-data; boundary=b", "", "x/y; z"]), st.binary(max_size=80)
)


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a request: right but for a few parameters, or with a body that makes no sense."""
    path = draw(st.sampled_from(PATHS))
    names, right = next(value for beginning, value in PARAMETERS.items() if path.startswith(beginning))
    wrong = st.dictionaries(st.sampled_from(names), texts, max_size=4)
    form = draw(st.sampled_from([{}, right])) | draw(wrong)
    senseless = draw(st.none() | senseless_bodies)
    return {
        "path": path,
        "method": draw(st.sampled_from(["GET", "POST", "POST", "HEAD", "PUT"])),
        "query": draw(st.sampled_from([{}, right])) | draw(wrong),
        "authorization": draw(credentials),
        "body": senseless or ("application/x-www-form-urlencoded", form),
    }


@pytest.fixture
def browser() -> Client:
    """A client that no socket serves."""
    kakao = Emulator()
    kakao.sign_in_as("full", browser="robot")
    client = Client(create_app(kakao))
    client.set_cookie("emulated_kakao_browser", "robot")
    return client


def live_token(client: Client) -> str:
    code = client.get("/oauth/authorize", query_string=VALID).headers["Location"].partition("code=")[2]
    form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "code": code}
    token: str = client.post("/oauth/token", data=form | {"grant_type": "authorization_code"}).get_json()[
        "access_token"
    ]
    return token


def is_kakaos_error(answer: Response) -> bool:
    """Say whether an error has the shape of kauth's JSON, kapi's JSON or a KOE page."""
    if answer.mimetype == "text/html":
        return "(KOE" in answer.get_data(as_text=True)
    body = answer.get_json()
    return bool({"error", "error_description"} <= body.keys() or {"msg", "code"} <= body.keys())


def a_request(path: str, method: str = "GET", authorization: str | None = None, **more: Any) -> dict[str, Any]:
    return {"path": path, "method": method, "query": {}, "authorization": authorization, "body": ("", b"")} | more


@settings(max_examples=1_000, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(request=requests())
@example(a_request("/oauth/authorize", query=VALID | {"redirect_uri": "http://["}))
@example(a_request("/v1/user/ids", authorization="KakaoAK emulator-admin-key", query={"limit": "9" * 5_000}))
@example(a_request("/v2/user/me", "POST", "Bearer LIVE", body=("multipart/form-data; boundary=b", b"--b\r\n")))
@example(a_request("/oauth/token", "POST", "\xff", body=("application/x-www-form-urlencoded", b"code=%ED%A0%80")))
def test_no_request_breaks_it(browser: Client, request: dict[str, Any]) -> None:
    authorization, (content_type, data) = request["authorization"], request["body"]
    if authorization is not None and "LIVE" in authorization:
        authorization = authorization.replace("LIVE", live_token(browser))
    with browser.open(
        request["path"],
        method=request["method"],
        query_string=request["query"],
        headers={} if authorization is None else {"Authorization": authorization},
        data=data,
        content_type=content_type,
    ) as answer:
        assert answer.status_code < 500
        if answer.status_code >= 400 and request["method"] != "HEAD":
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
def test_no_control_call_breaks_it(browser: Client, path: str, method: str, body: Any) -> None:
    with browser.open(f"/emulator/{path}", method=method, json=body) as answer:
        assert answer.status_code < 500
        assert answer.is_json
    browser.post("/emulator/reset").close()
