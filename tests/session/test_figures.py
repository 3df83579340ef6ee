"""octi/session/figures.py: what waits in a session, and what it came to."""

from octi.realtime.steps import ToClient
from octi.realtime.usage import Usage
from octi.session.figures import Figures
from octi.session.summary import Doing
from tests.contract.test_store import make_session
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


def test_what_a_session_does_is_connecting_until_a_leg_is_there_and_ending_when_it_is_over() -> None:
    """Whatever happens on its leg."""
    figures, record = Figures(Bench().relay), make_session()
    told = figures.summary(record, "192.0.2.7", 4.5, Usage(responses=2), over=False)
    assert (told.record, told.peer, told.lasted_s, told.responses) == (record, "192.0.2.7", 4.5, 2)
    assert (told.doing, told.turns, told.wait_s, told.tokens) == (Doing.CONNECTING, 0, None, 0)
    assert told.depths == figures.depths()
    assert figures.summary(record, "", 4.5, Usage(), over=True).doing is Doing.ENDING


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
