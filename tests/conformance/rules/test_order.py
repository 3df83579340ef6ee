"""The rules in `order`: octi's engine keeps to each, and events out of their order are found."""

from collections.abc import Callable, Sequence

import pytest
import trio
from trio.testing import MockClock

from octi.conformance.checking import judged
from octi.conformance.rule import Outcome, Standing, Tape
from octi.conformance.rules import order
from tests.conformance.memory import Event, tapes

Shuffle = Callable[[list[Event]], Sequence[Event]]


@pytest.fixture(scope="module")
def said() -> list[Tape]:
    """What an honest server says."""
    return trio.run(tapes, clock=MockClock(autojump_threshold=0))


@pytest.mark.parametrize("rule", order.RULES, ids=lambda rule: rule.name)
def test_the_engine_keeps_to_it(rule: Standing, said: list[Tape]) -> None:
    """In all that it says."""
    result = judged(rule, said)
    assert (result.outcome, result.why) == (Outcome.PASSED, "")


def without(kind: str) -> Shuffle:
    """Never says that."""
    return lambda events: [event for event in events if event["type"] != kind]


def twice(kind: str) -> Shuffle:
    """Says it two times."""
    return lambda events: [each for event in events for each in [event] * (1 + (event["type"] == kind))]


def last(kind: str) -> Shuffle:
    """Says it behind all else."""
    return lambda events: sorted(events, key=lambda event: event["type"] == kind)


def changed(kind: str, **fields: object) -> Shuffle:
    """Says it with other fields."""
    return lambda events: [{**event, **fields} if event["type"] == kind else event for event in events]


def unlike_itself(events: list[Event]) -> list[Event]:
    """Forgets what an answer held."""
    return [
        {**event, "response": {**event["response"], "output": []}} if event["type"] == "response.done" else event
        for event in events
    ]


BROKEN: dict[Standing, list[Shuffle]] = {
    order.every_beginning_has_its_end: [
        without("response.output_item.done"),
        without("response.content_part.done"),
        without("conversation.item.added"),
        twice("response.created"),
        twice("response.output_item.done"),
    ],
    order.one_answer_is_in_the_conversation: [without("response.done")],
    order.events_of_a_response_come_while_it_is_in_progress: [
        last("response.output_text.delta"),
        last("response.created"),
    ],
    order.ids_are_given_once: [twice("conversation.item.added"), twice("response.created")],
    order.the_conversation_knows_first: [last("conversation.item.done")],
    order.the_places_of_an_answer_are_counted: [changed("response.output_item.done", output_index=7)],
    order.a_response_ends_with_the_items_that_it_told: [unlike_itself],
    order.who_stands_before_is_there: [changed("conversation.item.added", previous_item_id="nobody")],
    order.a_turn_has_one_id: [changed("input_audio_buffer.speech_stopped", item_id="another")],
    order.words_belong_to_items_that_were_told: [
        changed("conversation.item.input_audio_transcription.completed", item_id="another")
    ],
}
CASES = [(rule, shuffle) for rule, shuffles in BROKEN.items() for shuffle in shuffles]


@pytest.mark.parametrize(("rule", "shuffle"), CASES, ids=lambda value: getattr(value, "name", None))
def test_what_breaks_it_is_found(rule: Standing, shuffle: Shuffle, said: list[Tape]) -> None:
    """Among all that is right."""
    two = [Tape(events=[*_answers(tape)], whole=tape.whole) for tape in said]
    broken = [Tape(events=shuffle(list(map(dict, tape.events))), whole=tape.whole) for tape in two]
    assert judged(rule, two).outcome is Outcome.PASSED
    assert judged(rule, broken).outcome is Outcome.FAILED


def _answers(tape: Tape) -> list[Event]:
    """A session's events, and once more those of another like it: two answers, one behind the other."""
    return [*map(dict, tape.events), *(_renamed(dict(event)) for event in tape.events)]


def _renamed(value: object) -> Event:
    """The same with other ids, but for the conversation's."""
    found = _with_ids(value)
    assert isinstance(found, dict)
    return found


def _with_ids(value: object, name: str = "") -> object:
    match value:
        case dict():
            return {key: _with_ids(each, key) for key, each in value.items()}
        case list():
            return [_with_ids(each, name) for each in value]
        case str() if name.endswith("id") and name != "conversation_id":
            return f"{value}_again"
        case _:
            return value


def test_what_is_cut_off_need_not_be_closed() -> None:
    """Where the client has left in the middle, nothing is missing."""
    events = [{"type": "response.created", "response": {"id": "resp_1"}}]
    assert judged(order.every_beginning_has_its_end, [Tape(events=events, whole=True)]).outcome is Outcome.FAILED
    assert judged(order.every_beginning_has_its_end, [Tape(events=events, whole=False)]).outcome is not Outcome.FAILED


def test_every_rule_was_broken() -> None:
    """Each has a tape that it finds at fault."""
    assert {*order.RULES} == {*BROKEN}
