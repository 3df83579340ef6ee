"""One item of the conversation while it grows, and the turn that it comes to. Pure; `ledger.py` keeps them in order."""

import attrs

from octi.realtime.heard import heard_text
from octi.records import Role, Turn
from octi.units import ItemId, Milliseconds, SessionId


@attrs.define(eq=False)
class Entry:
    """One item of the conversation while it grows."""

    id: str  # the provider's
    item: ItemId  # as it is kept: another leg may use the same id again
    behind: str | None = None  # the item it follows; None: it stands where it came
    role: Role | None = None  # None: not something that is said (a function's call, its output)
    words: str = ""
    voiced: bool = False  # the words are those of the agent's voice, not written ones
    start_ms: int = 0
    end_ms: int | None = None
    spoken_ms: int = 0  # of the agent's voice, generated
    heard_ms: int | None = None  # None: all of it
    done: bool = False
    incomplete: bool = False
    deleted: bool = False
    told: Turn | None = None
    elsewhere: bool = False  # its sound reaches the user by another way: how much of it is not known
    _odd_bytes: int = 0  # of the agent's voice, not yet a whole millisecond

    def speak(self, size: int, bytes_per_ms: int) -> int:
        """So many bytes of the agent's voice came; how many whole milliseconds they added."""
        ms, self._odd_bytes = divmod(self._odd_bytes + size, bytes_per_ms)
        self.spoken_ms += ms
        return ms

    def said(self) -> bool:
        """Is it a turn, and complete? Once told, it stays one."""
        return self.told is not None or (self.done and self.role is not None and not self.unheard())

    def unheard(self) -> bool:
        """Is it an answer that was cut off before its first sound, or came to nothing?"""
        if self.role is not Role.ASSISTANT or self.spoken_ms:
            return False
        silent = self.voiced and self.incomplete and self.heard_ms is None and not self.elsewhere
        return silent or not self.words

    def text(self) -> str:
        """The words, as far as they were heard."""
        return self.words if self.heard_ms is None else heard_text(self.words, self.heard_ms, self.spoken_ms)

    def end(self) -> int:
        """Where the turn ends on the audio timeline."""
        if self.end_ms is not None:
            return self.end_ms
        return self.start_ms + (self.spoken_ms if self.heard_ms is None else min(self.heard_ms, self.spoken_ms))

    def interrupted(self) -> bool:
        """Was it cut off?"""
        return self.incomplete or (self.heard_ms is not None and self.heard_ms < self.spoken_ms)

    def turn(self, session: SessionId, position: int) -> Turn:
        """What somebody said, as it stands now."""
        assert self.role is not None, "only what somebody said becomes a turn"
        return Turn(
            session=session,
            item=self.item,
            position=position,
            role=self.role,
            text=self.text(),
            start_ms=Milliseconds(self.start_ms),
            end_ms=Milliseconds(max(self.start_ms, self.end())),
            interrupted=self.interrupted(),
        )
