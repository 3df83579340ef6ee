"""What the check says aloud."""

from base64 import b64decode

from octi.conformance.voice import PIECE_MS, appended, question, silence
from octi.units import pcm_bytes, playing_time


def test_the_question_is_a_second_and_a_half_of_sound() -> None:
    """PCM16 that is louder than nothing."""
    sound = memoryview(question()).cast("h")
    assert 1200 < playing_time(len(question())) < 1800
    assert max(sound) > 3000


def test_sound_is_appended_in_pieces() -> None:
    """All of it, none longer than a client's would be."""
    events = list(appended(question() + silence(30)))
    sounds = [b64decode(event["audio"]) for event in events]
    assert b"".join(sounds) == question() + silence(30)
    assert max(map(len, sounds)) == pcm_bytes(PIECE_MS)
    assert {event["type"] for event in events} == {"input_audio_buffer.append"}
