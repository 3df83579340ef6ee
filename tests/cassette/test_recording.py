"""Recording sessions: all that is said is noted, nobody waits, and no disk ends a session."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from octi.cassette.format import FILE, Failure, Goodbye
from octi.cassette.reading import read_cassette
from octi.cassette.recording import FINISH_S, TOO_SLOW, RecordedLeg, Recorder, own_thread, recording
from octi.errors import UpstreamLost, UpstreamRefused
from octi.realtime.octi_protocol import OctiDoor
from octi.session.taping import Taping, run_taped
from octi.store.memory import MemoryStore
from octi.websocket.base import Leg, LegClosed
from octi.websocket.memory import memory_legs
from tests.cassette.tapes import at_once, only, recorder, reel
from tests.fakes import MemoryUpstream, Peer, agent_turn, greet, say, user_turn, wait_for
from tests.session.talks import Client, new_session

CHUNK = b"\x01\x00" * 480


async def obliging(peer: Peer) -> None:
    """One question, one answer, then attention."""
    await greet(peer)
    await wait_for(peer, "input_audio_buffer.append")
    await say(peer, user_turn("u1", "Hello?"), agent_turn("a1", "Good morning."))
    await trio.sleep_forever()


async def talk_over(taping: Taping) -> list[bytes]:
    """What a client hears in one small session."""
    near, far = memory_legs()
    client = Client(far)
    session = new_session(near, OctiDoor(), MemoryUpstream([obliging]), MemoryStore(), trio.Event())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run_taped, session, taping)
        nursery.start_soon(client.listen)
        await client.wait_kind("ready")
        await trio.sleep(1.5)
        client.speak(CHUNK)
        await client.wait_kind("transcript")
        await far.close(1000, "done")
    return [message.data for message in client.heard]


async def test_a_session_is_recorded_on_both_sides(tmp_path: Path, autojump_clock: MockClock) -> None:
    """What the client heard is what went out to it; what it said came in, when it did."""
    heard = await talk_over(recorder(tmp_path))
    cassette = only(tmp_path)
    assert cassette.complete
    client = cassette.on("client", 1)
    assert [each.frame for each in client if each.way == "out" and each.frame] == heard
    (said,) = [each for each in client if each.way == "in" and each.frame]
    assert (said.frame, said.text, said.at) == (CHUNK, False, 1500)
    assert client[-1].close
    assert client[-1].close.code == 1000
    kinds = [each.frame for each in cassette.on("provider", 1) if each.way == "out" and each.frame]
    assert b"session.update" in kinds[0]
    assert b"input_audio_buffer.append" in kinds[1]


async def test_the_header_says_whose_session_it_was(tmp_path: Path, autojump_clock: MockClock) -> None:
    """And when it began."""
    await talk_over(recorder(tmp_path))
    header = only(tmp_path).header
    assert (header.session, header.door, header.upstream) == (
        "11111111-2222-3333-4444-555555555555",
        "octi",
        MemoryUpstream([]).name,
    )
    assert header.started_at == "1970-01-01T00:00:01.000Z"


async def test_a_shelf_that_cannot_be_written_is_warned_of_once(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Sessions go on without."""
    (tmp_path / "file").write_text("in the way")
    taping = recorder(tmp_path / "file")
    with capture_logs() as logs:
        assert await talk_over(taping) == await talk_over(taping)
    assert [line["event"] for line in logs if line["log_level"] == "warning"] == ["sessions are not recorded"]


async def test_a_thread_does_the_writing(tmp_path: Path) -> None:
    """In earnest, in real time."""
    taping = Recorder(tmp_path, voices=True, now=lambda: 1.0)
    record = new_session(memory_legs()[0], OctiDoor(), MemoryUpstream([]), MemoryStore(), trio.Event()).record
    async with taping(record, "x") as tape:
        tape.client(memory_legs()[0]).send(b"{}")
    assert [each.frame for each in only(tmp_path).happenings] == [None, b"{}"]
    assert await own_thread()(lambda: 3) == 3


async def test_a_disk_that_is_too_slow_ends_the_recording_alone(tmp_path: Path, autojump_clock: MockClock) -> None:
    """What was noted before is kept, with the reason for the end."""
    notes = reel(tmp_path, most_bytes=2000)
    near, far = memory_legs()
    with capture_logs() as logs:
        async with recording(notes) as tape:
            leg = tape.client(near)
            for _ in range(10):
                leg.send(b'{"type":"x"}')
    cassette = read_cassette(tmp_path / "tape")
    assert cassette.end == TOO_SLOW
    assert len([each for each in cassette.happenings if each.frame]) == 7
    assert [line["why"] for line in logs] == [TOO_SLOW]
    assert len(await far.receive()) == 10


async def test_a_full_disk_ends_the_recording_alone(tmp_path: Path, autojump_clock: MockClock) -> None:
    """It is logged."""
    notes = reel(tmp_path)

    async def fails(work: Callable[[], Any]) -> None:
        await trio.lowlevel.checkpoint()
        notes.in_thread = at_once
        raise OSError(28, "No space left on device")

    notes.in_thread = fails
    with capture_logs() as logs:
        async with recording(notes) as tape:
            leg = tape.client(memory_legs()[0])
            await trio.sleep(1)
            leg.send(b"{}")
    assert logs[0]["why"] == "incomplete: [Errno 28] No space left on device"


DEEP = b"[" * 3000 + b"]" * 3000


@pytest.mark.parametrize(
    "frame",
    [
        b'{"type":"session.update","session":{"format":' + DEEP + b"}}",
        b'{"authorization":"x","deep":' + DEEP[2500:3500] + b"}",
        b'{"authorization":"\\ud800"}',
        b'{"session":{"format":',
    ],
)
@pytest.mark.parametrize("voices", [True, False])
async def test_a_message_as_nobody_sends_it_is_recorded(
    frame: bytes, voices: bool, tmp_path: Path, autojump_clock: MockClock
) -> None:
    """Nested three thousand times, half of a character, cut off: the session goes on, and so does its recording."""
    record = new_session(memory_legs()[0], OctiDoor(), MemoryUpstream([]), MemoryStore(), trio.Event()).record
    async with recorder(tmp_path, voices=voices)(record, "m") as tape:
        near, far = memory_legs()
        leg = tape.client(near)
        far.send(frame)
        assert [message.data for message in await leg.receive()] == [frame]
        leg.send(b'{"type":"behind"}')
    cassette = only(tmp_path)
    assert cassette.complete
    assert cassette.on("client", 1)[-1].frame == b'{"type":"behind"}'


async def test_whatever_breaks_a_recording_leaves_its_session_alone(tmp_path: Path, autojump_clock: MockClock) -> None:
    """A bug in the writer as well: it is logged with where it was, and nothing of what was said."""
    notes = reel(tmp_path)

    async def breaks(work: Callable[[], Any]) -> None:
        await at_once(work)
        if work != notes.writer.abandon:
            raise ValueError("a bug")

    notes.in_thread = breaks
    with capture_logs() as logs:
        async with recording(notes) as tape:
            tape.client(memory_legs()[0]).send(b'{"text":"Hello"}')
            await trio.sleep(1)
    assert [each["event"] for each in logs] == ["a recording crashed", "a recording is incomplete"]
    assert logs[1]["why"] == "incomplete: octi could not write it down (ValueError)"


async def test_a_disk_that_hangs_is_left_behind(tmp_path: Path, autojump_clock: MockClock) -> None:
    """After its time."""
    notes = reel(tmp_path)

    async def hangs(work: Callable[[], Any]) -> None:
        await trio.sleep_forever()

    notes.in_thread = hangs
    began = trio.current_time()
    with capture_logs() as logs:
        async with recording(notes):
            pass
    assert trio.current_time() - began == FINISH_S
    assert logs[0]["why"] == "not written in time"
    notes.writer.abandon()


async def test_what_is_cancelled_is_finished(tmp_path: Path, autojump_clock: MockClock) -> None:
    """A cassette is whole up to there."""
    with trio.move_on_after(1):
        async with recording(reel(tmp_path)) as tape:
            tape.client(memory_legs()[0]).send(b"{}")
            await trio.sleep_forever()
    assert read_cassette(tmp_path / "tape").complete


async def test_errors_leave_bare(tmp_path: Path, autojump_clock: MockClock) -> None:
    """As if nobody recorded."""
    with pytest.raises(UpstreamLost):
        async with recording(reel(tmp_path)):
            raise UpstreamLost("x", "gone")


async def test_every_leg_has_its_number_and_its_end(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Provider's legs come one after the other."""

    async def leaves(peer: Peer) -> None:
        await peer.send({"type": "hello"})
        await peer.close(1011, "gone")

    async with recording(reel(tmp_path)) as tape:
        upstream = tape.upstream(MemoryUpstream([leaves, obliging]))
        assert upstream.name == MemoryUpstream([]).name
        async with upstream.open("m") as leg:
            await leg.receive()
            with pytest.raises(LegClosed):
                await leg.receive()
        async with upstream.open("m"):
            pass
    cassette = read_cassette(tmp_path / "tape")
    assert cassette.legs("provider") == [1, 2]
    ends = [(each.number, each.way, each.close.code) for each in cassette.happenings if each.close]
    assert ends == [(1, "in", 1011), (2, "out", 1000)]


class Refusing:
    """An upstream that nobody gets in at."""

    name = "refusing"

    @asynccontextmanager
    async def open(self, model: str) -> AsyncIterator[Leg]:
        """Fail after a while."""
        await trio.sleep(0.25)
        if model:
            raise UpstreamRefused(self.name, f"Incorrect API key provided: {KEY}", 401, "invalid_api_key")
        yield memory_legs()[0]


KEY = "sk-abcdefghijklmnop"


async def test_an_opening_that_fails_is_noted(tmp_path: Path, autojump_clock: MockClock) -> None:
    """With its reason, but for the key in it, and how long it took; the session is told as without a recording."""
    async with recording(reel(tmp_path)) as tape:
        with pytest.raises(UpstreamRefused, match=KEY):
            async with tape.upstream(Refusing()).open("m"):
                raise AssertionError("it was opened")
    cassette = read_cassette(tmp_path / "tape")
    why = "Incorrect API key provided: ***"
    assert cassette.failure("provider", 1) == Failure("refused", why, 250, 401, "invalid_api_key")
    assert cassette.failure("provider", 2) is None
    assert cassette.legs("provider") == [1]
    assert KEY not in (tmp_path / "tape" / FILE).read_text()


async def test_a_reason_with_a_secret_in_it_is_scrubbed(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Some providers repeat the key that they refuse when they close."""
    async with recording(reel(tmp_path)) as tape:
        await tape.client(memory_legs()[0]).close(3000, f"no {KEY}")
    assert [each.close for each in only(tmp_path).happenings if each.close] == [Goodbye(3000, "no ***")]


async def test_a_recorded_leg_is_a_leg(tmp_path: Path, autojump_clock: MockClock) -> None:
    """All else goes through; what is taken back unsent is noted."""
    notes = reel(tmp_path)
    near = memory_legs()[0]
    leg = RecordedLeg(near, notes, "client", 1)
    leg.send(b"12", text=False, audio=True)
    leg.drop_audio()
    leg.drop_audio()
    leg.ping()
    await leg.wait_room()
    with trio.move_on_after(1):
        await leg.write()
    assert (leg.dropped_bytes, leg.heard_at) == (2, trio.current_time())
    await leg.close(1000, "bye")
    notes.finish("complete")
    await notes.run()
    lines = (tmp_path / "tape" / "cassette.jsonl").read_text()
    assert lines.count('"dropped":2') == 1
    assert attrs.fields(RecordedLeg).leg.name == "leg"
