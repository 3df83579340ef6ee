"""A cassette's lines: what they hold, and what is refused."""

from base64 import b64encode

import msgspec
import pytest

from octi.cassette.format import (
    Clip,
    Goodbye,
    Header,
    Line,
    clip_from,
    decode_header,
    decode_line,
    encode_line,
    frame_of,
)
from octi.errors import BadMessage
from tests.cassette.tapes import HEADER


def sound(clip: Clip) -> bytes:
    return bytes(range(clip.offset, clip.offset + clip.length))


def test_a_header_comes_back() -> None:
    """Every field."""
    assert decode_header(encode_line(HEADER)) == HEADER


def test_a_line_comes_back() -> None:
    """With its event as it was written, blanks and all."""
    line = Line(at=1.5, leg="provider", number=2, way="in", event=msgspec.Raw(b'{"type":  "x"}'))
    read = decode_line(encode_line(line))
    assert (read.at, read.leg, read.number, read.way) == (1.5, "provider", 2, "in")
    assert frame_of(read, sound, b64encode) == b'{"type":  "x"}'


def test_a_line_shows_only_what_it_has() -> None:
    """So that a person can read it."""
    assert encode_line(Line(at=2.0, leg="client", number=1, way="in", close=Goodbye(1000))) == (
        b'{"at":2.0,"leg":"client","number":1,"way":"in","close":{"code":1000,"reason":""}}\n'
    )


def test_sound_is_put_back_where_it_was() -> None:
    """As base64 in events, as it is in binary messages."""
    event = msgspec.Raw(b'{"a":"@x.wav:0+3","b":"@x.wav:3+3"}')
    line = Line(at=0, leg="client", number=1, way="in", event=event, sound=("x.wav:0+3", "x.wav:3+3"))
    assert frame_of(line, sound, b64encode) == b'{"a":"AAEC","b":"AwQF"}'
    assert frame_of(Line(at=0, leg="client", number=1, way="in", binary="x.wav:1+2"), sound, b64encode) == b"\x01\x02"


def test_text_that_is_no_json_comes_back() -> None:
    """As well."""
    assert (
        frame_of(Line(at=0, leg="client", number=1, way="in", text="{nonsense\n"), sound, b64encode) == b"{nonsense\n"
    )


def test_a_line_without_a_message_has_no_frame() -> None:
    """A leg's end, for one."""
    assert frame_of(Line(at=0, leg="client", number=1, way="in", close=Goodbye(1000)), sound, b64encode) is None


def test_a_reference_that_is_not_in_its_event_is_damage() -> None:
    """Somebody edited one and not the other."""
    line = Line(at=0, leg="client", number=1, way="in", event=msgspec.Raw(b"{}"), sound=("x.wav:0+3",))
    with pytest.raises(BadMessage, match="not in its event"):
        frame_of(line, sound, b64encode)


@pytest.mark.parametrize("reference", ["", "x.wav", "x.wav:1", "x.wav:a+1", ":0+1", "../x.wav:0+1", "/etc/x:0+1"])
def test_references_stay_in_the_folder(reference: str) -> None:
    """And say where and how much."""
    with pytest.raises(BadMessage, match="is no reference"):
        clip_from(reference)


def test_another_version_is_refused_with_what_helps() -> None:
    """It would be misread."""
    header = msgspec.structs.replace(HEADER, cassette=2)
    with pytest.raises(BadMessage, match="format 2; this octi reads 1, record it again"):
        decode_header(encode_line(header))


def test_what_is_no_header_is_refused() -> None:
    """Say, another file."""
    with pytest.raises(BadMessage, match="is no cassette's header"):
        decode_header(b'{"hello": 1}')


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"{", "is damaged"),
        (b'{"at":"x"}', "is damaged"),
        (b'{"at":1}', "not on which leg"),
        (b'{"at":1,"leg":"client","way":"in","event":{}}', "not on which leg"),
        (b'{"at":1,"leg":"client","number":1,"way":"in","binary":"x"}', "no reference"),
        (b'{"at":1,"leg":"client","number":1,"way":"in","text":"\xff"}', "is damaged"),
    ],
)
def test_a_damaged_line_is_refused(line: bytes, says: str) -> None:
    """With what mends it."""
    with pytest.raises(BadMessage, match=says):
        decode_line(line)


def test_the_end_needs_no_leg() -> None:
    """It is the recording's own."""
    assert decode_line(encode_line(Line(at=3, end="complete"))).end == "complete"


def test_headers_are_values() -> None:
    """Two of the same session are equal."""
    assert Header(**msgspec.structs.asdict(HEADER)) == HEADER


def test_a_line_that_is_nested_too_deep_is_damage() -> None:
    """octi writes such messages as text."""
    deep = b"[" * 3000 + b"]" * 3000
    with pytest.raises(BadMessage, match="is damaged"):
        decode_line(b'{"at":0,"leg":"client","number":1,"way":"in","event":' + deep + b"}")
