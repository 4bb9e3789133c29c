"""Requests that Kakao sends to an app: sent at once, twice, or held back and let go in another order."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from threading import RLock, Thread
from typing import Any

import requests

# Kakao waits this long for an answer and follows no redirect.
ANSWER_SECONDS = 3.0
ANSWER_SHOWN = 500
KEPT = 1_000


@dataclass(frozen=True)
class Parcel:
    """A request to send. `content` is what the log shows of it; the headers may hold the admin key."""

    kind: str
    method: str
    url: str
    content: Mapping[str, Any]
    body: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


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

    def send(self, parcel: Parcel, now: float) -> list[Delivery]:
        """Send now and wait for the answer, as often as `copies` says; nothing happens yet while `hold` is on."""
        if self.hold:
            self._held.append(parcel)
            return []
        return [self._deliver(parcel, now) for _ in range(self.copies)]

    def send_later(self, parcel: Parcel, now: float) -> Future[list[Delivery]]:
        """Send in the background, so that an app which waits for us is not waited for by us."""
        with self._lock:
            if self._worker is None:
                self._worker = ThreadPoolExecutor(1, "kakao-webhooks")
            return self._worker.submit(self.send, parcel, now)

    def release(self, now: float, *, reverse: bool = False) -> list[Delivery]:
        """Stop holding and send what was held, last first with `reverse`."""
        self.hold = False
        held, self._held = self._held, []
        return [delivery for parcel in (held[::-1] if reverse else held) for delivery in self.send(parcel, now)]

    def deliveries(self) -> list[Delivery]:
        """Give what was sent, oldest first, once nothing is under way any more."""
        self._settle()
        with self._lock:
            return list(self._deliveries)

    def held(self) -> list[Mapping[str, Any]]:
        """Give the content of what is held back."""
        return [parcel.content for parcel in self._held]

    def clear(self) -> None:
        """Forget everything and set the switches back."""
        self._settle()
        with self._lock:
            self.copies, self.hold = 1, False
            self._held.clear()
            self._deliveries.clear()

    def close(self) -> None:
        """Send nothing more."""
        if self._worker is not None:
            self._worker.shutdown(cancel_futures=True)

    def _settle(self) -> None:
        if self._worker is not None:
            self._worker.submit(int).result()

    def _deliver(self, parcel: Parcel, now: float) -> Delivery:
        started = time.perf_counter()
        with self._lock:
            self._number += 1
            blank = Delivery(self._number, now, parcel.kind, parcel.method, parcel.url, parcel.content)
        outcome = _post(parcel)
        milliseconds = round((time.perf_counter() - started) * 1000, 2)
        delivery = replace(blank, milliseconds=milliseconds, **outcome)
        with self._lock:
            self._deliveries.append(delivery)
        return delivery


def _post(parcel: Parcel) -> dict[str, Any]:
    """Send one parcel and give what is known of the answer when the time is up.

    Only the status counts; of the body the log keeps the beginning. The clock runs over the whole answer,
    which a timeout of `requests` does not, as it starts anew with each byte.
    """
    outcome: dict[str, Any] = {"error": "Timeout"}
    talk = Thread(target=_talk, args=(parcel, outcome), daemon=True)
    talk.start()
    talk.join(ANSWER_SECONDS)
    return dict(outcome)


def _talk(parcel: Parcel, outcome: dict[str, Any]) -> None:
    accepted = 202 if parcel.kind == "account_status" else 200
    with requests.Session() as session:
        # A proxy or a netrc file of this machine must not change what is sent.
        session.trust_env = False
        try:
            answer = session.request(
                parcel.method,
                parcel.url,
                data=parcel.body,
                headers=dict(parcel.headers),
                timeout=ANSWER_SECONDS,
                allow_redirects=False,
                stream=True,
            )
        except requests.RequestException as error:
            outcome["error"] = type(error).__name__
            return
        outcome.update(status=answer.status_code, accepted=answer.status_code == accepted, error=None)
        with suppress(requests.RequestException):
            outcome["answer"] = next(answer.iter_content(ANSWER_SHOWN), b"").decode("utf-8", "replace")
