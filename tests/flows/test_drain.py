"""octi is told to stop in the middle of fifty conversations: who is told what, what is kept, and when it is over."""

import signal
import socket
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Self

import attrs
import msgspec
import pytest
import trio
from trio_websocket import ConnectionClosed, WebSocketConnection

from octi.simulator.reading import read_text
from octi.simulator.server import open_simulator
from octi.store import open_store
from octi.units import SessionId
from octi.websocket.opener import Upgrade, open_websocket, websocket_over
from tests.flows.parties import Process, octi_process, provider_env
from tests.providers import SPEECH, VOICE

pytestmark = pytest.mark.slow

LIMIT_S = 12.0
STORY = "one two three four five six seven eight nine ten"
LONG = " ".join(["la"] * 100)
PROVIDER = f"""
[[turn]]
hear = "hi there"
say = "Good day."
optional = true

[[turn]]
hear = "story"
say = "{STORY}"
latency = {{ pace = 1.0 }}
optional = true

[[turn]]
hear = "song"
say = "{LONG}"
optional = true

[[turn]]
heard = "Hello?"
say = "Good morning."
optional = true
"""
Turn = tuple[str, str]


@attrs.define(eq=False)
class Caller:
    """Somebody in a conversation with octi, through one of its doors."""

    session: str
    link: WebSocketConnection
    said: list[Turn] = attrs.field(factory=list)  # by either side, as this side knows it
    told: list[dict[str, Any]] = attrs.field(factory=list)
    code: int = 0
    _moved: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)

    path = "/ws/realtime"
    ready, speaking, voice, answered = "ready", "user_speech_started", "transcript_delta", "transcript"

    async def send(self, **message: Any) -> None:
        await self.link.send_message(msgspec.json.encode(message).decode())

    async def type(self, text: str) -> None:
        """Say something in writing."""
        self.said.append(("user", text))
        await self.send(type="user_text", text=text)

    async def speak(self, pcm: bytes) -> None:
        """Say something aloud."""
        await self.link.send_message(pcm)

    def hear(self, message: dict[str, Any]) -> None:
        """Note what was said."""
        match message:
            case {"type": "transcript", "text": text}:
                self.said.append(("assistant", text))
            case {"type": "user_transcript", "text": text}:
                self.said.append(("user", text))
            case _:
                pass

    def restarts(self, message: dict[str, Any]) -> bool:
        """Is it told that octi is about to go?"""
        return message["type"] == "error" and "octi is restarting" in message["message"]

    async def listen(self) -> None:
        """Hear everything until the close."""
        try:
            while True:
                message = await self.link.get_message()
                if isinstance(message, str):
                    self.told.append(msgspec.json.decode(message))
                    self.hear(self.told[-1])
                    self._moved.unpark_all()
        except ConnectionClosed as closed:
            self.code = closed.reason.code if closed.reason else 1006

    async def wait(self, kind: str, count: int = 1) -> None:
        """Return when so many messages of a type were heard."""
        while sum(message["type"] == kind for message in self.told) < count:
            await self._moved.park()


class RealtimeCaller(Caller):
    """The same through the other door."""

    path = "/v1/realtime"
    ready, speaking = "session.created", "input_audio_buffer.speech_started"
    voice, answered = "response.output_audio.delta", "response.done"

    async def type(self, text: str) -> None:
        self.said.append(("user", text))
        part = {"type": "input_text", "text": text}
        item = {"type": "message", "role": "user", "content": [part]}
        await self.send(type="conversation.item.create", item=item)
        await self.send(type="response.create")

    async def speak(self, pcm: bytes) -> None:
        await self.send(type="input_audio_buffer.append", audio=b64encode(pcm).decode())

    def hear(self, message: dict[str, Any]) -> None:
        match message:
            case {"type": "response.output_audio_transcript.done", "transcript": text}:
                self.said.append(("assistant", text))
            case {"type": "conversation.item.input_audio_transcription.completed", "transcript": text}:
                self.said.append(("user", text))
            case _:
                pass

    def restarts(self, message: dict[str, Any]) -> bool:
        return message["type"] == "error" and bool(message["error"]["code"] == "restarting")


# What they are at when octi is told to stop, and what they still do then


async def has_just_come(caller: Caller) -> None:
    await caller.wait(caller.ready)


async def is_silent(caller: Caller) -> None:
    await has_just_come(caller)
    await caller.type("hi there")
    await caller.wait(caller.answered)


async def hears_an_answer(caller: Caller) -> None:
    await is_silent(caller)
    await caller.type("story")
    await caller.wait(caller.voice, sum(message["type"] == caller.voice for message in caller.told) + 2)


async def speaks(caller: Caller) -> None:
    await has_just_come(caller)
    await caller.speak(SPEECH)
    await caller.wait(caller.speaking)


async def has_asked(caller: Caller) -> None:
    """The request is on its way when the signal is."""
    await has_just_come(caller)
    await caller.type("hi there")


async def ends_the_sentence(caller: Caller) -> None:
    await trio.sleep(0.3)
    await caller.speak(VOICE)


async def does_nothing(caller: Caller) -> None:
    await trio.lowlevel.checkpoint()


@attrs.frozen
class Plot:
    """One of the fifty."""

    before: Callable[[Caller], Any]
    then: Callable[[Caller], Any] = does_nothing
    turns: Sequence[Turn] = ()


HI = (("user", "hi there"), ("assistant", "Good day."))
PLOTS = (
    Plot(has_just_come),
    Plot(is_silent, turns=HI),
    Plot(hears_an_answer, turns=(*HI, ("user", "story"), ("assistant", STORY))),
    Plot(speaks, ends_the_sentence, (("user", "Hello?"), ("assistant", "Good morning."))),
    Plot(has_asked, turns=HI),
)
KINDS = (Caller, RealtimeCaller)


@attrs.define(eq=False)
class Crowd:
    """Fifty conversations with one octi."""

    octi: Process
    nursery: trio.Nursery
    callers: list[tuple[Caller, Plot]] = attrs.field(factory=list)
    deaf: list[WebSocketConnection] = attrs.field(factory=list)
    _ready: int = 0
    _moved: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)

    async def gather(self, callers: int, deaf: int) -> Self:
        """Let all of them come, and get to where they are when octi is told to stop."""
        everybody = zip(cycle(KINDS), cycle(PLOTS), strict=False)
        for kind, plot in islice(everybody, callers):
            self.nursery.start_soon(self._call, kind, plot)
        for _ in range(deaf):
            self.nursery.start_soon(self._call_without_listening)
        while self._ready < callers + deaf:
            await self._moved.park()
        return self

    def _is_ready(self) -> None:
        self._ready += 1
        self._moved.unpark_all()

    async def _session(self) -> tuple[str, Upgrade]:
        made = await self.octi.post("/sessions", {"extraction": "request"})
        return made["id"], Upgrade(headers={"Authorization": f"Bearer {made['clientSecret']}"}, connect_s=30)

    async def _call(self, kind: type[Caller], plot: Plot) -> None:
        session, upgrade = await self._session()
        url = self.octi.base.replace("http", "ws", 1) + kind.path
        async with open_websocket(url, upgrade) as link, trio.open_nursery() as nursery:
            caller = kind(session, link)
            nursery.start_soon(caller.listen)
            await plot.before(caller)
            self.callers.append((caller, plot))
            self._is_ready()

    async def _call_without_listening(self) -> None:
        """Somebody whose browser stopped: it takes some kilobytes of a song, and no more."""
        _, upgrade = await self._session()
        host, port = self.octi.base.removeprefix("http://").split(":")
        narrow = trio.socket.socket()
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await narrow.connect((host, int(port)))
        url = f"ws://{host}:{port}/ws/realtime"
        async with websocket_over(trio.SocketStream(narrow), url, upgrade, trio.current_time() + 30) as link:
            assert await link.get_message() == '{"type":"ready"}'
            await link.send_message('{"type":"user_text","text":"song"}')
            self.deaf.append(link)
            self._is_ready()
            await trio.sleep_forever()

    async def go_on(self) -> None:
        """What they do when octi has been told to stop."""
        async with trio.open_nursery() as nursery:
            for caller, plot in self.callers:
                nursery.start_soon(plot.then, caller)


@asynccontextmanager
async def crowd(folder: Path, callers: int, deaf: int = 0) -> AsyncIterator[Crowd]:
    """An octi as a process, with so many in conversation."""
    async with (
        open_simulator(read_text(PROVIDER)) as provider,
        octi_process(folder, {**provider_env(provider.url), "OCTI_DRAIN_SECONDS": str(LIMIT_S)}) as octi,
        trio.open_nursery() as nursery,
    ):
        with trio.fail_after(60):
            yield await Crowd(octi, nursery).gather(callers, deaf)
        nursery.cancel_scope.cancel()


async def check(folder: Path, everybody: Sequence[tuple[Caller, Plot]]) -> list[str]:
    """What is wrong with how their conversations ended. The store is read when octi is gone."""
    wrong = list[str]()
    async with open_store(f"sqlite:///{folder}/octi.db") as store:
        for caller, plot in everybody:
            kept = [
                (turn.role.value, turn.text, turn.interrupted) for turn in await store.turns(SessionId(caller.session))
            ]
            wrong += [f"{type(caller).__name__}, {plot.before.__name__}: {what}" for what in faults(caller, plot, kept)]
    return wrong


def faults(caller: Caller, plot: Plot, kept: Sequence[tuple[str, str, bool]]) -> Iterator[str]:
    """What is wrong with one of them."""
    if caller.code != 1012:
        yield f"closed with {caller.code}"
    if sum(map(caller.restarts, caller.told)) != 1:
        yield f"told {[message['type'] for message in caller.told]}"
    if list(kept) != [(*turn, False) for turn in plot.turns]:
        yield f"kept {kept}"
    if sorted(caller.said) != sorted(plot.turns):
        yield f"knows {caller.said}"


async def stop(octi: Process, then: Callable[[], Any]) -> tuple[int, float]:
    """Tell octi to stop; its exit code, and how long it took."""
    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        octi.process.send_signal(signal.SIGTERM)
        nursery.start_soon(then)
        with trio.fail_after(LIMIT_S):
            code = await octi.process.wait()
    return code, trio.current_time() - began


async def test_fifty_conversations_end_well(tmp_path: Path) -> None:
    """Each client is told before its close, gets what it was owed, and all of it is in the store."""
    async with crowd(tmp_path, callers=50) as everybody:
        code, took_s = await stop(everybody.octi, everybody.go_on)
        await trio.testing.wait_all_tasks_blocked()
        assert await check(tmp_path, everybody.callers) == []
    assert (code, took_s < LIMIT_S) == (0, True)
    (last,) = [line for line in everybody.octi.log if line["event"] == "octi has stopped"]
    assert (last["sessions"], last["turns_cut"], last["rows_lost"]) == (50, 0, 0)


async def test_ten_that_stopped_reading_hold_up_nobody(tmp_path: Path) -> None:
    """The forty others fare as well as without them, and octi ends in time; the log says how many were cut."""
    async with crowd(tmp_path, callers=40, deaf=10) as everybody:
        code, took_s = await stop(everybody.octi, everybody.go_on)
        await trio.testing.wait_all_tasks_blocked()
        assert await check(tmp_path, everybody.callers) == []
    assert (code, took_s < LIMIT_S) == (0, True)
    (last,) = [line for line in everybody.octi.log if line["event"] == "octi has stopped"]
    assert (last["sessions"], last["turns_cut"], last["rows_lost"]) == (50, 10, 0)
