"""A prompt as a chat model is asked it."""

from datetime import datetime
from typing import Any

import attrs
import msgspec
import pytest

from octi.engine.base import Called, Line, Prompt, Tool
from octi.engine.brains.chat_question import IN_FRENCH, NOT_YET, messages, question

NOON = datetime(2026, 10, 2, 12)  # noqa: DTZ001 -- the local time of day
PROMPT = Prompt(instructions="Be kind.", history=(Line("user", "Hello"),), now=NOON)
WEATHER = Tool("weather", "Tells the weather.", {"type": "object", "properties": {"city": {"type": "string"}}})
HANG_UP = Tool("hang_up", "", {})


def body(prompt: Prompt) -> dict[str, Any]:
    found = msgspec.json.decode(question(prompt, "m"))
    assert isinstance(found, dict)
    return found


def said(*history: Line | Called) -> list[dict[str, Any]]:
    """The messages behind the instructions."""
    return messages(attrs.evolve(PROMPT, history=history))[1:]


def test_a_question_is_a_stream_of_one_answer() -> None:
    """From the configured model, with no word about functions where there are none."""
    assert body(PROMPT) == {
        "model": "m",
        "stream": True,
        "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello"}],
    }


def test_the_model_is_told_to_speak_french() -> None:
    """Behind the instructions, if there are any; English is what it speaks anyway."""
    told = [messages(attrs.evolve(PROMPT, language="fr", instructions=text))[0] for text in ("Sois bref.", " ")]
    assert [each["content"] for each in told] == [f"Sois bref.\n\n{IN_FRENCH}", IN_FRENCH]
    assert messages(attrs.evolve(PROMPT, instructions="")) == [{"role": "user", "content": "Hello"}]


def test_one_sides_lines_in_a_row_are_one_message() -> None:
    """Silent ones are left out. A line of the system's stays where it stands."""
    lines = [
        Line("user", "One"),
        Line("user", " "),
        Line("user", "two"),
        Line("assistant", "Yes."),
        Line("system", "!"),
    ]
    assert said(*lines) == [
        {"role": "user", "content": "One\ntwo"},
        {"role": "assistant", "content": "Yes."},
        {"role": "system", "content": "!"},
    ]
    assert said(Line("system", "First.")) == [{"role": "system", "content": "First."}]


def test_calls_stand_with_what_came_of_them() -> None:
    """Those of one answer in one message, with the words before them; each followed by its result."""
    rain = Called("call_abc", "weather", {"city": "Oslo"}, '{"rain":1}')
    sun = Called("call_def", "weather", {"city": "Rome"}, "")
    *_, calling, first, second, answer = said(
        Line("user", "?"), Line("assistant", "Wait."), rain, sun, Line("user", "!")
    )
    assert calling["role"] == "assistant"
    assert calling["content"] == "Wait."
    assert [call["function"]["arguments"] for call in calling["tool_calls"]] == ['{"city":"Oslo"}', '{"city":"Rome"}']
    ids = [call["id"] for call in calling["tool_calls"]]
    assert first == {"role": "tool", "tool_call_id": ids[0], "content": '{"rain":1}'}
    assert second == {"role": "tool", "tool_call_id": ids[1], "content": ""}
    assert answer == {"role": "user", "content": "!"}


def test_a_call_without_a_result_has_none_yet() -> None:
    """Left out, it would be made again by whoever reads on."""
    calling, result = said(Called("c", "hang_up", {}))
    assert (calling["content"], calling["tool_calls"][0]["function"]) == (None, {"name": "hang_up", "arguments": "{}"})
    assert result["content"] == NOT_YET


def test_words_behind_a_call_are_a_message_of_their_own() -> None:
    """And the next call belongs to those."""
    found = said(Called("c", "a", {}, "1"), Line("assistant", "So."), Called("c", "b", {}, "2"))
    assert [each["role"] for each in found] == ["assistant", "tool", "assistant", "tool"]
    assert [len(each.get("tool_calls", ())) for each in found] == [1, 0, 1, 0]
    assert len({each["tool_call_id"] for each in found if each["role"] == "tool"}) == 2


def test_ids_of_calls_are_what_every_server_takes() -> None:
    """Mistral's takes nine letters and figures, neither more nor less."""
    ids = [each["tool_call_id"] for each in said(*[Called("call_x", "a", {}, "")] * 3) if each["role"] == "tool"]
    assert all(len(each) == 9 and each.isalnum() for each in ids)


def test_functions_are_told_with_their_schema() -> None:
    """One without parameters takes none."""
    first, second = body(attrs.evolve(PROMPT, tools=(WEATHER, HANG_UP)))["tools"]
    assert first == {
        "type": "function",
        "function": {"name": "weather", "description": "Tells the weather.", "parameters": WEATHER.parameters},
    }
    assert second["function"] == {"name": "hang_up", "parameters": {"type": "object", "properties": {}}}


@pytest.mark.parametrize(
    ("choice", "wanted"),
    [
        ("auto", "auto"),
        ("required", "required"),
        ("weather", {"type": "function", "function": {"name": "weather"}}),
    ],
)
def test_the_choice_of_a_function_is_passed_on(choice: str, wanted: object) -> None:
    """In the server's own shape."""
    assert body(attrs.evolve(PROMPT, tools=(WEATHER,), tool_choice=choice))["tool_choice"] == wanted


def test_functions_that_must_not_be_called_are_not_told() -> None:
    """Some servers do not heed a choice."""
    assert body(attrs.evolve(PROMPT, tools=(WEATHER,), tool_choice="none")).keys() == body(PROMPT).keys()
    assert "tool_choice" not in body(attrs.evolve(PROMPT, tool_choice="required"))
