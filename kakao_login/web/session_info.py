"""A login session as its user sees it in the device list; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ..store.models import LoginSession
from .devices import describe_device


@dataclass(frozen=True)
class SessionInfo:
    """One login of one browser or client; the times are in UTC."""

    id: str
    current: bool
    """Whether the request that asks belongs to it."""
    created_at: datetime
    last_active_at: datetime
    """To the minute."""
    expires_at: datetime
    """When it is over if nobody uses it any more."""
    browser: str | None
    system: str | None
    ip: str
    """Where the login came from."""

    def as_json(self) -> dict[str, Any]:
        """Give what the API answers, the times as RFC 3339 timestamps."""
        moments = {
            "created_at": self.created_at,
            "last_active_at": self.last_active_at,
            "expires_at": self.expires_at,
        }
        return {
            "id": self.id,
            "current": self.current,
            **{name: _timestamp(moment) for name, moment in moments.items()},
            "browser": self.browser,
            "system": self.system,
            "ip": self.ip,
        }


def describe_session(row: LoginSession, *, current_sid: str | None) -> SessionInfo:
    """Put ``row`` into words; ``current_sid`` is the session of the request that asks, if it has one."""
    device = describe_device(row.user_agent)
    return SessionInfo(
        id=row.id,
        current=row.id == current_sid,
        created_at=_moment(row.created_at),
        last_active_at=_moment(row.last_active_at),
        expires_at=_moment(min(row.idle_expires_at, row.expires_at)),
        browser=device.browser,
        system=device.system,
        ip=row.ip,
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), timezone.utc)


def _timestamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
