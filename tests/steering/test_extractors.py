"""Who reads a profile, and what each way to answer comes to."""

import json
from collections.abc import Mapping
from typing import Any

import attrs
import pytest
from structlog.testing import capture_logs

from octi.errors import ExtractionFailed, UpstreamNonsense
from octi.extraction.schema import DEFAULT_SCHEMA
from octi.steering.extractors import at_once, by_model, by_rules, in_a_thread
from octi.units import ItemId
from tests.steering.scenes import NOW, turn

TURNS = [turn(0, "My name is Anna Berg."), turn(1, "I earn 3,000 euros a month.")]
TIMES = {ItemId("i0"): NOW, ItemId("i1"): NOW + 1}


@attrs.define(eq=False)
class Api:
    """A provider that answers what it was given."""

    answer: dict[str, Any] | Exception
    name: str = "p"
    asked: Mapping[str, Any] = attrs.field(factory=dict)

    async def respond(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self.asked = request
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def response(text: str, status: str = "completed", **more: object) -> dict[str, Any]:
    part = {"type": "output_text", "text": text}
    output = [{"type": "message", "role": "assistant", "content": [part]}]
    return {"id": "r", "object": "response", "status": status, "output": output, **more}


@pytest.mark.parametrize("run", [at_once, in_a_thread])
async def test_the_rules_read_what_was_said_plainly(run: Any) -> None:
    """With the time of each; beside the event loop, or in it."""
    found = await by_rules(run)(DEFAULT_SCHEMA, TURNS, TIMES)
    assert {name: seen.value for name, seen in found.items()} == {
        "first_name": "Anna",
        "last_name": "Berg",
        "income": 3000,
    }
    assert found["income"].evidence.at == NOW + 1


async def test_a_model_is_asked_once_and_nothing_is_stored_there() -> None:
    """What it finds comes back with the words that it cites."""
    income = {"value": 3000, "item": "i1", "quote": "3,000 euros a month"}
    api = Api(response(json.dumps({"first_name": None, "last_name": None, "income": income})))
    found = await by_model(api, "small")(DEFAULT_SCHEMA, TURNS, TIMES)
    assert (api.asked["model"], api.asked["store"]) == ("small", False)
    assert list(found) == ["income"]
    assert found["income"].evidence.quote == "3,000 euros a month"


async def test_what_an_answer_took_is_told_whatever_is_in_it() -> None:
    """For it is billed: also one that is no profile."""
    told: list[tuple[str, str, str]] = []
    api = Api(response("Anna, of course!"))
    with pytest.raises(ExtractionFailed):
        await by_model(api, "small", lambda session, model, answer: told.append((session, model, answer["id"])))(
            DEFAULT_SCHEMA, TURNS, TIMES
        )
    assert told == [("me", "small", "r")]


async def test_what_a_model_made_up_is_dropped_and_its_field_logged() -> None:
    """The value and the words are not."""
    made_up = {"value": "Geheim", "item": "i9", "quote": "Geheim"}
    api = Api(response(json.dumps({"first_name": made_up})))
    with capture_logs() as logs:
        assert await by_model(api, "small")(DEFAULT_SCHEMA, TURNS, TIMES) == {}
    assert [(line["session"], line["fields"]) for line in logs] == [("me", {"first_name": "cites no turn of the user"})]
    assert "Geheim" not in str(logs)


REFUSAL = {"type": "message", "content": [{"type": "refusal", "refusal": "Anna asked for privacy."}]}


@pytest.mark.parametrize(
    ("answer", "code", "why"),
    [
        (response("", output=[REFUSAL]), "refusal", "the model declined"),
        (
            response('{"fir', "incomplete", incomplete_details={"reason": "max_output_tokens"}),
            "incomplete",
            "the answer stopped early: max_output_tokens",
        ),
        (response("", "failed", error={"code": "server_error", "message": "oops"}), "failed", "server_error: oops"),
        (response("Anna, of course!"), "garbled", "the answer is no profile"),
    ],
)
async def test_an_answer_without_a_profile_says_why(answer: dict[str, Any], code: str, why: str) -> None:
    """In octi's words: the model's own may repeat what the user said, and errors are logged."""
    with pytest.raises(ExtractionFailed) as caught:
        await by_model(Api(answer), "small")(DEFAULT_SCHEMA, TURNS, TIMES)
    assert (caught.value.provider, caught.value.why, caught.value.code) == ("p", why, code)
    assert "Anna" not in str(caught.value)


async def test_a_providers_own_failure_passes_through() -> None:
    """It knows best what it was."""
    with pytest.raises(UpstreamNonsense):
        await by_model(Api(UpstreamNonsense("p", "<html>")), "small")(DEFAULT_SCHEMA, TURNS, TIMES)
