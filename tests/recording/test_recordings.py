"""Sessions that are recorded: both voices are there as they were heard, nobody waits, and no disk ends a session."""

import errno
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import msgspec
import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from octi.realtime.octi_protocol import OctiDoor
from octi.recording.recordings import FLUSH_S, Recordings
from octi.recording.reel import NOTE_BYTES
from octi.recording.shelf import Shelf
from octi.recording.timeline import HOLD_S
from octi.records import Development, DevelopmentKind
from octi.session.taping import run_taped
from octi.store.memory import MemoryStore
from octi.units import SessionId
from octi.websocket.memory import memory_legs
from tests.cuts import Cut, cut_everywhere
from tests.fakes import MemoryUpstream, Peer, agent_turn, greet, say, user_turn, wait_for
from tests.recording.listening import at_once, bytes_in, listen, names_in, of, only, recordings_in, spans
from tests.recording.test_reel import RECORD
from tests.recording.test_track import sound
from tests.session.talks import ID, Client, new_session

SPOKEN = sound(12_000, 8000)  # half a second


@asynccontextmanager
async def running(recordings: Recordings) -> AsyncIterator[Recordings]:
    """With its task, which ends when all is written."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(recordings.run)
        try:
            yield recordings
        finally:
            recordings.close()


def told(recordings: Recordings) -> list[tuple[str, str, str]]:
    """What was told of recordings: whose, what, why."""
    rows: list[Development] = recordings.tell.__self__  # type: ignore[attr-defined]  # a list's own method
    assert {row.kind for row in rows} <= {DevelopmentKind.RECORDING}
    bodies = [(row.session, msgspec.json.decode(row.body)) for row in rows]
    return [(session, body["state"], body["why"]) for session, body in bodies]


async def speak(recordings: Recordings, session: str = "s", pcm: bytes = SPOKEN, after: float = 0.5) -> None:
    """A session of two seconds in which the user says something, behind a second of silence."""
    near, far = memory_legs()
    async with recordings(attrs.evolve(RECORD, id=SessionId(session)), "u") as tape:
        leg = tape.client(near)
        await trio.sleep(1.5)
        far.send(pcm, text=False)
        await leg.receive()
        await trio.sleep(after)


async def obliging(peer: Peer) -> None:
    """One question, one answer, then attention."""
    await greet(peer)
    await wait_for(peer, "input_audio_buffer.append")
    await say(peer, user_turn("u1", "Hello?"), loud(agent_turn("a1", "Good morning.")))
    await trio.sleep_forever()


def loud(turn: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same answer, in a voice that one hears."""
    return [{**event, "delta": "AAEg" * 3200} if event["type"].endswith("audio.delta") else event for event in turn]


async def test_a_whole_session_is_heard_on_both_sides(tmp_path: Path, autojump_clock: MockClock) -> None:
    """The user's words when they were said, the agent's behind them, silence else; and as long as the session was."""
    near, far = memory_legs()
    client, store = Client(far), MemoryStore()
    session = new_session(near, OctiDoor(), MemoryUpstream([obliging]), store, trio.Event())
    async with running(recordings_in(tmp_path)) as recordings, trio.open_nursery() as nursery:
        nursery.start_soon(run_taped, session, recordings)
        nursery.start_soon(client.listen)
        await client.wait_kind("ready")
        await trio.sleep(1.5)
        client.speak(SPOKEN)
        await client.wait_kind("transcript")
        await trio.sleep(1)
        await far.close(1000, "done")
    heard = of(tmp_path, ID)
    assert spans(heard.user) == [(1.0, 1.5)]
    assert spans(heard.agent) == [(1.5, 1.7)]
    assert heard.seconds == pytest.approx(2.7, abs=0.01)
    assert told(recordings) == []


async def test_where_nothing_sounds_there_is_no_recording(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Typed sessions, and those whose sound goes past octi."""
    async with running(recordings_in(tmp_path)) as recordings:
        await speak(recordings, pcm=b"")
    assert names_in(tmp_path) == []


async def test_what_there_is_can_be_heard_while_it_is_live(tmp_path: Path, autojump_clock: MockClock) -> None:
    """All but the last moments; and the figures say that it is recorded."""
    async with running(recordings_in(tmp_path)) as recordings, trio.open_nursery() as nursery:
        nursery.start_soon(partial(speak, recordings, after=3.0))
        await trio.sleep(3.2)
        assert "s" in recordings.shelf
        assert only(tmp_path).seconds == pytest.approx(3.2 - HOLD_S, abs=FLUSH_S)
        assert recordings.statistics()["live"] == 1
    assert only(tmp_path).seconds == 4.5
    assert recordings.statistics() == {
        "written_bytes": 4.5 * 96_000,
        "dropped_bytes": 0,
        "failed": 0,
        "removed": 0,
        "live": 0,
        "kept_bytes": 4.5 * 96_000 + 44,
    }


async def test_a_session_that_comes_again_is_heard_behind_itself(tmp_path: Path, autojump_clock: MockClock) -> None:
    """In the same file."""
    async with running(recordings_in(tmp_path)) as recordings:
        await speak(recordings)
        await speak(recordings)
    heard = only(tmp_path)
    assert len(spans(heard.user)) == 2
    assert heard.seconds >= 4


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), ValueError("a bug")])
async def test_a_disk_that_fails_ends_the_recording_alone(
    tmp_path: Path, autojump_clock: MockClock, error: Exception
) -> None:
    """What was written stays and can be played; it is logged, and told in the session."""

    class Failing(Shelf):
        """As far as the writer knows, the disk."""

        def grown(self, session: SessionId, size: int, now: float) -> None:
            super().grown(session, size, now)
            if size > 60_000:
                raise error

    recordings = recordings_in(tmp_path, shelf=Failing(tmp_path, 1 << 30))
    with capture_logs() as logs:
        async with running(recordings):
            await speak(recordings)
    why = "No space left on device" if isinstance(error, OSError) else "octi could not write it down (ValueError)"
    assert told(recordings) == [("s", "incomplete", why)]
    assert [line["why"] for line in logs if line["event"] == "a recording is incomplete"] == [why]
    assert only(tmp_path).seconds > 0
    assert recordings.statistics()["failed"] == 1


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Sessions go on without."""
    (tmp_path / "file").write_text("in the way")
    async with running(recordings_in(tmp_path / "file")) as recordings:
        await speak(recordings)
        await speak(recordings, "t")
    assert [(who, what) for who, what, _ in told(recordings)] == [("s", "incomplete"), ("t", "incomplete")]


async def test_a_disk_that_is_slow_loses_sound_and_says_so(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Nobody waits for it; where sound is missing there is silence, and what comes later is in its place."""
    let = trio.Event()

    async def slow(work: Callable[[], Any]) -> Any:
        await let.wait()
        return await at_once(work)

    recordings = recordings_in(tmp_path, in_thread=slow)
    near, far = memory_legs()
    async with running(recordings), recordings(RECORD, "u") as tape:
        leg = tape.client(near)
        next(iter(recordings._takes)).most_bytes = 2 * (len(SPOKEN) + NOTE_BYTES)
        for _ in range(4):
            await trio.sleep(1)
            far.send(SPOKEN, text=False)
            await leg.receive()
        let.set()
        await trio.sleep(2)
        far.send(SPOKEN, text=False)
        await leg.receive()
    why = f"the disk was too slow, {2 * len(SPOKEN)} bytes of sound were left out; there is silence in their place"
    assert told(recordings) == [("s", "incomplete", why)]
    assert spans(only(tmp_path).user) == [(0.5, 1), (1.5, 2), (5.5, 6)]
    assert recordings.statistics()["dropped_bytes"] == 2 * len(SPOKEN)


async def test_one_session_has_its_most(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Then it is recorded no longer, and that is told."""
    async with running(recordings_in(tmp_path, session_bytes=100_000)) as recordings:
        await speak(recordings)
    why = "it is as long as one session's may be (OCTI_RECORD_SESSION_BYTES=100000)"
    assert told(recordings) == [("s", "incomplete", why)]
    assert only(tmp_path).seconds <= 1.05


async def test_the_oldest_make_room_and_their_sessions_are_told(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Those that are over; a live one that finds no room any more ends."""
    async with running(recordings_in(tmp_path, budget=450_000)) as recordings:
        for name in ("a", "b", "c"):
            await speak(recordings, name)
            await trio.sleep(100)
    assert names_in(tmp_path) == ["b", "c"]
    why = "the oldest go when the folder is full (OCTI_RECORD_BUDGET_BYTES=450000)"
    assert told(recordings) == [("a", "removed", why)]
    assert recordings.statistics()["removed"] == 1


async def test_where_all_are_live_the_recording_ends(tmp_path: Path, autojump_clock: MockClock) -> None:
    """The budget holds whatever happens."""
    async with running(recordings_in(tmp_path, budget=150_000)) as recordings:
        await speak(recordings)
    ((who, what, why),) = told(recordings)
    assert (who, what) == ("s", "incomplete")
    assert "OCTI_RECORD_BUDGET_BYTES" in why
    assert bytes_in(tmp_path) <= 150_000


async def test_after_a_crash_of_the_writer_nothing_is_noted(tmp_path: Path) -> None:
    """Memory does not fill with what nobody writes."""
    recordings = recordings_in(tmp_path)
    async with recordings(RECORD, "u") as tape:
        recordings.give_up()
        tape.client(memory_legs()[0]).send(SPOKEN, text=False)
        assert [reel.collect() for reel in recordings._takes] == [[]]
    async with recordings(RECORD, "u"):
        assert [reel.stopped for reel in recordings._takes] == [True, True]


def test_a_session_that_is_cut_anywhere_is_recorded_up_to_there(tmp_path: Path) -> None:
    """Nothing waits, nothing leaks; what is there can be played."""

    async def scenario(cut: Cut) -> None:
        folder = tmp_path / f"{cut.n}"
        near, far = memory_legs()
        client = Client(far)
        session = new_session(near, OctiDoor(), MemoryUpstream([obliging]), MemoryStore(), trio.Event())
        async with running(recordings_in(folder)) as recordings:
            async with cut, trio.open_nursery() as nursery:
                nursery.start_soon(run_taped, session, recordings)
                nursery.start_soon(client.listen)
                await client.wait_kind("ready")
                client.speak(SPOKEN)
                await client.wait_kind("transcript")
                await far.close(1000, "done")
            assert all(reel.ended_at is not None for reel in recordings._takes)
        assert recordings.statistics()["live"] == 0
        assert recordings.statistics()["failed"] == 0
        for path in folder.glob("*.wav"):
            assert listen(path).seconds > 0

    assert cut_everywhere(scenario, prompt=10.0, every=2).steps > 30
