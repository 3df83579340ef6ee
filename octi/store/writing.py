"""A writer with its task, for as long as a store is open."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import trio

from octi.observe.base import Meter
from octi.store.writer import Probe, Write, Writer, WriterLimits
from octi.vitals import Upkeep

PART = "the writer of the store"


@asynccontextmanager
async def open_writer(
    write: Write,
    probe: Probe,
    limits: WriterLimits,
    thread: trio.CapacityLimiter,
    meter: Meter | None = None,
    upkeep: Upkeep | None = None,
) -> AsyncIterator[Writer]:
    """A writer with its task. Leaving writes what was handed over, even if cancelled (see `Writer.run`)."""
    writer, upkeep = Writer(write, probe, limits, thread, meter), upkeep or Upkeep()
    with ungrouped():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_run, writer, upkeep, name="store writer")
            try:
                yield writer
            finally:
                writer.close(upkeep.close_by())


async def _run(writer: Writer, upkeep: Upkeep) -> None:
    """A second time where it crashed: octi ends then, and its sessions' last rows are still to be kept."""
    if not await upkeep.guard(PART, writer.run) and not await upkeep.guard(PART, writer.run):
        writer.give_up()


@contextmanager
def ungrouped() -> Iterator[None]:
    """Let a lone error out of its group: who opens a store need not know that there is a nursery inside."""
    lone: BaseException | None = None
    try:
        yield
    except BaseExceptionGroup as group:
        if len(group.exceptions) > 1:
            raise
        lone = group.exceptions[0]
    if lone is not None:
        raise lone
