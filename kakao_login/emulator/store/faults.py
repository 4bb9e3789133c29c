"""Failures on order: the next calls of an endpoint go wrong in a named way, each a set number of times."""

from __future__ import annotations

import re
from dataclasses import dataclass
from threading import Event, Lock
from typing import Any

from . import checks
from .checks import checked
from .error_codes import KAPI_ERRORS, PAGE_ERRORS, TOKEN_ERRORS
from .refusals import InvalidSetting

HANG_SECONDS = 600.0
SLOW_MS = 1000
PAGES, TOKENS = frozenset({"authorize", "logout_page"}), frozenset({"token", "tokeninfo"})
KAPI = frozenset(
    {"user_me", "access_token_info", "userinfo", "logout", "unlink", "signup", "update_profile"}
    | {"scopes", "revoke_scopes", "service_terms", "revoke_service_terms", "upgrade_service_terms"}
    | {"user_ids", "app_users", "shipping_addresses"}
)
ENDPOINTS = PAGES | TOKENS | KAPI | {"discovery", "jwks"}
CALL_FAULTS = frozenset(
    {"slow", "hang", "reset", "garbage", "empty", "html", "redirect", "huge", "answer", "timeout_after_issue"}
)
ORDERED_STATUS, MISSING_CLAIM = re.compile(r"http_[45]\d\d"), re.compile(r"no_[a-z_]{1,40}")
SIGNED = frozenset({"id_token", "security_event"})
TOKEN_FAULTS = frozenset(
    {"wrong_iss", "wrong_aud", "wrong_nonce", "wrong_sub", "expired", "future_iat", "alg_none", "hs256"}
    | {"unknown_kid", "no_kid", "bad_signature", "not_a_jwt", "wrong_kind"}
)


@dataclass(frozen=True)
class Fault:
    """One way for an endpoint to fail. `times` None lasts until the next reset; `endpoint` "*" is any of them."""

    endpoint: str
    fault: str
    times: int | None = 1
    delay_ms: int = 0
    status: int = 200
    body: Any = None


class Faults:
    """The failures still to come, and the alarm that wakes those that are being waited out."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: list[tuple[Fault, int | None]] = []
        self._alarm = Event()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._waiting.append((fault, fault.times))

    def take(self, endpoint: str) -> Fault | None:
        """Give the oldest failure ordered for this endpoint, counted down; None when all is well."""
        with self._lock:
            for place, (fault, left) in enumerate(self._waiting):
                if fault.endpoint == endpoint or (fault.endpoint == "*" and endpoint not in SIGNED):
                    self._count_down(place, fault, left)
                    return fault
        return None

    def _count_down(self, place: int, fault: Fault, left: int | None) -> None:
        if left == 1:
            del self._waiting[place]
        elif left is not None:
            self._waiting[place] = (fault, left - 1)

    def pending(self) -> list[dict[str, Any]]:
        """Give the failures still to come with the number of times left."""
        with self._lock:
            return [vars(fault) | {"times": left} for fault, left in self._waiting]

    def clear(self) -> None:
        """Forget every failure and let go of the calls that are kept waiting by one."""
        with self._lock:
            self._waiting.clear()
            self._alarm.set()
            self._alarm = Event()

    def alarm(self) -> Event:
        """Give what rings at the next `clear`; a call takes it once, so that no later wait of it outlives one."""
        with self._lock:
            return self._alarm


_CHECKS: dict[str, checks.Check] = {
    "endpoint": checks.one_of("*", *sorted(SIGNED | ENDPOINTS)),
    "fault": checks.text,
    "times": checks.optional(checks.identifier),
    "delay_ms": checks.number_between(0, 3_600_000),
    "status": checks.number_between(200, 599),
    "body": lambda value: value,
}


def parse_fault(settings: Any) -> Fault:
    """Make a fault from raw settings. Raises InvalidSetting that tells the known names."""
    values = checked(settings, _CHECKS)
    if not {"endpoint", "fault"} <= values.keys():
        raise InvalidSetting("fault_incomplete")
    fault = Fault(**values)
    if fault.fault not in names_for(fault.endpoint) and not _is_open_ended(fault):
        code = "must_be_token_fault" if fault.endpoint in SIGNED else "must_be_call_fault"
        raise InvalidSetting(code, "fault", choices=", ".join(sorted(names_for(fault.endpoint))))
    return fault


def names_for(endpoint: str) -> frozenset[str]:
    """Give the faults that an endpoint can be made to have: the ways to fail, and Kakao's own codes."""
    if endpoint in SIGNED:
        return TOKEN_FAULTS
    codes = {PAGES: PAGE_ERRORS, TOKENS: TOKEN_ERRORS.keys(), KAPI: map(str, KAPI_ERRORS)}
    return CALL_FAULTS.union(*(codes[group] for group in codes if endpoint in group))


def _is_open_ended(fault: Fault) -> bool:
    pattern = MISSING_CLAIM if fault.endpoint in SIGNED else ORDERED_STATUS
    return pattern.fullmatch(fault.fault) is not None
