"""Opens the recordings of a node: what is kept, and, where sound is recorded, the task that writes it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from math import inf
from pathlib import Path

import structlog
import trio

from octi.clock import Now
from octi.observe.plain import plain
from octi.record_config import RecordConfig
from octi.recording.recordings import Recordings, Tell
from octi.recording.shelf import Shelf

log = structlog.get_logger("octi.recording")

FINISH_S = 5.0  # for what is still to be written when octi stops
LOOK_S = 10.0  # for a folder to say what is in it


def recordings_for(config: RecordConfig, tell: Tell, now: Now) -> Recordings:
    """As configured. Opens nothing, and nobody writes until somebody calls `run`."""
    return Recordings(Shelf(Path(config.audio_folder), config.budget_bytes), config.session_bytes, tell, now)


@asynccontextmanager
async def open_recordings(
    config: RecordConfig, tell: Tell, now: Now, close_by: Callable[[], float] = lambda: inf
) -> AsyncIterator[Recordings]:
    """The recordings that there are; more of them while the block runs, if that is asked for.

    tell: keeps rows without waiting. close_by: when all must be written, by Trio's clock.
    """
    recordings = recordings_for(config, tell, now)
    await _look(recordings, mend=config.audio)
    if not config.audio:
        yield recordings
        return
    problem: Exception | None = None
    writing = trio.CancelScope(shield=True)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_write, recordings, writing, name="recordings writer")
        try:
            yield recordings
        except Exception as error:  # it leaves bare: the nursery is our affair
            problem = error
        finally:
            recordings.close()
            writing.deadline = min(trio.current_time() + FINISH_S, close_by())
    if problem is not None:
        raise problem


async def _look(recordings: Recordings, *, mend: bool) -> None:
    """See what is there; a folder that cannot be read is no reason not to serve."""
    shelf = recordings.shelf
    try:
        with trio.fail_after(LOOK_S):
            await recordings.in_thread(shelf.look)
            mended = await recordings.in_thread(shelf.mend) if mend else 0
    except (OSError, trio.TooSlowError) as error:
        log.warning("recordings cannot be read", folder=str(shelf.folder), why=plain(error))
        return
    if mended:
        log.info("recordings that were cut off are whole again", count=mended)


async def _write(recordings: Recordings, writing: trio.CancelScope) -> None:
    with writing:
        try:
            await recordings.run()
        except Exception:  # a bug: sessions go on, unrecorded
            log.exception("sessions are not recorded any more")
            recordings.give_up()
    if writing.cancelled_caught:
        log.warning("recordings are incomplete", why="not written in time")
