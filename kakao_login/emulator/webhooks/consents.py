"""A person's consents change after the first login: more are given, or some are withdrawn."""

from __future__ import annotations

from dataclasses import replace

from ..store.apps import App
from ..store.grants import Link
from ..store.state import State
from .security_events import announce


def change_consents(state: State, app: App, link: Link, agreed: frozenset[str]) -> Link:
    """Keep `agreed` as all that the person of `link` agrees to, tell the app what changed, and give the link."""
    with state.lock:
        changed = state.links[link.app_id, link.person_id] = replace(link, agreed=agreed)
    differences = {"user-scope-consent": agreed - link.agreed, "user-scope-withdraw": link.agreed - agreed}
    for event_type, items in differences.items():
        if items:
            details = {"scope": " ".join(sorted(items))}
            announce(state, app, state.people[link.person_id], event_type, details)
    return changed
