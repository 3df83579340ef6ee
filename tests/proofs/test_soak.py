"""A soak in small (docs/soak.md): when all its sessions have ended, octi holds what it held before them."""

from collections import Counter
from itertools import islice
from pathlib import Path

import msgspec
import pytest

from bench.soak.plan import MODELS, POLITE, RUDE, TROUBLES, VISITS, plans
from bench.soak.provider import HANDSHAKES, script_for
from bench.soak.run import Wanted, opened
from bench.soak.verdict import differences, growth
from octi.census import Told
from tests.proofs.tally import Proofs

QUIET = Told(
    tasks={"main": 1, "keeper": 2},
    threads={"MainThread": 1},
    descriptors={"socket": 3},
    memory_bytes=1,
    totals={"tasks": 3, "threads": 1, "descriptors": 3},
    sessions={},
    followers=0,
    parts={"store": {"rows_waiting": 0, "rows_kept": 5}, "speech": {"workers": 2, "ready": 2, "queued": 0}},
)


@pytest.mark.slow
async def test_after_a_soak_octi_holds_what_it_held_before(tmp_path: Path, proofs: Proofs, whole: bool) -> None:
    """Sessions with faults on both sides, of an octi in a process of its own."""
    said: list[str] = []
    sessions = 150 if whole else 40
    wanted = Wanted(sessions=sessions, at_once=50, seed=7, warm_up=60, engine=False)
    async with opened(wanted, tmp_path, said.append) as soak:
        different = await soak.run()
    faults = sum(count for kind, count in soak.counted.items() if kind.startswith("provider: "))
    proofs.add("soak", {"sessions": soak.held, "of the provider's faults": faults}, {"differences": len(different)})
    assert different == []
    assert soak.held == sessions
    came = {kind: count for kind, count in soak.counted.items() if kind.startswith("came: ")}
    assert sum(came.values()) - came["came: no session"] == sessions
    assert faults > sessions / 6
    assert said[-1].split()[:3] == ["provider", str(sessions), "0"]


# What it would notice


def changed(**what: object) -> list[str]:
    """What is told of a census that is another in this."""
    return [*differences(QUIET, msgspec.structs.replace(QUIET, **what))]


def test_nothing_is_said_of_what_is_as_it_was() -> None:
    """Memory, and rows that were kept, are allowed to grow."""
    assert changed() == []
    assert changed(memory_bytes=9, parts={"store": {"rows_waiting": 0, "rows_kept": 50}}) == []


def test_whatever_is_left_over_is_named() -> None:
    """A task, a thread, a socket; a session, a follower."""
    assert changed(tasks={"main": 1, "keeper": 3, "s-1 relay": 1}) == [
        "tasks: keeper: 2 before, 3 after",
        "tasks: s-1 relay: 0 before, 1 after",
    ]
    assert changed(threads={"MainThread": 1, "octi store": 1}) == ["threads: octi store: 0 before, 1 after"]
    assert changed(descriptors={"socket": 2}) == ["descriptors: socket: 3 before, 2 after"]
    assert changed(sessions={"s-1": {"rows": 1}}) == ["sessions: 1 are still there: s-1"]
    assert changed(followers=2) == ["followers: 2 are still there"]


def test_what_still_waits_is_named() -> None:
    """Rows for the database, work for the speech workers; and a worker that has not come back."""
    assert changed(parts={"store": {"rows_waiting": 3}}) == ["store: rows_waiting is 3"]
    assert changed(parts={"speech": {"workers": 2, "ready": 1, "queued": 4}}) == [
        "speech: queued is 4",
        "speech: 1 of 2 workers are ready",
    ]


def test_the_growth_of_memory_is_told_for_each_session() -> None:
    """Over all of them, and over the second half, in which a process that leaks grows as before."""
    assert growth([(0, 1000 << 10), (1000, 3000 << 10), (2000, 3500 << 10)]) == (1.25, 0.5)
    assert growth([(0, 1 << 10), (150, 301 << 10)]) == (2.0, 0.0)


def test_the_same_seed_makes_the_same_sessions() -> None:
    """And another one others."""
    first, again, other = ([*islice(plans(seed, engine=True), 200)] for seed in (1, 1, 2))
    assert first == again != other


def test_every_fault_has_its_turn() -> None:
    """In a thousand sessions: what clients do, what the provider does, and what it does when it is dialled."""
    kinds: Counter[str] = Counter()
    for plan in islice(plans(1, engine=True), 1000):
        kinds.update(plan.kinds())
    for what, names in {"client": (*POLITE, *RUDE), "provider": TROUBLES, "dialled": MODELS, "visit": VISITS}.items():
        assert {f"{what}: {name}" for name in names} <= kinds.keys()


def test_the_providers_script_knows_every_fault() -> None:
    """Each kind by the words that a client says, each refusal by the model that it asks for."""
    script = script_for(1, TROUBLES)
    assert script.scenario
    assert len([turn for turn in script.scenario.turn if turn.faults]) == len(TROUBLES)
    assert set(HANDSHAKES) == set(MODELS)
