"""What stands in a call's session where others have a client."""

import msgspec
import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from octi.errors import UpstreamLost
from octi.realtime.events import ErrorBody, ErrorEvent, Response, ResponseCreated, ResponseDone
from octi.realtime.steps import ToProvider
from octi.session.sideband import HANG_UP_S, CallLeg, SidebandDoor

SESSION = msgspec.Raw(b'{"type":"realtime"}')


def leg_that(answer: bool | Exception = True, takes_s: float = 0.0) -> tuple[CallLeg, list[float]]:
    """A call that is hung up so, and when that was tried."""
    tried: list[float] = []

    async def hang_up() -> bool:
        tried.append(trio.current_time())
        await trio.sleep(takes_s)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return CallLeg(hang_up), tried


@pytest.mark.parametrize(
    ("answer", "logged"),
    [(True, "call hung up"), (False, "call over"), (UpstreamLost("p", "no route"), "a call may go on")],
)
async def test_closing_a_call_hangs_up(autojump_clock: MockClock, answer: bool | Exception, logged: str) -> None:
    """It never raises; what came of it is logged."""
    leg, tried = leg_that(answer)
    with capture_logs() as lines:
        await leg.close(1000, "bye")
    assert tried == [0]
    assert [line["event"] for line in lines] == [logged]


async def test_hanging_up_has_a_deadline(autojump_clock: MockClock) -> None:
    """A provider that does not answer holds up nobody, and it is logged that the call may go on."""
    leg, _ = leg_that(takes_s=3600)
    with capture_logs() as lines:
        await leg.close(1000, "bye")
    assert trio.current_time() == HANG_UP_S
    assert [line["event"] for line in lines] == ["a call may go on"]


async def test_a_call_is_hung_up_by_who_is_cancelled_as_well(autojump_clock: MockClock) -> None:
    """The goodbye is shielded."""
    leg, tried = leg_that(takes_s=1)
    with trio.CancelScope() as scope:
        scope.cancel()
        await leg.close(1000, "bye")
    assert tried == [0]
    assert trio.current_time() == 1


async def test_a_call_says_nothing_through_octi(autojump_clock: MockClock) -> None:
    """Its audio goes elsewhere: nothing comes, nothing is to be written, there is always room, nobody is silent."""
    leg, _ = leg_that()
    for wait in (leg.receive, leg.write):
        with trio.move_on_after(3600) as waiting:
            await wait()
        assert waiting.cancelled_caught
    await leg.wait_room()
    leg.send(b"x")
    leg.drop_audio()
    leg.ping()
    assert leg.dropped_bytes == 0
    assert leg.heard_at > trio.current_time()


def test_a_sideband_asks_for_answers_when_their_time_has_come() -> None:
    """Behind the one that the user's turn got."""
    door = SidebandDoor()
    door.opened(SESSION)
    door.from_provider(b"", ResponseCreated(Response("r1", "in_progress")), 0)
    assert door.arbiter.ask("octi_tool_answer") == []
    (step,) = door.from_provider(b"", ResponseDone(Response("r1", "completed")), 1)
    assert isinstance(step, ToProvider)
    assert msgspec.json.decode(step.data)["type"] == "response.create"


def test_what_was_owed_when_a_sideband_was_lost_is_owed_on_the_next() -> None:
    """The conversation went on: a function's output is there, and nobody else asks for the answer to it."""
    door = SidebandDoor()
    assert not door.joined
    door.opened(SESSION)
    door.from_provider(b"", ResponseCreated(Response("r1", "in_progress")), 0)
    door.arbiter.ask()
    door.lost()
    (step,) = door.opened(SESSION)
    assert isinstance(step, ToProvider)
    assert msgspec.json.decode(step.data)["type"] == "response.create"
    assert door.joined


def test_a_sideband_that_owes_nothing_asks_for_nothing() -> None:
    """Neither when it is joined again nor later."""
    door = SidebandDoor()
    door.opened(SESSION)
    door.lost()
    assert door.opened(SESSION) == []
    assert door.wake_at is None
    assert door.wake(1) == []


def test_nobody_is_told_anything_at_a_sideband() -> None:
    """The call's user talks to the provider."""
    door = SidebandDoor()
    assert door.from_client(b"x", text=True, now=0) == []
    assert door.trouble(UpstreamLost("p", "gone")) == []
    assert door.from_provider(b"", ErrorEvent(ErrorBody("the browser's")), 0) == []
    assert door.notice("connecting again") == []


def test_what_a_call_is_hung_up_with_is_not_shown() -> None:
    """It may hold the secret that made the call."""
    assert "hang_up" not in repr(leg_that()[0])
