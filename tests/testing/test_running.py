"""A simulator in a thread."""

import httpx2
import pytest

from octi.simulator.script import Script
from octi.testing.running import Running


def test_it_serves_until_it_is_stopped() -> None:
    """A second stop does nothing; its report can be read at any time."""
    running = Running(Script())
    running.run()
    with httpx2.Client(trust_env=False) as http:
        assert http.get(f"{running.url}/_simulator/calls").json() == []
        assert running.report() is None
        running.stop()
        running.stop()
        with pytest.raises(httpx2.ConnectError):
            http.get(running.url)


def test_its_key_is_not_shown() -> None:
    """Where tests print it."""
    assert "sk-1" not in repr(Running(Script(), "sk-1"))
