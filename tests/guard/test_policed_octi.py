"""octi/guard/policed_octi.py: an OCTI door whose client may not do everything."""

from typing import Any

import msgspec
import pytest

from octi.errors import Stopping
from octi.guard.policed_octi import PolicedOctiDoor, takes_from_octi
from octi.guard.policy import LEVELS, PolicyRule
from octi.policy_config import May
from octi.realtime.octi_messages import ClientMessage
from octi.realtime.octi_protocol import OctiDoor
from octi.realtime.reading import read_event
from octi.realtime.steps import Steps, ToClient, ToProvider
from tests.wire.conversations import event

SILENT = PolicyRule(events=("-input_audio_buffer.append",)).holding(May.SPEAK)
SESSION = msgspec.Raw(b'{"type":"realtime"}')


def door(*events: str, items: tuple[str, ...] = ()) -> PolicedOctiDoor:
    opened = PolicedOctiDoor(OctiDoor(), PolicyRule(events=events, items=items).holding(May.SPEAK))
    opened.opened(SESSION)
    return opened


def say(opened: PolicedOctiDoor, kind: str, **fields: Any) -> Steps:
    return opened.from_client(msgspec.json.encode({"type": kind, **fields}), text=True, now=0)


def told(steps: Steps) -> list[str]:
    said = [msgspec.json.decode(step.data) for step in steps if isinstance(step, ToClient)]
    return [message["message"] for message in said if message["type"] == "error"]


@pytest.mark.parametrize("may", May)
def test_every_level_lets_octis_clients_do_all_they_can(may: May) -> None:
    """So there is nothing to watch."""
    assert not takes_from_octi(LEVELS[may])


def test_a_rule_may_take_something() -> None:
    assert takes_from_octi(SILENT)
    assert takes_from_octi(PolicyRule(items=("-user_text",)).holding(May.SPEAK))
    assert not takes_from_octi(PolicyRule(events=("-session.update",)).holding(May.SPEAK))


@pytest.mark.parametrize(
    ("opened", "kind"),
    [
        (door("-response.create"), "user_text"),
        (door(items=("-user_text",)), "user_text"),
        (door("-input_audio_buffer.commit"), "user_audio_commit"),
        (door("-input_audio_buffer.clear"), "user_audio_clear"),
        (door("-response.cancel"), "interrupt"),
    ],
)
def test_what_stands_for_something_refused_is_refused(opened: PolicedOctiDoor, kind: str) -> None:
    (why,) = told(say(opened, kind, text="hello"))
    assert f"may not send {kind}" in why


def test_that_sound_is_refused_is_told_once() -> None:
    opened = PolicedOctiDoor(OctiDoor(), SILENT)
    opened.opened(SESSION)
    steps = [opened.from_client(bytes(960), text=False, now=0) for _ in range(3)]
    assert [len(told(each)) for each in steps] == [1, 0, 0]


def test_all_else_is_the_doors_own() -> None:
    """What it does, and what it refuses itself."""
    opened, plain = door("-response.cancel"), OctiDoor()
    plain.opened(SESSION)
    frame = event("input_audio_buffer.speech_stopped", audio_end_ms=1, item_id="u")
    assert opened.from_provider(frame, read_event(frame), 0) == plain.from_provider(frame, read_event(frame), 0) != []
    for kind in (message.__struct_config__.tag for message in ClientMessage.__args__):
        if kind != "interrupt":
            assert say(opened, str(kind), text="x") == plain.from_client(
                msgspec.json.encode({"type": kind, "text": "x"}), text=True, now=0
            )
    assert told(opened.from_client(b"no", text=True, now=0))
    assert isinstance(opened.from_client(bytes(960), text=False, now=0)[0], ToProvider)
    assert (opened.name, opened.renews) == ("octi", True)
    assert told(opened.trouble(Stopping()))
    assert told(opened.notice("x")) == ["x"]
    assert opened.wake(0) == []
    assert opened.arbiter.waiting
    assert opened.wake_at is not None
    assert opened.cut(0) == plain.cut(0)
    gone = door("-response.cancel")
    gone.lost()
    assert gone.from_provider(frame, read_event(frame), 0) == []
