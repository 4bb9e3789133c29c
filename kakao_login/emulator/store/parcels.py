"""One request from Kakao to an app, and sending it as Kakao does: three seconds, no redirects, no retry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

import requests

from ..http.outgoing import CheckedAdapter
from .masking import MASK

# Kakao waits this long for an answer.
ANSWER_SECONDS = 3.0
ANSWER_SHOWN = 500


@dataclass(frozen=True)
class Parcel:
    """A request to send. `content` is what the log shows of it, and `secret` what it must not."""

    kind: str
    method: str
    url: str
    content: Mapping[str, Any]
    body: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret: str = field(default="", repr=False)


class Talk:
    """One request to an app. Only the status of the answer counts; of the body the log keeps the beginning.

    It runs in a thread of its own, for the time allowed runs over the whole answer, which a timeout of
    `requests` does not: that starts anew with each byte.
    """

    def __init__(self, parcel: Parcel) -> None:
        self.over = Event()
        self._parcel = parcel
        self._outcome: dict[str, Any] = {"error": "Timeout"}

    def outcome(self) -> dict[str, Any]:
        """Send the parcel and give what is known of the answer when the time is up."""
        Thread(target=self._run, daemon=True).start()
        self.over.wait(ANSWER_SECONDS)
        return dict(self._outcome)

    def _run(self) -> None:
        try:
            with requests.Session() as session:
                # A proxy or a netrc file of this machine must not change what is sent.
                session.trust_env = False
                for scheme in ("http://", "https://"):
                    session.mount(scheme, CheckedAdapter())
                self._talk(session)
        except (requests.RequestException, ValueError) as error:
            if "status" not in self._outcome:
                self._outcome["error"] = type(error).__name__
        finally:
            self.over.set()

    def _talk(self, session: requests.Session) -> None:
        parcel = self._parcel
        answer = session.request(
            parcel.method,
            parcel.url,
            data=parcel.body,
            headers=dict(parcel.headers),
            timeout=ANSWER_SECONDS,
            allow_redirects=False,
            stream=True,
        )
        accepted = 202 if parcel.kind == "account_status" else 200
        self._outcome.update(status=answer.status_code, accepted=answer.status_code == accepted, error=None)
        received = b""
        for piece in answer.iter_content(ANSWER_SHOWN):
            received += piece
            shown = received.decode("utf-8", "replace")
            # Masked before it is cut, or half a secret would show at the end.
            masked = shown.replace(parcel.secret, MASK) if parcel.secret else shown
            self._outcome["answer"] = masked[:ANSWER_SHOWN]
            if len(received) >= 2 * ANSWER_SHOWN:
                return
