"""What the tool needs of Trio's insides is there, does what it is for, and is missed with a clear error."""

import ast
from pathlib import Path

import pytest
import trio
import trio._core._run as scheduler
from trio.testing import MockClock

import tests.cuts
from tests.cuts import Cut, TrioChangedError, cut_everywhere
from tests.cuts.insides import cancelled_raised_in, check_trio, deterministic, on_new_channel_end, seed_scheduler

FOLDER = Path(tests.cuts.__file__).parent


async def order_of_ten() -> list[int]:
    order: list[int] = []

    async def note(number: int) -> None:
        order.append(number)

    async with trio.open_nursery() as nursery:
        for number in range(10):
            nursery.start_soon(note, number)
    return order


def order_with(seed: int) -> list[int]:
    """In which order Trio runs ten tasks."""
    seed_scheduler(seed)
    return trio.run(order_of_ten, clock=MockClock(autojump_threshold=0))


def test_a_seed_decides_the_order() -> None:
    """The same one, the same order, run after run."""
    with deterministic():
        assert order_with(1) == order_with(1)
        assert len({tuple(order_with(seed)) for seed in range(10)}) > 5


def test_the_scheduler_is_as_before_afterwards() -> None:
    before = scheduler._ALLOW_DETERMINISTIC_SCHEDULING
    with deterministic():
        assert scheduler._ALLOW_DETERMINISTIC_SCHEDULING
    assert scheduler._ALLOW_DETERMINISTIC_SCHEDULING is before


async def test_a_cancelled_that_a_step_begins_with_is_seen() -> None:
    """With its reason; and nothing at other steps."""
    seen = []

    class Watch(trio.abc.Instrument):
        def before_task_step(self, task: trio.lowlevel.Task) -> None:
            seen.append(cancelled_raised_in(task))

    watch = Watch()
    trio.lowlevel.add_instrument(watch)
    with trio.CancelScope() as scope:
        await trio.lowlevel.checkpoint()
        scope.cancel(reason="enough")
        await trio.lowlevel.checkpoint()
    trio.lowlevel.remove_instrument(watch)
    assert [each.reason for each in seen if each] == ["enough"]


async def test_every_new_end_of_a_channel_is_seen() -> None:
    """Clones as well; and none afterwards."""
    seen: list[object] = []
    with on_new_channel_end(seen.append):
        near, far = trio.open_memory_channel[int](0)
        clone = near.clone()
    near.clone()
    assert seen == [near, far, clone]


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (scheduler, "_ALLOW_DETERMINISTIC_SCHEDULING"),
        (scheduler, "_r"),
        (trio.lowlevel.Task, "_next_send"),
        (trio.MemorySendChannel, "__attrs_post_init__"),
        (trio.MemoryReceiveChannel, "__attrs_post_init__"),
    ],
)
def test_a_trio_that_was_built_anew_is_told_of(owner: type, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missed, and what to do."""

    async def scenario(cut: Cut) -> None:
        async with cut:
            await trio.sleep(1)

    check_trio()
    with monkeypatch.context() as patch:
        patch.delattr(owner, name)
        with pytest.raises(TrioChangedError, match=rf"Trio [\d.]+ has no .*{name}.*: use an older Trio"):
            cut_everywhere(scenario)
    cut_everywhere(scenario)


def test_a_scheduler_with_other_randomness_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is not enough: seeding must mean something."""
    monkeypatch.setattr(scheduler, "_r", object())
    with pytest.raises(TrioChangedError, match="of type Random"):
        check_trio()


def imported(path: Path) -> set[str]:
    """The modules that a file imports, those beside it with a leading dot."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {"." * node.level + (node.module or "") for node in nodes if isinstance(node, ast.ImportFrom)}


def test_only_one_file_looks_inside_trio() -> None:
    """So that a new Trio needs one file mended."""
    inside = {path.name for path in FOLDER.glob("*.py") for name in imported(path) if "._" in name}
    assert inside == {"insides.py"}


def test_the_package_could_be_published_as_it_is() -> None:
    """It imports Python, Trio, what Trio brings along, and itself; nothing of the project around it."""
    names = {name.split(".")[0] for path in FOLDER.glob("*.py") for name in imported(path)}
    assert not names & {"octi", "tests", "pytest"}
