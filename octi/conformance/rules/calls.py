"""Rules of function calls."""

import msgspec

from octi.conformance.dialogue import PUSH_TO_TALK, Server, Wire
from octi.conformance.rule import rule
from octi.conformance.rules.items import add, message
from octi.conformance.rules.responses import answer, answered, kinds, one, respond
from octi.conformance.values import Event, at, expect, same, text

WEATHER: Event = {
    "type": "function",
    "name": "get_weather",
    "description": "Tells the weather in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
FORCED: Event = {"type": "function", "name": "get_weather"}
QUESTION = message("What is the weather in Paris?")
CHAIN = [
    "response.created",
    "response.output_item.added",
    "conversation.item.added",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "conversation.item.done",
    "response.output_item.done",
    "response.done",
]


async def _called(wire: Wire) -> list[Event]:
    """The events of an answer that has to call the function."""
    await add(wire, QUESTION)
    return await answered(wire, respond(tools=[WEATHER], tool_choice=FORCED))


@rule("event order")
async def a_function_call_comes_in_order(server: Server) -> Event:
    """A call's events come in order: the item, its arguments, its end; the response is completed."""
    async with server.session() as wire:
        events = await _called(wire)
        expect(kinds(events) == CHAIN, f"the order is {kinds(events)}", events[-1])
        same(events[-1], "response.status", "completed")
        return events[-1]


@rule("response.function_call_arguments")
async def a_call_is_known_from_its_first_event(server: Server) -> Event:
    """A call has its name and its `call_id` when it is added, in progress, and keeps them to its end."""
    async with server.session() as wire:
        events = await _called(wire)
        added = one(events, "response.output_item.added")
        call_id = text(added, "item.call_id")
        same(added, "item.status", "in_progress")
        done = one(events, "response.output_item.done")
        same(done, "item.status", "completed")
        for event in (added, done, one(events, "conversation.item.added")):
            same(event, "item.type", "function_call")
            same(event, "item.name", "get_weather")
            same(event, "item.call_id", call_id)
        same(events[-1], "response.output[0].call_id", call_id)
        return added


@rule("response.function_call_arguments")
async def the_arguments_of_a_call_agree(server: Server) -> Event:
    """Deltas, `arguments.done` with the function's name, the item and `response.done` have the same JSON text."""
    async with server.session() as wire:
        events = await _called(wire)
        kind = "response.function_call_arguments.delta"
        arguments = "".join(at(event, "delta") for event in events if event["type"] == kind)
        done = one(events, "response.function_call_arguments.done")
        same(done, "arguments", arguments)
        same(done, "name", "get_weather")
        same(done, "call_id", at(one(events, "response.output_item.added"), "item.call_id"))
        same(one(events, "response.output_item.done"), "item.arguments", arguments)
        same(events[-1], "response.output[0].arguments", arguments)
        expect(_is_object(arguments), f"the arguments are no JSON object: {arguments!r}", done)
        return done


def _is_object(arguments: str) -> bool:
    try:
        return isinstance(msgspec.json.decode(arguments), dict)
    except msgspec.DecodeError:
        return False


@rule("function_call_output")
async def the_output_of_a_call_is_answered(server: Server) -> Event:
    """A client gives the output as an item, and then asks for an answer, which is a message."""
    async with server.session() as wire:
        call_id = at((await _called(wire))[-1], "response.output[0].call_id")
        output = {"type": "function_call_output", "call_id": call_id, "output": '{"sky": "clear", "celsius": 21}'}
        done = await add(wire, output)
        same(done, "item.call_id", call_id)
        event = await answer(wire)
        same(event, "response.status", "completed")
        same(event, "response.output[0].type", "message")
        return event


@rule("tool_choice")
async def none_calls_nothing(server: Server) -> Event:
    """With `tool_choice: "none"` no function is called, whatever is asked."""
    async with server.session() as wire:
        await add(wire, QUESTION)
        event = await answer(wire, respond(tools=[WEATHER], tool_choice="none"))
        same(event, "response.output[0].type", "message")
        return event


@rule("tool_choice")
async def required_calls_something(server: Server) -> Event:
    """With `tool_choice: "required"` a function is called; the session's own tools count as well."""
    async with server.session(output_modalities=["text"], audio=PUSH_TO_TALK, tools=[WEATHER]) as wire:
        await add(wire, QUESTION)
        event = await answer(wire, respond(tool_choice="required"))
        called = [item for item in at(event, "response.output") if item["type"] == "function_call"]
        expect(bool(called), "nothing is called", event)
        return event


RULES = (
    a_function_call_comes_in_order,
    a_call_is_known_from_its_first_event,
    the_arguments_of_a_call_agree,
    the_output_of_a_call_is_answered,
    none_calls_nothing,
    required_calls_something,
)
