"""Brains: what the embedded engine answers with."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

import attrs
import httpx2

from octi.engine.base import Brain, OpenBrain
from octi.engine.brains.chat import open_chat
from octi.engine.brains.chat_link import ChatModel
from octi.engine.brains.echo import EchoBrain
from octi.engine.brains.rules import RulesBrain
from octi.errors import BadMessage

RULES, ECHO, CHAT, SCENARIO = "rules", "echo", "chat", "scenario"
NEEDS: Mapping[str, str] = {CHAT: "OCTI_CHAT_URL and OCTI_CHAT_MODEL", SCENARIO: "OCTI_SCENARIO"}


@attrs.frozen
class Brains:
    """What sessions choose from. `usual`: the name of the one for those that do not."""

    usual: str
    ready: Mapping[str, OpenBrain]

    def choose(self, model: str) -> OpenBrain:
        """The brain that a model's name is the name of; any other model has the usual one.

        Raises BadMessage if it needs settings that are not there.
        """
        name = model if model in self.ready or model in NEEDS else self.usual
        if name not in self.ready:
            remedy = f"Set {NEEDS[name]}, or ask for another model: {', '.join(self.ready)}."
            raise BadMessage(f"There is no brain '{name}' here. {remedy}", "model", "invalid_model")
        return self.ready[name]


def shared(brain: Brain) -> OpenBrain:
    """One brain for all conversations."""

    @contextmanager
    def opened(session: str) -> Iterator[Brain]:
        yield brain

    return opened


@asynccontextmanager
async def open_brains(
    usual: str,
    *,
    model: ChatModel | None = None,
    scenario: OpenBrain | None = None,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> AsyncIterator[Brains]:
    """All brains that can be had; what they hold is closed at the end. `model`: for `chat`, as `transport`.

    Raises ValueError if the usual one is not among them.
    """
    ready = {RULES: shared(RulesBrain()), ECHO: shared(EchoBrain())}
    if scenario is not None:
        ready[SCENARIO] = scenario
    if model is None:
        yield _brains(usual, ready)
        return
    async with open_chat(model, transport=transport) as chat:
        yield _brains(usual, {**ready, CHAT: shared(chat)})


def _brains(usual: str, ready: Mapping[str, OpenBrain]) -> Brains:
    if usual not in ready:
        raise ValueError(f"there is no brain {usual!r}; choose one of {', '.join(sorted(ready))}")
    return Brains(usual, ready)
