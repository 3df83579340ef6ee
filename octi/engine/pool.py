"""The embedded engine's hearing and speech, for all sessions of this process: ears here, models in worker processes.

Worker processes rather than threads: the decode loop holds the interpreter's lock long enough to make calls stutter,
and a crash in native code must not take the calls with it. Importing this module loads no model and none of the
engine's libraries; they may not be installed.
"""

import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import count

import attrs
import structlog
import trio

from octi.engine.base import EAR_RATE_HZ, ENGLISH, FRENCH, Ear
from octi.engine.desk import Desk, Job
from octi.engine.french_models import find_whisper
from octi.engine.models import find_models, imports_named
from octi.engine.pipe import Heard, Packet, Recognise, Synthesise
from octi.engine.spoken_cache import Sentence, SpokenCache
from octi.engine.staff import Post, Staff
from octi.errors import EngineMissing
from octi.observe.plain import fault
from octi.units import SAMPLE_BYTES
from octi.vitals import Guard, unguarded

log = structlog.get_logger("octi.engine")

# One thread for numpy's libraries: pools of theirs wait in a busy loop. They read it when they are loaded.
WORKER = ("env", "OMP_NUM_THREADS=1", sys.executable, "-m", "octi.engine.worker")
MOST_SPOKEN_BYTES = 32 << 20  # eleven minutes of speech

# On top of a job's limit, four times what a worker needs for the job on a machine with nothing else to do.
LIMIT_PER_SOUND_S = 0.12 / (EAR_RATE_HZ * SAMPLE_BYTES)  # for each byte to recognise
LIMIT_PER_CHARACTER_S = 0.03


@attrs.frozen(kw_only=True)
class Statistics:
    """A pool at one moment. `ready` workers are idle or at work; the others are about to start."""

    workers: int
    ready: int
    queued: int
    done: int  # jobs that workers answered, since the pool was opened
    restarts: int
    last_loss: str | None  # why a worker was last started again
    repeated: int = 0  # sentences that were spoken before, and cost no worker


@attrs.define(eq=False)
class Pool:
    """Implements `Speech`. Made by `open_pool`; after that has closed, every call raises EngineFailed."""

    open_ear: Callable[[], Ear]
    _staff: Staff
    _desk: Desk
    _job_limit_s: float
    _spoken: SpokenCache
    _numbers: Iterator[int] = attrs.field(init=False, factory=lambda: count(1))

    async def recognise(self, pcm: bytes, *, language: str = ENGLISH) -> str:
        """The words in PCM16 mono at 16 kHz; "" if there are none. Raises EngineFailed.

        Out of noise the recogniser makes a "You" or a "The": see `octi.engine.words.without_filler`.
        """
        request = Recognise(next(self._numbers), language)
        match await self._ask(request, pcm, len(pcm) * LIMIT_PER_SOUND_S):
            case Packet(Heard(_, text)):
                return text
            case packet:
                raise AssertionError(f"no answer to Recognise: {packet.message}")

    async def synthesise(self, text: str, *, voice: str, speed: float, language: str = ENGLISH) -> bytes:
        """One sentence as PCM16 mono at 24 kHz; b"" if nothing in it can be said. Raises EngineFailed.

        voice: one of the protocol's ten; any other speaks as alloy. speed: 0.25 to 1.5, 1.0 is normal. The same
        sentence is the same bytes each time, and made only once, unless that was long ago.
        """
        sentence = Sentence(text, voice, speed, language)
        pcm = self._spoken.find(sentence)
        if pcm is None:
            request = Synthesise(next(self._numbers), text, voice, speed, language)
            pcm = (await self._ask(request, b"", len(text) * LIMIT_PER_CHARACTER_S)).sound
            self._spoken.keep(sentence, pcm)
        else:
            await trio.lowlevel.checkpoint()
        return pcm

    def statistics(self) -> Statistics:
        """How the pool is doing."""
        staff, desk = self._staff, self._desk
        return Statistics(
            workers=staff.size,
            ready=staff.ready,
            queued=desk.queued,
            done=desk.done,
            restarts=staff.restarts,
            last_loss=staff.last_loss,
            repeated=self._spoken.hits,
        )

    async def _ask(self, request: Recognise | Synthesise, sound: bytes, extra_s: float) -> Packet:
        return await self._desk.ask(Job(Packet(request, sound), limit_s=self._job_limit_s + extra_s))


@asynccontextmanager
async def open_pool(
    size: int,
    *,
    language: str = ENGLISH,
    open_ear: Callable[[], Ear] | None = None,
    command: Sequence[str] | None = None,
    most_waiting: int = 64,
    most_spoken_bytes: int = MOST_SPOKEN_BYTES,
    job_limit_s: float = 10.0,
    start_limit_s: float = 30.0,
    guard: Guard = unguarded,
) -> AsyncIterator[Pool]:
    """Run `size` workers for as long as the block lasts. Opens when the first of them is ready, after some 2 s.

    language: the one that workers load at the start; the other is loaded with the first job in it. open_ear: where ears
    come from; None loads the detector here. command: what starts a worker; None: octi's own. most_waiting: how many
    jobs may wait for one; the next is refused as "busy". most_spoken_bytes: how much speech is kept to be said again.
    job_limit_s: how long a worker may take over a job (a little more for long ones) before it is killed.

    When the block ends all workers are killed, and whoever still waits for one gets EngineFailed.
    Raises EngineMissing if a library or a model is missing, EngineFailed if no worker becomes ready. The block's own
    errors leave as they are, not in a group.
    """
    if open_ear is None:
        open_ear = await trio.to_thread.run_sync(load_ears)
    if command is None:
        command = worker_for(language)
    staff, desk, spoken = Staff(size, command, start_limit_s), Desk(most_waiting), SpokenCache(most_spoken_bytes)
    failure: Exception | None = None
    async with trio.open_nursery() as workplace:
        for number in range(size):
            keep = Post(staff, desk).keep_filled
            workplace.start_soon(guard, "a keeper of speech workers", keep, name=f"engine worker-{number} keeper")
        try:
            await staff.wait_opened()
            yield Pool(open_ear, staff, desk, job_limit_s, spoken)
        except Exception as error:  # it leaves bare: a nursery would put it in a group
            failure = error
        finally:
            desk.close("it has been closed")
            spoken.close()
            workplace.cancel_scope.cancel(reason="the pool is closed")
    if failure is not None:
        raise failure


def worker_for(language: str) -> Sequence[str]:
    """The command that starts a worker of octi's own. Logs what it will not do for want of an extra."""
    if language == FRENCH:
        try:
            find_whisper()
        except EngineMissing as missing:
            log.warning("French will be spoken, but not understood", **fault(missing))
    return (*WORKER, language)


def load_ears() -> Callable[[], Ear]:
    """Load what all ears share; gives what opens one. Half a second: call it in a thread. Raises EngineMissing."""
    models = find_models()
    with imports_named():
        from octi.engine.hearing import open_hearing  # noqa: PLC0415  its libraries may be missing
    return open_hearing(models.detector).open_ear
