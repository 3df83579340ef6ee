"""What of octi's aims a run reaches."""

from bench.relaying.results import Measured
from bench.relaying.targets import TARGETS, Target, Verdict, lines, told, verdicts
from tests.bench.samples import comes, run, talks


def of(relay: str, load: str, figure: str, peer: str, *measured: Measured) -> Verdict:
    """The verdict on one aim."""
    found = verdicts(run(*measured))
    return next(
        each
        for each in found
        if (each.target.relay, each.target.load, each.target.figure, each.target.peer) == (relay, load, figure, peer)
    )


def test_an_aim_beside_a_peer_holds_up_to_its_multiple() -> None:
    """1.15 times the parsing Node relay."""
    node = Measured("node-parse", "p100", talks(40, 20))
    good = of("octi", "p100", "cpu_us_message", "node-parse", node, Measured("octi", "p100", talks(46, 20)))
    bad = of("octi", "p100", "cpu_us_message", "node-parse", node, Measured("octi", "p100", talks(47, 20)))
    assert (good.holds, bad.holds) == (True, False)
    assert told(bad).startswith("MISSED  octi      p100")


def test_some_aims_are_to_be_exceeded() -> None:
    """Opens for each second of CPU."""
    node, octi = Measured("node-parse", "opens", comes(1000)), Measured("octi", "opens", comes(900))
    assert of("octi", "opens", "opens_cpu_s", "node-parse", node, octi).holds


def test_what_was_not_measured_is_unknown() -> None:
    """Neither held nor missed."""
    verdict = of("octi", "sat", "cpu_us_message", "litellm")
    assert verdict.holds is None
    assert told(verdict).startswith("unknown")


def test_octi_is_compared_with_itself_over_time_and_sessions() -> None:
    """The last minute with the first."""
    assert of("octi", "p100 last minute", "cpu_us_message", "octi p100 first minute").holds


def test_a_number_is_a_bound_as_well() -> None:
    """Without a peer."""
    verdict = Verdict(Target("octi", "p100", "p50_ms", 0.3), 0.2, 0.3)
    assert verdict.holds
    assert told(verdict).endswith("0.2 <= 0.3")


def test_what_nobody_can_tell_is_only_counted() -> None:
    """Of a look at little the list stays short."""
    verdict = Verdict(Target("octi", "p100", "p50_ms", 0.3), 0.2, 0.3)
    assert [*lines([verdict])] == [told(verdict)]
    *_, last = lines(verdicts(run()))
    assert last.startswith(f"of {len(TARGETS)} aims ")
