"""`/sessions/{id}/events`: a session as it happens, over connections in memory, on virtual time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import attrs
import h11
import msgspec
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from octi.front import APP_PATIENCE_S, WRITE_S
from octi.records import DevelopmentKind, Row, SessionState, Turn
from octi.web.app import create_app
from octi.web.events import HEARTBEAT_S, POLL_S
from tests.providers import MORNING
from tests.streams import WindowStream
from tests.web.test_sockets import Octi, open_octi
from tests.web.test_transcripts import GAPS, SESSION, TURNS, gap, turn

LIVE = attrs.evolve(SESSION, state=SessionState.LIVE)
ENDED = LIVE.end(at=2.0, by="client", reason="gone")
S = SESSION.id


@attrs.define(eq=False)
class Ear:
    """A client that follows a session."""

    stream: WindowStream
    reader: h11.Connection = attrs.field(factory=lambda: h11.Connection(h11.CLIENT))
    head: h11.Response | None = None
    text: str = ""

    async def ask(self, path: str, **headers: str) -> None:
        said = [("Host", "octi"), *((name.replace("_", "-"), value) for name, value in headers.items())]
        request = self.reader.send(h11.Request(method="GET", target=path, headers=said))
        assert request
        await self.stream.send_all(request + (self.reader.send(h11.EndOfMessage()) or b""))

    async def block(self) -> str | None:
        """What stands before the next empty line; None at the end of the answer."""
        while "\n\n" not in self.text:
            match event := self.reader.next_event():
                case h11.NEED_DATA:
                    self.reader.receive_data(bytes(await self.stream.receive_some()))
                case h11.Response():
                    self.head = event
                case h11.Data():
                    self.text += bytes(event.data).decode()
                case _:
                    return None
        block, _, self.text = self.text.partition("\n\n")
        return block

    async def event(self) -> tuple[str, str, Any] | None:
        """The next event: type, id, data."""
        while (block := await self.block()) is not None:
            fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
            if "event" in fields:
                return fields["event"], fields["id"], msgspec.json.decode(fields["data"])
        return None

    async def rest(self) -> list[tuple[str, str, Any]]:
        """All events until the end."""
        events = []
        while (event := await self.event()) is not None:
            events.append(event)
        return events


@asynccontextmanager
async def following(octi: Octi, path: str = f"/sessions/{S}/events", **headers: str) -> AsyncIterator[Ear]:
    async with octi.connect() as stream:
        ear = Ear(stream)
        await ear.ask(path, **headers)
        yield ear


async def store(octi: Octi, *rows: Row) -> None:
    """Store as a session's recorder does: then whoever follows is woken."""
    await octi.store.save(rows)
    octi.services.live.feed.announce(S)


def words(events: list[tuple[str, str, Any]]) -> list[str]:
    return [data["text"] if kind == "turn" else kind for kind, _, data in events]


async def test_an_ended_session_is_told_whole(autojump_clock: MockClock) -> None:
    """Its turns, its end with who and why, and the answer is over."""
    async with open_octi() as octi:
        await store(octi, ENDED, *TURNS)
        async with following(octi) as ear:
            events = await ear.rest()
        assert trio.current_time() == 0
    assert [(kind, number) for kind, number, _ in events] == [("turn", "1"), ("turn", "2"), ("end", "2-end")]
    assert events[0][2]["item"] == "i0"
    assert events[2][2] == {"endedAt": "1970-01-01T00:00:02.000Z", "endedBy": "client", "endReason": "gone"}


async def test_what_came_of_a_conversation_is_told_among_its_turns(autojump_clock: MockClock) -> None:
    """By its kind, in the order in which it was stored."""
    profile = gap("p", kind=DevelopmentKind.PROFILE, body='{"profile":{"name":{"value":"Anna"}},"changes":[]}')
    text = '{"layers":[],"changed":["note"],"diff":"+Be brief.","text":"Be brief."}'
    instructions = gap("i", kind=DevelopmentKind.INSTRUCTIONS, body=text)
    async with open_octi() as octi:
        await store(octi, ENDED, turn(0), profile, instructions, turn(1), gap("g"))
        async with following(octi) as ear:
            events = await ear.rest()
    kinds = ["turn", "profile", "instructions", "turn", "gap", "end"]
    assert [(kind, number) for kind, number, _ in events] == [*zip(kinds, [*"12345", "5-end"], strict=True)]
    at = "1970-01-01T00:00:03.000Z"
    assert events[1][2] == {"at": at, "profile": {"name": {"value": "Anna"}}, "changes": []}
    assert events[2][2] == {"at": at, "changed": ["note"], "diff": "+Be brief.", "text": "Be brief."}
    assert events[4][2] == {
        "at": at,
        "from": "1970-01-01T00:00:01.000Z",
        "to": "1970-01-01T00:00:02.500Z",
        "why": "the provider was away",
    }


async def test_who_comes_back_goes_on_behind_a_development(autojump_clock: MockClock) -> None:
    """Its id is as good as a turn's."""
    async with open_octi() as octi:
        await store(octi, LIVE, turn(0), *GAPS, turn(1, "là"))
        for known, rest in (("1", ["gap", "gap", "là"]), ("2", ["gap", "là"]), ("3", ["là"])):
            async with following(octi, Last_Event_ID=known) as ear:
                events = [await ear.event() for _ in rest]
                assert words([event for event in events if event]) == rest


async def test_what_comes_after_the_end_is_told_to_whom_comes_back(autojump_clock: MockClock) -> None:
    """A profile may be asked for when all is said, and a session may be taken up again: the end counts as nothing."""
    async with open_octi() as octi:
        await store(octi, ENDED, turn(0))
        async with following(octi) as ear:
            events = await ear.rest()
            assert words(events) == ["bonjour", "end"]
        await store(octi, gap("g"))
        async with following(octi, Last_Event_ID=events[-1][1]) as ear:
            events = await ear.rest()
            assert words(events) == ["gap", "end"]
        client = create_app(octi.services).test_client()
        assert (await client.get(f"/sessions/{S}/events?after={events[-1][1]}")).status_code == 204
        await store(octi, LIVE)
        async with following(octi, Last_Event_ID=events[-1][1]) as ear:
            await ear.block()
            await store(octi, turn(1, "là"), ENDED)
            assert words(await ear.rest()) == ["là", "end"]


async def test_a_development_that_cannot_be_read_ends_the_stream(autojump_clock: MockClock) -> None:
    """As a store that fails: an event that says something else would be worse than none."""
    async with open_octi() as octi:
        await store(octi, LIVE, turn(0), gap("g", body="[]"))
        async with following(octi) as ear:
            assert await ear.rest() == []
        assert len(octi.services.live.feed) == 0


async def test_the_stream_is_one_of_events_and_is_not_kept_by_anyone(autojump_clock: MockClock) -> None:
    """Its head comes at once, before anything happens."""
    async with open_octi() as octi:
        await store(octi, LIVE)
        async with following(octi) as ear:
            assert await ear.block() == "retry: 2000"
            assert trio.current_time() == 0
    assert ear.head is not None
    headers = {name.decode(): value.decode() for name, value in ear.head.headers}
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")


async def test_turns_are_told_as_they_are_stored(autojump_clock: MockClock) -> None:
    """At once, and again when they change."""
    async with open_octi() as octi:
        await store(octi, LIVE)
        async with following(octi) as ear:
            await ear.block()
            for said in (turn(0, "bon"), turn(1), turn(0, "bonsoir")):
                await trio.sleep(0.5)
                await store(octi, said)
                event = await ear.event()
                assert event is not None
                assert event[2]["text"] == said.text
            assert trio.current_time() == 1.5
            await store(octi, ENDED)
            assert words(await ear.rest()) == ["end"]
        assert len(octi.services.live.feed) == 0


async def test_what_another_process_stores_is_found(autojump_clock: MockClock) -> None:
    """Nobody wakes us for it, so we look."""
    async with open_octi() as octi:
        await octi.store.save([LIVE])
        async with following(octi) as ear:
            await ear.block()
            await trio.sleep(0.5)
            await octi.store.save([turn(0), ENDED])
            assert words(await ear.rest()) == ["bonjour", "end"]
        assert trio.current_time() == POLL_S


async def test_a_conversation_is_followed_from_its_words_to_its_end(autojump_clock: MockClock) -> None:
    """The recorder wakes who follows: no turn waits for the next look."""
    async with open_octi(MORNING) as octi, octi.visit("/ws/realtime") as client:
        await client.get_message()
        (record,) = await octi.store.sessions()
        async with following(octi, f"/sessions/{record.id}/events") as ear:
            await ear.block()
            await wait_all_tasks_blocked()
            began = trio.current_time()
            await client.send_message('{"type":"user_text","text":"Hello?"}')
            turns = [await ear.event(), await ear.event()]
            assert words([turn for turn in turns if turn]) == ["Hello?", "Good morning."]
            assert trio.current_time() - began < POLL_S
            await create_app(octi.services).test_client().delete(f"/sessions/{record.id}")
            events = await ear.rest()
    assert events[-1][0] == "end"
    assert events[-1][2]["endedBy"] == "operator"


@pytest.mark.parametrize("by", ["header", "query"])
async def test_a_client_that_comes_back_misses_nothing(by: str, autojump_clock: MockClock) -> None:
    """And hears nothing twice."""
    async with open_octi() as octi:
        await store(octi, LIVE, *TURNS)
        async with following(octi) as ear:
            event = await ear.event()
            assert event is not None
        await store(octi, turn(2, "là"), ENDED)
        path, headers = f"/sessions/{S}/events", {}
        if by == "header":
            headers = {"Last_Event_ID": event[1]}
        else:
            path += f"?after={event[1]}"
        async with following(octi, path, **headers) as ear:
            assert words(await ear.rest()) == ["Où ça ?", "là", "end"]


@pytest.mark.parametrize("turns", [TURNS, []], ids=["talk", "silence"])
async def test_whoever_has_heard_the_end_is_told_not_to_come_back(turns: list[Turn], autojump_clock: MockClock) -> None:
    """204: a browser would ask again every two seconds, for ever."""
    async with open_octi() as octi:
        await store(octi, ENDED, *turns)
        async with following(octi) as ear:
            *before, (_, end, _) = await ear.rest()
        client = create_app(octi.services).test_client()
        assert (await client.get(f"/sessions/{S}/events", headers={"Last-Event-ID": end})).status_code == 204
        for _, number, _ in before:
            async with following(octi, Last_Event_ID=number) as ear:
                assert words(await ear.rest())[-1] == "end"


async def test_a_quiet_stream_is_kept_alive(autojump_clock: MockClock) -> None:
    """A comment every fifteen seconds without a word."""
    async with open_octi() as octi:
        await store(octi, LIVE)
        async with following(octi) as ear:
            await ear.block()
            for beat in (1, 2, 3):
                assert await ear.block() == ":"
                assert trio.current_time() == beat * HEARTBEAT_S
            await trio.sleep(1)
            await store(octi, turn(0))
            assert await ear.event() is not None
            assert await ear.block() == ":"
            assert trio.current_time() == 4 * HEARTBEAT_S + 1


async def test_a_stream_lasts_as_long_as_its_session(autojump_clock: MockClock) -> None:
    """An hour is not too long for an answer."""
    async with open_octi() as octi:
        await store(octi, LIVE)
        async with following(octi) as ear:
            while trio.current_time() < 3600:
                assert await ear.block() is not None


async def test_a_drain_ends_streams_of_what_is_not_here_at_once(autojump_clock: MockClock) -> None:
    """They would hold up octi's own end: of a session that nobody opened yet, or that another octi has."""
    async with open_octi() as octi:
        await store(octi, LIVE)
        async with following(octi) as ear:
            await ear.block()
            await trio.sleep(0.5)
            octi.services.live.draining.set()
            assert await ear.rest() == []
        assert trio.current_time() == 0.5


async def test_who_follows_a_session_hears_of_its_end_in_a_drain(autojump_clock: MockClock) -> None:
    """It may take a while, in which its last turn is stored."""
    async with open_octi() as octi:
        await store(octi, LIVE)
        octi.services.live.enter(LIVE.id)
        async with following(octi) as ear:
            await ear.block()
            octi.services.live.draining.set()
            await trio.sleep(3)
            await store(octi, turn(0))
            await store(octi, LIVE.end(at=5.0, by="octi", reason="octi is restarting"))
            octi.services.live.leave(LIVE.id)
            assert words(await ear.rest()) == ["bonjour", "end"]
        assert trio.current_time() == 3


async def test_a_stream_that_begins_while_octi_drains_tells_what_there_is(autojump_clock: MockClock) -> None:
    """A browser comes back two seconds after each end."""
    async with open_octi() as octi:
        await store(octi, LIVE)
        await store(octi, turn(0))
        octi.services.live.draining.set()
        async with following(octi) as ear:
            assert words(await ear.rest()) == ["bonjour"]
        assert trio.current_time() == 0


async def test_a_client_that_leaves_leaves_nothing_behind(autojump_clock: MockClock) -> None:
    """Nobody is woken for it any more."""
    async with open_octi() as octi:
        await store(octi, LIVE)
        async with following(octi) as ear:
            await ear.block()
            assert len(octi.services.live.feed) == 1
        await trio.sleep(1)
        assert len(octi.services.live.feed) == 0


async def test_a_client_that_does_not_read_is_dropped(autojump_clock: MockClock) -> None:
    """After the time that any answer has."""
    async with open_octi() as octi:
        await store(octi, LIVE, *(turn(position, "x" * 1000) for position in range(200)))
        async with following(octi):
            await wait_all_tasks_blocked()
            assert len(octi.services.live.feed) == 1
            await trio.sleep(WRITE_S + APP_PATIENCE_S + 1)
            assert len(octi.services.live.feed) == 0


async def test_a_store_that_fails_ends_the_stream(autojump_clock: MockClock) -> None:
    """Whole, so that the client comes back by itself."""
    async with open_octi() as octi:
        await store(octi, LIVE)
        async with following(octi) as ear:
            await ear.block()
            octi.store.close()
            assert await ear.rest() == []
        assert len(octi.services.live.feed) == 0


async def test_a_head_is_answered_without_a_stream(autojump_clock: MockClock) -> None:
    """It would never end."""
    async with open_octi() as octi:
        await store(octi, LIVE)
        answer = await create_app(octi.services).test_client().head(f"/sessions/{S}/events")
    assert (answer.status_code, answer.mimetype) == (200, "text/event-stream")


@pytest.mark.parametrize(
    ("path", "headers", "status", "error"),
    [
        ("nobody", {}, 404, "Unknown sessionId"),
        ("s", {"Last-Event-ID": "x"}, 400, "Last-Event-ID: must be a cursor that an earlier answer gave"),
        ("s", {"Last-Event-ID": "-end"}, 400, "Last-Event-ID: must be a cursor that an earlier answer gave"),
        ("s?after=1-END", {}, 400, "after: must be a cursor that an earlier answer gave"),
        ("s?after=x", {}, 400, "after: must be a cursor that an earlier answer gave"),
    ],
)
async def test_what_cannot_be_followed_is_told_so(
    path: str, headers: dict[str, str], status: int, error: str, autojump_clock: MockClock
) -> None:
    """Before any stream begins."""
    name, _, query = path.partition("?")
    async with open_octi() as octi:
        await store(octi, LIVE)
        client = create_app(octi.services).test_client()
        answer = await client.get(f"/sessions/{name}/events?{query}", headers=headers)
        assert answer.status_code == status
        assert (await answer.get_json())["error"] == error
