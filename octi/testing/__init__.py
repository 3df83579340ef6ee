"""A simulated provider for tests: in memory on virtual time, or on loopback; octi.pytest_plugin has fixtures."""

from octi.testing.memory import Provider, in_memory
from octi.testing.verdict import ScenarioFailed

__all__ = ["Provider", "ScenarioFailed", "in_memory"]
