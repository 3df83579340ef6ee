"""Small talk, as a conversation of lines."""

from datetime import datetime

import pytest

from octi.engine.base import Line, Prompt, Say
from octi.engine.brains.english import ENGLISH
from octi.engine.brains.rules import think
from octi.engine.brains.talk import swapped

FRIDAY = datetime(2026, 10, 2, 14, 5)  # noqa: DTZ001 -- the local time of day


def talk(*lines: str, instructions: str = "") -> str:
    """What the brain says after lines of user and agent in turn."""
    history = tuple(Line(("user", "assistant")[place % 2], text) for place, text in enumerate(lines))
    parts = think(Prompt(instructions=instructions, history=history, now=FRIDAY))
    return " ".join(part.text for part in parts if isinstance(part, Say))


@pytest.mark.parametrize(
    ("heard", "answer"),
    [
        ("hello", "Hello! How can I help you?"),
        ("Good morning.", "Hello! How can I help you?"),
        ("Hello there, what time is it?", "Hello. It is 2:05 PM."),
        ("can you tell me what time it is please", "It is 2:05 PM."),
        ("what's the date today", "Today is Friday, October 2, 2026."),
        ("What day is it?", "Today is Friday, October 2, 2026."),
        ("what is twelve plus thirty", "That is 42."),
        ("how much is ten divided by three", "That is about 3.333."),
        ("ten divided by zero", "Nothing can be divided by zero."),
        ("the square root of minus one", "I cannot work that out."),
        ("my name is anna", "Nice to meet you, Anna. What can I do for you?"),
        ("what's my name", "I do not know your name yet. What is it?"),
        ("say that again", "I have not said anything yet."),
        ("slow down please", "I cannot speak more slowly, but I can say it again."),
        ("could you speak a bit louder", "I cannot change the volume from here. Please turn it up on your side."),
        ("stop", "All right."),
        ("Stop, that is not what I asked for.", "All right."),
        ("thank you very much", "You are welcome."),
        ("okay bye", "Goodbye. It was good to talk to you."),
        ("how are you", "I am working as I should, thank you. How are you?"),
        (
            "are you a robot",
            "I am the built-in offline voice. I am a program that follows simple rules, not a person.",
        ),
        ("yes", "Good. What would you like to do next?"),
        ("no", "All right. What would you like instead?"),
        ("what is the weather going to be like this weekend", "I cannot look that up, so I do not know."),
        ("what time is it in Tokyo", "I do not know, and I would rather not guess."),
        ("can you sing a song", "I am sorry, I cannot do that."),
        ("the sky is blue?", "I do not know, and I would rather not guess."),
        ("i feel sad about my dog", "Why do you feel sad about your dog?"),
        ("I want to go home", "Why do you want to go home?"),
        ("I'm so tired", "I am sorry to hear that you are tired."),
        ("my mother hates me", "Tell me more about your mother."),
        ("the train was late", "I see. Please tell me more."),
        ("I think " + "very " * 20 + "well", "I see. Please tell me more."),
        ("", "I did not hear anything. Please say it again."),
        ("...", "I did not hear anything. Please say it again."),
    ],
)
def test_what_is_heard_has_an_answer(heard: str, answer: str) -> None:
    """Punctuation and case do not matter, and nothing is made up."""
    assert talk(heard) == answer


def test_the_agent_speaks_first_by_its_name() -> None:
    """When nobody has said anything yet."""
    assert talk(instructions="You are Aria, a concierge.") == "Hello, I am Aria. How can I help you?"


def test_who_was_answered_and_stays_silent_is_asked() -> None:
    """An answer that is wanted after the agent's own words is a nudge."""
    assert talk("hello", "Hello!") == "Are you still there?"


def test_a_name_is_remembered_and_used() -> None:
    """For as long as it is in the history."""
    assert talk("i am called anna", "Hi.", "what is my name") == "You told me that your name is Anna."
    assert talk("i am called anna", "Hi.", "goodbye") == "Bye, Anna. Take care."


def test_a_repetition_is_of_the_answer_itself() -> None:
    """However often it is asked for."""
    assert talk("what time is it", "It is 2:05 PM.", "pardon") == "I said: It is 2:05 PM."
    assert talk("what time", "I said: It is 2:05 PM.", "repeat that please") == "I said: It is 2:05 PM."


def test_answers_vary_with_the_history_alone() -> None:
    """The same history has the same answer; a longer one may have another."""
    assert talk("why") == talk("why")
    assert len({talk(*["why"] * turns) for turns in (1, 3, 5)}) == 3


@pytest.mark.parametrize(
    ("words", "other"),
    [
        ("i am happy with my dog", "you are happy with your dog"),
        ("you are nice to me", "I am nice to you"),
        ("i think you hate yourself", "you think me hate myself"),
        ("mythical", "mythical"),
    ],
)
def test_persons_are_swapped(words: str, other: str) -> None:
    """Whole words only. Grammar is beyond it, as it was beyond ELIZA."""
    assert swapped(words, ENGLISH) == other
