"""Rules of one answer at a time, and of taking one back."""

from collections.abc import Awaitable, Callable

from octi.conformance.dialogue import PUSH_TO_TALK, Server, Wire
from octi.conformance.rule import NotApplicable, rule
from octi.conformance.rules.items import add, message
from octi.conformance.rules.responses import RESPOND, USAGE, answer, kinds, respond
from octi.conformance.values import Event, at, begins, expect, has, same

CANCEL: Event = {"type": "response.cancel"}
LONG = "What can you do? Please tell me all of it, at length."
TRIES = 5  # to be quicker than an answer
TOO_QUICK = "each answer was over before anything could be said about it"
BEGUN = ("response.output_audio_transcript.delta", "response.output_audio.delta", "response.output_text.delta")


async def caught(attempt: Callable[[], Awaitable[Event | None]]) -> Event:
    """What an attempt gives that was not too late. Raises NotApplicable if all of them were."""
    for _ in range(TRIES):
        if (event := await attempt()) is not None:
            return event
    raise NotApplicable(TOO_QUICK)


@rule("response.create")
async def there_is_one_answer_at_a_time(server: Server) -> Event:
    """While an answer is in progress another is refused by the code and the words that clients know."""
    async with server.session(audio=PUSH_TO_TALK) as wire:
        await add(wire, message(LONG))
        event = await caught(lambda: _second(wire))
        same(event, "error.code", "conversation_already_has_active_response")
        begins(event, "error.message", "Conversation already has an active response in progress: ")
        await _over(wire)
        return event


async def _second(wire: Wire) -> Event | None:
    """The error that a second `response.create` meets; None if the first answer was over by then."""
    await wire.send(RESPOND, RESPOND)
    ends = 0
    while (event := await wire.next())["type"] != "error":
        ends += event["type"] == "response.done"
        if ends == 2:
            return None
    return event


async def _over(wire: Wire) -> None:
    """Return when no answer is in progress."""
    seen = kinds(wire.events)
    if seen.count("response.created") > seen.count("response.done"):
        await wire.until("response.done")


@rule("response.cancel")
async def nothing_to_cancel_is_told_so(server: Server) -> Event:
    """A cancellation of nothing is refused with `response_cancel_not_active`; its words begin "Cancellation failed"."""
    async with server.session() as wire:
        event = await wire.refused(CANCEL)
        same(event, "error.code", "response_cancel_not_active")
        begins(event, "error.message", "Cancellation failed")
        return event


@rule("response.cancel")
async def an_answer_that_is_over_cannot_be_cancelled(server: Server) -> Event:
    """A cancellation that comes after the answer, and one of an answer that never was, are refused alike."""
    async with server.session() as wire:
        over = at(await answer(wire), "response.id")
        for late in (CANCEL, {**CANCEL, "response_id": over}, {**CANCEL, "response_id": "resp_octi_check"}):
            event = await wire.refused(late)
            same(event, "error.code", "response_cancel_not_active")
        return event


@rule("response.cancel")
async def an_answer_can_be_cancelled(server: Server) -> Event:
    """A cancelled answer ends by `response.done`: cancelled, by the client, with usage."""
    async with server.session(audio=PUSH_TO_TALK) as wire:
        await add(wire, message(LONG))
        event = await caught(lambda: _cancelled(wire, "response.created"))
        same(event, "response.status", "cancelled")
        same(event, "response.status_details.type", "cancelled")
        same(event, "response.status_details.reason", "client_cancelled")
        has(event, "response.usage", USAGE)
        return event


@rule("response.cancel")
async def a_cancelled_answer_is_closed_first(server: Server) -> Event:
    """What was open of a cancelled answer, its part and its item, is closed as incomplete before `response.done`."""
    async with server.session(audio=PUSH_TO_TALK) as wire:
        await add(wire, message(LONG))
        event = await caught(lambda: _cancelled(wire, *BEGUN))
        same(event, "response.output[0].status", "incomplete")
        seen = [each["type"] for each in wire.events]
        for name in ("content_part", "output_item"):
            counts = seen.count(f"response.{name}.added"), seen.count(f"response.{name}.done")
            expect(counts[0] == counts[1], f"{counts[0]} of `{name}` were opened, {counts[1]} closed", event)
        return event


@rule("response.cancel")
async def a_cancelled_answer_is_followed_by_the_next(server: Server) -> Event:
    """After a cancellation the conversation goes on: the next answer is complete."""
    async with server.session(audio=PUSH_TO_TALK) as wire:
        await add(wire, message(LONG))
        await caught(lambda: _cancelled(wire, "response.created"))
        event = await answer(wire, respond(output_modalities=["text"]))
        same(event, "response.status", "completed")
        return event


async def _cancelled(wire: Wire, *moment: str) -> Event | None:
    """The end of an answer that was cancelled at a moment; None if it was over by then."""
    await wire.send(RESPOND)
    if (await wire.until(*moment, "response.done"))["type"] == "response.done":
        return None
    await wire.send(CANCEL)
    while (event := await wire.next())["type"] != "response.done":
        expect(event["type"] != "error", "the cancellation is refused while the answer goes on", event)
    if at(event, "response.status") == "completed":
        await wire.until("error")
        return None
    return event


RULES = (
    there_is_one_answer_at_a_time,
    nothing_to_cancel_is_told_so,
    an_answer_that_is_over_cannot_be_cancelled,
    an_answer_can_be_cancelled,
    a_cancelled_answer_is_closed_first,
    a_cancelled_answer_is_followed_by_the_next,
)
