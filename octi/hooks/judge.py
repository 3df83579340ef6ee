"""Asks the hooks: within a deadline, not too many at once, and with an answer where they have none."""

from collections.abc import Sequence

import attrs
import structlog
import trio

from octi.hook_config import HookConfig
from octi.hooks.base import ALLOWED, Action, Hook, HookFailed, Said, Verdict
from octi.hooks.verdicts import checked, without_verdict
from octi.observe.seldom import Seldom

log = structlog.get_logger("octi.session")

REMINDER_S = 10.0  # a hook that fails and fails is logged so often
CRASHED = "it crashed"


def _limiter(judge: "Judge") -> trio.CapacityLimiter:
    return trio.CapacityLimiter(judge.terms.at_once)


@attrs.define(eq=False)
class Judge:
    """One node's hooks. The first that does not allow a turn decides; the deadline is for all of them together.

    Beyond `terms.at_once` turns that are judged and `terms.waiting` that wait, there is no verdict: the policy holds.
    """

    hooks: Sequence[Hook]
    terms: HookConfig
    _limiter: trio.CapacityLimiter = attrs.field(default=attrs.Factory(_limiter, takes_self=True), init=False)
    _asked: int = 0
    _seldom: Seldom = attrs.field(factory=lambda: Seldom(REMINDER_S), init=False)

    async def judge(self, said: Said) -> Verdict:
        """What becomes of a turn; there always is an answer, within the deadline."""
        if self._asked >= self.terms.at_once + self.terms.waiting:
            return self.no_verdict("too much is asked at once")
        self._asked += 1
        try:
            with trio.move_on_after(self.terms.deadline_s):
                async with self._limiter:
                    return await self._ask(said)
            return self.no_verdict(f"no verdict within {self.terms.deadline_s:g} s")
        finally:
            self._asked -= 1

    def no_verdict(self, why: str, by: str = "") -> Verdict:
        """What holds where there is none; said in the log, and nothing of what was to be judged."""
        if (held_back := self._seldom.due(trio.current_time())) is not None:
            policy = self.terms.fails.value
            log.warning("no verdict on a turn", why=why, hook=by or None, policy=policy, not_told=held_back or None)
        return attrs.evolve(without_verdict(self.terms.fails, why), by=by)

    async def _ask(self, said: Said) -> Verdict:
        for hook in self.hooks:
            try:
                verdict = checked(await hook.judge(said))
            except HookFailed as failed:
                return self.no_verdict(str(failed), hook.name)
            except Exception:  # a hook is its owner's code, and may raise anything; the session goes on
                log.exception("a hook crashed", hook=hook.name)
                return self.no_verdict(CRASHED, hook.name)
            if verdict.action is not Action.ALLOW:
                return attrs.evolve(verdict, by=verdict.by or hook.name)
        return ALLOWED
