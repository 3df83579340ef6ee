"""octi/web/gauges.py: what a node holds when somebody looks."""

import platform
from collections.abc import Iterator
from typing import cast

import attrs
import pytest
import trio
from prometheus_client.metrics_core import Metric

from octi import __version__
from octi.engine.pool import Statistics
from octi.realtime.octi_protocol import OctiDoor
from octi.session.live import LiveSessions
from octi.session.recorder import Recorder
from octi.session.run import Live
from octi.store.memory import MemoryStore
from octi.units import SessionId
from octi.upstream.warm_pool import Dials, WarmPool
from octi.web.gauges import FIGURES, QUEUES, ROWS, parts, queues, readiness, sources
from octi.websocket.memory import memory_legs
from tests.exposed import Exposed
from tests.providers import NOBODY
from tests.session.talks import new_session
from tests.web.standins import StandIn
from tests.web.test_census import Control


@attrs.define(eq=False)
class Holding(Control):
    """A session in which so much waits."""

    waiting: dict[str, int]

    def depths(self) -> dict[str, int]:
        return self.waiting


def node(*waiting: dict[str, int]) -> StandIn:
    live = LiveSessions(most=12)
    for number, depths in enumerate(waiting):
        live.enter(SessionId(f"s{number}"))
        live.take(SessionId(f"s{number}"), Holding(depths))
    return StandIn(live=live)


def seen(families: Iterator[Metric]) -> Exposed:
    return Exposed(families)


async def everything(octi: StandIn) -> Exposed:
    return Exposed(family for source in sources(octi.services).values() for family in source())


async def test_what_waits_in_sessions_is_told_in_sum_and_at_its_worst() -> None:
    """A hundred sessions with a little in each are well; one with all of it is not."""
    told = seen(
        queues(node({"client_bytes": 10, "rows": 1}, {"client_bytes": 500, "early_bytes": 7, "rows": 4}, {}).services)
    )
    assert told.value("octi_queue_bytes", queue="client") == 510
    assert told.value("octi_queue_bytes_max", queue="client") == 500
    assert told.value("octi_queue_bytes", queue="early") == 7
    assert told.value("octi_queue_bytes", queue="provider") == 0
    assert (told.value("octi_queue_rows"), told.value("octi_queue_rows_max")) == (5, 4)


async def test_an_empty_node_has_nothing_waiting() -> None:
    """And says so: a figure that is missing is not zero."""
    told = seen(queues(node().services))
    assert told.value("octi_queue_bytes_max", queue="client") == 0
    assert told.value("octi_queue_rows_max") == 0


async def test_every_queue_is_one_that_a_session_tells() -> None:
    """What a real session calls its depths is what is looked for."""
    store, (client, _) = MemoryStore(), memory_legs()
    session = new_session(client, OctiDoor(), NOBODY, store, trio.Event())
    live = Live(session, Recorder(store))
    assert {*QUEUES, ROWS} <= live.depths().keys()


async def test_sessions_slots_and_followers_are_told() -> None:
    """As they are, with whether octi is about to stop."""
    octi = node({}, {})
    octi.live.feed.follow(SessionId("s0"))
    told = await everything(octi)
    assert (told.value("octi_session_slots_used"), told.value("octi_session_slots")) == (2, 12)
    assert (told.value("octi_followers"), told.value("octi_draining")) == (1, 0)
    octi.live.draining.set()
    assert (await everything(octi)).value("octi_draining") == 1


async def test_it_says_which_octi_it_is() -> None:
    """And who answers."""
    labels = {"version": __version__, "python": platform.python_version(), "upstream": NOBODY.name}
    assert (await everything(node())).value("octi_build_info", **labels) == 1


async def test_the_process_is_told() -> None:
    """Tasks, threads; memory and descriptors by the names that everybody's dashboards know."""
    told = await everything(node())
    for name in ("octi_tasks", "octi_threads", "process_resident_memory_bytes", "process_open_fds", "process_max_fds"):
        assert (told.value(name) or 0) > 0


async def test_no_session_is_named() -> None:
    """Their ids open transcripts."""
    told = await everything(node({"client_bytes": 1}))
    assert not [sample for sample in told.samples if "s0" in sample.labels.values()]


def test_parts_tell_what_they_have() -> None:
    """A store in memory has no connections, a provider's node no workers."""
    told = seen(parts({"store": {"rows_waiting": 3, "something_new": 1}}))
    assert told.names == {"octi_store_rows_waiting"}
    assert told.value("octi_store_rows_waiting") == 3


def test_the_engines_figures_are_those_of_its_pool() -> None:
    """By the names that it has for them; why one was lost is for the log."""
    pool = Statistics(workers=2, ready=1, queued=3, done=40, restarts=5, last_loss="killed", repeated=6)
    told = seen(parts({"speech": attrs.asdict(pool)}))
    assert told.value("octi_speech_workers") == 2
    assert told.value("octi_speech_workers_ready") == 1
    assert told.value("octi_speech_jobs_total") == 40
    assert told.value("octi_speech_restarts_total") == 5
    assert FIGURES["speech"].keys() == attrs.asdict(pool).keys() - {"last_loss"}


def test_the_legs_that_wait_are_a_figure() -> None:
    """As the pool has it; where there is none, nothing is told."""
    pool = WarmPool(upstream=cast(Dials, NOBODY), model="m", update=b"", size=2)
    told = seen(parts({"warm": pool.statistics()}))
    assert told.value("octi_warm_legs") == 0
    assert FIGURES["warm"].keys() == pool.statistics().keys()


@pytest.mark.parametrize(("problems", "ready"), [([], 1), (["octi is restarting"], 0)])
def test_readiness_is_a_figure(problems: list[str], ready: int) -> None:
    """As /readyz has it; why not, it says itself."""
    assert seen(readiness(problems)).value("octi_ready") == ready
