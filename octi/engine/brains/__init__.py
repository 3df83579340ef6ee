"""Brains: what the embedded engine answers with."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import httpx2

from octi.engine.base import Brain
from octi.engine.brains.chat import open_chat
from octi.engine.brains.chat_link import ChatModel
from octi.engine.brains.echo import EchoBrain
from octi.engine.brains.rules import RulesBrain

BRAINS: Mapping[str, Callable[[], Brain]] = {"rules": RulesBrain, "echo": EchoBrain}  # that need nothing
CHAT = "chat"


@asynccontextmanager
async def open_brain(
    name: str, *, model: ChatModel | None = None, transport: httpx2.AsyncBaseTransport | None = None
) -> AsyncIterator[Brain]:
    """The brain of that name, which closes what it holds at the end. `model`: for `chat`, as `transport`.

    Raises ValueError if there is no such brain, naming the choices, or no model for `chat`.
    """
    if name == CHAT:
        if model is None:
            raise ValueError("the brain 'chat' needs a model")
        async with open_chat(model, transport=transport) as brain:
            yield brain
    elif name in BRAINS:
        yield BRAINS[name]()
    else:
        raise ValueError(f"there is no brain {name!r}; choose one of {', '.join(sorted([*BRAINS, CHAT]))}")
