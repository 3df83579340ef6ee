"""Three to one and back."""

import math
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as some

from octi.engine.rates import Downsampler, Upsampler, samples_of


def tone(hertz: int, rate: int, samples: int = 2400) -> bytes:
    return array("h", (int(10_000 * math.sin(2 * math.pi * hertz * n / rate)) for n in range(samples))).tobytes()


def strength(samples: "array[int]", hertz: int, rate: int) -> float:
    """How much of a tone there is, as a share of what went in."""
    body = samples[100:-100]
    turns = [2 * math.pi * hertz * n / rate for n in range(len(body))]
    sine = sum(a * math.sin(t) for a, t in zip(body, turns, strict=True))
    cosine = sum(a * math.cos(t) for a, t in zip(body, turns, strict=True))
    return 2 * math.hypot(sine, cosine) / len(body) / 10_000


@pytest.mark.parametrize("hertz", [100, 440, 1000, 2000])
def test_speech_passes_both_ways(hertz: int) -> None:
    """As loud as it was."""
    assert strength(array("h", Upsampler()(tone(hertz, 8000))), hertz, 24_000) == pytest.approx(1, abs=0.05)
    assert strength(Downsampler()(tone(hertz, 24_000, 7200)), hertz, 8000) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("hertz", [5000, 6000, 7000, 9000])
def test_what_a_telephone_cannot_carry_is_gone(hertz: int) -> None:
    """And does not come back as another tone."""
    there = Downsampler()(tone(hertz, 24_000, 7200))[20:]
    assert max(map(abs, there)) < 200


@given(some.lists(some.integers(0, 50)), some.booleans())
def test_pieces_make_the_same_as_the_whole(sizes: list[int], up: bool) -> None:
    """Whatever their lengths."""
    pcm = tone(700, 8000, sum(sizes))
    filters: list[Upsampler | Downsampler] = [Upsampler(), Upsampler()] if up else [Downsampler(), Downsampler()]
    pieces, at = b"", 0
    for size in sizes:
        pieces += bytes(filters[0](pcm[2 * at : 2 * (at + size)]))
        at += size
    assert pieces == bytes(filters[1](pcm))
    assert len(pieces) == (2 * 3 * at if up else at // 3 * 2)


def test_what_is_too_loud_is_cut_off() -> None:
    """It never turns over."""
    assert list(samples_of([40_000.0, -40_000.0, 1.9])) == [32767, -32768, 1]
    square = array("h", ([32767] * 30 + [-32768] * 30) * 10).tobytes()
    assert max(array("h", Upsampler()(square))) == 32767
    assert max(Downsampler()(square)) == 32767
