"""Opens a node's parts, in order, and closes them in reverse."""

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import structlog
import trio

from octi.access_config import AccessConfig
from octi.answerer import Answerer
from octi.answering import open_answerer
from octi.budgeting import Budgets, budgets_for, check_budgets
from octi.cassette.recording import Recorder
from octi.clock import Now, wall_clock
from octi.config import Config, ExtractorKind
from octi.directory.directory import Directory, make_directory
from octi.directory.ports import Calls as CallsPort
from octi.directory.ports import NoCalls
from octi.directory.secrets import Random
from octi.guard.gate import Gate, ReadToken, gate_of
from octi.guard.keys import keys_in
from octi.guard.rules import Rules, rules_in
from octi.hooks.judge import Judge
from octi.hooks.opening import open_judge
from octi.limiting import LimitedCalls, Limiter, limiter_for
from octi.observe.base import Meter, Observer
from octi.observe.watchdog import watch_loop
from octi.observing import open_observer, prices_for
from octi.pricing.prices import FREE, Prices
from octi.recording.opening import open_recordings, recordings_for
from octi.recording.recordings import Recordings
from octi.redact_config import RedactConfig
from octi.redaction.rows import redact_row
from octi.redaction.rules import read_rules
from octi.services import Services
from octi.session.calls import Calls, CallsKit
from octi.session.live import LiveSessions
from octi.session.taping import Taping, together, untaped
from octi.steering.extractors import Extractor, Tell, by_model, by_rules
from octi.steering.steering import Steering
from octi.steering.toolbox import Toolbox
from octi.store import open_store
from octi.store.base import Redact, Store, unredacted
from octi.store.writing import ungrouped
from octi.units import SessionId
from octi.upstream.base import FreshSetup
from octi.upstream.dial import Dialled
from octi.upstream.warm_pool import WarmPool, open_warm_pool
from octi.vitals import Upkeep, Vitals
from octi.websocket.poll import Poll, open_poll

log = structlog.get_logger("octi.serve")

NO_CALLS = "the embedded engine has no WebRTC calls; connect a WebSocket to octi, or set a provider's key"


@asynccontextmanager
async def open_services(
    config: Config, live: LiveSessions | None = None, vitals: Vitals | None = None, upkeep: Upkeep | None = None
) -> AsyncIterator[Services]:
    """Open the node's parts, with sessions that somebody else may drain. Raises BadConfig, StoreFailed."""
    upkeep = upkeep or Upkeep()
    async with AsyncExitStack() as opened:
        observer = await opened.enter_async_context(open_observer(config, upkeep.close_by))
        redact = redacting(config.redact)
        gate = await open_gate(config, opened)
        guarding, prices = rules_in(config.guard.rules, read_text), prices_for(config)
        check_budgets(config, guarding, prices)
        observer = attrs.evolve(observer, words=config.log.transcripts, redact=redact)
        kept = open_store(config.store_url, redact, observer.meter, upkeep)
        store = await opened.enter_async_context(kept)
        recorded = open_recordings(config.record, store.leave, wall_clock, upkeep.close_by)
        recordings = await opened.enter_async_context(recorded)
        opened.enter_context(ungrouped())  # who opens a node need not know which of its parts have tasks
        poll = await opened.enter_async_context(open_poll(upkeep.guard))
        answerer = await open_answerer(config, opened, observer.meter, upkeep.guard, poll)
        opened.enter_context(ungrouped())
        nursery = await opened.enter_async_context(open_background())
        nursery.start_soon(watch_loop, observer.meter, name="watchdog")
        live = LiveSessions() if live is None else live
        warm = warm_pool(config, answerer, observer.meter)
        parts = Parts(
            config=config,
            store=store,
            answerer=answerer,
            nursery=nursery,
            live=live,
            warm=warm and await opened.enter_async_context(open_warm_pool(warm, live.draining)),
            vitals=vitals or Vitals(),
            observer=observer,
            gate=gate,
            rules=guarding,
            prices=prices,
            poll=poll,
            judge=await opened.enter_async_context(open_judge(config.hooks, read_text)),
            recordings=recordings,
        )
        yield assemble(parts)


def warm_pool(config: Config, answerer: Answerer, meter: Meter) -> WarmPool | None:
    """The legs that are to wait for the next sessions, if any are. Opens nothing."""
    size, agent = config.upstream.warm_legs, config.agent
    if not size or not isinstance(answerer.upstream, Dialled):
        return None
    usual = FreshSetup(  # as of a session whose client asks for nothing else
        instructions=agent.prompt or None,
        prompt_id=agent.prompt_id or None,
        voice=agent.voice,
        transcription_model=agent.transcription_model,
        silence_ms=agent.silence_ms,
    )
    return WarmPool(
        upstream=answerer.upstream, model=config.upstream.model, update=usual.update(), size=size, meter=meter
    )


async def open_gate(config: Config, opened: AsyncExitStack) -> Gate:
    """Who comes in. Raises BadConfig for keys that are none."""
    access = config.access
    tokens = await open_tokens(access, opened) if access.has_tokens else None
    return gate_of(access, config.listen.host, keys_in(access.api_keys), tokens)


async def open_tokens(access: AccessConfig, opened: AsyncExitStack) -> ReadToken:
    """What reads the tokens of the operator's own login."""
    # joserfc, cryptography: who has no login starts without
    from octi.guard.tokens import reader_of  # noqa: PLC0415
    from octi.jwks import open_keys  # noqa: PLC0415

    return reader_of(access, await opened.enter_async_context(open_keys(access)))


def redacting(config: RedactConfig) -> Redact:
    """What is taken out of rows. Reads the file of rules; raises BadConfig."""
    rules = read_rules(config, read_text)
    return partial(redact_row, rules) if rules else unredacted


def read_text(path: str) -> str:
    """What is in a file. Raises OSError, UnicodeDecodeError."""
    return Path(path).read_text(encoding="utf-8")


@asynccontextmanager
async def open_background() -> AsyncIterator[trio.Nursery]:
    """Where work goes on that no request waits for: calls, extractions. What is left at the end is cancelled."""
    async with trio.open_nursery() as nursery:
        try:
            yield nursery
        finally:
            nursery.cancel_scope.cancel(reason="octi has stopped")


@attrs.frozen(kw_only=True)
class Parts:
    """What a node is put together from: all that is opened, and the ways to the world outside."""

    config: Config
    store: Store
    answerer: Answerer
    nursery: trio.Nursery  # for what no request waits for
    live: LiveSessions = attrs.field(factory=LiveSessions)
    warm: WarmPool | None = None  # legs that wait for the next sessions
    now: Now = wall_clock
    random: Random = secrets.token_bytes
    extractor: Extractor | None = None  # None: as configured
    vitals: Vitals = attrs.field(factory=Vitals)
    poll: Poll | None = None  # who waits for the sockets
    observer: Observer = attrs.field(factory=Observer)
    gate: Gate = attrs.field(factory=Gate)
    rules: Rules = attrs.field(factory=Rules)
    prices: Prices = FREE
    judge: Judge | None = None
    recordings: Recordings = attrs.field(
        default=attrs.Factory(lambda own: recordings_for(own.config.record, own.store.leave, own.now), takes_self=True)
    )
    limiter: Limiter = attrs.field(
        init=False,
        default=attrs.Factory(lambda own: limiter_for(own.config, own.rules, own.observer.meter), takes_self=True),
    )
    budgets: Budgets = attrs.field(
        init=False,
        default=attrs.Factory(
            lambda own: budgets_for(own.config, own.rules, own.prices, own.store, own.now), takes_self=True
        ),
    )


def assemble(parts: Parts) -> Services:
    """A node, put together. Opens nothing."""
    answerer, steering = parts.answerer, steering_for(parts)
    parts.live.most = parts.config.limits.max_sessions or answerer.most_sessions
    tools, taping = Toolbox(steering), taping_for(parts)
    return Services(
        config=parts.config,
        store=parts.store,
        upstream=answerer.upstream,
        api=answerer.api,
        live=parts.live,
        vitals=parts.vitals,
        directory=directory_for(parts, steering, tools, taping),
        steering=steering,
        tools=tools,
        now=parts.now,
        taping=taping,
        recordings=parts.recordings.shelf,
        observer=parts.observer,
        gate=parts.gate,
        rules=parts.rules,
        poll=parts.poll,
        warm=parts.warm,
        judge=parts.judge,
        budgets=parts.budgets,
        limiter=parts.limiter,
        gauges=partial(gauges_of, parts.store, answerer, parts.warm, parts.recordings),
        engine_problem=answerer.problem,
        speech_trouble=answerer.trouble,
    )


def gauges_of(
    store: Store, answerer: Answerer, warm: WarmPool | None = None, recordings: Recordings | None = None
) -> Mapping[str, Mapping[str, Any]]:
    """What waits in the parts that the sessions share, by part and name."""
    speech = {"speech": attrs.asdict(answerer.statistics())} if answerer.statistics else {}
    recorded = {"recordings": recordings.statistics()} if recordings else {}
    return {"store": store.statistics(), **speech, **({"warm": warm.statistics()} if warm else {}), **recorded}


def steering_for(parts: Parts) -> Steering:
    """What the agents are told, and the profiles."""
    return Steering(
        nursery=parts.nursery,
        store=parts.store,
        now=parts.now,
        extractor=parts.extractor or extractor_for(parts.config, parts.answerer, parts.budgets.extracted),
        prompt=parts.config.agent.prompt,
        cooldown_s=parts.config.extraction.cooldown_s,
        push=parts.live.steer,
        settle=parts.live.settle,
        announce=parts.live.feed.announce,
        meter=parts.observer.meter,
    )


def taping_for(parts: Parts) -> Taping:
    """Who records sessions."""
    record, tapings = parts.config.record, list[Taping]()
    if record.wire:
        folder = Path(record.folder)
        tapings.append(Recorder(folder, voices=record.voices, now=parts.now, close_by=lambda: parts.live.stored_by))
    if record.audio:
        tapings.append(parts.recordings)
    return together(tapings)


def extractor_for(config: Config, answerer: Answerer, tell: Tell = lambda session, model, answer: None) -> Extractor:
    """Who reads profiles out of what was said. tell: what each answer of a model took."""
    if answerer.api is None or config.extraction.by is ExtractorKind.RULES:
        return by_rules()
    return by_model(answerer.api, config.extraction.model, tell)


def directory_for(parts: Parts, steering: Steering, tools: Toolbox, taping: Taping) -> Directory:
    """The node's sessions."""
    return make_directory(
        config=parts.config,
        upstream=parts.answerer.upstream.name,
        store=parts.store,
        live=parts.live,
        steering=steering,
        tools=tools.declarations,
        calls=calls_for(parts, steering, tools, taping),
        provider=parts.answerer.api,
        now=parts.now,
        random=parts.random,
        check_model=parts.answerer.check_model,
    )


def calls_for(parts: Parts, steering: Steering, tools: Toolbox, taping: Taping = untaped) -> CallsPort:
    """The calls that this node listens to, if its provider has any."""
    answerer, config = parts.answerer, parts.config
    if answerer.api is None or not isinstance(answerer.upstream, Dialled):
        return NoCalls(NO_CALLS)

    async def instructions(session: SessionId) -> str:
        return (await steering.instructions(session)).text

    kit = CallsKit(
        dialled=answerer.upstream,
        api=answerer.api,
        store=parts.store,
        live=parts.live,
        tools=tools,
        instructions=instructions,
        longest_s=config.limits.max_session_s,
        idle_s=config.sessions.call_idle_s,
        debug_events=config.sessions.debug_events,
        now=parts.now,
        taping=taping,
        observer=parts.observer,
        limits=LimitedCalls(parts.limiter),
        given=parts.budgets.given,
        judge=parts.judge,
    )
    return Calls(kit, parts.nursery)
