"""Which sessions were used: noted by the request in memory, written later in batches.

Two things are written: that the pair of a generation arrived (once a generation) and when the session was last
active (to the minute).  Losing a note costs nothing but a later note.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, select, tuple_, update

from ..errors import DatabaseUnavailable
from .shared import Store

_MINUTE = 60
# Sessions remembered as written; beyond that the memory starts anew and a few are written twice.
_MOST_REMEMBERED = 100_000
# Rows written at once: after an outage there may be more notes than a statement takes parameters, two a row.
_BATCH = 400


class Activity:
    """The notes of one process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._row = store.models.login_session
        self._lock = threading.Lock()
        self._noted: dict[str, tuple[int, float]] = {}
        self._used: dict[str, int] = {}
        self._active: dict[str, float] = {}

    def note(self, sid: str, generation: int) -> None:
        """Note that an access token of ``generation`` was used now."""
        minute = self._store.clock() // _MINUTE * _MINUTE
        known = self._noted.get(sid)
        if known is not None and known[0] >= generation and known[1] == minute:
            return
        # An old token in another tab takes nothing back, or the two would be written in turns.
        newest = generation if known is None else max(generation, known[0])
        with self._lock:
            if len(self._noted) >= _MOST_REMEMBERED:
                self._noted.clear()
            self._noted[sid] = (newest, minute)
            self._active[sid] = minute
            if known is None or known[0] < newest:
                self._used[sid] = newest

    def flush(self) -> None:
        """Write the notes; raises ``DatabaseUnavailable`` and then keeps them."""
        with self._lock:
            used, active = self._used, self._active
            self._used, self._active = {}, {}
        sids = sorted(active)
        try:
            for start in range(0, len(sids), _BATCH):
                self._write(sids[start : start + _BATCH], used, active)
        except DatabaseUnavailable:
            with self._lock:
                self._used, self._active = {**used, **self._used}, {**active, **self._active}
            raise

    def _write(self, sids: Sequence[str], used: Mapping[str, int], active: Mapping[str, float]) -> None:
        confirmed = [(sid, used[sid]) for sid in sids if sid in used]
        if confirmed:
            self._update(
                tuple_(self._row.id, self._row.generation).in_(confirmed), confirmed=True, late_in_a_row=0
            )
        for minute in {active[sid] for sid in sids}:
            then = [sid for sid in sids if active[sid] == minute]
            self._update(and_(self._row.id.in_(then), self._row.last_active_at < minute), last_active_at=minute)

    def _update(self, which: ColumnElement[bool], **values: Any) -> None:
        # One statement, which locks the rows in the order of their ids as everybody does.
        due = select(self._row.id).where(which).order_by(self._row.id).with_for_update().subquery()
        change = update(self._row.__table__).where(self._row.__table__.c.id.in_(select(due.c.id))).values(**values)
        self._store.database.execute_aside(change)
