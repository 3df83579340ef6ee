"""octi/realtime/function_calls.py: what the agent called, what it was answered, and where that stands."""

from typing import Any

import pytest

from octi.realtime.function_calls import LARGEST
from octi.realtime.ledger import Ledger
from octi.realtime.reading import read_event
from octi.records import CallStatus, FunctionCall, Told
from octi.units import SessionId
from tests.realtime.test_ledger import replay, typed
from tests.wire.conversations import event


def new_ledger() -> Ledger:
    return Ledger(SessionId("s"), own=["extract_profile"])


def call(item: str, name: str = "look", **fields: Any) -> dict[str, Any]:
    return {"id": item, "type": "function_call", "name": name, "call_id": f"c-{item}", "arguments": "{}", **fields}


def output(item: str, of: str, text: object = "blue") -> dict[str, Any]:
    return {"id": item, "type": "function_call_output", "call_id": f"c-{of}", "output": text}


def add(ledger: Ledger, *items: dict[str, Any], previous: str | None = None) -> list[FunctionCall]:
    """The calls that are told while these items come into the conversation, each behind the one before."""
    rows = list[Told]()
    for item in items:
        for kind in ("added", "done"):
            frame = event(f"conversation.item.{kind}", item=item, previous_item_id=previous)
            rows += ledger.fold(read_event(frame))
        previous = item["id"]
    return [row for row in rows if isinstance(row, FunctionCall)]


def test_a_call_is_told_when_it_is_whole_and_when_it_is_answered() -> None:
    """And is no turn."""
    ledger = new_ledger()
    asked, told = add(ledger, call("f", arguments='{"at":"sky"}'), output("o", "f"))
    assert (asked.name, asked.arguments, asked.output, asked.status) == (
        "look",
        '{"at":"sky"}',
        None,
        CallStatus.COMPLETED,
    )
    assert (told.item, told.output) == ("f", "blue")
    assert ledger.turns == 0


def test_a_recorded_call_is_whole() -> None:
    """With the response that made it, and its place: behind what was said before it."""
    ledger = new_ledger()
    rows: list[Any] = []
    turns = replay(ledger, "function_call", rows)
    (told,) = {row.item: row for row in rows if isinstance(row, FunctionCall)}.values()
    assert (told.call_id, told.output, told.response) == ("call_1", '{"sky":"blue"}', "resp_R1")
    assert (told.position, told.turns_before) == (0, 2)
    assert len({turn.item for turn in turns}) == 3


def test_calls_are_numbered_in_the_conversations_order() -> None:
    """A turn that slots in before them moves them."""
    ledger = new_ledger()
    add(ledger, typed("a", "A"), call("f"), call("g"))
    told = add(ledger, typed("b", "B"), previous="a")
    assert [(row.item, row.position, row.turns_before) for row in told] == [("f", 0, 2), ("g", 1, 2)]


def test_octis_own_functions_are_marked() -> None:
    told = add(new_ledger(), call("f", "extract_profile"), call("g"))
    assert [row.own for row in told] == [True, False]


@pytest.mark.parametrize(("size", "cut"), [(LARGEST, False), (LARGEST + 1, True)])
def test_what_is_too_long_is_cut_and_says_so(size: int, cut: bool) -> None:
    """Arguments and output, each for itself."""
    for items in ([call("f", arguments="x" * size)], [call("f"), output("o", "f", "x" * size)]):
        told = add(new_ledger(), *items)[-1]
        assert (told.cut, max(len(told.arguments), len(told.output or ""))) == (cut, LARGEST)


def test_a_call_in_flight_at_the_end_is_incomplete() -> None:
    ledger = new_ledger()
    ledger.fold(read_event(event("conversation.item.added", item=call("f", arguments=""))))
    (told,) = [row for row in ledger.close() if isinstance(row, FunctionCall)]
    assert told.status is CallStatus.INCOMPLETE


def test_an_answer_whose_call_octi_did_not_hear_is_kept() -> None:
    """As happens where it joins a call that is under way."""
    (told,) = add(new_ledger(), output("o", "f"))
    assert (told.item, told.call_id, told.name, told.output) == ("o", "c-f", "", "blue")


@pytest.mark.parametrize("given", [{"sky": "blue"}, ["blue"], 5])
def test_an_output_that_is_no_text_is_kept_as_json(given: object) -> None:
    """Some providers write one."""
    assert add(new_ledger(), call("f"), output("o", "f", given))[-1].output in {'{"sky":"blue"}', '["blue"]', "5"}


def test_what_the_provider_ran_itself_is_a_call() -> None:
    """Its answer, or its failure, stands in the same item."""
    ran = {"id": "m", "type": "mcp_call", "name": "find", "server_label": "x", "arguments": "{}"}
    (found,) = add(new_ledger(), {**ran, "output": "here"})
    assert (found.call_id, found.output, found.status) == ("m", "here", CallStatus.COMPLETED)
    (failed,) = add(new_ledger(), {**ran, "error": {"type": "http_error", "code": 500}})
    assert (failed.output, failed.status) == ('{"type":"http_error","code":500}', CallStatus.FAILED)


def test_another_leg_goes_on_counting() -> None:
    """An id that comes again is another call."""
    ledger = new_ledger()
    add(ledger, call("f"), output("o", "f"))
    ledger.new_leg()
    (told,) = add(ledger, call("f"))
    assert (told.item, told.position, told.output) == ("f@2", 1, None)


def test_a_session_that_is_taken_up_again_goes_on_counting() -> None:
    earlier = add(new_ledger(), call("f"), call("g"))
    ledger = new_ledger()
    ledger.recall([], earlier)
    (told,) = add(ledger, call("g"))
    assert (told.item, told.position) == ("g@1", 2)
