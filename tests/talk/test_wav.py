"""WAV files of every common kind become one shape."""

import array
import importlib
import itertools
import math
import struct
import wave
from io import BytesIO
from pathlib import Path
from types import ModuleType

import pytest

from octi.errors import EngineMissing
from octi.talk.wav import BadWav, decode_wav, encode_wav, read_wav

SAMPLES = [0, 1, -1, 1000, -1000, 32_767, -32_768]


def pcm(*samples: int) -> bytes:
    return array.array("h", samples).tobytes()


def wav(
    body: bytes, *, tag: int = 1, bits: int = 16, channels: int = 1, rate: int = 24_000, more: bytes = b""
) -> bytes:
    """A WAV file, made by hand."""
    width = bits // 8 * channels
    fmt = struct.pack("<HHIIHH", tag, channels, rate, rate * width, width, bits) + more
    chunks = b"fmt " + struct.pack("<I", len(fmt)) + fmt + b"data" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def test_sound_in_octis_shape_is_taken_as_it_is() -> None:
    assert decode_wav(wav(pcm(*SAMPLES))) == pcm(*SAMPLES)


def test_what_is_written_is_read_again() -> None:
    assert decode_wav(encode_wav(pcm(*SAMPLES))) == pcm(*SAMPLES)


def test_what_is_written_is_read_by_others() -> None:
    with wave.open(BytesIO(encode_wav(pcm(*SAMPLES)))) as reader:
        assert (reader.getframerate(), reader.getnchannels(), reader.getsampwidth()) == (24_000, 1, 2)
        assert reader.readframes(100) == pcm(*SAMPLES)


@pytest.mark.parametrize(
    ("bits", "body"),
    [
        (8, bytes([128, 129, 127, 255, 0])),
        (24, b"".join((value << 16).to_bytes(3, "little", signed=True) for value in (0, 1, -1, 127, -128))),
        (32, struct.pack("<5i", *(value << 24 for value in (0, 1, -1, 127, -128)))),
    ],
)
def test_other_widths_become_sixteen_bits(bits: int, body: bytes) -> None:
    assert decode_wav(wav(body, bits=bits)) == pcm(0, 256, -256, 127 << 8, -128 << 8)


def test_float_sound_is_clipped() -> None:
    body = struct.pack("<6f", 0.0, 1.0, -1.0, 2.0, math.nan, math.inf)
    assert decode_wav(wav(body, tag=3, bits=32)) == pcm(0, 32_767, -32_767, 32_767, 0, 0)


def test_channels_are_mixed() -> None:
    assert decode_wav(wav(pcm(100, 200, -100, -300, 32_767, 32_767), channels=2)) == pcm(150, -200, 32_767)


def test_the_extensible_kind_is_read() -> None:
    """As many programs write it for 24 bits or more channels: the true format stands further on."""
    more = struct.pack("<HHIH", 22, 16, 4, 1) + bytes(14)
    assert decode_wav(wav(pcm(*SAMPLES), tag=0xFFFE, more=more)) == pcm(*SAMPLES)


def test_a_file_that_was_cut_or_made_by_a_pipe_is_read_to_its_end() -> None:
    """The length it claims is more than there is, and half a sample is left out."""
    whole = bytearray(wav(pcm(*SAMPLES)))
    at = whole.index(b"data") + 4
    whole[at : at + 4] = b"\xff\xff\xff\xff"
    assert decode_wav(bytes(whole[:-1])) == pcm(*SAMPLES[:-1])


def test_other_chunks_are_passed_over() -> None:
    plain = wav(pcm(*SAMPLES))
    assert decode_wav(plain[:12] + b"LIST" + struct.pack("<I", 3) + b"abc\0" + plain[12:]) == pcm(*SAMPLES)


def test_another_rate_is_converted() -> None:
    """A tone keeps its pitch and its length."""
    tone = (round(10_000 * math.sin(2 * math.pi * 440 * n / 16_000)) for n in range(16_000))
    samples = array.array("h", decode_wav(wav(pcm(*tone), rate=16_000)))
    crossings = sum(1 for before, after in itertools.pairwise(samples) if before < 0 <= after)
    assert abs(len(samples) - 24_000) <= 1
    assert abs(crossings - 440) <= 1


def test_without_soxr_another_rate_is_refused_and_octis_own_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what to install, and what to do without."""

    def no_soxr(name: str) -> ModuleType:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", no_soxr)
    assert decode_wav(wav(pcm(*SAMPLES))) == pcm(*SAMPLES)
    with pytest.raises(EngineMissing, match=r"soxr is needed for sound of 16000 Hz.*install octi.engine.*24000 Hz"):
        decode_wav(wav(pcm(*SAMPLES), rate=16_000))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "is no WAV file"),
        (b"ID3 an mp3 file of some length", "is no WAV file"),
        (b"RIFF\x04\0\0\0WAVE", "without sound"),
        (wav(b"")[:30], "without sound"),
        (wav(b"", tag=6, bits=8), "not read .format 6, 8 bits."),
        (wav(b"", bits=12), "not read .format 1, 12 bits."),
        (wav(b"", channels=0), "0 channels at 24000 Hz"),
        (wav(b"", rate=0), "1 channels at 0 Hz"),
        (wav(b"", tag=0xFFFE), "hello.wav: "),
    ],
)
def test_what_cannot_be_read_is_told_with_the_files_name(data: bytes, problem: str) -> None:
    with pytest.raises(BadWav, match=problem) as caught:
        decode_wav(data, "hello.wav")
    assert str(caught.value).startswith("hello.wav: ")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadWav, match=r"nowhere\.wav: cannot be read: No such file"):
        read_wav(tmp_path / "nowhere.wav")
