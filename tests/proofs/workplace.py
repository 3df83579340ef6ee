"""The engine over worker processes that live in memory, one of which dies at its job."""

from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from unittest.mock import patch

import attrs
import trio

from octi.engine.pipe import Heard, Packet, Ready, Recognise, Spoken, Synthesise, Unpacker, pack
from octi.engine.pool import open_pool
from octi.engine.server import Engine
from octi.upstream.base import Upstream
from octi.upstream.embedded import Embedded
from tests.engine.fakes import NOON, FakeBrain, MarkedEar, always, sound
from tests.proofs.invariants import LEAKS, Finding
from tests.proofs.world import World
from tests.streams import WindowStream, window_stream_pair

PIPE_BYTES = 65_536  # as the kernel's
JOB_S = 0.05
SIGKILL = -9
FATAL_JOBS = frozenset({2})  # counted over all workers: the answer's first sentence


@attrs.define(eq=False)
class Process:
    """Stands for a `trio.Process`: octi's ends of its pipes, and its life."""

    stdin: WindowStream
    stdout: WindowStream
    pipes: tuple[WindowStream, WindowStream]  # its own
    status: int | None = None
    reaped: bool = False
    _ended: trio.Event = attrs.field(factory=trio.Event)

    @property
    def stdio(self) -> trio.StapledStream[WindowStream, WindowStream]:
        """Both of octi's ends."""
        return trio.StapledStream(self.stdin, self.stdout)

    def kill(self) -> None:
        """As the kernel ends it: a second time it does nothing."""
        if self.status is None:
            self.status = SIGKILL
            for pipe in self.pipes:
                pipe.close()
            self._ended.set()

    async def wait(self) -> int:
        """Return when it has ended."""
        await self._ended.wait()
        self.reaped = True
        assert self.status is not None
        return self.status


@attrs.define(eq=False)
class Workplace:
    """Starts workers, and does their work. `outside`: where they live."""

    outside: trio.Nursery
    processes: list[Process] = attrs.field(factory=list)
    jobs: int = 0

    async def open_process(self, command: object, **options: object) -> Process:
        """As `trio.lowlevel.open_process`."""
        await trio.lowlevel.checkpoint()
        ours_in, theirs_in = window_stream_pair(PIPE_BYTES)
        ours_out, theirs_out = window_stream_pair(PIPE_BYTES)
        process = Process(ours_in, ours_out, (theirs_in, theirs_out))
        self.processes.append(process)
        self.outside.start_soon(self._work, process)
        return process

    async def _work(self, process: Process) -> None:
        theirs_in, theirs_out = process.pipes
        unpacker = Unpacker()
        try:
            await theirs_out.send_all(pack(Packet(Ready())))
            while data := await theirs_in.receive_some():
                for packet in unpacker.feed(data):
                    await self._do(packet, process)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # it was killed, or octi is gone
        process.kill()

    async def _do(self, packet: Packet, process: Process) -> None:
        self.jobs += 1
        if self.jobs in FATAL_JOBS:
            process.kill()
        await trio.sleep(JOB_S)
        request = packet.message
        assert isinstance(request, Recognise | Synthesise)
        if isinstance(request, Recognise):
            await process.pipes[1].send_all(pack(Packet(Heard(request.job, "Hello?"))))
        else:
            await process.pipes[1].send_all(pack(Packet(Spoken(request.job), sound(200))))


@attrs.define(eq=False)
class Speaking:
    """The engine of one run, whose every worker is gone in the end."""

    workplaces: list[Workplace] = attrs.field(factory=list)

    async def open(self, world: World, opened: AsyncExitStack) -> Upstream:
        """The engine, as octi opens it."""
        workplace = Workplace(world.outside)
        self.workplaces.append(workplace)
        opened.enter_context(self._hiring(workplace))
        pool = await opened.enter_async_context(open_pool(1, open_ear=MarkedEar, command=["worker"]))
        engine = Engine(pool, always(FakeBrain()), lambda: NOON)
        return Embedded(engine.converse)

    @contextmanager
    def _hiring(self, workplace: Workplace) -> Iterator[None]:
        with patch.object(trio.lowlevel, "open_process", workplace.open_process):
            yield

    def look(self, world: World) -> Iterator[Finding]:
        """Every worker was killed and reaped, and its pipes are closed."""
        for process in self.workplaces.pop().processes if self.workplaces else ():
            if process.status is None:
                yield Finding(LEAKS, "a worker lives on")
            if not process.reaped:
                yield Finding(LEAKS, "a worker was not reaped")
            if not (process.stdin.closed and process.stdout.closed):
                yield Finding(LEAKS, "a worker's pipe is open")
