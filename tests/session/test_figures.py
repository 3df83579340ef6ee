"""octi/session/figures.py: what waits in a session, and what it came to."""

from octi.realtime.steps import ToClient
from octi.session.figures import Figures
from tests.session.test_relay import Bench


def test_what_waits_is_told_by_queue() -> None:
    """What waits for a provider that is not there yet, and how many turns there were."""
    bench = Bench()
    depths = Figures(bench.relay).depths()
    assert set(depths.values()) == {0}
    assert {name for name in depths if name.endswith("_bytes")} == {
        "client_bytes",
        "provider_bytes",
        "early_bytes",
        "dropped_in_bytes",
        "dropped_out_bytes",
    }


def test_a_session_that_said_nothing_comes_to_nothing_but_its_time() -> None:
    """Rounded to milliseconds."""
    bench = Bench()
    bench.do(ToClient(b"{}"))
    assert Figures(bench.relay).at_end(1.23456) == {
        "turns": 0,
        "audio_in_ms": 0,
        "audio_out_ms": 0,
        "dropped_in_ms": 0,
        "dropped_out_bytes": 0,
        "rows_lost": 0,
        "seconds": 1.235,
    }
    assert Figures(bench.relay).dropped() == {"in": 0, "out": 0}
