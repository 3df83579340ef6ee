"""Recognising one turn, on virtual time."""

import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from octi.engine.base import FRAME_MS, Frame
from octi.engine.listener import LONGEST_PIECE_MS
from octi.engine.recognition import Recognition
from octi.errors import EngineFailed
from tests.engine.fakes import FakeSpeech


def frames(number: int, speech: float = 0.9) -> list[Frame]:
    return [Frame(speech, bytes(1024))] * number


async def test_the_words_are_known_when_the_recogniser_is_done(autojump_clock: MockClock) -> None:
    """Whoever waits is told."""
    recognition = Recognition(frames(20))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(recognition.run, FakeSpeech(["Good morning."], takes_s=2))
        await recognition.wait_known()
        assert trio.current_time() == 2
    assert (recognition.words, recognition.error) == ("Good morning.", None)
    assert recognition.audio_ms == 20 * FRAME_MS


async def test_the_pieces_of_a_long_turn_are_joined(autojump_clock: MockClock) -> None:
    """Where there was nothing to recognise, there is no gap either."""
    recognition = Recognition(frames(3 * LONGEST_PIECE_MS // FRAME_MS))
    speech = FakeSpeech(["One", "", "three", "four"])
    await recognition.run(speech)
    assert recognition.words == "One three four"
    assert b"".join(speech.heard) == bytes(1024) * len(recognition.frames)


async def test_what_the_recogniser_makes_of_a_cough_is_nothing(autojump_clock: MockClock) -> None:
    """A lone "You" counts only if there was voice enough for it."""
    for voiced, words in ((7, ""), (8, "You")):
        recognition = Recognition([*frames(30, 0.1), *frames(voiced)])
        await recognition.run(FakeSpeech(["You"]))
        assert recognition.words == words


async def test_a_failure_is_known_too(autojump_clock: MockClock) -> None:
    """It is kept, not raised; words of earlier pieces do not stand for the whole."""
    recognition = Recognition(frames(2 * LONGEST_PIECE_MS // FRAME_MS))
    failure = EngineFailed("lost")
    await recognition.run(FakeSpeech(["One", failure]))
    await recognition.wait_known()
    assert (recognition.words, recognition.error) == ("", failure)


async def test_a_guess_that_was_wrong_ends_at_once(autojump_clock: MockClock) -> None:
    """Before it began, or while the recogniser is at it: the job is taken back."""
    for begun in (False, True):
        recognition, speech = Recognition(frames(20)), FakeSpeech(takes_s=10)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(recognition.run, speech)
            if begun:
                await wait_all_tasks_blocked()
            recognition.cancel()
        assert (recognition.words, trio.current_time()) == ("", 0)
        assert speech.given_up == 1


async def test_every_piece_is_recognised_in_the_turns_language(autojump_clock: MockClock) -> None:
    """English if nobody says."""
    speech = FakeSpeech()
    await Recognition(frames(2 * LONGEST_PIECE_MS // FRAME_MS), "fr").run(speech)
    await Recognition(frames(20)).run(speech)
    assert speech.languages == ["fr", "fr", "fr", "en"]


async def test_it_can_be_asked_whether_the_words_are_known(autojump_clock: MockClock) -> None:
    """Without waiting."""
    recognition = Recognition(frames(20))
    before = recognition.known
    await recognition.run(FakeSpeech())
    assert (before, recognition.known) == (False, True)
