"""What octi says of itself, and to whom."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any

import attrs
import pytest
import trio

from octi.config import read_config
from octi.front import open_listeners
from octi.opening import open_services
from octi.records import SessionRecord
from octi.serve import address_of, serve_services
from octi.session.live import LiveSessions
from octi.session.summary import Doing, Summary
from octi.units import SessionId
from tests.web.standins import StandIn, session

HERE = "127.0.0.1"
HOST = f"{HERE}:8080"


async def asked(
    headers: Mapping[str, str] = MappingProxyType({}),
    *,
    peer: str = HERE,
    method: str = "GET",
    node: StandIn | None = None,
) -> tuple[int, Any, Any]:
    """Status, JSON and headers of what a peer is answered."""
    ask = getattr((node or StandIn()).client, method.lower())
    answer = await ask("/debug/census", headers={"Host": HOST, **headers}, scope_base={"client": (peer, 50_000)})
    return answer.status_code, await answer.get_json(silent=True), answer.headers


@attrs.define(eq=False)
class Control:
    """A session with something in its queues."""

    def steer(self, instructions: str) -> None:
        """Nothing to tell."""

    async def wait_stored(self) -> None:
        await trio.lowlevel.checkpoint()

    def depths(self) -> dict[str, int]:
        return {"rows": 3, "client_bytes": 960}

    def summary(self) -> Summary:
        return summary_of(session())


def summary_of(record: SessionRecord, **changes: Any) -> Summary:
    """A live session's."""
    fresh = Summary(
        record=record,
        peer="192.0.2.7",
        lasted_s=2.0,
        doing=Doing.LISTENING,
        turns=3,
        wait_s=None,
        responses=1,
        tokens=40,
        depths={"rows": 3, "client_bytes": 960},
    )
    return attrs.evolve(fresh, **changes)


# What it says


async def test_a_census_tells_what_the_process_holds() -> None:
    """Tasks and threads by name, descriptors by kind, memory, and the totals; nobody keeps it for later."""
    status, told, headers = await asked()
    assert status == 200
    assert headers["Cache-Control"] == "no-store"
    assert told.keys() == {
        *("tasks", "threads", "descriptors", "memory_bytes", "totals"),
        *("sessions", "followers", "parts"),
    }
    assert "MainThread" in told["threads"]
    assert told["totals"]["tasks"] == sum(told["tasks"].values()) > 0
    assert told["memory_bytes"] > 1_000_000


async def test_a_census_names_sessions_and_what_waits_in_them() -> None:
    """One that has only just entered has no queues yet."""
    live = LiveSessions()
    for name in ("talking", "entering"):
        live.enter(SessionId(name))
    live.take(SessionId("talking"), Control())
    live.feed.follow(SessionId("talking"))
    _, told, _ = await asked(node=StandIn(live=live))
    assert told["sessions"] == {"talking": {"rows": 3, "client_bytes": 960}, "entering": {}}
    assert told["followers"] == 1
    assert told["parts"] == {"store": {"rows_waiting": 0}}


async def test_the_front_page_names_it() -> None:
    """Apart from the pages that are for all."""
    _, told, _ = await StandIn().get("/")
    assert told["operators"] == ["/debug/census", "/metrics"]
    assert "/debug/census" not in told["http"]


# Whom it tells


async def test_any_loopback_address_is_this_machine() -> None:
    """Also by IPv6, and by name."""
    assert (await asked(peer="127.0.0.9"))[0] == 200
    assert (await asked({"Host": "[::1]:8080"}, peer="::1"))[0] == 200
    assert (await asked({"Host": "localhost"}))[0] == 200
    assert (await asked({"Host": "LocalHost:9000"}))[0] == 200


@pytest.mark.parametrize("peer", ["10.0.0.7", "192.168.1.2", "::ffff:10.0.0.7", "2001:db8::1", "", "somewhere"])
async def test_who_asks_from_elsewhere_is_refused(peer: str) -> None:
    """With a sentence, and nothing of the census."""
    status, told, headers = await asked(peer=peer)
    assert (status, told.keys(), told["code"]) == (403, {"error", "code"}, "forbidden")
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "name", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "Via", "x-forwarded-host"]
)
async def test_what_a_proxy_passes_on_is_refused(name: str) -> None:
    """The proxy is on this machine; who asked it need not be."""
    assert (await asked({name: "127.0.0.1"}))[0] == 403


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.", "", "a@b", "0.0.0.0"],
)
async def test_another_name_that_leads_here_is_refused(host: str) -> None:
    """A page may have its own name resolve to this machine, and then be of octi's origin for its browser."""
    assert (await asked({"Host": host}))[0] == 403


async def test_a_page_of_another_origin_is_refused() -> None:
    """Its browser says so, whether or not it would let the page read the answer."""
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://localhost:3000"}):
        assert (await asked(headers))[0] == 403
    for site in ("cross-site", "same-site"):
        assert (await asked({"Sec-Fetch-Site": site}))[0] == 403
    for site in ("none", "same-origin"):
        assert (await asked({"Sec-Fetch-Site": site}))[0] == 200


async def test_no_page_is_told_that_it_may_ask() -> None:
    """Neither before it asks nor with the answer."""
    page = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
    for method in ("OPTIONS", "GET"):
        _, _, headers = await asked(page, method=method)
        assert not [name for name, _ in headers if name.lower().startswith("access-control-")]
    _, _, headers = await asked()
    assert not [name for name, _ in headers if name.lower().startswith("access-control-")]


# Over a real socket


@asynccontextmanager
async def serving() -> AsyncIterator[str]:
    """A node as it is opened in earnest; its address."""
    env = {"OCTI_UPSTREAM": "compatible", "OCTI_UPSTREAM_URL": "http://127.0.0.1:9", "OCTI_SYSTEM_PROMPT": "Be kind."}
    listeners = await open_listeners(HERE, 0, None)
    stopping = trio.Event()
    config = read_config({"OCTI_STORE_URL": "sqlite:///:memory:", **env})
    async with open_services(config) as services, trio.open_nursery() as nursery:
        nursery.start_soon(serve_services, services, listeners, stopping)
        yield address_of(listeners[0], HERE)
        stopping.set()


async def census_at(address: str, host: str) -> bytes:
    """The whole answer to a request of one's own."""
    name, _, port = address.rpartition(":")
    with trio.fail_after(10):
        async with await trio.open_tcp_stream(name, int(port)) as stream:
            await stream.send_all(f"GET /debug/census HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            return b"".join([chunk async for chunk in stream])


async def test_octi_as_it_is_opened_tells_it() -> None:
    """By the socket's own address; with the store's figures. To another name, or to nonsense, it is refused."""
    async with serving() as address:
        told = await census_at(address, address)
        assert told.startswith(b"HTTP/1.1 200")
        assert b'"store":{"rows_waiting":0' in told.replace(b" ", b"")
        for host in ("evil.example", "[", "[::1"):
            assert (await census_at(address, host)).startswith(b"HTTP/1.1 403")
