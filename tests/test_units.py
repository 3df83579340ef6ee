"""octi's one audio shape, in bytes and milliseconds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.units import PCM_BYTES_PER_MS, SAMPLE_BYTES, SAMPLE_RATE_HZ, pcm_bytes, playing_time


def test_a_second_is_24_000_samples_of_16_bits() -> None:
    assert pcm_bytes(1000) == 48_000 == SAMPLE_RATE_HZ * SAMPLE_BYTES


@pytest.mark.parametrize(("size", "ms"), [(0, 0), (47, 0), (48, 1), (95, 1), (48_000, 1000)])
def test_part_of_a_millisecond_is_not_counted(size: int, ms: int) -> None:
    assert playing_time(size) == ms


@given(st.integers(0, 10**9))
def test_a_duration_comes_back_as_it_went(ms: int) -> None:
    assert playing_time(pcm_bytes(ms)) == ms


@given(st.integers(0, 10**12))
def test_a_duration_holds_whole_samples(ms: int) -> None:
    assert pcm_bytes(ms) % SAMPLE_BYTES == pcm_bytes(ms) % PCM_BYTES_PER_MS == 0
