"""A session's own lines in the log: its beginning and end, its provider's legs, its turns.

Every line that is logged in a session's tasks has its id, see `named`. What is said is in none but `turn`, and there
only if the observer says so.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import attrs
import structlog
import trio
from structlog.contextvars import bind_contextvars, bound_contextvars

from octi.errors import CallOver, OctiError
from octi.observe.base import Observer
from octi.observe.plain import CODE, fault
from octi.records import Row, SessionRecord, SessionState, Transcription, Turn
from octi.session.ending import Ending

log = structlog.get_logger("octi.session")


@contextmanager
def named(record: SessionRecord, call: str | None = None) -> Iterator[None]:
    """The session's id, and its call's, are on every line of the block, and of the tasks that are begun there."""
    with bound_contextvars(session=record.id, call=call or record.call_id):
        yield


def started(record: SessionRecord, peer: str, policy: str = "") -> None:
    """A session is live. peer: its client's address; "" where octi has none before it. policy: what it may say."""
    log.info(
        "session started",
        door=record.door,
        client=peer or None,
        policy=policy or None,
        upstream=record.upstream,
        model=record.model,
        resumed=record.state is SessionState.ENDED,
    )


def ended(record: SessionRecord, ending: Ending, figures: Mapping[str, float]) -> None:
    """The session's one line."""
    log.info(
        "session ended",
        door=record.door,
        upstream=record.upstream,
        ended_by=ending.by,
        reason=ending.word,
        why=ending.plain,
        code=ending.code,
        **figures,
    )


def noticed(kind: str) -> None:
    """The provider sent an event. A type that is none of any protocol's may be anything."""
    log.info("event", type=kind if CODE.fullmatch(kind) else "…")


@attrs.define(eq=False)
class LegLines:
    """One provider's leg, told of. Its ids at the provider are on its lines once they are known."""

    upstream: str
    tries: int
    began: float = attrs.field(factory=trio.current_time)
    _opened_at: float | None = None

    @contextmanager
    def named(self) -> Iterator[None]:
        """What is bound in the block, of the provider's ids, is so no longer than it."""
        with bound_contextvars(provider_request=None, provider_session=None):
            yield

    def opened(self, provider_session: str) -> None:
        """It is in use."""
        self._opened_at = trio.current_time()
        bind_contextvars(provider_session=provider_session or None)
        seconds = round(self._opened_at - self.began, 3)
        log.info("leg opened", upstream=self.upstream, seconds=seconds, tries=self.tries)

    def lost(self, error: OctiError) -> None:
        """It is of no use any more, or never was. That a call is over is how calls end."""
        since = self.began if self._opened_at is None else self._opened_at
        say = log.info if isinstance(error, CallOver) else log.warning
        event = "leg not opened" if self._opened_at is None else "leg lost"
        seconds = round(trio.current_time() - since, 3)
        say(event, upstream=self.upstream, seconds=seconds, tries=self.tries, **fault(error))


@attrs.define(eq=False)
class TurnLines:
    """A session's turns, told of: that they are, and where the observer says so, their words."""

    observer: Observer
    _told: dict[str, int] = attrs.field(factory=dict)  # what each item's words were when it was told last, as a hash

    def kept(self, rows: Sequence[Row]) -> None:
        """Rows are new, or other than they were."""
        for row in rows:
            if isinstance(row, Turn) and row.text and row.transcription is not Transcription.AWAITED:
                self._tell_once(row)

    def _tell_once(self, turn: Turn) -> None:
        if self._told.get(turn.item) != hash(turn.text):
            self._told[turn.item] = hash(turn.text)
            self._tell(turn)

    def _tell(self, turn: Turn) -> None:
        about = {"item": turn.item, "role": turn.role.value, "interrupted": turn.interrupted}
        if self.observer.words:
            log.info("turn", **about, text=getattr(self.observer.redact(turn), "text", None))
        else:
            log.debug("turn", **about, characters=len(turn.text))
