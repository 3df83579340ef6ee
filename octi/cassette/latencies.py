"""How fast a recorded provider was, in a scenario's words. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from statistics import median

from octi.cassette.exchanges import TEXT, VOICE, Exchange, Piece
from octi.simulator.scenario import LONGEST_MS

Latency = Mapping[str, float]

STALL_MS = 1000.0  # nothing for so long, in the middle of an answer, is a stall
LATE_MS = 100.0  # an answer that differs by less from the others is like them
FACTOR = 1.5
FASTEST_PACE = 50.0  # what is faster comes in a burst
SHORTEST_MS = 20.0  # what takes less is the machine's affair


def stalls_in(exchange: Exchange) -> list[Piece]:
    """The pieces for which one waited far too long: for more than the others, and for more than sounded meanwhile."""
    pieces = exchange.pieces[1:]
    usual = median([piece.gap_ms for piece in pieces] or [0.0])
    before = [piece.sounds_ms for piece in exchange.pieces]
    return [
        piece
        for piece, sounds_ms in zip(pieces, before, strict=False)
        if piece.gap_ms >= max(STALL_MS, 4 * usual, 2 * sounds_ms)
    ]


def latency_of(exchange: Exchange) -> dict[str, float]:
    """One answer's, and of the words before it: what a scenario can say of them."""
    return _of_answer(exchange) | _of_words(exchange)


def _of_words(exchange: Exchange) -> dict[str, float]:
    """From the end of what the user said to its words. A turn that waits for a function's output has none."""
    heard = [asked.heard_ms for asked in exchange.asked if asked.heard_ms is not None]
    return {"heard_ms": _rounded(median(heard))} if heard and not exchange.output_of else {}


def _of_answer(exchange: Exchange) -> dict[str, float]:
    if not exchange.pieces:
        return {}
    found: dict[str, float] = {"first_audio_ms": _rounded(exchange.pieces[0].at_ms - exchange.began_ms)}
    steady = _steady(exchange)
    if voice := [piece for piece in steady if piece.kind in VOICE]:
        return found | _pace(voice)
    texts = [piece for piece in steady if piece.kind in TEXT]
    gaps = [later.at_ms - earlier.at_ms for earlier, later in pairwise(texts)]
    return found | ({"delta_ms": _rounded(median(gaps))} if gaps else {})


def _steady(exchange: Exchange) -> Sequence[Piece]:
    """What came before anything stalled: behind that everything comes at once."""
    stalled = stalls_in(exchange)
    return exchange.pieces[: exchange.pieces.index(stalled[0])] if stalled else exchange.pieces


def _pace(voice: Sequence[Piece]) -> dict[str, float]:
    """How much faster than real time; a piece without sound says nothing of that."""
    sounding = [(one, later) for one, later in pairwise(voice) if one.sounds_ms]
    sounded_ms = sum(one.sounds_ms for one, _ in sounding)
    took_ms = sum(later.at_ms - one.at_ms for one, later in sounding)
    if not sounded_ms:
        return {}
    burst = took_ms < max(SHORTEST_MS, sounded_ms / FASTEST_PACE)
    return {"pace": 0.0 if burst else _two_digits(sounded_ms / took_ms)}


def usual_latency(exchanges: Iterable[Exchange]) -> dict[str, float]:
    """The medians; what is nothing is left out."""
    each = [latency_of(exchange) for exchange in exchanges]
    names = ("first_audio_ms", "delta_ms", "pace", "heard_ms")
    found = {name: _median([one[name] for one in each if name in one], name) for name in names}
    return {name: value for name, value in found.items() if value}


def _median(values: Sequence[float], name: str) -> float:
    """Of paces a burst is the fastest, not the slowest."""
    if not values:
        return 0.0
    if name == "pace":
        slow = sorted(value or float("inf") for value in values)[len(values) // 2]
        return 0.0 if slow == float("inf") else slow
    return _rounded(median(values))


def unusual(exchange: Exchange, usual: Latency) -> dict[str, float]:
    """In what an answer is far from the others."""
    return {name: value for name, value in latency_of(exchange).items() if _differs(name, value, usual.get(name, 0.0))}


def _differs(name: str, value: float, usual: float) -> bool:
    low, high = sorted((value, usual))
    if name == "pace":
        return (low == 0) != (high == 0) or high > FACTOR * low
    return high - low >= LATE_MS and high > FACTOR * low


def _rounded(milliseconds: float) -> int:
    """To ten milliseconds; no more than a scenario can say."""
    return 0 if milliseconds < SHORTEST_MS else 10 * round(min(milliseconds, LONGEST_MS) / 10)


def _two_digits(value: float) -> float:
    return float(f"{value:.2g}")
