"""The rules in `shapes`: octi's engine keeps to each, and an event that does not is found."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from octi.conformance.checking import judged
from octi.conformance.rule import Outcome, Standing, Tape
from octi.conformance.rules import shapes
from tests.conformance.memory import Event, tapes

Change = Callable[[Event], None]


@pytest.fixture(scope="module")
def said() -> list[Tape]:
    """What an honest server says."""
    return trio.run(tapes, clock=MockClock(autojump_threshold=0))


@pytest.mark.parametrize("rule", shapes.RULES, ids=lambda rule: rule.name)
def test_the_engine_keeps_to_it(rule: Standing, said: list[Tape]) -> None:
    """In all that it says."""
    result = judged(rule, said)
    assert (result.outcome, result.why) == (Outcome.PASSED, "")


def setting(path: str, value: object) -> Change:
    """Puts a value somewhere."""

    def change(event: Event) -> None:
        *way, last = path.split(".")
        place: Any = event
        for step in way:
            place = place[int(step)] if isinstance(place, list) else place[step]
        place[last] = value

    return change


def dropping(name: str) -> Change:
    """Takes a field away."""

    def change(event: Event) -> None:
        del event[name]

    return change


def without_transcript(event: Event) -> None:
    """Takes it out of a user's voice."""
    del event["item"]["content"][0]["transcript"]


DONE, ADDED = "response.done", "conversation.item.added"
USAGE = "response.usage"
BROKEN: dict[Standing, list[tuple[str, Change]]] = {
    shapes.there_are_no_other_events: [
        (DONE, setting("type", "response.cancelled")),
        ("response.output_text.delta", setting("type", "response.text.delta")),
        (ADDED, setting("type", "conversation.item.created")),
    ],
    shapes.every_event_has_an_id: [
        (DONE, dropping("event_id")),
        (DONE, setting("event_id", None)),
        (DONE, setting("event_id", "event_000001")),
    ],
    shapes.every_event_has_its_fields: [
        ("response.function_call_arguments.done", dropping("name")),
        ("response.output_text.delta", dropping("content_index")),
        ("conversation.item.input_audio_transcription.completed", dropping("usage")),
    ],
    shapes.times_tokens_and_places_are_whole_numbers: [
        ("input_audio_buffer.speech_started", setting("audio_start_ms", 1.0)),
        ("input_audio_buffer.speech_stopped", setting("audio_end_ms", -1)),
        (DONE, setting(f"{USAGE}.input_tokens", None)),
        ("response.output_text.delta", setting("output_index", "0")),
    ],
    shapes.what_is_text_is_text: [
        ("response.function_call_arguments.done", setting("arguments", {})),
        ("response.output_text.done", setting("text", None)),
        ("response.created", setting("response.metadata", {"number": 1})),
    ],
    shapes.every_item_is_whole: [
        (ADDED, setting("item.status", None)),
        (ADDED, setting("item.object", "item")),
        (ADDED, setting("item.id", "")),
        (ADDED, setting("item.type", "poem")),
        ("response.output_item.done", setting("item.content", [{"type": "text", "text": "Hi."}])),
    ],
    shapes.the_users_audio_always_has_its_transcript: [("conversation.item.retrieved", without_transcript)],
    shapes.parts_and_content_have_names_of_their_own: [
        ("response.content_part.added", setting("part.type", "output_text")),
        ("response.content_part.done", setting("part.audio", None)),
    ],
    shapes.every_response_is_whole: [
        (DONE, setting("response.status", "done")),
        (DONE, setting("response.status_details", "turn detected")),
        (DONE, setting("response.status_details", {"type": "failed"})),
        (DONE, setting("response.object", "response")),
    ],
    shapes.usage_adds_up: [
        (DONE, setting(f"{USAGE}.total_tokens", 1_000_000)),
        (DONE, setting(f"{USAGE}.input_token_details.text_tokens", 1_000_000)),
        (DONE, setting(f"{USAGE}.output_token_details.audio_tokens", 1_000_000)),
        (DONE, setting(f"{USAGE}.input_token_details.cached_tokens", 1_000_000)),
    ],
    shapes.formats_are_those_that_there_are: [
        ("session.created", setting("session.audio.input.format.rate", 16_000)),
        ("session.updated", setting("session.audio.output.format", {"type": "pcm16"})),
    ],
    shapes.rate_limits_have_two_names: [("rate_limits.updated", setting("rate_limits.0.name", "input_tokens"))],
    shapes.every_error_is_whole: [
        ("error", setting("error.message", "")),
        ("error", setting("error.type", None)),
        ("error", setting("error.code", 400)),
    ],
}
CASES = [(rule, kind, change) for rule, changes in BROKEN.items() for kind, change in changes]


@pytest.mark.parametrize(("rule", "kind", "change"), CASES, ids=lambda value: getattr(value, "name", None))
def test_one_event_that_breaks_it_is_found(rule: Standing, kind: str, change: Change, said: list[Tape]) -> None:
    """Among all the others, and shown."""
    result = judged(rule, [broken(tape, kind, change) for tape in said])
    assert result.outcome is Outcome.FAILED
    assert result.event


def broken(tape: Tape, kind: str, change: Change) -> Tape:
    """A tape in which each event of a type is changed, where that can be."""
    events = [deepcopy(dict(event)) for event in tape.events]
    for event in events:
        if event["type"] == kind:
            try:
                change(event)
            except (KeyError, TypeError, IndexError):
                continue  # another kind of item
    return Tape(events=events, larger=tape.larger, whole=tape.whole)


def test_a_frame_that_is_too_large_is_found() -> None:
    """By its size alone."""
    assert judged(shapes.frames_are_no_larger_than_clients_take, [Tape(events=[], larger=1 << 21)]).outcome == "failed"


def test_every_rule_was_broken() -> None:
    """But for the one about frames, which has a test of its own."""
    assert {*shapes.RULES} - {*BROKEN} == {shapes.frames_are_no_larger_than_clients_take}
