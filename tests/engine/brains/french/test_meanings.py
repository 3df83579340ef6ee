"""What French sentences mean."""

import pytest

from octi.engine.brains.french import FRENCH
from octi.engine.brains.french.meanings import MANNERS, REFLECTIONS, TOPICS
from octi.engine.brains.language import Meaning, Phrase
from octi.engine.brains.words import plain

POLITE: dict[Phrase, tuple[str, ...]] = {
    Phrase.STOP: ("Arrête", "Stop !", "ok arrêtez", "Taisez-vous", "Ça suffit", "laisse tomber", "Attendez"),
    Phrase.REPEAT: ("Répète.", "Pouvez-vous répéter ?", "tu peux répéter ça", "Pardon ?", "j'ai pas compris", "Quoi ?"),
    Phrase.SLOWER: ("Parlez moins vite", "Pouvez-vous parler plus lentement ?", "Ralentissez", "c'est trop rapide"),
    Phrase.FASTER: ("Parle plus vite", "Plus vite !", "accélérez", "C'est trop lent"),
    Phrase.LOUDER: ("Plus fort", "Parlez plus fort", "je ne vous entends pas", "je t'entends mal", "Montez le son"),
    Phrase.QUIETER: ("Moins fort !", "Parlez plus bas", "baisse le volume", "C'est trop fort"),
    Phrase.NAME_ASKED: ("Comment je m'appelle ?", "Quel est mon prénom ?", "Qui suis-je ?", "Tu connais mon nom ?"),
    Phrase.THANKS: ("Merci", "Merci beaucoup !", "Super, merci", "je vous remercie", "non merci"),
    Phrase.GOODBYE: ("Au revoir", "Merci, au revoir !", "À bientôt", "Bonne journée", "à demain", "Je te laisse"),
    Phrase.HOW_ARE_YOU: ("Comment ça va ?", "Comment allez-vous aujourd'hui ?", "ça va", "Salut, ça va ?", "Et vous ?"),
    Phrase.GREETING: ("Bonjour", "Salut !", "bonsoir madame", "Allô ?", "Coucou Anna"),
}
ABOUT_OTHERS: dict[Phrase, tuple[str, ...]] = {
    Phrase.STOP: ("Arrête de me demander ça", "Ne réserve pas de table", "ne l'appelle plus", "N'oublie jamais"),
    Phrase.WHO_ARE_YOU: (
        "Qui êtes-vous ?",
        "Tu es qui ?",
        "Es-tu un robot ?",
        "Comment t'appelles-tu ?",
        "À qui je parle",
    ),
    Phrase.ABILITIES: ("Que sais-tu faire ?", "Qu'est-ce que vous pouvez faire ?", "Aide-moi", "j'ai besoin d'aide"),
    Phrase.TIME: (
        "Quelle heure est-il ?",
        "il est quelle heure",
        "Avez-vous l'heure ?",
        "Donne-moi l'heure",
        "l’heure",
    ),
    Phrase.DATE: ("Quel jour sommes-nous ?", "On est le combien ?", "C'est quel jour aujourd’hui ?", "la date"),
    Phrase.YES: ("Oui", "D'accord", "oui bien sûr", "Tout à fait", "c'est ça", "Pourquoi pas"),
    Phrase.NO: ("Non", "pas du tout", "Non, pas vraiment", "jamais"),
    Phrase.LOOK_UP: ("Quel temps fait-il ?", "Est-ce qu'il va pleuvoir ?", "la météo", "Où y a-t-il un restaurant ?"),
    Phrase.REQUEST: ("Peux-tu chanter ?", "Est-ce que vous pouvez m'aider", "Joue une chanson", "Éteins la lumière"),
    Phrase.QUESTION: ("Pourquoi ?", "Où est la gare ?", "Est-ce loin ?", "C'est quoi ?", "Y a-t-il un parking ?"),
}
SAID = [(text, phrase) for phrase, texts in (*POLITE.items(), *ABOUT_OTHERS.items()) for text in texts]


def meant(text: str, *meanings: Meaning) -> Phrase | None:
    """What a text means: manners first, as the brain goes through them."""
    levelled = plain(text, FRENCH)
    return next((phrase for phrase, pattern in meanings or (*MANNERS, *TOPICS) if pattern.search(levelled)), None)


@pytest.mark.parametrize(("text", "phrase"), SAID)
def test_sentences_mean_what_people_mean_by_them(text: str, phrase: Phrase) -> None:
    """With whatever politeness and punctuation around them."""
    assert meant(text) == meant(f"Euh, {text}, s’il vous plaît.") == phrase


def test_accents_may_be_left_out() -> None:
    """As in what is typed in haste."""
    assert {meant(text) for text in ("repete", "Repete-moi ca", "RÉPÈTE")} == {Phrase.REPEAT}


def test_the_same_is_understood_as_in_english() -> None:
    """In the same order, so that neither language can do more."""
    assert [phrase for phrase, _ in MANNERS] == list(POLITE)
    assert [phrase for phrase, _ in TOPICS] == list(ABOUT_OTHERS)


@pytest.mark.parametrize(
    "text",
    [
        "Le train était en retard",
        "Je lui ai dit d'arrêter",
        "J'ai encore faim",
        "Il est rapide",
        "Merci de réserver une table",
        "la pluie mouille",
        "C'est une bonne journée",
        "",
    ],
)
def test_a_statement_means_nothing_special(text: str) -> None:
    """Though it holds words of something else."""
    assert meant(text) is None


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("Quelle heure est-il à Tokyo", Phrase.QUESTION),
        ("Stop, ce n'est pas ça", Phrase.STOP),
        ("peux-tu me dire l'heure", Phrase.TIME),
        ("Merci, bonne soirée", Phrase.GOODBYE),
        ("Pouvez-vous trouver un restaurant", Phrase.LOOK_UP),
    ],
)
def test_the_nearest_meaning_is_tried_first(text: str, phrase: Phrase) -> None:
    """What cannot be known is a question, not a time."""
    assert meant(text) == phrase


def test_a_reflection_has_one_group_to_give_back() -> None:
    """And no other field."""
    assert [pattern.groups for pattern, _ in REFLECTIONS] == [1] * len(REFLECTIONS)
    assert [reply for _, reply in REFLECTIONS if "{" in reply.replace("{0}", "")] == []


def test_patterns_meet_levelled_text() -> None:
    """Capitals, accents, commas and apostrophes would never be met; "aujourd'hui" is met with either sign."""
    patterns = [pattern.pattern for _, pattern in (*MANNERS, *TOPICS)] + [pattern.pattern for pattern, _ in REFLECTIONS]
    assert [
        text for text in patterns if not text.isascii() or text != text.lower() or "'" in text or ", " in text
    ] == []
