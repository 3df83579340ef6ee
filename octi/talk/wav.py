"""WAV files to and from octi's one audio shape: PCM16 little endian, mono, 24 000 samples a second."""

import array
import importlib
import io
import math
import struct
import wave
from collections.abc import Iterator
from pathlib import Path

import attrs

from octi.errors import EngineMissing, OctiError
from octi.units import SAMPLE_BYTES, SAMPLE_RATE_HZ

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE  # format tags; the last keeps the true one further on
BYTE_TO_SIGNED = bytes(byte ^ 0x80 for byte in range(256))  # 8-bit samples alone are unsigned


@attrs.frozen
class BadWav(OctiError):
    """A file that is no WAV, or one of a kind that is not read."""

    name: str
    problem: str

    def __str__(self) -> str:
        return f"{self.name}: {self.problem}"


@attrs.frozen
class Shape:
    """How a file's samples are laid out."""

    tag: int
    channels: int
    rate_hz: int
    sample_bits: int


def read_wav(path: Path) -> bytes:
    """A file's sound in octi's shape. Raises BadWav, and EngineMissing where soxr is needed and not installed."""
    try:
        return decode_wav(path.read_bytes(), path.name)
    except OSError as error:
        raise BadWav(path.name, f"cannot be read: {error.strerror}") from error


def decode_wav(data: bytes, name: str = "the recording") -> bytes:
    """The sound of a WAV file (PCM of 8 to 32 bits or 32-bit float, any rate, any channels) in octi's shape.

    Raises BadWav, and EngineMissing where soxr is needed and not installed.
    """
    try:
        shape, body = parse(data)
        mono = mixed_down(to_pcm16(body, shape), shape.channels)
    except (struct.error, ValueError) as error:
        raise BadWav(name, str(error)) from error
    return mono if shape.rate_hz == SAMPLE_RATE_HZ else resampled(mono, shape.rate_hz)


def parse(data: bytes) -> tuple[Shape, bytes]:
    """The layout and the bytes of the samples. Raises ValueError, struct.error."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise ValueError("is no WAV file")
    parts = dict(chunks(data))
    if b"fmt " not in parts or b"data" not in parts:
        raise ValueError("is a WAV file without sound")
    return shape_of(parts[b"fmt "]), parts[b"data"]


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """A RIFF file's chunks by name. One that claims more than there is (a file cut, or made by a pipe) ends there."""
    at = 12
    while at + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        yield name, data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def shape_of(fmt: bytes) -> Shape:
    """What the format chunk says. Raises ValueError for what is not read here, struct.error for too short a chunk."""
    tag, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", fmt)
    if tag == EXTENSIBLE:
        (tag,) = struct.unpack_from("<H", fmt, 24)
    if (tag, bits) not in {(PCM, 8), (PCM, 16), (PCM, 24), (PCM, 32), (FLOAT, 32)}:
        raise ValueError(f"holds sound of a kind that is not read (format {tag}, {bits} bits): make it PCM of 16 bits")
    if not channels or not 1000 <= rate_hz <= 768_000:
        raise ValueError(f"says it has {channels} channels at {rate_hz} Hz")
    return Shape(tag, channels, rate_hz, bits)


def to_pcm16(body: bytes, shape: Shape) -> "array.array[int]":
    """Samples of any width as 16 bits; wider ones lose what is below."""
    width = shape.sample_bits // 8
    body = body[: len(body) // (width * shape.channels) * width * shape.channels]
    if shape.tag == FLOAT:
        return array.array("h", (clipped(value) for value in array.array("f", body)))
    top = bytearray(len(body) // width * SAMPLE_BYTES)
    if width == 1:
        top[1::2] = body.translate(BYTE_TO_SIGNED)
    else:
        top[0::2], top[1::2] = body[width - 2 :: width], body[width - 1 :: width]
    return array.array("h", bytes(top))


def clipped(value: float) -> int:
    """A float sample as 16 bits; what is no number is silence."""
    return round(max(-1.0, min(1.0, value)) * 32_767) if math.isfinite(value) else 0


def mixed_down(samples: "array.array[int]", channels: int) -> bytes:
    """The channels' mean, as bytes."""
    if channels == 1:
        return samples.tobytes()
    frames = zip(*(samples[channel::channels] for channel in range(channels)), strict=True)
    return array.array("h", (sum(frame) // channels for frame in frames)).tobytes()


def resampled(pcm: bytes, rate_hz: int) -> bytes:
    """PCM16 mono of another rate at octi's. Raises EngineMissing if soxr is not installed."""
    try:
        numpy, soxr = importlib.import_module("numpy"), importlib.import_module("soxr")
    except ImportError as error:
        remedy = f"install octi[engine], or give recordings of {SAMPLE_RATE_HZ} Hz"
        raise EngineMissing("soxr", f"is needed for sound of {rate_hz} Hz and cannot be loaded", remedy) from error
    sound = numpy.frombuffer(pcm, dtype=numpy.int16)
    return bytes(soxr.resample(sound, rate_hz, SAMPLE_RATE_HZ).tobytes())


def encode_wav(pcm: bytes) -> bytes:
    """Sound in octi's shape as a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(SAMPLE_BYTES)
        writer.setframerate(SAMPLE_RATE_HZ)
        writer.writeframes(pcm)
    return file.getvalue()
