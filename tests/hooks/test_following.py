"""octi/hooks/following.py: what is to be judged is found as it is said."""

from typing import Any

import pytest

from octi.hook_config import Side
from octi.hooks.following import LONGEST_SENTENCE, MOST_ITEMS, Following, Question
from octi.realtime.reading import read_event
from tests.wire.conversations import event

WORDS = "conversation.item.input_audio_transcription"


def following(**more: Any) -> Following:
    made = Following(**more)
    made.opened(transcribes=True)
    return made


def fold(into: Following, kind: str, *, now: float = 0.0, own: bool = False, **fields: Any) -> list[Question]:
    return into.fold(read_event(event(kind, **fields)), now, own=own)


def spoken(into: Following, item: str = "u") -> list[Question]:
    """The user speaks, and falls silent."""
    fold(into, "input_audio_buffer.speech_stopped", item_id=item, audio_end_ms=5)
    return fold(into, "input_audio_buffer.committed", item_id=item, previous_item_id=None)


def typed(into: Following, text: str, item: str = "t", role: str = "user") -> list[Question]:
    part = {"type": "input_text", "text": text}
    message = {"id": item, "type": "message", "role": role, "content": [part]}
    return fold(into, "conversation.item.added", item=message, previous_item_id=None)


def answers(into: Following, response: str = "r") -> None:
    into.begins(response, own=False)


def delta(into: Following, words: str, item: str = "a", response: str = "r", *, own: bool = False) -> list[Question]:
    kind = "response.output_audio_transcript.delta"
    return fold(into, kind, response_id=response, item_id=item, delta=words, own=own)


def whole(into: Following, words: str, item: str = "a", response: str = "r", part: int = 0) -> list[Question]:
    kind = "response.output_audio_transcript.done"
    return fold(into, kind, response_id=response, item_id=item, transcript=words, content_index=part)


def test_a_spoken_turn_is_judged_when_its_words_are_there() -> None:
    """Once, whoever tells them again."""
    made = following()
    assert spoken(made) == []
    (question,) = fold(made, f"{WORDS}.completed", item_id="u", transcript="Hello.")
    assert question == Question(leg=0, item="u", side=Side.USER, text="Hello.")
    assert fold(made, f"{WORDS}.completed", item_id="u", transcript="Hello.") == []
    assert made.lines["u"].by_voice


def test_a_typed_turn_is_judged_as_it_comes() -> None:
    """It is not spoken; and who replays a conversation has all of it judged."""
    (question,) = typed(following(), "Hello.")
    assert (question.text, question.spoken, question.final) == ("Hello.", False, True)


@pytest.mark.parametrize("role", ["system", "assistant"])
def test_only_what_the_user_says_is_the_users(role: str) -> None:
    """What a client writes in another's name is its policy's affair."""
    assert typed(following(), "Hello.", role=role) == []


def test_what_octi_wrote_is_not_judged() -> None:
    """A replacement is what the hook itself wanted."""
    assert typed(following(), "Hello.", item="octi_i_1") == []


def test_words_that_never_come_are_not_waited_for() -> None:
    """They failed, or they are late: there is no verdict on what nobody knows."""
    made = following(words_s=5.0)
    spoken(made, "u")
    (question,) = fold(made, f"{WORDS}.failed", item_id="u", error={"code": "bad_audio"})
    assert not question.known
    spoken(made, "v")
    assert made.wake_at == 5.0
    assert made.wake(4.9) == []
    (late,) = made.wake(5.0)
    assert (late.item, late.known) == ("v", False)
    assert made.wake(99.0) == []
    assert fold(made, f"{WORDS}.completed", item_id="v", transcript="Hello.") == []


def test_where_nobody_transcribes_words_are_not_waited_for_at_all() -> None:
    """The policy holds at once."""
    made = following()
    made.opened(transcribes=False)
    (question,) = spoken(made)
    assert not question.known


def test_words_that_were_asked_for_count_as_well() -> None:
    """Somebody retrieved the item."""
    made = following()
    spoken(made)
    item = {"id": "u", "type": "message", "role": "user", "content": [{"type": "input_audio", "transcript": "Hello."}]}
    (question,) = fold(made, "conversation.item.retrieved", item=item)
    assert question.text == "Hello."


def test_what_the_agent_says_is_judged_sentence_by_sentence() -> None:
    """Each time with all that it said so far; at its end for good."""
    made = following()
    answers(made)
    asked = [question for words in ("There was ", "a house. In", " it stood", "…") for question in delta(made, words)]
    asked += whole(made, "There was a house. In it stood… a cat.")
    assert [(question.text, question.final) for question in asked] == [
        ("There was a house. In", False),
        ("There was a house. In it stood…", False),
        ("There was a house. In it stood… a cat.", True),
    ]


@pytest.mark.parametrize(
    "words", ["Dr. Who", "それは家です。", "3.14 is", 'He said "no!" twice', "first\nsecond", "Eh?"]
)
def test_sentences_end_in_more_ways_than_one(words: str) -> None:
    """Better one question too many: only numbers are not torn."""
    made = following()
    answers(made)
    assert bool(delta(made, words)) == (not words.startswith("3.14"))


def test_who_never_ends_a_sentence_is_judged_now_and_then() -> None:
    """After so many characters."""
    made = following()
    answers(made)
    asked = [question for _ in range(LONGEST_SENTENCE) for question in delta(made, "and ")]
    assert len(asked) == 4


def test_parts_of_an_item_are_judged_together() -> None:
    """In their order."""
    made = following()
    answers(made)
    whole(made, "One.", part=0)
    (question,) = whole(made, "Two.", part=1)
    assert question.text == "One. Two."


def test_what_is_no_part_of_the_conversation_is_not_judged() -> None:
    """Nor octi's own words."""
    made = following()
    answers(made)
    assert delta(made, "Aside. ", response="other") == []
    assert delta(made, "Not that. ", own=True) == []


def test_only_those_who_are_to_be_judged_are() -> None:
    """The others are followed all the same: it must be known what answers what."""
    made = following(who=(Side.AGENT,))
    assert typed(made, "Hello.") == []
    answers(made)
    assert made.lines["t"].response == "r"
    assert delta(made, "Good day. ")


def test_an_answer_is_to_all_that_was_said_before_it() -> None:
    """Octi's own words are an answer to nothing."""
    made = following()
    typed(made, "One.", "t1")
    made.begins("own", own=True)
    assert [line.id for line in made.unanswered()] == ["t1"]
    typed(made, "Two.", "t2")
    answers(made)
    assert {line.response for line in made.lines.values()} == {"r"}
    assert made.unanswered() == []


def test_another_leg_is_another_conversation() -> None:
    """Nothing of the last one is known in it."""
    made = following()
    typed(made, "Hello.")
    made.lost()
    assert made.lines == {}
    (question,) = typed(made, "Hello.")
    assert question.leg == 1


def test_who_talks_without_end_is_remembered_in_part() -> None:
    """The oldest are forgotten."""
    made = following()
    for number in range(MOST_ITEMS + 10):
        typed(made, "Hello.", f"t{number}")
    assert len(made.lines) == MOST_ITEMS
    assert "t0" not in made.lines
