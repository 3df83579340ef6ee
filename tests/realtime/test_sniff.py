"""A client's audio is told from everything else, and measured, without reading it where that is safe."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.realtime.audio import encoded
from octi.realtime.sniff import audio_alone_in, audio_in

VOICE = encoded(bytes(range(256)) * 3 + b"\xff")


@pytest.mark.parametrize(
    "frame",
    [
        '{"type":"input_audio_buffer.append","audio":"%s"}',
        '{"type": "input_audio_buffer.append", "audio": "%s"}',
        '{"audio":"%s","type":"input_audio_buffer.append"}',
        '\n{ "type" : "input_audio_buffer.append",\t"audio":"%s" }\n',
        '{"event_id":"e","type":"input_audio_buffer.append","audio":"%s"}',
        '{"type":"input_audio_buffer.append","audio":"%s","event_id":"e"}',
        '{"type":"input_audio_buffer.append","audio":"%s","x":{"y":[1]}}',
        '{"type":"input_audio_buffer\\u002eappend","audio":"%s"}',
        '{"\\u0074ype":"\\u0069nput_audio_buffer.append","audio":"%s"}',
        '{"type":"session.update","type":"input_audio_buffer.append","audio":"%s"}',
    ],
)
def test_an_append_is_measured(frame: str) -> None:
    """However it is written; of two types the last one counts, as it does for the provider."""
    assert audio_in((frame % VOICE).encode()) == 769


def test_escaped_slashes_are_no_audio() -> None:
    """PHP and Swift write them so; they do not count twice."""
    assert "/" in VOICE
    escaped = VOICE.replace("/", "\\/")
    assert audio_in(f'{{"type":"input_audio_buffer.append","audio":"{escaped}"}}'.encode()) == 769


@pytest.mark.parametrize(
    "frame",
    [
        b'{"type":"response.create"}',
        b'{"type":"input_audio_buffer.commit"}',
        b'{"type":"session.update","session":{"instructions":"say \\"input_audio_buffer.append\\""}}',
        b'{"type":"session.update","audio":"AAAA","x":"input_audio_buffer.append"}',
        b'{"type":"input_audio_buffer.append","audio":"AAAA","type":"session.update"}',
        b'{"type":"input_audio_buffer.append","audio":"AAAA","type":"session.update","audio":"AAAA"}',
        b'{"type":"input_audio_buffer.append","audio":5}',
        b'{"type":"input_audio_buffer.append","audio":null}',
        b'{"type":"input_audio_buffer.append","audio":"AAAA"',
        b'{"type":"input_audio_buffer.append","audio":"AA\\"}',
        b'{"type":"input_audio_buffer.append","audio":"\xff","x":1}',
        b'["input_audio_buffer.append"]',
        b'{"type":"input_audio_buffer.append","x":' + b"[" * 100_000,
        b"input_audio_buffer.append",
        b"",
    ],
)
def test_anything_else_is_no_audio(frame: bytes) -> None:
    """What is broken, the provider refuses; a second `type` does not smuggle another event past as audio."""
    assert audio_in(frame) is None


def test_an_append_without_audio_holds_none() -> None:
    assert audio_in(b'{"type":"input_audio_buffer.append"}') == 0
    assert audio_in(b'{"type":"input_audio_buffer.append","audio":""}') == 0


KEYS = st.sampled_from(["type", "audio", "x"])
VALUES = st.sampled_from(["input_audio_buffer.append", "session.update", "AAAA", "AA==", ""])


@given(st.lists(st.tuples(KEYS, VALUES), max_size=5), st.sampled_from([",", ", "]))
def test_the_quick_way_and_the_slow_way_agree(pairs: list[tuple[str, str]], comma: str) -> None:
    """On any object, with any keys twice."""
    frame = ("{" + comma.join(f'"{key}":"{value}"' for key, value in pairs) + "}").encode()
    read = msgspec.json.decode(frame, type=dict[str, str])
    is_append = read.get("type") == "input_audio_buffer.append"
    expected = len(read.get("audio", "")) * 3 // 4 - read.get("audio", "").count("=") if is_append else None
    assert audio_in(frame) == expected


@given(st.binary())
def test_whatever_comes_is_no_surprise(frame: bytes) -> None:
    assert audio_in(frame) is None


def test_an_append_that_is_nothing_but_audio_has_no_id() -> None:
    """So that nobody looks for one in it."""
    alone = b'{"type":"input_audio_buffer.append","audio":"AAAA"}'
    named = b'{"type":"input_audio_buffer.append","event_id":"e","audio":"AAAA"}'
    assert (audio_alone_in(alone), audio_alone_in(named)) == (3, None)
    assert (audio_in(alone), audio_in(named)) == (3, 3)
