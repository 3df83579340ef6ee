"""Cassettes replayed: through octi's session on virtual time, and over sockets."""

import random
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import msgspec
import pytest
import trio
from trio.testing import MockClock

from octi.cassette.failing import fault_of
from octi.cassette.format import FILE, Failure, Way
from octi.cassette.playing import How, Played
from octi.cassette.reading import Cassette, Happening
from octi.cassette.recording import recording
from octi.cassette.replaying import NO_MORE, Replay, replay_client, report
from octi.errors import BadMessage, ProviderFault, UpstreamBusy, UpstreamLost
from octi.realtime.octi_protocol import OctiDoor
from octi.realtime.passthrough import RealtimeDoor
from octi.session.taping import run_taped
from octi.simulator.reading import read_text
from octi.simulator.server import open_simulator
from octi.store.memory import MemoryStore
from octi.testing.memory import in_memory
from octi.upstream.base import Upstream
from octi.upstream.compatible import compatible
from octi.upstream.dial import Dialled
from octi.upstream.embedded import Embedded
from octi.websocket.base import Leg, LegClosed
from octi.websocket.memory import memory_legs
from tests.cassette.tapes import HEADER, hello_tape, only, recorder, reel
from tests.fakes import MemoryUpstream, Peer, agent_turn, greet, say, user_turn, wait_for
from tests.session.talks import Client, new_session
from tests.simulator.talking import output_of, typed

CHUNK = bytes(range(240)) * 4


async def obliging(peer: Peer) -> None:
    """Two questions, two answers, each in its time; then attention."""
    await greet(peer)
    for turn in ("1", "2"):
        await wait_for(peer, "input_audio_buffer.append")
        await trio.sleep(0.3)
        await say(peer, user_turn(f"u{turn}", "Hello?"))
        await trio.sleep(0.7)
        await say(peer, agent_turn(f"a{turn}", f"Good morning {turn}.", response=f"resp_{turn}"))
    await trio.sleep_forever()


async def talk_over(upstream: Upstream, shelf: Path, *, chunk: bytes = CHUNK) -> list[bytes]:
    """What a client hears that says something twice, in a session that is recorded."""
    near, far = memory_legs()
    client = Client(far)
    session = new_session(near, OctiDoor(), upstream, MemoryStore(), trio.Event())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run_taped, session, recorder(shelf))
        nursery.start_soon(client.listen)
        await client.wait_kind("ready")
        for turn in (1, 2):
            await trio.sleep(0.25)
            client.speak(chunk)
            await client.wait_kind("transcript", turn)
        await far.close(1000, "done")
    return [message.data for message in client.heard]


def everything(shelf: Path) -> dict[str, bytes]:
    """Every file of the one cassette there."""
    (folder,) = shelf.iterdir()
    return {path.name: path.read_bytes() for path in folder.iterdir()}


LOST = UpstreamLost("x", "cannot be reached: Connection refused")


@attrs.define
class Reluctant:
    """Cannot be opened at first: busy, lost; then as another."""

    upstream: Upstream
    faults: list[ProviderFault] = attrs.field(factory=lambda: [UpstreamBusy("x", "Slow down.", 2.0), LOST])

    @property
    def name(self) -> str:
        """See `Upstream.name`."""
        return self.upstream.name

    @asynccontextmanager
    async def open(self, model: str) -> AsyncIterator[Leg]:
        """See `Upstream.open`."""
        if self.faults:
            await trio.sleep(0.125)
            raise self.faults.pop(0)
        async with self.upstream.open(model) as leg:
            yield leg


async def leaves_once(peer: Peer) -> None:
    """One answer, half of another, and gone."""
    await greet(peer)
    await wait_for(peer, "input_audio_buffer.append")
    await say(peer, user_turn("u1", "Hello?"), agent_turn("a1", "Good morning 1."))
    await wait_for(peer, "input_audio_buffer.append")
    await say(peer, user_turn("u2", "Hello?"), agent_turn("a2", "Good", response="resp_2")[:5])
    await peer.close(1011, "gone")


UPSTREAMS: list[Callable[[], Upstream]] = [
    lambda: MemoryUpstream([obliging]),
    lambda: Reluctant(MemoryUpstream([obliging])),
    lambda: MemoryUpstream([leaves_once, obliging]),
]


@pytest.mark.parametrize("first", UPSTREAMS, ids=["well", "refused at first", "lost on the way"])
async def test_two_replays_through_octi_are_byte_identical(
    first: Callable[[], Upstream], tmp_path: Path, autojump_clock: MockClock
) -> None:
    """To the client, to the provider, in their recordings and the times in these; and the same as the first.

    But for how long octi waits before another try, which is chance, and the same here.
    """
    random.seed(7)
    heard = [await talk_over(first(), tmp_path / "first")]
    cassette = only(tmp_path / "first")
    for name in ("second", "third"):
        replay = Replay(cassette)
        random.seed(7)
        heard.append(await talk_over(replay, tmp_path / name))
        assert replay.report().endswith("passed\n"), replay.report()
        assert replay.passed
    tapes = [everything(tmp_path / name) for name in ("first", "second", "third")]
    assert heard[0] == heard[1] == heard[2]
    assert {**tapes[0], FILE: b""} == {**tapes[1], FILE: b""} == {**tapes[2], FILE: b""}  # the sound
    assert by_way(tapes[0][FILE]) == by_way(tapes[1][FILE]) == by_way(tapes[2][FILE])


async def test_two_replays_through_the_realtime_door_are_byte_identical(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    """A client of the Realtime API that calls a function, of a simulator's scenario, stalls and all."""
    async with in_memory(SCENARIO, judge=False) as provider:
        heard = [await ask_over(provider, tmp_path / "first")]
    cassette = only(tmp_path / "first")
    for name in ("second", "third"):
        replay = Replay(cassette)
        heard.append(await ask_over(replay, tmp_path / name))
        assert replay.passed, replay.report()
    tapes = [everything(tmp_path / name)[FILE] for name in ("first", "second", "third")]
    assert heard[0] == heard[1] == heard[2]
    assert by_way(tapes[0]) == by_way(tapes[1]) == by_way(tapes[2])
    assert b'"Eight o' in heard[0][-2]


SCENARIO = """
latency = { first_audio_ms = 300, pace = 2.0 }
[[turn]]
hear = "table"
say = "Let me look."
call = { name = "look" }
[[turn]]
on = "look"
say = "Eight o'clock?"
faults = [{ kind = "stall", after_audio_ms = 400, stall_s = 1.5 }]
"""


async def ask_over(upstream: Upstream, shelf: Path) -> list[bytes]:
    """What a client of the Realtime API hears in a session that is recorded."""
    near, far = memory_legs()
    client = Client(far)
    session = new_session(near, RealtimeDoor(), upstream, MemoryStore(), trio.Event())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run_taped, session, recorder(shelf))
        nursery.start_soon(client.listen)
        await client.wait_kind("session.created")
        client.say(**typed("A table, please."))
        client.say(type="response.create")
        call = await client.wait_kind("response.function_call_arguments.done")
        await client.wait_kind("response.done")
        client.say(**output_of(call["call_id"]))
        client.say(type="response.create")
        await client.wait_kind("rate_limits.updated", 2)
        await far.close(1000, "done")
    return [message.data for message in client.heard]


def by_way(lines: bytes) -> dict[tuple[str, str], list[bytes]]:
    """A cassette's lines, byte for byte, by leg and way: between those Trio deals an instant's turns as it likes."""
    ways: dict[tuple[str, str], list[bytes]] = {}
    for line in lines.splitlines():
        read = msgspec.json.decode(line, type=dict[str, Any])
        ways.setdefault((f"{read.get('leg')} {read.get('number')}", str(read.get("way"))), []).append(line)
    return ways


async def test_a_client_that_says_something_else_is_told_of(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Strictly; by types it may."""
    await talk_over(MemoryUpstream([obliging]), tmp_path / "first")
    cassette = only(tmp_path / "first")
    strict, loose = Replay(cassette), Replay(cassette, How(strict=False))
    await talk_over(Embedded(strict.converse), tmp_path / "strict", chunk=CHUNK[::-1])
    await talk_over(Embedded(loose.converse), tmp_path / "loose", chunk=CHUNK[::-1])
    assert (strict.passed, loose.passed) == (False, True)
    assert "input_audio_buffer.append: audio is" in strict.report()
    assert strict.report().endswith("FAILED\n")


async def test_who_comes_too_often_is_sent_away(tmp_path: Path, autojump_clock: MockClock) -> None:
    """There is one conversation for each leg that was recorded."""
    replay = Replay(Cassette(HEADER, (), "complete"))
    near, far = memory_legs()
    await replay.converse(near, "m")
    with pytest.raises(LegClosed) as closed:
        await far.receive()
    assert (closed.value.code, closed.value.reason, replay.strangers, replay.passed) == (1013, NO_MORE, 1, False)


BUSY = Failure("busy", "Slow down.", 3000, 429, wait_s=20)


@pytest.mark.parametrize(("speed", "took_s"), [(1.0, 3.0), (2.0, 1.5), (0.0, 0.0)])
async def test_an_opening_that_failed_fails_again(speed: float, took_s: float, autojump_clock: MockClock) -> None:
    """With the error of then, in its time."""
    replay = Replay(Cassette(HEADER, (Happening(0, "provider", 1, "in", failed=BUSY),), "complete"), How(speed=speed))
    began = trio.current_time()
    with pytest.raises(UpstreamBusy) as caught:
        async with replay.open("m"):
            raise AssertionError("it was opened")
    assert (repr(caught.value), trio.current_time() - began) == (repr(fault_of(BUSY, "scripted")), took_s)
    assert replay.over.is_set()
    assert replay.report() == "provider leg 1: not opened, as then: busy after 3.0 s: HTTP 429: Slow down.\npassed\n"
    async with replay.open("m") as leg:
        with pytest.raises(LegClosed):
            await leg.receive()
    assert replay.strangers == 1


def test_a_report_tells_what_is_missing() -> None:
    """Legs that nobody came for, and that a cassette was cut off."""
    cassette = Cassette(HEADER, (), "it was cut off")
    told = report(cassette, [Played("leg 1", sent=2, matched=1, differences=["leg 1: other"])], missing=1)
    assert told == (
        "leg 1: 2 sent, 1 as recorded, 0 others\n"
        "  differs: leg 1: other\n"
        "1 of the cassette's legs: nobody came for them\n"
        "the cassette is not whole: it was cut off\n"
        "FAILED\n"
    )


TALK = """
[[turn]]
hear = "table"
say = "Let me look for a table."
call = { name = "look" }
[[turn]]
on = "look"
say = "There is one at eight."
[[turn]]
hear = "yes"
say = "It is booked."
latency = { pace = 1.0 }
"""


async def book(leg: Leg) -> None:
    """A client that needs the ids that it was given: of a call, of an item, of a response."""
    unread: deque[dict[str, Any]] = deque()

    async def until(kind: str) -> dict[str, Any]:
        while True:
            while unread:
                if (event := unread.popleft())["type"] == kind:
                    return event
            unread.extend(msgspec.json.decode(message.data) for message in await leg.receive())

    def tell(*events: dict[str, Any]) -> None:
        for event in events:
            leg.send(msgspec.json.encode(event))

    tell(typed("A table!"), {"type": "response.create"})
    call = (await until("response.function_call_arguments.done"))["call_id"]
    await until("response.done")
    tell(output_of(call), {"type": "response.create"})
    item = (await until("response.done"))["response"]["output"][0]["id"]
    cut = {"type": "conversation.item.truncate", "item_id": item, "content_index": 0, "audio_end_ms": 200}
    tell(cut, {**typed("Yes."), "previous_item_id": item}, {"type": "response.create"})
    created = await until("response.created")
    tell({"type": "response.cancel", "response_id": created["response"]["id"]})
    await until("response.done")


def as_clients(cassette: Cassette) -> Cassette:
    """The same as if the provider's leg were a client's."""
    ways: dict[Way, Way] = {"in": "out", "out": "in"}
    turned = [attrs.evolve(each, leg="client", way=ways[each.way]) for each in cassette.happenings]
    return attrs.evolve(cassette, happenings=tuple(turned))


async def test_the_clients_side_is_played_to_a_server_that_gives_other_ids(tmp_path: Path) -> None:
    """The same simulator's second session: what the client says then means what it meant in the first."""
    script = read_text(TALK)
    with trio.fail_after(10):
        async with open_simulator(script) as simulator:
            url = f"{simulator.url.replace('http', 'ws', 1)}/v1/realtime?model=m"
            dialled = Dialled(provider=compatible(None, simulator.url), max_message_bytes=1 << 20)
            async with recording(reel(tmp_path)) as tape, tape.upstream(dialled).open("m") as leg:
                await book(leg)
            played = await replay_client(as_clients(only(tmp_path)), url, How(strict=False, speed=0))
            report = simulator.report()
    assert played.passed, played.differences
    assert report
    assert [session.troubles for session in report.sessions] == [(), ()]


async def test_a_server_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """And so is a cassette without a client."""
    cassette = await hello_tape(tmp_path)
    with pytest.raises(UpstreamLost):
        await replay_client(cassette, "ws://127.0.0.1:9/v1/realtime", How())
    with pytest.raises(BadMessage, match="no client's leg"):
        await replay_client(attrs.evolve(cassette, happenings=()), "ws://127.0.0.1:9", How())
