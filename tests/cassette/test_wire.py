"""The types of a provider's events."""

from octi.cassette.wire import KNOWN
from tests.engine.wire import EVENTS


def test_everything_that_a_provider_says_is_known() -> None:
    """All that the engine may say, and more."""
    assert EVENTS.keys() <= KNOWN
    assert "octi.simulated.unknown" not in KNOWN
