"""Sound from door to door: real speech through the real server and engine, and on the disk what was heard.

Also of an octi that is killed in the middle of a sentence: what it had written by then can be played.
"""

import shutil
import signal
import subprocess
from array import array
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio
from trio_websocket import ConnectionClosed

from octi.engine.g711 import LAWS
from octi.engine.rates import Downsampler
from octi.units import SAMPLE_RATE_HZ
from octi.websocket.opener import open_websocket
from tests.flows.parties import Process, octi_process
from tests.recording.listening import Heard, listen, of, offset_of, spans
from tests.recordings import SYNTHETIC

pytestmark = [pytest.mark.engine, pytest.mark.slow]

WEATHER, STOP = (next(each for each in SYNTHETIC if each.path.stem.endswith(name)) for name in ("weather", "stop"))
ENV = {"OCTI_UPSTREAM": "embedded", "OCTI_ENGINE_WORKERS": "1", "OCTI_BRAIN": "echo", "OCTI_RECORD": "audio"}
CHUNK_S = 0.02
PATIENCE_S = 40.0
FOLDER = "recordings"


class Talker:
    """A client with a microphone that never sleeps: silence, where nothing is said."""

    def __init__(self, socket: Any, law: str = "", *, binary: bool) -> None:
        self.socket, self.law, self.binary = socket, law, binary
        self.told: list[dict[str, Any]] = []
        self.first_sound = trio.Event()
        self.said_at: list[float] = []  # seconds of the client's sound before each word
        self.heard_s = 0.0  # how much of the agent's voice came
        self.answered_at = 0.0  # how much of it was sent when the agent was heard first
        self._waiting: list[bytes] = []
        self._sent = 0.0

    def say(self, pcm: bytes) -> None:
        """Have the microphone hear this next."""
        size = round(SAMPLE_RATE_HZ * CHUNK_S) * 2
        self._waiting += [pcm[at : at + size].ljust(size, b"\0") for at in range(0, len(pcm), size)]
        self.said_at.append(self._sent)

    async def send(self, **event: Any) -> None:
        await self.socket.send_message(msgspec.json.encode(event).decode())

    async def speak(self) -> None:
        """Send what it hears, in real time, until it is cancelled."""
        began, down = trio.current_time(), Downsampler()
        while True:
            pcm = self._waiting.pop(0) if self._waiting else bytes(round(SAMPLE_RATE_HZ * CHUNK_S) * 2)
            self._sent += CHUNK_S
            await trio.sleep_until(began + self._sent)
            if self.binary:
                await self.socket.send_message(pcm)
                continue
            sound = LAWS[f"audio/{self.law}"]().encode(down(pcm)) if self.law else pcm
            await self.send(type="input_audio_buffer.append", audio=b64encode(sound).decode())

    async def listen(self) -> None:
        """Hear what is told, until it is cancelled."""
        while True:
            message = await self.socket.get_message()
            event = {"type": "sound"} if isinstance(message, bytes) else msgspec.json.decode(message)
            self.told.append(event)
            self.heard_s += len(message) / 2 / SAMPLE_RATE_HZ if isinstance(message, bytes) else 0
            if event["type"] in {"sound", "response.output_audio.delta"} and not self.first_sound.is_set():
                self.answered_at = self._sent
                self.first_sound.set()

    async def until(self, kind: str, count: int = 1) -> dict[str, Any]:
        """The count-th message of a type."""
        with trio.fail_after(PATIENCE_S):
            while True:
                found = [each for each in self.told if each["type"] == kind]
                if len(found) >= count:
                    return found[count - 1]
                await trio.sleep(0.01)


@asynccontextmanager
async def talking(octi: Process, path: str, law: str = "") -> AsyncIterator[Talker]:
    """A conversation at a door, until the block ends."""
    address = octi.base.replace("http", "ws", 1) + path
    async with open_websocket(address) as socket, trio.open_nursery() as nursery:
        talker = Talker(socket, law, binary=path.startswith("/ws/"))
        if law:
            form = {"format": {"type": f"audio/{law}"}}
            audio = {"input": form, "output": form}
            await talker.send(type="session.update", session={"type": "realtime", "audio": audio})
        nursery.start_soon(until_gone, talker.listen)
        nursery.start_soon(until_gone, talker.speak)
        yield talker
        nursery.cancel_scope.cancel()


async def until_gone(task: Callable[[], Awaitable[None]]) -> None:
    """As long as octi is there."""
    with suppress(ConnectionClosed):
        await task()


async def only_session(octi: Process) -> str:
    (session,) = (await octi.get("/sessions"))["sessions"]
    return str(session["id"])


async def recorded(octi: Process, folder: Path) -> Heard:
    """The only session's sound, once it is over and written."""
    session = await only_session(octi)
    await octi.state(session, "ended")
    await trio.sleep(1.2)
    return of(folder / FOLDER, session)


def samples(recording: Any) -> "array[int]":
    return array("h", recording.pcm(SAMPLE_RATE_HZ))


@pytest.mark.parametrize("path", ["/ws/realtime", "/v1/realtime?model=m"])
async def test_both_voices_are_where_they_were_heard(tmp_path: Path, path: str) -> None:
    """The user's words left, sample by sample as they were spoken and when; the answer right, behind them."""
    async with octi_process(tmp_path, ENV) as octi:
        async with talking(octi, path) as talker:
            await trio.sleep(1.0)
            talker.say(WEATHER.pcm(SAMPLE_RATE_HZ))
            with trio.fail_after(PATIENCE_S):
                await talker.first_sound.wait()
            await trio.sleep(6.0)
        heard = await recorded(octi, tmp_path)
    begins = offset_of(samples(WEATHER), heard.user) / SAMPLE_RATE_HZ
    assert begins == pytest.approx(talker.said_at[0], abs=0.2)
    ((_, said),) = spans(heard.user, 1.0)
    ((first, last),) = spans(heard.agent, 1.5)
    assert first > said
    assert first == pytest.approx(talker.answered_at, abs=0.6)  # its first sound is not its first loud one
    assert last - first > 1.0


async def test_a_telephones_voices_are_heard_as_well(tmp_path: Path) -> None:
    """G.711 at 8 kHz, made what all recordings are."""
    async with octi_process(tmp_path, ENV) as octi:
        async with talking(octi, "/v1/realtime?model=m", "pcmu") as talker:
            await talker.until("session.updated")
            talker.say(WEATHER.pcm(SAMPLE_RATE_HZ))
            with trio.fail_after(PATIENCE_S):
                await talker.first_sound.wait()
            await trio.sleep(5.0)
        heard = await recorded(octi, tmp_path)
    ((begins, ends),) = spans(heard.user, 1.0)
    known = spans(samples(WEATHER), 1.0)[0]
    assert ends - begins == pytest.approx(known[1] - known[0], abs=0.2)
    assert begins == pytest.approx(talker.said_at[0] + known[0], abs=0.3)
    assert spans(heard.agent, 1.5)[0][0] > ends


async def test_an_interruption_cuts_the_agent_off_in_the_recording_too(tmp_path: Path) -> None:
    """The user begins to speak while the agent does; what it said behind that is not there."""
    async with octi_process(tmp_path, ENV) as octi:
        async with talking(octi, "/ws/realtime") as talker:
            await trio.sleep(0.5)
            talker.say(WEATHER.pcm(SAMPLE_RATE_HZ))
            with trio.fail_after(PATIENCE_S):
                await talker.first_sound.wait()
            await trio.sleep(0.5)
            talker.say(STOP.pcm(SAMPLE_RATE_HZ))
            await talker.until("interrupted")
            sent_s = talker.heard_s
            await trio.sleep(1.0)
        heard = await recorded(octi, tmp_path)
    stop = spans(heard.user, 1.0)[1]
    first = spans(heard.agent, 1.5)[0]
    assert stop[0] - 0.5 < first[1] < stop[0] + 1.0  # so long the engine takes to be sure that it is speech
    assert first[1] - first[0] < sent_s - 0.5
    assert not [each for each in spans(heard.agent, 0.1) if first[1] < each[0] < stop[1]]


async def test_the_client_says_how_much_was_played(tmp_path: Path) -> None:
    """So much of the answer is there and no more, though octi had sent all of it, and written more."""
    async with octi_process(tmp_path, ENV) as octi:
        async with talking(octi, "/v1/realtime?model=m") as talker:
            talker.say(WEATHER.pcm(SAMPLE_RATE_HZ))
            done = await talker.until("response.output_audio.done")
            await trio.sleep(2.5)
            await talker.send(
                type="conversation.item.truncate", item_id=done["item_id"], content_index=0, audio_end_ms=600
            )
            await talker.until("conversation.item.truncated")
            await trio.sleep(1.0)
        heard = await recorded(octi, tmp_path)
    ((begins, ends),) = spans(heard.agent, 1.0)
    assert ends - begins <= 0.65


async def test_a_killed_octis_recording_can_be_played(tmp_path: Path) -> None:
    """kill -9 in mid-sentence: all but the last moments is there, for Python's reader and for sox.

    The next octi finds it whole, and lets it be heard over HTTP.
    """
    async with octi_process(tmp_path, ENV) as octi, talking(octi, "/ws/realtime") as talker:
        talker.say(WEATHER.pcm(SAMPLE_RATE_HZ))
        with trio.fail_after(PATIENCE_S):
            await talker.first_sound.wait()
        await trio.sleep(2.5)
        session = await only_session(octi)
        spoken_s = talker._sent
        assert await octi.end(signal.SIGKILL) == -signal.SIGKILL
    path = tmp_path / FOLDER / f"{session}.wav"
    heard = listen(path)
    assert spoken_s - 2.2 < heard.seconds < spoken_s
    assert offset_of(samples(WEATHER), heard.user) == pytest.approx(0, abs=0.3 * SAMPLE_RATE_HZ)
    assert spans(heard.agent)
    check_with_sox(path, heard)
    async with octi_process(tmp_path, ENV) as octi:
        assert (await octi.get(f"/sessions/{session}"))["recording"] is True
        answer = await octi.ask(f"/sessions/{session}/audio", method="GET")
        assert answer.content == path.read_bytes()
        assert listen(path).seconds >= heard.seconds


def check_with_sox(path: Path, heard: Heard) -> None:
    """What another reader of WAV files finds, where there is one."""
    if sox := shutil.which("soxi"):
        said = subprocess.run([sox, "-s", path], capture_output=True, text=True, check=True)
        assert (int(said.stdout), said.stderr) == (len(heard.user), "")
