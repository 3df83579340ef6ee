"""Microphone and loudspeaker, without either: a library that stands for PortAudio's."""

import importlib
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import trio

from octi.talk.client import TalkOptions, talk
from octi.talk.mic import QUEUED_CHUNKS, Loudspeaker, Sound, SoundMissing, open_sound
from tests.talk.scripted import ignore


class Library:
    """What octi uses of sounddevice, and what it was asked for."""

    class PortAudioError(Exception):
        """As the real one."""

    def __init__(self, problem: str = "") -> None:
        self.problem, self.streams = problem, list[Stream]()

    def RawInputStream(self, **how: Any) -> "Stream":
        return self.stream(how)

    def RawOutputStream(self, **how: Any) -> "Stream":
        return self.stream(how)

    def stream(self, how: dict[str, Any]) -> "Stream":
        if self.problem:
            raise self.PortAudioError(self.problem)
        self.streams.append(Stream(how))
        return self.streams[-1]


class Stream:
    """One direction of sound."""

    def __init__(self, how: dict[str, Any]) -> None:
        self.how, self.on = how, False

    def __enter__(self) -> "Stream":
        self.on = True
        return self

    def __exit__(self, *error: object) -> None:
        self.on = False


async def test_what_the_microphone_hears_in_its_own_thread_arrives_in_order() -> None:
    """PortAudio calls back from a thread that Trio does not know."""
    library = Library()
    async with open_sound(library) as sound:
        record = library.streams[1].how["callback"]
        thread = threading.Thread(target=lambda: [record(bytes([n, n]), 1, None, None) for n in range(3)])
        thread.start()
        assert [await sound.heard.receive() for _ in range(3)] == [b"\0\0", b"\1\1", b"\2\2"]
        await trio.to_thread.run_sync(thread.join)


async def test_both_directions_are_opened_in_octis_audio_shape_and_closed() -> None:
    library = Library()
    async with open_sound(library):
        assert [stream.on for stream in library.streams] == [True, True]
        for stream in library.streams:
            shape = (stream.how["samplerate"], stream.how["channels"], stream.how["dtype"])
            assert shape == (24_000, 1, "int16")
    assert [stream.on for stream in library.streams] == [False, False]


def test_the_loudspeaker_plays_in_order_and_is_silent_when_it_has_nothing() -> None:
    speaker, out = Loudspeaker(), bytearray(4)
    speaker.play(b"\1\2\3")
    speaker.play(b"\4\5\6")
    speaker.fill(out, 2, None, None)
    assert out == b"\1\2\3\4"
    speaker.fill(out, 2, None, None)
    assert out == b"\5\6\0\0"


def test_a_stopped_loudspeaker_forgets_what_waits() -> None:
    speaker, out = Loudspeaker(), bytearray(2)
    speaker.play(b"\1\2")
    speaker.stop()
    speaker.fill(out, 1, None, None)
    assert out == b"\0\0"


async def test_what_nobody_takes_is_lost_at_the_bound() -> None:
    """And what comes after the end as well, without an error in PortAudio's thread."""
    sound = Sound(*trio.open_memory_channel[bytes](QUEUED_CHUNKS))
    for _ in range(QUEUED_CHUNKS + 1):
        sound.keep(b"\0\0")
    assert sound.heard.statistics().current_buffer_used == QUEUED_CHUNKS
    sound.forget()
    assert sound.heard.statistics().current_buffer_used == 0
    sound.recorded.close()
    sound.keep(b"\0\0")
    sound.forget()


async def test_a_machine_without_a_microphone_says_so() -> None:
    with pytest.raises(SoundMissing, match=r"no default input device; connect a microphone"):
        async with open_sound(Library("no default input device")):
            pass


def raises(error: Exception) -> Callable[[str], ModuleType]:
    def import_module(name: str) -> ModuleType:
        raise error

    return import_module


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (ImportError("sounddevice"), "the package sounddevice is not installed; pip install sounddevice"),
        (OSError("PortAudio library not found"), "PortAudio is not installed; .*libportaudio2"),
    ],
)
async def test_what_is_missing_is_named_before_anybody_is_called(
    error: Exception, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to install: the package, or the system's library below it."""
    monkeypatch.setattr(importlib, "import_module", raises(error))
    with pytest.raises(SoundMissing, match=remedy):
        await talk(TalkOptions(url="ws://127.0.0.1:9", mic=True), ignore)
