"""What French speakers mean by English names."""

from octi.engine.brains.french import FRENCH
from octi.engine.brains.french.concepts import CONCEPTS, FIELDS, LABELS
from octi.engine.brains.words import called, lower_words, spaced, unaccented


def test_concepts_are_words_as_they_are_heard() -> None:
    """One at a time, without accents. (A hyphen would cut one in two.)"""
    words = {word for pair in CONCEPTS.items() for word in pair} - {"e-mail"}
    assert [word for word in words if lower_words(word, FRENCH) != (word,)] == []


def test_names_are_looked_up_as_they_are_taken_apart() -> None:
    """In lower case, without accents, with blanks."""
    assert [name for name in FIELDS | LABELS if unaccented(spaced(name)) != name] == []


def test_a_parameter_is_called_by_its_french_name() -> None:
    """By what it is itself where there is none."""
    assert [called(name, FRENCH) for name in ("city", "phoneNumber", "Prénom", "zig_zag")] == [
        *("ville", "numéro de téléphone", "prénom", "zig zag")
    ]


def test_well_known_fields_have_plain_words() -> None:
    """To ask for with "votre"."""
    assert [FIELDS[name] for name in ("first name", "last name", "income", "email", "phone", "birth date")] == [
        *("prénom", "nom de famille", "revenu", "adresse e-mail", "numéro de téléphone", "date de naissance")
    ]
