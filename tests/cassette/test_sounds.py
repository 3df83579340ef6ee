"""Sound in messages, and in WAV files."""

import io
import wave
from base64 import b64encode
from collections.abc import Callable

import msgspec
import pytest

from octi.cassette.sounds import RATES, cut_out, formats_in, wav_header

SOUND = bytes(range(60))
TEXT = b64encode(SOUND)


def named(kept: list[bytes]) -> Callable[[bytes], str]:
    def keep(sound: bytes) -> str:
        kept.append(sound)
        return f"x:{len(kept)}"

    return keep


@pytest.mark.parametrize(
    "frame",
    [
        b'{"type":"input_audio_buffer.append","audio":"%s"}',
        b'{"type": "response.output_audio.delta", "delta" : "%s"}',
        b'{"type":"response.audio.delta","delta":"%s"}',
        b'{"type":"conversation.item.create","item":{"content":[{"type":"input_audio","audio":"%s"}]}}',
    ],
)
def test_sound_is_cut_out_and_the_rest_stays(frame: bytes) -> None:
    """Byte for byte."""
    kept: list[bytes] = []
    short, names = cut_out(frame % TEXT, named(kept))
    assert (short, names, kept) == (frame % b"@x:1", ("x:1",), [SOUND])


@pytest.mark.parametrize(
    "frame",
    [
        b'{"type":"response.output_text.delta","delta":"%s"}',
        b'{"type":"response.output_audio_transcript.delta","delta":"%s"}',
        b'{"type":"session.update","session":{"audio":{"input":"%s"}}}',
    ],
)
def test_words_are_no_sound(frame: bytes) -> None:
    """Even if they look like it."""
    assert cut_out(frame % TEXT, named([])) == (frame % TEXT, ())


@pytest.mark.parametrize("text", [b"AAA", b"AB==", b"not base64!", b"a\\/bc"])
def test_what_cannot_be_put_back_exactly_stays(text: bytes) -> None:
    """A replay sends the bytes that there were."""
    frame = b'{"type":"input_audio_buffer.append","audio":"%s"}' % text
    assert cut_out(frame, named([])) == (frame, ())


@pytest.mark.parametrize("text", [b"AAA", b"AB==", b"not base64!", b"a\\/bc"])
def test_if_no_voice_may_stay_none_does(text: bytes) -> None:
    """However it is written."""
    frame = b'{"type":"input_audio_buffer.append","audio":"%s"}' % text
    assert cut_out(frame, named([]), exactly=False)[0] == b'{"type":"input_audio_buffer.append","audio":"@x:1"}'


@pytest.mark.parametrize(
    "frame",
    [
        b'{"type":"response.output_audio.delta","delta":"%s',
        b'{"type":"input_audio_buffer.append","audio":"%s"',
        b'{"type":"input_audio_buffer.append","\\u0061udio":"%s"}',
        b'{"type":"response.output\\u005faudio.delta","delta":"%s"}',
        b"%s",
    ],
)
def test_if_no_voice_may_stay_none_does_in_what_is_broken(frame: bytes) -> None:
    """Messages that were cut off, and names that are written with escapes."""
    assert TEXT not in cut_out(frame % TEXT, named([]), exactly=False)[0]


@pytest.mark.parametrize("kind", list(RATES))
def test_a_header_says_what_is_in_a_file(kind: str) -> None:
    """Rate and width; of one that still grows more than there is, so that it can be played already."""
    header = wav_header(kind, 100)
    assert len(header) == 44
    assert header[40:] == (100).to_bytes(4, "little")


def test_pcm_is_read_by_others() -> None:
    """By Python's own reader, for one."""
    with wave.open(io.BytesIO(wav_header("audio/pcm", 60) + SOUND)) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (24_000, 2, 1)
        assert file.readframes(100) == SOUND


def test_formats_are_learned_from_the_configuration() -> None:
    """The protocol's, and its beta's."""
    new = {"type": "session.updated", "session": {"audio": {"input": {"format": {"type": "audio/pcmu"}}}}}
    old = {"type": "session.updated", "session": {"output_audio_format": "g711_alaw"}}
    assert formats_in(msgspec.json.encode(new)) == {"input": "audio/pcmu"}
    assert formats_in(msgspec.json.encode(old)) == {"output": "audio/pcma"}


@pytest.mark.parametrize(
    "frame", [b"{}", b'{"session":1,"format":2}', b'{"session": format', b'{"session":{"audio":{"input":"format"}}}']
)
def test_what_names_no_format_changes_none(frame: bytes) -> None:
    """Nor does nonsense."""
    assert formats_in(frame) == {}


def test_what_is_nested_too_deep_names_no_format() -> None:
    """It is no configuration that anybody takes."""
    deep = b"[" * 3000 + b"]" * 3000
    assert formats_in(b'{"type":"session.update","session":{"format":' + deep + b"}}") == {}
