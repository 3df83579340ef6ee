"""octi/session/reading.py: what a provider's leg brings, in order, with a wait at the end of an answer."""

import msgspec
import pytest
import trio
from trio.testing import MockClock

from octi.errors import UpstreamNonsense
from octi.realtime.events import ResponseDone, ServerEvent
from octi.records import SessionRecord
from octi.session.reading import Reading
from octi.session.watch import Watch
from octi.units import SessionId
from octi.upstream.configure import Mail
from octi.websocket.base import LegClosed
from octi.websocket.memory import memory_legs

RECORD = SessionRecord(id=SessionId("s"), door="octi", upstream="openai", model="m", voice="v", created_at=1.0)


class Handed:
    """Stands where a relay stands: what it is handed, and when an answer's end was passed on."""

    def __init__(self) -> None:
        self.watch = Watch(RECORD)
        self.seen: list[str] = []

    def from_provider(self, frame: bytes, event: ServerEvent) -> None:
        """One event."""
        self.seen.append(msgspec.json.decode(frame)["type"])

    async def end_answer(self, frame: bytes, done: ResponseDone) -> None:
        """The end of an answer, which takes its time."""
        await trio.sleep(1)
        self.seen.append("response.done, at last")


DONE = {"type": "response.done", "response": {"id": "r", "object": "realtime.response", "status": "completed"}}
EVENTS = [{"type": "one"}, DONE, {"type": "two"}, DONE, {"type": "three"}]
IN_ORDER = ["one", "settled", "response.done, at last", "two", "settled", "response.done, at last", "three"]


@pytest.mark.parametrize("unread", [False, True], ids=["as it comes", "read too early"])
async def test_what_comes_behind_an_answers_end_waits_for_it(autojump_clock: MockClock, unread: bool) -> None:
    """However much came at once, nothing overtakes it; the leg's end comes behind all of it."""
    near, far = memory_legs()
    mail, handed = Mail(near), Handed()
    for event in EVENTS:
        far.send(msgspec.json.encode(event))
    if unread:
        mail.put_back([await mail.one()])
    await far.close(1000, "")

    async def settle() -> None:
        await trio.sleep(1)
        handed.seen.append("settled")

    moved: list[int] = []
    reading = Reading(mail, "p", handed, settle, lambda: moved.append(len(handed.seen)))  # type: ignore[arg-type]  # it stands in
    with pytest.raises(LegClosed):
        await reading.run()
    assert handed.seen == IN_ORDER
    assert moved[-1] == len(IN_ORDER)


@pytest.mark.parametrize(("last", "known"), [(b'{"type":"one"}', False), (b'{"type":"error","error":{}}', True)])
async def test_what_is_no_event_ends_the_reading(last: bytes, known: bool) -> None:
    """If the last event before it was an error, that is known."""
    near, far = memory_legs()
    handed = Handed()
    far.send(last)
    far.send(b"[]")
    reading = Reading(Mail(near), "p", handed, trio.lowlevel.checkpoint, lambda: None)  # type: ignore[arg-type]  # it stands in
    with pytest.raises(UpstreamNonsense):
        await reading.run()
    assert len(handed.seen) == 1
    assert (reading.last_error is not None) == known
