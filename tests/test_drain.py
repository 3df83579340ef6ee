"""octi's end, on virtual time: what is waited for, how long, and what ends it at once."""

import threading

import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from octi.drain import HURRY_S, Drain, LastResort, Timetable, hurried, requests_s, timetable
from octi.session.live import LiveSessions
from octi.units import SessionId

S = SessionId("s")


@pytest.mark.parametrize("whole_s", [1.0, 30.0, 3600.0])
def test_everything_has_its_time_and_all_of_it_is_within_the_limit(whole_s: float) -> None:
    """In this order: turns, goodbyes, requests, the store, the process."""
    times = timetable(100.0, whole_s)
    requests = times.sessions + requests_s(whole_s)
    assert 100 < times.turns < times.sessions < requests < times.store < times.end < 100 + whole_s


def test_who_is_in_a_hurry_leaves_no_turn_its_time_but_goodbyes_and_rows() -> None:
    """Within seconds."""
    times = hurried(100.0)
    assert (times.turns, times.end < 100 + HURRY_S) == (100.0, True)
    assert times.turns < times.sessions < times.sessions + requests_s(3600) < times.store < times.end


def test_a_hurry_never_makes_it_longer() -> None:
    """A drain of a few seconds has its own limit."""
    short = timetable(100.0, 2.0)
    assert short.sooner(hurried(100.0)).end == short.end
    assert timetable(100.0, 3600.0).sooner(hurried(100.0)) == hurried(100.0)
    assert Timetable().sooner(short) == short


async def leave_after(live: LiveSessions, seconds: float) -> None:
    await trio.sleep(seconds)
    live.leave(S)


async def test_octi_stops_when_the_last_session_has_left(autojump_clock: MockClock) -> None:
    """And not before. The sessions are told once."""
    live = LiveSessions()
    live.enter(S)
    octi = Drain(live, 30)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(octi.run)
        await trio.sleep(100)
        assert not octi.stopping.is_set()
        octi.begin("a test")
        octi.begin("another")
        assert (live.draining.is_set(), octi.sessions) == (True, 1)
        nursery.start_soon(leave_after, live, 7)
    assert octi.stopping.is_set()
    assert trio.current_time() == 107
    assert not live.hurrying.is_set(), "there was time for every turn"


async def test_turns_are_cut_when_their_time_is_over(autojump_clock: MockClock) -> None:
    """The sessions have the rest of it for their goodbyes, and the log says how many were left."""
    live = LiveSessions()
    live.enter(S)
    octi = Drain(live, 30)
    octi.begin("a test")
    with capture_logs() as logs:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(octi.run)
            await live.hurrying.wait()
            assert trio.current_time() == octi.times.turns == pytest.approx(0.6 * 29)
            nursery.start_soon(leave_after, live, 2)
    assert trio.current_time() == pytest.approx(0.6 * 29 + 2)
    assert [(line["log_level"], line["live"]) for line in logs] == [("warning", 1)]


async def test_sessions_that_do_not_end_are_given_up(autojump_clock: MockClock) -> None:
    """They hold up neither the others nor the store; the log says how many they were."""
    live = LiveSessions()
    live.enter(S)
    octi = Drain(live, 30)
    octi.begin("a test")
    with capture_logs() as logs:
        await octi.run()
    assert octi.stopping.is_set()
    assert trio.current_time() == octi.times.sessions == live.stored_by == pytest.approx(0.8 * 29)
    assert [(line["log_level"], line["live"]) for line in logs][-1] == ("error", 1)


@pytest.mark.parametrize("after_s", [1.0, 19.0])
async def test_a_hurry_shortens_what_is_left(autojump_clock: MockClock, after_s: float) -> None:
    """Whatever is being waited for: turns or goodbyes."""
    live = LiveSessions()
    live.enter(S)
    octi = Drain(live, 30)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(octi.run)
        octi.begin("a test")
        await trio.sleep(after_s)
        octi.hurry("the same test")
        assert live.hurrying.is_set()
    assert trio.current_time() == pytest.approx(after_s + 0.4 * HURRY_S)


async def test_the_process_has_its_own_limit_from_the_beginning(autojump_clock: MockClock) -> None:
    """It is moved when there is a hurry, to sooner."""
    limits: list[float] = []
    octi = Drain(LiveSessions(), 30, limits.append)
    octi.begin("a test")
    await trio.sleep(1)
    octi.hurry("the same test")
    assert limits == pytest.approx([0.99 * 29, 0.99 * HURRY_S])


# The last resort


class Process:
    """Whose end is noted."""

    def __init__(self) -> None:
        self.codes: list[int] = []
        self.gone = threading.Event()

    def leave(self, code: int) -> None:
        self.codes.append(code)
        self.gone.set()


def test_a_process_that_hangs_is_ended_from_another_thread() -> None:
    """With what that costs in the log, and an exit code that says so."""
    process = Process()
    resort = LastResort(lambda: {"rows": 3}, process.leave)
    with capture_logs() as logs:
        resort.ends_within(60)
        resort.ends_within(0)
        assert process.gone.wait(5)
    assert process.codes == [1]
    assert [(line["log_level"], line["rows"]) for line in logs] == [("critical", 3)]


def test_a_process_that_ends_by_itself_is_left_alone() -> None:
    """Nothing of it stays behind."""
    process = Process()
    resort = LastResort(dict, process.leave)
    resort.off()
    resort.ends_within(60)
    resort.off()
    assert not any(
        isinstance(thread, threading.Timer) and not thread.finished.is_set() for thread in threading.enumerate()
    )
    assert process.codes == []


def test_a_log_that_hangs_does_not_keep_it() -> None:
    """Who reads it may hang as well."""
    reader, process, saying = threading.Event(), Process(), list[threading.Thread]()

    def numbers() -> dict[str, int]:
        saying.append(threading.current_thread())
        reader.wait()
        return {}

    LastResort(numbers, process.leave).end_now("a third signal", 130)
    assert process.codes == [130]
    reader.set()
    for thread in saying:
        thread.join(10)
