"""What a conversation of the engine's works with, beside its own leg."""

import attrs

from octi.clock import Now
from octi.engine.base import Brain
from octi.engine.share import Share


@attrs.frozen(kw_only=True)
class Means:
    """`speech` None: it is typed only. `language`: if it names none."""

    speech: Share | None
    brain: Brain
    now: Now
    language: str
