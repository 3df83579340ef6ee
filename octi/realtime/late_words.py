"""Asks the provider, once, for what a user said whose words never came. Pure; times in seconds of any one clock.

The answer is octi's own: no client is shown one that it did not ask for.
"""

from collections.abc import Mapping

import attrs

from octi.realtime.events import ErrorEvent, ItemRetrieved, ServerEvent
from octi.realtime.requests import request
from octi.realtime.steps import Steps

PATIENCE_S = 10.0  # from the turn's end; transcription as a rule takes one or two
ANSWER_S = 5.0  # for a retrieval
# The answer brings the audio with it (protocol trap 29): of so long a turn it is under 1 MiB, which everybody takes.
LONGEST_MS = 15_000
ASKING = "octi_words_"  # begins the event ids of these requests


@attrs.frozen
class Asked:
    """A retrieval on its way."""

    item: str
    event_id: str
    until: float


@attrs.define
class LateWords:
    """Follows one conversation. One item is asked for at a time; who never answers is not asked about it again."""

    _due: dict[str, float] = attrs.field(factory=dict)  # by item: when its words are late
    _asked: Asked | None = None
    _count: int = 0

    @property
    def wake_at(self) -> float | None:
        """When `wake` wants to be called; None: not."""
        if self._asked is not None:
            return self._asked.until
        return min(self._due.values()) if self._due else None

    def watch(self, unwritten: Mapping[str, int], now: float) -> None:
        """These items have no words yet (with their milliseconds), and no others."""
        if unwritten or self._due:
            self._due = {item: self._due.get(item, now + PATIENCE_S) for item in unwritten}

    def wake(self, unwritten: Mapping[str, int], now: float) -> tuple[Steps, list[str]]:
        """`wake_at` has come: what to ask for, and the items whose words will not come any more.

        unwritten: as for `watch`; another leg may have come since, which knows nothing of the items of the last one.
        """
        lost = []
        if self._asked and now >= self._asked.until:
            lost.append(self._asked.item)
            self._asked = None
        late = [item for item, at in self._due.items() if now >= at and item not in lost]
        lost += [item for item in late if unwritten.get(item, 0) > LONGEST_MS]
        wanted = [item for item in late if item not in lost and item in unwritten]
        self._due = {item: at for item, at in self._due.items() if item in unwritten and item not in lost}
        return (self._ask(wanted[0], now) if wanted and self._asked is None else []), lost

    def answered(self, event: ServerEvent) -> str | None:
        """The item that an event answers about, if octi asked for it: the event is nobody else's then."""
        asked = self._asked
        match event:
            case ItemRetrieved(item=item) if asked and item.id == asked.item:
                pass
            case ErrorEvent(error=error) if asked and error.event_id == asked.event_id:
                pass
            case _:
                return None
        self._asked = None
        self._due.pop(asked.item, None)
        return asked.item

    def _ask(self, item: str, now: float) -> Steps:
        self._count += 1
        self._asked = Asked(item, f"{ASKING}{self._count}", now + ANSWER_S)
        return [request("conversation.item.retrieve", event_id=self._asked.event_id, item_id=item)]
