"""octi/guard/sifting.py: which fields are kept, and which of the others change nothing."""

from typing import Any

import pytest

from octi.guard.policy import Grant
from octi.guard.sifting import Sifted, repeats, sifted

VOICE = Grant(frozenset({"session.audio.output.voice"}))


def test_what_is_given_is_kept_and_the_rest_is_named() -> None:
    """Each by its whole name, in the order of the wish."""
    wish = {"instructions": "x", "audio": {"output": {"voice": "alloy", "speed": 2}, "input": 3}}
    assert sifted(wish, VOICE, "session", []) == Sifted(
        {"audio": {"output": {"voice": "alloy"}}},
        ["session.instructions", "session.audio.output.speed", "session.audio.input"],
    )


def test_an_object_that_is_left_empty_is_left_out() -> None:
    known = {"audio": {"output": {"speed": 1.0}}}
    assert sifted({"audio": {"output": {"speed": 1}}}, VOICE, "session", [known]) == Sifted()


def test_what_a_rule_takes_out_of_something_given_is_refused() -> None:
    """Where the whole was given before."""
    grant = Grant(frozenset({"session.audio"}), frozenset({"session.audio.input.turn_detection.idle_timeout_ms"}))
    wish = {"audio": {"input": {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 5000}}}}
    found = sifted(wish, grant, "session", [])
    assert found.kept == {"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}
    assert found.refused == ["session.audio.input.turn_detection.idle_timeout_ms"]


def test_null_takes_back_what_there_is_and_nothing_else() -> None:
    """In a response it says nothing: that is as the session then."""
    known = {"prompt": None, "tracing": "auto"}
    wish = {"prompt": None, "tracing": None, "unknown": None}
    assert sifted(wish, VOICE, "session", [known]).refused == ["session.tracing"]
    assert sifted(wish, VOICE, "response", [known]) == Sifted()


@pytest.mark.parametrize(
    ("value", "known", "same"),
    [
        (1, 1.0, True),
        (True, 1, False),
        ({"model": "a"}, {"model": "a", "language": None, "keywords": []}, True),
        ({"model": "a"}, {"model": "a", "language": "fr"}, False),
        ({"model": "a", "language": "fr"}, {"model": "a"}, False),
        ([{"name": "f"}], [{"name": "f", "description": None}], True),
        ([{"name": "f"}, {"name": "g"}], [{"name": "f"}], False),
        ([], [1], False),
        ({}, [], False),
    ],
)
def test_what_is_there_may_be_said_again(value: Any, known: Any, same: bool) -> None:
    """In other words, too."""
    assert repeats(value, known) is same
