"""Ids of then become ids of now."""

from typing import Any

import msgspec

from octi.cassette.renaming import Names, event_in, given_in
from octi.cassette.steps import Step
from octi.websocket.base import Message


def frame(**event: Any) -> bytes:
    return msgspec.json.encode(event)


def answer(response: str, item: str, call: str) -> list[bytes]:
    wire = {"id": f"f{item}", "type": "function_call", "name": "look", "call_id": call}
    return [
        frame(type="response.created", response={"id": response, "conversation_id": "c"}),
        frame(type="response.output_item.added", item={"id": item, "type": "message", "role": "assistant"}),
        frame(type="response.output_item.done", item=wire),
    ]


def heard(item: str) -> bytes:
    return frame(type="input_audio_buffer.committed", item_id=item)


def names(*theirs: bytes, ours: tuple[bytes, ...] = ()) -> Names:
    said = [Step(0, True, Message(each, True)) for each in ours] + [
        Step(0, False, Message(each, True)) for each in theirs
    ]
    return Names.of([*said, Step(0, False, Message(b"\0", False)), Step(0, True)])


def renamed(known: Names, **event: Any) -> dict[str, Any]:
    return event_in(known.translated(frame(**event))[0])


def test_each_kind_of_id_is_translated() -> None:
    """By what it is the id of, and in which order those came."""
    known = names(heard("u1"), *answer("r1", "a1", "c1"), heard("u2"), *answer("r2", "a2", "c2"))
    for live in (heard("U1"), *answer("R1", "A1", "C1"), heard("U2"), *answer("R2", "A2", "C2")):
        known.learn(live)
    output = {"type": "function_call_output", "call_id": "c2", "output": '{"call_id":"c2"}'}
    assert renamed(known, type="conversation.item.create", previous_item_id="a2", item=output) == {
        "type": "conversation.item.create",
        "previous_item_id": "A2",
        "item": {**output, "call_id": "C2"},
    }
    assert renamed(known, type="conversation.item.truncate", item_id="a1")["item_id"] == "A1"
    assert renamed(known, type="conversation.item.delete", item_id="u2")["item_id"] == "U2"
    assert renamed(known, type="response.cancel", response_id="r2")["response_id"] == "R2"
    reference = {"input": [{"type": "item_reference", "id": "fa1"}]}
    assert renamed(known, type="response.create", response=reference)["response"]["input"][0]["id"] == "fA1"


def test_answers_in_another_order_do_not_matter() -> None:
    """Items of the user's and of the agent's are counted apart; so are answers beside the conversation."""
    aside = frame(type="response.created", response={"id": "x", "conversation_id": None})
    known = names(heard("u1"), aside, *answer("r1", "a1", "c1"))
    for live in (*answer("R1", "A1", "C1"), heard("U1"), aside):
        known.learn(live)
    assert renamed(known, a_id="u1", b_id="r1", call_id="c1") == {"a_id": "U1", "b_id": "R1", "call_id": "C1"}


def test_what_was_not_given_again_is_named() -> None:
    """It goes out as it was."""
    event = frame(type="response.cancel", response_id="r1", event_id="e")
    assert names(*answer("r1", "a1", "c1")).translated(event) == (event, ["r1"])


def test_ids_of_our_own_stay() -> None:
    """And count for nothing: the other side repeats them, then and now."""
    made = frame(type="conversation.item.create", item={"id": "mine", "type": "message", "role": "user"})
    echo = frame(type="conversation.item.added", item={"id": "mine", "type": "message", "role": "user"})
    theirs = frame(type="conversation.item.added", item={"id": "u1", "type": "message", "role": "user"})
    known = names(echo, theirs, ours=(made,))
    known.learn(echo)
    known.learn(theirs.replace(b"u1", b"U1"))
    assert known.translated(made) == (made, [])
    assert renamed(known, item_id="u1")["item_id"] == "U1"


def test_the_rest_stays_byte_for_byte() -> None:
    """Blanks, too; and an id with quotes in it is written as JSON."""
    known = names(heard("u1"))
    known.learn(heard('U"1'))
    assert known.translated(b'{"item_id" :  "u1",  "x": 1}')[0] == b'{"item_id" :  "U\\"1",  "x": 1}'


def test_what_is_no_event_gives_no_ids() -> None:
    """Nor does an item without one."""
    assert [event_in(text) for text in (b"[1]", b"x", b"\xff")] == [{}, {}, {}]
    assert list(given_in({"item": {"type": "message", "content": 3}})) == []
