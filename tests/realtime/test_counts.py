"""octi/realtime/counts.py: one record for each response and each transcription."""

from typing import Any

import msgspec
import pytest

from octi.realtime.ledger import Ledger
from octi.realtime.reading import read_event
from octi.records import Turn, UsageKind, UsageRecord
from octi.units import SessionId
from tests.realtime.plans import COUNTED, LIVE, TRANSCRIPTION
from tests.wire.conversations import event, provider_events


def new_ledger() -> Ledger:
    ledger = Ledger(SessionId("s"))
    ledger.fold(read_event(LIVE))
    return ledger


def count(ledger: Ledger, kind: str, **fields: Any) -> list[UsageRecord]:
    rows = ledger.fold(read_event(event(kind, **fields)))
    return [row for row in rows if isinstance(row, UsageRecord)]


def closed(ledger: Ledger) -> list[UsageRecord]:
    return [row for row in ledger.close() if isinstance(row, UsageRecord)]


def test_a_response_is_counted_with_everything_that_the_provider_nests() -> None:
    """Under the provider's names, and with the model that was in force."""
    (record,) = count(new_ledger(), "response.done", response={"id": "r", "status": "completed", "usage": COUNTED})
    assert (record.kind, record.id, record.status, record.model) == (UsageKind.RESPONSE, "r", "completed", "m")
    assert msgspec.json.decode(record.usage) == COUNTED
    assert (record.out_of_band, record.output) == (False, "[]")


@pytest.mark.parametrize(
    ("details", "reason"),
    [
        (None, None),
        ({"type": "cancelled", "reason": "turn_detected"}, "turn_detected"),
        ({"type": "failed", "error": {"code": "insufficient_quota"}}, "insufficient_quota"),
        ("interrupted", "interrupted"),
    ],
)
def test_a_response_says_why_it_ended(details: object, reason: str | None) -> None:
    """In a word of the provider's."""
    response = {"id": "r", "status": "cancelled", "status_details": details}
    (record,) = count(new_ledger(), "response.done", response=response)
    assert (record.status, record.reason, record.usage) == ("cancelled", reason, "{}")


def test_a_transcription_is_counted_by_itself() -> None:
    """Under its turn's name, also a failed one; with the model that wrote."""
    ledger = new_ledger()
    (done,) = count(ledger, f"{TRANSCRIPTION}.completed", item_id="u", transcript="a", usage={"seconds": 1.5})
    (failed,) = count(ledger, f"{TRANSCRIPTION}.failed", item_id="v", error={"code": "bad_audio"})
    assert (done.kind, done.id, done.status, done.model, done.usage) == (
        UsageKind.TRANSCRIPTION,
        "u",
        "completed",
        "t",
        '{"seconds":1.5}',
    )
    assert (failed.id, failed.status, failed.reason, failed.usage) == ("v", "failed", "bad_audio", "{}")


def test_what_is_said_out_of_band_is_kept_apart() -> None:
    """Words and calls, with what they cost; no turn comes of them."""
    ledger, rows = Ledger(SessionId("s")), list[Any]()
    for _, heard in provider_events("out_of_band"):
        rows += ledger.fold(heard)
    (record,) = [row for row in rows if isinstance(row, UsageRecord) and row.out_of_band]
    assert (record.id, record.output) == ("resp_X1", '[{"type":"message","text":"greeting"}]')
    assert [row.text for row in rows if isinstance(row, Turn) and row.text] == ["Hello there.", "Hi."]


def test_a_call_out_of_band_is_kept_with_its_response() -> None:
    """It stands nowhere in the conversation."""
    call = {"id": "f", "type": "function_call", "name": "classify", "call_id": "c", "arguments": '{"a":1}'}
    response = {"id": "x", "conversation_id": None, "status": "completed", "output": [call]}
    (record,) = count(new_ledger(), "response.done", response=response)
    assert record.output == '[{"type":"function_call","name":"classify","arguments":"{\\"a\\":1}"}]'


def test_what_is_under_way_at_the_end_is_kept_as_unfinished() -> None:
    """It is billed all the same; of one out of band as much as it had said."""
    ledger = new_ledger()
    count(ledger, "response.created", response={"id": "r", "conversation_id": "c"})
    count(ledger, "response.created", response={"id": "x", "conversation_id": None})
    place = {"response_id": "x", "item_id": "y"}
    for words in ("gree", "ting"):
        count(ledger, "response.output_text.delta", **place, delta=words)
    assert [(record.id, record.status, record.output) for record in closed(ledger)] == [
        ("r", "unfinished", "[]"),
        ("x", "unfinished", '[{"type":"message","text":"greeting"}]'),
    ]
    assert closed(ledger) == []


def test_an_item_that_comes_into_the_conversation_is_part_of_it() -> None:
    """Whatever a lesser provider wrote of its response."""
    ledger = new_ledger()
    count(ledger, "response.created", response={"id": "r", "conversation_id": None})
    item = {"id": "a", "type": "message", "role": "assistant", "content": []}
    place = {"response_id": "r", "item_id": "a"}
    count(ledger, "conversation.item.added", item=item)
    count(ledger, "response.output_text.delta", **place, delta="Hello.")
    rows = ledger.fold(read_event(event("conversation.item.done", item=item)))
    assert [row.text for row in rows if isinstance(row, Turn)] == ["Hello."]


def test_an_id_that_another_leg_used_is_told_apart() -> None:
    """So no record replaces another; also in a session that is taken up again."""
    ledger = new_ledger()
    done = {"id": "r", "status": "completed"}
    first = count(ledger, "response.done", response=done)
    ledger.new_leg()
    second = count(ledger, "response.done", response=done)
    again = new_ledger()
    again.recall([], [], [*first, *second])
    third = count(again, "response.done", response=done)
    assert [record.id for record in [*first, *second, *third]] == ["r", "r@2", "r@1"]


def test_responses_without_an_id_are_all_counted() -> None:
    ledger = new_ledger()
    ids = [count(ledger, "response.done", response={"status": "completed"})[0].id for _ in range(2)]
    assert ids == ["response-1", "response-2"]
