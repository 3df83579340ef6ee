"""A cassette on the disk, as it is written."""

import stat
from base64 import b64encode
from pathlib import Path

import msgspec

from octi.cassette.format import FILE, Line
from octi.cassette.reading import CUT_OFF, read_cassette
from octi.cassette.writing import Frame, begin, is_one_line
from tests.cassette.tapes import HEADER

SOUND = bytes(range(96))
APPEND = b'{"type":"input_audio_buffer.append","audio":"%s"}' % b64encode(SOUND)
G711 = b'{"type":"session.update","session":{"audio":{"input":{"format":{"type":"audio/pcmu"}}}}}'


def client_said(data: bytes, *, text: bool = True, at: float = 0.0) -> Frame:
    return Frame(at, "client", 1, "in", data, text)


def test_messages_come_back_as_they_were(tmp_path: Path) -> None:
    """Events, nonsense, JSON on several lines, sound in events and sound alone: byte for byte."""
    frames = [APPEND, b'{"type":  "x"}', b'{\n "type": "y"}', b"no json \xc3\xa9", APPEND]
    writer = begin(tmp_path, "tape", HEADER)
    writer.write([client_said(frame) for frame in frames])
    writer.write([client_said(SOUND, text=False), Line(at=9, end="complete")])
    writer.close()
    cassette = read_cassette(tmp_path / "tape")
    assert [each.frame for each in cassette.happenings] == [*frames, SOUND]
    assert [each.text for each in cassette.happenings] == [True] * 5 + [False]
    assert cassette.complete


def test_sound_lies_beside_the_lines(tmp_path: Path) -> None:
    """A line stays short, and the sound can be played."""
    writer = begin(tmp_path, "tape", HEADER)
    writer.write([client_said(APPEND), client_said(APPEND)])
    writer.close()
    line = (tmp_path / "tape" / FILE).read_bytes().splitlines()[2]
    assert msgspec.json.decode(line)["event"]["audio"] == "@client-1-in.wav:96+96"
    wav = (tmp_path / "tape" / "client-1-in.wav").read_bytes()
    assert (wav[40:44], wav[44:]) == ((192).to_bytes(4, "little"), SOUND * 2)


def test_telephone_sound_has_a_file_of_its_own(tmp_path: Path) -> None:
    """From the moment on at which the session says so."""
    writer = begin(tmp_path, "tape", HEADER)
    writer.write([client_said(APPEND), client_said(G711), client_said(APPEND)])
    writer.close()
    assert sorted(path.name for path in (tmp_path / "tape").glob("*.wav")) == [
        "client-1-in.pcmu.wav",
        "client-1-in.wav",
    ]


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    """The shelf, the folder, and every file."""
    writer = begin(tmp_path / "shelf", "tape", HEADER)
    writer.write([client_said(APPEND)])
    writer.close()
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "shelf").rglob("*") if path.is_file()}
    folders = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "shelf", tmp_path / "shelf" / "tape")}
    assert (modes, folders) == ({0o600}, {0o700})


def test_two_cassettes_of_one_name_lie_side_by_side(tmp_path: Path) -> None:
    """A session that is taken up again within the second."""
    for _ in range(3):
        begin(tmp_path, "tape", HEADER).close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tape", "tape-2", "tape-3"]


def test_without_voices_no_sound_is_kept(tmp_path: Path) -> None:
    """Only how long it was; words stay."""
    writer = begin(tmp_path, "tape", msgspec.structs.replace(HEADER, voices=False))
    words = b'{"type":"response.output_audio_transcript.delta","delta":"Good morning."}'
    writer.write([client_said(APPEND), client_said(SOUND, text=False), client_said(words)])
    writer.close()
    assert [path.name for path in (tmp_path / "tape").iterdir()] == [FILE]
    silent, quiet, said = (each.frame for each in read_cassette(tmp_path / "tape").happenings)
    assert silent == b'{"type":"input_audio_buffer.append","audio":"%s"}' % b64encode(bytes(96))
    assert (quiet, said) == (bytes(96), words)


def test_secrets_do_not_reach_the_disk(tmp_path: Path) -> None:
    """And the line says that something is missing."""
    writer = begin(tmp_path, "tape", HEADER)
    writer.write([client_said(b'{"type":"x","key":"sk-abcdefghijkl"}')])
    writer.close()
    lines = (tmp_path / "tape" / FILE).read_bytes()
    assert b"abcdefghijkl" not in lines
    assert b'"scrubbed":true' in lines


def test_what_was_written_can_be_read_before_the_end(tmp_path: Path) -> None:
    """As after a kill."""
    writer = begin(tmp_path, "tape", HEADER)
    writer.write([client_said(APPEND)])
    cassette = read_cassette(tmp_path / "tape")
    assert ([each.frame for each in cassette.happenings], cassette.end) == ([APPEND], CUT_OFF)
    writer.close()


def test_only_json_on_one_line_stands_as_it_is() -> None:
    """The rest stands as text."""
    assert is_one_line(b'{"a": 1}')
    assert not any(map(is_one_line, [b'{"a":\n1}', b'{"a":\r1}', b"nonsense", b""]))
