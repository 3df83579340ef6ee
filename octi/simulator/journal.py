"""What the simulator was asked, for tests to read. Pure."""

from collections import deque
from typing import Any

import attrs

MOST_ENTRIES = 1000


@attrs.define
class Entry:
    """One request. `body`: its JSON without keys; of a form its session; None where there is none."""

    id: str  # as the answer's x-request-id
    method: str
    path: str
    query: dict[str, str]
    authorised: bool
    body: Any = None
    status: int | None = None  # None: not answered, or not yet

    def wire(self) -> dict[str, Any]:
        """As JSON."""
        return attrs.asdict(self)


@attrs.frozen
class Journal:
    """The latest requests, oldest first."""

    _entries: deque[Entry] = attrs.field(factory=lambda: deque(maxlen=MOST_ENTRIES))

    def note(self, entry: Entry) -> Entry:
        """Keep a request."""
        self._entries.append(entry)
        return entry

    def wire(self) -> list[dict[str, Any]]:
        """As JSON."""
        return [entry.wire() for entry in self._entries]
