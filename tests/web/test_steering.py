"""What steers one session over HTTP."""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from octi.errors import ExtractionFailed, NothingSaid, Stopping, StoreFailed, UpstreamBusy
from octi.records import Development, DevelopmentKind, SessionState
from octi.units import SessionId
from octi.web.steering import LONGEST_NOTE
from tests.web.standins import StandIn, session

ROUTES = ("/sessions/s/instructions", "/sessions/s/extract", "/sessions/s/heartbeat")


@pytest.mark.parametrize("note", ["Offer tea.", ""])
async def test_an_operator_leaves_a_note(note: str) -> None:
    """And sees what the agent is told now; an empty one takes it away."""
    node = await StandIn().holding("s")
    status, said, _ = await node.post("/sessions/s/instructions", {"note": note})
    assert (status, said["changed"], said["pushed"]) == (200, ["note"], False)
    assert said["instructions"]["text"] == "Be octi.\n\nIt is Ana."
    assert said["instructions"]["layers"][0] == {"name": "base", "version": 1, "text": "Be octi."}
    assert node.steering.calls_of("note") == [("s", note)]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (None, "note: is required"),
        ({"note": None}, "note: must be a string"),
        ({"note": "x" * (LONGEST_NOTE + 1)}, f"note: must be a string of at most {LONGEST_NOTE} characters"),
        ([], "the body must be an object"),
    ],
)
async def test_a_note_is_a_text(body: object, said: str) -> None:
    """Of so many characters."""
    status, answer, _ = await (await StandIn().holding("s")).post("/sessions/s/instructions", body)
    assert (status, answer) == (400, {"error": said, "code": "invalid_request"})


async def test_how_a_profile_came_about_can_be_read() -> None:
    """Every change in its order, with its kind; the layers' whole texts are not told twice."""
    node = await StandIn().holding("s")
    told = {"layers": [], "changed": ["base"], "diff": "+ Be octi.", "text": "Be octi."}
    found = {"profile": {}, "changes": [{"field": "income", "old": None, "new": 3000}]}
    bodies = [("instructions", told), ("profile", found), ("gap", {"from": 5.0, "to": 6.5, "why": "away"})]
    for number, (kind, body) in enumerate(bodies):
        text, at = msgspec.json.encode(body).decode(), float(number)
        row = Development(session=SessionId("s"), id=str(number), kind=DevelopmentKind(kind), at=at, body=text)
        await node.store.save([row])
    status, said, _ = await node.get("/sessions/s/history")
    assert status == 200
    instructions, profile, gap = said["history"]
    assert instructions == {
        "type": "instructions",
        "at": "1970-01-01T00:00:00.000Z",
        "changed": ["base"],
        "diff": "+ Be octi.",
        "text": "Be octi.",
    }
    assert (profile["type"], profile["changes"]) == ("profile", found["changes"])
    assert (gap["from"], gap["to"]) == ("1970-01-01T00:00:05.000Z", "1970-01-01T00:00:06.500Z")


async def test_a_session_that_is_not_there_has_no_history() -> None:
    assert (await StandIn().get("/sessions/nobody/history"))[0] == 404


async def test_a_profile_is_extracted_with_its_evidence() -> None:
    """And what it changed."""
    node = await StandIn().holding("s")
    status, said, _ = await node.post("/sessions/s/extract")
    assert (status, said["profile"], said["changed"], said["pushed"]) == (200, {"first_name": "Ana"}, ["profile"], True)
    assert said["evidence"] == {"first_name": {"value": "Ana"}}
    assert "layers" in said["instructions"]


@pytest.mark.parametrize(
    ("error", "status", "code", "wait"),
    [
        (NothingSaid(), 400, "no_transcript", None),
        (ExtractionFailed("p", "no", "refusal"), 502, "extraction_failed", None),
        (UpstreamBusy("p", "slow", 4.0), 429, "rate_limited", "4"),
        (StoreFailed("away"), 503, "store_failed", None),
        (Stopping(), 503, "restarting", "5"),
    ],
)
async def test_an_extraction_that_fails_says_why(error: Exception, status: int, code: str, wait: str | None) -> None:
    """From the table."""
    node = (await StandIn().holding("s")).failing(extract=error)
    answered, said, headers = await node.post("/sessions/s/extract")
    assert (answered, said, headers.get("Retry-After")) == (status, {"error": str(error), "code": code}, wait)


async def test_a_client_says_that_it_is_there() -> None:
    """Heard by the session, if that is here; and no harm before it is."""
    node = await StandIn().holding("s")
    assert (await node.post("/sessions/s/heartbeat"))[0] == 204
    node.live.enter(SessionId("s"))
    assert (await node.post("/sessions/s/heartbeat"))[0] == 204
    assert node.live.last_beat(SessionId("s")) is not None


async def test_the_client_of_a_session_that_is_over_may_stop() -> None:
    """410; but one that may be taken up again is not over."""
    node = StandIn()
    await node.store.save([session(state=SessionState.ENDED)])
    status, said, _ = await node.post("/sessions/s/heartbeat")
    assert (status, said["code"]) == (410, "session_closed")
    await node.store.save([session(state=SessionState.ENDED, resumable=True)])
    assert (await node.post("/sessions/s/heartbeat"))[0] == 204


@pytest.mark.parametrize("path", ROUTES)
async def test_an_unknown_session_is_not_found(path: str) -> None:
    """In the origin's words."""
    assert (await StandIn().post(path, {"note": ""}))[:2] == (404, {"error": "Unknown sessionId"})


@pytest.mark.parametrize("path", ROUTES)
@given(body=st.binary(max_size=64) | st.dictionaries(st.just("note"), st.text() | st.integers() | st.none()))
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_body_whatever_is_octis_fault(path: str, body: Any) -> None:
    """It is served, or refused as the client's."""
    assert (await (await StandIn().holding("s")).post(path, body))[0] in {200, 204, 400}
