"""Recordings as a node opens them."""

from pathlib import Path

import pytest
import trio
from structlog.testing import capture_logs

from octi.config import read_config
from octi.errors import BadConfig
from octi.record_config import RecordConfig
from octi.recording.opening import open_recordings
from octi.recording.recordings import Recordings
from octi.recording.wav import header
from octi.websocket.memory import memory_legs
from tests.recording.listening import only
from tests.recording.test_reel import RECORD
from tests.recording.test_track import sound


def config_for(folder: Path, kinds: str = "audio") -> RecordConfig:
    return read_config({"OCTI_RECORD": kinds, "OCTI_RECORD_AUDIO_FOLDER": str(folder)}).record


def keep_nothing(rows: object) -> None:
    """For rows that nobody looks at."""


async def speak(recordings: Recordings) -> None:
    async with recordings(RECORD, "u") as tape:
        tape.client(memory_legs()[0]).send(sound(2400), text=False)
        await trio.sleep(0.05)


async def test_all_is_written_before_it_is_closed(tmp_path: Path) -> None:
    """In earnest: a thread writes, and whoever closes waits for it."""
    async with open_recordings(config_for(tmp_path / "r"), keep_nothing, lambda: 1.0) as recordings:
        await speak(recordings)
    assert only(tmp_path / "r").seconds > 0.04


async def test_what_is_there_is_known_and_whole_from_the_start(tmp_path: Path) -> None:
    """A killed octi may have left it otherwise."""
    (tmp_path / "old.wav").write_bytes(header(0) + bytes(96))
    with capture_logs() as logs:
        async with open_recordings(config_for(tmp_path), keep_nothing, lambda: 1.0) as recordings:
            assert "old" in recordings.shelf
    assert [line["count"] for line in logs] == [1]
    assert only(tmp_path).seconds == 24 / 24_000


async def test_old_recordings_are_known_where_none_are_made(tmp_path: Path) -> None:
    """They are still to be heard; nothing is touched, and there is no task."""
    (tmp_path / "old.wav").write_bytes(header(0) + bytes(96))
    before = trio.lowlevel.current_statistics().tasks_living
    async with open_recordings(config_for(tmp_path, "off"), keep_nothing, lambda: 1.0) as recordings:
        assert "old" in recordings.shelf
        assert trio.lowlevel.current_statistics().tasks_living == before
    assert (tmp_path / "old.wav").read_bytes()[:44] == header(0)


async def test_a_folder_that_cannot_be_read_is_warned_of(tmp_path: Path) -> None:
    """octi serves all the same."""
    (tmp_path / "file").write_text("x")
    with capture_logs() as logs:
        async with open_recordings(config_for(tmp_path / "file"), keep_nothing, lambda: 1.0):
            pass
    assert [line["event"] for line in logs] == ["recordings cannot be read"]


async def test_errors_leave_bare(tmp_path: Path) -> None:
    """Whoever opens a node need not know that there is a nursery."""
    with pytest.raises(BadConfig):
        async with open_recordings(config_for(tmp_path), keep_nothing, lambda: 1.0):
            raise BadConfig(["x"])


async def test_a_disk_that_hangs_is_left_behind(tmp_path: Path) -> None:
    """When octi has to stop."""
    with capture_logs() as logs:
        async with open_recordings(
            config_for(tmp_path), keep_nothing, lambda: 1.0, lambda: trio.current_time() + 0.1
        ) as recordings:

            async def hangs(work: object) -> None:
                await trio.sleep_forever()

            recordings.in_thread = hangs
            await speak(recordings)
    assert [line.get("why") for line in logs] == ["not written in time"]


async def test_a_writer_that_crashes_ends_no_session(tmp_path: Path) -> None:
    """It is logged, once."""
    with capture_logs() as logs:
        async with open_recordings(config_for(tmp_path), keep_nothing, lambda: 1.0) as recordings:

            async def breaks(work: object) -> None:
                await trio.lowlevel.checkpoint()
                raise ValueError("a bug")

            recordings.in_thread = breaks
            await speak(recordings)
            recordings.close()
            await trio.sleep(0.05)
            await speak(recordings)
    assert [line["event"] for line in logs] == ["sessions are not recorded any more"]
