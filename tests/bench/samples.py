"""Figures for tests: what the load generator prints, and a run of two relays."""

from bench.relaying.machine import Company, Machine
from bench.relaying.results import Failure, Measured, Results, summed_up

PROVIDER, MAIN, WORKER = 10, 20, 21
MEMORY = '"before":{"rss_kib":1000,"own_kib":2048},"idle":{"rss_kib":1500,"own_kib":2148}'
WINDOW = (
    '{"window":0,"seconds":2.0,"up":200,"down":190,"words":10,"others":3,"lost":2,"misordered":1,"held_back":0,'
    '"unanswered":7,"dead":0,"p50_us":250.0,"p95_us":400.0,"p99_us":900.0,"max_us":1000.0,"load_cpu_s":0.2,"processes":{'
    f'"20":{{"cpu_s":0.03,"wait_s":0.02,{MEMORY},"active":{{"rss_kib":2000,"own_kib":2348}}}},'
    f'"21":{{"cpu_s":0.01,"wait_s":0.0,{MEMORY},"active":{{"rss_kib":2000,"own_kib":2248}}}},'
    f'"10":{{"cpu_s":0.1,"wait_s":0.0,{MEMORY},"active":{{"rss_kib":9000,"own_kib":9000}}}}}}}}'
)
OPENS = (
    '{"seconds":2.0,"opens":100,"refused":0,"p50_us":8000.0,"p95_us":9000.0,"p99_us":9500.0,"max_us":9900.0,"processes":{'
    f'"20":{{"cpu_s":0.1,"wait_s":0.0,{MEMORY},"active":{{"rss_kib":0,"own_kib":0}}}}}}}}'
)
MACHINE = Machine("A CPU", 2, 24.0, "Linux 6", "3.11.7", "2026-11-22", pinned=True)
COMPANY = Company(0.12, ["make 30 %"], 0.01)


def talks(cpu: float, percent: float) -> dict[str, float]:
    """The figures that pages need of sessions that talk."""
    trips = {"p50_ms": 0.2, "p95_ms": 0.4, "p99_ms": 0.6}
    memory = {"kib_session_idle": 20.0, "kib_session_active": 30.0, "base_mib": 80.0}
    paces = {"messages_s": 5500.0, "answered_percent": 100.0, "cpu_us_message_workers": 0.0, "waited_percent": 1.5}
    return {"cpu_us_message": cpu, "cpu_percent": percent, **trips, **memory, **paces}


def comes(cpu: float) -> dict[str, float]:
    """The same of sessions that come and go."""
    return {"opens_s": 900.0, "cpu_us_open": cpu, "opens_cpu_s": 1e6 / cpu, "p50_ms": 8.0, "p95_ms": 9.0, "p99_ms": 9.5}


def run(*measured: Measured) -> Results:
    """A run with these trials, or with some of two relays."""
    usual = (
        *(Measured("octi", "p100", talks(cpu, 30)) for cpu in (50.0, 40.0, 45.0)),
        *(Measured("node-raw", "p100", talks(cpu, 25)) for cpu in (40.0, 41.0, 30.0)),
        Measured("octi", "p400", talks(30, 70)),
        Measured("octi", "opens", comes(1000)),
        Measured("octi", "f10", talks(20, 10)),
        Measured("octi", "f100", talks(21, 11)),
        Measured("octi", "p100 first minute", talks(50, 30)),
        Measured("octi", "p100 last minute", talks(51, 31)),
    )
    return Results(
        machine=MACHINE,
        company=COMPANY,
        versions={"octi": "Python 3.11.7", "node-raw": "Node 24"},
        skipped={"nginx": "there is no nginx"},
        rounds=3,
        seconds=4,
        rows=summed_up(measured or usual),
        failures=[Failure("litellm", "sat", "it ended: badly\nin two lines")],
        minutes=60,
    )
