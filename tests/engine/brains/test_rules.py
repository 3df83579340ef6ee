"""The brain of rules: when it calls functions, when it asks, and what is true of everything it says."""

import json
import time
from datetime import datetime
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octi.engine.base import Call, Called, Line, Prompt, Say, Tool
from octi.engine.brains.languages import LANGUAGES
from octi.engine.brains.rules import RulesBrain, think

FRIDAY = datetime(2026, 10, 2, 14, 5)  # noqa: DTZ001 -- the local time of day
STRING: dict[str, Any] = {"type": "string"}


def tool(called: str, description: str = "", required: tuple[str, ...] = (), /, **properties: dict[str, Any]) -> Tool:
    """A declared function."""
    return Tool(called, description, {"type": "object", "properties": properties, "required": list(required)})


WEATHER = tool("get_weather", "Get the current weather for a city, such as Paris.", ("city",), city=STRING)
TABLE = tool(
    "book_table",
    "Books a table at the restaurant.",
    ("people", "name"),
    people={"type": "integer"},
    name=STRING,
    outdoor={"type": "boolean"},
)
CLOCK = tool("get_current_time", "Tells the time in a time zone.", zone=STRING)
HANG_UP = tool("end_call", "Hangs up.")
TOOLS = (WEATHER, TABLE, CLOCK, HANG_UP)
QUESTION = "Please tell me a number for people."


def prompt(*history: str | Called, choice: str = "auto", tools: tuple[Tool, ...] = TOOLS) -> Prompt:
    """A prompt after lines of user and agent in turn."""
    lines = tuple(
        Line(("user", "assistant")[place % 2], entry) if isinstance(entry, str) else entry
        for place, entry in enumerate(history)
    )
    return Prompt(instructions="", history=lines, tools=tools, tool_choice=choice, now=FRIDAY)


@pytest.mark.parametrize(
    ("heard", "call"),
    [
        ("what's the weather in new york tomorrow", Call("get_weather", {"city": "new york"})),
        ("Weather Paris", Call("get_weather", {"city": "Paris"})),
        ("Book a table for four for Anna.", Call("book_table", {"people": 4, "name": "Anna"})),
        ("two tables booked for Ben, outdoor", Call("book_table", {"people": 2, "name": "Ben", "outdoor": True})),
        ("what time is it", Call("get_current_time", {})),
        ("please end the call", Call("end_call", {})),
    ],
)
def test_a_function_is_called_when_its_words_are_heard(heard: str, call: Call) -> None:
    """With the arguments that the words hold."""
    assert think(prompt(heard)) == (call,)


@pytest.mark.parametrize("heard", ["hello", "call me Anna", "don't book a table", "what is two plus two", "a nice day"])
def test_no_function_is_called_for_anything_else(heard: str) -> None:
    """Small talk, refusals and sums are answered."""
    assert all(isinstance(part, Say) for part in think(prompt(heard)))


def test_none_never_calls() -> None:
    """Whatever was heard."""
    assert think(prompt("weather in Rome", choice="none")) == (Say("I cannot look that up, so I do not know."),)


@pytest.mark.parametrize(
    ("heard", "choice", "call"),
    [
        ("", "required", Call("get_weather", {"city": ""})),
        ("weather in Rome", "required", Call("get_weather", {"city": "Rome"})),
        ("don't", "book_table", Call("book_table", {"people": 0, "name": ""})),
        ("hello", "end_call", Call("end_call", {})),
    ],
)
def test_required_always_calls(heard: str, choice: str, call: Call) -> None:
    """What was not said is empty."""
    assert think(prompt(heard, choice=choice)) == (call,)


def test_a_choice_that_is_not_declared_is_as_good_as_none_named() -> None:
    """The words decide."""
    assert think(prompt("weather in Rome", choice="made_up")) == (Call("get_weather", {"city": "Rome"}),)


def test_what_is_missing_is_asked_for_one_by_one() -> None:
    """Then the function is called with all of it."""
    asked = ["I'd like to book a table outdoor"]
    for question, reply in ((QUESTION, "four of us"), ("Please tell me the name.", "Anna Smith")):
        assert think(prompt(*asked)) == (Say(question),)
        asked += [f"Sure. {question}", reply]
    assert think(prompt(*asked)) == (Call("book_table", {"people": 4, "name": "Anna Smith", "outdoor": True}),)


def test_a_reply_that_is_no_answer_is_asked_again_and_then_let_go() -> None:
    """Nobody is asked for ever."""
    said = ["book a table", QUESTION, "well"]
    assert think(prompt(*said)) == (Say(QUESTION),)
    assert think(prompt(*said, QUESTION, "hm", QUESTION, "er")) == (Say("All right, I will leave that."),)


def test_a_user_may_change_their_mind() -> None:
    """By saying so, or by asking for something else."""
    assert think(prompt("book a table", QUESTION, "never mind")) == (Say("All right, I will leave that."),)
    assert think(prompt("book a table", QUESTION, "weather in Rome")) == (Call("get_weather", {"city": "Rome"}),)


def test_the_same_question_of_two_functions_belongs_to_the_one_that_was_meant() -> None:
    """The words before it tell."""
    news = tool("get_news", "", ("city",), city=STRING)
    replied = prompt("what's the news", "Please tell me the city.", "Rome", tools=(WEATHER, news))
    assert think(replied) == (Call("get_news", {"city": "Rome"}),)


def test_results_are_said_and_nothing_is_called_again() -> None:
    """Also when a call is required."""
    called = Called("1", "get_weather", {}, '{"sky": "blue"}')
    assert think(prompt("weather in Rome", called, choice="required")) == (Say("Sky is blue."),)


def test_several_results_are_said_in_their_order() -> None:
    """One that is not there yet is said to be awaited."""
    calls = Called("1", "get_weather", {}, "Sunny"), Called("2", "get_news", {}, None)
    said = (Say("Sunny."), Say("I am still waiting for the result of get news."))
    assert think(prompt("weather and news", *calls)) == said


@pytest.mark.parametrize(
    ("language", "words"), [("en", "It is"), ("fr", "Il est"), ("fr-CA", "Il est"), ("xx", "It is")]
)
def test_the_language_is_the_prompts(language: str, words: str) -> None:
    """English, where it is none that the brain speaks."""
    heard = "quelle heure est-il" if "fr" in language else "what time is it"
    [said] = think(attrs.evolve(prompt(heard, tools=()), language=language))
    assert isinstance(said, Say)
    assert said.text.startswith(words)


def test_it_says_what_it_can_use() -> None:
    """The declared functions, in words."""
    said = think(prompt("what can you do", tools=(WEATHER, HANG_UP)))
    assert Say("I can also use get weather and end call.") in said


async def test_the_brain_is_the_function() -> None:
    """It gives the same, one after another."""
    heard = prompt("hello")
    assert tuple([part async for part in RulesBrain().answer(heard)]) == think(heard)


PROFILE = """- first_name: "Anna"
Still missing: last_name, x_y, email. Ask once, politely, for what is missing, when it fits;"""
VOCABULARY = """
    je j'ai l’heure qu'est-ce est il s'il vous plaît demain à huit heures et demie quatre-vingt-dix fois 3 000 météo
    Réserve une table pour m'appelle Élise ne pas arrête œ İ ǅ l' d’ aujourd'hui 20h30 % de la moitié d'un ç
    i you my name is anna what time the weather in Paris book a table for four two plus minus half of zero divided by at
    eight pm tomorrow don't stop repeat that why , . ? { } {0} {last} éà 你好 5th 10/0 x ^ me@home.org
"""


LONG = [
    *("a" * 99_999, "one hundred and " * 9_999, "I'm called " * 9_999, "add to " * 9_999, "(. " * 9_999),
    *("l'" * 9_999, "cent mille " * 9_999, "merci bien " * 9_999, "huit heures et " * 9_999, "1 000 " * 9_999),
]


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", LONG, ids=lambda text: text[:12])
def test_a_very_long_text_has_an_answer_soon(text: str, language: str) -> None:
    """No pattern is at the mercy of what it is given."""
    spoken = Called("1", text, {}, text)
    conversations: list[tuple[str | Called, ...]] = [
        (text,),
        ("hi", spoken, text),
        ("hi", text, "encore"),
        ("hi", spoken),
    ]
    started = time.process_time()
    for said in conversations:
        assert think(attrs.evolve(prompt(*said), language=language, instructions=text))
    assert time.process_time() - started < 2


words = st.sampled_from(VOCABULARY.split())
texts = st.text(max_size=60) | st.lists(words, max_size=14).map(" ".join)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
kinds = st.sampled_from(["string", "integer", "number", "boolean", "array", "object", "null", "odd"])
schemas = st.fixed_dictionaries(
    {},
    optional={
        "type": kinds | st.lists(kinds, max_size=2) | values,
        "enum": st.lists(values, max_size=4) | values,
        "const": values,
        "format": st.sampled_from(["date", "time", "date-time", "email"]) | values,
        "items": st.fixed_dictionaries({"type": kinds}) | values,
        "minimum": values,
        "maximum": values,
        "default": values,
        "anyOf": st.lists(st.fixed_dictionaries({"type": kinds}) | values, max_size=2) | values,
    },
)
names = (
    st.sampled_from(["city", "people", "date", "when", "time", "name", "message", "items", "on", "order_id"]) | texts
)
parameters = st.fixed_dictionaries(
    {},
    optional={
        "properties": st.dictionaries(names, schemas | values, max_size=4) | values,
        "required": st.lists(names, max_size=3) | values,
    },
)
tools = st.lists(
    st.builds(Tool, st.sampled_from(["get_weather", "book_table", "end_call", "stop"]) | texts, texts, parameters),
    max_size=3,
)
outputs = st.none() | texts | values.map(json.dumps)
lines = st.builds(Line, st.sampled_from(["user", "user", "assistant", "system", "odd"]), texts)
calls = st.builds(Called, st.just("c"), texts, st.just({}), outputs)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(
    instructions=texts | texts.map(lambda text: f"{text}\n{PROFILE}"),
    language=st.sampled_from(["en", "fr"]),
    history=st.lists(lines | calls, max_size=6),
    tools=tools,
    choice=st.sampled_from(["auto", "none", "required", "get_weather"]) | texts,
    now=st.datetimes(),
)
def test_every_answer_can_be_said_or_called(
    instructions: str, language: str, history: list[Line | Called], tools: list[Tool], choice: str, now: datetime
) -> None:
    """Whatever the text, history and tools: sentences to speak, and calls that were declared and can be sent."""
    asked = Prompt(
        instructions=instructions,
        history=tuple(history),
        tools=tuple(tools),
        tool_choice=choice,
        language=language,
        now=now,
    )
    _check(asked)
    answers = " ".join(part.text for part in think(asked) if isinstance(part, Say))
    _check(attrs.evolve(asked, history=(*history, Line("assistant", answers), Line("user", "four in Paris"))))


def _check(asked: Prompt) -> None:
    answer = think(asked)
    assert answer
    assert answer == think(asked) or "nan" in repr(answer)
    for part in answer:
        if isinstance(part, Say):
            assert part.text.strip() == part.text
            assert any(sign.isalnum() for sign in part.text)
            assert part.text[-1] in ".!?…"
        else:
            assert part.name in {tool.name for tool in asked.tools}
            assert json.dumps(part.arguments)
            assert asked.tool_choice != "none"


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(said=st.lists(st.text(max_size=200) | texts, max_size=4), language=st.sampled_from(["en", "fr"]))
def test_no_text_whatever_is_left_without_an_answer(said: list[str], language: str) -> None:
    """With nothing declared, and with a profile that misses something."""
    for instructions in ("", PROFILE):
        asked = prompt(*said, tools=())
        _check(attrs.evolve(asked, language=language, instructions=instructions))
