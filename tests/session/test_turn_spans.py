"""octi/session/turn_spans.py: which spans a turn has, and what they tell."""

from typing import Any

import attrs
import pytest

from octi.observe.base import Span
from octi.realtime.events import ErrorBody, Item, Part, Response, StatusDetails
from octi.realtime.pacing import OTHER, SPEECH, TEXT, Answer, Asked
from octi.records import SessionRecord
from octi.session.turn_spans import TurnSpans, asked_of, led_by, name_of, problem_of, used_by
from octi.units import SessionId
from tests.observe.spans import Spans, about, failed, when

RECORD = SessionRecord(id=SessionId("s"), door="octi", upstream="openai", model="m", voice="v", created_at=1.0)
QUESTION = Asked(by=SPEECH, at=103.0, since=101.0)
CALL = Item(type="function_call", name="f", call_id="c")
USAGE = {
    "total_tokens": 30,
    "input_tokens": 20,
    "output_tokens": 10,
    "input_token_details": {"audio_tokens": 15, "text_tokens": 5, "cached_tokens": 4, "image_tokens": 0},
    "output_token_details": {"audio_tokens": 0, "text_tokens": "ten"},
}


def answer(asked: Asked = QUESTION, at: float = 104.0, first: float | None = None, **response: Any) -> Answer:
    """One that takes a second."""
    about = {"id": "r", "status": "completed", **response}
    return Answer(response=Response(**about), asked=asked, created_at=at, first_at=first, done_at=at + 1)


def turns_at(now: float = 100.0) -> tuple[Spans, TurnSpans, Span]:
    spans = Spans(lambda: now)
    session = spans.tracer.root("session")
    return spans, TurnSpans(RECORD, session), session


def test_answers_to_the_same_question_are_one_turn() -> None:
    """A first try that failed, say. When something was heard is told of the turn."""
    spans, turns, _ = turns_at()
    turns.answered(answer(status="failed"), 0.0)
    turns.answered(answer(at=106.0, first=106.5), 0.0)
    turns.over()
    assert spans.tree() == ["turn", ["speech", "wait", "chat m", "chat m"]]
    assert when(spans.only("turn")) == (101.0, 107.0)
    assert about(spans.only("turn"), "octi.asked_by", "octi.first_audio_s") == ["speech", 3.5]
    assert not failed(spans.only("turn"))
    assert [failed(chat) for chat in spans.named("chat m")] == [True, False]


def test_what_is_said_about_functions_belongs_to_the_turn_that_called_them() -> None:
    """Also if something was said before; but not what nobody asked for later."""
    spans, turns, session = turns_at()
    turns.answered(answer(first=104.5, output=[CALL]), 0.0)
    with turns.tool("execute_tool f", {}, lambda: 106.0):
        pass
    turns.answered(answer(Asked(by=OTHER, at=107.0), 107.0), 0.0)
    turns.answered(answer(Asked(by=OTHER, at=120.0), 120.0), 0.0)
    turns.over()
    session.end(at=130.0)
    first, second = spans.named("turn")
    assert sorted(spans.tree(first)) == ["chat m", "chat m", "execute_tool f", "speech", "wait"]
    assert spans.tree(second) == ["chat m"]


def test_a_turn_whose_function_still_runs_is_told_when_that_is_over() -> None:
    """The user may have asked something else meanwhile."""
    spans, turns, _ = turns_at()
    turns.answered(answer(output=[CALL]), 0.0)
    with turns.tool("execute_tool f", {}, lambda: 200.0):
        turns.answered(answer(Asked(by=TEXT, at=110.0), 111.0), 0.0)
        turns.over()
        assert [when(turn) for turn in spans.named("turn")] == [(110.0, 112.0)]
    assert [when(turn) for turn in spans.named("turn")] == [(101.0, 200.0), (110.0, 112.0)]


def test_a_function_without_a_turn_belongs_to_the_session() -> None:
    """Its leg may be gone."""
    spans, turns, session = turns_at()
    with turns.tool("execute_tool f", {}, lambda: 102.0):
        turns.interrupted()
    session.end()
    assert spans.tree() == ["session", ["execute_tool f"]]


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ({"status": "completed"}, "completed"),
        ({"status": "incomplete", "status_details": StatusDetails(reason="max_output_tokens")}, "max_output_tokens"),
        ({"status": "cancelled", "status_details": StatusDetails(reason="turn_detected")}, "turn_detected"),
        ({"status": "failed", "status_details": "a sentence of a provider's"}, "failed"),
        ({"status": None}, "error"),
    ],
)
def test_why_an_answer_ended_is_told_in_the_providers_word(response: dict[str, Any], reason: str) -> None:
    """The conventions have a list: one for each answer that was asked for."""
    spans, turns, _ = turns_at()
    turns.answered(answer(**response), 0.0)
    assert about(spans.only("chat m"), "gen_ai.response.finish_reasons") == [(reason,)]


def test_a_cancelled_answer_is_one_that_was_interrupted() -> None:
    """Whoever cancelled it."""
    spans, turns, _ = turns_at()
    turns.answered(answer(status="cancelled"), 0.0)
    turns.over()
    assert about(spans.only("turn"), "octi.interrupted") == [True]


@pytest.mark.parametrize(("kind", "told"), [("output_audio", "speech"), ("output_text", "text"), ("other", None)])
def test_it_is_told_whether_an_answer_is_spoken_or_written(kind: str, told: str | None) -> None:
    """As far as that can be seen."""
    spans, turns, _ = turns_at()
    turns.answered(answer(output=[Item(role="assistant", content=[Part(type=kind)])]), 0.0)
    assert about(spans.only("chat m"), "gen_ai.output.type") == [told]


def test_what_the_provider_counted_has_the_conventions_names() -> None:
    """The totals, and of their parts those of which there is something. What is no number is left out."""
    assert used_by(Response(usage=USAGE)) == {
        "gen_ai.usage.input_tokens": 20,
        "gen_ai.usage.output_tokens": 10,
        "gen_ai.usage.audio.input_tokens": 15,
        "gen_ai.usage.text.input_tokens": 5,
        "gen_ai.usage.cache_read.input_tokens": 4,
    }
    assert used_by(Response(usage={"output_tokens": 0})) == {"gen_ai.usage.output_tokens": 0}
    assert used_by(Response(usage=["strange"])) == {}


def test_a_failure_is_told_in_one_word() -> None:
    """A sentence in place of a code stays out: it may repeat what was said."""
    assert problem_of(None) is None
    assert problem_of(ErrorBody("m", code="rate_limit_exceeded", type="t")) == "rate_limit_exceeded"
    assert problem_of(ErrorBody("m", code="You said: my name is Ada", type="server_error")) == "server_error"
    assert problem_of(ErrorBody("the agent's answer failed")) == "failed"


def test_only_calls_to_a_model_name_it_by_the_conventions() -> None:
    """A viewer that counts such spans would count a session and the way to it as well."""
    assert led_by(RECORD) == {"octi.upstream": "openai", "octi.model": "m"}


def test_providers_have_the_conventions_names() -> None:
    """Where those have one that is not octi's."""
    assert asked_of(attrs.evolve(RECORD, upstream="azure"))["gen_ai.provider.name"] == "azure.ai.openai"
    assert asked_of(RECORD) == {"gen_ai.provider.name": "openai", "gen_ai.request.model": "m"}
    assert name_of(attrs.evolve(RECORD, model="")) == "chat"
