"""Replays at an address, in real time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio

from octi.cassette.format import Failure, Goodbye
from octi.cassette.playing import How
from octi.cassette.reading import Cassette, Happening
from octi.cassette.replaying import Replay, replay_client
from octi.cassette.serving import serve_replay
from octi.errors import BadMessage, ProviderFault
from octi.upstream.compatible import compatible
from octi.upstream.dial import Dialled
from octi.websocket.base import Leg, LegClosed
from tests.cassette.tapes import HEADER, hello_tape


@asynccontextmanager
async def served(replay: Replay, **options: Any) -> AsyncIterator[str]:
    """Its address, without a path; returns when all was played."""
    told: list[str] = []
    said = trio.Event()

    def tell(line: str) -> None:
        told.append(line)
        said.set()

    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(serve_replay, replay, tell, **options))
            await said.wait()
            yield told[0].split(": ")[1].rpartition("/v1/")[0] or told[0].split(": ")[1]


@asynccontextmanager
async def calling(url: str) -> AsyncIterator[Leg]:
    """A client over a socket."""
    dialled = Dialled(provider=compatible(None, url), max_message_bytes=64 << 20)
    async with dialled.open_at(f"{url}/v1/realtime?model=m") as leg:
        yield leg


def tape(*happenings: Happening) -> Replay:
    return Replay(Cassette(HEADER, happenings, "complete"), How(speed=0))


def told(number: int, event: dict[str, Any]) -> Happening:
    return Happening(0, "provider", number, "in", msgspec.json.encode(event))


def closed(number: int, code: int, reason: str = "") -> Happening:
    return Happening(0, "provider", number, "in", close=Goodbye(code, reason))


async def heard(leg: Leg) -> tuple[int, LegClosed]:
    """How many bytes come before the end, and how that is."""
    count = 0
    try:
        while True:
            count += sum(len(message.data) for message in await leg.receive())
    except LegClosed as end:
        return count, end


async def test_a_provider_is_served_over_sockets(tmp_path: Path) -> None:
    """In real time, until all was played."""
    replay = Replay(await hello_tape(tmp_path))
    async with served(replay) as url, calling(url) as leg:
        assert [message.data for message in await leg.receive()] == [b'{"type":"session.created"}']
        leg.send(b'{"type":"session.update"}')
    assert replay.passed, replay.report()


async def test_both_sides_of_a_cassette_meet(tmp_path: Path) -> None:
    """The client's is played to a server that plays what octi said to it."""
    cassette = await hello_tape(tmp_path)
    server = Replay(cassette, How(strict=True, speed=0), side="client")
    async with served(server) as url:
        played = await replay_client(cassette, url, How(strict=False, speed=0))
    assert played.passed, played.differences
    assert server.passed, server.report()
    assert (played.sent, played.matched) == (1, 1)


async def test_it_leaves_as_the_provider_did() -> None:
    """With its code, or without a goodbye; everything that was said before comes before."""
    replay = tape(told(1, {"type": "x"}), closed(1, 4321, "bye"), told(2, {"type": "x"}), closed(2, 1006))
    ends = []
    async with served(replay) as url:
        for _ in range(2):
            async with calling(url) as leg:
                ends.append(await heard(leg))
    assert [(count, end.code, end.by_peer) for count, end in ends] == [(12, 4321, True), (12, 1006, True)]
    assert replay.passed


@pytest.mark.slow
async def test_what_a_client_has_not_taken_yet_comes_before_the_close() -> None:
    """However much it is, and however late it begins to read."""
    replay = tape(*[told(1, {"type": "x", "y": "z" * 100_000})] * 60, closed(1, 1000))
    async with served(replay) as url, calling(url) as leg:
        await trio.sleep(0.5)
        count, end = await heard(leg)
    assert (count, end.code) == (60 * 100_019, 1000)


FAILURES = [
    Failure("refused", "Incorrect key.", 5, 401, "invalid_api_key"),
    Failure("busy", "Slow down.", 5, 429, wait_s=20),
    Failure("lost", "HTTP 503, Overloaded.", 5, 503),
    Failure("lost", "left during the handshake", 5),
]


@pytest.mark.slow
async def test_an_opening_that_failed_fails_again_in_its_turn() -> None:
    """In front of and behind legs that were opened; the client is told the same."""
    failed = [Happening(0, "provider", number, "in", failed=each) for number, each in enumerate(FAILURES, 2)]
    replay = tape(told(1, {"type": "x"}), closed(1, 1011), *failed, told(9, {"type": "y"}), closed(9, 1000))
    faults: list[str] = []
    async with served(replay) as url:
        for _ in range(len(FAILURES) + 2):
            try:
                async with calling(url) as leg:
                    faults.append(str((await heard(leg))[1].code))
            except ProviderFault as fault:
                faults.append(str(fault).partition(" ")[2])
    assert replay.passed, replay.report()
    assert faults == [
        "1011",
        "refused the session (HTTP 401): Incorrect key.",
        "is at its limit, again in 20 s: Slow down.",
        "is not there: HTTP 503, Overloaded.",
        "is not there: left during the handshake",
        "1000",
    ]


async def test_requests_are_refused() -> None:
    """It has sockets only."""
    replay = tape(closed(1, 1000))
    async with served(replay) as url:
        host, _, port = url.rpartition("/")[2].partition(":")
        stream = await trio.open_tcp_stream(host, int(port))
        await stream.send_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"404" in await stream.receive_some()
        await stream.aclose()
        with suppress(LegClosed):
            async with calling(url) as leg:
                await leg.receive()


async def test_nothing_is_served_where_there_is_no_leg() -> None:
    """It would wait for ever."""
    with pytest.raises(BadMessage, match="no leg of a provider"):
        await serve_replay(tape(), print)


async def test_a_client_of_octis_own_protocol_is_told_its_address(tmp_path: Path) -> None:
    """Where it looks for it."""
    replay = Replay(await hello_tape(tmp_path), How(speed=0), side="client")
    async with served(replay) as url:
        assert url.endswith("/ws/realtime")
        await replay_client(replay.cassette, url, How(speed=0))
