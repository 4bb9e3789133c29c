"""The words clients branch on stay as they are; the texts are there in both languages."""

from __future__ import annotations

import inspect

import pytest

from kakao_login import errors
from kakao_login.errors import KakaoLoginError, KakaoRejected, SettingsError

CONTRACT = {
    "LoginRequired": ("login_required", 401),
    "InvalidToken": ("invalid_token", 401),
    "DuplicateCookie": ("invalid_token", 401),
    "TokenExpired": ("token_expired", 401),
    "SessionEnded": ("session_ended", 401),
    "RefreshTokenReused": ("refresh_token_reused", 401),
    "CsrfFailed": ("csrf_failed", 403),
    "InvalidState": ("invalid_state", 400),
    "CodeUsed": ("invalid_state", 400),
    "AccessDenied": ("access_denied", 403),
    "AccountDisabled": ("access_denied", 403),
    "InvalidRequest": ("invalid_request", 400),
    "UnsupportedMediaType": ("invalid_request", 415),
    "NotFound": ("not_found", 404),
    "KakaoUnavailable": ("kakao_unavailable", 503),
    "KakaoRejected": ("kakao_rejected", 502),
    "DatabaseUnavailable": ("temporarily_unavailable", 503),
}
LEAVES = [
    leaf
    for _, leaf in inspect.getmembers(errors, inspect.isclass)
    if issubclass(leaf, KakaoLoginError) and leaf is not KakaoLoginError
]


@pytest.mark.parametrize(("name", "code", "status"), [(name, *pair) for name, pair in CONTRACT.items()])
def test_code_and_status_are_the_contract(name: str, code: str, status: int) -> None:
    error = getattr(errors, name)()
    assert (error.code, error.status) == (code, status)


@pytest.mark.parametrize("leaf", LEAVES)
def test_every_error_tells_a_person_in_both_languages_what_to_do(leaf: type[KakaoLoginError]) -> None:
    for text in (leaf.message, leaf.remedy):
        assert text.in_language("ko").endswith(".")
        assert text.in_language("en").endswith(".")
        assert not text.in_language("ko").isascii()
        assert text.in_language("en").isascii()


@pytest.mark.parametrize("leaf", LEAVES)
def test_the_english_text_fits_into_a_quoted_header_value(leaf: type[KakaoLoginError]) -> None:
    assert not set('"\\\r\n') & set(leaf().describe("en"))


@pytest.mark.parametrize("leaf", [leaf for leaf in LEAVES if leaf().status == 503])
def test_what_may_come_back_says_when_to_ask_again(leaf: type[KakaoLoginError]) -> None:
    assert leaf.retry_after is not None
    assert leaf.retry_after > 0


def test_the_detail_is_shown_after_the_message() -> None:
    error = errors.InvalidRequest("code")
    assert error.describe("en") == "The request is malformed. (code)"
    assert error.describe("ko") == "잘못된 요청입니다. (code)"
    assert str(error) == "code"


def test_kakaos_code_is_the_detail_if_there_is_no_other() -> None:
    error = KakaoRejected(koe="KOE320", status=400)
    assert (error.koe, error.status, error.detail) == ("KOE320", 400, "KOE320")
    assert KakaoRejected("token_type").koe is None


def test_a_status_of_one_error_does_not_stick_to_the_next() -> None:
    assert KakaoRejected(status=400).status == 400
    assert KakaoRejected().status == 502


def test_reuse_is_a_kind_of_ended_session() -> None:
    assert issubclass(errors.RefreshTokenReused, errors.SessionEnded)


def test_an_error_leads_to_the_root_unless_somebody_knows_better() -> None:
    assert errors.InvalidState().next_path == "/"


def test_a_wrong_setting_is_an_ordinary_exception() -> None:
    assert issubclass(SettingsError, ValueError)
    assert not issubclass(SettingsError, KakaoLoginError)
