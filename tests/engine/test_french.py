"""French text, as the voice reads it rightly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.engine.french import LONGEST_WORD, UNSAID, french


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Ça fait 3\u202f000\u00a0€.", "Ça fait 3 000 €."),
        ("12,50 €", "12 euros 50"),
        ("12,05€", "12 euros 5"),
        ("1 200,00 €", "1 200 euros"),
        ("10,50 €", "10 euros 50"),
        ("0,99 €", "0,99 €"),
        ("3,5 %", "3,5 %"),
    ],
)
def test_amounts_are_read_as_one_says_them(text: str, read: str) -> None:
    """Narrow spaces are plain ones, and cents are no decimals; what the voice knows stays."""
    assert french(text) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("à 14 h 30", "à 14 heures 30"),
        ("14h", "14 heures"),
        ("9 h 05", "9 heures 5"),
        ("1 h", "une heure"),
        ("21h00", "vingt et une heures"),
        ("0 h 15", "zéro heure 15"),
        ("14:30", "14:30"),
        ("le 1er mars", "le 1er mars"),
        ("12/03/2026", "12/03/2026"),
        ("30 min", "30 minutes"),
    ],
)
def test_times_and_dates_are_read_as_one_says_them(text: str, read: str) -> None:
    """An hour is feminine and not the letter h."""
    assert french(text) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("-5 °C", "moins 5 degrés"),
        ("10 - 4 = 6", "10 moins 4 = 6"),
        ("6 ÷ 2 × 3", "6 divisé par 2 fois 3"),
        ("de 12-14 personnes", "de 12 à 14 personnes"),
        ("06-12-34-56-78", "06 12 34 56 78"),
        ("après-midi", "après-midi"),
        ("20 m²", "20 mètres carrés"),
        ("4111111111111111", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"),
    ],
)
def test_signs_between_numbers_are_words(text: str, read: str) -> None:
    """By what stands around them."""
    assert french(text) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("L’heure « juste » — enfin…", "L'heure juste, enfin."),
        ("Super !!! **Génial**", "Super ! Génial"),
        ("<speed level='300'>vite</speed>", "speed level='300' vite /speed"),
        ("re\u0301servé", "réservé"),
        ("MM. Martin et Petit", "messieurs Martin et Petit"),
    ],
)
def test_what_is_for_the_eye_is_left_out(text: str, read: str) -> None:
    """Among it what would be an order to the voice."""
    assert french(text) == read


@pytest.mark.parametrize("text", ["", "  ", "🙂", "…", "!?", "\x00", "**"])
def test_what_cannot_be_said_is_nothing(text: str) -> None:
    """Not a word, not a number."""
    assert french(text) == ""


@given(st.text(max_size=300) | st.text("é-1 €h", max_size=300))
def test_no_word_is_too_long_and_no_sign_is_an_order(text: str) -> None:
    """The voice never comes to the end of a word of some hundred letters."""
    read = french(text)
    assert all(len(word) <= LONGEST_WORD for word in read.replace("'", " ").split() if word.isalpha())
    assert not set(read) & set("<>\\\n\x00")
    assert not read or UNSAID.sub("", read)
