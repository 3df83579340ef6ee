"""Audio as base64, and its size without decoding it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.errors import BadMessage
from octi.realtime.audio import BYTES_PER_MS, decoded, decoded_size, encoded


@given(st.binary(max_size=100))
def test_audio_comes_back_as_it_went(pcm: bytes) -> None:
    assert decoded(encoded(pcm)) == pcm


@given(st.binary(max_size=100))
def test_its_size_is_known_without_decoding(pcm: bytes) -> None:
    """As text and as bytes, with padding and without."""
    text = encoded(pcm)
    assert {decoded_size(text), decoded_size(text.encode()), decoded_size(text.rstrip("="))} == {len(pcm)}


@pytest.mark.parametrize("nonsense", ["A", "AAA", "AA=A", "AA A", "AAAA\n", "====", "é"])
def test_what_is_not_base64_is_refused_by_name(nonsense: str) -> None:
    """Strictly: spaces and line ends are not skipped."""
    with pytest.raises(BadMessage, match=r"^item\.audio: not base64$"):
        decoded(nonsense, "item.audio")


@given(st.text("A=", max_size=6))
def test_the_size_of_nonsense_is_no_nonsense(text: str) -> None:
    assert decoded_size(text) >= 0


def test_every_format_of_the_wire_is_measured() -> None:
    """PCM16 at 24 000 Hz, and G.711 with a byte a sample at 8000 Hz."""
    assert BYTES_PER_MS == {"audio/pcm": 48, "audio/pcmu": 8, "audio/pcma": 8}
