"""What Kakao answers, turned into values that are proved to have the form they should; pure functions.

Each ``parse_…`` takes the HTTP status and the parsed JSON (None if it was none).  It raises ``KakaoUnavailable``,
or ``KakaoRejected`` with the name of the member that is wrong.
Source: https://developers.kakao.com/docs/latest/en/kakaologin/rest-api
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ..errors import KakaoRejected
from .error_codes import LOGIN_REFUSED, TOKEN_REFUSED, rejection
from .profile import clean_text, owned_email, part, picture_url

T = TypeVar("T")
Members = Mapping[str, Any]

MAX_ID = 2**63 - 1
# RFC 6749 appendix A.11 and A.12, less the blank, which no code or token of Kakao's has.
TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")


@dataclass(frozen=True)
class KakaoTokens:
    """The answer of ``POST /oauth/token`` (RFC 6749 section 5.1); lifetimes are seconds."""

    access_token: str = field(repr=False)
    expires_in: int
    refresh_token: str | None = field(default=None, repr=False)
    refresh_token_expires_in: int | None = None
    id_token: str | None = field(default=None, repr=False)
    scope: tuple[str, ...] = ()


@dataclass(frozen=True)
class KakaoUser:
    """Who logged in.  Only ``id`` is sure to be there and to stay; all else may be refused, missing or changed."""

    id: int
    nickname: str | None = field(default=None, repr=False)
    profile_image_url: str | None = field(default=None, repr=False)
    thumbnail_image_url: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    """Only an address that Kakao calls valid and verified; even so it may belong to somebody else tomorrow."""


@dataclass(frozen=True)
class KakaoTokenInfo:
    """The answer of ``GET /v1/user/access_token_info``: whose token it is, and which app's."""

    id: int
    expires_in: int
    """Seconds the token still lives."""
    app_id: int


def parse_tokens(status: int, body: object) -> KakaoTokens:
    """Give the tokens.  ``KakaoRejected`` is 400 if the code was refused, else 502."""
    answer = _answer(status, body, LOGIN_REFUSED)
    token_type = _text(answer, "token_type")
    if token_type.lower() != "bearer":
        raise KakaoRejected("token_type")
    return KakaoTokens(
        access_token=_token(answer, "access_token"),
        expires_in=_whole(answer, "expires_in"),
        refresh_token=_optional(_token, answer, "refresh_token"),
        refresh_token_expires_in=_optional(_whole, answer, "refresh_token_expires_in"),
        id_token=_optional(_text, answer, "id_token"),
        scope=tuple((_optional(_text, answer, "scope") or "").split()),
    )


def parse_user(status: int, body: object) -> KakaoUser:
    """Give the person that ``GET /v2/user/me`` describes; whatever is refused, default or unset there is None."""
    answer = _answer(status, body)
    account = part(answer, "kakao_account")
    profile = part(account, "profile")
    # Until a person uploads a picture, Kakao gives the address of a grey silhouette.
    pictures = {} if profile.get("is_default_image") is True else profile
    return KakaoUser(
        id=_user_id(answer),
        nickname=clean_text(profile.get("nickname")) or clean_text(part(answer, "properties").get("nickname")),
        profile_image_url=picture_url(pictures.get("profile_image_url")),
        thumbnail_image_url=picture_url(pictures.get("thumbnail_image_url")),
        email=owned_email(account),
    )


def parse_claims(claims: Members) -> KakaoUser:
    """Give the person that the verified claims of an id_token describe."""
    sub = claims.get("sub")
    if not isinstance(sub, str) or not re.fullmatch("[1-9][0-9]{0,18}", sub) or int(sub) > MAX_ID:
        raise KakaoRejected("sub")
    return KakaoUser(
        id=int(sub),
        nickname=clean_text(claims.get("nickname")),
        thumbnail_image_url=picture_url(claims.get("picture")),
        # Kakao puts this claim in only when the address is valid and verified.
        email=clean_text(claims.get("email")),
    )


def parse_token_info(status: int, body: object) -> KakaoTokenInfo:
    """Give whose access token it is.  ``KakaoRejected`` is 400 if the token is dead or none of Kakao's."""
    answer = _answer(status, body, TOKEN_REFUSED)
    return KakaoTokenInfo(_user_id(answer), _whole(answer, "expires_in"), _whole(answer, "app_id"))


def parse_done(status: int, body: object, kakao_id: int) -> None:
    """Check that an unlink was done, and to whom."""
    if _user_id(_answer(status, body)) != kakao_id:
        raise KakaoRejected("id")


def _answer(status: int, body: object, refused: frozenset[str] = frozenset()) -> Members:
    if status != 200:
        raise rejection(status, body, refused=refused)
    if not isinstance(body, dict):
        raise KakaoRejected("no JSON object")
    return body


def _user_id(answer: Members) -> int:
    user_id = answer.get("id")
    # type() and not isinstance(): JSON's true is an int to the latter.
    if type(user_id) is not int or not 1 <= user_id <= MAX_ID:
        raise KakaoRejected("id")
    return user_id


def _optional(read: Callable[[Members, str], T], answer: Members, name: str) -> T | None:
    return None if answer.get(name) is None else read(answer, name)


def _token(answer: Members, name: str) -> str:
    value = _text(answer, name)
    if not TOKEN.fullmatch(value):
        raise KakaoRejected(name)
    return value


def _text(answer: Members, name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str):
        raise KakaoRejected(name)
    return value


def _whole(answer: Members, name: str) -> int:
    value = answer.get(name)
    if type(value) is not int or value < 0:
        raise KakaoRejected(name)
    return value
