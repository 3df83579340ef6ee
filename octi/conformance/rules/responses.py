"""Rules of `response.create`: the written answer, and what a client may ask of one."""

from typing import Any

from octi.conformance.dialogue import TYPED, Server, Wire, update
from octi.conformance.rule import rule
from octi.conformance.rules.items import add, message, retrieved
from octi.conformance.values import Event, at, begins, expect, has, same, text, whole

RESPOND: Event = {"type": "response.create"}
RATE_LIMITS_S = 5.0  # behind the end of a response
METADATA = {"octi_check": "1", "topic": "wire"}
CHAIN = [
    "response.created",
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "conversation.item.done",
    "response.output_item.done",
    "response.done",
]


def respond(**response: Any) -> Event:
    """A `response.create` that asks for something special."""
    return {"type": "response.create", "response": response}


async def answered(wire: Wire, event: Event = RESPOND) -> list[Event]:
    """Ask for an answer: all its events, from `response.created` to `response.done`."""
    await wire.send(event)
    await wire.until("response.created")
    begun = len(wire.events) - 1
    await wire.until("response.done")
    return wire.events[begun:]


async def answer(wire: Wire, event: Event = RESPOND) -> Event:
    """Ask for an answer: its `response.done`."""
    return (await answered(wire, event))[-1]


def kinds(events: list[Event]) -> list[str]:
    """The events' types; deltas in a row count once."""
    found: list[str] = []
    for event in events:
        if not (event["type"].endswith(".delta") and event["type"] in found[-1:]):
            found.append(event["type"])
    return found


def one(events: list[Event], kind: str) -> Event:
    """The first event of a type. Raises Broken if there is none."""
    found = next((event for event in events if event["type"] == kind), None)
    expect(found is not None, f"there is no `{kind}`", events[-1])
    return found or {}


@rule("event order")
async def a_written_answer_comes_in_order(server: Server) -> Event:
    """A written answer's events come in the one order that there is, from `response.created` to `response.done`."""
    async with server.session() as wire:
        await add(wire, message("Hello."))
        events = await answered(wire)
        expect(kinds(events) == CHAIN, f"the order is {kinds(events)}", events[-1])
        return events[-1]


@rule("response.output_text")
async def the_words_of_an_answer_agree(server: Server) -> Event:
    """Deltas, `output_text.done`, the part, the item and `response.done` all have the same words."""
    async with server.session() as wire:
        await add(wire, message("Hello."))
        events = await answered(wire)
        words = "".join(at(event, "delta") for event in events if event["type"] == "response.output_text.delta")
        expect(bool(words), "the answer has no words", events[-1])
        same(one(events, "response.output_text.done"), "text", words)
        same(one(events, "response.content_part.done"), "part", {"type": "text", "text": words})
        same(one(events, "response.output_item.done"), "item.content", [{"type": "output_text", "text": words}])
        same(events[-1], "response.output[0].content[0].text", words)
        return events[-1]


@rule("response.created")
async def a_response_begins_empty(server: Server) -> Event:
    """`response.created` is in progress, with no output, no usage and no details."""
    async with server.session() as wire:
        event = (await answered(wire))[0]
        same(event, "response.object", "realtime.response")
        same(event, "response.status", "in_progress")
        same(event, "response.output", [])
        for name in ("usage", "status_details"):
            same(event, f"response.{name}", None)
        text(event, "response.id")
        return event


@rule("response.done")
async def a_response_ends_whole(server: Server) -> Event:
    """`response.done` has the status, the items, the usage, and what was asked for."""
    async with server.session() as wire:
        events = await answered(wire)
        event = events[-1]
        same(event, "response.id", at(events[0], "response.id"))
        same(event, "response.status", "completed")
        same(event, "response.status_details", None)
        same(event, "response.output_modalities", ["text"])
        same(event, "response.output[0].role", "assistant")
        same(event, "response.output[0].status", "completed")
        text(event, "response.conversation_id")
        has(event, "response", ("max_output_tokens", "audio", "metadata", "usage"))
        has(event, "response.usage", USAGE)
        return event


USAGE = ("total_tokens", "input_tokens", "output_tokens", "input_token_details", "output_token_details")


@rule("response.done")
async def the_answer_is_part_of_the_conversation(server: Server) -> Event:
    """An answer's item stands behind what it answers, can be retrieved, and the next one stands behind it."""
    async with server.session() as wire:
        asked = await add(wire, message("Hello."))
        events = await answered(wire)
        same(one(events, "conversation.item.added"), "previous_item_id", at(asked, "item.id"))
        item = at(events[-1], "response.output[0].id")
        event = await retrieved(wire, item)
        same(event, "item.role", "assistant")
        same(await add(wire, message("Thanks.")), "previous_item_id", item)
        return event


@rule("rate_limits.updated")
async def rate_limits_follow_a_response(server: Server) -> Event:
    """With each response comes `rate_limits.updated`; its rows are called `requests` and `tokens`."""
    async with server.session() as wire:
        events = await answered(wire)
        early = [event for event in events if event["type"] == "rate_limits.updated"]
        event = early[0] if early else await wire.until("rate_limits.updated", within_s=RATE_LIMITS_S)
        for index, _ in enumerate(at(event, "rate_limits")):
            has(event, f"rate_limits[{index}]", ("name", "limit", "remaining", "reset_seconds"))
        return event


@rule("response.create")
async def metadata_comes_back(server: Server) -> Event:
    """`metadata` is in `response.created` and `response.done` as it was given: clients know their answers by it."""
    async with server.session() as wire:
        events = await answered(wire, respond(metadata=METADATA))
        same(events[0], "response.metadata", METADATA)
        same(events[-1], "response.metadata", METADATA)
        return events[0]


@rule("response.create")
async def metadata_are_few_short_texts(server: Server) -> Event:
    """Metadata that are no texts, and more than sixteen of them, are refused; the error names `response.metadata`."""
    async with server.session() as wire:
        for wrong in ({"number": 7}, {f"key_{index}": "" for index in range(17)}):
            event = await wire.refused(respond(metadata=wrong))
            begins(event, "error.param", "response.metadata")
        return event


@rule("response.create")
async def an_unknown_wish_is_named(server: Server) -> Event:
    """A field of `response` that there is not is refused as an unknown parameter, and nothing is answered."""
    async with server.session() as wire:
        event = await wire.refused(respond(bogus_field=1))
        same(event, "error.code", "unknown_parameter")
        same(event, "error.param", "response.bogus_field")
        expect(not await wire.quiet(), "a refused wish is answered", wire.last)
        return event


@rule("response.create")
async def a_wish_counts_for_one_response(server: Server) -> Event:
    """What `response.create` overrides holds for that response; the session is as it was."""
    async with server.session() as wire:
        before = await wire.ask(update(), "session.updated")
        event = await answer(wire, respond(instructions="Be short.", max_output_tokens=4000))
        same(event, "response.max_output_tokens", 4000)
        after = await wire.ask(update(), "session.updated")
        expect(at(after, "session") == at(before, "session"), "the session has changed", after)
        same(await answer(wire), "response.max_output_tokens", "inf")
        return event


@rule("response.create")
async def an_answer_may_be_written_in_a_session_that_speaks(server: Server) -> Event:
    """`output_modalities: ["text"]` of one response makes that one written, whatever the session's."""
    async with server.session(audio=TYPED["audio"]) as wire:
        events = await answered(wire, respond(output_modalities=["text"]))
        same(events[-1], "response.output_modalities", ["text"])
        same(one(events, "response.content_part.added"), "part.type", "text")
        return events[-1]


@rule("response.create")
async def an_answer_ends_where_its_tokens_end(server: Server) -> Event:
    """A response that needs more than `max_output_tokens` ends `incomplete`, for that reason."""
    async with server.session() as wire:
        await add(wire, message("What can you do for me? Tell me at length, please."))
        event = await answer(wire, respond(max_output_tokens=1))
        same(event, "response.status", "incomplete")
        same(event, "response.status_details.type", "incomplete")
        same(event, "response.status_details.reason", "max_output_tokens")
        expect(whole(event, "response.usage.output_tokens") <= 1, "it has more tokens than it may", event)
        return event


@rule("out of band")
async def an_answer_aside_leaves_no_trace(server: Server) -> Event:
    """A response with `conversation: "none"` has no conversation, and no `conversation.item` tells of its items."""
    async with server.session() as wire:
        asked = await add(wire, message("Hello."))
        events = await answered(wire, respond(conversation="none", metadata=METADATA))
        for event in (events[0], events[-1]):
            same(event, "response.conversation_id", None)
            same(event, "response.metadata", METADATA)
        for event in events:
            expect(not event["type"].startswith("conversation.item."), "it is told as part of the conversation", event)
        item = at(events[-1], "response.output[0].id")
        refused = await wire.refused({"type": "conversation.item.retrieve", "item_id": item})
        same(refused, "error.code", "item_retrieve_invalid_item_id")
        same(await add(wire, message("Bye.")), "previous_item_id", at(asked, "item.id"))
        return events[-1]


@rule("out of band")
async def an_answer_may_have_an_input_of_its_own(server: Server) -> Event:
    """`input` takes items, references to items of the conversation, and nothing at all."""
    async with server.session() as wire:
        await add(wire, message("Hello.", id="octi_check_1"))
        reference = {"type": "item_reference", "id": "octi_check_1"}
        for given in ([], [message("Hello.")], [reference, message("Hello.")]):
            event = await answer(wire, respond(conversation="none", input=given))
            same(event, "response.status", "completed")
        return event


@rule("out of band")
async def an_input_cannot_refer_to_what_is_not_there(server: Server) -> Event:
    """A reference to an item that the conversation does not have is refused, and nothing is answered."""
    async with server.session() as wire:
        given = [{"type": "item_reference", "id": "octi_check_none"}]
        event = await wire.refused(respond(conversation="none", input=given))
        same(event, "error.type", "invalid_request_error")
        expect(not await wire.quiet(), "a refused wish is answered", wire.last)
        return event


@rule("out of band")
async def there_are_two_kinds_of_conversation(server: Server) -> Event:
    """`conversation` is `"auto"` or `"none"`; another is refused by name."""
    async with server.session() as wire:
        event = await wire.refused(respond(conversation="octi_check"))
        same(event, "error.param", "response.conversation")
        same(await answer(wire, respond(conversation="auto")), "response.status", "completed")
        return event


@rule("out of band")
async def answers_aside_may_run_beside_others(server: Server) -> Event:
    """An answer in the conversation and two out of band can be asked for at once: all of them come."""
    async with server.session() as wire:
        await wire.send(respond(), *(respond(conversation="none", input=[message("Hello.")]) for _ in range(2)))
        found = [await wire.until("response.done") for _ in range(3)]
        for event in found:
            same(event, "response.status", "completed")
        aside = [event for event in found if at(event, "response.conversation_id") is None]
        expect(len(aside) == 2, f"{len(aside)} of the three have no conversation, not two", found[-1])
        return found[-1]


RULES = (
    a_written_answer_comes_in_order,
    the_words_of_an_answer_agree,
    a_response_begins_empty,
    a_response_ends_whole,
    the_answer_is_part_of_the_conversation,
    rate_limits_follow_a_response,
    metadata_comes_back,
    metadata_are_few_short_texts,
    an_unknown_wish_is_named,
    a_wish_counts_for_one_response,
    an_answer_may_be_written_in_a_session_that_speaks,
    an_answer_ends_where_its_tokens_end,
    an_answer_aside_leaves_no_trace,
    an_answer_may_have_an_input_of_its_own,
    an_input_cannot_refer_to_what_is_not_there,
    there_are_two_kinds_of_conversation,
    answers_aside_may_run_beside_others,
)
