"""Which sessions were used: noted by the request in memory, written later in batches.

Two things are written: that the pair of a generation arrived (once a generation) and when the session was last
active (to the minute).  Losing a note costs nothing but a later note.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, select, update

from ..errors import DatabaseUnavailable
from .shared import Store

_MINUTE = 60
# Sessions remembered as written; beyond that the memory starts anew and a few are written twice.
_MOST_REMEMBERED = 100_000
# Rows written at once: after an outage there may be more notes than a statement takes parameters.
_BATCH = 500


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
        table = self._row.__table__
        with self._store.database.write() as session:
            session.execute(select(table.c.id).where(table.c.id.in_(sids)).order_by(table.c.id).with_for_update())
            confirm = update(table).where(
                table.c.id == bindparam("sid"), table.c.generation == bindparam("used"), ~table.c.confirmed
            )
            connection = session.connection()
            confirmed = [{"sid": sid, "used": used[sid]} for sid in sids if sid in used]
            if confirmed:
                connection.execute(confirm.values(confirmed=True), confirmed)
            touch = update(table).where(table.c.id == bindparam("sid"), table.c.last_active_at < bindparam("at"))
            connection.execute(
                touch.values(last_active_at=bindparam("at")), [{"sid": sid, "at": active[sid]} for sid in sids]
            )
