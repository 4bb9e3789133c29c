"""Every error this package raises on purpose, with what a client and a person are told.

One class an error: ``code`` is the stable word clients branch on, ``status`` the HTTP status, ``message`` and
``remedy`` the two sentences a person reads.  ``web.answers`` renders them.
"""

from __future__ import annotations

import logging
from typing import ClassVar, Literal, NamedTuple

Language = Literal["ko", "en"]


class Text(NamedTuple):
    """One sentence in the two languages every person is served in."""

    ko: str
    en: str

    def in_language(self, language: Language) -> str:
        """Give the sentence in ``language``."""
        return self.ko if language == "ko" else self.en


class KakaoLoginError(Exception):
    """The base of all errors a request can end in.

    ``detail`` names what exactly was wrong (a parameter, a KOE code) and is shown after the message; it never
    holds a value that came with the request.
    """

    code: ClassVar[str]
    status: int
    message: ClassVar[Text]
    remedy: ClassVar[Text]
    retry_after: ClassVar[int | None] = None
    """Seconds after which trying again makes sense."""
    can_log_in: ClassVar[bool] = True
    """Whether logging in is what helps the person."""
    log_level: ClassVar[int] = logging.INFO
    """Of the line that tells of the refusal."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.next_path = "/"
        """Where the person was going."""

    def describe(self, language: Language) -> str:
        """Give the sentence for a log, a JSON body or a page."""
        text = self.message.in_language(language)
        return f"{text} ({self.detail})" if self.detail else text


class SettingsError(ValueError):
    """A setting is missing or wrong; the text starts with the key's name and ends with the cure."""


TRY_AGAIN = Text("로그인을 다시 시작해 주세요.", "Please start the login again.")
LOG_IN = Text("로그인해 주세요.", "Please log in.")
ASK = Text("서비스 관리자에게 문의해 주세요.", "Please contact the service's administrator.")
LATER = Text("잠시 후 다시 시도해 주세요.", "Please try again in a moment.")


class LoginRequired(KakaoLoginError):
    """The request carries no credential at all (RFC 6750 section 3: no error code in the header)."""

    code = "login_required"
    status = 401
    message = Text("로그인이 필요합니다.", "You need to log in first.")
    remedy = LOG_IN


class InvalidToken(KakaoLoginError):
    """A credential was sent and it is not one of ours, or not for this use."""

    code = "invalid_token"
    status = 401
    message = Text("로그인 정보를 확인할 수 없습니다.", "Your login could not be verified.")
    remedy = LOG_IN


class DuplicateCookie(InvalidToken):
    """A cookie came twice, and which of the two is ours cannot be told."""

    message = Text("같은 이름의 쿠키가 두 번 전송되었습니다.", "The same cookie was sent twice.")
    remedy = Text(
        "브라우저에서 이 사이트의 쿠키를 지워 주세요.", "Please delete this site's cookies in your browser."
    )
    can_log_in = False
    log_level = logging.WARNING


class TokenExpired(KakaoLoginError):
    """The access token ran out; the client renews it with its refresh token and repeats the call."""

    code = "token_expired"
    status = 401
    message = Text("접근 토큰이 만료되었습니다.", "The access token has expired.")
    remedy = Text("토큰을 갱신한 뒤 다시 요청해 주세요.", "Refresh it and send the request again.")
    can_log_in = False


class SessionEnded(KakaoLoginError):
    """The login session is surely over: logged out, ended elsewhere, run out, or its user is disabled."""

    code = "session_ended"
    status = 401
    message = Text("로그인 세션이 종료되었습니다.", "Your login session has ended.")
    remedy = LOG_IN


class RefreshTokenReused(SessionEnded):
    """An old refresh token came back, so two parties hold it; the session was ended (RFC 9700 section 4.14.2)."""

    code = "refresh_token_reused"
    message = Text(
        "이미 사용된 토큰이 다시 제시되어 세션을 종료했습니다.",
        "An old token was used again, so this session was ended to protect your account.",
    )


class CsrfFailed(KakaoLoginError):
    """The request may have been sent by another site on the user's behalf."""

    code = "csrf_failed"
    status = 403
    message = Text(
        "요청이 이 사이트에서 온 것인지 확인할 수 없습니다.",
        "We could not tell that this request came from our site.",
    )
    remedy = Text("이전 화면을 새로 고친 뒤 다시 시도해 주세요.", "Go back, reload the page and try again.")
    can_log_in = False
    log_level = logging.WARNING


class InvalidState(KakaoLoginError):
    """The callback belongs to no login that this browser started (RFC 9700 section 4.7)."""

    code = "invalid_state"
    status = 400
    message = Text("시작되지 않았거나 만료된 로그인입니다.", "This login was not started here, or it has expired.")
    remedy = TRY_AGAIN


class CodeUsed(InvalidState):
    """The callback was answered before; the one who came first got the login."""

    message = Text("이미 처리된 로그인입니다.", "This login has already been completed.")
    remedy = Text("계속하려면 아래 링크를 눌러 주세요.", "Use the link below to continue.")
    can_log_in = False


class AccessDenied(KakaoLoginError):
    """The person, or Kakao, said no on Kakao's pages."""

    code = "access_denied"
    status = 403
    message = Text("카카오 로그인이 취소되었습니다.", "The login was cancelled at Kakao.")
    remedy = Text(
        "로그인하려면 다시 시작해 주세요. 취소했다면 그대로 두셔도 됩니다.",
        "To log in, start again. If you meant to cancel, there is nothing more to do.",
    )


class AccountDisabled(AccessDenied):
    """Kakao vouches for the person, but the local account is barred."""

    message = Text("사용이 중지된 계정입니다.", "This account has been disabled.")
    remedy = ASK
    can_log_in = False


class InvalidRequest(KakaoLoginError):
    """The request does not have the form this address takes."""

    code = "invalid_request"
    status = 400
    message = Text("잘못된 요청입니다.", "The request is malformed.")
    remedy = Text("처음부터 다시 시도해 주세요.", "Please start over.")


class UnsupportedMediaType(InvalidRequest):
    """The body is not JSON where JSON is due."""

    status = 415
    message = Text("JSON 본문이 필요합니다.", "A JSON body is required.")


class TooLarge(KakaoLoginError):
    """The body is larger than anything that is due at this address."""

    code = "too_large"
    status = 413
    message = Text("요청 본문이 너무 큽니다.", "The request body is too large.")
    remedy = Text("더 작게 나누어 다시 보내 주세요.", "Please send less at once.")
    can_log_in = False
    log_level = logging.WARNING


class NotFound(KakaoLoginError):
    """There is no such thing, or it is somebody else's; the answer does not tell which."""

    code = "not_found"
    status = 404
    message = Text("찾을 수 없습니다.", "There is no such thing here.")
    remedy = Text("목록을 새로 고쳐 주세요.", "Please reload the list.")
    can_log_in = False


class KakaoUnavailable(KakaoLoginError):
    """Kakao gave no answer in time, or 429 or 5xx."""

    code = "kakao_unavailable"
    status = 503
    message = Text("카카오가 응답하지 않습니다.", "Kakao is not answering.")
    remedy = LATER
    retry_after = 5


class KakaoRejected(KakaoLoginError):
    """Kakao refused, or answered something that makes no sense.

    ``status`` is 400 when the login itself was refused (a used or expired code) and 502 when our settings were
    refused or the answer was senseless.  ``koe`` is Kakao's code, such as ``KOE320`` or ``-401``, if it gave one.
    """

    code = "kakao_rejected"
    message = Text("카카오가 로그인을 받아들이지 않았습니다.", "Kakao did not accept the login.")
    remedy = TRY_AGAIN

    def __init__(self, detail: str = "", *, koe: str | None = None, status: Literal[400, 502] = 502) -> None:
        super().__init__(detail or koe or "")
        self.koe = koe
        self.status = status


class TemporarilyUnavailable(KakaoLoginError):
    """The same request may well be answered in a moment."""

    code = "temporarily_unavailable"
    status = 503
    message = Text("서비스를 잠시 사용할 수 없습니다.", "The service is unavailable for a moment.")
    remedy = LATER
    retry_after = 2
    can_log_in = False


class DatabaseUnavailable(TemporarilyUnavailable):
    """The database is away or read-only, and this request cannot do without it."""


class NoPrefetch(TemporarilyUnavailable):
    """A browser asks ahead for what only a click may have; the click asks again."""


class NotReady(KakaoLoginError):
    """A table or a column is missing: nobody has made it yet, or a migration is due.  It is no outage."""

    code = "not_ready"
    status = 500
    message = Text("데이터베이스가 아직 준비되지 않았습니다.", "The database has not been prepared yet.")
    remedy = ASK
    can_log_in = False
    cure: ClassVar[str] = "flask kakao init-db, or your migration"


class ClaimsRefused(KakaoLoginError):
    """The host's additional claims cannot go into a token; without them it must not be issued."""

    code = "claims_refused"
    status = 500
    message = Text("로그인 정보를 만들 수 없습니다.", "Your login could not be put together.")
    remedy = ASK
    can_log_in = False
