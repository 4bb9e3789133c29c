"""A visit answers who is there in three strengths, and finds each fact of a request once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest

from kakao_login import EndReason, current_login, current_user
from kakao_login.errors import CsrfFailed, KakaoLoginError, LoginRequired, SessionEnded, TokenExpired
from kakao_login.store.ends import Ends
from kakao_login.tokens.codec import TokenCodec
from kakao_login.web.csrf import make_csrf_token
from kakao_login.web.visit import Visit, current_visit
from tests.builders import new_session, statements
from tests.support import Clock, Host

Hosts = Callable[..., Host]
STRENGTHS = ("presented_login", "living_login", "login")


@pytest.fixture
def host(new_bare_host: Hosts) -> Host:
    return new_bare_host(":memory:")


@contextmanager
def visiting(host: Host, sid: str, method: str = "GET", **headers: str) -> Iterator[Visit]:
    """Be in a request with the access cookie of a session."""
    row = host.services.sessions.find(sid)
    token = host.services.pairs.make(row, {}, "cookie").access_token if row else ""
    sent = {
        "Cookie": f"access_token={token}",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    with host.app.test_request_context("/mine", method=method, headers=sent):
        yield current_visit()


def strengths(visit: Visit) -> list[type[KakaoLoginError] | None]:
    """Give what each strength refuses with, or None."""
    return [refusal(getattr(visit, strength)) for strength in STRENGTHS]


def refusal(ask: Callable[[], object]) -> type[KakaoLoginError] | None:
    try:
        ask()
    except KakaoLoginError as error:
        return type(error)
    return None


def test_a_living_login_has_all_strengths(host: Host) -> None:
    sid = new_session(host).id
    with visiting(host, sid) as visit:
        assert strengths(visit) == [None, None, None]
        assert visit.login() is visit.presented_login() is visit.login_or_none


def test_a_login_that_ran_out_is_still_a_living_one(host: Host, clock: Clock) -> None:
    sid = new_session(host).id
    with visiting(host, sid) as visit:
        clock.advance(3700)
        assert strengths(visit) == [None, None, TokenExpired]
        assert visit.login_or_none is None


def test_a_session_that_is_over_was_at_least_presented(host: Host) -> None:
    sid = new_session(host).id
    host.services.sessions.end(sid, EndReason.LOGOUT)
    with visiting(host, sid) as visit:
        assert strengths(visit) == [None, SessionEnded, SessionEnded]


def test_a_request_that_was_not_meant_is_no_living_login(host: Host) -> None:
    sid = new_session(host).id
    with visiting(host, sid, "POST", Origin="http://localhost:5000") as visit:
        assert strengths(visit) == [None, CsrfFailed, CsrfFailed]
    with visiting(host, sid, "POST", Sec_Fetch_Site="cross-site") as visit:
        assert strengths(visit) == [CsrfFailed] * 3
    token = make_csrf_token(host.services.keys, sid)
    with visiting(host, sid, "POST", Origin="http://localhost:5000", X_CSRF_Token=token) as visit:
        assert strengths(visit) == [None, None, None]
    with visiting(host, sid, "POST", Sec_Fetch_Site="same-origin") as visit:
        assert strengths(visit) == [None, None, None]


def test_without_a_credential_there_is_nothing(host: Host) -> None:
    with host.app.test_request_context("/mine"):
        visit = current_visit()
        assert strengths(visit) == [LoginRequired] * 3
        assert (visit.user, visit.csrf_token, visit.login_or_none) == (None, "", None)
        assert not current_user
        assert not current_login


def test_each_fact_is_found_once(host: Host) -> None:
    sid = new_session(host).id
    with (
        visiting(host, sid) as visit,
        patch.object(TokenCodec, "decode", autospec=True, side_effect=TokenCodec.decode) as decode,
        patch.object(Ends, "has_ended", autospec=True, side_effect=Ends.has_ended) as has_ended,
        statements(host) as sent,
    ):
        for _ in range(3):
            assert strengths(visit) == [None, None, None]
            assert (visit.user.id, current_user.id) == (current_login.user_id,) * 2
            assert visit.csrf_token
        assert (decode.call_count, has_ended.call_count) == (1, 1)
        assert len([statement for statement in sent if "kakao_login_user" in statement]) == 1


def test_that_nobody_is_there_is_found_once_too(host: Host) -> None:
    sid = new_session(host).id
    host.services.sessions.end(sid, EndReason.LOGOUT)
    with (
        visiting(host, sid) as visit,
        patch.object(Ends, "has_ended", autospec=True, side_effect=Ends.has_ended) as has_ended,
    ):
        for _ in range(3):
            assert (visit.user, visit.csrf_token, visit.login_or_none) == (None, "", None)
        assert has_ended.call_count == 1


def test_a_visit_is_one_request_and_not_the_context_around_it(host: Host) -> None:
    """What is kept in ``g`` would outlive a request inside an app context of somebody else."""
    first, second = new_session(host).id, new_session(host).id
    with host.app.app_context():
        with visiting(host, first) as visit:
            assert visit.login().sid == first
            assert current_visit() is visit
        with visiting(host, second) as visit:
            assert visit.login().sid == second


def test_the_page_of_an_error_does_not_ask_for_the_user_again(host: Host) -> None:
    sid = new_session(host).id
    with visiting(host, sid) as visit, statements(host) as sent:
        visit.ask_no_user()
        assert visit.user is None
        assert sent == []
    with visiting(host, sid) as visit:
        user = visit.user
        visit.ask_no_user()
        assert visit.user is user


def test_what_a_login_tells_needs_no_sql(host: Host, clock: Clock) -> None:
    row = new_session(host)
    host.services.ends.poll()
    with visiting(host, row.id), statements(host) as sent:
        assert (current_login.sid, current_login.user_id) == (row.id, row.user_id)
        assert current_login.auth_time == int(clock.now)
        assert current_login.claims["sub"] == str(row.user_id)
        with pytest.raises(TypeError):
            current_login.claims["sub"] = "2"
    assert sent == []


def test_the_repr_of_a_login_shows_no_claim(host: Host) -> None:
    row = new_session(host)
    with visiting(host, row.id) as visit:
        claims: Any = visit.login().claims
        assert not any(str(claims[name]) in repr(visit.login()) for name in ("jti", "aud"))
