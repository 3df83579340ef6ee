"""Sessions with somebody who listens to their legs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import trio
from trio.testing import MockClock

from octi.realtime.octi_protocol import OctiDoor
from octi.records import SessionRecord
from octi.session.taping import NoTape, run_taped, together, untaped
from octi.store.memory import MemoryStore
from octi.upstream.base import Upstream
from octi.websocket.base import Leg
from octi.websocket.memory import memory_legs
from tests.providers import NOBODY, QUIET, legs_to
from tests.session.talks import ID, new_session


@attrs.define
class Notes:
    """A tape that notes only what it was given, and how long it ran."""

    seen: list[object] = attrs.field(factory=list)

    def client(self, leg: Leg) -> Leg:
        self.seen.append("client")
        return leg

    def upstream(self, upstream: Upstream) -> Upstream:
        self.seen.append(upstream.name)
        return upstream

    @asynccontextmanager
    async def taping(self, record: SessionRecord, upstream: str) -> AsyncIterator["Notes"]:
        self.seen += [record.id, upstream]
        yield self
        self.seen.append("over")


async def test_both_sides_of_a_session_are_taped(autojump_clock: MockClock) -> None:
    """From its beginning to its end."""
    near, far = memory_legs()
    notes = Notes()
    async with legs_to(QUIET) as upstream, trio.open_nursery() as nursery:
        session = new_session(near, OctiDoor(), upstream, MemoryStore(), trio.Event())
        nursery.start_soon(run_taped, session, notes.taping)
        await trio.sleep(1)
        await far.close(1000, "done")
    assert notes.seen == [ID, upstream.name, "client", upstream.name, "over"]


async def test_several_tapes_hear_the_same(autojump_clock: MockClock) -> None:
    """Each is given what the one before it hands on, and all are over when the session is."""
    one, other, (near, _) = Notes(), Notes(), memory_legs()
    record = new_session(near, OctiDoor(), NOBODY, MemoryStore(), trio.Event()).record
    async with together([one.taping, other.taping])(record, "x") as tape:
        assert tape.client(near) is near
        assert tape.upstream(NOBODY) is NOBODY
    assert one.seen == other.seen == [ID, "x", "client", NOBODY.name, "over"]


def test_one_tape_or_none_is_no_crowd() -> None:
    """What is not recorded costs nothing."""
    one = Notes().taping
    assert together([one]) == one
    assert together([]) is untaped


async def test_no_tape_changes_nothing(autojump_clock: MockClock) -> None:
    """It hands back what it is given."""
    near, _ = memory_legs()
    record = new_session(near, OctiDoor(), NOBODY, MemoryStore(), trio.Event()).record
    async with untaped(record, "x") as tape:
        assert isinstance(tape, NoTape)
        assert tape.client(near) is near
        assert tape.upstream(NOBODY) is NOBODY
