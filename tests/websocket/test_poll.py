"""octi/websocket/poll.py: many sockets, one wait; and each task's affairs stay its own."""

import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextvars import ContextVar

import attrs
import pytest
import trio
import trio.testing

from octi.websocket.poll import AT_ONCE, DENSE_PER_S, FEW, LOOK_S, MOMENT_S, Pace, Poll, open_poll

said = ContextVar("said", default="nothing")


@pytest.fixture
async def poll(nursery: trio.Nursery) -> AsyncIterator[Poll]:
    running = trio.CancelScope()
    with Poll() as opened:

        async def run() -> None:
            with running:
                await opened.run()

        nursery.start_soon(run)
        yield opened
        assert len(opened) == 0
        running.cancel()


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    near.setblocking(False)
    with near, far:
        yield near, far


Ends = tuple[socket.socket, socket.socket]


async def test_a_step_is_called_whenever_there_is_something_to_read(poll: Poll, ends: Ends) -> None:
    """Until it says that it was enough: then its task goes on."""
    near, far = ends
    heard = b""

    def step() -> bool:
        nonlocal heard
        heard += near.recv(1)
        return heard.endswith(b".")

    far.send(b"one. two")
    with trio.fail_after(5):
        await poll.serve(near.fileno(), step)
    assert heard == b"one."
    assert near.recv(100) == b" two"


async def test_a_step_has_the_context_of_its_task(poll: Poll, ends: Ends) -> None:
    """So what it logs is told of the right session."""
    near, far = ends
    known = ""

    def step() -> bool:
        nonlocal known
        known = said.get()
        return True

    said.set("by this task")
    far.send(b"x")
    with trio.fail_after(5):
        await poll.serve(near.fileno(), step)
    assert known == "by this task"


async def test_an_error_is_its_own_tasks(poll: Poll, ends: Ends) -> None:
    """And no other socket is served the worse for it."""
    near, far = ends
    other, beside = socket.socketpair()

    def fail() -> bool:
        near.recv(1)
        raise ValueError("a bug")

    far.send(b"x")
    beside.send(b"x")
    with other, beside, trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(poll.serve, other.fileno(), lambda: bool(other.recv(1)))
            with pytest.raises(ValueError, match="a bug"):
                await poll.serve(near.fileno(), fail)


async def test_who_is_cancelled_is_served_no_more(poll: Poll, ends: Ends) -> None:
    near, far = ends
    with trio.move_on_after(0):
        await poll.serve(near.fileno(), lambda: pytest.fail("called in vain"))
    assert len(poll) == 0
    far.send(b"x")
    await trio.testing.wait_all_tasks_blocked()
    with trio.fail_after(5):
        await poll.serve(near.fileno(), lambda: True)


async def test_a_step_may_cancel_its_own_task(poll: Poll, ends: Ends) -> None:
    """As one does that ends its session: the step is finished first."""
    near, far = ends
    far.send(b"x")
    finished = False
    with trio.CancelScope() as scope:

        def step() -> bool:
            nonlocal finished
            scope.cancel()
            finished = True
            return False

        with trio.fail_after(5):
            await poll.serve(near.fileno(), step)
    assert finished
    assert scope.cancelled_caught


async def test_a_step_that_fails_behind_its_own_cancel_is_not_lost(poll: Poll, ends: Ends) -> None:
    near, far = ends
    far.send(b"x")
    with trio.CancelScope() as scope:

        def step() -> bool:
            scope.cancel()
            raise ValueError("a bug")

        with pytest.raises(ValueError, match="a bug"):
            await poll.serve(near.fileno(), step)


async def test_a_step_may_cancel_another_task_that_is_ready_too(poll: Poll) -> None:
    """What the kernel found of that one is not handed to it any more."""
    pairs = [socket.socketpair() for _ in range(2)]
    scopes, called = [trio.CancelScope() for _ in pairs], []

    async def serve(number: int) -> None:
        def step() -> bool:
            called.append(number)
            scopes[1 - number].cancel()
            return True

        with scopes[number]:
            await poll.serve(pairs[number][0].fileno(), step)

    async with trio.open_nursery() as nursery:
        for number in range(2):
            nursery.start_soon(serve, number)
        await trio.testing.wait_all_tasks_blocked()
        for _, far in pairs:
            far.send(b"x")
    assert len(called) == 1
    for each in pairs:
        for end in each:
            end.close()


async def test_others_have_their_turn_however_many_are_ready(poll: Poll) -> None:
    """Sockets that always have something to read do not keep the other tasks from running."""
    pairs = [socket.socketpair() for _ in range(AT_ONCE + 10)]
    with trio.CancelScope() as scope:
        async with trio.open_nursery() as nursery:
            for near, far in pairs:
                far.send(b"never read")
                nursery.start_soon(poll.serve, near.fileno(), lambda: False)
            for _ in range(20):
                await trio.lowlevel.checkpoint()
            scope.cancel()
    for each in pairs:
        for end in each:
            end.close()


async def test_the_end_of_a_peer_is_something_to_read(poll: Poll, ends: Ends) -> None:
    near, far = ends
    far.close()
    heard = []

    def step() -> bool:
        heard.append(near.recv(1))
        return True

    with trio.fail_after(5):
        await poll.serve(near.fileno(), step)
    assert heard == [b""]


async def test_who_waits_for_a_socket_that_is_closed_is_told(poll: Poll, ends: Ends) -> None:
    """As Trio tells it; nobody is left waiting for what the kernel has forgotten."""
    near, _ = ends

    async def wait() -> None:
        with pytest.raises(trio.ClosedResourceError):
            await poll.serve(near.fileno(), lambda: False)

    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait)
            await trio.testing.wait_all_tasks_blocked()
            poll.closing(near.fileno())
            poll.closing(near.fileno())
    assert len(poll) == 0


async def test_between_two_steps_of_other_tasks_whoever_is_ready_is_served(ends: Ends) -> None:
    """Also where a hundred of them are about to take one: a frame waits for one step, and not for all."""
    near, far = ends
    order: list[str] = []

    def step() -> bool:
        order.append("frame")
        return bool(near.recv(1))

    async def stranger() -> None:
        time.sleep(2 * MOMENT_S)  # noqa: ASYNC251  it computes
        order.append("stranger")

    with trio.fail_after(5):
        async with open_poll() as poll, trio.open_nursery() as nursery:
            assert poll is not None
            nursery.start_soon(poll.serve, near.fileno(), step)
            await trio.testing.wait_all_tasks_blocked()
            far.send(b"x")
            for _ in range(20):
                nursery.start_soon(stranger)
    assert order.index("frame") < 5


async def test_a_look_so_soon_after_another_is_none(ends: Ends) -> None:
    """It costs a call of the kernel, and tasks take a hundred thousand steps a second."""
    near, far = ends
    heard = 0

    def step() -> bool:
        nonlocal heard
        heard += len(near.recv(1))
        return heard == 2

    with Poll() as poll:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(poll.serve, near.fileno(), step)
            await trio.testing.wait_all_tasks_blocked()
            far.send(b"x")
            poll.look()
            far.send(b"x")
            poll.look()
            assert heard == 1
            time.sleep(2 * MOMENT_S)  # noqa: ASYNC251  nobody else has a turn
            poll.look()
    assert heard == 2


@attrs.define(eq=False)
class Always:
    """A kernel whose socket is ready all the time; and how patiently it was asked first, turn by turn."""

    meanwhile: Callable[[], None] = lambda: None  # what happens between two turns
    asked: list[float] = attrs.field(factory=list)
    _turn: bool = False

    def register(self, socket: int) -> None:
        pass

    def unregister(self, socket: int) -> None:
        pass

    def ready(self, patience_s: float) -> list[int]:
        if self._turn:
            self.asked.append(patience_s)
        self._turn = False
        return [1]

    async def wait(self) -> None:
        await trio.lowlevel.checkpoint()
        self.meanwhile()
        self._turn = True

    def close(self) -> None:
        pass


@pytest.mark.parametrize(("others", "patience_s"), [(0, MOMENT_S), (FEW + 1, 0)])
async def test_others_who_have_much_to_do_are_not_kept_waiting(others: int, patience_s: float) -> None:
    """However much there is to read: it is only waited for what comes next where few steps are taken beside it."""
    kernel = Always()
    poll = Poll(kernel, pace=Pace(dense=True, looked_at=time.monotonic()))

    def steps() -> None:
        for _ in range(others):
            poll.look()
        if len(kernel.asked) == 10:
            scope.cancel()

    kernel.meanwhile = steps
    with trio.CancelScope() as scope:
        await poll.run()
    assert set(kernel.asked) == {patience_s}


def paced(per_second: float, seconds: float, pace: Pace, since: float = 0.0) -> float:
    """Things come so often for so long, one at a time; when that ends."""
    for number in range(round(per_second * seconds)):
        pace.served(1, since + number / per_second)
    return since + seconds


@pytest.mark.parametrize(("per_second", "dense"), [(10.0, False), (DENSE_PER_S / 2, False), (DENSE_PER_S * 2, True)])
def test_only_where_much_comes_is_it_waited_for(per_second: float, dense: bool) -> None:
    """A few voices cost no more waiting than there is."""
    pace = Pace()
    paced(per_second, 20 * LOOK_S + 1, pace)
    assert pace.dense == dense


def test_when_less_comes_it_is_no_longer_waited_for() -> None:
    """Soon, and again when more comes."""
    pace = Pace()
    end = paced(DENSE_PER_S * 3, 1.0, pace)
    end = paced(20.0, 3 * LOOK_S, pace, end)
    assert not pace.dense
    paced(DENSE_PER_S * 3, 3 * LOOK_S, pace, end)
    assert pace.dense
