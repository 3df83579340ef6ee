"""The figures of one measurement, by name: what tables, ratios and the capacity sheet are made of. Pure."""

from typing import Protocol

from bench.relaying.loads import Load
from bench.relaying.reading import Opens, Window, base_kib, cpu_s, grown_kib, waited_s

Figures = dict[str, float]

SATURATED = 97.0  # percent of a core: who uses more has nothing left
KEPT_UP = 97.0  # percent of the answers that were due in a window

CPU_MESSAGE, CPU_PERCENT, MESSAGES = "cpu_us_message", "cpu_percent", "messages_s"
P50, P95, P99 = "p50_ms", "p95_ms", "p99_ms"
IDLE, ACTIVE, BASE = "kib_session_idle", "kib_session_active", "base_mib"
OPENS, CPU_OPEN, OPENS_CPU = "opens_s", "cpu_us_open", "opens_cpu_s"
START = "start_s"  # from its start until it listens
BESIDE = "load_core_percent"  # of the clients and the provider: at 100 they are what is measured
WAITED = "waited_percent"  # of the time in which it could have run: somebody else was on its core
WORKERS, WRONG, BEHIND = "cpu_us_message_workers", "lost_or_misordered", "answered_percent"


def talking(window: Window, load: Load, main: int, provider: int) -> Figures:
    """Of sessions that talk. main: the relay's first process; provider: the scripted provider's, not the relay's."""
    relay = {pid: process for pid, process in window.processes.items() if pid != provider}
    used, sessions = cpu_s(relay), load.sessions
    beside = window.load_cpu_s + (window.processes[provider].cpu_s if provider in window.processes else 0.0)
    return {
        CPU_MESSAGE: 1e6 * used / max(window.messages, 1),
        WORKERS: 1e6 * cpu_s(relay, but=main) / max(window.messages, 1),
        CPU_PERCENT: 100 * used / window.seconds,
        WAITED: 100 * waited_s(relay) / window.seconds,
        MESSAGES: window.messages / window.seconds,
        P50: window.p50_us / 1000,
        P95: window.p95_us / 1000,
        P99: window.p99_us / 1000,
        "max_ms": window.max_us / 1000,
        IDLE: grown_kib(relay, "idle", "own_kib") / sessions,
        ACTIVE: grown_kib(relay, "active", "own_kib") / sessions,
        "rss_kib_session_idle": grown_kib(relay, "idle", "rss_kib") / sessions,
        "rss_kib_session_active": grown_kib(relay, "active", "rss_kib") / sessions,
        BASE: base_kib(relay) / 1024,
        WRONG: float(window.lost + window.misordered),
        BEHIND: 100 * window.down / _due(window, load),
        "dead_sessions": float(window.dead),
        BESIDE: 100 * beside / window.seconds,
    }


def _due(window: Window, load: Load) -> float:
    """How many answers there should have been: one for each piece of sound that was to come in this time."""
    return max(load.offered_s * window.seconds if load.offered_s else window.up, 1)


def opening(opens: Opens, provider: int) -> Figures:
    """Of sessions that only come and go."""
    relay = {pid: process for pid, process in opens.processes.items() if pid != provider}
    used = cpu_s(relay)
    return {
        OPENS: opens.opens / opens.seconds,
        CPU_OPEN: 1e6 * used / max(opens.opens, 1),
        OPENS_CPU: opens.opens / used if used else 0.0,
        CPU_PERCENT: 100 * used / opens.seconds,
        WAITED: 100 * waited_s(relay) / opens.seconds,
        P50: opens.p50_us / 1000,
        P95: opens.p95_us / 1000,
        P99: opens.p99_us / 1000,
        "refused": float(opens.refused),
    }


class Known(Protocol):
    """Medians, by relay, load and figure."""

    def figure(self, relay: str, load: str, figure: str) -> float | None:
        """A median; None if it was not measured."""


def voices_a_core(known: Known, relay: str, percent: float) -> float | None:
    """How many voices take so much of a core, scaled from the most of 400 and 100 that left some of it free."""
    for load, voices in (("p400", 400), ("p100", 100)):
        used, answered = known.figure(relay, load, CPU_PERCENT), known.figure(relay, load, BEHIND)
        if used and answered and used < SATURATED and answered > KEPT_UP:
            return voices * percent / used
    return None
