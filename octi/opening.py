"""Opens a node's parts, in order, and closes them in reverse."""

import os
import re
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import structlog
import trio

from octi.cassette.recording import Recorder
from octi.clock import Now, wall_clock
from octi.config import Config, ExtractorKind, UpstreamKind
from octi.directory.directory import Directory, make_directory
from octi.directory.minting import CheckModel, any_model
from octi.directory.ports import Calls as CallsPort
from octi.directory.ports import NoCalls
from octi.directory.secrets import Random
from octi.engine.base import OpenBrain
from octi.engine.brains import open_brains
from octi.engine.brains.chat_link import ChatModel
from octi.engine.pool import Pool, Statistics, open_pool
from octi.engine.server import Engine
from octi.engine_config import ChatConfig, EngineConfig
from octi.errors import BadConfig, BadMessage, EngineFailed, EngineMissing
from octi.observe.base import Meter, Observer
from octi.observe.plain import fault
from octi.observe.watchdog import watch_loop
from octi.observing import open_observer
from octi.record_config import RecordKind
from octi.redact_config import RedactConfig
from octi.redaction.rows import redact_row
from octi.redaction.rules import read_rules
from octi.services import Services
from octi.session.calls import Calls, CallsKit
from octi.session.live import LiveSessions
from octi.session.taping import Taping, untaped
from octi.simulator.brain import by_scenario, read_scenario
from octi.steering.extractors import Extractor, by_model, by_rules
from octi.steering.steering import Steering
from octi.steering.toolbox import Toolbox
from octi.store import open_store
from octi.store.base import Redact, Store, unredacted
from octi.units import SessionId
from octi.upstream.api import ProviderApi, open_api
from octi.upstream.asking import Exchange
from octi.upstream.azure import azure
from octi.upstream.base import Upstream
from octi.upstream.compatible import compatible
from octi.upstream.dial import Dialled
from octi.upstream.embedded import Embedded
from octi.upstream.openai import openai
from octi.upstream.provider import Provider
from octi.vitals import Guard, Upkeep, Vitals, unguarded

log = structlog.get_logger("octi.serve")

MOST_WORKERS = 4
SESSIONS_PER_WORKER = 12  # at which half of all answers still begin within three quarters of a second
MOST_WAITING = 16  # pieces of work for each worker: two seconds of it; who came later would be answered too late
CALL_IN_PATH = re.compile(r"(?<=/calls/)[^/]+")  # for metrics all calls are one
NO_CALLS = "the embedded engine has no WebRTC calls; connect a WebSocket to octi, or set a provider's key"


@attrs.frozen(kw_only=True)
class Answerer:
    """Whoever answers, and where that is asked by HTTP; and, of the engine, why it has no voice, or none just now."""

    upstream: Upstream
    api: ProviderApi | None = None
    problem: str | None = None
    trouble: Callable[[], str | None] = lambda: None
    statistics: Callable[[], Statistics] | None = None  # of the engine's voice
    most_sessions: int = 0  # that it answers in time; 0: any number
    check_model: CheckModel = any_model


@asynccontextmanager
async def open_services(
    config: Config, live: LiveSessions | None = None, vitals: Vitals | None = None, upkeep: Upkeep | None = None
) -> AsyncIterator[Services]:
    """Open the node's parts, with sessions that somebody else may drain. Raises BadConfig, StoreFailed."""
    upkeep = upkeep or Upkeep()
    async with AsyncExitStack() as opened:
        observer = await opened.enter_async_context(open_observer(config, upkeep.close_by))
        redact = redacting(config.redact)
        observer = attrs.evolve(observer, words=config.log.transcripts, redact=redact)
        kept = open_store(config.store_url, redact, observer.meter, upkeep)
        store = await opened.enter_async_context(kept)
        answerer = await open_answerer(config, opened, observer.meter, upkeep.guard)
        nursery = await opened.enter_async_context(open_background())
        nursery.start_soon(watch_loop, observer.meter, name="watchdog")
        parts = Parts(
            config=config,
            store=store,
            answerer=answerer,
            nursery=nursery,
            live=LiveSessions() if live is None else live,
            vitals=vitals or Vitals(),
            observer=observer,
        )
        yield assemble(parts)


def redacting(config: RedactConfig) -> Redact:
    """What is taken out of rows. Reads the file of rules; raises BadConfig."""
    rules = read_rules(config, lambda path: Path(path).read_text(encoding="utf-8"))
    return partial(redact_row, rules) if rules else unredacted


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
    now: Now = wall_clock
    random: Random = secrets.token_bytes
    extractor: Extractor | None = None  # None: as configured
    vitals: Vitals = attrs.field(factory=Vitals)
    observer: Observer = attrs.field(factory=Observer)


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
        observer=parts.observer,
        gauges=partial(gauges_of, parts.store, answerer),
        engine_problem=answerer.problem,
        speech_trouble=answerer.trouble,
    )


def gauges_of(store: Store, answerer: Answerer) -> Mapping[str, Mapping[str, Any]]:
    """What waits in the parts that the sessions share, by part and name."""
    speech = {"speech": attrs.asdict(answerer.statistics())} if answerer.statistics else {}
    return {"store": store.statistics(), **speech}


def steering_for(parts: Parts) -> Steering:
    """What the agents are told, and the profiles."""
    return Steering(
        nursery=parts.nursery,
        store=parts.store,
        now=parts.now,
        extractor=parts.extractor or extractor_for(parts.config, parts.answerer),
        prompt=parts.config.agent.prompt,
        cooldown_s=parts.config.extraction.cooldown_s,
        push=parts.live.steer,
        settle=parts.live.settle,
        announce=parts.live.feed.announce,
        meter=parts.observer.meter,
    )


def taping_for(parts: Parts) -> Taping:
    """Who records sessions."""
    record = parts.config.record
    if record.kind is RecordKind.OFF:
        return untaped
    return Recorder(Path(record.folder), voices=record.voices, now=parts.now, close_by=lambda: parts.live.stored_by)


def extractor_for(config: Config, answerer: Answerer) -> Extractor:
    """Who reads profiles out of what was said."""
    if answerer.api is None or config.extraction.by is ExtractorKind.RULES:
        return by_rules()
    return by_model(answerer.api, config.extraction.model)


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
    )
    return Calls(kit, parts.nursery)


async def open_answerer(
    config: Config, opened: AsyncExitStack, meter: Meter | None = None, guard: Guard = unguarded
) -> Answerer:
    """The configured provider, or the embedded engine. Raises BadConfig for a scenario that cannot be played."""
    if config.upstream.kind is not UpstreamKind.EMBEDDED:
        upstream = dialled(config)
        noted = partial(note, meter or Meter())
        return Answerer(
            upstream=upstream, api=await opened.enter_async_context(open_api(upstream.provider, noted=noted))
        )
    chat, scenario = chat_model(config.engine.chat), await scenario_brain(config.engine.scenario)
    brains = await opened.enter_async_context(open_brains(config.engine.brain, model=chat, scenario=scenario))
    speech, problem = await open_speech(config.engine, opened, guard)
    engine = Engine(speech, brains.choose, wall_clock, config.engine.language)
    embedded = Embedded(engine.converse, transcribe=engine.transcribe)
    if speech is None:
        return Answerer(upstream=embedded, problem=problem, check_model=brains.choose)
    return Answerer(
        upstream=embedded,
        check_model=brains.choose,
        trouble=partial(trouble_of, speech),
        statistics=speech.statistics,
        most_sessions=SESSIONS_PER_WORKER * workers_for(config.engine),
    )


def chat_model(chat: ChatConfig) -> ChatModel | None:
    """The language model that is configured, if one is."""
    if not (chat.url and chat.model):
        return None
    return ChatModel(url=chat.url, name=chat.model, key=chat.key, answer_s=chat.answer_s)


async def scenario_brain(path: str) -> OpenBrain | None:
    """Who answers by the scenario in a file, if one is configured. Raises BadConfig."""
    if not path:
        return None
    try:
        return by_scenario(read_scenario(await trio.Path(path).read_bytes(), path))
    except (OSError, BadMessage) as error:
        raise BadConfig([f"OCTI_SCENARIO={path!r}: {error}"]) from error


def trouble_of(speech: Pool) -> str | None:
    """Why nobody can be heard or answered by voice, if all workers are gone at once."""
    return trouble_in(speech.statistics())


def trouble_in(seen: Statistics) -> str | None:
    """The same, of what a pool's statistics say."""
    return None if seen.ready else f"no speech worker is ready: the last one {seen.last_loss}"


def note(meter: Meter, exchange: Exchange) -> None:
    """A line for each request to the provider, with the ids under which both sides' books have it."""
    meter.provider_asked(CALL_IN_PATH.sub("{call}", exchange.path), exchange.status, exchange.seconds)
    log.info(
        "provider request",
        path=exchange.path,
        status=exchange.status,
        duration_ms=round(exchange.seconds * 1000, 1),
        provider_request=exchange.request_id,
        client_request_id=exchange.client_request_id,
    )


def workers_for(engine: EngineConfig) -> int:
    """How many processes hear and speak."""
    return engine.workers or min(cores(), MOST_WORKERS)


def cores() -> int:
    """How many this process may use; where the system does not say, how many there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


async def open_speech(
    engine: EngineConfig, opened: AsyncExitStack, guard: Guard = unguarded
) -> tuple[Pool | None, str | None]:
    """The engine's ears and voice; without them octi still serves typed conversations, and says what is missing."""
    size = workers_for(engine)
    pool = open_pool(size, language=engine.language, most_waiting=MOST_WAITING * size, guard=guard)
    try:
        return await opened.enter_async_context(pool), None
    except (EngineMissing, EngineFailed) as error:
        log.warning("typed conversations only", **fault(error))
        return None, str(error)


def dialled(config: Config) -> Dialled:
    """The configured provider."""
    upstream = config.upstream
    return Dialled(
        provider=provider(upstream.kind, upstream.key, upstream.url),
        max_message_bytes=config.limits.max_message_bytes,
        connect_s=upstream.connect_s,
    )


def provider(kind: UpstreamKind, key: str, url: str) -> Provider:
    """A provider's value."""
    match kind:
        case UpstreamKind.OPENAI:
            return openai(key, url)
        case UpstreamKind.AZURE:
            return azure(key, url)
        case UpstreamKind.COMPATIBLE | UpstreamKind.EMBEDDED:
            return compatible(key or None, url)
