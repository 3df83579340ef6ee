"""The recordings and the arithmetic on words."""

import pytest

from tests.recordings import (
    ALL,
    AUDIO,
    HUMAN,
    HUMAN_FR,
    RECORDINGS,
    RECORDINGS_FR,
    distance,
    plain_words,
    word_error_rate,
)


def test_every_recording_is_listed_and_every_listed_one_is_there() -> None:
    """Sounds and transcripts go together."""
    assert {recording.path for recording in ALL} == set(AUDIO.rglob("*.wav"))


def test_there_are_people_in_both_languages() -> None:
    """And enough recordings in all for a word error rate to mean something."""
    assert len(ALL) == len(RECORDINGS) + len(RECORDINGS_FR) >= 16
    assert len(HUMAN) == 8
    assert len(HUMAN_FR) == 5


def test_rates_are_what_the_sources_say() -> None:
    """People at 16 kHz, machines at 24; none is shorter than a second."""
    for recording in ALL:
        rate_hz = 16_000 if recording.is_human else 24_000
        assert len(recording.pcm(rate_hz)) > 2 * rate_hz


def test_share_alike_recordings_stay_with_their_licence() -> None:
    """The Asterisk prompts lie in a folder of their own, with the note."""
    assert all(("asterisk" in recording.path.name) == (recording.path.parent.name == "asterisk") for recording in ALL)
    assert "CC-BY-SA 3.0" in (AUDIO / "asterisk" / "SOURCES.md").read_text()


def test_case_and_punctuation_do_not_count() -> None:
    """What is compared is words."""
    assert plain_words("Stop, that's NOT it: ill-disposed!") == ["stop", "that's", "not", "it", "ill", "disposed"]


@pytest.mark.parametrize(
    ("said", "heard", "wrong"),
    [("a b c", "a b c", 0), ("a b c", "a x c", 1), ("a b c", "a c", 1), ("a b", "a b c d", 2), ("a b", "", 2)],
)
def test_wrong_missing_and_added_words_count_one_each(said: str, heard: str, wrong: int) -> None:
    """The distance is the least number of changes."""
    assert distance(said.split(), heard.split()) == wrong
    assert word_error_rate(said, heard) == wrong / len(said.split())
