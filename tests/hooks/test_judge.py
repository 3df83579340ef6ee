"""octi/hooks/judge.py: there always is a verdict, in time, and never more at once than may be."""

from collections.abc import Callable
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from octi.hook_config import HookConfig, HookFails, Side
from octi.hooks.base import ALLOWED, Action, HookFailed, Said, Verdict
from octi.hooks.judge import Judge

SAID = Said(session="s", item="i", side=Side.USER, text="Hello.")
BLOCKED = Verdict(action=Action.BLOCK)


@attrs.define(eq=False)
class Hook:
    """Takes its time, and then gives a verdict or fails."""

    verdict: Verdict | Exception = ALLOWED
    takes_s: float = 0.0
    name: str = "hook"
    asked: int = 0
    at_once: int = 0
    most_at_once: int = 0

    async def judge(self, said: Said) -> Verdict:
        self.asked += 1
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            await trio.sleep(self.takes_s)
        finally:
            self.at_once -= 1
        if isinstance(self.verdict, Exception):
            raise self.verdict
        return self.verdict


def judge_of(*hooks: Hook, **terms: Any) -> Judge:
    return Judge(hooks, HookConfig(**terms))


async def test_the_first_that_has_something_against_it_decides() -> None:
    """It is named; those behind it are not asked."""
    hooks = Hook(), Hook(BLOCKED, name="second"), Hook(name="third")
    verdict = await judge_of(*hooks).judge(SAID)
    assert (verdict.action, verdict.by) == (Action.BLOCK, "second")
    assert [hook.asked for hook in hooks] == [1, 1, 0]


async def test_where_nobody_has_anything_against_it_it_is_allowed() -> None:
    """All were asked."""
    hooks = Hook(), Hook()
    assert await judge_of(*hooks).judge(SAID) == ALLOWED
    assert [hook.asked for hook in hooks] == [1, 1]


@pytest.mark.parametrize(
    ("policy", "action"), [(HookFails.OPEN, Action.ALLOW), (HookFails.CLOSED, Action.BLOCK)], ids=["open", "closed"]
)
@pytest.mark.parametrize(
    "broken",
    [
        lambda: Hook(HookFailed("it answered 500")),
        lambda: Hook(ZeroDivisionError("Hello.")),
        lambda: Hook(ExceptionGroup("two", [ValueError("Hello.")])),
        lambda: Hook(Verdict(action=Action.REPLACE)),
        lambda: Hook(takes_s=3600),
    ],
    ids=["fails", "crashes", "crashes in tasks", "gives nonsense", "is late"],
)
async def test_one_that_gives_no_verdict_leaves_it_to_the_policy(
    autojump_clock: MockClock, broken: Callable[[], Hook], policy: HookFails, action: Action
) -> None:
    """Within the deadline, whatever it does."""
    began = trio.current_time()
    verdict = await judge_of(broken(), fails=policy, deadline_s=2.0).judge(SAID)
    assert verdict.action is action
    assert verdict.failed
    assert trio.current_time() - began <= 2.0


async def test_a_closed_door_does_not_open_behind_a_broken_hook() -> None:
    """What a later hook would say is not asked."""
    second = Hook()
    verdict = await judge_of(Hook(HookFailed("down")), second, fails=HookFails.CLOSED).judge(SAID)
    assert verdict.action is Action.BLOCK
    assert second.asked == 0


async def test_so_many_are_judged_at_once_and_the_others_wait(autojump_clock: MockClock) -> None:
    """In the end all have a verdict; those who wait too long have the policy's."""
    hook, verdicts = Hook(BLOCKED, takes_s=0.4), list[Verdict]()
    judge = judge_of(hook, at_once=2, waiting=10, deadline_s=1.0)

    async def ask() -> None:
        verdicts.append(await judge.judge(SAID))

    async with trio.open_nursery() as nursery:
        for _ in range(6):
            nursery.start_soon(ask)
    assert hook.most_at_once == 2
    assert [verdict.action for verdict in verdicts] == [Action.BLOCK] * 4 + [Action.ALLOW] * 2


async def test_beyond_those_who_may_wait_nobody_does(autojump_clock: MockClock) -> None:
    """The policy holds at once, and the hook is not asked."""
    hook, told_at = Hook(takes_s=0.5), list[float]()
    judge = judge_of(hook, at_once=1, waiting=1)

    async def ask() -> None:
        verdict = await judge.judge(SAID)
        if verdict.failed:
            told_at.append(trio.current_time())

    async with trio.open_nursery() as nursery:
        for _ in range(4):
            nursery.start_soon(ask)
    assert told_at == [0.0, 0.0]
    assert hook.asked == 2


async def test_who_is_cancelled_leaves_room(autojump_clock: MockClock) -> None:
    """A session that ends does not keep its place."""
    judge = judge_of(Hook(takes_s=0.5), at_once=1, waiting=0)
    for _ in range(3):
        with trio.move_on_after(0.1):
            await judge.judge(SAID)
    assert not (await judge.judge(SAID)).failed
