"""Many at once who want nothing but to be many: octi's bounds hold, and those who talk with it notice nothing.

Counted and not timed: what it costs beside real conversations is measured by `python -m bench.attack`.
"""

import resource
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import structlog
import trio
import trustme

from octi.crowd import Crowd
from tests.attacks.target import SOON_S, Target, frame, resident_bytes, target, upgrade

MANY = 300
MOST = 40
SLACK_BYTES = 48 << 20
START = frame(b'{"type":"start_conversation"}')

KINDS: dict[str, Callable[[str], bytes]] = {
    "opens": lambda host: b"",
    "half a head": lambda host: b"GET / HTTP/1.1\r\nHost: o\r\nX: ",
    "half an upgrade": lambda host: upgrade(host=host)[:-2],
    "half a body": lambda host: (
        b"POST /sessions HTTP/1.1\r\nHost: " + host.encode() + b"\r\nContent-Length: 100\r\n\r\n{"
    ),
    "garbage": lambda host: bytes(range(256)) * 8,
    "a TLS hello": lambda host: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
    "pauses": lambda host: b"GET /livez HTTP/1.1\r\nHost: " + host.encode() + b"\r\n\r\n",
    "no such socket": lambda host: upgrade("/nowhere", host),
    "large heads": lambda host: b"GET /" + b"a" * 15_000,
}


async def talk(stream: trio.SocketStream, times: int = 3) -> None:
    """Somebody who is in a conversation says something that is answered."""
    for _ in range(times):
        await stream.send_all(frame(b'{"type":"no_such_type"}'))
        with trio.fail_after(SOON_S):
            assert await stream.receive_some()


async def gets_in(octi: Target) -> None:
    """A newcomer is answered, at the latest when those who were just refused have gone: they may read for a second."""
    with trio.fail_after(SOON_S):
        while (await octi.get("/livez")).status != 200:  # noqa: ASYNC110  no event says so
            await trio.sleep(0.1)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_flood_finds_no_more_places_than_there_are(kind: str) -> None:
    """Newcomers are let in all the while, who talks goes on talking, and memory is bounded."""
    before = resident_bytes()
    async with target(crowd=Crowd(most=MOST)) as octi, octi.socket() as caller, trio.open_nursery() as nursery:
        await caller.send_all(START)
        await caller.receive_some()
        said, streams = KINDS[kind](octi.host), list[trio.SocketStream]()

        async def one() -> None:
            stream = await octi.connect()
            streams.append(stream)
            with suppress(trio.BrokenResourceError):
                await stream.send_all(said)

        for _ in range(0, MANY, 50):
            async with trio.open_nursery() as wave:
                for _ in range(50):
                    wave.start_soon(one)
            assert len(octi.crowd) <= MOST
            await gets_in(octi)
            await talk(caller)
        assert resident_bytes() - before < SLACK_BYTES
        for stream in streams:
            await trio.aclose_forcefully(stream)
        await caller.aclose()
        await octi.is_well()
        nursery.cancel_scope.cancel()


async def test_sockets_that_say_nothing_are_no_more_than_there_are_places() -> None:
    """A handshake and nothing more: it is a session like any other, and where there is no place it is told so."""
    async with target(crowd=Crowd(most=MOST)) as octi, octi.socket() as caller:
        streams, statuses = list[trio.SocketStream](), list[bytes]()
        for _ in range(2 * MOST):
            stream = await octi.connect()
            streams.append(stream)
            with suppress(trio.BrokenResourceError):
                await stream.send_all(upgrade(host=octi.host))
                with trio.fail_after(SOON_S):
                    statuses.append(bytes(await stream.receive_some())[9:12])
        assert statuses.count(b"101") == MOST - 1
        assert set(statuses) == {b"101", b"503"}
        await talk(caller)
        for stream in streams:
            await trio.aclose_forcefully(stream)
        await caller.aclose()
        await octi.is_well()


async def test_tls_handshakes_that_never_end_make_room() -> None:
    """For one that ends."""
    authority, theirs = trustme.CA(), ssl.create_default_context()
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(ours)
    authority.configure_trust(theirs)
    async with target(crowd=(crowd := Crowd(most=MOST)), tls=ours) as octi:
        streams = [await octi.connect() for _ in range(2 * MOST)]
        for stream in streams:
            with suppress(trio.BrokenResourceError):
                await stream.send_all(b"\x16\x03\x01\x02\x00")
        inside = await octi.connect()
        secure = trio.SSLStream(inside, theirs, server_hostname="localhost", https_compatible=True)
        with trio.fail_after(SOON_S):
            await secure.send_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert (await secure.receive_some()).startswith(b"HTTP/1.1 200")
        assert len(crowd) <= MOST
        assert crowd.displaced > 0
        for stream in (*streams, inside):
            await trio.aclose_forcefully(stream)


@contextmanager
def few_files(more: int) -> Iterator[None]:
    """This process may open only so many more files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (max(int(path.name) for path in Path("/proc/self/fd").iterdir()) + more, hard)
    )
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_without_descriptors_octi_goes_on_and_recovers() -> None:
    """Who talks notices nothing; the log has a line, no traces; afterwards all is as it was."""
    async with target() as octi, octi.socket() as caller:
        await caller.send_all(START)
        await caller.receive_some()
        streams = [await octi.connect() for _ in range(3)]
        with structlog.testing.capture_logs() as lines, few_files(20):
            with suppress(OSError):
                while len(streams) < 40:
                    streams += [await octi.connect()]
            await trio.sleep(0.3)  # for octi to notice that it has none either
            await talk(caller)
            for stream in streams:
                await trio.aclose_forcefully(stream)
        assert sum("can take no more connections" in line["event"] for line in lines) <= 1
        assert not any(line.get("exc_info") for line in lines)
        await caller.aclose()
        await octi.is_well()
