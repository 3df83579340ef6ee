"""`/console` at HTTP: the page, the live sessions as they change, old ones that are looked for; and whom it tells."""

import re
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import attrs
import msgspec
import pytest
import trio
from trio.testing import MockClock

from octi.guard.caller import Caller, Scope
from octi.records import Role, SessionRecord, SessionState, Turn
from octi.session.live import LiveSessions
from octi.session.summary import Doing, Summary
from octi.units import ItemId, Milliseconds, SessionId
from octi.web.console import LONGEST_SEARCH, MOST_READERS, NODE_S, PACE_S, Lookout, found, seen
from octi.web.console_board import REMEMBERED
from octi.web.pages import FOLDER
from tests.guard_docs.scene import House
from tests.providers import MORNING
from tests.web.standins import StandIn, session
from tests.web.test_census import Control, summary_of
from tests.web.test_events import Ear
from tests.web.test_sockets import Octi, open_octi

MARKUP = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(")
PEER = {"client": ("127.0.0.1", 50_000)}


@attrs.define(eq=False)
class Scripted(Control):
    """A live session that does what a test says; how often it was looked at."""

    told: Summary
    looks: int = 0

    def summary(self) -> Summary:
        self.looks += 1
        return self.told

    def now(self, **changes: Any) -> None:
        self.told = attrs.evolve(self.told, **changes)


def enter(live: LiveSessions, name: str, **record: Any) -> Scripted:
    """A scripted session, live."""
    control = Scripted(summary_of(session(name, state=SessionState.LIVE, **record)))
    live.enter(SessionId(name))
    live.take(SessionId(name), control)
    return control


@attrs.define(eq=False)
class Watching(Ear):
    """An operator's page. Its events have no id."""

    async def told(self) -> tuple[str, Any]:
        """The next event: type and data."""
        while (block := await self.block()) is not None:
            if block.startswith("event: "):
                kind, data = block.split("\n")
                return kind.removeprefix("event: "), msgspec.json.decode(data.removeprefix("data: "))
        raise EOFError

    async def of(self, kind: str) -> Any:
        """The data of the next event of a type."""
        while True:
            found, data = await self.told()
            if found == kind:
                return data


@asynccontextmanager
async def watching(octi: Octi) -> AsyncIterator[Watching]:
    async with octi.connect() as stream:
        page = Watching(stream)
        await page.ask("/console/events")
        yield page


@pytest.fixture
def _as_if_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections in memory come from nowhere; here they count as this machine's."""
    monkeypatch.setattr("octi.web.callers.is_local", lambda asked: True)


# The page


async def test_the_page_holds_nothing_and_is_for_everybody() -> None:
    """It is the same whatever is live, and under the one policy of all pages: nothing in it is a script or a style."""
    node = StandIn()
    empty = await node.client.get("/console")
    enter(node.live, "secret-name")
    full = await node.client.get("/console")
    page = await full.get_data(as_text=True)
    assert (empty.status_code, await empty.get_data(as_text=True)) == (200, page)
    assert "script-src 'self'" in full.headers["Content-Security-Policy"]
    assert "unsafe" not in full.headers["Content-Security-Policy"]
    assert not re.search(r"<style|style=|<script>| on[a-z]+=|https?://", page)


def test_the_page_makes_no_markup_of_what_somebody_said() -> None:
    """No script of it knows a way to do so."""
    scripts = [FOLDER / "console.js", *(FOLDER / "console").glob("*.js")]
    assert len(scripts) > 10
    for script in scripts:
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script.read_text()), (
            script
        )


def test_the_page_says_the_same_in_both_languages() -> None:
    """Every text has its twin, with the same gaps; and what the markup names is there."""
    english, french = (texts(name) for name in ("english", "french"))
    assert english.keys() == french.keys()
    assert [name for name in english if gaps(english[name]) != gaps(french[name])] == []
    page = (FOLDER.parent / "templates" / "console.html").read_text(encoding="utf-8")
    assert set(re.findall(r'data-say(?:-label|-hint)?="(\w+)"', page)) <= english.keys()


def texts(language: str) -> dict[str, str]:
    source = (FOLDER / "console" / f"{language}.js").read_text(encoding="utf-8")
    return dict(re.findall(r'^  (\w+): "(.*)",$', source, re.MULTILINE))


def gaps(text: str) -> list[str]:
    return sorted(re.findall(r"\{\w+\}", text))


# The live sessions


@pytest.mark.usefixtures("_as_if_here")
async def test_a_page_is_told_all_that_is_live_and_then_what_changes(autojump_clock: MockClock) -> None:
    """Within its pace: a session that begins, what happens in it, and its end."""
    async with open_octi() as octi:
        first = enter(octi.services.live, "a", user="ana", tenant="acme")
        async with watching(octi) as page:
            (row,) = (await page.of("sessions"))["sessions"]
            assert (row["id"], row["user"], row["tenant"], row["doing"]) == ("a", "ana", "acme", "listening")
            assert trio.current_time() == 0
            first.now(turns=4, doing=Doing.SPEAKING, wait_s=0.7, lasted_s=2.5)
            octi.services.live.enter(SessionId("b"))
            news = await page.of("changes")
            assert news["changed"] == [
                {"id": "a", "doing": "speaking", "turns": 4, "waitMs": 700},
                {"id": "b", "doing": "entering"},
            ]
            octi.services.live.leave(SessionId("a"))
            assert await page.of("changes") == {"changed": [], "gone": ["a"]}
            assert trio.current_time() <= 2 * PACE_S


@pytest.mark.usefixtures("_as_if_here")
async def test_a_conversation_shows_what_it_does(autojump_clock: MockClock) -> None:
    """A real one, with its door, its upstream, its turns and how long its answer took."""
    async with open_octi(MORNING) as octi, octi.visit("/ws/realtime") as client:
        await client.get_message()
        async with watching(octi) as page:
            (row,) = (await page.of("sessions"))["sessions"]
            assert (row["door"], row["upstream"], row["turns"]) == ("octi", "simulated", 0)
            await client.send_message('{"type":"user_text","text":"Hello?"}')
            seen = dict(row)
            while seen["turns"] < 2 or seen["waitMs"] is None:
                (news,) = (await page.of("changes"))["changed"]
                seen |= news
            assert seen["responses"] == 1


async def test_many_pages_cost_no_more_looks_than_one(autojump_clock: MockClock) -> None:
    """One look a pace, whoever is told of it; and none when nobody looks."""
    node = StandIn()
    control, lookout = enter(node.live, "a"), Lookout(node.services)
    told = [0, 0, 0]

    async def read(number: int) -> None:
        async with aclosing(seen(lookout, None)) as stream:
            async for words in stream:
                told[number] += words.count(b"event: sessions")

    async with trio.open_nursery() as nursery:
        for number in range(3):
            nursery.start_soon(read, number)
        await trio.sleep(10)
        assert lookout.readers == 3
        nursery.cancel_scope.cancel()
    assert (told, lookout.readers) == ([1, 1, 1], 0)
    assert 10 / PACE_S - 2 <= control.looks <= 10 / PACE_S + 2
    before = control.looks
    await trio.sleep(60)
    assert control.looks == before


@pytest.mark.usefixtures("_as_if_here")
async def test_a_page_that_takes_nothing_holds_up_nobody_and_misses_nothing(autojump_clock: MockClock) -> None:
    """What waits for it is no queue: when it reads again it is told how it is."""
    async with open_octi() as octi:
        controls = [enter(octi.services.live, f"s{number}", user="u" * 200) for number in range(40)]
        async with octi.connect(window=2000) as stream:
            slow = Watching(stream)
            await slow.ask("/console/events")
            async with watching(octi) as quick:
                await quick.of("sessions")
                for turns in range(REMEMBERED):
                    controls[0].now(turns=turns + 10)
                    assert (await quick.of("changes"))["changed"][0]["turns"] == turns + 10
                    if turns > 5:
                        break
            assert len((await slow.of("sessions"))["sessions"]) == 40
            last = 0
            while last != controls[0].told.turns:
                last = (await slow.of("changes"))["changed"][0]["turns"]


@pytest.mark.usefixtures("_as_if_here")
async def test_a_page_is_told_how_the_node_is(autojump_clock: MockClock) -> None:
    """Now and then; nothing of it waits for anything."""
    async with open_octi() as octi:
        enter(octi.services.live, "a")
        async with watching(octi) as page:
            node = await page.of("node")
            assert (node["live"], node["draining"], node["problems"], node["consoles"]) == (1, False, [], 1)
            assert node["memoryBytes"] > 1_000_000
            assert "store" in node["parts"]
            octi.services.live.draining.set()
            assert (await page.of("node"))["draining"] is True
            assert trio.current_time() <= NODE_S + PACE_S


@pytest.mark.usefixtures("_as_if_here")
async def test_a_stream_ends_when_octi_drains_and_is_empty(autojump_clock: MockClock) -> None:
    """Not before: operators want to see who is still there."""
    async with open_octi() as octi:
        enter(octi.services.live, "a")
        async with watching(octi) as page:
            await page.of("sessions")
            octi.services.live.draining.set()
            await trio.sleep(20)
            octi.services.live.leave(SessionId("a"))
            assert (await page.of("changes"))["gone"] == ["a"]
            with pytest.raises(EOFError):
                await page.of("sessions")


@pytest.mark.usefixtures("_as_if_here")
async def test_a_quiet_stream_is_kept_alive(autojump_clock: MockClock) -> None:
    """There is something every few seconds, and no end to it."""
    async with open_octi() as octi, watching(octi) as page:
        while trio.current_time() < 600:
            with trio.fail_after(16):
                assert await page.block() is not None


async def test_so_many_may_look_and_no_more() -> None:
    """The next is told so."""
    node = StandIn()
    lookout = Lookout(node.services, readers=MOST_READERS - 1)
    lookout.check_room()
    lookout.readers += 1
    with pytest.raises(Exception, match="32 consoles look at this octi already"):
        lookout.check_room()


# Sessions that are looked for


async def ask(node: StandIn, **query: str) -> tuple[int, Any]:
    answer = await node.client.get(
        "/console/sessions", query_string=query, headers={"Host": "127.0.0.1"}, scope_base=PEER
    )
    return answer.status_code, await answer.get_json(silent=True)


async def kept(node: StandIn, name: str, words: str, at: float, **record: Any) -> SessionRecord:
    """An ended session in which something was said."""
    record_of = session(name, created_at=at, **record).end(at=at + 60, by="client", reason="the client left")
    said = Turn(
        session=record_of.id,
        item=ItemId("i"),
        position=0,
        role=Role.USER,
        text=words,
        start_ms=Milliseconds(0),
        end_ms=Milliseconds(900),
    )
    await node.store.save([record_of, said])
    return record_of


async def test_sessions_are_found_by_what_was_said_and_by_whose_they_are() -> None:
    """Newest first, with whose each is."""
    node = StandIn()
    await kept(node, "one", "I want a refund", 1.0, user="ana", tenant="acme", key="shop")
    await kept(node, "two", "hello", 2.0, user="bob")
    status, found = await ask(node, search=" Refund ", state="ended")
    assert status == 200
    assert [(each["id"], each["user"], each["tenant"], each["key"]) for each in found["sessions"]] == [
        ("one", "ana", "acme", "shop")
    ]
    assert found["next"] is None
    assert [each["id"] for each in (await ask(node, search="bob"))[1]["sessions"]] == ["two"]
    assert [each["id"] for each in (await ask(node))[1]["sessions"]] == ["two", "one"]
    assert (await ask(node, search="nothing of the kind"))[1] == {"sessions": [], "next": None}


async def test_what_was_found_is_told_in_pages() -> None:
    """With and without words; `next` goes on behind the last."""
    node = StandIn()
    for number in range(5):
        await kept(node, f"s{number}", "hello", float(number))
    for query in ({}, {"search": "hello"}):
        names, after = list[str](), None
        for _ in range(4):
            _, found = await ask(node, limit="2", **query, **({"after": after} if after else {}))
            names += [each["id"] for each in found["sessions"]]
            if (after := found["next"]) is None:
                break
        assert names == ["s4", "s3", "s2", "s1", "s0"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"state": "asleep"}, "state: must be one of created, live, ended"),
        ({"limit": "0"}, "limit: must be a whole number from 1 to 200"),
        ({"after": "?"}, "after: must be a cursor"),
        ({"search": "x" * (LONGEST_SEARCH + 1)}, "search: must have at most 200 characters, not 201"),
    ],
)
async def test_what_cannot_be_looked_for_is_refused_with_a_reason(query: dict[str, str], words: str) -> None:
    status, told = await ask(StandIn(), **query)
    assert status == 400
    assert words in told["error"]


# Whom it tells


@pytest.mark.parametrize("path", ["/console/events", "/console/sessions"])
async def test_where_nobody_is_asked_only_this_machine_is_told(path: str) -> None:
    """Not who comes from elsewhere, through a proxy, or from another's page."""
    client = StandIn().client

    async def status(peer: str, **headers: str) -> int:
        said = {"Host": "127.0.0.1:8080", **{name.replace("_", "-"): value for name, value in headers.items()}}
        return (await client.head(path, headers=said, scope_base={"client": (peer, 50_000)})).status_code

    assert await status("127.0.0.1") == 200
    assert await status("127.0.0.1", Sec_Fetch_Site="same-origin") == 200
    assert await status("192.0.2.1") == 403
    assert await status("127.0.0.1", X_Forwarded_For="192.0.2.1") == 403
    assert await status("127.0.0.1", Sec_Fetch_Site="cross-site") == 403


@pytest.mark.parametrize("path", ["/console/events", "/console/sessions"])
async def test_where_callers_are_asked_an_operators_key_is_wanted(path: str) -> None:
    """From wherever it comes; in a header, never in the address."""
    client = House().client

    async def status(key: str | None, query: str = "") -> int:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        answer = await client.head(path + query, headers=headers, scope_base={"client": ("192.0.2.1", 50_000)})
        return answer.status_code

    assert await status("octi_sk_operator") == 200
    assert await status(None) == 401
    assert await status("octi_sk_nobody") == 401
    assert await status("octi_sk_talker") == 403
    assert await status(None, "?key=octi_sk_operator") == 400


async def test_an_operator_of_a_tenant_finds_its_sessions_alone() -> None:
    """As in every list."""
    node = StandIn()
    await kept(node, "ours", "hello", 1.0, tenant="acme")
    await kept(node, "theirs", "hello", 2.0, tenant="other")
    caller = Caller(tenant="acme", scopes=frozenset({Scope.OPERATE}))
    for query in ({}, {"search": "hello"}):
        told = await found(node.services, query, caller)
        assert [each["id"] for each in msgspec.json.decode(msgspec.json.encode(told))["sessions"]] == ["ours"]
