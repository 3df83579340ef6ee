"""What a session notes of its client's leg."""

import trio
from trio.testing import MockClock

from octi.recording.reel import NOTE_BYTES, HeardLeg, Reel, ReelTape
from octi.recording.sounds import Note
from octi.records import SessionRecord
from octi.units import SessionId
from octi.websocket.memory import memory_legs
from tests.providers import NOBODY

RECORD = SessionRecord(id=SessionId("s"), door="octi", upstream="u", model="m", voice="v", created_at=1.0)


async def test_what_comes_and_goes_is_noted(autojump_clock: MockClock) -> None:
    """With when; what is taken back as well. The leg does all that it did."""
    reel = Reel(RECORD)
    near, far = memory_legs()
    leg = ReelTape(reel).client(near)
    assert isinstance(leg, HeardLeg)
    await trio.sleep(1)
    far.send(b"12", text=False)
    assert [message.data for message in await leg.receive()] == [b"12"]
    far.send(b"{}")
    await leg.pump(lambda messages: [message.data for message in messages] == [b"{}"])
    await trio.sleep(1)
    leg.send(b"34", text=False, audio=True)
    assert leg.waiting_bytes == 2
    leg.drop_audio()
    leg.ping()
    await leg.wait_room()
    with trio.move_on_after(1):
        await leg.write()
    assert (leg.dropped_bytes, leg.has_room, leg.heard_at) == (2, True, trio.current_time())
    await leg.close(1000, "bye")
    assert reel.collect() == [
        Note(1, True, b"12", False),
        Note(1, True, b"{}"),
        Note(2, False, b"34", False),
        Note(2, False, None),
    ]
    assert reel.collect() == []


async def test_the_providers_legs_are_not_listened_to() -> None:
    """The client's has both voices."""
    assert ReelTape(Reel(RECORD)).upstream(NOBODY) is NOBODY


async def test_what_nobody_collects_is_dropped_and_counted() -> None:
    """The session does not wait for a disk, nor keeps what that does not take."""
    reel = Reel(RECORD, most_bytes=2 * (NOTE_BYTES + 100))
    for _ in range(5):
        reel.note(bytes(100), came=True)
    assert (len(reel.collect()), reel.dropped_bytes) == (2, 300)
    reel.note(bytes(100), came=True)
    assert len(reel.collect()) == 1


async def test_an_end_is_an_end(autojump_clock: MockClock) -> None:
    """Nothing is noted behind it."""
    reel, stopped = Reel(RECORD), Reel(RECORD)
    await trio.sleep(3)
    reel.end()
    stopped.stop()
    await trio.sleep(3)
    reel.end()
    for each in (reel, stopped):
        each.note(b"x", came=True)
        assert each.collect() == []
    assert reel.ended_at == 3
