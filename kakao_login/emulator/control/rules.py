"""What the values of a control call must be, by their names: whether one comes by HTTP or from Python."""

from __future__ import annotations

from typing import Any

from ..store import checks
from ..webhooks.leaving import REFERRER_TYPES, WITHDRAWN_TERMS
from ..webhooks.security_events import EVENT_TYPES

RULES: dict[str, checks.Check] = {
    "persona": checks.text,
    "client_id": checks.text,
    "user_id": checks.identifier,
    "agree": lambda value: value if value == "all" else checks.tuple_of(checks.text)(value),
    "browser": checks.text,
    "referrer_type": checks.one_of(*sorted(REFERRER_TYPES), WITHDRAWN_TERMS),
    "type": checks.one_of(*EVENT_TYPES),
    "toe": checks.whole_number,
    "claims": checks.mapping_to(lambda value: value),
    "copies": checks.number_between(1, 10),
    "hold": checks.flag,
    "reverse": checks.flag,
    "advance": checks.seconds,
    "keep_old": checks.flag,
}


def check(**values: Any) -> dict[str, Any]:
    """Give the values back that were given, for None is one left out. Raises InvalidSetting."""
    return checks.checked({name: value for name, value in values.items() if value is not None}, RULES)
