"""Opens the embedded engine with its voice, as whoever answers. Only where it answers is it loaded: `answering`."""

import os
from contextlib import AsyncExitStack
from functools import partial

import structlog
import trio

from octi.answerer import Answerer
from octi.clock import wall_clock
from octi.config import Config
from octi.engine.base import OpenBrain
from octi.engine.brains import open_brains
from octi.engine.brains.chat_link import ChatModel
from octi.engine.pool import Pool, Statistics, open_pool
from octi.engine.server import Engine
from octi.engine_config import ChatConfig, EngineConfig
from octi.errors import BadConfig, BadMessage, EngineFailed, EngineMissing
from octi.observe.plain import fault
from octi.simulator.brain import by_scenario, read_scenario
from octi.upstream.embedded import Embedded
from octi.vitals import Guard, unguarded

log = structlog.get_logger("octi.serve")

MOST_WORKERS = 4
SESSIONS_PER_WORKER = 12  # at which half of all answers still begin within three quarters of a second
MOST_WAITING = 16  # pieces of work for each worker: two seconds of it; who came later would be answered too late


async def open_engine(config: Config, opened: AsyncExitStack, guard: Guard = unguarded) -> Answerer:
    """The embedded engine. Raises BadConfig for a scenario that cannot be played."""
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
