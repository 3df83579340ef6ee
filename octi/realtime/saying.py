"""Octi's own words, said by the agent: a response that is made of them and of nothing else. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

SAY = "octi_say"  # the event id of such a request
ORDER = "Say exactly the following words, in the language they are in, nothing before them and nothing after: "


def saying(words: str, like: Mapping[str, Any] | None = None) -> bytes:
    """A `response.create` for these words.

    It is part of the conversation, and is made without it (`input` is empty): nothing that was said there has a say
    in it. A model is asked, and not made, to keep to the words. like: more of what the response is to be.
    """
    response = {**(like or {}), "instructions": ORDER + words, "input": [], "tool_choice": "none"}
    return msgspec.json.encode({"type": "response.create", "event_id": SAY, "response": response})


def words_to_say(instructions: str) -> str | None:
    """The words of an answer that is to be made of them alone; None: it is an answer as any."""
    return instructions.removeprefix(ORDER) if instructions.startswith(ORDER) else None
