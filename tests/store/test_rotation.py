"""The table of the design's section 7, row by row and then whole."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from kakao_login.store.rotation import Row, Step, judge

NOW = 1_800_000_000.0
WINDOW = 10
ALIVE = Row(
    generation=5,
    confirmed=False,
    rotated_at=None,
    idle_expires_at=NOW + 1000,
    expires_at=NOW + 2000,
    ended=False,
    user_active=True,
)


def step(presented: int, *, now: float = NOW, window: int = WINDOW, **row: Any) -> Step:
    return judged(dataclasses.replace(ALIVE, **row), presented, window, now=now)


def judged(row: Row, presented: int, window: int, *, now: float = NOW) -> Step:
    return judge(row, presented, now=now, reuse_interval=window, late_after=max(window, 1))


# Ended, expired, user disabled.


@pytest.mark.parametrize("presented", [0, 4, 5, 6, 99])
def test_nothing_revives_what_is_over(presented: int) -> None:
    assert step(presented, ended=True) is Step.ENDED
    assert step(presented, idle_expires_at=NOW) is Step.EXPIRED
    assert step(presented, expires_at=NOW) is Step.EXPIRED
    assert step(presented, user_active=False) is Step.DISABLED


def test_the_first_reason_to_be_over_stays_the_reason() -> None:
    assert step(5, ended=True, expires_at=NOW, user_active=False) is Step.ENDED
    assert step(5, expires_at=NOW, user_active=False) is Step.EXPIRED


@pytest.mark.parametrize("limit", ["idle_expires_at", "expires_at"])
@pytest.mark.parametrize(("left", "expected"), [(0.001, Step.ROTATE), (0, Step.EXPIRED), (-1, Step.EXPIRED)])
def test_a_limit_ends_the_session_on_its_second(limit: str, left: float, expected: Step) -> None:
    limits: dict[str, Any] = {limit: NOW + left}
    assert step(5, **limits) is expected


# The row's own generation.


@pytest.mark.parametrize("confirmed", [True, False])
def test_the_present_token_goes_one_further(confirmed: bool) -> None:
    assert step(5, confirmed=confirmed) is Step.ROTATE
    assert step(5, confirmed=confirmed, rotated_at=NOW - WINDOW) is Step.ROTATE


@pytest.mark.parametrize("confirmed", [True, False])
@pytest.mark.parametrize("age", [0, 0.5, WINDOW - 0.001])
def test_tabs_and_reloads_get_the_same_pair_again(confirmed: bool, age: float) -> None:
    assert step(5, confirmed=confirmed, rotated_at=NOW - age) is Step.CURRENT


def test_a_fresh_login_may_be_refreshed_at_once() -> None:
    assert step(0, generation=0) is Step.ROTATE


# One generation behind.


@pytest.mark.parametrize("age", [1, 60, 3600, 86400, 20 * 86400])
def test_a_lost_answer_logs_nobody_out_however_late_the_retry(age: float) -> None:
    expected = Step.CURRENT if age < WINDOW else Step.REOPEN
    assert step(4, rotated_at=NOW - age, confirmed=False) is expected


@pytest.mark.parametrize("age", [0, WINDOW - 0.001])
def test_a_race_is_no_theft_although_the_winner_used_its_token(age: float) -> None:
    assert step(4, rotated_at=NOW - age, confirmed=True) is Step.CURRENT


@pytest.mark.parametrize("age", [WINDOW, WINDOW + 1, 86400])
def test_a_thief_one_step_behind_is_found_once_the_successor_was_used(age: float) -> None:
    assert step(4, rotated_at=NOW - age, confirmed=True) is Step.REUSE


# Older.


@pytest.mark.parametrize("presented", [0, 1, 2, 3, -1])
@pytest.mark.parametrize("confirmed", [True, False])
@pytest.mark.parametrize("age", [0, 5, WINDOW, 86400])
def test_the_grace_never_reaches_an_older_generation(presented: int, confirmed: bool, age: float) -> None:
    """django-oauth-toolkit #1617, Keycloak #50999: not even three steps within one second are a way around it."""
    assert step(presented, confirmed=confirmed, rotated_at=NOW - age) is Step.REUSE


# A restored database.


@pytest.mark.parametrize("presented", [6, 7, 1000])
@pytest.mark.parametrize("confirmed", [True, False])
@pytest.mark.parametrize("age", [0, 5, WINDOW, 86400])
def test_a_row_behind_its_own_token_catches_up(presented: int, confirmed: bool, age: float) -> None:
    assert step(presented, confirmed=confirmed, rotated_at=NOW - age) is Step.CATCH_UP


# No window.


def test_without_a_window_every_refresh_goes_one_further() -> None:
    assert step(5, window=0, rotated_at=NOW) is Step.ROTATE


def test_without_a_window_a_lost_answer_is_still_no_theft() -> None:
    assert step(4, window=0, rotated_at=NOW, confirmed=False) is Step.REOPEN
    assert step(4, window=0, rotated_at=NOW, confirmed=True) is Step.REUSE


# Clocks.


@pytest.mark.parametrize("ahead", [1, 300])
def test_a_row_written_by_a_host_whose_clock_is_ahead_counts_as_just_rotated(ahead: float) -> None:
    assert step(5, rotated_at=NOW + ahead) is Step.CURRENT
    assert step(4, rotated_at=NOW + ahead, confirmed=True) is Step.CURRENT


# The whole table.


def every_case() -> Iterator[tuple[Row, int, int]]:
    limits = [NOW - 1, NOW, NOW + 1]
    ages = [None, 0.0, 9.999, 10.0, 10.001, 86400.0]
    both = [True, False]
    for idle, absolute, age, confirmed, ended, active in itertools.product(limits, limits, ages, both, both, both):
        for generation, presented, window in itertools.product([0, 1, 5], range(-1, 8), [0, WINDOW]):
            row = Row(generation, confirmed, None if age is None else NOW - age, idle, absolute, ended, active)
            yield row, presented, window


def by_the_design(row: Row, presented: int, window: int) -> Step:
    """Read the table from its top as it is written in the design, without a thought for how the code does it.

    Its answer to a token that is one behind is two steps here, because only one of them opens a new window.
    """
    age = float("inf") if row.rotated_at is None else NOW - row.rotated_at
    rows = [
        (row.ended, Step.ENDED),
        (row.idle_expires_at <= NOW or row.expires_at <= NOW, Step.EXPIRED),
        (not row.user_active, Step.DISABLED),
        (presented == row.generation and age < window, Step.CURRENT),
        (presented == row.generation, Step.ROTATE),
        (presented == row.generation - 1 and age < window, Step.CURRENT),
        (presented == row.generation - 1 and not row.confirmed, Step.REOPEN),
        (presented < row.generation, Step.REUSE),
        (presented > row.generation, Step.CATCH_UP),
    ]
    return next(step_ for applies, step_ in rows if applies)


def test_every_case_of_the_table_is_judged_as_it_is_written() -> None:
    cases = list(every_case())
    wrong = [case for case in cases if judged(*case) != by_the_design(*case)]
    assert len(cases) > 20_000
    assert wrong == []


def test_whoever_holds_the_only_token_is_never_taken_for_a_thief() -> None:
    """Whatever one holder has is the row's generation or, after a lost answer, the one before, never used."""
    held = (case for case in every_case() if case[1] == case[0].generation)
    lost = (case for case in every_case() if case[1] == case[0].generation - 1 and not case[0].confirmed)
    assert Step.REUSE not in {judged(*case) for case in itertools.chain(held, lost)}


# Two holders whose use is never seen.


LATE: dict[str, Any] = {"confirmed": False, "rotated_at": NOW - WINDOW}


def test_the_third_generation_in_a_row_that_is_asked_for_late_has_two_holders() -> None:
    assert step(4, **LATE) is Step.REOPEN
    assert step(4, **LATE, late_generation=4, late_in_a_row=1) is Step.REOPEN
    assert step(4, **LATE, late_generation=4, late_in_a_row=2) is Step.REUSE


def test_a_generation_is_counted_once_however_often_it_is_asked_for() -> None:
    assert step(4, **LATE, late_generation=5, late_in_a_row=2) is Step.REOPEN


def test_generations_between_that_arrived_begin_the_count_anew() -> None:
    assert step(4, **LATE, late_generation=3, late_in_a_row=2) is Step.REOPEN
    # One that was used is told by a count of none, which is written with the use.
    assert step(4, **LATE, late_generation=4, late_in_a_row=0) is Step.REOPEN


def test_before_a_use_would_have_been_noted_nothing_is_late() -> None:
    soon: dict[str, Any] = {"confirmed": False, "rotated_at": NOW - 0.5, "late_generation": 4, "late_in_a_row": 2}
    assert step(4, window=0, **soon) is Step.REOPEN
    assert step(4, window=0, **{**soon, "rotated_at": NOW - 1}) is Step.REUSE


@pytest.mark.parametrize(
    ("age", "before", "after"),
    [
        (WINDOW, (None, 0), (5, 1)),
        (WINDOW, (4, 1), (5, 2)),
        (WINDOW, (3, 2), (5, 1)),
        (WINDOW, (5, 2), (5, 2)),
        (WINDOW - 1, (4, 1), (4, 1)),
    ],
)
def test_what_is_written_when_a_generation_is_asked_for_again(
    age: float, before: tuple[int | None, int], after: tuple[int | None, int]
) -> None:
    row = dataclasses.replace(ALIVE, rotated_at=NOW - age, late_generation=before[0], late_in_a_row=before[1])
    assert row.asked_again(NOW, WINDOW) == after


# What a step means for the row.


@pytest.mark.parametrize(
    ("step_", "writes", "reason"),
    [
        (Step.CURRENT, False, None),
        (Step.ROTATE, True, None),
        (Step.CATCH_UP, True, None),
        (Step.REUSE, True, "reuse"),
        (Step.ENDED, False, None),
        (Step.EXPIRED, True, "expired"),
        (Step.DISABLED, True, "user_disabled"),
    ],
)
def test_what_a_step_writes(step_: Step, writes: bool, reason: str | None) -> None:
    assert (step_.writes, step_.end_reason) == (writes, reason)
