"""The header is what players take it for."""

import io
import wave

from octi.recording.wav import HEADER_BYTES, claimed, header, mended, whole


def test_a_header_is_that_of_a_stereo_file() -> None:
    """As Python's own reader has it."""
    with wave.open(io.BytesIO(header(8) + bytes(8))) as file:
        assert file.getparams()[:4] == (2, 2, 24_000, 2)


def test_a_header_says_how_long_the_sound_is() -> None:
    """And what is none says nothing."""
    assert claimed(header(96)) == 96
    assert claimed(header(96)[:-1]) is None
    assert claimed(b"x" * 44) is None
    assert claimed(header(96).replace(b"WAVE", b"wave")) is None


def test_a_file_that_was_cut_off_is_mended() -> None:
    """It claims the whole frames that are in it, no less and no more; what is right, or another's, stays."""
    assert whole(HEADER_BYTES + 11) == 8
    assert whole(3) == 0
    assert mended(header(0), HEADER_BYTES + 11) == header(8)
    assert mended(header(96), HEADER_BYTES + 11) == header(8)
    assert mended(header(8), HEADER_BYTES + 11) is None
    assert mended(b"RIFF", 4) is None
