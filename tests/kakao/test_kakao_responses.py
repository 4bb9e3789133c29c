"""Answers become values or errors; nothing in them is believed before its form is checked."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kakao_login.errors import KakaoRejected, KakaoUnavailable
from kakao_login.kakao.error_codes import ADVICE
from kakao_login.kakao.profile import clean_text, picture_url
from kakao_login.kakao.responses import (
    KakaoTokenInfo,
    KakaoTokens,
    KakaoUser,
    parse_done,
    parse_token_info,
    parse_tokens,
    parse_user,
)

TOKENS: dict[str, Any] = {
    "token_type": "bearer",
    "access_token": "canary-access",
    "expires_in": 21599,
    "refresh_token": "canary-refresh",
    "refresh_token_expires_in": 5184000,
    "id_token": "canary.id.token",
    "scope": "profile_image openid profile_nickname",
}
NO_WHOLE_NUMBERS = [-1, True, False, 1.0, "1", None, [], {}, float("nan")]
NO_TEXTS = [1, True, 1.5, [], {}, ["x"]]
NO_OBJECTS: list[object] = [None, [], "x", 1, True, [{}]]


def without(answer: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in names}


# Tokens.


def test_tokens_are_read() -> None:
    assert parse_tokens(200, TOKENS) == KakaoTokens(
        access_token="canary-access",
        expires_in=21599,
        refresh_token="canary-refresh",
        refresh_token_expires_in=5184000,
        id_token="canary.id.token",
        scope=("profile_image", "openid", "profile_nickname"),
    )


def test_only_the_access_token_is_due() -> None:
    least = without(TOKENS, "refresh_token", "refresh_token_expires_in", "id_token", "scope")
    assert parse_tokens(200, least) == KakaoTokens("canary-access", 21599, None, None, None, ())


@pytest.mark.parametrize("token_type", ["bearer", "Bearer", "BEARER"])
def test_the_token_type_may_be_in_any_case(token_type: str) -> None:
    parse_tokens(200, {**TOKENS, "token_type": token_type})


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("token_type", [None, "", "mac", "bearer ", *NO_TEXTS]),
        ("access_token", [None, "", "a b", "a\nb", "a\x00", "토큰", "\ud800", "x" * 4097, *NO_TEXTS]),
        ("expires_in", NO_WHOLE_NUMBERS),
        ("refresh_token", ["", "a b", *NO_TEXTS]),
        ("refresh_token_expires_in", [number for number in NO_WHOLE_NUMBERS if number is not None]),
        ("id_token", NO_TEXTS),
        ("scope", NO_TEXTS),
    ],
)
def test_tokens_of_a_wrong_form_are_refused_by_name(name: str, values: list[object]) -> None:
    for value in values:
        with pytest.raises(KakaoRejected) as caught:
            parse_tokens(200, {**TOKENS, name: value})
        assert (caught.value.detail, caught.value.status) == (name, 502)


@pytest.mark.parametrize("name", ["token_type", "access_token", "expires_in"])
def test_tokens_without_what_is_due_are_refused(name: str) -> None:
    with pytest.raises(KakaoRejected, match=name):
        parse_tokens(200, without(TOKENS, name))


def test_no_token_shows_in_a_repr() -> None:
    assert "canary" not in repr(parse_tokens(200, TOKENS))


@pytest.mark.parametrize("body", NO_OBJECTS)
def test_an_answer_that_is_no_object_is_refused(body: object) -> None:
    for parse in (parse_tokens, parse_user, parse_token_info):
        with pytest.raises(KakaoRejected, match="JSON") as caught:
            parse(200, body)
        assert caught.value.status == 502


# Errors.


def koe(code: object, error: object = "invalid_request") -> dict[str, object]:
    return {"error": error, "error_description": "canary: code not found for code=canary", "error_code": code}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, koe("KOE320", "invalid_grant"), ("KOE320", 400)),
        (400, koe("KOE303", "invalid_grant"), ("KOE303", 400)),
        (400, koe("KOE320"), ("KOE320", 400)),
        (400, koe("KOE114", "invalid_grant"), ("KOE114", 400)),
        (400, koe(None, "invalid_grant"), (None, 400)),
        (401, koe("KOE010", "invalid_client"), ("KOE010", 502)),
        (401, koe("KOE101", "invalid_client"), ("KOE101", 502)),
        (400, koe("KOE101", "invalid_client"), ("KOE101", 502)),
        (401, koe("KOE999", "invalid_grant"), ("KOE999", 502)),
        (400, koe("KOE009", "misconfigured"), ("KOE009", 502)),
        (400, koe("KOE310", "unsupported_grant_type"), ("KOE310", 502)),
        (400, koe(None), (None, 502)),
        (400, None, (None, 502)),
        (401, "canary", (None, 502)),
        (403, {}, (None, 502)),
        (404, [], (None, 502)),
        (302, None, (None, 502)),
        (307, TOKENS, (None, 502)),
        (201, TOKENS, (None, 502)),
        (204, None, (None, 502)),
        (103, None, (None, 502)),
    ],
)
def test_a_refused_code_is_400_and_all_else_502(
    status: int, body: object, expected: tuple[str | None, int]
) -> None:
    with pytest.raises(KakaoRejected) as caught:
        parse_tokens(status, body)
    assert (caught.value.koe, caught.value.status) == expected
    assert caught.value.detail == (expected[0] or f"HTTP {status}")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, koe("KOE237")),
        (429, koe("KOE237")),
        (400, koe("KOE003", "server_error")),
        (408, None),
        (429, None),
        (500, None),
        (502, "<html>"),
        (503, {"code": -9798, "msg": "maintenance"}),
        (599, TOKENS),
        (500, koe("KOE320", "invalid_grant")),
    ],
)
def test_what_passes_by_itself_is_kakao_unavailable(status: int, body: object) -> None:
    for parse in (parse_tokens, parse_user, parse_token_info):
        with pytest.raises(KakaoUnavailable):
            parse(status, body)


@pytest.mark.parametrize("code", [-1, -7, -10])
def test_codes_of_the_user_api_that_pass_by_themselves_are_kakao_unavailable(code: int) -> None:
    with pytest.raises(KakaoUnavailable, match=str(code)):
        parse_user(400, {"msg": "canary", "code": code})


@pytest.mark.parametrize(("status", "code"), [(401, -401), (403, -402), (400, -101), (403, -3), (403, -5)])
def test_codes_of_the_user_api_speak_against_our_settings(status: int, code: int) -> None:
    with pytest.raises(KakaoRejected) as caught:
        parse_user(status, {"msg": "ip mismatched! callerIp=canary", "code": code})
    assert (caught.value.koe, caught.value.status) == (str(code), 502)


@pytest.mark.parametrize(("status", "code"), [(401, -401), (400, -2)])
def test_a_token_that_is_none_of_kakaos_is_its_senders_fault(status: int, code: int) -> None:
    with pytest.raises(KakaoRejected) as caught:
        parse_token_info(status, {"msg": "canary", "code": code})
    assert (caught.value.koe, caught.value.status) == (str(code), 400)


@pytest.mark.parametrize(
    "code", ["KOE1", "KOE1234", "koe320", "KOE320\n", "KOE３２０", "<b>canary", "", 320, ["KOE320"], {}, True]
)
def test_nothing_but_a_code_is_taken_from_an_error(code: object) -> None:
    with pytest.raises(KakaoRejected) as caught:
        parse_tokens(400, koe(code))
    assert caught.value.koe is None
    assert "canary" not in repr(caught.value) + str(caught.value) + caught.value.describe("ko")


@pytest.mark.parametrize("code", ["-401", True, 1.5, 0, 401, -(10**9), None, [-401]])
def test_nothing_but_a_code_is_taken_from_an_error_of_the_user_api(code: object) -> None:
    with pytest.raises(KakaoRejected) as caught:
        parse_user(401, {"msg": "canary", "code": code})
    assert caught.value.koe is None


def test_the_codes_operators_meet_have_a_cause_and_a_cure() -> None:
    met = {
        "KOE006",
        "KOE009",
        "KOE010",
        "KOE101",
        "KOE114",
        "KOE205",
        "KOE237",
        "KOE303",
        "KOE320",
        "-401",
        "-402",
    }
    assert met <= ADVICE.keys()
    assert all(advice.endswith(".") and ". " in advice for advice in ADVICE.values())


# The person.

PROFILE = {
    "nickname": "춘식이",
    "profile_image_url": "https://k.kakaocdn.net/dn/640.jpg",
    "thumbnail_image_url": "http://k.kakaocdn.net/dn/110.jpg",
    "is_default_image": False,
}
ACCOUNT = {"profile": PROFILE, "email": "ryan@kakao.com", "is_email_valid": True, "is_email_verified": True}


def user(account: object = None, **members: object) -> KakaoUser:
    return parse_user(200, {"id": 1, "kakao_account": account, **members})


def test_a_person_is_read_whole() -> None:
    assert parse_user(
        200, {"id": 2**63 - 1, "kakao_account": ACCOUNT, "connected_at": "2022-04-11T01:45:28Z"}
    ) == KakaoUser(
        id=2**63 - 1,
        nickname="춘식이",
        profile_image_url="https://k.kakaocdn.net/dn/640.jpg",
        thumbnail_image_url="https://k.kakaocdn.net/dn/110.jpg",
        email="ryan@kakao.com",
    )


@pytest.mark.parametrize("body", [{}, {"kakao_account": {}}, {"kakao_account": None, "properties": None}])
def test_a_person_may_have_nothing_but_an_id(body: dict[str, object]) -> None:
    assert parse_user(200, {"id": 1, **body}) == KakaoUser(1, None, None, None, None)


@pytest.mark.parametrize(
    "kakao_id",
    [None, "", "1", "None", 0, -1, 2**63, 10**400, True, False, 1.0, float("nan"), float("inf"), [1], {}],
)
def test_an_id_that_is_no_positive_64_bit_integer_is_refused(kakao_id: object) -> None:
    with pytest.raises(KakaoRejected, match="id") as caught:
        parse_user(200, {"id": kakao_id, "kakao_account": ACCOUNT})
    assert caught.value.status == 502


def test_a_missing_id_is_refused() -> None:
    with pytest.raises(KakaoRejected, match="id"):
        parse_user(200, {"kakao_account": {**ACCOUNT, "id": 1}, "properties": {"id": 1}})


@pytest.mark.parametrize("valid", [True, False, None, "true", 1])
@pytest.mark.parametrize("verified", [True, False, None, "true", 1])
def test_an_address_counts_only_when_valid_and_verified(valid: object, verified: object) -> None:
    account = {**ACCOUNT, "is_email_valid": valid, "is_email_verified": verified}
    expected = "ryan@kakao.com" if valid is True and verified is True else None
    assert user(account).email == expected


def test_an_address_without_flags_does_not_count() -> None:
    assert user({"email": "ryan@kakao.com"}).email is None


def test_the_nickname_may_be_in_the_old_place() -> None:
    assert user(properties={"nickname": "라이언"}).nickname == "라이언"
    assert user(ACCOUNT, properties={"nickname": "라이언"}).nickname == "춘식이"


def test_a_default_picture_is_none() -> None:
    person = user({"profile": {**PROFILE, "is_default_image": True}})
    assert (person.nickname, person.profile_image_url, person.thumbnail_image_url) == ("춘식이", None, None)


@pytest.mark.parametrize("nonsense", [1, True, "x", [], [1], 1.5])
def test_a_profile_that_makes_no_sense_is_left_out_and_bars_no_login(nonsense: object) -> None:
    assert user(nonsense, properties=nonsense) == KakaoUser(1)
    assert user({"profile": nonsense}) == KakaoUser(1)
    if nonsense != "x":
        fields = ("nickname", "profile_image_url", "thumbnail_image_url")
        assert user({**ACCOUNT, "email": nonsense, "profile": dict.fromkeys(fields, nonsense)}) == KakaoUser(1)


def test_nothing_personal_shows_in_a_repr() -> None:
    assert repr(user(ACCOUNT)) == "KakaoUser(id=1)"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("춘식이", "춘식이"),
        ("  ", None),
        ("", None),
        ("a\x00b", "ab"),
        ("a\r\nb\x1b[31m", "ab[31m"),
        ("\ud800", None),
        ("a\udfffb", "ab"),
        ("👨‍👩‍👧", "👨‍👩‍👧"),
        ("<script>", "<script>"),
        ("x" * 1000, "x" * 255),
        (None, None),
        (5, None),
    ],
)
def test_texts_are_kept_but_for_what_cannot_be_stored(value: object, kept: str | None) -> None:
    assert clean_text(value) == kept


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("https://k.kakaocdn.net/a.jpg?x=1", "https://k.kakaocdn.net/a.jpg?x=1"),
        ("http://k.kakaocdn.net/a.jpg", "https://k.kakaocdn.net/a.jpg"),
        ("HTTP://k.kakaocdn.net/a.jpg", "https://k.kakaocdn.net/a.jpg"),
        ("http://127.0.0.1:9000/emulator/pictures/1/640.svg", "http://127.0.0.1:9000/emulator/pictures/1/640.svg"),
        ("http://localhost.evil.example/a.jpg", "https://localhost.evil.example/a.jpg"),
        ("javascript:alert(1)", None),
        ("data:image/png;base64,AAAA", None),
        ("//k.kakaocdn.net/a.jpg", None),
        ("/a.jpg", None),
        ("https:///a.jpg", None),
        ("https://[::1/a.jpg", None),
        ("https://k.kakaocdn.net/a\n.jpg", None),
        ("https://k.kakaocdn.net/\ud800", None),
        ("https://k.kakaocdn.net/" + "a" * 2048, None),
        ("", None),
        (None, None),
        (5, None),
    ],
)
def test_picture_addresses_are_https_or_none(value: object, kept: str | None) -> None:
    assert picture_url(value) == kept


# The rest.


def test_token_info_tells_whose_token_and_which_apps() -> None:
    info = parse_token_info(200, {"id": 123456789, "expires_in": 7199, "app_id": 1234, "appId": 1})
    assert info == KakaoTokenInfo(id=123456789, expires_in=7199, app_id=1234)


@pytest.mark.parametrize("name", ["id", "expires_in", "app_id"])
def test_token_info_without_what_is_due_is_refused(name: str) -> None:
    with pytest.raises(KakaoRejected, match=name):
        parse_token_info(200, without({"id": 1, "expires_in": 1, "app_id": 1}, name))


def test_what_was_done_must_have_been_done_to_the_right_person() -> None:
    parse_done(200, {"id": 5}, 5)
    with pytest.raises(KakaoRejected, match="id"):
        parse_done(200, {"id": 6}, 5)


# Whatever comes.

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters())
NAMES = st.sampled_from(
    ["id", "kakao_account", "profile", "nickname", "email", "properties", *TOKENS, "error_code", "code"]
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner), max_leaves=20)


@settings(max_examples=50, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(status=st.sampled_from([200, 302, 400, 401, 503]), body=st.dictionaries(NAMES, JSON) | JSON)
def test_no_answer_is_a_crash(status: int, body: object) -> None:
    for parse in (parse_tokens, parse_user, parse_token_info):
        with suppress(KakaoRejected, KakaoUnavailable):
            parse(status, body)
