"""Rules of events among one another, whenever they are said: what is opened is closed, and in which order."""

from collections.abc import Iterator

from octi.conformance.rule import Tape, standing
from octi.conformance.values import Event, at, expect, find, shown

ENDS = {
    "response.output_item.added": "response.output_item.done",
    "response.content_part.added": "response.content_part.done",
    "conversation.item.added": "conversation.item.done",
    "response.created": "response.done",
}


@standing("event order")
def every_beginning_has_its_end(tape: Tape) -> Iterator[Event]:
    """Responses, their items, their parts, and the conversation's items: what is opened is closed, once."""
    open_now: dict[tuple[str, object], Event] = {}
    for event in tape.events:
        key = _key(event)
        if event["type"] in ENDS:
            expect((ENDS[event["type"]], key) not in open_now, "it is opened a second time", event)
            open_now[ENDS[event["type"]], key] = event
        elif event["type"] in ENDS.values():
            expect((event["type"], key) in open_now, "it is closed, but is not open", event)
            del open_now[event["type"], key]
            yield event
    left = next(iter(open_now.values()), None)
    expect(left is None or not tape.whole, "it is never closed", left)


def _key(event: Event) -> object:
    """What an event opens or closes."""
    match event["type"].split("."):
        case ["response", "created" | "done"]:
            return at(event, "response.id")
        case ["response", "content_part", _]:
            return at(event, "response_id"), at(event, "item_id"), at(event, "content_index")
        case ["response", "output_item", _]:
            return at(event, "response_id"), at(event, "item.id")
        case ["conversation", "item", "added" | "done"]:
            return at(event, "item.id")
        case _:
            return None


@standing("event order")
def one_answer_is_in_the_conversation(tape: Tape) -> Iterator[Event]:
    """Of the responses in progress one at most is part of the conversation; those of one session name the same."""
    active: set[str] = set()
    names: set[str] = set()
    for event in tape.events:
        if event["type"] == "response.created" and find(event, "response.conversation_id") is not None:
            expect(not active, f"{shown(active)} is in progress", event)
            active.add(at(event, "response.id"))
            names.add(at(event, "response.conversation_id"))
            expect(len(names) == 1, f"one session has the conversations {shown(names)}", event)
            yield event
        elif event["type"] == "response.done":
            active.discard(at(event, "response.id"))


@standing("event order")
def events_of_a_response_come_while_it_is_in_progress(tape: Tape) -> Iterator[Event]:
    """Whatever names a response comes between its `response.created` and its `response.done`."""
    active: set[str] = set()
    for event in tape.events:
        if event["type"] == "response.created":
            active.add(at(event, "response.id"))
        elif event["type"] == "response.done":
            active.discard(at(event, "response.id"))
        elif "response_id" in event:
            expect(event["response_id"] in active, f"{shown(event['response_id'])} is not in progress", event)
            yield event


@standing("event order")
def ids_are_given_once(tape: Tape) -> Iterator[Event]:
    """No two responses, and no two items of a conversation, have one id."""
    seen: set[tuple[str, str]] = set()
    for event in tape.events:
        if event["type"] in {"response.created", "conversation.item.added"}:
            key = event["type"], at(event, "response.id" if "response" in event else "item.id")
            expect(key not in seen, f"{shown(key[1])} was there before", event)
            seen.add(key)
            yield event
        elif event["type"] == "conversation.item.deleted":
            seen.discard(("conversation.item.added", at(event, "item_id")))


@standing("event order")
def the_conversation_knows_first(tape: Tape) -> Iterator[Event]:
    """An answer's item is done in the conversation (`conversation.item.done`) before it is done in its response."""
    known: set[str] = set()
    added: set[str] = set()
    for event in tape.events:
        match event["type"]:
            case "conversation.item.added":
                added.add(at(event, "item.id"))
            case "conversation.item.done":
                known.add(at(event, "item.id"))
            case "response.output_item.done" if at(event, "item.id") in added:
                expect(at(event, "item.id") in known, "the conversation is told later", event)
                yield event


@standing("event order")
def the_places_of_an_answer_are_counted(tape: Tape) -> Iterator[Event]:
    """`output_index` counts a response's items from 0, and is the same in all events of an item."""
    places: dict[tuple[str, str], int] = {}
    for event in tape.events:
        if "response_id" not in event or "output_index" not in event:
            continue
        response, item = event["response_id"], event.get("item_id") or at(event, "item.id")
        if event["type"] == "response.output_item.added":
            places[response, item] = sum(key[0] == response for key in places)
        wanted = places.get((response, item))
        expect(wanted == event["output_index"], f"`output_index` should be {wanted}", event)
        yield event


@standing("event order")
def a_response_ends_with_the_items_that_it_told(tape: Tape) -> Iterator[Event]:
    """`response.done` has the items that were told while it was in progress, in their order, and none in progress."""
    told: dict[str, list[str]] = {}
    for event in tape.events:
        if event["type"] == "response.output_item.added":
            told.setdefault(event["response_id"], []).append(at(event, "item.id"))
        elif event["type"] == "response.done":
            output = at(event, "response.output")
            found = [item.get("id") for item in output]
            wanted = told.get(at(event, "response.id"), [])
            expect(found == wanted, f"the output is {shown(found)}, and {shown(wanted)} was told", event)
            expect(all(item.get("status") != "in_progress" for item in output), "an item is in progress", event)
            yield event


@standing("event order")
def who_stands_before_is_there(tape: Tape) -> Iterator[Event]:
    """`previous_item_id` names an item that was told before, or nothing."""
    there: set[str] = set()
    for event in tape.events:
        previous = event.get("previous_item_id")
        if previous is not None:
            expect(previous in there or previous == "root", f"there is no {shown(previous)}", event)
            yield event
        if event["type"] == "conversation.item.added":
            there.add(at(event, "item.id"))


@standing("event order")
def a_turn_has_one_id(tape: Tape) -> Iterator[Event]:
    """The end of speech bears the id that its beginning announced; the item of that id comes later, or never."""
    announced: str | None = None
    for event in tape.events:
        if event["type"] == "input_audio_buffer.speech_started":
            announced = at(event, "item_id")
        elif event["type"] == "input_audio_buffer.speech_stopped":
            expect(event["item_id"] == announced, f"the id should be {shown(announced)}", event)
            yield event


@standing("event order")
def words_belong_to_items_that_were_told(tape: Tape) -> Iterator[Event]:
    """The words of a turn name an item that was announced or added before."""
    there: set[str] = set()
    for event in tape.events:
        if event["type"] == "input_audio_buffer.speech_started":
            there.add(at(event, "item_id"))
        elif event["type"] == "conversation.item.added":
            there.add(at(event, "item.id"))
        elif event["type"].startswith("conversation.item.input_audio_transcription."):
            expect(at(event, "item_id") in there, "its item was not told", event)
            yield event


RULES = (
    every_beginning_has_its_end,
    one_answer_is_in_the_conversation,
    events_of_a_response_come_while_it_is_in_progress,
    ids_are_given_once,
    the_conversation_knows_first,
    the_places_of_an_answer_are_counted,
    a_response_ends_with_the_items_that_it_told,
    who_stands_before_is_there,
    a_turn_has_one_id,
    words_belong_to_items_that_were_told,
)
