"""What a presented refresh token means for its session: the whole table of a session's life, as one function.

Pure, because everything else about refreshing is only fetching the row, asking here, and writing the answer.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from ..signals import EndReason


class Step(enum.Enum):
    """What to do with the row."""

    CURRENT = "answer the current pair again"
    REOPEN = "answer the current pair again, which nobody has used, and open a new window for it"
    ROTATE = "one generation further"
    CATCH_UP = "the row is behind its own token: a restored database"
    REUSE = "two parties hold this session: end it"
    ENDED = "the session is over"
    EXPIRED = "the session ran out and is closed now"
    DISABLED = "the user was disabled and the session is closed now"

    @property
    def end_reason(self) -> EndReason | None:
        """The reason to write when this step ends the session, else None."""
        return _END_REASONS.get(self)

    @property
    def writes(self) -> bool:
        """Whether the row changes, so that it must be judged again under the write lock."""
        return self not in (Step.CURRENT, Step.ENDED)


_END_REASONS = {
    Step.REUSE: EndReason.REUSE,
    Step.EXPIRED: EndReason.EXPIRED,
    Step.DISABLED: EndReason.USER_DISABLED,
}


# So many generations in a row, each asked for again late and none confirmed, are no lost answers any more.
MOST_LATE_IN_A_ROW = 2


@dataclass(frozen=True)
class Row:
    """What of a ``LoginSession`` decides; times in seconds since the epoch."""

    generation: int
    confirmed: bool
    rotated_at: float | None
    idle_expires_at: float
    expires_at: float
    ended: bool
    user_active: bool
    late_generation: int | None = None
    late_in_a_row: int = 0

    def asked_again(self, now: float, late_after: float) -> tuple[int | None, int]:
        """Give ``late_generation`` and ``late_in_a_row`` once the generation was asked for again ``now``."""
        is_late = self.rotated_at is not None and now - self.rotated_at >= late_after
        if not is_late or self.late_generation == self.generation:
            return self.late_generation, self.late_in_a_row
        follows = self.late_generation == self.generation - 1
        return self.generation, self.late_in_a_row + 1 if follows else 1


def judge(row: Row, generation: int, *, now: float, reuse_interval: int, late_after: int) -> Step:
    """Tell what a refresh token of ``generation`` does to ``row``; intervals are in seconds.

    ``late_after`` is when the use of an access token would be seen in ``row`` if there had been any.

    A lost answer leaves the client one generation behind for as long as nobody used the successor; only a token
    that is older, or whose successor was used, proves a second holder (RFC 9700 section 4.14.2).  Where access
    tokens are used at other services alone, no use is ever seen: there two holders show by each asking late for
    what the other has got, round after round.
    """
    over = _over(row, now)
    if over is not None:
        return over
    just_rotated = row.rotated_at is not None and now - row.rotated_at < reuse_interval
    if generation > row.generation:
        return Step.CATCH_UP
    if generation == row.generation:
        return Step.CURRENT if just_rotated else Step.ROTATE
    if generation == row.generation - 1 and just_rotated:
        return Step.CURRENT
    # Several tabs may come back late with the same old token; their answers need the time of a window to arrive.
    may_be_lost = generation == row.generation - 1 and not row.confirmed
    _, in_a_row = row.asked_again(now, late_after)
    return Step.REOPEN if may_be_lost and in_a_row <= MOST_LATE_IN_A_ROW else Step.REUSE


def _over(row: Row, now: float) -> Step | None:
    if row.ended:
        return Step.ENDED
    if now >= min(row.idle_expires_at, row.expires_at):
        return Step.EXPIRED
    return None if row.user_active else Step.DISABLED
