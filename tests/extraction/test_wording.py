"""What is said, made ready to be searched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.extraction.wording import (
    Span,
    after_fillers,
    clause_around,
    exchanges,
    folded,
    is_asking,
    is_negated,
    is_of_self,
    is_unreal,
    sentences,
)
from octi.records import Role, Turn
from octi.units import ItemId, Milliseconds, SessionId


def turn(role: Role, text: str) -> Turn:
    nothing = Milliseconds(0)
    return Turn(
        session=SessionId("s"), item=ItemId("i"), position=0, role=role, text=text, start_ms=nothing, end_ms=nothing
    )


@given(st.text())
def test_folding_keeps_every_place(text: str) -> None:
    assert len(folded(text)) == len(text)


def test_folding_takes_away_accents_capitals_and_typography() -> None:
    """So that one pattern reads all of them."""
    assert folded("Hélène s’appelle\u00a0İDA‑X") == "helene s'appelle ida-x"


@given(st.text(alphabet="ab .!?\n1,"))
def test_sentences_lie_end_to_end(text: str) -> None:
    spans = list(sentences(text))
    assert "".join(text[span.start : span.end] for span in spans) == text


def test_a_point_ends_a_sentence_only_before_a_space() -> None:
    """Not in numbers, addresses or titles."""
    text = "i pay mr. berg 2.50 at a.b. really? yes"
    assert [text[s.start : s.end] for s in sentences(text)] == ["i pay mr. berg 2.50 at a.b.", " really?", " yes"]


def test_a_clause_lies_between_commas_and_buts() -> None:
    """A comma in a number is none."""
    text = "i have 3,000, but not 4,000"
    whole = Span(0, len(text))
    assert text[slice(*clause_around(text, whole, 8))] == "i have 3,000"
    assert text[slice(*clause_around(text, whole, 23))] == " not 4,000"


@pytest.mark.parametrize(
    ("text", "rest"),
    [("um, yes, it's anna", "anna"), ("euh… c'est anna", "anna"), ("anna", "anna"), ("yes", ""), ("sorry", "sorry")],
)
def test_fillers_are_skipped(text: str, rest: str) -> None:
    """What says nothing in front of an answer."""
    assert text[after_fillers(text) :] == rest


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("i earn ", True),
        ("my wife earns ", False),
        ("my wife says i earn ", True),
        ("je gagne ", True),
        ("ma femme gagne ", False),
        ("salary: ", True),
    ],
)
def test_the_last_subject_is_the_one_spoken_of(text: str, own: bool) -> None:
    """The speaker if nobody is named."""
    assert is_of_self(text, 0, len(text)) is own


def test_what_is_denied_or_unreal_is_told_apart() -> None:
    """In both languages."""
    assert is_negated("i don't earn", 0, 12)
    assert is_negated("je ne gagne pas", 0, 15)
    assert not is_negated("je suis nee le 12 mars", 0, 22)
    assert is_unreal("i would like", 0, 12)
    assert is_unreal("si je gagnais", 0, 13)


def test_a_question_asks_and_a_tag_does_not() -> None:
    """ "I earn 3,000, is that enough?" says something."""
    assert is_asking("do i earn enough?", Span(0, 17))
    assert not is_asking("i earn enough, right?", Span(0, 21))
    assert not is_asking("do it.", Span(0, 6))


def test_a_question_stays_open_over_a_turn_that_says_nothing() -> None:
    """But not over an answer, nor over what the agent says next."""
    user, agent = Role.USER, Role.ASSISTANT
    turns = [turn(agent, "Your name?"), turn(user, "Um…"), turn(user, "Anna"), turn(user, "Paris")]
    assert [said.asked for said in exchanges(turns)] == ["your name?", "your name?", ""]
    assert [said.asked for said in exchanges([*turns[:1], turn(agent, "Fine."), turn(user, "Anna")])] == [""]
