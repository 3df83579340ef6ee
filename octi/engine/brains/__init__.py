"""Brains: what the embedded engine answers with."""

from collections.abc import Callable, Mapping

from octi.engine.base import Brain
from octi.engine.brains.echo import EchoBrain
from octi.engine.brains.rules import RulesBrain

BRAINS: Mapping[str, Callable[[], Brain]] = {"rules": RulesBrain, "echo": EchoBrain}


def open_brain(name: str) -> Brain:
    """The brain of that name. Raises ValueError, which names the choices, if there is none."""
    if name not in BRAINS:
        raise ValueError(f"there is no brain {name!r}; choose one of {', '.join(sorted(BRAINS))}")
    return BRAINS[name]()
