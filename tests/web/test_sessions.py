"""`/sessions`: pages, one session, and its end."""

from collections.abc import Sequence
from typing import Any

import attrs
import msgspec
import pytest
import trio
from trio.testing import MockClock

from octi.errors import StoreFailed
from octi.records import Row, SessionRecord, SessionState
from octi.services import Services
from octi.store.memory import MemoryStore
from octi.units import SessionId
from octi.web.app import create_app
from octi.web.sessions import ENDING_S
from tests.web.test_sockets import Octi, end_of, open_octi, services_with


def session(name: str = "s", **changes: Any) -> SessionRecord:
    fresh = SessionRecord(id=SessionId(name), door="octi", upstream="u", model="m", voice="v", created_at=1.0)
    return attrs.evolve(fresh, **changes)


async def services_over(*rows: Row) -> Services:
    services = services_with()
    await services.store.save(rows)
    return services


async def asked(services: Services, path: str, method: str = "GET") -> tuple[int, Any]:
    """Status and body of an answer."""
    client = create_app(services).test_client()
    answer = await (client.delete if method == "DELETE" else client.get)(path)
    return answer.status_code, await answer.get_json()


def ids(page: dict[str, Any]) -> list[str]:
    return [shown["id"] for shown in page["sessions"]]


# Read


async def test_a_node_without_sessions_has_an_empty_page() -> None:
    """And nothing after it."""
    assert await asked(await services_over(), "/sessions") == (200, {"sessions": [], "next": None})


async def test_sessions_are_listed_newest_first() -> None:
    """Fifty a page, if nobody says otherwise."""
    services = await services_over(*(session(f"{number:02}", created_at=float(number)) for number in range(51)))
    _, page = await asked(services, "/sessions")
    assert ids(page) == [f"{number:02}" for number in range(50, 0, -1)]
    _, page = await asked(services, f"/sessions?after={page['next']}")
    assert (ids(page), page["next"]) == (["00"], None)


async def test_a_last_page_that_is_full_says_that_it_is_the_last() -> None:
    """Nobody needs to ask for an empty one."""
    services = await services_over(session("a"), session("b"))
    assert (await asked(services, "/sessions?limit=2"))[1]["next"] is None
    assert (await asked(services, "/sessions?limit=1"))[1]["next"] is not None


async def test_sessions_that_begin_meanwhile_do_not_shift_the_pages() -> None:
    """A page goes on where the last one ended."""
    services = await services_over(session("a"), session("b"))
    _, page = await asked(services, "/sessions?limit=1")
    await services.store.save([session("new", created_at=9.0)])
    _, page = await asked(services, f"/sessions?limit=1&after={page['next']}")
    assert ids(page) == ["a"]


async def test_sessions_are_listed_by_state() -> None:
    """One of the three."""
    services = await services_over(
        session("c"), session("l", state=SessionState.LIVE), session("e").end(at=2.0, by="client", reason="gone")
    )
    for state, name in (("created", "c"), ("live", "l"), ("ended", "e")):
        assert ids((await asked(services, f"/sessions?state={state}"))[1]) == [name]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=", "limit"),
        ("state=asleep", "state"),
        ("after=x", "after"),
    ],
)
async def test_what_cannot_be_asked_is_named(query: str, field: str) -> None:
    """400."""
    status, body = await asked(await services_over(), f"/sessions?{query}")
    assert (status, body["code"]) == (400, "invalid_request")
    assert body["error"].startswith(f"{field}: ")


async def test_a_session_is_shown_by_its_id() -> None:
    """As in the list."""
    services = await services_over(session())
    status, shown = await asked(services, "/sessions/s")
    assert (status, shown["id"], shown["state"], shown["createdAt"]) == (
        200,
        "s",
        "created",
        "1970-01-01T00:00:01.000Z",
    )
    assert (await asked(services, "/sessions"))[1]["sessions"] == [shown]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_an_unknown_session_is_not_found(method: str) -> None:
    """In the origin's words, and nothing but these."""
    assert await asked(await services_over(), "/sessions/nobody", method) == (404, {"error": "Unknown sessionId"})


# End


async def ended(octi: Octi, session_id: str) -> tuple[int, Any]:
    return await asked(octi.services, f"/sessions/{session_id}", "DELETE")


async def only_session(octi: Octi) -> SessionRecord:
    (record,) = await octi.store.sessions()
    return record


async def test_an_operator_ends_a_session(autojump_clock: MockClock) -> None:
    """The client is told, with a code after which it does not come back; the answer is how it was stored."""
    async with open_octi() as octi, octi.visit("/ws/realtime") as client, trio.open_nursery() as nursery:
        await client.get_message()
        told: list[object] = []

        async def listen() -> None:
            told.append(await end_of(client))

        nursery.start_soon(listen)
        status, shown = await ended(octi, (await only_session(octi)).id)
        assert (status, shown["state"], shown["endedBy"]) == (200, "ended", "operator")
        assert shown["endReason"] == "ended by an operator"
        assert (await only_session(octi)).ended_by == "operator"
        assert len(octi.services.live) == 0
    assert told == [(1000, "ended by an operator")]


async def test_ending_one_session_leaves_the_others(autojump_clock: MockClock) -> None:
    """They are not told anything."""
    async with open_octi() as octi, octi.visit("/ws/realtime") as one, octi.visit("/v1/realtime") as other:
        await one.get_message()
        await other.get_message()
        records = {record.door: record for record in await octi.store.sessions()}
        await ended(octi, records["octi"].id)
        assert (await end_of(one))[0] == 1000
        assert records["realtime"].id in octi.services.live
        assert other.closed is None


async def test_ending_twice_is_ending_once(autojump_clock: MockClock) -> None:
    """200 with the record, however it had ended."""
    services = await services_over(session().end(at=2.0, by="client", reason="gone"))
    for _ in range(2):
        status, shown = await asked(services, "/sessions/s", "DELETE")
        assert (status, shown["endedBy"], shown["endReason"]) == (200, "client", "gone")


async def test_two_may_end_a_session_at_once(autojump_clock: MockClock) -> None:
    """Both are told the same."""
    answers: list[tuple[int, Any]] = []
    async with open_octi() as octi, octi.visit("/ws/realtime") as client:
        await client.get_message()
        record = await only_session(octi)

        async def end() -> None:
            answers.append(await ended(octi, record.id))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(end)
            nursery.start_soon(end)
    assert answers[0] == answers[1]
    assert answers[0][0] == 200


@pytest.mark.parametrize(
    ("state", "reason"),
    [(SessionState.LIVE, "no session of that name ran in this octi"), (SessionState.CREATED, "before it began")],
)
async def test_a_session_that_nobody_runs_is_marked(state: SessionState, reason: str) -> None:
    """As a killed octi leaves it; reading alone does not touch it, for another process may run it."""
    services = await services_over(session(state=state))
    assert (await asked(services, "/sessions/s"))[1]["state"] == state.value
    status, shown = await asked(services, "/sessions/s", "DELETE")
    assert (status, shown["state"], shown["endedBy"]) == (200, "ended", "operator")
    assert reason in shown["endReason"]
    assert (await asked(services, "/sessions/s"))[1] == shown


async def test_an_end_that_takes_long_is_told_later(autojump_clock: MockClock) -> None:
    """202 after a while, with the session as it stands."""
    services = await services_over(session(state=SessionState.LIVE))
    services.live.enter(SessionId("s"))
    status, shown = await asked(services, "/sessions/s", "DELETE")
    assert (status, shown["state"], trio.current_time()) == (202, "live", ENDING_S)


async def test_a_session_whose_end_was_not_stored_is_marked(autojump_clock: MockClock) -> None:
    """The store was away for longer than the session could wait."""

    @attrs.define(eq=False)
    class Forgetful(MemoryStore):
        until: float = 10.0

        async def save(self, rows: Sequence[Row]) -> None:
            if trio.current_time() < self.until and any(
                isinstance(row, SessionRecord) and row.ended_by for row in rows
            ):
                await trio.lowlevel.checkpoint()
                raise StoreFailed("away")
            await super().save(rows)

    async with open_octi() as octi:
        store = Forgetful()
        octi.services = attrs.evolve(octi.services, store=store)
        async with octi.visit("/ws/realtime") as client:
            await client.get_message()
            record = await only_session(octi)
            store.until = trio.current_time() + 5.0
            status, shown = await ended(octi, record.id)
        assert (status, shown["endedBy"], shown["endReason"]) == (200, "operator", "ended by an operator")


async def test_a_store_that_fails_is_said_so() -> None:
    """503, from the table."""
    services = await services_over()
    store = services.store
    assert isinstance(store, MemoryStore)
    store.close()
    for path in ("/sessions", "/sessions/s"):
        status, body = await asked(services, path)
        assert (status, body["code"]) == (503, "store_failed")


async def test_answers_are_json(autojump_clock: MockClock) -> None:
    """As everything here."""
    answer = await create_app(await services_over(session(model="modèle"))).test_client().get("/sessions/s")
    assert answer.content_type == "application/json"
    assert msgspec.json.decode(await answer.get_data())["model"] == "modèle"
