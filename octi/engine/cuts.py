"""Long speech cut where it is quietest, as a recogniser holds half a minute in mind. Imports numpy."""

from collections.abc import Iterator

import numpy as np

from octi.engine.base import EAR_RATE_HZ
from octi.engine.samples import Samples

MIN_SAMPLES = EAR_RATE_HZ // 10  # under 0.1 s there is nothing to recognise, and some models fail
LONGEST_PIECE = 25 * EAR_RATE_HZ  # samples; from 30 s on a model loses the thread and repeats itself
EARLIEST_CUT = 15 * EAR_RATE_HZ
PAUSE = EAR_RATE_HZ // 10  # 0.1 s: what is looked for as a place to cut


def pieces(samples: Samples) -> Iterator[Samples]:
    """The audio in pieces that a model can hold in mind, cut where it is quietest; what is too short is left out."""
    while len(samples) > LONGEST_PIECE:
        cut = EARLIEST_CUT + quietest(samples[EARLIEST_CUT:LONGEST_PIECE])
        yield samples[:cut]
        samples = samples[cut:]
    if len(samples) >= MIN_SAMPLES:
        yield samples


def quietest(samples: Samples) -> int:
    """The middle of the quietest 0.1 s, to 0.1 s."""
    whole = len(samples) - len(samples) % PAUSE
    loudness = np.square(samples[:whole]).reshape(-1, PAUSE).sum(axis=1)
    return int(loudness.argmin()) * PAUSE + PAUSE // 2
