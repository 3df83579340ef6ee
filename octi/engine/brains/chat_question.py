"""What a chat model is asked: a prompt of the engine's as the body of a `/chat/completions` request. Pure."""

from collections.abc import Iterable
from itertools import count
from typing import Any

import msgspec

from octi.engine.base import FRENCH, Called, Line, Prompt, Tool

IN_FRENCH = "Answer in French."
NOT_YET = "No result yet."  # as if it were nothing, the model would call a second time
ANYTHING = {"type": "object", "properties": {}}

Message = dict[str, Any]


def question(prompt: Prompt, model: str) -> bytes:
    """The request's body, as JSON. Functions that must not be called are not told."""
    body: dict[str, Any] = {"model": model, "stream": True, "messages": messages(prompt)}
    if prompt.tools and prompt.tool_choice != "none":
        body["tools"] = [_function(tool) for tool in prompt.tools]
        body["tool_choice"] = _choice(prompt.tool_choice)
    return msgspec.json.encode(body)


def messages(prompt: Prompt) -> list[Message]:
    """The instructions and the conversation.

    One side's lines in a row are one message: some models' templates refuse anything but turns.
    """
    told = "\n\n".join(part for part in (prompt.instructions.strip(), language(prompt)) if part)
    found = [{"role": "system", "content": told}] if told else []
    ids = (f"call{number:05}" for number in count())  # of nine letters and figures: Mistral takes no other
    calls: list[tuple[str, Called]] = []  # in a row: one message, as of one answer
    for entry in prompt.history:
        if isinstance(entry, Called):
            calls.append((next(ids), entry))
        elif entry.text.strip():
            _add_calls(found, calls)
            calls = []
            _add_line(found, entry)
    _add_calls(found, calls)
    return found


def language(prompt: Prompt) -> str:
    """What the model is told of the conversation's language; English needs no word."""
    return IN_FRENCH if prompt.language == FRENCH else ""


def _add_line(found: list[Message], line: Line) -> None:
    last = found[-1] if found else {}
    if last.get("role") == line.role and "tool_calls" not in last and len(found) > 1:
        last["content"] += f"\n{line.text}"
    else:
        found.append({"role": line.role, "content": line.text})


def _add_calls(found: list[Message], calls: Iterable[tuple[str, Called]]) -> None:
    """Calls belong to what was said just before them, and are followed by what came of each."""
    called = [{"id": name, "type": "function", "function": _called(call)} for name, call in calls]
    if not called:
        return
    if not found or found[-1]["role"] != "assistant":
        found.append({"role": "assistant", "content": None})
    found[-1]["tool_calls"] = called
    for name, call in calls:
        found.append({"role": "tool", "tool_call_id": name, "content": NOT_YET if call.output is None else call.output})


def _called(call: Called) -> dict[str, str]:
    return {"name": call.name, "arguments": msgspec.json.encode(call.arguments).decode()}


def _function(tool: Tool) -> dict[str, Any]:
    said = {"description": tool.description} if tool.description else {}
    return {"type": "function", "function": {"name": tool.name, **said, "parameters": tool.parameters or ANYTHING}}


def _choice(choice: str) -> str | dict[str, Any]:
    return choice if choice in ("auto", "required") else {"type": "function", "function": {"name": choice}}
