"""The limits on how often something may be asked, where an app has them switched on."""

from __future__ import annotations

from ..store.apps import App
from ..store.state import State
from .errors import KapiError, TokenError

# So many calls within so many seconds: codes and refreshes count for each user, lists of ids for the app.
CODE_LIMIT, REFRESH_LIMIT, USER_IDS_LIMIT = (20, 600), (30, 3600), (100, 60)


def count_code(state: State, app: App, person_id: int) -> None:
    """Count an exchanged code. Raises TokenError KOE237 beyond the limit."""
    if _is_beyond(state, app, person_id, "code", CODE_LIMIT):
        raise TokenError("KOE237", status=app.rate_limit_status)


def count_refresh(state: State, app: App, person_id: int) -> None:
    """Count a refresh. Raises TokenError KOE237 beyond the limit."""
    if _is_beyond(state, app, person_id, "refresh", REFRESH_LIMIT):
        raise TokenError("KOE237", status=app.rate_limit_status)


def count_calls(state: State, app: App) -> None:
    """Count a call for user ids. Raises KapiError -10 beyond the limit."""
    if _is_beyond(state, app, 0, "user_ids", USER_IDS_LIMIT):
        raise KapiError(-10)


def _is_beyond(state: State, app: App, person_id: int, kind: str, limit: tuple[int, int]) -> bool:
    if not app.rate_limited:
        return False
    most, seconds = limit
    now = state.clock.now()
    with state.lock:
        times = state.counted.setdefault((app.app_id, person_id, kind), [])
        times[:] = [at for at in times if at > now - seconds]
        if len(times) >= most:
            return True
        times.append(now)
    return False
