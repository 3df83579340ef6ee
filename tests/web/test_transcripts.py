"""`/sessions/{id}/transcript`: what was said, in each format, and what is new."""

from typing import Any

import attrs
import pytest
from quart.wrappers import Response

from octi.records import Development, DevelopmentKind, Role, SessionRecord, Turn
from octi.services import Services
from octi.store.transcripts import as_jsonl, as_srt, as_text
from octi.units import ItemId, Milliseconds, SessionId
from octi.web.app import create_app
from tests.web.test_sockets import services_with

SESSION = SessionRecord(id=SessionId("s"), door="octi", upstream="u", model="m", voice="v", created_at=1.0)


def turn(position: int, text: str = "bonjour", **changes: Any) -> Turn:
    said = Turn(
        session=SessionId("s"),
        item=ItemId(f"i{position}"),
        position=position,
        role=Role.USER,
        text=text,
        start_ms=Milliseconds(position * 1000),
        end_ms=Milliseconds(position * 1000 + 900),
    )
    return attrs.evolve(said, **changes)


def gap(name: str, **changes: Any) -> Development:
    body = '{"from":1.0,"to":2.5,"why":"the provider was away"}'
    fresh = Development(session=SessionId("s"), id=name, kind=DevelopmentKind.GAP, at=3.0, body=body)
    return attrs.evolve(fresh, **changes)


GAPS = [gap("g0"), gap("g1")]
TURNS = [turn(0), turn(1, "Où ça ?", role=Role.ASSISTANT, interrupted=True)]


async def services_over(*turns: Turn) -> Services:
    services = services_with()
    await services.store.save([SESSION, *turns])
    return services


async def answer_of(services: Services, query: str = "", accept: str | None = None) -> Response:
    headers = {} if accept is None else {"Accept": accept}
    answer = await create_app(services).test_client().get(f"/sessions/s/transcript{query}", headers=headers)
    assert isinstance(answer, Response)
    return answer


async def json_of(services: Services, query: str = "") -> Any:
    return await (await answer_of(services, query)).get_json()


async def test_a_transcript_is_json_by_default() -> None:
    """By position, however it was stored."""
    body = await json_of(await services_over(*reversed(TURNS)))
    assert [(said["position"], said["text"], said["role"], said["interrupted"]) for said in body["turns"]] == [
        (0, "bonjour", "user", False),
        (1, "Où ça ?", "assistant", True),
    ]
    assert body.keys() == {"turns", "cursor"}
    assert isinstance(body["cursor"], str)


async def test_a_cursor_leads_to_what_is_new() -> None:
    """Turns that were added or changed, not those that were known; then nothing, with a cursor that stays."""
    services = await services_over(*TURNS)
    known = (await json_of(services))["cursor"]
    await services.store.save([turn(2, "là"), turn(0, "bonsoir")])
    body = await json_of(services, f"?after={known}")
    assert [(said["item"], said["text"]) for said in body["turns"]] == [("i0", "bonsoir"), ("i2", "là")]
    later = await json_of(services, f"?after={body['cursor']}")
    assert later == {"turns": [], "cursor": body["cursor"]}


async def test_a_transcript_holds_turns_alone() -> None:
    """What else came of the conversation is passed over, and its cursor with it: it is not asked for again."""
    services = await services_over(*TURNS)
    known = (await json_of(services))["cursor"]
    await services.store.save([turn(2, "là"), *GAPS])
    body = await json_of(services, f"?after={known}")
    assert [said["item"] for said in body["turns"]] == ["i2"]
    last = (await services.store.changes(SESSION.id))[-1]
    assert (last.row, str(last.revision)) == (GAPS[-1], body["cursor"])
    assert await json_of(services, f"?after={body['cursor']}") == {"turns": [], "cursor": body["cursor"]}
    assert len((await json_of(services))["turns"]) == 3


async def test_a_session_in_which_nothing_was_said_has_a_cursor_too() -> None:
    """For what comes."""
    services = await services_over()
    body = await json_of(services)
    assert body["turns"] == []
    await services.store.save(TURNS)
    assert len((await json_of(services, f"?after={body['cursor']}"))["turns"]) == 2


@pytest.mark.parametrize(
    ("query", "accept", "kind", "text"),
    [
        ("?format=text", None, "text/plain", as_text([(SESSION, TURNS)])),
        ("?format=srt", None, "application/x-subrip", as_srt([(SESSION, TURNS)])),
        ("?format=jsonl", None, "application/jsonl", as_jsonl([(SESSION, TURNS)])),
        ("", "text/plain", "text/plain", as_text([(SESSION, TURNS)])),
        ("", "application/x-subrip", "application/x-subrip", as_srt([(SESSION, TURNS)])),
        ("", "application/x-ndjson", "application/jsonl", as_jsonl([(SESSION, TURNS)])),
        ("?format=text", "application/json", "text/plain", as_text([(SESSION, TURNS)])),
    ],
)
async def test_a_transcript_comes_in_the_format_that_was_asked_for(
    query: str, accept: str | None, kind: str, text: str
) -> None:
    """By the query, or else by `Accept`; the same words as `octi transcripts` prints."""
    answer = await answer_of(await services_over(*TURNS), query, accept)
    assert answer.content_type == f"{kind}; charset=utf-8"
    assert await answer.get_data(as_text=True) == text


@pytest.mark.parametrize(
    ("query", "accept"),
    [
        ("?format=json", "text/plain"),
        ("", "*/*"),
        ("", "text/html,*/*;q=0.8"),
        ("", "image/png"),
        ("", "text/plain;q=0"),
    ],
)
async def test_whoever_takes_anything_gets_json(query: str, accept: str) -> None:
    """And whoever takes nothing that octi has."""
    answer = await answer_of(await services_over(*TURNS), query, accept)
    assert (answer.status_code, answer.content_type, answer.headers["Vary"]) == (200, "application/json", "Accept")


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("?format=pdf", "format: must be one of json, text, srt, jsonl"),
        ("?after=-1", "after: must be a cursor that an earlier answer gave"),
        ("?format=srt&after=1", "after: is for format=json alone"),
    ],
)
async def test_what_cannot_be_asked_is_named(query: str, error: str) -> None:
    """400."""
    answer = await answer_of(await services_over(), query)
    assert answer.status_code == 400
    assert (await answer.get_json())["error"] == error


@pytest.mark.parametrize("query", ["", "?format=text"])
async def test_an_unknown_session_has_no_transcript(query: str) -> None:
    """404, not an empty one."""
    answer = await create_app(services_with()).test_client().get(f"/sessions/s/transcript{query}")
    assert answer.status_code == 404
    assert await answer.get_json() == {"error": "Unknown sessionId"}
