"""Requests that Kakao sends to an app: sent at once, twice, or held back and let go in another order."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Mapping
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from threading import RLock
from typing import Any

from .parcels import Parcel, Talk

KEPT = 1_000


@dataclass(frozen=True)
class Delivery:
    """What became of a parcel: the answer's status, or why there was none; `accepted` is Kakao's judgement."""

    number: int
    at: float
    kind: str
    method: str
    url: str
    content: Mapping[str, Any]
    status: int | None = None
    answer: str = ""
    error: str | None = None
    accepted: bool = False
    milliseconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Outbox:
    """Sends parcels and remembers what became of them. `copies` and `hold` are switches for trying an app."""

    def __init__(self) -> None:
        self.copies = 1
        self.hold = False
        self._lock = RLock()
        self._held: list[Parcel] = []
        self._deliveries: deque[Delivery] = deque(maxlen=KEPT)
        self._number = 0
        self._worker: ThreadPoolExecutor | None = None
        self._under_way: set[Talk] = set()
        # Whatever was begun in an earlier era, before everything was forgotten, comes to nothing.
        self._era = object()

    def send(self, parcels: Iterable[Parcel], now: float) -> list[Delivery]:
        """Send after what is under way and wait for the answers; nothing happens yet while `hold` is on."""
        era = self._era
        return [delivery for parcel in parcels for delivery in _result(self._submit(parcel, now, era))]

    def send_later(self, parcel: Parcel, now: float) -> None:
        """Send in the background, so that an app which waits for us is not waited for by us."""
        self._submit(parcel, now, self._era)

    def release(self, now: float, *, reverse: bool = False) -> list[Delivery]:
        """Stop holding and send what was held, last first with `reverse`."""
        self.hold = False
        held, self._held = self._held, []
        return self.send(held[::-1] if reverse else held, now)

    def deliveries(self) -> list[Delivery]:
        """Give what was sent, oldest first, once nothing is under way any more."""
        with self._lock:
            last = self._worker.submit(list[Delivery]) if self._worker else None
        if last is not None:
            _result(last)
        with self._lock:
            return list(self._deliveries)

    def _submit(self, parcel: Parcel, now: float, era: object) -> Future[list[Delivery]]:
        with self._lock:
            if self._worker is None:
                self._worker = ThreadPoolExecutor(1, "kakao-webhooks")
            return self._worker.submit(self._send, parcel, now, era)

    def _send(self, parcel: Parcel, now: float, era: object) -> list[Delivery]:
        """Send as often as `copies` says."""
        if self.hold and era is self._era:
            self._held.append(parcel)
            return []
        sent = (self._deliver(parcel, now, era) for _ in range(self.copies))
        return [delivery for delivery in sent if delivery is not None]

    def held(self) -> list[Mapping[str, Any]]:
        """Give the content of what is held back."""
        return [parcel.content for parcel in self._held]

    def clear(self) -> None:
        """Forget everything, also what is under way, and set the switches back."""
        with self._lock:
            self._era = object()
            worker, self._worker = self._worker, None
            self.copies, self.hold = 1, False
            self._held.clear()
            self._deliveries.clear()
            for talk in self._under_way:
                talk.over.set()
        if worker is not None:
            worker.shutdown(cancel_futures=True)

    def _deliver(self, parcel: Parcel, now: float, era: object) -> Delivery | None:
        """Send one parcel; None if everything was forgotten before or meanwhile."""
        talk = Talk(parcel)
        with self._lock:
            if era is not self._era:
                return None
            self._number += 1
            number = self._number
            self._under_way.add(talk)
        started = time.perf_counter()
        outcome = talk.outcome()
        milliseconds = round((time.perf_counter() - started) * 1000, 2)
        shown = (parcel.kind, parcel.method, parcel.url, parcel.content)
        delivery = Delivery(number, now, *shown, milliseconds=milliseconds, **outcome)
        with self._lock:
            self._under_way.discard(talk)
            if era is not self._era:
                return None
            self._deliveries.append(delivery)
        return delivery


def _result(sending: Future[list[Delivery]]) -> list[Delivery]:
    """Wait for what was sent; nothing if it was forgotten before its turn came."""
    try:
        return sending.result()
    except CancelledError:
        return []
