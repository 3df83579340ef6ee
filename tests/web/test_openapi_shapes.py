"""The declared shapes: real answers of a node in memory are what the table says of them, field by field."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from octi.extraction.profile import Evidence, Known, Profile, profile_json
from octi.records import (
    CallStatus,
    Development,
    DevelopmentKind,
    FunctionCall,
    Role,
    SessionState,
    Transcription,
    Turn,
    UsageKind,
    UsageRecord,
)
from octi.units import ItemId, Milliseconds, SessionId
from octi.web.census import census_of
from octi.web.openapi_routes import ROUTES
from octi.web.openapi_terms import JSON, Route
from tests.web.standins import SDP, StandIn, session

S = SessionId("s")
BY_NAME = {route.name: route for route in ROUTES}
PROFILE = '{"profile": {}, "changes": []}'
INSTRUCTIONS = '{"changed": ["note"], "diff": "+ a", "text": "a"}'
VERDICT = '{"item": "i", "side": "user", "action": "block", "by": "rules", "reason": "", "failed": ""}'
RECORDING = '{"state": "incomplete", "why": "the disk was full"}'
GAP = '{"from": 1.0, "to": 2.0, "why": "the provider hung up"}'


def developments() -> list[Development]:
    bodies = {
        DevelopmentKind.PROFILE: PROFILE,
        DevelopmentKind.INSTRUCTIONS: INSTRUCTIONS,
        DevelopmentKind.GAP: GAP,
        DevelopmentKind.RECORDING: RECORDING,
        DevelopmentKind.VERDICT: VERDICT,
    }
    return [Development(id=f"d-{kind}", session=S, kind=kind, at=1.0, body=body) for kind, body in bodies.items()]


async def node() -> StandIn:
    """With one session in which everything has happened, and another that goes on."""
    made = StandIn()
    turn = Turn(
        session=S,
        item=ItemId("i"),
        role=Role.USER,
        text="Hi.",
        position=0,
        start_ms=Milliseconds(0),
        end_ms=Milliseconds(9),
        interrupted=False,
        said_at=1.0,
        transcription=Transcription.DONE,
    )
    call = FunctionCall(
        session=S,
        item=ItemId("j"),
        position=0,
        turns_before=1,
        call_id="c",
        name="f",
        arguments="{}",
        status=CallStatus.COMPLETED,
        called_at=1.0,
    )
    used = UsageRecord(session=S, kind=UsageKind.RESPONSE, id="r", status="completed", usage='{"total_tokens": 1}')
    made.steering.known = profile_json(Profile({"first_name": Known("Ana", Evidence(ItemId("i"), "I am Ana", 1.0))}))
    await made.store.save([session("s"), session("t", state=SessionState.LIVE), turn, call, used, *developments()])
    return made


# By the route's name: what is sent, and the status of the answer.
ASKED: Mapping[str, tuple[str, Any, int]] = {
    "front": ("/", None, 200),
    "health": ("/health", None, 200),
    "alive": ("/livez", None, 200),
    "ready": ("/readyz", None, 200),
    "census": ("/debug/census", None, 403),
    "openapi": ("/openapi.json", None, 200),
    "sessions": ("/sessions?limit=1", None, 200),
    "new_session": ("/sessions", {"voice": "alloy"}, 201),
    "session": ("/sessions/s", None, 200),
    "transcript": ("/sessions/s/transcript", None, 200),
    "calls": ("/sessions/s/calls", None, 200),
    "usage": ("/sessions/s/usage", None, 200),
    "history": ("/sessions/s/history", None, 200),
    "instructions": ("/sessions/s/instructions", {"note": "Be brief."}, 200),
    "extract": ("/sessions/s/extract", None, 200),
    "heartbeat": ("/sessions/t/heartbeat", None, 204),
    "client_secrets": ("/v1/realtime/client_secrets", {"session": {"type": "realtime"}}, 200),
    "new_call": ("/v1/realtime/calls", SDP.encode(), 201),
    "hangup": ("/v1/realtime/calls/rtc_1/hangup", None, 200),
    "accept": ("/v1/realtime/calls/rtc_1/accept", {"type": "realtime"}, 200),
    "reject": ("/v1/realtime/calls/rtc_1/reject", None, 200),
    "refer": ("/v1/realtime/calls/rtc_1/refer", {"target_uri": "tel:+14155550123"}, 200),
    "token": ("/token", {"voice": "alloy"}, 200),
    "new_call_session": ("/session", {"voice": "alloy"}, 200),
    "attach": ("/session/call", {"sessionId": "t", "callId": "rtc_1"}, 200),
    "renew": ("/session/renew", {"sessionId": "t"}, 200),
    "close": ("/session/close", {"sessionId": "t"}, 200),
    "read": ("/extract-profile", {"sessionId": "s"}, 200),
    "ephemeral": ("/api/session", None, 200),
    "secret": ("/api/client-secret", None, 200),
}


async def answer_of(made: StandIn, route: Route, path: str, body: Any) -> Any:
    """Of a request as the table describes it."""
    sent = {"data": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
    return await made.client.open(path, method=route.method, **sent)


def check(route: Route, status: int, content_type: str, body: bytes) -> None:
    """An answer is one of those that are declared: its status, its content type, and every field of it."""
    declared = route.answers.get(status)
    shape = declared.shape if declared else route.failure
    kind = content_type.partition(";")[0]
    if kind == JSON and shape:
        value = msgspec.json.decode(body)
        assert msgspec.to_builtins(msgspec.convert(value, shape)) == value
    else:
        assert declared
        assert kind in declared.other if body else not declared.shape


@pytest.mark.parametrize("name", ASKED)
async def test_an_answer_is_what_the_table_says(name: str) -> None:
    """Nothing is missing, nothing more is told, and nothing is of another type."""
    path, body, status = ASKED[name]
    answer = await answer_of(await node(), BY_NAME[name], path, body)
    assert answer.status_code == status
    check(BY_NAME[name], status, answer.headers.get("Content-Type", ""), await answer.get_data(as_text=False))


async def test_a_census_is_what_the_table_says() -> None:
    """For whoever asks from this machine."""
    check(BY_NAME["census"], 200, JSON, msgspec.json.encode(census_of((await node()).services)))


async def test_an_end_is_what_the_table_says() -> None:
    """At once, or later."""
    for over in (True, False):
        made = await node()
        made.directory.over = over
        answer = await made.client.delete("/sessions/t")
        assert answer.status_code == (200 if over else 202)
        check(BY_NAME["end_session"], answer.status_code, JSON, await answer.get_data(as_text=False))


@pytest.mark.parametrize("kind", ["text", "srt", "jsonl"])
async def test_a_transcript_is_of_a_declared_type_in_every_format(kind: str) -> None:
    """By its `Content-Type`."""
    answer = await (await node()).client.get(f"/sessions/s/transcript?format={kind}")
    check(BY_NAME["transcript"], 200, answer.headers["Content-Type"], await answer.get_data(as_text=False))


@pytest.mark.parametrize(
    ("name", "path", "body", "status"),
    [
        ("session", "/sessions/nobody", None, 404),
        ("sessions", "/sessions?limit=none", None, 400),
        ("new_session", "/sessions", {"voice": 7}, 400),
        ("instructions", "/sessions/s/instructions", {}, 400),
        ("client_secrets", "/v1/realtime/client_secrets", {"session": 7}, 400),
        ("new_call", "/v1/realtime/calls", b"no offer", 400),
        ("renew", "/session/renew", {}, 400),
        ("renew", "/session/renew", {"sessionId": "nobody"}, 404),
        ("attach", "/session/call", {"sessionId": "t"}, 400),
    ],
)
async def test_a_refusal_is_what_the_table_says(name: str, path: str, body: Any, status: int) -> None:
    """In octi's shape, or in the provider's on the provider's routes."""
    answer = await answer_of(await node(), BY_NAME[name], path, body)
    assert answer.status_code == status
    check(BY_NAME[name], status, answer.headers["Content-Type"], await answer.get_data(as_text=False))


@pytest.mark.parametrize("changed", [{"extra": 1}, {"changed": 7}, {"pushed": None}])
def test_an_answer_that_is_otherwise_is_noticed(changed: dict[str, Any]) -> None:
    """So that the tests above can fail."""
    layers = [{"name": "base", "version": 1, "text": "a"}]
    good = {"instructions": {"text": "a", "layers": layers}, "changed": ["note"], "pushed": True}
    check(BY_NAME["instructions"], 200, JSON, msgspec.json.encode(good))
    with pytest.raises((AssertionError, ValueError)):
        check(BY_NAME["instructions"], 200, JSON, msgspec.json.encode({**good, **changed}))
