"""Cassettes replayed: through octi's session on virtual time, and over sockets."""

from functools import partial
from pathlib import Path
from typing import Any

import attrs
import msgspec
import pytest
import trio
from trio.testing import MockClock

from octi.cassette.format import FILE
from octi.cassette.playing import How, Played
from octi.cassette.reading import Cassette
from octi.cassette.recording import recording
from octi.cassette.replaying import NO_MORE, Replay, replay_client, report, serve_replay
from octi.errors import BadMessage, UpstreamLost
from octi.realtime.octi_protocol import OctiDoor
from octi.session.taping import run_taped
from octi.simulator.script import Script
from octi.simulator.server import open_simulator
from octi.store.memory import MemoryStore
from octi.upstream.base import Upstream
from octi.upstream.compatible import compatible
from octi.upstream.dial import Dialled
from octi.upstream.embedded import Embedded
from octi.websocket.base import LegClosed
from octi.websocket.memory import memory_legs
from tests.cassette.tapes import HEADER, only, recorder, reel
from tests.fakes import MemoryUpstream, Peer, agent_turn, greet, say, user_turn, wait_for
from tests.session.talks import Client, new_session

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


async def test_two_replays_through_octi_are_byte_identical(tmp_path: Path, autojump_clock: MockClock) -> None:
    """To the client, to the provider, in their recordings and the times in these; and the same as the first."""
    heard = [await talk_over(MemoryUpstream([obliging]), tmp_path / "first")]
    cassette = only(tmp_path / "first")
    for name in ("second", "third"):
        replay = Replay(cassette)
        heard.append(await talk_over(Embedded(replay.converse, cassette.header.upstream), tmp_path / name))
        assert replay.report().endswith("passed\n"), replay.report()
        assert replay.passed
    first, second, third = (everything(tmp_path / name) for name in ("first", "second", "third"))
    assert heard[0] == heard[1] == heard[2]
    assert {**first, FILE: b""} == {**second, FILE: b""} == {**third, FILE: b""}  # the sound
    assert by_way(first[FILE]) == by_way(second[FILE]) == by_way(third[FILE])


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


async def hello_tape(shelf: Path) -> Cassette:
    """A client's leg and a provider's on which each side said a word."""
    async with recording(reel(shelf)) as tape:
        near, far = memory_legs()
        leg = tape.client(near)
        far.send(b'{"type":"response.create","event_id":"a"}')
        await leg.receive()
        async with tape.upstream(MemoryUpstream([hello])).open("m") as provider:
            await provider.receive()
            provider.send(b'{"type":"session.update"}')
        leg.send(b'{"type":"session.created"}')
        await leg.close(1000, "over")
    return only(shelf)


async def hello(peer: Peer) -> None:
    await peer.send({"type": "session.created"})
    await trio.sleep_forever()


async def call(url: str, says: bytes, heard: list[bytes]) -> None:
    """A client over a socket: hears one message, says one, and leaves."""
    dialled = Dialled(provider=compatible(None, url), max_message_bytes=1 << 20)
    async with dialled.open_at(f"{url}/v1/realtime?model=m") as leg:
        heard += [message.data for message in await leg.receive()]
        leg.send(says)


async def test_a_provider_is_served_over_sockets(tmp_path: Path) -> None:
    """In real time, until all was played."""
    replay = Replay(await hello_tape(tmp_path))
    heard: list[bytes] = []
    told: list[str] = []
    said = trio.Event()

    def tell(line: str) -> None:
        told.append(line)
        said.set()

    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(serve_replay, replay, tell))
            await said.wait()
            url = told[0].split(": ")[1].removesuffix("/v1/realtime")
            await call(url, b'{"type":"session.update"}', heard)
    assert replay.passed, replay.report()
    assert heard == [b'{"type":"session.created"}']


async def test_nothing_is_served_where_there_is_no_leg() -> None:
    """It would wait for ever."""
    with pytest.raises(BadMessage, match="no leg of a provider"):
        await serve_replay(Replay(Cassette(HEADER, (), "complete")), print)


async def test_the_clients_side_is_played_to_a_server(tmp_path: Path) -> None:
    """Over a socket; the server's answers are those of then."""
    cassette = await hello_tape(tmp_path)
    server = Replay(cassette, How(strict=True, speed=0), side="client")
    with trio.fail_after(10):
        async with open_simulator(Script(), converse=server.converse) as simulator:
            url = f"{simulator.url.replace('http', 'ws', 1)}/v1/realtime?model=m"
            played = await replay_client(cassette, url, How(strict=False, speed=0))
            await server.over.wait()
    assert played.passed, played.differences
    assert server.passed, server.report()
    assert (played.sent, played.matched) == (1, 1)


async def test_a_server_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """And so is a cassette without a client."""
    cassette = await hello_tape(tmp_path)
    with pytest.raises(UpstreamLost):
        await replay_client(cassette, "ws://127.0.0.1:9/v1/realtime", How())
    with pytest.raises(BadMessage, match="no client's leg"):
        await replay_client(attrs.evolve(cassette, happenings=()), "ws://127.0.0.1:9", How())
