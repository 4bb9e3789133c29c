"""What clients sent, in order, with every secret masked; tests count and inspect it, the console shows it live."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from queue import SimpleQueue
from threading import Lock
from typing import Any

KEPT = 10_000


@dataclass(frozen=True)
class Call:
    """One request to the emulator and the status of its answer (None while it runs or when the line was cut)."""

    number: int
    at: float
    endpoint: str
    method: str
    path: str
    query: dict[str, list[str]] = field(default_factory=dict)
    form: dict[str, list[str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    status: int | None = None
    fault: str | None = None
    error: str | None = None
    milliseconds: float | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Recorder:
    """The last calls, each from the moment it arrives, and a queue for everyone who watches them live."""

    def __init__(self) -> None:
        self._calls: dict[int, Call] = {}
        self._watchers: list[SimpleQueue[Call | None]] = []
        self._lock = Lock()
        self._total = 0

    def next_number(self) -> int:
        with self._lock:
            self._total += 1
            return self._total

    def begin(self, call: Call) -> None:
        """Keep a call that arrived; the oldest make room."""
        with self._lock:
            self._calls[call.number] = call
            if len(self._calls) > KEPT:
                del self._calls[next(iter(self._calls))]
            self._tell(call)

    def end(self, call: Call) -> None:
        """Keep what became of a call, unless it was forgotten meanwhile."""
        with self._lock:
            if call.number in self._calls:
                self._calls[call.number] = call
            self._tell(call)

    def _tell(self, call: Call) -> None:
        for watcher in self._watchers:
            watcher.put(call)

    def calls(self, endpoint: str | None = None) -> list[Call]:
        """Give the calls, oldest first; only those of one endpoint if it is named."""
        with self._lock:
            return [call for call in self._calls.values() if endpoint in {None, call.endpoint}]

    def close(self) -> None:
        """Tell everyone who watches that nothing more will come."""
        with self._lock:
            for watcher in self._watchers:
                watcher.put(None)

    def clear(self, endpoint: str | None = None) -> None:
        """Forget the calls; only those of one endpoint if it is named."""
        with self._lock:
            kept = {} if endpoint is None else self._calls
            self._calls = {number: call for number, call in kept.items() if call.endpoint != endpoint}

    @contextmanager
    def watch(self) -> Iterator[SimpleQueue[Call | None]]:
        """Lend a queue that receives every call as it begins and as it ends, and None when no more will come."""
        queue: SimpleQueue[Call | None] = SimpleQueue()
        with self._lock:
            self._watchers.append(queue)
        try:
            yield queue
        finally:
            with self._lock:
                self._watchers.remove(queue)
