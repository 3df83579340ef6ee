"""A simulated provider for tests: as a pytest plugin over loopback, and in memory on virtual time."""

from octi.testing.memory import Provider, in_memory
from octi.testing.verdict import ScenarioFailed

__all__ = ["Provider", "ScenarioFailed", "in_memory"]
