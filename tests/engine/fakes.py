"""Scripted ears, voices and brains for the engine's conversation, and a client that checks whatever it is told.

Sound is marked: a sample's value is how likely speech is, in percent, so a test writes what is heard. Time is virtual.
"""

from base64 import b64decode, b64encode
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import attrs
import msgspec
import trio
from trio.testing import wait_all_tasks_blocked

from octi.engine.base import FRAME_MS, Brain, Call, Frame, HangUp, OpenBrain, Prompt, Say
from octi.engine.brains import shared
from octi.engine.server import Engine
from octi.errors import EngineFailed
from octi.units import pcm_bytes
from octi.websocket.base import LegClosed
from octi.websocket.memory import MemoryLeg, memory_legs
from tests.engine.wire import Event, Order, check_event

FRAME_BYTES = pcm_bytes(FRAME_MS)
VOICE, SILENCE = 80, 0
NOON = 1_790_000_000.0
PATIENCE_S = 3600.0  # virtual seconds; nothing waits so long


def sound(duration_ms: int, speech: int = VOICE) -> bytes:
    """PCM16 at 24 kHz that is speech with so many percent."""
    return speech.to_bytes(2, "little") * (pcm_bytes(duration_ms) // 2)


def append(pcm: bytes) -> Event:
    return {"type": "input_audio_buffer.append", "audio": b64encode(pcm).decode()}


def voice(duration_ms: int = 640) -> Event:
    return append(sound(duration_ms))


def silence(duration_ms: int = 640) -> Event:
    return append(sound(duration_ms, SILENCE))


def typed(text: str, role: str = "user", **fields: object) -> Event:
    """A line that the client adds."""
    kind = "output_text" if role == "assistant" else "input_text"
    item = {"type": "message", "role": role, "content": [{"type": kind, "text": text}], **fields}
    return {"type": "conversation.item.create", "item": item}


def update(**session: object) -> Event:
    return {"type": "session.update", "session": {"type": "realtime", **session}}


def listen(**detection: object) -> Event:
    """Server VAD with these of its fields changed."""
    return update(audio={"input": {"turn_detection": {"type": "server_vad", **detection}}})


PUSH_TO_TALK = update(audio={"input": {"turn_detection": None}})
TRANSCRIBE = update(audio={"input": {"transcription": {"model": "whisper-1"}}})
RESPOND: Event = {"type": "response.create"}
COMMIT: Event = {"type": "input_audio_buffer.commit"}
CLEAR: Event = {"type": "input_audio_buffer.clear"}
CANCEL: Event = {"type": "response.cancel"}


@attrs.define
class MarkedEar:
    """Reads how likely speech is out of the samples themselves. A frame is as likely speech as its loudest sample."""

    _rest: bytes = b""

    def hear(self, pcm: bytes) -> list[Frame]:
        data = self._rest + pcm
        whole = len(data) - len(data) % FRAME_BYTES
        self._rest = data[whole:]
        return [self._frame(data[start : start + FRAME_BYTES]) for start in range(0, whole, FRAME_BYTES)]

    def _frame(self, pcm: bytes) -> Frame:
        loudest = max(0, *memoryview(pcm).cast("h"))
        return Frame(loudest / 100, loudest.to_bytes(2, "little") * 512)


def marks(pcm: bytes) -> list[int]:
    """What a recogniser was given, frame by frame, in percent."""
    return [pcm[start] for start in range(0, len(pcm), 1024)]


@attrs.define
class FakeSpeech:
    """Recognises what the script says, one call after the other (then "Hello."), each after `takes_s`.

    `hangs` in its place: the pool's deadline ends the wait. `said`: what it was asked to say.
    """

    script: list[str | EngineFailed] = attrs.field(factory=list)
    takes_s: float = 0.07
    word_ms: int = 400
    speaks: list[EngineFailed | None] = attrs.field(factory=list)
    heard: list[bytes] = attrs.field(factory=list)
    given_up: int = 0  # recognitions that were cancelled
    said: list[tuple[str, str, float]] = attrs.field(factory=list)
    languages: list[str] = attrs.field(factory=list)  # of all that it was asked for, in order

    def open_ear(self) -> MarkedEar:
        return MarkedEar()

    async def recognise(self, pcm: bytes, *, language: str = "en") -> str:
        self.heard.append(pcm)
        self.languages.append(language)
        found = self.script.pop(0) if self.script else "Hello."
        try:
            await trio.sleep(HANG_S if found is HUNG else self.takes_s)
        except trio.Cancelled:
            self.given_up += 1
            raise
        if isinstance(found, EngineFailed):
            raise found
        return found

    async def synthesise(self, text: str, *, voice: str, speed: float, language: str = "en") -> bytes:
        self.said.append((text, voice, speed))
        self.languages.append(language)
        failure = self.speaks.pop(0) if self.speaks else None
        await trio.sleep(HANG_S if failure is HUNG else 0.02)
        if failure:
            raise failure
        return sound(self.word_ms * len(text.split()))


HANG_S = 30.0
HUNG = EngineFailed("a worker took longer than 30 s")  # in a script: nothing happens until the pool's deadline


Piece = Say | Call | HangUp | EngineFailed | float  # a number: so many seconds of thought


@attrs.define
class FakeBrain:
    """Answers what the script says, then "Yes indeed." Remembers what it was told."""

    script: list[Sequence[Piece]] = attrs.field(factory=list)
    prompts: list[Prompt] = attrs.field(factory=list)
    silence_s: float | None = None

    async def answer(self, prompt: Prompt) -> AsyncGenerator[Say | Call | HangUp, None]:
        self.prompts.append(prompt)
        for piece in self.script.pop(0) if self.script else [Say("Yes indeed.")]:
            match piece:
                case Say() | Call() | HangUp():
                    yield piece
                case EngineFailed():
                    raise piece
                case seconds:
                    await trio.sleep(seconds)


@attrs.define(eq=False)
class Client:
    """The other end of the leg. Every event it reads is checked: its fields, and its place in the order."""

    leg: MemoryLeg
    _inbox: list[Event] = attrs.field(factory=list)
    _order: Order = attrs.field(factory=Order)

    def send(self, *events: Event | bytes) -> None:
        """Send events, or anything else as text, all before the engine reads the first."""
        for event in events:
            self.leg.send(event if isinstance(event, bytes) else msgspec.json.encode(event))

    async def until(self, kind: str) -> list[Event]:
        """The events up to the next one of a kind. The clock jumps while the engine only waits."""
        read: list[Event] = []
        with trio.fail_after(PATIENCE_S):
            while not read or read[-1]["type"] != kind:
                if not self._inbox:
                    await self._receive()
                read.append(self._inbox.pop(0))
        return read

    async def next(self, kind: str) -> Event:
        """The next event of a kind."""
        return (await self.until(kind))[-1]

    async def answered(self) -> list[Event]:
        """The events up to the end of a response."""
        return await self.until("rate_limits.updated")

    async def rest(self) -> list[Event]:
        """What there is by now, once everybody waits for time to pass."""
        async with trio.open_nursery() as reading:
            reading.start_soon(self._read_on)
            await wait_all_tasks_blocked()
            reading.cancel_scope.cancel(reason="that was all")
        read, self._inbox = self._inbox, []
        return read

    async def pass_time(self, seconds: float) -> list[Event]:
        """What there is after so many (virtual) seconds."""
        await trio.sleep(seconds)
        return await self.rest()

    async def ask(self, *events: Event | bytes) -> list[Event]:
        """Send, and what comes at once."""
        self.send(*events)
        return await self.rest()

    async def refused(self, event: Event | bytes) -> Event:
        """Send what the engine answers with one error; the error's body."""
        (answer,) = await self.ask(event)
        assert answer["type"] == "error"
        body: Event = answer["error"]
        return body

    async def _read_on(self) -> None:
        with suppress(LegClosed):
            while True:
                await self._receive()

    async def _receive(self) -> None:
        for message in await self.leg.receive():
            assert message.text
            event = msgspec.json.decode(message.data)
            check_event(event)
            self._order.follow(event)
            self._inbox.append(event)


def always(brain: Brain) -> Callable[[str], OpenBrain]:
    """One brain, whatever the model."""
    return lambda model: shared(brain)


@asynccontextmanager
async def conversation(
    speech: FakeSpeech | None = None,
    brain: FakeBrain | None = None,
    *,
    deaf: bool = False,
    choose: Callable[[str], OpenBrain] | None = None,
) -> AsyncIterator[Client]:
    """A conversation with the engine, greeted. At the end the client leaves, and the engine must be gone at once."""
    choose = choose or always(brain or FakeBrain())
    engine = Engine(None if deaf else speech or FakeSpeech(), choose, lambda: NOON)
    near, far = memory_legs()
    client = Client(near)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(engine.converse, far, "gpt-realtime")
        await client.next("session.created")
        yield client
        with trio.fail_after(PATIENCE_S):
            await client.rest()
        await near.close(1000, "bye")
        left_at = trio.current_time()
    assert trio.current_time() == left_at


async def closed(leg: MemoryLeg) -> LegClosed:
    """Read a leg to its end."""
    try:
        while True:
            await leg.receive()
    except LegClosed as end:
        return end


def kinds(events: Sequence[Event]) -> list[str]:
    """The events' types, runs of the same kind of delta and of a voice's two kinds as one."""
    found: list[str] = []
    for event in events:
        kind: str = event["type"]
        kind = VOICED.get(kind, kind)
        if not (kind.endswith("delta") and found and found[-1] == kind):
            found.append(kind)
    return found


VOICED = dict.fromkeys(
    ("response.output_audio.delta", "response.output_audio_transcript.delta"), "response.output_audio*.delta"
)


def only(events: Sequence[Event], kind: str) -> Event:
    """The one event of a kind."""
    (event,) = [event for event in events if event["type"] == kind]
    return event


def every(events: Sequence[Event], kind: str) -> list[Event]:
    return [event for event in events if event["type"] == kind]


def spoken_bytes(events: Sequence[Event]) -> int:
    """How much of the agent's voice there is in the events."""
    return sum(len(b64decode(event["delta"])) for event in every(events, "response.output_audio.delta"))
