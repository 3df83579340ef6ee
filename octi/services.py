"""What the web part is given: frozen, opened elsewhere, closed elsewhere."""

from collections.abc import Callable

import attrs

from octi.clock import Now
from octi.config import Config
from octi.session.live import LiveSessions
from octi.store.base import Store
from octi.upstream.base import Upstream


@attrs.frozen(kw_only=True)
class Services:
    """One node's parts."""

    config: Config
    store: Store
    upstream: Upstream
    live: LiveSessions
    now: Now
    engine_problem: str | None = None  # why the embedded engine can only be typed to
    speech_trouble: Callable[[], str | None] = lambda: None  # why it cannot hear or speak just now
