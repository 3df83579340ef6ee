"""What every door does, whichever protocol it speaks: the contract that a session relies on."""

import msgspec
import pytest

from octi.errors import UpstreamLost
from octi.realtime.octi_protocol import OctiDoor
from octi.realtime.passthrough import RealtimeDoor
from octi.realtime.reading import read_event
from octi.realtime.steps import Steps, ToClient
from octi.session.door import Door

SESSION = msgspec.Raw(b'{"type":"realtime","id":"s","audio":{"input":{"turn_detection":{"type":"server_vad"}}}}')
DOORS = {"octi": OctiDoor, "realtime": RealtimeDoor}


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest) -> Door:
    """One door of each kind."""
    made: Door = DOORS[request.param]()
    return made


def told(steps: Steps) -> list[dict[str, object]]:
    """What a client is told, where it is told nothing else."""
    assert all(isinstance(step, ToClient) and step.text for step in steps)
    return [msgspec.json.decode(step.data) for step in steps if isinstance(step, ToClient)]


def test_a_door_has_a_name(door: Door) -> None:
    """Which is stored with the session."""
    assert door.name in DOORS


def test_a_door_sleeps_until_it_has_something_to_tell(door: Door) -> None:
    """Woken for nothing, it does nothing."""
    assert door.wake_at is None
    assert door.wake(1.0) == []


def test_an_opened_leg_is_one_message_for_the_client(door: Door) -> None:
    """From then on it may speak."""
    (message,) = told(door.opened(SESSION))
    assert message["type"] in {"ready", "session.created"}


def test_trouble_is_an_error_for_the_client(door: Door) -> None:
    """In the error's words."""
    (message,) = told(door.trouble(UpstreamLost("p", "no route")))
    assert message["type"] == "error"
    assert "p is not there: no route" in str(message)


def test_a_notice_is_for_clients_that_survive_what_it_is_about(door: Door) -> None:
    """The others could not make sense of it."""
    assert bool(told(door.notice("trying again"))) is door.renews


def test_a_door_asks_for_answers_in_one_place(door: Door) -> None:
    """Which tools and operators ask, too; a lost leg takes with it what they wanted."""
    door.opened(SESSION)
    assert len(door.arbiter.ask()) == 1
    assert door.arbiter.ask() == []
    door.lost()
    assert not door.arbiter.waiting


def test_a_door_takes_whatever_a_client_sends(door: Door) -> None:
    """Errors are answers, never exceptions."""
    door.opened(SESSION)
    for data, text in ((b"", True), (b"{", True), (b"[1]", True), (b"\xff", True), (b"", False), (b"x" * 501, False)):
        door.from_client(data, text=text, now=1.0)


def test_a_door_takes_events_that_it_does_not_know(door: Door) -> None:
    """Providers invent some every month."""
    door.opened(SESSION)
    frame = b'{"type":"vendor.special","x":1}'
    door.from_provider(frame, read_event(frame), 1.0)
