"""octi/realtime/pacing.py: how long answers take, from when their events came."""

from typing import Any

import pytest

from octi.realtime.pacing import OTHER, SPEECH, TEXT, Answer, Pacing
from octi.realtime.reading import read_event
from tests.wire.conversations import event

SOUND = "response.output_audio.delta"


class Heard:
    """A pacing that is told one event a time."""

    def __init__(self, silence_ms: int = 0) -> None:
        self.pacing, self.silence_ms = Pacing(), silence_ms
        self.answers: list[Answer] = []

    def at(self, now: float, kind: str, heard_ms: int = 0, **fields: Any) -> None:
        if answer := self.pacing.fold(read_event(event(kind, **fields)), now, heard_ms, self.silence_ms):
            self.answers.append(answer)

    def speech(self, began: float, ended: float, noticed: float) -> None:
        """The user speaks; he has sent audio since 0, as he spoke."""
        began_ms, ended_ms = int(began * 1000), int(ended * 1000)
        self.at(began + 0.1, "input_audio_buffer.speech_started", began_ms + 100, audio_start_ms=began_ms, item_id="u")
        self.at(noticed, "input_audio_buffer.speech_stopped", int(noticed * 1000), audio_end_ms=ended_ms, item_id="u")
        self.at(noticed, "input_audio_buffer.committed", int(noticed * 1000), item_id="u")

    def response(self, name: str, created: float, first: float | None, done: float, **about: Any) -> None:
        self.at(created, "response.created", response={"id": name, **about})
        if first is not None:
            self.at(first, SOUND, response_id=name, item_id="a", delta="AAAA")
        self.at(done, "response.done", response={"id": name, "status": "completed", **about})


def about(seconds: float) -> Any:
    """Nearly so many."""
    return pytest.approx(seconds)


def test_an_answer_is_timed_from_the_end_of_speech_and_not_from_when_it_was_noticed() -> None:
    """The provider waits for silence; who speaks does not care why."""
    heard = Heard()
    heard.speech(1.0, 3.0, 3.5)
    heard.response("r", 3.6, 4.2, 6.0)
    (answer,) = heard.answers
    assert answer.wait_s == about(1.2)
    assert (answer.asked.by, answer.asked.since, answer.asked.at) == (SPEECH, about(1.0), about(3.0))
    assert (answer.asked.noticed_at, answer.created_at, answer.first_at, answer.done_at) == (3.5, 3.6, 4.2, 6.0)


def test_the_silence_that_ended_a_turn_is_a_part_of_the_wait() -> None:
    """The provider's end of speech comes after it; but it does not reach back before the speech itself."""
    for silence_ms, asked_at in ((500, 2.5), (5000, 1.0)):
        heard = Heard(silence_ms)
        heard.speech(1.0, 3.0, 3.0)
        heard.response("r", 3.1, 3.2, 6.0)
        (answer,) = heard.answers
        assert answer.asked.at == about(asked_at)
        assert answer.wait_s == about(3.2 - asked_at)


def test_what_the_user_types_is_asked_when_it_has_its_place() -> None:
    """The provider says so with an item of text."""
    heard = Heard()
    item = {"id": "u", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi."}]}
    heard.at(2.0, "conversation.item.added", item=item)
    heard.response("r", 2.1, 2.5, 3.0)
    assert [(answer.asked.by, answer.wait_s) for answer in heard.answers] == [(TEXT, about(0.5))]


def test_a_turn_that_the_client_ends_itself_is_asked_when_it_is_committed() -> None:
    """There is no speech_stopped without turn detection."""
    heard = Heard()
    heard.at(5.0, "input_audio_buffer.committed", 5000, item_id="u")
    heard.response("r", 5.1, 5.4, 6.0)
    assert [(answer.asked.by, answer.wait_s) for answer in heard.answers] == [(SPEECH, about(0.4))]


def test_a_response_that_only_calls_a_function_is_no_answer_yet() -> None:
    """Whoever asked goes on waiting, until he hears something."""
    heard = Heard()
    heard.speech(0.0, 1.0, 1.5)
    heard.response("call", 1.6, None, 2.0)
    heard.response("words", 2.5, 3.0, 4.0)
    assert [answer.wait_s for answer in heard.answers] == [None, about(2.0)]


def test_what_nobody_asked_for_has_no_wait() -> None:
    """A greeting, or what a client wishes to be said."""
    heard = Heard()
    heard.response("r", 1.0, 1.2, 2.0)
    assert [(answer.asked.by, answer.wait_s) for answer in heard.answers] == [(OTHER, None)]


def test_an_answer_that_is_interrupted_before_it_is_heard_has_no_wait() -> None:
    """Nor does a last sound of it count as the answer to what is said next."""
    heard = Heard()
    heard.speech(0.0, 1.0, 1.5)
    heard.at(1.6, "response.created", response={"id": "r1"})
    heard.speech(2.0, 3.0, 3.5)
    heard.at(3.5, SOUND, response_id="r1", item_id="a", delta="AAAA")
    heard.at(3.6, "response.done", response={"id": "r1", "status": "cancelled"})
    heard.response("r2", 3.7, 4.0, 5.0)
    assert [answer.wait_s for answer in heard.answers] == [None, about(1.0)]


def test_a_response_out_of_band_answers_nobody() -> None:
    """It is no part of the conversation."""
    heard = Heard()
    heard.speech(0.0, 1.0, 1.5)
    heard.response("aside", 1.6, None, 1.8, conversation_id=None)
    heard.response("r", 2.0, 2.5, 3.0)
    assert [(answer.response.id, answer.wait_s) for answer in heard.answers] == [("r", about(1.5))]


def test_the_sound_of_a_call_is_told_by_its_buffer() -> None:
    """It does not pass octi."""
    heard = Heard()
    heard.at(1.0, "input_audio_buffer.speech_stopped", audio_end_ms=900, item_id="u")
    heard.at(1.1, "response.created", response={"id": "r"})
    heard.at(1.7, "output_audio_buffer.started", response_id="r")
    heard.at(3.0, "response.done", response={"id": "r"})
    assert [answer.wait_s for answer in heard.answers] == [about(0.7)]


def test_what_was_asked_on_a_lost_leg_is_forgotten() -> None:
    """The next one was not asked. The answer under way is told as it stands."""
    heard = Heard()
    heard.speech(0.0, 1.0, 1.5)
    heard.at(1.6, "response.created", response={"id": "r1"})
    heard.at(2.0, SOUND, response_id="r1", item_id="a", delta="AAAA")
    cut = heard.pacing.lost(3.0)
    assert cut is not None
    assert (cut.response.id, cut.unfinished, cut.wait_s, cut.done_at) == ("r1", True, about(1.0), 3.0)
    assert heard.pacing.lost(4.0) is None
    assert not heard.pacing.awaits_first
    heard.response("r2", 8.0, 8.5, 9.0)
    assert [(answer.response.id, answer.asked.by) for answer in heard.answers] == [("r2", OTHER)]


def test_it_knows_who_speaks() -> None:
    """The user, from his first word to the end of his speech; an answer, from its beginning to its end."""
    heard = Heard()
    said = [(heard.pacing.hears, heard.pacing.answers)]
    heard.at(1.0, "input_audio_buffer.speech_started", 100, audio_start_ms=0, item_id="u")
    said.append((heard.pacing.hears, heard.pacing.answers))
    heard.at(2.0, "input_audio_buffer.speech_stopped", 1100, audio_end_ms=1000, item_id="u")
    said.append((heard.pacing.hears, heard.pacing.answers))
    heard.at(2.1, "response.created", response={"id": "r"})
    said.append((heard.pacing.hears, heard.pacing.answers))
    heard.at(3.0, "response.done", response={"id": "r", "status": "completed"})
    said.append((heard.pacing.hears, heard.pacing.answers))
    assert said == [(False, False), (True, False), (False, False), (False, True), (False, False)]


def test_first_is_awaited_from_a_responses_beginning_until_it_comes() -> None:
    """So that nobody looks at each piece of sound."""
    heard = Heard()
    awaited = [heard.pacing.awaits_first]
    heard.at(1.0, "response.created", response={"id": "r"})
    awaited.append(heard.pacing.awaits_first)
    heard.pacing.first(1.5)
    assert [*awaited, heard.pacing.awaits_first] == [False, True, False]
