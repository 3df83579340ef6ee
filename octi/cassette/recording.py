"""Records a session: what its legs receive and send is noted without waiting, and written by one task in a thread."""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager, suppress
from functools import partial
from math import inf
from pathlib import Path
from typing import Any

import attrs
import structlog
import trio

from octi.cassette.failing import failure_of
from octi.cassette.format import VERSION, Failure, Goodbye, Header, Line, Side, Way
from octi.cassette.writing import Frame, Writer, begin
from octi.clock import Now, iso_time
from octi.errors import ProviderFault
from octi.observe.plain import plain
from octi.records import SessionRecord
from octi.session.taping import Tape, untaped
from octi.upstream.base import Upstream
from octi.websocket.base import Handle, Leg, LegClosed, Message

log = structlog.get_logger("octi.cassette")

WAITING_BYTES = 8 << 20  # that a disk may be behind: more, and the recording stops; the session goes on
LINE_BYTES = 256  # what a moment costs beyond its message
FINISH_S = 5.0  # for what is still to be written when a session has ended
COMPLETE = "complete"
TOO_SLOW = "incomplete: the disk was too slow"

InThread = Callable[[Callable[[], Any]], Awaitable[Any]]


def own_thread() -> InThread:
    """Runs one thing at a time in a thread, beside all others' and left behind if nobody waits for it any more."""
    return partial(trio.to_thread.run_sync, abandon_on_cancel=True, limiter=trio.CapacityLimiter(1))


@attrs.define(eq=False)
class Reel:
    """One session's recording: takes notes at once, and writes them in `run`."""

    writer: Writer
    in_thread: InThread
    began: float = attrs.field(factory=trio.current_time)
    most_bytes: int = WAITING_BYTES
    end: str = ""  # why nothing more is noted
    _waiting: deque[Frame | Line] = attrs.field(factory=deque)
    _bytes: int = 0
    _moved: trio.Event = attrs.field(factory=trio.Event)

    def now_ms(self) -> float:
        """Since the session began."""
        return round((trio.current_time() - self.began) * 1000, 3)

    def note(self, moment: Frame | Line) -> None:
        """Keep something in mind, to be written soon. Never waits, never raises."""
        if self.end:
            return
        self._waiting.append(moment)
        self._bytes += LINE_BYTES + (len(moment.data) if isinstance(moment, Frame) else 0)
        self._moved.set()
        if self._bytes > self.most_bytes:
            self.finish(TOO_SLOW)

    def finish(self, end: str) -> None:
        """Take no more notes; the first to say so says why. What was noted is still written."""
        if not self.end:
            self._waiting.append(Line(at=self.now_ms(), end=end))
            self.end = end
            self._moved.set()

    async def run(self) -> None:
        """Write until it is finished, and close the files. Whatever fails ends the recording, not the session."""
        try:
            while self._waiting or not self.end:
                await self._moved.wait()
                self._moved = trio.Event()
                batch, self._waiting, self._bytes = tuple(self._waiting), deque(), 0
                await self.in_thread(partial(self.writer.write, batch))
            await self.in_thread(self.writer.close)
        except OSError as error:
            await self._give_up(f"incomplete: {error}")
        except Exception as error:  # a bug, or a message as nobody thought of: no reason to end what is recorded
            log.exception("a recording crashed", folder=str(self.writer.folder))
            await self._give_up(f"incomplete: octi could not write it down ({type(error).__name__})")
        if self.end != COMPLETE:
            log.warning("a recording is incomplete", folder=str(self.writer.folder), why=self.end)

    async def _give_up(self, end: str) -> None:
        self.end = end
        self._waiting.clear()
        with suppress(OSError):
            await self.in_thread(self.writer.abandon)


@attrs.define(eq=False)
class RecordedLeg:
    """Any leg (`websocket.base.Leg`), with notes of what it receives and sends."""

    leg: Leg
    reel: Reel
    side: Side
    number: int
    _closed: bool = False

    @property
    def heard_at(self) -> float:
        """See `Leg.heard_at`."""
        return self.leg.heard_at

    @property
    def dropped_bytes(self) -> int:
        """See `Leg.dropped_bytes`."""
        return self.leg.dropped_bytes

    @property
    def waiting_bytes(self) -> int:
        """See `Leg.waiting_bytes`."""
        return self.leg.waiting_bytes

    async def receive(self) -> list[Message]:
        """See `Leg.receive`."""
        with self._noting_the_end():
            messages = await self.leg.receive()
        self._note_all(messages)
        return messages

    async def pump(self, handle: Handle) -> None:
        """See `Leg.pump`."""

        def noted(messages: list[Message]) -> bool:
            self._note_all(messages)
            return handle(messages)

        with self._noting_the_end():
            await self.leg.pump(noted)

    def _note_all(self, messages: list[Message]) -> None:
        for message in messages:
            self._note("in", message.data, text=message.text)

    @contextmanager
    def _noting_the_end(self) -> Iterator[None]:
        try:
            yield
        except LegClosed as closed:
            if closed.by_peer:
                self._note_close("in", closed.code, closed.reason)
            raise

    def send(self, data: bytes, *, text: bool = True, audio: bool = False) -> None:
        """See `Leg.send`."""
        self._note("out", data, text=text)
        self.leg.send(data, text=text, audio=audio)

    def drop_audio(self) -> None:
        """See `Leg.drop_audio`."""
        before = self.leg.dropped_bytes
        self.leg.drop_audio()
        if dropped := self.leg.dropped_bytes - before:
            self.reel.note(self._line("out", dropped=dropped))

    def ping(self) -> None:
        """See `Leg.ping`."""
        self.leg.ping()

    @property
    def has_room(self) -> bool:
        """See `Leg.has_room`."""
        return self.leg.has_room

    async def wait_room(self) -> None:
        """See `Leg.wait_room`."""
        await self.leg.wait_room()

    async def write(self) -> None:
        """See `Leg.write`."""
        await self.leg.write()

    async def close(self, code: int, reason: str) -> None:
        """See `Leg.close`."""
        self._note_close("out", code, reason)
        await self.leg.close(code, reason)

    def opened(self) -> None:
        """Note that it is there."""
        self.reel.note(self._line("in", opened=True))

    def left(self) -> None:
        """Note that octi left it, if nobody closed it before."""
        self._note_close("out", 1000, "")

    def _note(self, way: Way, data: bytes, *, text: bool) -> None:
        self.reel.note(Frame(self.reel.now_ms(), self.side, self.number, way, data, text))

    def _note_close(self, way: Way, code: int, reason: str) -> None:
        if not self._closed:
            self._closed = True
            self.reel.note(self._line(way, close=Goodbye(code, reason)))

    def _line(self, way: Way, **what: Any) -> Line:
        return Line(at=self.reel.now_ms(), leg=self.side, number=self.number, way=way, **what)


@attrs.define(eq=False)
class RecordedUpstream:
    """Any upstream, whose legs are recorded."""

    upstream: Upstream
    reel: Reel
    _legs: int = 0

    @property
    def name(self) -> str:
        """See `Upstream.name`."""
        return self.upstream.name

    @asynccontextmanager
    async def open(self, model: str) -> AsyncIterator[Leg]:
        """See `Upstream.open`. A failure is noted as well."""
        self._legs += 1
        number, began = self._legs, self.reel.now_ms()
        async with AsyncExitStack() as opened:
            try:
                leg = await opened.enter_async_context(self.upstream.open(model))
            except ProviderFault as fault:
                self._note_failure(number, failure_of(fault, self.reel.now_ms() - began))
                raise
            recorded = RecordedLeg(leg, self.reel, "provider", number)
            recorded.opened()
            try:
                yield recorded
            finally:
                recorded.left()

    def _note_failure(self, number: int, failure: Failure) -> None:
        self.reel.note(Line(at=self.reel.now_ms(), leg="provider", number=number, way="in", failed=failure))


@attrs.frozen
class ReelTape:
    """A session's legs, recorded; see `session.taping.Tape`."""

    reel: Reel

    def client(self, leg: Leg) -> Leg:
        """See `Tape.client`."""
        recorded = RecordedLeg(leg, self.reel, "client", 1)
        recorded.opened()
        return recorded

    def upstream(self, upstream: Upstream) -> Upstream:
        """See `Tape.upstream`."""
        return RecordedUpstream(upstream, self.reel)


@attrs.define(eq=False)
class Recorder:
    """Records sessions on a shelf; where nothing can be written there it says so once, and they go on unrecorded."""

    shelf: Path
    voices: bool
    now: Now
    thread: Callable[[], InThread] = own_thread
    close_by: Callable[[], float] = lambda: inf  # when a session that has ended must be written, by Trio's clock
    _warned: bool = False

    def __call__(self, record: SessionRecord, upstream: str) -> AbstractAsyncContextManager[Tape]:
        """See `session.taping.Taping`."""
        return self._taped(record, upstream)

    @asynccontextmanager
    async def _taped(self, record: SessionRecord, upstream: str) -> AsyncIterator[Tape]:
        in_thread, now = self.thread(), self.now()
        header = header_of(record, upstream, now, voices=self.voices)
        name = f"{iso_time(now)[:19].replace(':', '').replace('-', '')}-{record.id}"
        try:
            with trio.fail_after(FINISH_S):
                writer = await in_thread(partial(begin, self.shelf, name, header))
        except (OSError, trio.TooSlowError) as error:
            self._warn(error)
            async with untaped(record, upstream) as tape:
                yield tape
            return
        async with recording(Reel(writer, in_thread), self.close_by) as tape:
            yield tape

    def _warn(self, error: Exception) -> None:
        if not self._warned:
            self._warned = True
            log.warning("sessions are not recorded", folder=str(self.shelf), why=plain(error), see="OCTI_RECORD_FOLDER")


def header_of(record: SessionRecord, upstream: str, now: float, *, voices: bool) -> Header:
    """A session's first line."""
    return Header(
        cassette=VERSION,
        session=record.id,
        door=record.door,
        upstream=upstream,
        model=record.model,
        started_at=iso_time(now),
        voices=voices,
    )


@asynccontextmanager
async def recording(reel: Reel, close_by: Callable[[], float] = lambda: inf) -> AsyncIterator[ReelTape]:
    """A tape that is written while the block runs, and some seconds longer at most."""
    writing = trio.CancelScope(shield=True)
    problem: Exception | None = None
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_write, reel, writing, name="cassette writer")
        try:
            yield ReelTape(reel)
        except Exception as error:  # it leaves bare: the nursery is our affair
            problem = error
        finally:
            reel.finish(COMPLETE)
            writing.deadline = min(trio.current_time() + FINISH_S, close_by())
    if problem is not None:
        raise problem


async def _write(reel: Reel, writing: trio.CancelScope) -> None:
    with writing:
        await reel.run()
    if writing.cancelled_caught:
        log.warning("a recording is incomplete", folder=str(reel.writer.folder), why="not written in time")
