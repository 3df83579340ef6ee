"""`octi census`, as a person runs it."""

import sys
from pathlib import Path

import httpx2
import msgspec
import pytest
import trio
from click.testing import CliRunner

from octi import census
from octi.census import NoCensus, Told, ask, lines, printable
from octi.config import read_config
from octi.front import open_listeners
from octi.opening import open_services
from octi.serve import address_of, serve_services
from octi.units import SessionId

ROOT = Path(__file__).parent.parent
TALKING, ENTERING = "11111111-2222-3333-4444-555555555555", "66666666-7777-8888-9999-000000000000"
TOLD = Told(
    tasks={
        "main": 1,
        "s-11111111 keeper": 1,
        "s-66666666 keeper": 1,
        f"{TALKING} extraction": 1,
    },
    threads={"MainThread": 1},
    descriptors={"socket": 12, "file": 3},
    memory_bytes=80 << 20,
    totals={"tasks": 4, "threads": 1, "descriptors": 15},
    sessions={TALKING: {"rows": 2, "client_bytes": 1920}, ENTERING: {}},
    followers=1,
    parts={"store": {"rows_waiting": 0, "rows_kept": 120}, "speech": {"workers": 2, "last_loss": None}},
)


def test_a_census_is_printed_in_aligned_columns() -> None:
    """Tasks of all sessions are counted by their roles; a session that only enters has no queues yet."""
    assert "\n".join(lines("http://127.0.0.1:8080", TOLD)) == (
        """\
http://127.0.0.1:8080: 2 sessions, 1 followers of sessions, 80.0 MiB of memory

tasks                   4
  (session) extraction  1
  (session) keeper      2
  main                  1

threads       1
  MainThread  1

descriptors  15
  file        3
  socket     12

store
  rows_kept     120
  rows_waiting    0

speech
  last_loss  -
  workers    2

session                               rows  client_bytes
11111111-2222-3333-4444-555555555555     2          1920
66666666-7777-8888-9999-000000000000     -             -"""
    )


def test_a_census_of_an_idle_octi_has_no_table_of_sessions() -> None:
    """Nor descriptors, where the system does not tell them."""
    idle = msgspec.structs.replace(TOLD, sessions={}, descriptors=None, totals={"descriptors": 0})
    said = list(lines("http://h", idle))
    assert said[0].startswith("http://h: 0 sessions")
    assert "descriptors  0" in said
    assert said[-1].strip().startswith("workers")


def test_what_steers_a_terminal_is_not_printed() -> None:
    """Whoever answers there may be anybody."""
    assert printable("a\x1b[2Jb\nc\u009b") == "a?[2Jb\nc?"


# Whom it asks


def answering(status: int, body: bytes) -> httpx2.MockTransport:
    return httpx2.MockTransport(lambda request: httpx2.Response(status, content=body))


def test_an_octi_that_refuses_is_named_so() -> None:
    """With what would help."""
    with pytest.raises(NoCensus, match=r"http://h refuses: ask on the machine that octi runs on, at 127\.0\.0\.1"):
        ask("http://h", answering(403, b'{"error": "no"}'))


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[]", b"", b'{"tasks": 3}', b"\xff"])
def test_whoever_is_no_octi_is_told_apart(body: bytes) -> None:
    """Another program at that port, or an octi of another version."""
    for status in (200, 404, 500):
        with pytest.raises(NoCensus, match=f"answers HTTP {status}, and no census: it is another program"):
            ask("http://h", answering(status, body))


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "nonsense", "ftp://127.0.0.1", "http://[", "http://\udcff"])
def test_where_nobody_is_that_is_said(url: str) -> None:
    """On stderr, with exit code 1."""
    result = CliRunner().invoke(census.census, ["--url", url])
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("octi census: nobody answers at ")
    assert "`octi serve` starts octi" in result.stderr


# The real one


async def printed(url: str, *options: str) -> str:
    """What a person sees."""
    command = [sys.executable, "-m", "octi", "census", "--url", url, *options]
    return (await trio.run_process(command, capture_stdout=True, cwd=ROOT)).stdout.decode()


@pytest.mark.slow
async def test_a_running_octi_is_counted() -> None:
    """For people, and as JSON."""
    env = {"OCTI_UPSTREAM": "compatible", "OCTI_UPSTREAM_URL": "http://127.0.0.1:9", "OCTI_SYSTEM_PROMPT": "Be kind."}
    config = read_config({"OCTI_STORE_URL": "sqlite:///:memory:", **env})
    listeners, stopping = await open_listeners("127.0.0.1", 0, None), trio.Event()
    async with open_services(config) as services, trio.open_nursery() as nursery:
        services.live.enter(SessionId(TALKING))
        nursery.start_soon(serve_services, services, listeners, stopping)
        url = f"http://{address_of(listeners[0], '127.0.0.1')}"
        text, told = await printed(url + "/"), msgspec.json.decode(await printed(url, "--json"), type=Told)
        stopping.set()
    assert text.startswith(f"{url}: 1 sessions, 0 followers of sessions, ")
    assert text.endswith(f"\n{TALKING}\n")
    assert "rows_waiting" in text
    assert told.sessions == {TALKING: {}}
    assert told.totals["tasks"] == sum(told.tasks.values())
