"""One item of the conversation while it grows, and the turn that it comes to. Pure; `ledger.py` keeps them all."""

import attrs

from octi.realtime.events import Item
from octi.realtime.heard import Wording
from octi.records import Role, Transcription, Turn
from octi.units import ItemId, Milliseconds, SessionId


@attrs.define(eq=False)
class Entry(Wording):
    """One item of the conversation while it grows."""

    id: str  # the provider's
    item: ItemId  # as it is kept: another leg may use the same id again
    behind: str | None = None  # the item it follows; None: it stands where it came
    role: Role | None = None  # None: not something that is said (a function's call, its output)
    voiced: bool = False  # the words are those of the agent's voice, not written ones
    start_ms: int = 0
    end_ms: int | None = None
    spoken_ms: int = 0  # of the agent's voice, generated
    withheld_ms: int = 0  # of that, not sent on
    heard_ms: int | None = None  # None: all that was sent on
    done: bool = False
    incomplete: bool = False
    deleted: bool = False
    transcription: Transcription | None = None
    told: Turn | None = None
    elsewhere: bool = False  # its sound reaches the user by another way: how much of it is not known
    call: Item | None = None  # a function's call, or its output
    response: str | None = None  # which made it, where that is known
    _parts: dict[int, str] = attrs.field(factory=dict)  # those of its parts whose words are whole
    _odd_bytes: int = 0  # of the agent's voice, not yet a whole millisecond

    def speak(self, size: int, bytes_per_ms: int) -> int:
        """So many bytes of the agent's voice came; how many whole milliseconds they added."""
        ms, self._odd_bytes = divmod(self._odd_bytes + size, bytes_per_ms)
        self.spoken_ms += ms
        return ms

    def settle_part(self, part: int, words: str) -> None:
        """All the words of one part; those of the others stay."""
        self._parts[part] = words
        self.settle_words(" ".join(text for _, text in sorted(self._parts.items()) if text))

    def said(self) -> bool:
        """Is it a turn, and complete? Once told, it stays one."""
        return self.told is not None or (self.done and self.role is not None and not self.unheard())

    def unheard(self) -> bool:
        """Is it an answer that was cut off before its first sound, or came to nothing?"""
        if self.role is not Role.ASSISTANT or self.spoken_ms:
            return False
        silent = self.voiced and self.incomplete and self.heard_ms is None and not self.elsewhere
        return silent or not self.words

    @property
    def sent_ms(self) -> int:
        """How much of the agent's voice was sent on."""
        return max(0, self.spoken_ms - self.withheld_ms)

    @property
    def audible_ms(self) -> int:
        """How much of the agent's voice was heard: never more than was sent on."""
        return self.sent_ms if self.heard_ms is None else min(self.heard_ms, self.sent_ms)

    def end(self) -> int:
        """Where the turn ends on the audio timeline."""
        return self.start_ms + self.audible_ms if self.end_ms is None else self.end_ms

    def interrupted(self) -> bool:
        """Was it cut off?"""
        unknown_rest = self.elsewhere and self.heard_ms is not None
        return self.incomplete or unknown_rest or self.audible_ms < self.spoken_ms

    def turn(self, session: SessionId, position: int) -> Turn:
        """What somebody said, as it stands now."""
        assert self.role is not None, "only what somebody said becomes a turn"
        text = self.words_within(self.audible_ms, self.spoken_ms)
        sent = self.words_within(self.sent_ms, self.spoken_ms)
        return Turn(
            session=session,
            item=self.item,
            position=position,
            role=self.role,
            text=text,
            start_ms=Milliseconds(self.start_ms),
            end_ms=Milliseconds(max(self.start_ms, self.end())),
            interrupted=self.interrupted(),
            generated=None if self.words == text else self.words,
            sent=None if sent == text else sent,
            transcription=self.transcription,
        )
