"""The request for a profile, and every way in which its answer can turn out."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.extraction.profile import Evidence, Found
from octi.extraction.prompt import (
    RULES,
    Dropped,
    Extracted,
    Failed,
    Garbled,
    Incomplete,
    Refused,
    extraction_request,
    quoted,
    read_answer,
    read_response,
    transcript,
)
from octi.extraction.schema import DEFAULT_SCHEMA
from octi.records import Role, Turn
from octi.units import ItemId, Milliseconds, SessionId


def turn(item: str, text: str, role: Role = Role.USER) -> Turn:
    return Turn(
        session=SessionId("s"),
        item=ItemId(item),
        position=0,
        role=role,
        text=text,
        start_ms=Milliseconds(0),
        end_ms=Milliseconds(0),
    )


TURNS = [
    turn("item_1", "What is your name?", Role.ASSISTANT),
    turn("item_2", "My name is Anna, Anna Berg."),
    turn("item_3", "I earn 3,000 euros a month."),
]


def answer(text: object = None, status: str = "completed", **more: object) -> bytes:
    said = text if isinstance(text, str) else json.dumps(text)
    output = [
        {"type": "reasoning", "summary": []},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": said}]},
    ]
    return json.dumps({"object": "response", "status": status, "output": output, **more}).encode()


def cited(value: object, item: object, quote: object) -> dict[str, object]:
    return {"value": value, "item": item, "quote": quote}


NULL = cited(None, None, None)


def test_the_request_is_strict_and_not_stored() -> None:
    """Every field asked for with the item and the words behind it."""
    request = extraction_request(DEFAULT_SCHEMA, TURNS, model="gpt-x")
    assert request["model"] == "gpt-x"
    assert request["store"] is False
    assert request["instructions"] == RULES
    form = json.loads(json.dumps(request))["text"]["format"]
    assert (form["type"], form["strict"], form["schema"]["required"]) == (
        "json_schema",
        True,
        ["first_name", "last_name", "income"],
    )
    assert form["schema"]["properties"]["income"]["properties"]["value"]["type"] == ["number", "null"]
    assert form["schema"]["properties"]["income"]["required"] == ["value", "item", "quote"]


def test_the_input_is_the_turns_in_order_with_their_ids() -> None:
    """A line of JSON each, so that a line break in what was said opens no new turn."""
    lines = transcript([*TURNS, turn("item_4", 'Hi\n{"item":"item_9"}'), turn("item_5", " ")]).splitlines()
    read = [json.loads(line) for line in lines]
    assert [line["item"] for line in read] == ["item_1", "item_2", "item_3", "item_4"]
    assert [line["speaker"] for line in read] == ["assistant", "user", "user", "user"]
    assert read[3]["words"] == 'Hi\n{"item":"item_9"}'


def test_of_a_long_conversation_the_newest_turns_are_sent() -> None:
    """Whole ones, and at least one."""
    assert "item_3" in transcript(TURNS, 30)
    assert "item_2" not in transcript(TURNS, 30)
    assert "item_3" in transcript(TURNS, 1)


def test_an_answer_is_read_with_its_evidence() -> None:
    """The words as they were said, not as the model copied them, and the time where it is known."""
    body = answer(
        {
            "first_name": cited("Anna", "item_2", "my name is anna — Anna"),
            "last_name": NULL,
            "income": cited(3000.0, "item_3", "3,000 euros a month"),
        }
    )
    assert read_answer(body, DEFAULT_SCHEMA, TURNS, {ItemId("item_2"): 7.0}) == Extracted(
        {
            "first_name": Found("Anna", Evidence(ItemId("item_2"), "My name is Anna, Anna", 7.0)),
            "income": Found(3000, Evidence(ItemId("item_3"), "3,000 euros a month")),
        }
    )


def test_an_answer_that_is_decoded_already_reads_the_same() -> None:
    """Who asked for it has done that."""
    body = answer({"income": cited(3000, "item_3", "3,000 euros")})
    assert read_response(json.loads(body), DEFAULT_SCHEMA, TURNS) == read_answer(body, DEFAULT_SCHEMA, TURNS)


def test_a_quote_that_was_not_said_there_makes_the_evidence_unsure() -> None:
    """The turn's own words stand in its place."""
    outcome = read_answer(answer({"income": cited(3000, "item_3", "three grand")}), DEFAULT_SCHEMA, TURNS)
    evidence = Evidence(ItemId("item_3"), "I earn 3,000 euros a month.", None, unsure=True)
    assert outcome == Extracted({"income": Found(3000, evidence)})


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (cited(3000, "item_9", "I earn 3,000"), "cites no turn of the user"),
        (cited(3000, "item_1", "What is your name?"), "cites no turn of the user"),
        (cited(3000, None, None), "cites no turn of the user"),
        (cited("a lot", "item_3", "3,000"), "the value does not fit the schema"),
        (3000, "without evidence"),
    ],
)
def test_what_nothing_stands_behind_is_dropped(given: object, why: str) -> None:
    """An unknown item, the assistant's words, no words, another type."""
    outcome = read_answer(answer({"income": given}), DEFAULT_SCHEMA, TURNS)
    assert outcome == Extracted({}, (Dropped("income", why),))


REFUSAL = {"type": "message", "content": [{"type": "refusal", "refusal": "I cannot help with that."}]}


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (answer("", output=[REFUSAL]), Refused("I cannot help with that.")),
        (answer("{", "incomplete", incomplete_details={"reason": "content_filter"}), Incomplete("content_filter")),
        (answer("", "incomplete", incomplete_details=None), Incomplete("incomplete")),
        (answer("", "in_progress"), Incomplete("in_progress")),
        (answer("", "failed", error={"code": "server_error", "message": "oops"}), Failed("server_error", "oops")),
        (answer("", "failed", error=None), Failed("unknown", "the provider gave no reason")),
        (answer("Sure! Here it is"), Garbled("Sure! Here it is")),
        (answer("[1]"), Garbled("[1]")),
        (answer("", output=[]), Garbled("")),
        (answer("", output=None), Garbled("")),
        (b"<html>", Garbled("<html>")),
        (b"", Garbled("")),
        (b"\xff", Garbled("\ufffd")),
        (b"[]", Garbled("[]")),
        (answer({}), Extracted({})),
    ],
)  # fmt: skip
def test_every_way_to_answer_has_its_outcome(body: bytes, outcome: object) -> None:
    """Refusals and unfinished answers before any JSON is read; garbage is named as such."""
    assert read_answer(body, DEFAULT_SCHEMA, TURNS) == outcome


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["value", "item", "quote", "income", "status", "output", "type", "content"]), inner
        )
    ),
)


@given(JSON)
def test_no_answer_raises(body: object) -> None:
    """Whatever JSON it is, outside or inside."""
    read_answer(json.dumps(body).encode(), DEFAULT_SCHEMA, TURNS)
    read_answer(answer(body), DEFAULT_SCHEMA, TURNS)
    read_answer(answer({"income": body}), DEFAULT_SCHEMA, TURNS)


@given(st.binary())
def test_no_bytes_raise(body: bytes) -> None:
    """Nor do bytes that are no JSON."""
    read_answer(body, DEFAULT_SCHEMA, TURNS)


@pytest.mark.parametrize(
    ("quote", "words"),
    [
        ("I'm Anna", "I’m  Anna"),
        ("ANNA!", "Anna"),
        ("Ann", None),
        ("", None),
        ("?!", None),
        ("Anna and", None),
    ],
)
def test_a_quote_is_found_whatever_its_punctuation(quote: str, words: str | None) -> None:
    """But only whole words, in their order."""
    assert quoted(quote, "Hello, I’m  Anna.") == words


def test_half_a_letter_does_not_break_the_request() -> None:
    """A lone surrogate cannot be sent."""
    assert json.loads(transcript([turn("i", "a\ud800")]))["words"] == "a?"
