"""octi/realtime/saying.py: octi's own words, as a response of their own."""

import msgspec

from octi.engine.requests import ResponseWish
from octi.realtime.event_ids import is_ours
from octi.realtime.saying import saying, words_to_say


def test_a_response_is_made_of_the_words_and_nothing_else() -> None:
    """Nothing that was said in the conversation is in it; it is part of the conversation itself."""
    event = msgspec.json.decode(saying("Not that."))
    wish = msgspec.convert(event["response"], ResponseWish)
    assert (event["type"], wish.conversation, wish.input, wish.tool_choice) == ("response.create", "auto", [], "none")
    assert wish.instructions is not None
    assert words_to_say(wish.instructions) == "Not that."
    assert is_ours(event["event_id"])


def test_it_may_be_like_the_response_that_somebody_waits_for() -> None:
    """As it was asked for; but not in what it is made of."""
    like = {"metadata": {"a": "b"}, "output_modalities": ["text"], "input": [1], "instructions": "Hello."}
    made = msgspec.json.decode(saying("No.", like))["response"]
    assert (made["metadata"], made["output_modalities"], made["input"]) == ({"a": "b"}, ["text"], [])
    assert words_to_say(made["instructions"]) == "No."


def test_other_instructions_are_no_words_to_say() -> None:
    """A prompt is one."""
    assert words_to_say("You are octi.") is None
    assert words_to_say("") is None
