"""Records as the HTTP API shows them: names and kinds, to the letter."""

import attrs
import msgspec
import pytest

from octi.errors import StoreFailed
from octi.records import (
    Development,
    DevelopmentKind,
    Extraction,
    FunctionCall,
    Role,
    SessionRecord,
    Transcription,
    Turn,
    UsageKind,
    UsageRecord,
)
from octi.units import ItemId, Milliseconds, SessionId
from octi.web.shapes import (
    Shape,
    call_shape,
    cost_shape,
    development_shape,
    end_shape,
    session_shape,
    turn_shape,
    usage_shape,
)

SESSION = SessionRecord(id=SessionId("s"), door="octi", upstream="u", model="m", voice="v", created_at=1795287060.5)


def test_a_session_has_exactly_the_promised_fields() -> None:
    """Times as JavaScript writes them, null for what is not yet."""
    assert session_shape(SESSION) == {
        "id": "s",
        "state": "created",
        "door": "octi",
        "upstream": "u",
        "model": "m",
        "voice": "v",
        "language": "",
        "callId": None,
        "extraction": "request",
        "usage": {},
        "resumable": False,
        "createdAt": "2026-11-21T18:51:00.500Z",
        "endedAt": None,
        "endedBy": None,
        "endReason": None,
    }


def test_a_session_that_was_made_over_http_says_how_it_was_made() -> None:
    """Usage as JSON, not as a text of JSON; the settings it was made with are not shown."""
    made = attrs.evolve(
        SESSION,
        language="fr",
        call_id="rtc_1",
        extraction=Extraction.TOOL,
        usage='{"tokens":{"input":3}}',
        resumable=True,
        config='{"instructions":"x"}',
    )
    assert session_shape(made) == {
        **session_shape(SESSION),
        "language": "fr",
        "callId": "rtc_1",
        "extraction": "tool",
        "usage": {"tokens": {"input": 3}},
        "resumable": True,
    }


def test_an_ended_session_says_how() -> None:
    """When, who and why."""
    ended = SESSION.end(at=1795287090.0, by="client", reason="gone")
    how = {"endedAt": "2026-11-21T18:51:30.000Z", "endedBy": "client", "endReason": "gone"}
    assert end_shape(ended) == how
    assert session_shape(ended) == {**session_shape(SESSION), "state": "ended", **how}


def test_a_turn_has_exactly_the_promised_fields() -> None:
    """Its session is in the path."""
    turn = Turn(
        session=SessionId("s"),
        item=ItemId("i"),
        position=3,
        role=Role.ASSISTANT,
        text="Où ça ?",
        start_ms=Milliseconds(5),
        end_ms=Milliseconds(900),
        interrupted=True,
    )
    assert turn_shape(turn) == {
        "item": "i",
        "role": "assistant",
        "text": "Où ça ?",
        "startMs": 5,
        "endMs": 900,
        "interrupted": True,
        "position": 3,
        "saidAt": None,
        "generated": None,
        "sent": None,
        "transcription": None,
    }
    said = attrs.evolve(turn, said_at=1795287060.5)
    assert turn_shape(said) == {**turn_shape(turn), "saidAt": "2026-11-21T18:51:00.500Z"}
    cut = attrs.evolve(turn, text="Où", generated="Où ça ?", sent="Où ça", transcription=Transcription.FAILED)
    more = {"text": "Où", "generated": "Où ça ?", "sent": "Où ça", "transcription": "failed"}
    assert turn_shape(cut) == {**turn_shape(turn), **more}


def test_a_call_has_exactly_the_promised_fields() -> None:
    """Arguments and output are texts, as they were written."""
    call = FunctionCall(
        session=SessionId("s"),
        item=ItemId("f"),
        position=1,
        turns_before=3,
        call_id="call_1",
        name="look",
        arguments='{"at":"sky"}',
        output="blue",
        response="resp_1",
        called_at=1795287060.5,
    )
    assert call_shape(call) == {
        "item": "f",
        "callId": "call_1",
        "name": "look",
        "arguments": '{"at":"sky"}',
        "output": "blue",
        "status": "completed",
        "own": False,
        "cut": False,
        "response": "resp_1",
        "position": 1,
        "turnsBefore": 3,
        "calledAt": "2026-11-21T18:51:00.500Z",
    }


USAGE = UsageRecord(
    session=SessionId("s"),
    kind=UsageKind.RESPONSE,
    id="resp_1",
    status="completed",
    out_of_band=True,
    model="m",
    usage='{"total_tokens":3}',
    output='[{"type":"message","text":"Hi."}]',
)


def test_a_usage_has_exactly_the_promised_fields() -> None:
    """What was counted as JSON, not as a text of JSON."""
    assert usage_shape(USAGE) == {
        "kind": "response",
        "id": "resp_1",
        "status": "completed",
        "reason": None,
        "outOfBand": True,
        "model": "m",
        "usage": {"total_tokens": 3},
        "output": [{"type": "message", "text": "Hi."}],
        "countedAt": None,
        "cost": None,
    }


def test_a_cost_is_an_exact_decimal() -> None:
    """A text, as no number of JSON is; null where a price is not known, which is not nothing."""
    known = attrs.evolve(USAGE, cost="0.1234567")
    assert usage_shape(known)["cost"] == "0.1234567"
    assert cost_shape([USAGE, known, attrs.evolve(known, cost="0.20")], "EUR") == {
        "cost": "0.3234567",
        "currency": "EUR",
    }
    assert cost_shape([USAGE], "USD") == {"cost": None, "currency": "USD"}


@pytest.mark.parametrize("damaged", [attrs.evolve(USAGE, usage="[]"), attrs.evolve(USAGE, output="{}")])
def test_a_damaged_usage_is_the_stores_failure(damaged: UsageRecord) -> None:
    """And it is named."""
    with pytest.raises(StoreFailed, match="usage of response resp_1: "):
        usage_shape(damaged)


def develop(kind: DevelopmentKind, body: str) -> Shape:
    return development_shape(Development(session=SessionId("s"), id="d", kind=kind, at=1795287060.5, body=body))


def test_a_profile_is_shown_with_what_changed() -> None:
    """As it was kept."""
    known = {"name": {"value": "Anna", "evidence": {"item": "i", "quote": "I am Anna"}, "replaced": None}}
    change = {"field": "name", "old": None, "new": "Anna", "item": "i", "quote": "I am Anna"}
    body = {"profile": known, "changes": [change]}
    shown = develop(DevelopmentKind.PROFILE, msgspec.json.encode(body).decode())
    assert shown == {"at": "2026-11-21T18:51:00.500Z", **body}


def test_instructions_are_shown_once() -> None:
    """What changed and the whole text, not the layers that it is made of."""
    layers = [{"name": "base", "version": 1, "text": "Hello."}]
    body = {"layers": layers, "changed": ["base"], "diff": "+Hello.", "text": "Hello."}
    assert develop(DevelopmentKind.INSTRUCTIONS, msgspec.json.encode(body).decode()) == {
        "at": "2026-11-21T18:51:00.500Z",
        "changed": ["base"],
        "diff": "+Hello.",
        "text": "Hello.",
    }


def test_a_gap_is_shown_in_times_of_day() -> None:
    """As all others; it is kept in seconds."""
    assert develop(DevelopmentKind.GAP, '{"from":1795287030,"to":1795287060.25,"why":"the provider hung up"}') == {
        "at": "2026-11-21T18:51:00.500Z",
        "from": "2026-11-21T18:50:30.000Z",
        "to": "2026-11-21T18:51:00.250Z",
        "why": "the provider hung up",
    }


def test_a_verdict_is_shown_as_it_is_kept() -> None:
    """With the turn that it is about."""
    kept = '{"item":"i","side":"user","action":"block","by":"rule weapons","reason":"weapons","failed":""}'
    shown = develop(DevelopmentKind.VERDICT, kept)
    assert shown.pop("at") == "2026-11-21T18:51:00.500Z"
    assert shown == msgspec.json.decode(kept)


@pytest.mark.parametrize("kind", DevelopmentKind)
@pytest.mark.parametrize("body", ["", "null", "{}", '{"secret":'])
def test_what_cannot_be_read_is_the_stores_failure(kind: DevelopmentKind, body: str) -> None:
    """It is named, and none of it told: errors are logged."""
    with pytest.raises(StoreFailed, match="development d: ") as caught:
        develop(kind, body)
    assert "secret" not in str(caught.value)
    assert not caught.value.retryable


def test_a_usage_that_cannot_be_read_is_the_stores_failure() -> None:
    """Somebody wrote into the file by hand."""
    with pytest.raises(StoreFailed, match="usage of session s: "):
        session_shape(attrs.evolve(SESSION, usage="[]"))
