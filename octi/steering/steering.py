"""Extraction and instructions of sessions, over the store: what changes is durable before the agent is told.

Whatever is begun here goes on when its caller leaves, in the nursery that Steering is given: a call that ends, or a
client that gives up, leaves nothing stored that the agent was not told.
"""

import math
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from weakref import WeakValueDictionary

import attrs
import structlog
import trio

from octi.clock import Now
from octi.error_replies import reply_to
from octi.errors import NothingSaid, OctiError, UnknownSession, UpstreamLost
from octi.extraction.composer import Instructions, LayerName, changed_layers, session_layer
from octi.extraction.profile import profile_json
from octi.extraction.schema import JsonObject
from octi.observe.base import Meter, current_span, in_span
from octi.observe.plain import Own, fault
from octi.records import Development, Extraction, Role, SessionRecord, Turn
from octi.steering.extractors import Extractor, Findings
from octi.steering.flights import Flights, carried_on
from octi.steering.state import State, developed, instructed, read_state, schema_of
from octi.store.base import Store
from octi.units import ItemId, SessionId

log = structlog.get_logger("octi.steering")

EXTRACTING_S = 45.0  # longer than a provider's own deadline: of an extractor that has none
SETTLING_S = 2.0

Revision = Callable[[SessionRecord, State], State]


@attrs.frozen
class Steered:
    """What a session's agent is told now. `changed`: layers; `pushed`: a live session here was given the new text."""

    profile: JsonObject  # every field of the schema, null where nothing is known
    instructions: Instructions
    changed: tuple[LayerName, ...]
    pushed: bool


@attrs.frozen
class _Extracted:
    """What came of an extraction, and which of the user's words it was made from."""

    steered: Steered
    read: tuple[tuple[ItemId, str], ...]


@attrs.define(eq=False, kw_only=True)
class Steering:
    """Every session's profile and instructions.

    Where a session is named that does not exist, UnknownSession is raised; StoreFailed where the store fails, and then
    the agent was not told either; Stopping when the nursery ends first.
    """

    nursery: trio.Nursery
    store: Store
    now: Now
    extractor: Extractor
    prompt: str  # the base layer of new sessions
    cooldown_s: float  # from an extraction that worked to the next that nobody asked for over HTTP
    push: Callable[[SessionId, str], bool] = lambda session, text: False  # to the live session; False: it is not here
    settle: Callable[[SessionId], Awaitable[None]]  # returns when a live session's turns so far are durable
    announce: Callable[[SessionId], None] = lambda session: None  # something of the session became durable
    meter: Meter = attrs.field(factory=Meter)
    _rested_by: dict[SessionId, float] = attrs.field(factory=dict, init=False)  # when a cooldown is over
    _locks: WeakValueDictionary[SessionId, trio.Lock] = attrs.field(factory=WeakValueDictionary, init=False)
    _extractions: Flights[_Extracted] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._extractions = Flights(self.nursery)

    # What there is

    def first(self, record: SessionRecord, instructions: str = "") -> Development:
        """A new session's layers: the base prompt, and what its maker gave. To be saved with the session."""
        texts = {LayerName.BASE: self.prompt, LayerName.SESSION: _session_text(record, instructions)}
        return instructed(record.id, Instructions(), State().saying(texts).instructions, record.created_at)

    async def state(self, session: SessionId) -> State:
        """What is known of a session's user, and what its agent is told, as stored last."""
        return read_state(await self.store.developments(session), self.prompt)

    async def instructions(self, session: SessionId) -> Instructions:
        """What a session's agent is told, as stored last; the base prompt alone where nothing was."""
        return (await self.state(session)).instructions

    async def profile(self, record: SessionRecord) -> JsonObject:
        """Every field of the session's schema, null where nothing is known."""
        return (await self.state(record.id)).profile.values(schema_of(record))

    async def evidence(self, record: SessionRecord) -> JsonObject:
        """What is known, each field with the words that it came from and the value that it replaced."""
        return profile_json((await self.state(record.id)).profile)

    # What changes it

    async def extract(self, session: SessionId) -> Steered:
        """Read the profile out of what was said so far, and tell the agent; while that is being done, join it.

        One that is joined may have begun before the user's last words: then another follows, with them.
        Raises NothingSaid, and ProviderFault where a provider extracts.
        """
        joined = session in self._extractions
        extracted = await self._landed(session)
        if joined and _users_words(await self._turns(session)) != extracted.read:
            extracted = await self._landed(session)  # if it is joined, that one began after this was asked for
        return extracted.steered

    def extract_later(self, session: SessionId) -> None:
        """Extract in the background; nobody waits, so what fails is logged. While one is under way, that is enough."""
        self._extractions.joined(session, partial(self._extract, session))

    async def _landed(self, session: SessionId) -> _Extracted:
        return await self._extractions.joined(session, partial(self._extract, session)).landed()

    async def tool_call(self, session: SessionId) -> JsonObject:
        """What the agent is answered that asks for an extraction. Never raises OctiError."""
        if session in self._extractions:
            return _refusal("in_progress")
        wait_s = self._rested_by.get(session, -math.inf) - trio.current_time()
        if wait_s > 0:
            return {**_refusal("cooldown"), "retryAfterSeconds": math.ceil(wait_s)}
        try:
            return {"ok": True, "profile": (await self.extract(session)).profile}
        except NothingSaid:
            return _refusal("no_transcript")
        except Exception as error:  # whoever talks goes on talking, even if a bug keeps octi from listening
            trace = None if isinstance(error, OctiError) else error
            log.warning("no profile was extracted", session=session, **fault(error), exc_info=trace)
            return _refusal("error")

    async def rested(self, session: SessionId) -> None:
        """Return when an extraction that nobody asked for over HTTP may be made: no other is, and none was just now."""
        await self._extractions.landed(session)
        await trio.sleep_until(self._rested_by.get(session, -math.inf))

    async def note(self, session: SessionId, text: str) -> Steered:
        """The operator's layer; "" takes it away."""
        return await self._carry_on(session, lambda record, state: state.saying({LayerName.NOTE: text}))

    async def set_session(self, session: SessionId, text: str) -> Steered:
        """What a client tells its agent takes the place of what it was told to be: the base, and its maker's layer."""
        await self._settled(session)  # clients say so at once: the session itself may not be stored yet
        return await self._carry_on(
            session,
            lambda record, state: state.saying({LayerName.BASE: "", LayerName.SESSION: _session_text(record, text)}),
        )

    async def renew(self, session: SessionId) -> Steered:
        """What an agent must know that takes the conversation up: its history. For the next leg; this one was there."""
        return await carried_on(self.nursery, partial(self._renew, session), f"{session} renewal")

    # How

    async def _extract(self, session: SessionId) -> _Extracted:
        record = await self._record(session)
        turns = await self._turns(session)
        if not any(turn.role is Role.USER and turn.text.strip() for turn in turns):
            raise NothingSaid
        found = await self._found(record, turns)
        steered = await self._revise(session, lambda record, state: state.knowing(found, schema_of(record)))
        self._rest(session)
        return _Extracted(steered, _users_words(turns))

    async def _found(self, record: SessionRecord, turns: Sequence[Turn]) -> Findings:
        times = {turn.item: turn.said_at for turn in turns if turn.said_at is not None}
        with self._watched(record.id):
            with trio.move_on_after(EXTRACTING_S):
                return await self.extractor(schema_of(record), turns, times)
            raise UpstreamLost("the extractor", Own(f"no profile within {EXTRACTING_S:g} s"))

    @contextmanager
    def _watched(self, session: SessionId) -> Iterator[None]:
        """An extraction, counted and traced."""
        began, outcome = trio.current_time(), "cancelled"
        span = current_span().begin("extraction", {"gen_ai.conversation.id": session})
        try:
            with in_span(span):
                yield
            outcome = "ok"
        except Exception as error:  # a bug is an outcome as well
            outcome = reply_to(error).code
            raise
        finally:
            span.end(error=None if outcome == "ok" else outcome)
            took = trio.current_time() - began
            self.meter.extracted(outcome, took)
            log.info("extraction", session=session, outcome=outcome, seconds=round(took, 3))

    async def _renew(self, session: SessionId) -> Steered:
        turns = await self._turns(session)
        return await self._revise(session, lambda record, state: state.renewed(turns, schema_of(record)), live=False)

    async def _carry_on(self, session: SessionId, revision: Revision) -> Steered:
        return await carried_on(self.nursery, partial(self._revise, session, revision), f"{session} steering")

    async def _revise(self, session: SessionId, revision: Revision, *, live: bool = True) -> Steered:
        """Read, change, save, tell: one caller after the other, so that none undoes what another did."""
        record = await self._record(session)
        async with self._locks.setdefault(session, trio.Lock()):
            old = await self.state(session)
            new = revision(record, old)
            rows = developed(session, old, new, self.now())
            if rows:
                await self.store.save(rows)
                self.announce(session)
            changed = new.instructions.text != old.instructions.text
            pushed = live and changed and self.push(session, new.instructions.text)
        layers = changed_layers(old.instructions, new.instructions)
        return Steered(new.profile.values(schema_of(record)), new.instructions, layers, pushed)

    async def _record(self, session: SessionId) -> SessionRecord:
        record = await self.store.session(session)
        if record is None:
            raise UnknownSession
        return record

    async def _turns(self, session: SessionId) -> list[Turn]:
        """What was said so far; what a slow store has not kept in time is missing."""
        await self._settled(session)
        return await self.store.turns(session)

    async def _settled(self, session: SessionId) -> None:
        with trio.move_on_after(SETTLING_S):
            await self.settle(session)

    def _rest(self, session: SessionId) -> None:
        now = trio.current_time()
        self._rested_by = {each: at for each, at in self._rested_by.items() if at > now}
        self._rested_by[session] = now + self.cooldown_s


def _session_text(record: SessionRecord, text: str) -> str:
    return session_layer(text, schema_of(record) if record.extraction is Extraction.TOOL else None)


def _users_words(turns: Sequence[Turn]) -> tuple[tuple[ItemId, str], ...]:
    return tuple((turn.item, turn.text) for turn in turns if turn.role is Role.USER)


def _refusal(reason: str) -> JsonObject:
    return {"ok": False, "reason": reason}
