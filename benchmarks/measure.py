"""Measuring two ways of doing one thing in turn, so that a machine that slows down slows both."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

Action = Callable[[], object]


def seconds(action: Action, repeat: int) -> float:
    """Give how long ``repeat`` calls of ``action`` take."""
    start = time.perf_counter()
    for _ in range(repeat):
        action()
    return time.perf_counter() - start


def compare(name: str, action: Action, baseline: Action, *, repeat: int, rounds: int = 9) -> str:
    """Give a line with the median time of ``action`` and its ratio to ``baseline``, round by round."""
    action(), baseline()
    pairs = [(seconds(action, repeat), seconds(baseline, repeat)) for _ in range(rounds)]
    ratios = [one / other for one, other in pairs]
    each = statistics.median(one for one, _ in pairs) / repeat * 1000
    low, middle, high = min(ratios), statistics.median(ratios), max(ratios)
    return f"{name:<58} {each:8.3f} ms   x{middle:5.2f}   ({low:.2f} to {high:.2f})"
