"""When a conversation comes to rest."""

from math import inf
from typing import Any

import attrs
import pytest

from octi.realtime.floor import GRACE_S, LONGEST_SPEECH_S
from octi.realtime.reading import read_event
from octi.realtime.rest import CALLED_S, LAG_S, MOST_RESPONSES, Rest
from tests.realtime.test_floor import CLEARED, COMMITTED, STARTED, STOPPED
from tests.wire.conversations import event

NOW = 100.0
Happening = tuple[str, dict[str, Any]]


def created(name: str = "r", conversation: str | None = "c") -> Happening:
    return ("response.created", {"response": {"id": name, "conversation_id": conversation}})


def done(name: str = "r", status: str = "completed", output: Any = ()) -> Happening:
    return ("response.done", {"response": {"id": name, "status": status, "output": list(output)}})


def added(**item: Any) -> Happening:
    return ("conversation.item.added", {"item": {"id": "i", **item}})


CALL = {"id": "f", "type": "function_call", "name": "find_table", "call_id": "c", "arguments": "{}"}
OUTPUT = added(type="function_call_output", call_id="c", output="{}")
TYPED = added(type="message", role="user", content=[{"type": "input_text", "text": "Hello"}])
TRUNCATED = ("conversation.item.truncated", {"item_id": "i", "content_index": 0, "audio_end_ms": 10})


@attrs.define
class Room:
    """A conversation in which a test makes things happen at 100 s."""

    rest: Rest = attrs.field(factory=Rest)

    def after(self, *events: Happening) -> float:
        """How long it takes until it rests."""
        for kind, fields in events:
            self.rest.fold(read_event(event(kind, **fields)), NOW)
        return max(0.0, self.rest.at - NOW)


def test_a_conversation_in_which_nothing_happens_rests() -> None:
    assert Room().after() == 0


@pytest.mark.parametrize(
    ("events", "seconds"),
    [
        ([STARTED], LONGEST_SPEECH_S),
        ([STARTED, STOPPED], GRACE_S),
        ([STARTED, STOPPED, COMMITTED], GRACE_S),
        ([COMMITTED], GRACE_S),
        ([STARTED, CLEARED], 0),
        ([TYPED], GRACE_S),
        ([OUTPUT], GRACE_S),
        ([STARTED, TYPED], LONGEST_SPEECH_S),
    ],
)
def test_the_user_is_waited_for_and_then_the_answer_to_them(events: list[Happening], seconds: float) -> None:
    """For a while: a noise has no end, and not everything is answered."""
    assert Room().after(*events) == seconds


def test_an_answer_is_waited_for_however_long_it_takes() -> None:
    assert Room().after(STARTED, STOPPED, created()) == inf
    assert Room().after(STARTED, STOPPED, created(), done()) == 0


def test_so_is_one_that_is_no_part_of_the_conversation() -> None:
    """And it is not what the user waits for."""
    assert Room().after(created("aside", None)) == inf
    assert Room().after(created("aside", None), done("aside")) == 0
    assert Room().after(STOPPED, created("aside", None), done("aside")) == GRACE_S


def test_who_speaks_into_an_answer_is_waited_for_as_well() -> None:
    assert Room().after(created(), STARTED, done()) == LONGEST_SPEECH_S
    assert Room().after(STARTED, created(), done()) == LONGEST_SPEECH_S


def test_an_answer_that_calls_a_function_is_only_half_of_it() -> None:
    assert Room().after(created(), done(output=[CALL])) == CALLED_S
    assert Room().after(created(), done(output=[CALL]), OUTPUT) == GRACE_S
    assert Room().after(created(), done(output=[CALL]), OUTPUT, created("s"), done("s")) == 0


def test_what_was_sent_is_heard_to_its_end() -> None:
    """It comes faster than it plays, and what comes later plays behind it."""
    room = Room()
    room.rest.agent_sound(2.0, NOW)
    room.rest.agent_sound(3.0, NOW)
    assert room.after(created(), done()) == pytest.approx(5 + LAG_S)


@pytest.mark.parametrize("events", [[TRUNCATED], [created(), done(status="cancelled")], [STARTED, CLEARED]])
def test_what_was_cut_off_is_heard_no_more(events: list[Happening]) -> None:
    room = Room()
    room.rest.agent_sound(60.0, NOW)
    assert room.after(*events) == 0


def test_where_the_provider_plays_it_says_when_it_was_heard() -> None:
    """As in a call, whose audio octi never sees."""
    answered: list[Happening] = [created(), ("output_audio_buffer.started", {}), done()]
    assert Room().after(*answered) == inf
    assert Room().after(*answered, ("output_audio_buffer.stopped", {})) == 0
    assert Room().after(*answered, ("output_audio_buffer.cleared", {})) == 0


def test_audio_of_which_nobody_knows_whether_it_is_speech_may_be_speech() -> None:
    room = Room()
    room.rest.user_sound(NOW)
    assert room.after() == GRACE_S


def test_what_was_under_way_on_a_leg_goes_with_it() -> None:
    """But for what is still to be heard."""
    room = Room()
    room.rest.agent_sound(2.0, NOW)
    room.after(STARTED, created())
    room.rest.agent_sound(1.0, NOW)
    room.rest.lost()
    assert room.after() == pytest.approx(1 + LAG_S)


def test_answers_that_never_end_are_forgotten() -> None:
    room = Room()
    room.after(*[created(str(number)) for number in range(MOST_RESPONSES + 1)])
    assert room.after(*[done(str(number)) for number in range(1, MOST_RESPONSES + 1)]) == 0
