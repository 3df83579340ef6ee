"""octi/redaction/rows.py: every place where somebody's words stand in a row, and no other."""

import json
from functools import partial

import attrs
import pytest

from octi.records import Development, DevelopmentKind, FunctionCall, Row, UsageKind, UsageRecord
from octi.redact_config import Redacted
from octi.redaction.patterns import BUILT_IN, redacted
from octi.redaction.rows import cleaned_json, redact_row
from octi.units import ItemId, SessionId
from tests.contract.test_store import make_development, make_secret, make_session, make_turn

MAIL = "ada@example.org"
RULES = [BUILT_IN[Redacted.EMAIL]]
CALL = FunctionCall(
    session=SessionId("s"),
    item=ItemId("i"),
    position=0,
    turns_before=1,
    call_id="c",
    name="send",
    arguments=json.dumps({"to": [MAIL], MAIL: 1, "n": 2.5}),
    output=f"sent to {MAIL}",
)


def clean(row: Row) -> Row:
    return redact_row(RULES, row)


def test_a_turn_is_cleaned_in_all_that_it_says() -> None:
    turn = make_turn(text=f"I am {MAIL}", generated=f"{MAIL}, yes", sent=None)
    assert clean(turn) == attrs.evolve(turn, text="I am [email]", generated="[email], yes")


def test_a_calls_arguments_and_output_are_cleaned() -> None:
    """Strings at any depth; keys and numbers stay. What is no JSON is cleaned as text."""
    cleaned = clean(CALL)
    assert isinstance(cleaned, FunctionCall)
    assert json.loads(cleaned.arguments) == {"to": ["[email]"], MAIL: 1, "n": 2.5}
    assert cleaned.output == "sent to [email]"
    cut = clean(attrs.evolve(CALL, arguments='{"to": "ada@example.org', output=None))
    assert isinstance(cut, FunctionCall)
    assert (cut.arguments, cut.output) == ('{"to": "[email]', None)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ('{"a": "x\\n030 1234 5678", "b": "', '{"a": "x\\n[phone]", "b": "'),
        ('{"a": "\\nDE89370400440532013000", "b": {', '{"a": "\\n[iban]", "b": {'),
        ('{"a": "\\u00e4\\u00e4\\t030 1234 5678 \\u00', '{"a": "ää\\t[phone] \\u00'),
        ('{"a": "\\u00a04111 1111 1111 1111', '{"a": "\u00a0[card]'),
        ('{"a": "\\ud83d 030 1234 5678"}', '{"a": "\ud83d [phone]"}'),
        ('["{\\"a\\": \\"x\\\\n030 1234 5678\\"}"]', '["{\\"a\\": \\"x\\\\n[phone]\\"}"]'),
        ('said "a\\nb" and ada@example.org', 'said "a\\nb" and [email]'),
    ],
)
def test_json_that_is_cut_off_or_in_a_string_is_read_as_json(written: str, kept: str) -> None:
    """An `n` that means a new line is no letter before the number; what needs no cleaning stays as it is."""
    assert cleaned_json(partial(redacted, list(BUILT_IN.values())), written) == kept


@pytest.mark.parametrize("kind", DevelopmentKind)
def test_a_developments_strings_are_cleaned(kind: DevelopmentKind) -> None:
    row = make_development(kind=kind, body=json.dumps({"profile": {"mail": {"value": MAIL, "quote": f"it is {MAIL}"}}}))
    cleaned = clean(row)
    assert isinstance(cleaned, Development)
    assert json.loads(cleaned.body) == {"profile": {"mail": {"value": "[email]", "quote": "it is [email]"}}}


def test_what_a_response_beside_the_conversation_said_is_cleaned() -> None:
    row = UsageRecord(session=SessionId("s"), kind=UsageKind.RESPONSE, id="r", status="done", output=f'["{MAIL}"]')
    assert clean(row) == attrs.evolve(row, output='["[email]"]')


def test_nothing_else_is_touched() -> None:
    """A session's settings are its maker's, and a secret has no words."""
    for row in (make_session(model=MAIL, config=f'"{MAIL}"'), make_secret(config=f'"{MAIL}"')):
        assert clean(row) is row


def test_json_without_anything_stays_as_it_was_written() -> None:
    """Letter by letter: spaces, escapes, and numbers that no float holds."""
    text = '{ "a" : "\\u00e9", "b": 123456789012345678901234567890 }'
    assert cleaned_json(lambda said: said, text) == text
