"""Words on their way in and out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.engine.words import read_vocabulary, speakable, spell, without_filler, without_invention


def write_vocabulary(tokens: list[bytes]) -> bytes:
    """The file that a vocabulary is read from."""
    return b"".join(write_length(len(token)) + token for token in tokens)


def write_length(length: int) -> bytes:
    return bytes([length]) if length < 128 else bytes([length % 128 + 128, length // 128])


@given(st.lists(st.binary(max_size=400)))
def test_a_vocabulary_is_read_as_it_was_written(tokens: list[bytes]) -> None:
    """Lengths in one byte and in two."""
    assert read_vocabulary(write_vocabulary(tokens)) == tokens


@pytest.mark.parametrize("file", [b"\x05abc", b"\x80", b"\x80\x01abc"])
def test_a_vocabulary_cut_short_is_refused(file: bytes) -> None:
    """Half a file is not a vocabulary."""
    with pytest.raises(ValueError, match="cut short"):
        read_vocabulary(file)


def test_tokens_are_spelled_without_control_tokens() -> None:
    """The mark in front of a word is a space; none is left at the ends."""
    vocabulary = [b"<unk>", b"<s>", b"</s>", "▁Hello".encode(), "▁wor".encode(), b"ld", b"."]
    assert spell([1, 3, 4, 5, 6, 2], vocabulary) == "Hello world."


def test_a_character_may_be_spread_over_tokens() -> None:
    """Bytes are joined before they are decoded; half a character at the end is left out."""
    vocabulary = [b"", b"", b"", b"\xc3", b"\xa9"]
    assert spell([3, 4, 3], vocabulary) == "é"


@pytest.mark.parametrize("text", ["You", "The.", "you!", " THE "])
def test_a_lone_filler_out_of_little_speech_is_nothing(text: str) -> None:
    """The recogniser says it of a cough."""
    assert without_filler(text, voiced_ms=200) == ""


@pytest.mark.parametrize(("text", "voiced_ms"), [("You", 250), ("Yes.", 100), ("You know", 100), ("", 0)])
def test_other_words_and_longer_speech_stay(text: str, voiced_ms: int) -> None:
    """ "You" may be an answer, and a short "Yes" is one."""
    assert without_filler(text, voiced_ms) == text


def test_each_language_has_fillers_of_its_own() -> None:
    """What is invented in one is a word in the other; a language nobody knows has none."""
    assert without_filler("Oh…", 200, "fr") == ""
    assert without_filler("Oh…", 200, "en") == "Oh…"
    assert without_filler("You", 200, "fr") == "You"
    assert without_filler("Oui.", 100, "fr") == "Oui."
    assert without_filler("You", 200, "de") == "You"


@pytest.mark.parametrize(
    "text",
    [
        "...",
        "",
        " ! ",
        "Sous-titres réalisés par la communauté d'Amara.org",
        "Sous-titrage ST' 501",
        "Merci d'avoir regardé cette vidéo !",
        "Je suis très très très très très très très très",
        "de la tour, de la tour, de la tour, de la tour, de la tour, de la tour",
    ],
)
def test_what_whisper_writes_of_noise_is_nothing(text: str) -> None:
    """Dots, credits, a word that does not end."""
    assert without_invention(text) == ""


@pytest.mark.parametrize(
    "text", ["Oui.", "Merci.", "Non, non, non, non !", "Merci d'avoir appelé.", "Je voudrais les sous-titres.", "14h30"]
)
def test_what_people_say_stays(text: str) -> None:
    """Even if it is short, or said three times."""
    assert without_invention(text) == text


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Room 101, at 10:30.", "Room 101, at 10:30."),
        ("It costs 123456789012.", "It costs 123456789012."),
        ("Card 4111111111111111.", "Card 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1."),
    ],
)
def test_numbers_too_long_to_say_are_spelled(text: str, spoken: str) -> None:
    """As one reads out a card's number."""
    assert speakable(text) == spoken
