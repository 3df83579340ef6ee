"""What operators see of the live sessions, and what changed of it since each of them looked last. Pure.

One board serves all who look. It is written anew now and then; who looks is told the difference, or, if he comes fresh
or was away for long, all of it. What is told is made once for all of the same tenant.
"""

from collections import deque
from collections.abc import Mapping

import attrs
import msgspec

from octi.clock import iso_time
from octi.records import SessionRecord
from octi.session.summary import Doing, Summary
from octi.units import SessionId

Row = dict[str, object]
Cells = Mapping[str, object]

REMEMBERED = 20  # changes: some ten seconds of them; who misses more is told everything
ENTERING = "entering"  # it has its place, and nothing else yet
SAME_S = 1.0  # so far two readings of one beginning may lie apart


def who_shape(record: SessionRecord) -> Row:
    """Whose a session is."""
    return {"user": record.user, "tenant": record.tenant, "key": record.key}


def entering_row(session: SessionId) -> Row:
    """A session of which nothing is known yet."""
    return {"id": session, "doing": ENTERING}


def row_of(summary: Summary, now: float, before: Cells | None = None) -> Row:
    """A live session as it is told. before: its row as it was told last, whose beginning is kept."""
    record, began = summary.record, now - summary.lasted_s
    known = before.get("began") if before else None
    if isinstance(known, float) and abs(known - began) < SAME_S:
        began = known
    return {
        "id": record.id,
        **who_shape(record),
        "peer": summary.peer,
        "began": began,
        "since": iso_time(began),
        "door": record.door,
        "upstream": record.upstream,
        "model": record.model,
        "doing": summary.doing.value,
        "turns": summary.turns,
        "waitMs": None if summary.wait_s is None else round(summary.wait_s * 1000),
        "responses": summary.responses,
        "tokens": summary.tokens,
        "queues": {name: count for name, count in summary.depths.items() if count and name != "turns"},
    }


@attrs.frozen
class Step:
    """How the board changed once: rows that are new, whole; of others what is new in them; and who has gone."""

    changed: Mapping[SessionId, Cells]
    gone: tuple[SessionId, ...]
    tenants: Mapping[SessionId, object]  # of all of these
    _told: dict[str | None, bytes] = attrs.field(factory=dict)

    def told(self, sees: str | None) -> bytes:
        """As an event for those who see a tenant's sessions, or all; nothing where it is none of theirs."""
        if sees not in self._told:
            mine = {name for name, tenant in self.tenants.items() if sees in (None, tenant)}
            changed = [{"id": name, **cells} for name, cells in self.changed.items() if name in mine]
            gone = [name for name in self.gone if name in mine]
            self._told[sees] = event("changes", {"changed": changed, "gone": gone}) if mine else b""
        return self._told[sees]


@attrs.define(eq=False)
class Board:
    """The rows of the live sessions. `version` grows with each change."""

    version: int = 0
    rows: dict[SessionId, Row] = attrs.field(factory=dict)
    _steps: deque[Step] = attrs.field(factory=lambda: deque(maxlen=REMEMBERED))
    _whole: dict[str | None, bytes] = attrs.field(factory=dict)

    def write(self, rows: dict[SessionId, Row]) -> None:
        """What there is now, instead of what there was."""
        changed = {name: cells for name, row in rows.items() if (cells := news_of(row, self.rows.get(name)))}
        gone = tuple(name for name in self.rows if name not in rows)
        if changed or gone:
            tenants = {name: {**self.rows, **rows}[name].get("tenant") for name in (*changed, *gone)}
            self._steps.append(Step(changed, gone, tenants))
            self._whole.clear()
            self.version += 1
        self.rows = rows

    def told(self, known: int, sees: str | None) -> bytes:
        """What somebody has to be told who knows a version; a negative one: nothing."""
        missed = self.version - known
        if known < 0 or missed > len(self._steps):
            return self._all(sees)
        return b"".join(step.told(sees) for step in list(self._steps)[len(self._steps) - missed :])

    def _all(self, sees: str | None) -> bytes:
        if sees not in self._whole:
            mine = [told(row) for row in self.rows.values() if sees in (None, row.get("tenant"))]
            self._whole[sees] = event("sessions", {"sessions": mine})
        return self._whole[sees]


def news_of(row: Row, before: Row | None) -> Cells:
    """What is new in a row; all of it where it is new itself, or another's now."""
    if before is None or before.get("tenant") != row.get("tenant"):
        return told(row)
    if before == row:
        return {}
    return told({name: value for name, value in row.items() if before.get(name) != value})


def told(row: Row) -> Row:
    """A row without what is for the board alone."""
    return {name: value for name, value in row.items() if name != "began"}


def event(kind: str, data: object) -> bytes:
    """A server-sent event. It has no id: who comes back is told everything."""
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), msgspec.json.encode(data))


STATES = (ENTERING, *(doing.value for doing in Doing))  # all that `doing` may be
