"""`/sessions`: pages, a new one, one of them, and its end."""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from octi.errors import StoreFailed, UpstreamBusy, UpstreamLost
from octi.extraction.schema import DEFAULT_SCHEMA
from octi.records import Extraction, Row, SessionState
from octi.web.sessions import LARGEST_SCHEMA
from tests.web.standins import StandIn, session


async def node_with(*rows: Row) -> StandIn:
    node = StandIn()
    await node.store.save(rows)
    return node


async def asked(node: StandIn, path: str, method: str = "GET") -> tuple[int, Any]:
    """Status and body of an answer."""
    answer = await (node.client.delete if method == "DELETE" else node.client.get)(path)
    return answer.status_code, await answer.get_json()


def ids(page: dict[str, Any]) -> list[str]:
    return [shown["id"] for shown in page["sessions"]]


# Read


async def test_a_node_without_sessions_has_an_empty_page() -> None:
    """And nothing after it."""
    assert await asked(await node_with(), "/sessions") == (200, {"sessions": [], "next": None})


async def test_sessions_are_listed_newest_first() -> None:
    """Fifty a page, if nobody says otherwise."""
    node = await node_with(*(session(f"{number:02}", created_at=float(number)) for number in range(51)))
    _, page = await asked(node, "/sessions")
    assert ids(page) == [f"{number:02}" for number in range(50, 0, -1)]
    _, page = await asked(node, f"/sessions?after={page['next']}")
    assert (ids(page), page["next"]) == (["00"], None)


async def test_a_last_page_that_is_full_says_that_it_is_the_last() -> None:
    """Nobody needs to ask for an empty one."""
    node = await node_with(session("a"), session("b"))
    assert (await asked(node, "/sessions?limit=2"))[1]["next"] is None
    assert (await asked(node, "/sessions?limit=1"))[1]["next"] is not None


async def test_sessions_that_begin_meanwhile_do_not_shift_the_pages() -> None:
    """A page goes on where the last one ended."""
    node = await node_with(session("a"), session("b"))
    _, page = await asked(node, "/sessions?limit=1")
    await node.store.save([session("new", created_at=9.0)])
    _, page = await asked(node, f"/sessions?limit=1&after={page['next']}")
    assert ids(page) == ["a"]


async def test_sessions_are_listed_by_state() -> None:
    """One of the three."""
    node = await node_with(
        session("c"), session("l", state=SessionState.LIVE), session("e").end(at=2.0, by="client", reason="gone")
    )
    for state, name in (("created", "c"), ("live", "l"), ("ended", "e")):
        assert ids((await asked(node, f"/sessions?state={state}"))[1]) == [name]


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
    status, body = await asked(await node_with(), f"/sessions?{query}")
    assert (status, body["code"]) == (400, "invalid_request")
    assert body["error"].startswith(f"{field}: ")


async def test_a_session_is_shown_by_its_id() -> None:
    """As in the list, and with all that is known of its user, and what its agent is told."""
    node = await node_with(session())
    status, shown = await asked(node, "/sessions/s")
    assert (status, shown["id"], shown["state"], shown["createdAt"]) == (
        200,
        "s",
        "created",
        "1970-01-01T00:00:01.000Z",
    )
    assert shown.pop("profile") == {"first_name": None, "last_name": None, "income": None}
    assert shown.pop("evidence") == {}
    assert (shown.pop("cost"), shown.pop("currency")) == (None, "USD")
    instructions = shown.pop("instructions")
    assert instructions["text"] == "Be octi.\n\nIt is Ana."
    assert [(layer["name"], layer["version"]) for layer in instructions["layers"]] == [
        ("base", 1),
        ("session", 0),
        ("profile", 1),
        ("history", 0),
        ("note", 0),
    ]
    assert (await asked(node, "/sessions"))[1]["sessions"] == [shown]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_an_unknown_session_is_not_found(method: str) -> None:
    """In the origin's words, and nothing but these."""
    assert await asked(await node_with(), "/sessions/nobody", method) == (404, {"error": "Unknown sessionId"})


# Make


@pytest.mark.parametrize("body", [None, {}, {"colour": "red", "model": None}])
async def test_a_session_is_made(body: object) -> None:
    """201, where it is, and a secret that opens it: octi's own, for a client that speaks to octi."""
    node = StandIn()
    status, shown, headers = await node.post("/sessions", body)
    assert (status, headers["Location"], headers["Cache-Control"]) == (201, "/sessions/s-1", "no-store")
    assert (shown["id"], shown["state"], shown["clientSecret"], shown["expiresAt"]) == ("s-1", "created", "ek_1", 600)
    ((wish,),) = node.directory.calls_of("make")
    assert (wish.door, wish.transcribe, wish.text_only, wish.extraction, wish.schema) == ("http", True, False, None, "")
    assert node.directory.calls_of("mint") == [("s-1", {}, False, {})]


async def test_a_session_is_made_as_it_is_wanted() -> None:
    """Every field."""
    node = await node_with(session("old"))
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    body = {
        "model": "m",
        "voice": "marin",
        "language": "fr",
        "instructions": "Be brief.",
        "schema": schema,
        "extraction": "turns",
        "transcribe": False,
        "direct": True,
        "previousSessionId": "old",
    }
    assert (await node.post("/sessions", body))[0] == 201
    ((wish,),) = node.directory.calls_of("make")
    assert (wish.model, wish.voice, wish.language, wish.instructions) == ("m", "marin", "fr", "Be brief.")
    assert (wish.extraction, wish.transcribe, msgspec.json.decode(wish.schema)) == (Extraction.TURNS, False, schema)
    assert node.directory.calls_of("mint") == [("s-1", {}, True, {})]
    assert node.directory.calls_of("close") == [("old",)]


async def test_a_session_may_be_written() -> None:
    """And then it has no voice."""
    node = StandIn()
    await node.post("/sessions", {"textOnly": True})
    assert node.directory.calls_of("make")[0][0].text_only
    status, said, _ = await node.post("/sessions", {"textOnly": True, "voice": "marin"})
    assert (status, said["error"]) == (400, "textOnly: cannot go with a voice; leave one of the two out")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"model": 7}, "model: must be a string, or left out"),
        ({"voice": "v" * 257}, "voice: must be a string of at most 256 characters"),
        ({"language": "French"}, "language: must be a language's code"),
        ({"instructions": "x" * 32_001}, "instructions: must be a string of at most 32000 characters"),
        ({"extraction": "never"}, "extraction: must be one of request, tool, turns"),
        ({"transcribe": "yes"}, "transcribe: must be true or false, or left out"),
        ({"schema": []}, "schema: must be an object, or left out"),
        ({"schema": {"properties": {}}}, "schema.properties: must have 1 to 32 properties, not 0"),
        ({"schema": {"properties": {"a": {"type": "date"}}}}, "schema.properties.a"),
        (
            {"schema": {"properties": {"a": {"type": "string", "title": "x" * LARGEST_SCHEMA}}}},
            f"schema: must have at most {LARGEST_SCHEMA} bytes",
        ),
        ([], "the body must be an object"),
        (b"{", "the body must be a JSON object"),
    ],
)
async def test_a_mistake_in_what_is_wanted_is_named(body: object, said: str) -> None:
    """400, with the field and its limit; and nothing is made."""
    node = StandIn()
    status, answer, _ = await node.post("/sessions", body)
    assert (status, answer["code"]) == (400, "invalid_request")
    assert answer["error"].startswith(said)
    assert node.directory.asked == []


async def test_the_default_schema_is_one_that_may_be_asked_for() -> None:
    """In the strict form as well."""
    assert (await StandIn().post("/sessions", {"schema": DEFAULT_SCHEMA.strict()}))[0] == 201


async def test_a_provider_that_mints_nothing_leaves_no_session() -> None:
    """The one that was made is closed."""
    node = StandIn().failing(mint=UpstreamLost("p", "gone"))
    status, said, _ = await node.post("/sessions", {"direct": True})
    assert (status, said["code"]) == (502, "upstream_lost")
    assert node.directory.calls_of("close") == [("s-1",)]
    status, _, headers = await StandIn().failing(mint=UpstreamBusy("p", "slow", 2.0)).post("/sessions")
    assert (status, headers["Retry-After"]) == (429, "2")


async def test_nothing_is_made_while_octi_drains() -> None:
    """503, and when to come back."""
    node = StandIn()
    node.live.draining.set()
    status, said, headers = await node.post("/sessions")
    assert (status, said["code"], headers["Retry-After"]) == (503, "restarting", "5")
    assert node.directory.asked == []


@given(
    body=st.binary(max_size=64)
    | st.dictionaries(
        st.sampled_from(["model", "voice", "language", "schema", "extraction", "textOnly", "previousSessionId"]),
        st.none() | st.booleans() | st.integers() | st.text() | st.dictionaries(st.text(), st.text(), max_size=2),
        max_size=4,
    )
)
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_body_whatever_is_octis_fault(body: Any) -> None:
    """It is served, or refused as the client's."""
    assert (await StandIn().post("/sessions", body))[0] in {201, 400}


# End


async def test_an_operator_ends_a_session() -> None:
    """With how it was stored."""
    node = await node_with(session(state=SessionState.LIVE))
    status, shown = await asked(node, "/sessions/s", "DELETE")
    assert (status, shown["state"], shown["endedBy"]) == (200, "ended", "operator")
    assert node.directory.calls_of("end") == [("s",)]


async def test_an_end_that_takes_long_is_told_later() -> None:
    """202, with the session as it stands."""
    node = await node_with(session(state=SessionState.LIVE))
    node.directory.over = False
    status, shown = await asked(node, "/sessions/s", "DELETE")
    assert (status, shown["state"]) == (202, "live")


async def test_a_session_may_end_while_octi_drains() -> None:
    """All of them do."""
    node = await node_with(session())
    node.live.draining.set()
    assert (await asked(node, "/sessions/s", "DELETE"))[0] == 200


async def test_a_store_that_fails_is_said_so() -> None:
    """503, from the table."""
    node = (await node_with(session())).failing(make=StoreFailed("away"))
    assert (await node.post("/sessions"))[:2] == (503, {"error": "the store failed: away", "code": "store_failed"})
    node.store.close()
    for path in ("/sessions", "/sessions/s"):
        status, body = await asked(node, path)
        assert (status, body["code"]) == (503, "store_failed")


async def test_answers_are_json() -> None:
    """As everything here."""
    answer = await (await node_with(session(model="modèle"))).client.get("/sessions/s")
    assert answer.content_type == "application/json"
    assert msgspec.json.decode(await answer.get_data())["model"] == "modèle"
