"""French as one value, held to what any language must have. Its parts have tests of their own."""

from collections.abc import Collection

import attrs
import pytest

from octi.engine.brains import recall
from octi.engine.brains.french import FRENCH
from octi.engine.brains.language import Language
from octi.engine.brains.talk import swapped
from octi.engine.brains.words import lower_words, plain, stems

OWN_SETS: list[str] = [
    field.name
    for field in attrs.fields(Language)
    if isinstance(getattr(FRENCH, field.name), frozenset) and field.name != "vague_words"
]


@pytest.mark.parametrize("name", OWN_SETS)
def test_words_are_in_the_form_they_are_heard_in(name: str) -> None:
    """Lower case, straight apostrophes, one at a time: in another form they would never be found."""
    assert [word for word in getattr(FRENCH, name) if lower_words(word, FRENCH) != (word,)] == []


@pytest.mark.parametrize("words", [FRENCH.multipliers, FRENCH.switches, FRENCH.answers, FRENCH.default_leads])
def test_words_that_are_looked_up_are_too(words: Collection[str]) -> None:
    """Whatever they lead to."""
    assert [word for word in words if lower_words(word, FRENCH) != (word,)] == []


@pytest.mark.parametrize("runs", [FRENCH.days, FRENCH.numbers, FRENCH.fractions])
def test_runs_are_of_such_words_and_the_longest_comes_first(runs: Collection[tuple[str, ...]]) -> None:
    """Else a shorter one would be found inside a longer."""
    assert [run for run in runs if lower_words(" ".join(run), FRENCH) != run] == []
    assert [len(run) for run in runs] == sorted(map(len, runs), reverse=True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("J’ai l'heure, d'accord ?", ("j", "ai", "l", "heure", "d", "accord")),
        ("Qu’est-ce que c’est", ("qu", "est", "ce", "que", "c", "est")),
        ("aujourd’hui jusqu'à lundi", ("aujourd'hui", "jusqu", "a", "lundi")),
        ("Élève où ça ? Cœur", ("eleve", "ou", "ca", "coeur")),
        ("e\u0301cole", ("ecole",)),
        ("quelqu'un", ("quelqu'un",)),
        ("3 000 euros et 1 200,50", ("3000", "euros", "et", "1200,50")),
        ("12\u202f000\xa0000", ("12000000",)),
        ("06 12 34 56 78", ("06", "12", "34", "56", "78")),
        ("192.168.1.1", ("192.168.1.1",)),
        ("3000 euros", ("3000", "euros")),
    ],
)
def test_words_are_taken_apart_as_french_joins_them(text: str, words: tuple[str, ...]) -> None:
    """Elisions stand alone, accents do not count, and digits in groups are one number."""
    assert lower_words(text, FRENCH) == words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("tables", "table"),
        ("réservez", "réservation"),
        ("commande", "commander"),
        ("météo", "weather"),
        ("réserver", "booking"),
        ("personnes", "people"),
        ("heures", "time"),
        ("rouge", "red"),
        ("chevaux", "cheval"),
    ],
)
def test_words_agree_with_their_forms_and_with_english_names(one: str, other: str) -> None:
    """So that a function is understood whichever language its developer wrote."""
    assert stems(one, FRENCH) == stems(other, FRENCH)


def test_a_timer_is_no_time() -> None:
    """Though they end alike."""
    assert stems("minuteur", FRENCH) == stems("timer", FRENCH) != stems("heure", FRENCH)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Je m’appelle Anna.", "Anna"),
        ("bonjour je m'appelle jean-luc", "Jean-Luc"),
        ("Mon prénom est Zoé", "Zoé"),
        ("mon prenom c'est zoe", "Zoe"),
        ("Appelez-moi Élise", "Élise"),
        ("Vous pouvez m'appeler Max", "Max"),
        ("Bonjour, c'est Marie.", "Marie"),
        ("Moi, c'est Paul", "Paul"),
        ("Je suis Nadia et j'ai une question", "Nadia"),
        ("Je suis fatigué", None),
        ("Je suis Désolé.", None),
        ("Appelle-moi demain", None),
        ("appelez-moi un taxi", None),
        ("Comment je m'appelle déjà ?", None),
        ("C'est Paris.", None),
    ],
)
def test_a_user_is_called_what_they_say(text: str, name: str | None) -> None:
    """A mood is no name, nor is a place."""
    assert recall.name_in(text, FRENCH) == name


@pytest.mark.parametrize(
    ("instructions", "name"),
    [
        ("Tu es Léa, une assistante.", "Léa"),
        ("Vous vous appelez « Max ».", "Max"),
        ("Votre nom est Octi.", "Octi"),
        ("You are Aria, a concierge.", "Aria"),
        ("Tu es Français.", FRENCH.default_name),
        ("Vous êtes un assistant utile.", FRENCH.default_name),
    ],
)
def test_the_agent_is_called_what_the_instructions_say(instructions: str, name: str) -> None:
    """In French or in English."""
    assert recall.agent_name(instructions, FRENCH) == name


def test_words_are_said_back_with_their_accents_and_apostrophes() -> None:
    """And with the persons swapped."""
    assert swapped("je suis fâché qu il aime l été", FRENCH) == "vous êtes fâché qu'il aime l'été"
    assert plain("Euh, répète, s’il te plaît !", FRENCH) == "repete"
