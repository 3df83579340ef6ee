"""Which function is asked for, and what is still to be asked."""

from datetime import datetime
from typing import Any

import pytest

from octi.engine.base import Call, Tool
from octi.engine.brains import functions
from octi.engine.brains.english import ENGLISH
from octi.engine.brains.functions import MOST_CHOICES, MOST_REPEATED, Match, Wish
from octi.engine.brains.recall import AGENT, USER, Turn
from octi.engine.brains.schema import Param
from octi.engine.brains.talk import Scene

FRIDAY = datetime(2026, 10, 2, 14, 5)  # noqa: DTZ001 -- the local time of day
STRING: dict[str, Any] = {"type": "string"}
INTEGER: dict[str, Any] = {"type": "integer"}
FLAG: dict[str, Any] = {"type": "boolean"}


def tool(called: str, description: str = "", required: tuple[str, ...] = (), /, **properties: dict[str, Any]) -> Tool:
    """A declared function."""
    return Tool(called, description, {"type": "object", "properties": properties, "required": list(required)})


WEATHER = tool("get_weather", "Get the current weather for a city, such as Paris.", ("city",), city=STRING)
TABLE = tool(
    "book_table", "Books a table at the restaurant.", ("people", "name"), people=INTEGER, name=STRING, outdoor=FLAG
)
CLOCK = tool("get_current_time", "Tells the time in a time zone.", zone=STRING)
TOOLS = (WEATHER, TABLE, CLOCK)
HOW_MANY, WHICH_NAME = "Please tell me a number for people.", "Please tell me the name."


def scene(*said: str) -> Scene:
    """What user and agent said in turn."""
    turns = tuple(Turn((USER, AGENT)[place % 2], text) for place, text in enumerate(said))
    return Scene(said=turns, agent="Aria", user=None, functions=(), now=FRIDAY, language=ENGLISH)


def match(text: str, *tools: Tool) -> str | None:
    """The name of the function that a text fits best."""
    found = functions.best_match(tools or TOOLS, text, scene(text))
    return found.tool.name if found else None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("what's the weather in Paris", "get_weather"),
        ("two tables booked for Ben", "book_table"),
        ("I need a table at that restaurant", "book_table"),
        ("what time is it in Tokyo", "get_current_time"),
        ("hello there", None),
        ("get it", None),
        ("is Paris nice", None),
        ("", None),
    ],
)
def test_the_function_is_the_one_whose_words_were_said(text: str, name: str | None) -> None:
    """In any of their forms, out of its name and its description."""
    assert match(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "I read a good book",
        "we have read three books about cooking",
        "put it on the table over there",
        "the restaurant was good",
        "it was a lovely restaurant",
    ],
)
def test_one_word_of_several_does_not_start_a_function(text: str) -> None:
    """People say "book" and "table" about other things than a booking."""
    assert match(text) is None


@pytest.mark.parametrize("text", ["book please", "Table?", "book it now", "a restaurant"])
def test_one_word_is_enough_where_little_is_said(text: str) -> None:
    """At most three words in all: there is nothing else that they could be about."""
    assert match(text) == "book_table"


def test_three_words_are_little_and_four_are_not() -> None:
    """Every word counts, small ones too."""
    assert match("a big table") == "book_table"
    assert match("a big round table") is None


@pytest.mark.parametrize("text", ["a big table for four please", "could I get a table by the window", "I need a table"])
def test_one_word_is_enough_where_something_is_asked_for(text: str) -> None:
    """A wish is told from a story by how it is put."""
    assert match(text) == "book_table"


@pytest.mark.parametrize(
    ("called", "description", "text", "fits"),
    [
        ("get_weather", "", "is the weather any good over there", True),
        ("end_call", "Hangs up.", "I think that is the end of it", True),
        ("weather_forecast", "", "what is the weather like in Paris", True),
        ("weather_forecast", "", "the weather was fine in Paris", False),
        ("weather_forecast", "", "what is the weather forecast for Paris", True),
        ("find_cheap_flights", "Searches for flights.", "search me a flight to Rome", True),
        ("find_cheap_flights", "Searches for flights.", "my flight was very late", False),
        ("x1", "Plays music from the library.", "some music out of the library with long guitars and drums", True),
        ("x1", "Plays music from the library.", "well that music was good", True),
        ("x1", "Plays music from the library.", "that music made all of us dance and sing", False),
        ("", "", "anything at all", False),
        ("", "", "", False),
    ],
)
def test_a_name_of_one_word_needs_no_more_than_it(called: str, description: str, text: str, fits: bool) -> None:
    """Only words that tell count. Out of a description it must be two, or one that is half of what was said."""
    said = tool(called, description)
    assert bool(functions.match_of(said, text, scene(text)).score) is fits


def test_the_name_counts_twice_as_much_as_the_description() -> None:
    """A function that is called what was said comes before one that mentions it."""
    mentions, named = tool("show_radar", "Shows weather and rain."), tool("get_weather", "")
    assert match("weather on the radar", mentions, named) == "show_radar"
    assert match("weather", mentions, named) == "get_weather"
    assert functions.match_of(TABLE, "book a table at a restaurant", scene()).score == 5


def test_of_equals_the_first_declared_fits() -> None:
    """The order is the client's own."""
    here, there = tool("weather_here"), tool("weather_there")
    assert match("weather please", here, there) == "weather_here"
    assert match("weather please", there, here) == "weather_there"


@pytest.mark.parametrize("text", ["don't book a table", "Do not book the table", "no weather", "never the weather"])
def test_a_refusal_fits_nothing(text: str) -> None:
    """However many words of a function it holds."""
    assert match(text) is None


@pytest.mark.parametrize(
    ("text", "full"), [("book a table", True), ("restaurant table", False), ("booking tables for us", True)]
)
def test_a_match_is_full_when_the_whole_name_was_said(text: str, full: bool) -> None:
    """In any order and form."""
    assert functions.match_of(TABLE, text, scene()).full is full


def test_what_does_not_fit_has_no_score() -> None:
    """It is a match of nothing."""
    assert functions.match_of(TABLE, "hello", scene()) == Match(TABLE)


def test_vague_words_tell_nothing_unless_they_are_all_there_is() -> None:
    """Every other function "gets" something; one that gets the current time has no better words."""
    assert functions.name_words(WEATHER, scene()) == {"weather"}
    assert functions.name_words(TABLE, scene()) == {"book", "tabl"}
    assert functions.name_words(CLOCK, scene()) == {"current", "tim"}
    assert functions.name_words(tool("get"), scene()) == frozenset()


@pytest.mark.parametrize(
    ("description", "words"),
    [
        ("Get the current weather for a city, such as Paris.", {"weather", "city", "such"}),
        ("Books a table.", {"book", "tabl"}),
        ("books Tables", {"book"}),
        ("Returns the user's information.", set()),
        ("", set()),
        (" \n ", set()),
    ],
)
def test_a_description_tells_by_its_common_words(description: str, words: set[str]) -> None:
    """A word with a capital is an example, except the sentence's first."""
    assert functions.description_words(tool("x", description), scene()) == words


def test_a_wish_is_open_while_its_questions_are_answered() -> None:
    """It holds what opened it and every reply, each for the parameter it was asked for."""
    said = scene("book a table", HOW_MANY, "four", f"Sure. {WHICH_NAME}", "Anna")
    assert functions.open_wish(TOOLS, said) == Wish(TABLE, "book a table", {"people": "four", "name": "Anna"}, 2)


def test_the_last_reply_to_a_question_counts() -> None:
    """But every time it was asked does."""
    said = scene("book a table", HOW_MANY, "well", HOW_MANY, "four")
    assert functions.open_wish(TOOLS, said) == Wish(TABLE, "book a table", {"people": "four"}, 2)


@pytest.mark.parametrize(
    "said",
    [
        (),
        ("book a table",),
        ("book a table", HOW_MANY),
        ("book a table", "All right.", "four"),
        ("book a table", f"{HOW_MANY} Or not.", "four"),
        ("book a table", HOW_MANY, "four", "Done.", "thanks"),
        ("", HOW_MANY),
    ],
)
def test_without_a_question_before_the_reply_no_wish_is_open(said: tuple[str, ...]) -> None:
    """Nor before there is a reply."""
    assert functions.open_wish(TOOLS, scene(*said)) is None


def test_a_question_that_the_agent_began_with_opens_nothing() -> None:
    """There are no words of the user's that it could be about."""
    asked = Scene(
        said=(Turn(AGENT, HOW_MANY), Turn(USER, "four")),
        agent="Aria",
        user=None,
        functions=(),
        now=FRIDAY,
        language=ENGLISH,
    )
    assert functions.open_wish(TOOLS, asked) is None


def test_a_question_of_several_functions_is_of_the_one_that_fits_its_opening() -> None:
    """Or of the first, if none does."""
    news = tool("get_news", "", ("city",), city=STRING)
    question = "Please tell me the city."
    fits = functions.open_wish((WEATHER, news), scene("the news please", question, "Rome"))
    none = functions.open_wish((WEATHER, news), scene("hello", question, "Rome"))
    assert fits == Wish(news, "the news please", {"city": "Rome"}, 1)
    assert none == Wish(WEATHER, "hello", {"city": "Rome"}, 1)


def test_only_what_is_required_is_asked_for() -> None:
    """A question about anything else was not this function's."""
    assert functions.open_wish((CLOCK,), scene("time", "Please tell me the zone.", "Tokyo")) is None


@pytest.mark.parametrize(
    ("heard", "over"),
    [("never mind", True), ("No, cancel that please.", True), ("I don't know", True), ("four", False)],
)
def test_a_wish_is_over_when_it_is_called_off(heard: str, over: bool) -> None:
    """In the language's words for it."""
    assert functions.is_over(Wish(TABLE, "book a table", {"people": heard}, 1), scene("x", HOW_MANY, heard)) is over


def test_a_wish_is_over_when_it_was_asked_too_often() -> None:
    """About one thing: a wish may need many different answers."""
    replies = {f"p{n}": "x" for n in range(5)}
    over = [functions.is_over(Wish(TABLE, "", replies, 5 + again), scene("x")) for again in range(MOST_REPEATED + 1)]
    assert over == [False] * MOST_REPEATED + [True]


@pytest.mark.parametrize(
    ("name", "schema", "question"),
    [
        ("userName", STRING, "Please tell me the user name."),
        ("people", INTEGER, HOW_MANY),
        ("price", {"type": "number"}, "Please tell me a number for price."),
        ("outdoor", FLAG, "Please say yes or no: outdoor?"),
        ("size", {"enum": ["small", "very_large", 3]}, "Please choose the size: small, very large or 3."),
        ("items", {"type": "array"}, "Please tell me the items."),
    ],
)
def test_a_question_suits_what_is_asked_for(name: str, schema: dict[str, Any], question: str) -> None:
    """Names of programmers are said as words."""
    assert functions.question(Param(name, schema), scene()) == question


def test_a_question_reads_the_same_in_every_turn() -> None:
    """The reply is recognised by it."""
    param = Param("name", STRING)
    assert functions.question(param, scene("a")) == functions.question(param, scene("a", "b", "c"))


def test_a_long_list_of_choices_is_not_read_to_its_end() -> None:
    """Nobody remembers it."""
    asked = functions.question(Param("row", {"enum": list(range(100))}), scene())
    assert asked == f"Please choose the row: 0, 1, 2, 3, 4 or {MOST_CHOICES - 1}."


def test_arguments_are_in_the_opening_and_in_the_replies() -> None:
    """What was asked for comes first; the rest of the opening is for the others."""
    wish = Wish(TABLE, "book a table for two outdoor", {"name": "for four please"})
    assert functions.arguments_for(wish, scene()) == {"people": 2, "outdoor": True, "name": "four"}


def test_a_reply_is_kept_from_the_other_parameters() -> None:
    """Each was said to one question."""
    wish = Wish(TABLE, "book a table", {"name": "Anna Four, outdoor"})
    assert functions.arguments_for(wish, scene()) == {"name": "Anna Four outdoor"}


def test_a_reply_that_is_no_answer_leaves_the_opening_to_be_read() -> None:
    """And what is not to be found is left out."""
    assert functions.arguments_for(Wish(TABLE, "book a table", {"people": "well"}), scene()) == {}
    assert functions.arguments_for(Wish(TABLE, "for six", {"people": "well"}), scene()) == {"people": 6}


def test_the_words_that_name_the_function_are_no_arguments() -> None:
    """Nor are those of its description."""
    wish = Wish(WEATHER, "the weather for my city", {})
    assert functions.arguments_for(wish, scene()) == {}


def test_of_two_cities_the_first_is_taken() -> None:
    """One call answers for one of them; the user hears which."""
    assert functions.arguments_for(Wish(WEATHER, "weather in Paris and Berlin"), scene()) == {"city": "Paris"}


@pytest.mark.parametrize(
    ("found", "name"), [({}, "people"), ({"people": 0}, "name"), ({"people": 4, "name": ""}, None)]
)
def test_what_is_missing_is_the_first_that_must_be_there(found: dict[str, Any], name: str | None) -> None:
    """An empty value is there. What is optional is never missing."""
    lacking = functions.missing(Wish(TABLE, ""), found)
    assert (lacking.name if lacking else None) == name


def test_a_call_has_its_arguments_in_the_schemas_order() -> None:
    """With empty values for what must be there, and without what need not be."""
    made = functions.call(Wish(TABLE, ""), {"outdoor": False, "name": "Anna"})
    assert made == Call("book_table", {"people": 0, "name": "Anna", "outdoor": False})
    assert list(made.arguments) == ["people", "name", "outdoor"]
    assert functions.call(Wish(CLOCK, ""), {}) == Call("get_current_time", {})
