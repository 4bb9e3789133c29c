"""What was measured, put beside what was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .measure import Spread, Times, ratio, spread

Counts = Mapping[str, float]


@dataclass(frozen=True)
class Result:
    """One line of the report."""

    work: str
    measured: str
    asked: str = ""
    reached: bool | None = None
    """None where nothing is asked, or it could not be measured."""
    bar: float | None = None
    """How long its bar is in the plot."""

    @property
    def verdict(self) -> str:
        """Reached or not, in words."""
        return "" if self.reached is None else "reached" if self.reached else "NOT reached"

    def __str__(self) -> str:
        asked = f"   (asked: {self.asked}; {self.verdict or 'not measured'})" if self.asked else ""
        return f"{self.work:<50} {self.measured}{asked}"


@dataclass(frozen=True)
class Numbers:
    """The times of several rows and, where valgrind is, their instructions."""

    times: Times
    counts: Counts

    def cpu(self, name: str, floor: str) -> Spread:
        """Give the ratio in CPU time."""
        return ratio(self.times, name, floor)

    def instructions(self, name: str, floor: str) -> float | None:
        """Give the ratio in instructions, or None if they were not counted."""
        return self.counts[name] / self.counts[floor] if name in self.counts else None

    def best(self, name: str, floor: str) -> float:
        """Give the ratio in instructions, which no noise disturbs, or else in CPU time."""
        return self.instructions(name, floor) or self.cpu(name, floor).median

    def text(self, name: str, floor: str) -> str:
        """Give both ratios in words."""
        counted = self.instructions(name, floor)
        return f"{self.cpu(name, floor)} CPU" + (f", {counted:.2f}× instructions" if counted else "")

    def row(self, name: str, floor: str) -> Result:
        """Give the line of a row to compare with."""
        each = spread(self.times[name]).median * 1e6
        return Result(name, f"{self.text(name, floor)}, {each:.0f} µs", bar=self.cpu(name, floor).median)
