"""What the agent answers."""

from collections import deque

import pytest

from octi.engine.base import Call, Say
from octi.records import Role, Turn
from octi.simulator.agent import Agent, Asked, habit
from octi.simulator.script import Calls, Fails, Recites, Speaks
from octi.units import ItemId, Milliseconds, SessionId


def asked(*words: str, instructions: str = "", functions: tuple[str, ...] = (), tool_choice: str = "auto") -> Asked:
    turns = [
        Turn(
            session=SessionId("s"),
            item=ItemId(f"i{position}"),
            position=position,
            role=Role.USER,
            text=text,
            start_ms=Milliseconds(0),
            end_ms=Milliseconds(0),
        )
        for position, text in enumerate(words)
    ]
    return Asked(instructions=instructions, turns=turns, functions=functions, tool_choice=tool_choice)


def test_the_script_is_played_a_step_for_each_response() -> None:
    """And after it the agent has its habit."""
    agent = Agent(deque([Speaks("One."), Calls("f", {"a": 1}), Fails("code")]))
    answers = [agent.answer(asked()) for _ in range(4)]
    assert answers == [Say("One."), Call("f", {"a": 1}), Fails("code"), Say("Thank you. Please go on.")]


def test_an_unscripted_response_uses_up_no_step() -> None:
    """It gets the habit."""
    agent = Agent(deque([Speaks("One.")]))
    assert agent.answer(asked(), scripted=False) == Say("Thank you. Please go on.")
    assert agent.answer(asked()) == Say("One.")


@pytest.mark.parametrize(
    ("instructions", "said"),
    [('- first_name: "Anna"', "Hello Anna {1}"), ("nothing", "Who?"), ('- first_name: ""', "Hello  {1}")],
)
def test_a_recital_says_what_the_instructions_hold(instructions: str, said: str) -> None:
    """Only {0} is replaced."""
    agent = Agent(deque([Recites('first_name: "(.*)"', "Hello {0} {1}", "Who?")]))
    assert agent.answer(asked(instructions=instructions)) == Say(said)


def test_news_for_the_profile_are_extracted_once() -> None:
    """A correction is news again."""
    agent, tools = Agent(deque()), ("extract_profile",)
    said = ["My name is Anna Berg."]
    assert agent.answer(asked(*said, functions=tools)) == Call("extract_profile", {})
    assert isinstance(agent.answer(asked(*said, functions=tools)), Say)
    said += ["I earn 3000 euros a month."]
    assert agent.answer(asked(*said, functions=tools)) == Call("extract_profile", {})
    said += ["Sorry, I earn 3200 euros a month."]
    assert agent.answer(asked(*said, functions=tools)) == Call("extract_profile", {})


def test_nothing_is_extracted_without_the_tool() -> None:
    """Or where it must not be called."""
    said = "My name is Anna Berg."
    assert isinstance(Agent(deque()).answer(asked(said, functions=("other",))), Say)
    choice = asked(said, functions=("extract_profile",), tool_choice="none")
    assert isinstance(Agent(deque()).answer(choice), Say)


@pytest.mark.parametrize(("choice", "called"), [("required", "f"), ("g", "g")])
def test_a_call_that_is_required_is_made(choice: str, called: str) -> None:
    """The first function, or the one that is named."""
    assert Agent(deque()).answer(asked(functions=("f", "g"), tool_choice=choice)) == Call(called, {})


def test_the_habit_uses_the_first_name() -> None:
    """As octi writes it into instructions, on a line of its own."""
    assert habit('You are kind.\n- first_name: "Zoë"\n- income: 3') == "Thank you, Zoë. Please go on."
    assert habit('Say - first_name: "Zoë"') == "Thank you. Please go on."
