"""A node's parts in memory, put together as in earnest."""

from typing import cast

import attrs
import trio

from octi.answerer import Answerer
from octi.clock import Now
from octi.config import Config, read_config
from octi.opening import Parts, assemble
from octi.services import Services
from octi.session.live import LiveSessions
from octi.steering.extractors import at_once, by_rules
from octi.store.base import Store
from octi.store.memory import MemoryStore
from octi.upstream.api import ProviderApi
from octi.upstream.base import Upstream

NOWHERE = cast(trio.Nursery, None)  # for nodes that do nothing in the background


@attrs.define
class Counted:
    """Random bytes that are the same in every run, and differ from each other."""

    count: int = 0

    def __call__(self, size: int) -> bytes:
        self.count += 1
        return self.count.to_bytes(size, "big")


def node(
    upstream: Upstream,
    nursery: trio.Nursery = NOWHERE,
    *,
    config: Config | None = None,
    store: Store | None = None,
    live: LiveSessions | None = None,
    now: Now = lambda: 1.0,
    api: ProviderApi | None = None,
    problem: str | None = None,
) -> Services:
    """A node whose provider is this; its extractor runs in the event loop, as virtual time wants it."""
    return assemble(
        Parts(
            config=config or read_config({}),
            store=store or MemoryStore(),
            answerer=Answerer(upstream=upstream, api=api, problem=problem),
            nursery=nursery,
            live=LiveSessions() if live is None else live,
            now=now,
            random=Counted(),
            extractor=None if api else by_rules(at_once),
        )
    )
