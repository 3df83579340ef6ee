"""octi/realtime/late_words.py: octi asks once for words that never came, and goes on without."""

import msgspec

from octi.realtime.events import ErrorBody, ErrorEvent, Item, ItemRetrieved
from octi.realtime.late_words import ANSWER_S, LONGEST_MS, PATIENCE_S, LateWords
from octi.realtime.steps import Steps, ToProvider

LATE = 100.0 + PATIENCE_S


def asked(steps: Steps) -> list[dict[str, str]]:
    return [msgspec.json.decode(step.data) for step in steps if isinstance(step, ToProvider)]


def watching(**unwritten: int) -> LateWords:
    late = LateWords()
    late.watch(unwritten, 100.0)
    return late


def test_nobody_asks_before_words_are_late() -> None:
    late = watching(u=800)
    assert late.wake_at == LATE
    assert late.wake({"u": 800}, LATE - 0.1) == ([], [])


def test_late_words_are_asked_for_once() -> None:
    """By an event that says that it is octi's."""
    late = watching(u=800)
    steps, lost = late.wake({"u": 800}, LATE)
    assert asked(steps) == [{"type": "conversation.item.retrieve", "event_id": "octi_words_1", "item_id": "u"}]
    assert (lost, late.wake_at) == ([], LATE + ANSWER_S)
    assert late.wake({"u": 800}, LATE + 1) == ([], [])


def test_words_that_came_in_time_are_not_asked_for() -> None:
    late = watching(u=800)
    late.watch({}, 101.0)
    assert (late.wake_at, late.wake({}, LATE)) == (None, ([], []))


def test_words_of_a_conversation_that_is_over_wake_nobody() -> None:
    """Another leg knows nothing of them; who is woken for nothing is not woken again and again."""
    late = watching(u=800)
    assert late.wake({}, LATE) == ([], [])
    assert late.wake_at is None


def test_an_answer_to_octi_is_known_by_its_item() -> None:
    """And only the first: who else asks for the item gets an answer of their own."""
    late = watching(u=800)
    answer = ItemRetrieved(Item("u"))
    assert late.answered(answer) is None
    late.wake({"u": 800}, LATE)
    assert late.answered(ItemRetrieved(Item("v"))) is None
    assert (late.answered(answer), late.answered(answer)) == ("u", None)


def test_a_refusal_is_an_answer() -> None:
    """The provider may have forgotten the item."""
    late = watching(u=800)
    late.wake({"u": 800}, LATE)
    assert late.answered(ErrorEvent(ErrorBody("No.", event_id="mine"))) is None
    assert late.answered(ErrorEvent(ErrorBody("No.", event_id="octi_words_1"))) == "u"
    late.watch({}, LATE + 1)
    assert late.wake_at is None


def test_who_does_not_answer_is_given_up() -> None:
    late = watching(u=800)
    late.wake({"u": 800}, LATE)
    assert late.wake({"u": 800}, LATE + ANSWER_S) == ([], ["u"])
    late.watch({}, LATE + ANSWER_S)
    assert late.wake_at is None


def test_items_are_asked_for_one_after_the_other() -> None:
    """Each answer brings a turn's audio with it."""
    late, both = watching(u=800, v=900), {"u": 800, "v": 900}
    steps, _ = late.wake(both, LATE)
    assert [request["item_id"] for request in asked(steps)] == ["u"]
    late.answered(ItemRetrieved(Item("u")))
    steps, _ = late.wake({"v": 900}, LATE + 1)
    assert [request["item_id"] for request in asked(steps)] == ["v"]


def test_a_turn_whose_audio_is_too_long_to_be_sent_back_is_given_up() -> None:
    """The answer would be larger than some take."""
    late, long = watching(u=LONGEST_MS + 1), {"u": LONGEST_MS + 1}
    assert late.wake(long, LATE) == ([], ["u"])
