"""The emulator's own clock: real time plus an offset that a test may move, so that nobody has to sleep."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

from .refusals import InvalidSetting

# Beyond this the dates no longer fit the four-digit years of RFC 3339.
FARTHEST = timedelta(days=365 * 100).total_seconds()


class Clock:
    """Seconds since the epoch, as the emulator believes them to be."""

    def __init__(self) -> None:
        self._offset = 0.0

    def now(self) -> float:
        """Give the emulator's time in seconds since the epoch."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Move the clock by `seconds` (negative moves back). Raises InvalidSetting beyond a hundred years."""
        offset = self._offset + seconds
        if not abs(offset) <= FARTHEST:
            raise InvalidSetting("clock_too_far", "advance")
        self._offset = offset

    def reset(self) -> None:
        """Show the real time again."""
        self._offset = 0.0


def utc_text(seconds: float) -> str:
    """Write a time as kapi does: UTC by RFC 3339 with whole seconds, `2022-04-11T01:45:28Z`."""
    return datetime.fromtimestamp(int(seconds), tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
