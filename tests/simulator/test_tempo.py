"""Waiting times."""

from octi.simulator.scenario import Latency, LatencyChange
from octi.simulator.tempo import NETWORKS, Tempo, latency_of, seeded


def test_each_change_is_over_those_before() -> None:
    """And the network is below them all."""
    latency = latency_of("4g", LatencyChange(pace=1.0, delta_ms=5), LatencyChange(delta_ms=0))
    assert latency == Latency(first_audio_ms=400, delta_ms=0, jitter_ms=25, pace=1.0, heard_ms=300)
    assert list(NETWORKS) == ["none", "lan", "wifi", "4g", "3g", "satellite"]


def test_chance_is_its_own_for_each_purpose() -> None:
    """The same for the same seed."""
    assert seeded(1, "a").random() == seeded(1, "a").random()
    assert len({seeded(1, "a").random(), seeded(1, "b").random(), seeded(2, "a").random()}) == 3


def test_times_are_never_negative() -> None:
    """However wide the jitter; and nothing has no jitter."""
    tempo = Tempo(Latency(first_audio_ms=1, jitter_ms=1000), seeded(0, "x"))
    assert all(tempo.first_s() >= 0 for _ in range(100))
    assert tempo.next_s(200) == 0
    assert Tempo(Latency(pace=2.0), seeded(0, "x")).next_s(200) == 0.1
