"""The life of a session under everything the network, the tabs, a thief and a restored database can do to it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, cast

import hypothesis.strategies as st
import jwt
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import update

from kakao_login import EndReason
from kakao_login.tokens.pair import Use
from kakao_login.web.csrf import make_csrf_token

from ..support import Clock, Host, config_for, make_host

WINDOW = 10
# A request is on its way for at most half the window; whatever takes longer, a browser gives up.
LONGEST_FLIGHT = 5
STEPS = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
COLUMNS = ("generation", "confirmed", "rotated_at", "idle_expires_at", "late_generation", "late_in_a_row")


def generation(token: str) -> int:
    return int(jwt.decode(token, options={"verify_signature": False})["gen"])


class Life(RuleBasedStateMachine):
    """One session of one user on a small host, with a clock that is moved by hand."""

    USE: Use = "cookie"

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.host: Host = make_host(config_for(None, SQLALCHEMY_DATABASE_URI="sqlite://"), self.clock)
        self.client: FlaskClient = self.host.app.test_client(use_cookies=False)
        with self.host.app.app_context():
            self.host.db.session.add(self.host.kakao_login.user_model())
            self.host.db.session.commit()
        services = self.host.services
        row = services.sessions.start(1, user_agent="", ip="")
        pair = services.pairs.make(row, {}, self.USE)
        self.sid = row.id
        self.first = (pair.access_token, pair.refresh_token)
        self.generations = [(self.clock.now, 0)]

    def row(self) -> Any:
        row = self.host.services.sessions.find(self.sid)
        assert row is not None
        return row

    def note_generation(self) -> None:
        if self.row().generation != self.generations[-1][1]:
            self.generations.append((self.clock.now, self.row().generation))

    def opens(self, access_token: str) -> bool:
        answer = self.client.post("/mine", json={}, headers={"Authorization": f"Bearer {access_token}"})
        return answer.status_code == 200

    def teardown(self) -> None:
        self.host.close()


@dataclass
class Flight:
    """A refresh that the server has answered and the browser has not heard of."""

    sent_at: float
    cookies: dict[str, str]


class HonestBrowser(Life):
    """One browser with several tabs: answers get lost or come in any order, and the database is restored."""

    @initialize()
    def log_in(self) -> None:
        self.jar = dict(zip(("access_token", "refresh_token"), self.first, strict=True))
        self.flights: list[Flight] = []
        self.backup = self.snapshot()
        self.headers = {
            "Sec-Fetch-Site": "same-origin",
            "X-CSRF-Token": make_csrf_token(self.host.services.keys, self.sid),
        }

    @rule()
    def a_tab_refreshes(self) -> None:
        cookies = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        answer = self.client.post("/auth/refresh", headers={**self.headers, "Cookie": cookies})
        # This is the promise: an honest single holder is never logged out.
        assert answer.status_code == 200, answer.text
        pairs = [line.split(";")[0].split("=", 1) for line in answer.headers.getlist("Set-Cookie")]
        self.flights.append(Flight(self.clock.now, dict(pairs)))

    @precondition(lambda self: self.flights)
    @rule(data=st.data())
    def an_answer_arrives(self, data: st.DataObject) -> None:
        self.arrive(data.draw(st.integers(0, len(self.flights) - 1)))

    def arrive(self, place: int) -> None:
        """Take an answer, and open the page that it was asked for."""
        self.jar.update(self.flights.pop(place).cookies)
        self.a_page_is_opened()

    @precondition(lambda self: self.flights)
    @rule(data=st.data())
    def an_answer_is_lost(self, data: st.DataObject) -> None:
        self.flights.pop(data.draw(st.integers(0, len(self.flights) - 1)))

    @rule()
    def a_page_is_opened(self) -> None:
        assert self.opens(self.jar["access_token"])

    @rule()
    def the_background_tasks_run(self) -> None:
        self.host.services.heartbeat.beat()

    @rule(seconds=st.sampled_from([0.5, 2, 4, 9, 10, 11, 60, 3500]))
    def time_passes(self, seconds: float) -> None:
        self.clock.advance(seconds)
        if seconds >= 2:
            self.the_background_tasks_run()
        # What was under way for longer than a request may last is lost, and an old access token is renewed first.
        self.flights = [flight for flight in self.flights if self.clock.now - flight.sent_at <= LONGEST_FLIGHT]
        exp = jwt.decode(self.jar["access_token"], options={"verify_signature": False})["exp"]
        if exp <= self.clock.now:
            self.a_tab_refreshes()
            self.jar.update(self.flights.pop().cookies)

    @rule()
    def a_backup_is_made(self) -> None:
        self.backup = self.snapshot()

    @rule()
    def the_database_is_restored(self) -> None:
        row = self.host.services.models.login_session
        with self.host.app.app_context():
            self.host.db.session.execute(update(row).values(**self.backup))
            self.host.db.session.commit()
        self.generations.append((self.clock.now, self.backup["generation"]))

    def snapshot(self) -> dict[str, Any]:
        return {name: getattr(self.row(), name) for name in COLUMNS}

    @invariant()
    def the_session_lives(self) -> None:
        assert self.row().ended_at is None


class TwoHolders(Life):
    """An honest client and a thief who copied its refresh token, both with JSON, and a logout at any time."""

    USE = "json"

    @initialize()
    def the_token_is_stolen(self) -> None:
        self.held = {"honest": self.first, "thief": self.first}
        self.over = False
        self.looked = False
        self.asked_late: set[int] = set()

    @rule(holder=st.sampled_from(["honest", "thief"]))
    def a_holder_refreshes(self, holder: str) -> None:
        before, presented = self.row(), generation(self.held[holder][1])
        answer = self.client.post("/auth/refresh", json={"refresh_token": self.held[holder][1]})
        self.note_generation()
        expected, body = self.expected(before, presented), cast(dict[str, str], answer.json)
        assert (answer.status_code, body.get("error")) == expected
        if answer.status_code == 200:
            self.held[holder] = (body["access_token"], body["refresh_token"])
        else:
            self.over = True

    def expected(self, before: Any, presented: int) -> tuple[int, str | None]:
        """Say it again in other words than the code: who may have the current pair, and who proves a theft."""
        behind = before.generation - presented
        if before.ended_at is not None:
            return 401, "session_ended"
        in_window = before.rotated_at is not None and self.clock.now < before.rotated_at + WINDOW
        if before.confirmed:
            self.asked_late.discard(before.generation)
        if behind == 0 or (behind == 1 and in_window):
            return 200, None
        if (
            behind == 1
            and not before.confirmed
            and not {before.generation - 1, before.generation - 2} <= self.asked_late
        ):
            self.asked_late.add(before.generation)
            return 200, None
        return 401, "refresh_token_reused"

    @rule(holder=st.sampled_from(["honest", "thief"]))
    def a_holder_calls_the_api(self, holder: str) -> None:
        assert self.opens(self.held[holder][0]) is not self.over
        self.host.services.heartbeat.beat()

    @rule(seconds=st.sampled_from([1, 9, 11, 60]))
    def time_passes(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule()
    def somebody_logs_out(self) -> None:
        self.host.services.sessions.end(self.sid, EndReason.LOGOUT)
        self.over = True

    @invariant()
    def nothing_works_after_an_end(self) -> None:
        assert (self.row().ended_at is not None) is self.over
        if self.over and not self.looked:
            assert not any(self.opens(access) for access, _ in self.held.values())
            self.looked = True

    @invariant()
    def at_most_one_step_a_window(self) -> None:
        times = [time for time, _ in self.generations[1:]]
        assert all(later - earlier >= WINDOW for earlier, later in itertools.pairwise(times))
        numbers = [number for _, number in self.generations]
        assert numbers == list(range(len(numbers)))


TestHonestBrowser = HonestBrowser.TestCase
TestHonestBrowser.settings = STEPS
TestTwoHolders = TwoHolders.TestCase
TestTwoHolders.settings = STEPS


def test_of_two_holders_at_most_one_survives_a_rotation_past_the_window() -> None:
    """Whoever comes second with what the first has used up ends the session for both."""
    life = TwoHolders()
    life.the_token_is_stolen()
    life.clock.advance(60)
    life.a_holder_refreshes("thief")
    life.a_holder_calls_the_api("thief")
    life.clock.advance(WINDOW)
    life.a_holder_refreshes("honest")
    assert life.over
    life.nothing_works_after_an_end()
    life.teardown()


def test_of_two_holders_who_use_no_token_here_the_third_round_finds_the_thief() -> None:
    """Their access tokens are used at other services alone, so no use is ever seen."""
    life = TwoHolders()
    life.the_token_is_stolen()
    rounds = 0
    while not life.over:
        rounds += 1
        for holder in ("honest", "thief"):
            life.clock.advance(WINDOW + 1)
            life.a_holder_refreshes(holder)
    assert rounds == 3
    life.nothing_works_after_an_end()
    life.teardown()


def honest_browser() -> HonestBrowser:
    life = HonestBrowser()
    life.log_in()
    return life


def test_an_answer_from_the_end_of_the_window_cannot_turn_the_jar_back() -> None:
    """It is sent when the pair is still current, and arrives when another tab has already got the next one."""
    life = honest_browser()
    life.a_tab_refreshes()
    life.arrive(0)
    life.clock.advance(9)
    life.a_tab_refreshes()
    life.clock.advance(1)
    life.a_tab_refreshes()
    life.arrive(1)
    life.a_page_is_opened()
    life.the_background_tasks_run()
    life.arrive(0)
    life.clock.advance(11)
    life.a_tab_refreshes()
    life.teardown()


def test_two_tabs_that_come_back_late_after_a_lost_answer_cannot_turn_the_jar_back() -> None:
    """Both get the successor that was never used; one uses it up before the other's answer arrives."""
    life = honest_browser()
    life.a_tab_refreshes()
    life.flights.clear()
    life.clock.advance(3600)
    life.a_tab_refreshes()
    life.a_tab_refreshes()
    life.arrive(0)
    life.a_page_is_opened()
    life.the_background_tasks_run()
    life.a_tab_refreshes()
    life.arrive(1)
    life.a_page_is_opened()
    life.the_background_tasks_run()
    life.arrive(0)
    life.clock.advance(11)
    life.a_tab_refreshes()
    life.teardown()
