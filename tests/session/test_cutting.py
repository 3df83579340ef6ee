"""octi/session/cutting.py: an answer is cut off as its door can; what nobody heard is taken back."""

from typing import Any

import msgspec

from octi.hook_config import Side
from octi.hooks.following import Following, Line
from octi.realtime.passthrough import RealtimeDoor
from octi.realtime.reading import read_event
from octi.realtime.steps import Steps, ToProvider
from octi.session.cutting import Cutter
from octi.session.sideband import SidebandDoor
from tests.wire.conversations import event

SESSION = msgspec.Raw(b'{"type":"realtime","audio":{"input":{"turn_detection":null}}}')


def hears(cutter: Cutter, kind: str, now: float, **fields: Any) -> None:
    """The provider's event reaches the door, and is followed."""
    frame = event(kind, **fields)
    read = read_event(frame)
    cutter.door.from_provider(frame, read, now)
    if kind == "response.output_audio.delta":
        cutter.following.sound(read, now)  # type: ignore[arg-type]  # it is one


def cutting(door: RealtimeDoor | SidebandDoor, *, attached: bool = False) -> Cutter:
    """An answer `r` under way: 200 ms of the item `a` were sent at 10 s, then 300 ms of `b`; nothing of `c`."""
    cutter = Cutter(door, Following(), attached)
    door.opened(SESSION)
    hears(cutter, "response.created", 10.0, response={"id": "r", "conversation_id": "c"})
    cutter.following.begins("r", own=False)
    for item in "abc":
        cutter.following.lines[item] = Line(item, Side.AGENT, spoken=True, response="r")
    hears(cutter, "response.output_audio.delta", 10.0, response_id="r", item_id="a", delta="<200 ms>")
    hears(cutter, "response.output_audio.delta", 10.0, response_id="r", item_id="b", delta="<300 ms>")
    return cutter


def plainly(steps: Steps) -> list[tuple[Any, ...]]:
    events = [msgspec.json.decode(step.data) for step in steps if isinstance(step, ToProvider)]
    return [
        tuple(said for name, said in event.items() if name not in {"event_id", "content_index"}) for event in events
    ]


CANCEL = ("response.cancel",)


def truncate(item: str, ms: int) -> tuple[Any, ...]:
    return ("conversation.item.truncate", item, ms)


def delete(item: str) -> tuple[Any, ...]:
    return ("conversation.item.delete", item)


def test_of_a_realtime_clients_answer_as_much_was_heard_as_can_have_been() -> None:
    """Since the first sound; what came later was not heard yet, and 1 ms is the least that a provider takes."""
    cutter = cutting(RealtimeDoor())
    assert plainly(cutter.cut("r", 10.35)) == [CANCEL, truncate("a", 200), truncate("b", 150)]
    cutter = cutting(RealtimeDoor())
    assert plainly(cutter.cut("r", 10.1)) == [CANCEL, truncate("a", 100), truncate("b", 1)]


def test_what_nobody_heard_is_deleted_when_the_answer_has_ended() -> None:
    """An item that is still being made is not deleted under the provider's hands."""
    cutter = cutting(RealtimeDoor())
    steps = plainly(cutter.cut_whole("r", 10.1))
    assert not any(step[0].endswith("delete") for step in steps)
    assert plainly(cutter.ended("r")) == [delete("b"), delete("c")]
    assert cutter.ended("r") == []


def test_behind_its_end_it_is_deleted_at_once() -> None:
    """And what was heard whole needs no word."""
    cutter = cutting(RealtimeDoor())
    hears(cutter, "response.done", 10.1, response={"id": "r", "conversation_id": "c", "status": "completed"})
    assert plainly(cutter.cut("r", 10.3)) == [truncate("b", 100)]
    assert plainly(cutter.cut("r", 11.0)) == []
    assert plainly(cutter.delete("r", cutter.following.said_in("r"))) == [delete("a"), delete("b"), delete("c")]


def test_what_the_client_has_deleted_is_gone() -> None:
    """It is not deleted twice."""
    cutter = cutting(RealtimeDoor())
    cutter.following.lines["a"].gone = True
    assert plainly(cutter.delete("other", cutter.following.said_in("r"))) == [delete("b"), delete("c")]


def test_another_answer_is_not_cut_off() -> None:
    """It is to something else."""
    cutter = cutting(RealtimeDoor())
    assert cutter.cut("earlier", 10.1) == []
    assert not cutter.has_cut("earlier")
    cutter.cut("r", 10.1)
    assert cutter.has_cut("r")


def test_what_a_provider_plays_itself_stops_at_once() -> None:
    """octi knows nothing of how far it came, and truncates nothing: the provider does. Nothing where nobody talks."""
    clear = ("output_audio_buffer.clear",)
    assert plainly(cutting(SidebandDoor()).cut("r", 10.1)) == [CANCEL, clear]
    assert plainly(cutting(RealtimeDoor(), attached=True).cut("r", 10.1)) == [CANCEL, clear]
    assert SidebandDoor().cut(5.0) == []


def test_another_leg_knows_nothing_of_the_last() -> None:
    """What was to be deleted in it is gone with it."""
    cutter = cutting(RealtimeDoor())
    cutter.cut_whole("r", 10.1)
    cutter.forget()
    assert cutter.ended("r") == []
