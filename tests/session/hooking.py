"""Hooks that tests play: they know words, and what to say of a turn that has them."""

from collections.abc import Mapping
from typing import Any

import attrs
import trio

from octi.hook_config import HookConfig
from octi.hooks.base import ALLOWED, Said, Verdict
from octi.hooks.judge import Judge


@attrs.define(eq=False)
class Listening:
    """Has something against turns with certain words; remembers what it was asked."""

    against: Mapping[str, Verdict]
    takes_s: float = 0.0
    asked: list[Said] = attrs.field(factory=list)
    name: str = "listening"

    async def judge(self, said: Said) -> Verdict:
        self.asked.append(said)
        await trio.sleep(self.takes_s)
        return next((verdict for word, verdict in self.against.items() if word in said.text), ALLOWED)

    def texts(self, *, final: bool = True) -> list[tuple[str, str]]:
        """What it was asked: who said what."""
        return [(said.side.value, said.text) for said in self.asked if said.final or not final]


def judging(hook: Listening, **terms: Any) -> Judge:
    """Asks one hook."""
    return Judge([hook], HookConfig(**terms))
