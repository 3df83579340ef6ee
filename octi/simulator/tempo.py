"""How long a simulated provider takes for what it does, drawn from a seed. Pure."""

import random
from collections.abc import Mapping

import attrs
import msgspec

from octi.simulator.scenario import Latency, LatencyChange, Network

# From the end of a turn to the first sound, and between packets. What such networks are usually said to add to a
# provider that needs 300 ms itself; not measured here.
NETWORKS: Mapping[Network, Latency] = {
    "none": Latency(),
    "lan": Latency(first_audio_ms=300, delta_ms=2, jitter_ms=1, heard_ms=200),
    "wifi": Latency(first_audio_ms=330, delta_ms=10, jitter_ms=8, heard_ms=230),
    "4g": Latency(first_audio_ms=400, delta_ms=30, jitter_ms=25, heard_ms=300),
    "3g": Latency(first_audio_ms=650, delta_ms=90, jitter_ms=80, heard_ms=550),
    "satellite": Latency(first_audio_ms=1100, delta_ms=60, jitter_ms=40, heard_ms=1000),
}


def latency_of(network: Network, *changes: LatencyChange) -> Latency:
    """A network's, with each change over those before."""
    fields = msgspec.structs.asdict(NETWORKS[network])
    for change in changes:
        fields |= {name: value for name, value in msgspec.structs.asdict(change).items() if value is not msgspec.UNSET}
    return Latency(**fields)


def seeded(seed: int, what: str) -> random.Random:
    """Chance of its own for one purpose: what one draws changes nothing for another."""
    return random.Random(f"{seed}/{what}")


@attrs.frozen
class Tempo:
    """Draws waiting times, in seconds."""

    latency: Latency
    _chance: random.Random

    def first_s(self) -> float:
        """From a response's beginning to its first delta."""
        return self._spread(self.latency.first_audio_ms)

    def next_s(self, sounded_ms: float) -> float:
        """To the next delta, when the one before sounds so long."""
        paced = sounded_ms / self.latency.pace if self.latency.pace else 0.0
        return self._spread(self.latency.delta_ms + paced)

    def heard_s(self) -> float:
        """From the end of the user's turn to its transcript."""
        return self._spread(self.latency.heard_ms)

    def _spread(self, milliseconds: float) -> float:
        jitter = self.latency.jitter_ms
        drawn = self._chance.uniform(-jitter, jitter) if jitter and milliseconds else 0.0
        return round(max(0.0, milliseconds + drawn) / 1000, 6)
