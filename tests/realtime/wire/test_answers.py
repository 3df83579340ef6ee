"""The events of an answer: the engine sends all of them but those that are told apart, and providers send no others."""

import pytest
from trio.testing import MockClock

from tests.realtime.wire.strictly import SERVER, check_told
from tests.realtime.wire.talks import TALKS, told_in
from tests.wire import conversations as recorded
from tests.wire_docs.words import TOLD_APART


async def test_the_engine_sends_every_event_but_those_that_are_some_providers_own(autojump_clock: MockClock) -> None:
    """What docs/wire.md says of each is so."""
    told = {event["type"] for talk in TALKS.values() for event in await told_in(talk)}
    assert SERVER.keys() - told == {str(event.__struct_config__.tag) for event in TOLD_APART}


async def test_a_session_that_writes_down_only_has_no_answers(autojump_clock: MockClock) -> None:
    """As the page says."""
    talks = [talk for talk in TALKS.values() if talk.writes_only]
    told = {event["type"] for talk in talks for event in await told_in(talk)}
    assert told
    assert not [kind for kind in told if kind.startswith(("response.", "rate_limits."))]


@pytest.mark.parametrize("name", recorded.NAMES)
def test_a_providers_events_are_as_their_classes_say(name: str) -> None:
    """Those of the conversations that the relay is tested with, after what providers were seen to send."""
    events = [line.event for line in recorded.conversation(name) if line.sender == "provider"]
    assert events
    for event in events:
        check_told(event)
