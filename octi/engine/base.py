"""The ports of the embedded engine: who hears, who speaks, who thinks."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

import attrs

EAR_RATE_HZ = 16_000  # what recogniser and voice activity detection listen at
ENGLISH, FRENCH = "en", "fr"  # languages, as ISO 639-1 has them
FRAME_MS = 32  # one decision of the voice activity detection: 512 samples at 16 kHz


class Frame(NamedTuple):
    """32 ms of sound at 16 kHz (PCM16, 1024 bytes), and how likely it is speech (0 to 1)."""

    speech: float
    pcm: bytes


class Ear(Protocol):
    """One session's hearing: the state of its resampler and its detector. No I/O, well under a millisecond a call."""

    def hear(self, pcm: bytes) -> list[Frame]:
        """Take PCM16 mono at 24 kHz (any length, whole samples), give the 32 ms frames that are complete by now."""


class Speech(Protocol):
    """Hearing, recognising and speaking, for many sessions at once."""

    def open_ear(self) -> Ear:
        """A new ear, with no memory of any other."""

    async def recognise(self, pcm: bytes, *, language: str = ENGLISH) -> str:
        """The words in PCM16 mono at 16 kHz; "" if there are none. Raises EngineFailed."""

    async def synthesise(self, text: str, *, voice: str, speed: float, language: str = ENGLISH) -> bytes:
        """One sentence as PCM16 mono at 24 kHz. Raises EngineFailed."""


@attrs.frozen
class Tool:
    """A function that the session declared. `parameters` is its JSON Schema."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@attrs.frozen
class Line:
    """One line of the conversation so far: what a role said."""

    role: str  # user, assistant, system
    text: str
    item: str = attrs.field(default="", eq=False)  # its id, by which it is the same line in the next prompt


@attrs.frozen
class Called:
    """A function the agent called, and its output once the client has given it (a string, often JSON)."""

    call_id: str
    name: str
    arguments: Mapping[str, Any]
    output: str | None = None


class Occasion(StrEnum):
    """Why an answer is wanted."""

    TURN = "turn"  # the user's turn is over, or the client asks
    SILENCE = "silence"  # nobody says anything
    ASIDE = "aside"  # out of band: the conversation goes on without it


@attrs.frozen(kw_only=True)
class Prompt:
    """All a brain is told when an answer is wanted. `now` is the local time of day."""

    instructions: str
    history: tuple[Line | Called, ...]
    tools: tuple[Tool, ...] = ()
    tool_choice: str = "auto"  # auto, none, required, or a function's name
    language: str = ENGLISH  # of the conversation
    now: datetime
    occasion: Occasion = Occasion.TURN
    quiet_s: float = 0.0  # since the agent was heard to its end; the first time since the conversation began


@attrs.frozen
class Say:
    """One sentence to say."""

    text: str


@attrs.frozen
class Call:
    """A function to call. What comes of it arrives with the next prompt."""

    name: str
    arguments: Mapping[str, Any]


@attrs.frozen
class HangUp:
    """The conversation is over when this answer was heard. `code` closes its leg."""

    code: int = 1000


class Brain(Protocol):
    """Decides what to answer, in one conversation or in many."""

    @property
    def silence_s(self) -> float | None:
        """How long nobody has to speak for it to speak up by itself; None: as the session has it."""

    def answer(self, prompt: Prompt) -> AsyncGenerator[Say | Call | HangUp, None]:
        """The answer, sentence by sentence, as soon as each is known. Raises EngineFailed."""


OpenBrain = Callable[[str], AbstractContextManager[Brain]]  # the brain of one conversation, by the session's id
