"""Words while they are spoken."""

from hypothesis import given
from hypothesis import strategies as some

from octi.engine.partials import Partials


def test_words_are_told_when_two_looks_agree() -> None:
    """Without the punctuation that may yet change; the final words bring the rest."""
    partials = Partials()
    assert partials.see("I would like.") == ""
    assert partials.see("I would like to.") == "I would like"
    assert partials.see("I would like to go home.") == " to"
    assert partials.finish("I would like to go home.") == " go home."
    assert partials.told == "I would like to go home."


def test_case_and_punctuation_are_no_disagreement() -> None:
    """They change with every word that follows."""
    partials = Partials()
    partials.see("well, Yes")
    assert partials.see("Well yes I do") == "Well yes"
    assert partials.finish("Well, yes, I do.") == " I do."


def test_what_was_told_is_never_taken_back() -> None:
    """Where the later words differ, there is no more to tell."""
    partials = Partials()
    partials.see("we'll go")
    assert partials.see("we'll go") == "we'll go"
    assert partials.see("will go home now") == ""
    assert partials.see("will go home now") == ""
    assert partials.finish("Will go home now.") == ""


def test_one_look_is_the_whole_where_there_was_no_other() -> None:
    """As whisper-1 has it."""
    assert Partials().finish("Hello there.") == "Hello there."
    assert Partials().finish("") == ""


def test_looks_come_every_six_tenths_of_a_second_of_speech() -> None:
    """One at a time; and when they take long, more seldom."""
    partials = Partials()
    assert not partials.due(599, 0.0)
    assert partials.due(600, 0.0)
    partials.begin(620)
    assert not partials.due(2000, 5.0)
    partials.end(began=0.0, now=0.5)
    assert not partials.due(2000, 2.9)
    assert partials.due(2000, 3.0)
    assert not partials.due(1219, 3.0)


@given(some.lists(some.text(alphabet="ab .,'")))
def test_deltas_add_up_to_what_was_told(looks: list[str]) -> None:
    """Whatever was seen; and what was told are the first words of some look."""
    partials = Partials()
    told = [partials.see(look) for look in looks]
    assert "".join(told) == partials.told
    final = partials.finish("a b a b")
    assert "".join(told) + final == partials.told
