"""What the web part is given: frozen, opened elsewhere, closed elsewhere."""

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from octi.budgeting import Budgets
from octi.clock import Now
from octi.config import Config
from octi.directory.directory import Directory
from octi.guard.gate import Gate
from octi.guard.rules import Rules
from octi.hooks.judge import Judge
from octi.limiting import Limiter
from octi.observe.base import Observer
from octi.recording.shelf import Shelf
from octi.session.live import LiveSessions
from octi.session.taping import Taping, untaped
from octi.session.tools import Toolbox
from octi.steering.steering import Steering
from octi.store.base import Store
from octi.upstream.api import ProviderApi
from octi.upstream.base import Upstream
from octi.upstream.warm_pool import WarmPool
from octi.vitals import Vitals
from octi.websocket.poll import Poll


@attrs.frozen(kw_only=True)
class Services:
    """One node's parts."""

    config: Config
    store: Store
    upstream: Upstream
    api: ProviderApi | None  # the provider's HTTP endpoints; None: the embedded engine has none
    live: LiveSessions
    directory: Directory
    steering: Steering
    tools: Toolbox
    now: Now
    budgets: Budgets  # what may be spent
    observer: Observer = attrs.field(factory=Observer)
    gate: Gate = attrs.field(factory=Gate)  # who comes in
    rules: Rules = attrs.field(factory=Rules)  # what each tenant and key may do
    limiter: Limiter = attrs.field(factory=Limiter)  # counts how much, and how often
    judge: Judge | None = None  # judges what is said; None: nobody does
    warm: WarmPool | None = None  # the provider's legs that wait for the next sessions; None: each opens its own
    poll: Poll | None = None  # who waits for the sockets; None: each task for its own
    taping: Taping = untaped  # records sessions, if it is asked for
    recordings: Shelf  # the sound of sessions that were recorded
    engine_problem: str | None = None  # why the embedded engine can only be typed to
    gauges: Callable[[], Mapping[str, Mapping[str, Any]]] = dict  # what waits in the parts, by part and name
    vitals: Vitals = attrs.field(factory=Vitals)
    speech_trouble: Callable[[], str | None] = lambda: None  # why it cannot hear or speak just now

    @property
    def records_audio(self) -> bool:
        """Is what users say recorded? Pages tell them before they speak."""
        return self.config.record.audio
