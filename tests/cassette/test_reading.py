"""Cassettes that are cut off, damaged, or something else."""

from pathlib import Path

import pytest

from octi.cassette.format import FILE, Clip, encode_line
from octi.cassette.reading import CUT_OFF, BadCassette, Sounds, read_cassette
from octi.errors import BadMessage
from tests.cassette.tapes import HEADER

HEAD = encode_line(HEADER)
LINE = b'{"at":%d,"leg":"provider","number":%d,"way":"in","event":{"type":"x"}}\n'
END = b'{"at":9,"end":"complete"}\n'


def written(folder: Path, data: bytes) -> Path:
    (folder / FILE).write_bytes(data)
    return folder


def test_a_whole_cassette_is_complete(tmp_path: Path) -> None:
    """By its folder, and by its file."""
    cassette = read_cassette(written(tmp_path, HEAD + LINE % (1, 1) + LINE % (2, 2) + END))
    assert cassette == read_cassette(tmp_path / FILE)
    assert cassette.complete
    assert cassette.legs("provider") == [1, 2]
    assert [each.at for each in cassette.on("provider", 2)] == [2]
    assert cassette.legs("client") == []


@pytest.mark.parametrize("cut", [1, 10, len(LINE % (2, 1)) - 1])
def test_a_cassette_that_was_cut_off_reads_up_to_its_last_whole_line(tmp_path: Path, cut: int) -> None:
    """Octi was killed."""
    cassette = read_cassette(written(tmp_path, HEAD + LINE % (1, 1) + (LINE % (2, 1))[:cut]))
    assert (len(cassette.happenings), cassette.end, cassette.complete) == (1, CUT_OFF, False)


def test_a_recording_that_was_stopped_says_why(tmp_path: Path) -> None:
    """The disk was too slow, say."""
    assert read_cassette(written(tmp_path, HEAD + b'{"at":1,"end":"incomplete: x"}\n')).end == "incomplete: x"


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    """File, line, and what helps."""
    with pytest.raises(BadCassette, match=r"cassette\.jsonl:3: is damaged .*mend the line") as caught:
        read_cassette(written(tmp_path, HEAD + LINE % (1, 1) + b"{]\n" + END))
    assert caught.value.line == 3


def test_another_file_is_refused(tmp_path: Path) -> None:
    """By its first line."""
    with pytest.raises(BadCassette, match=r":1: is no cassette's header"):
        read_cassette(written(tmp_path, b"hello\n"))


def test_an_empty_file_and_none_are_refused(tmp_path: Path) -> None:
    """With what helps."""
    with pytest.raises(BadCassette, match=r"cannot be read .*give a cassette's folder"):
        read_cassette(tmp_path)
    with pytest.raises(BadCassette, match="not one whole line"):
        read_cassette(written(tmp_path, HEAD[:-1]))


@pytest.mark.parametrize(
    ("sound", "says"), [(None, "cannot be read"), (b"hello", "no WAV file"), (b"RIFF" + bytes(44), "not in a.wav")]
)
def test_sound_that_is_missing_is_named(tmp_path: Path, sound: bytes | None, says: str) -> None:
    """With the line that wants it."""
    if sound is not None:
        (tmp_path / "a.wav").write_bytes(sound)
    line = b'{"at":1,"leg":"client","number":1,"way":"in","binary":"a.wav:0+50"}\n'
    with pytest.raises(BadCassette, match=rf":2: refers to .*{says}"):
        read_cassette(written(tmp_path, HEAD + line))


def test_opened_and_closed_legs_are_told(tmp_path: Path) -> None:
    """Notes on what was dropped are for people only."""
    opened = b'{"at":1,"leg":"client","number":1,"way":"in","opened":true}\n'
    dropped = b'{"at":2,"leg":"client","number":1,"way":"out","dropped":480}\n'
    closed = b'{"at":3,"leg":"client","number":1,"way":"in","close":{"code":1001}}\n'
    happenings = read_cassette(written(tmp_path, HEAD + opened + dropped + closed)).happenings
    assert [(each.at, each.close and each.close.code) for each in happenings] == [(1, None), (3, 1001)]


def test_left_out_voices_are_silence(tmp_path: Path) -> None:
    """As long as they were."""
    assert Sounds(tmp_path).clip(Clip("silence", 0, 4)) == bytes(4)
    with pytest.raises(BadMessage):
        Sounds(tmp_path).clip(Clip("other", 0, 4))
