"""octi/realtime/entry.py: when an item is a turn, and what of it was heard."""

from typing import Any

import attrs
import pytest

from octi.realtime.entry import Entry
from octi.records import Role, Turn
from octi.units import ItemId, Milliseconds, SessionId

SESSION = SessionId("s")


def answer(**known: Any) -> Entry:
    """An answer of two seconds, done."""
    entry = Entry("a1", ItemId("a1"), role=Role.ASSISTANT, words="one two three four", spoken_ms=2000, done=True)
    return attrs.evolve(entry, **known)


def test_sound_counts_in_whole_milliseconds_and_loses_none() -> None:
    """A delta may end inside of one: its bytes wait for the next."""
    entry = Entry("a1", ItemId("a1"))
    assert [entry.speak(size, 48) for size in (47, 1, 100, 44)] == [0, 1, 2, 1]
    assert entry.spoken_ms == 4


def test_an_answer_that_was_heard_whole_is_its_words() -> None:
    """From where it began, for as long as it is."""
    assert answer(start_ms=500).turn(SESSION, 3) == Turn(
        session=SESSION,
        item=ItemId("a1"),
        position=3,
        role=Role.ASSISTANT,
        text="one two three four",
        start_ms=Milliseconds(500),
        end_ms=Milliseconds(2500),
        interrupted=False,
    )


def test_an_answer_that_was_cut_off_is_what_was_heard_of_it() -> None:
    """Its end is where the user stopped hearing it."""
    turn = answer(start_ms=500, heard_ms=1000).turn(SESSION, 0)
    assert (turn.text, turn.end_ms, turn.interrupted) == ("one two", 1500, True)


def test_an_answer_that_was_heard_past_its_end_was_not_cut_off() -> None:
    """A client may count the silence behind it."""
    turn = answer(heard_ms=2500).turn(SESSION, 0)
    assert (turn.text, turn.end_ms, turn.interrupted) == ("one two three four", 2000, False)


def test_a_turn_never_ends_before_it_begins() -> None:
    """Whatever a provider says."""
    assert answer(start_ms=900, end_ms=100).turn(SESSION, 0).end_ms == 900


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({}, True),
        ({"done": False}, False),
        ({"role": None}, False),
        ({"spoken_ms": 0, "words": ""}, False),
        ({"spoken_ms": 0, "voiced": True, "incomplete": True}, False),
        ({"spoken_ms": 0, "voiced": True, "incomplete": True, "elsewhere": True}, True),
        ({"spoken_ms": 0, "voiced": True, "incomplete": True, "elsewhere": True, "words": ""}, False),
        ({"spoken_ms": 0, "voiced": False, "incomplete": True}, True),
        ({"role": Role.USER, "spoken_ms": 0, "words": ""}, True),
    ],
)
def test_an_item_is_a_turn_when_it_is_done_and_somebody_heard_it(known: dict[str, Any], said: bool) -> None:
    """A function's call is none, nor an answer that was cut off before its first sound; written words need no sound."""
    assert answer(**known).said() is said


def test_what_was_told_stays_a_turn() -> None:
    """A late truncation to nothing takes its words, not its place."""
    entry = answer()
    entry.told = entry.turn(SESSION, 0)
    assert attrs.evolve(entry, spoken_ms=0, words="").said()


def test_what_was_not_sent_on_was_not_heard() -> None:
    """Whatever else is known; what was generated and what was sent is told where it is more."""
    turn = answer(withheld_ms=500).turn(SESSION, 0)
    assert (turn.text, turn.sent, turn.generated, turn.end_ms, turn.interrupted) == (
        "one two three",
        None,
        "one two three four",
        1500,
        True,
    )


def test_three_words_for_three_ends() -> None:
    """Generated, sent, heard."""
    turn = answer(withheld_ms=500, heard_ms=500).turn(SESSION, 0)
    assert (turn.text, turn.sent, turn.generated) == ("one", "one two three", "one two three four")


def test_parts_of_an_item_stand_beside_each_other() -> None:
    """Whichever is whole first; the words of one do not replace those of another."""
    entry = Entry("a1", ItemId("a1"))
    entry.settle_part(1, "there")
    entry.settle_part(0, "Hello")
    entry.settle_part(0, "Hello")
    assert entry.words == "Hello there"


def test_a_cut_in_a_voice_that_goes_elsewhere_is_a_cut() -> None:
    """How many of its words it left is not known: octi does not hear the sound."""
    turn = answer(elsewhere=True, spoken_ms=0, heard_ms=900).turn(SESSION, 0)
    assert (turn.text, turn.generated, turn.interrupted) == ("one two three four", None, True)
