"""The agent is cut off by octi: what was heard stays heard, what was not is taken back. Pure."""

from collections.abc import Iterable

import attrs

from octi.hooks import acts
from octi.hooks.following import Following, Line
from octi.realtime.passthrough import RealtimeDoor
from octi.realtime.steps import Heard, Steps
from octi.session.door import Door


@attrs.define(eq=False)
class Cutter:
    """Cuts off the answers of one conversation, each as its door can, and deletes items when that may be done."""

    door: Door
    following: Following
    attached: bool = False  # the provider plays: what was not played yet, is not heard
    _last: str = ""  # the answer that was cut off last
    _doomed: dict[str, list[str]] = attrs.field(factory=dict)  # items to be deleted when their response has ended

    def forget(self) -> None:
        """The leg is another."""
        self._doomed.clear()

    def cut(self, response: str, now: float) -> Steps:
        """The agent falls silent, if it is this answer that is under way, or still heard."""
        if response != self.following.answering:
            return []
        self._last = response
        steps = self.door.cut(now)
        if self.attached and steps and self.door.name == RealtimeDoor.name:
            return [*steps, acts.silence()]
        return [*steps, *self._truncated(now)] if self._plays_itself else steps

    def cut_whole(self, response: str, now: float) -> Steps:
        """The same; and those of its items of which nothing was heard are deleted."""
        steps = self.cut(response, now)
        if not steps:
            return []
        heard = {step.item for step in steps if isinstance(step, Heard) and step.ms}
        heard |= {item for item, heard_ms, _ in self._playing(now) if heard_ms} if self._plays_itself else set()
        unheard = [line for line in self.following.said_in(response) if line.spoken and line.id not in heard]
        return [*steps, *self.delete(response, unheard)]

    def has_cut(self, response: str) -> bool:
        """Was this answer cut off already?"""
        return response == self._last

    def delete(self, response: str, lines: Iterable[Line]) -> Steps:
        """Items of an answer are deleted: at once, or when it has ended."""
        found = [line.id for line in lines if not line.gone]
        if self.door.arbiter.active == response:
            self._doomed.setdefault(response, []).extend(found)
            return []
        return [acts.delete(item) for item in found]

    def ended(self, response: str) -> Steps:
        """A response has ended."""
        return [acts.delete(item) for item in self._doomed.pop(response, ())]

    @property
    def _plays_itself(self) -> bool:
        """A Realtime client: it has the voice before it is heard, and nobody else knows how far it has come."""
        return self.door.name == RealtimeDoor.name and not self.attached

    def _truncated(self, now: float) -> Steps:
        """As much as can have been played since the first sound counts as heard."""
        steps: Steps = []
        for item, heard_ms, sent_ms in self._playing(now):
            if heard_ms < sent_ms or self.door.arbiter.active is not None:
                steps += self.door.arbiter.truncate(item, heard_ms)
        return steps

    def _playing(self, now: float) -> list[tuple[str, int, int]]:
        """The items of the answer that is heard: how many milliseconds of each were heard by now, and were sent."""
        voice, found = self.following.voice, list[tuple[str, int, int]]()
        if voice is None or voice.response != self.following.answering:
            return found
        left = round((now - voice.since) * 1000)
        for item in voice.items:
            sent_ms = self.door.arbiter.sent_ms(item)
            found.append((item, min(left, sent_ms), sent_ms))
            left = max(0, left - sent_ms)
        return found
