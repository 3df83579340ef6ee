"""New instructions on their way into a conversation."""

import msgspec
import pytest

from octi.realtime.events import ErrorBody, ErrorEvent, ResponseCreated, SessionUpdated
from octi.realtime.events import Response as Answer
from octi.realtime.session_settings import SessionSettings
from octi.realtime.steps import Steps, ToProvider
from octi.session.instructing import EVENT_ID, TRIES, Instructing

REFUSED = ErrorEvent(ErrorBody("too long", event_id=EVENT_ID))


def told(steps: Steps) -> list[str]:
    """The instructions that the provider is sent."""
    return [msgspec.json.decode(step.data)["session"]["instructions"] for step in steps if isinstance(step, ToProvider)]


def in_force(text: str) -> SessionUpdated:
    """The provider's agreement."""
    return SessionUpdated(SessionSettings(instructions=text))


def test_new_instructions_are_sent_alone() -> None:
    """Every other field is left as it is, and a refusal can be told from others."""
    (step,) = Instructing("old").want("new")
    assert isinstance(step, ToProvider)
    update = msgspec.json.decode(step.data)
    assert update["session"] == {"type": "realtime", "instructions": "new"}
    assert (update["type"], update["event_id"]) == ("session.update", EVENT_ID)


def test_the_same_instructions_are_not_sent_again() -> None:
    """A push happens only when the text changed."""
    instructing = Instructing("old")
    assert instructing.want("old") == []
    assert told(instructing.want("new")) == ["new"]
    assert instructing.want("new") == []


def test_instructions_are_confirmed_by_the_session_in_force() -> None:
    """Not by an update of somebody else's, and not by any other event."""
    instructing = Instructing("old")
    instructing.want("new")
    for event in (in_force("somebody's"), ResponseCreated(Answer("r"))):
        assert instructing.from_provider(event) == []
        assert not instructing.confirmed
    instructing.from_provider(in_force("new"))
    assert instructing.confirmed


def test_a_provider_that_does_not_repeat_them_confirms_as_well() -> None:
    """Some leave instructions out of what they show."""
    instructing = Instructing()
    instructing.want("new")
    instructing.from_provider(in_force(""))
    assert instructing.confirmed


def test_refused_instructions_are_asked_for_again_and_then_given_up() -> None:
    """So many times in all; the next change begins anew."""
    instructing = Instructing("old")
    instructing.want("new")
    again = [told(instructing.from_provider(REFUSED)) for _ in range(TRIES)]
    assert again == [["new"]] * (TRIES - 1) + [[]]
    assert instructing.confirmed
    assert told(instructing.want("newer")) == ["newer"]


@pytest.mark.parametrize("event_id", [None, "theirs"])
def test_somebody_elses_error_refuses_nothing(event_id: str | None) -> None:
    """It is another event's."""
    instructing = Instructing("old")
    instructing.want("new")
    assert instructing.from_provider(ErrorEvent(ErrorBody("no", event_id=event_id))) == []
    assert not instructing.confirmed


def test_a_leg_that_was_told_them_needs_nothing() -> None:
    """It was configured with what is wanted."""
    instructing = Instructing("old")
    instructing.want("new")
    assert instructing.opened("new") == []
    assert instructing.confirmed


def test_a_leg_that_was_told_something_older_is_told_again() -> None:
    """They changed while it was being configured."""
    instructing = Instructing("old")
    instructing.want("new")
    assert told(instructing.opened("old")) == ["new"]
    assert not instructing.confirmed


def test_a_leg_of_a_session_without_instructions_is_left_alone() -> None:
    """Its client brings its own."""
    assert Instructing().opened(None) == []
