"""What a field is about, by its words."""

import pytest

from octi.extraction.schema import Field, Kind
from octi.extraction.subjects import Topic, stem, subject_of, words_of


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("first_name", Topic.FIRST_NAME),
        ("firstName", Topic.FIRST_NAME),
        ("prénom".replace("é", "e"), Topic.FIRST_NAME),
        ("surname", Topic.LAST_NAME),
        ("nom", Topic.LAST_NAME),
        ("full_name", Topic.FULL_NAME),
        ("name", Topic.FULL_NAME),
        ("company_name", Topic.WORDS),
        ("email", Topic.EMAIL),
        ("e_mail", Topic.EMAIL),
        ("phone_number", Topic.PHONE),
        ("date_of_birth", Topic.DATE),
        ("city", Topic.WORDS),
    ],
)
def test_a_text_is_recognised_by_its_name(name: str, topic: Topic) -> None:
    """However its words are joined."""
    assert subject_of(Field(name=name, kind=Kind.TEXT)).topic is topic


def test_other_fields_are_recognised_by_their_type() -> None:
    """And choices before any name."""
    kinds = {kind: subject_of(Field(name="first_name", kind=kind)).topic for kind in Kind}
    assert kinds[Kind.INTEGER] is kinds[Kind.NUMBER] is Topic.NUMBER
    assert (kinds[Kind.FLAG], kinds[Kind.LIST]) == (Topic.FLAG, Topic.LIST)
    assert subject_of(Field(name="name", kind=Kind.TEXT, choices=("a",))).topic is Topic.CHOICE


def test_a_field_is_brought_up_by_its_name_and_by_what_says_the_same() -> None:
    """In both languages; sure words before those of the description."""
    income = subject_of(Field(name="income", kind=Kind.NUMBER, description="The household's money."))
    assert income.mentions("je gagne peu") == ([(3, 8)], False)
    assert income.mentions("the household") == ([(4, 13)], True)
    assert income.mentions("the weather") == ([], True)
    assert income.is_money


def test_a_description_stands_in_for_a_name_that_says_nothing() -> None:
    """Such as "value"."""
    value = subject_of(Field(name="value", kind=Kind.NUMBER, description="What the user earns."))
    assert value.is_asked("what is your salary?") is False
    assert value.mentions("i earn 3") == ([(2, 6)], True)


def test_words_are_split_and_stemmed() -> None:
    """Roughly, and never to nothing."""
    assert words_of("birthDate of_the User") == {"birth", "date", "of", "the", "user"}
    assert stem("earns") == stem("earning") == stem("earned") == stem("earn")
    assert stem("smoker") == stem("smoking")
    assert (stem("cats"), stem("is"), stem("e")) == ("cat", "is", "e")
