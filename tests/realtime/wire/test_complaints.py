"""The codes of the engine's errors: each that it can tell is in the table."""

import ast
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from octi import engine
from octi.engine.complaints import complaint
from octi.engine.requests import TYPES, read_request, read_session_change
from octi.errors import BadMessage
from octi.realtime.wire.complaints import CODES

SOURCES = sorted(Path(engine.__file__).parent.glob("*.py"))


def codes_in(source: str) -> Iterator[str]:
    """The codes that a module's BadMessages are made with, where they are written out."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id="BadMessage"), args=args, keywords=named):
                given = [each.value for each in named if each.arg == "code"] + args[2:3]
                values = [each.value for each in given if isinstance(each, ast.Constant)]
                yield from (value for value in values if isinstance(value, str))
            case _:
                pass


def test_every_code_that_the_engine_writes_out_is_in_the_table() -> None:
    """Whoever adds one says what it means."""
    written = {code for path in SOURCES for code in codes_in(path.read_text(encoding="utf-8"))}
    assert len(written) > 10
    assert written - CODES.keys() == set()


@pytest.mark.parametrize("doing", ["retrieve", "truncate", "delete"])
def test_the_codes_of_items_that_are_not_there_are_in_the_table(doing: str) -> None:
    """They are put together."""
    assert f"item_{doing}_invalid_item_id" in CODES


@pytest.mark.parametrize(
    "session",
    [
        {},
        {"type": "realtime", "bogus": 1},
        {"type": "realtime", "instructions": 1},
        {"type": "realtime", "instructions": "a" * 300_000},
        {"type": "realtime", "max_output_tokens": 0},
        {"type": "realtime", "max_output_tokens": 5000},
        {"type": "realtime", "tool_choice": "perhaps"},
        {"type": "realtime", "output_modalities": []},
        {"type": "realtime", "output_modalities": ["text", "audio"]},
        {"type": "realtime", "tools": [{"type": "function", "name": ""}]},
        {"type": "realtime", "audio": {"output": {"speed": 0.1}}},
        {"type": "realtime", "audio": {"output": {"speed": 2}}},
        {"type": "realtime", "audio": {"input": {"format": {"type": "audio/pcm", "rate": 8000}}}},
    ],
)
def test_whatever_is_wrong_with_a_field_has_a_code_of_the_table(session: dict[str, object]) -> None:
    """Of each kind of mistake one."""
    with pytest.raises(BadMessage) as caught:
        read_session_change(session)
    assert caught.value.code in CODES


def test_too_many_fields_have_a_code_of_the_table() -> None:
    """In metadata."""
    metadata = {str(number): "" for number in range(17)}
    with pytest.raises(BadMessage) as caught:
        read_request(msgspec.json.encode({"type": "response.create", "response": {"metadata": metadata}}))
    assert caught.value.code in CODES


def test_a_complaint_of_an_unknown_kind_has_a_code_of_the_table() -> None:
    """Whatever msgspec may say one day."""
    assert complaint(msgspec.ValidationError("Something new"), "session", TYPES).code in CODES
