"""Saying one answer, on virtual time. Through a whole conversation: `test_server` and `test_conversation`."""

from collections.abc import Sequence

import attrs
import trio
from trio.testing import MockClock

from octi.engine.answer import Answer
from octi.engine.base import Call, HangUp, Say
from octi.engine.delivery import Delivery
from octi.units import playing_time
from tests.engine.fakes import FakeBrain, FakeSpeech, Piece, every, kinds
from tests.engine.test_answer import Listening
from tests.engine.test_base import PROMPT


def delivery(told: Listening, pieces: Sequence[Piece], speech: FakeSpeech | None, **answer: object) -> Delivery:
    made = Answer(told, None, None, audible=speech is not None, voice="ash", **answer)  # type: ignore[arg-type]  # any
    made.begin()
    return Delivery(
        answer=made,
        brain=FakeBrain([pieces]),
        speech=speech,
        speed=1.5,
        language="fr",
        on_sound=lambda _: None,
        on_hang_up=lambda _: None,
        wait_room=trio.lowlevel.checkpoint,
    )


async def test_it_says_and_calls_what_the_brain_thinks_of(autojump_clock: MockClock) -> None:
    """In its voice, at its speed, in its language; each piece of sound is told."""
    told, speech, heard = Listening(), FakeSpeech(), bytearray()
    made = delivery(told, [Say("One."), Call("f", {"a": 1}), Say("Two.")], speech)
    assert await attrs.evolve(made, on_sound=heard.extend).deliver(PROMPT)
    made.answer.end("completed")
    assert speech.said == [("One.", "ash", 1.5), ("Two.", "ash", 1.5)]
    assert speech.languages == ["fr", "fr"]
    assert playing_time(len(heard)) == 800
    assert kinds(told.events).count("response.output_item.done") == 3


async def test_what_is_written_is_not_spoken(autojump_clock: MockClock) -> None:
    """Without a voice at all, too."""
    told = Listening()
    assert await delivery(told, [Say("One."), Say("Two.")], None).deliver(PROMPT)
    assert [event["delta"] for event in every(told.events, "response.output_text.delta")] == ["One.", " Two."]


async def test_a_sentence_without_end_is_spoken_piece_by_piece(autojump_clock: MockClock) -> None:
    """No worker is at it for minutes, and nothing of it is lost; what is written needs no pieces."""
    for text in ("word " * 3000, "x" * 3000, "one, two " * 500):
        told, speech = Listening(), FakeSpeech(word_ms=0)
        assert await delivery(told, [Say(text)], speech).deliver(PROMPT)
        assert max(len(said) for said, _, _ in speech.said) <= 1000
        words = "".join(event["delta"] for event in every(told.events, "response.output_audio_transcript.delta"))
        assert words == text


async def test_an_answer_stops_where_its_tokens_end(autojump_clock: MockClock) -> None:
    """Between two words; what was said so far is all that counts."""
    for limit, said in ((9, "One"), (18, "One two"), (28, "One two three"), (5, "")):
        told = Listening()
        made = delivery(told, [Say("One two three"), Say("four.")], FakeSpeech(), max_output_tokens=limit)
        assert not await made.deliver(PROMPT)
        made.answer.end("incomplete", "max_output_tokens")
        response = told.events[-1]["response"]
        assert response["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
        assert [item["content"][0]["transcript"] for item in response["output"]] == ([said] if said else [])
        assert all(item["status"] == "incomplete" for item in response["output"])
        assert response["usage"]["output_tokens"] <= limit


async def test_tokens_that_are_just_enough_are_enough(autojump_clock: MockClock) -> None:
    """Three words in 1200 ms, and their letters."""
    told = Listening()
    made = delivery(told, [Say("One two three")], FakeSpeech(), max_output_tokens=24 + 4)
    assert await made.deliver(PROMPT)
    made.answer.end("completed")
    assert told.events[-1]["response"]["usage"]["output_tokens"] == 28


async def test_a_function_is_called_with_all_of_its_arguments_or_not_at_all(autojump_clock: MockClock) -> None:
    """Half of them would be no JSON."""
    for limit, called in ((4, True), (3, False)):
        told = Listening()
        made = delivery(told, [Call("f", {"a": "bcdefg"})], None, max_output_tokens=limit)
        assert await made.deliver(PROMPT) == called
        assert ("response.function_call_arguments.done" in kinds(told.events)) == called


async def test_an_answer_that_was_cut_is_sent_no_further(autojump_clock: MockClock) -> None:
    """Whoever waits for room may learn of it late."""
    told = Listening()
    made = delivery(told, [Say("One two three.")], FakeSpeech())

    async def cut() -> None:
        made.answer.end("cancelled", "turn_detected")

    await attrs.evolve(made, wait_room=cut).deliver(PROMPT)
    assert len(every(told.events, "response.output_audio.delta")) == 1


async def test_a_hang_up_is_passed_on(autojump_clock: MockClock) -> None:
    """Who delivers an answer ends no conversation."""
    told, codes = Listening(), list[int]()
    made = attrs.evolve(delivery(told, [HangUp(4001), Say("Goodbye.")], FakeSpeech()), on_hang_up=codes.append)
    assert await made.deliver(PROMPT)
    assert codes == [4001]
    assert len(every(told.events, "response.output_audio.delta")) == 4
