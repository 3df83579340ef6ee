"""Errors in the provider's shape."""

from typing import Any, cast

import pytest

from octi.errors import (
    BadMessage,
    BadSecret,
    EngineFailed,
    OctiError,
    Stopping,
    Unserved,
    UpstreamBusy,
    UpstreamLost,
    UpstreamRefused,
)
from octi.web.provider_errors import no_such_call, provider_answer

Answer = tuple[dict[str, dict[str, Any]], int, dict[str, str]]


def told(error: OctiError) -> Answer:
    return cast(Answer, provider_answer(error))


@pytest.mark.parametrize(
    ("error", "status", "kind", "param", "code"),
    [
        (BadMessage("must be 1", "a.b"), 400, "invalid_request_error", "a.b", "invalid_value"),
        (BadSecret(), 401, "invalid_request_error", None, "invalid_api_key"),
        (UpstreamRefused("p", "no model", 404, "no_model"), 404, "invalid_request_error", None, "no_model"),
        (UpstreamRefused("p", "wrong key", 401, "invalid_api_key"), 502, "server_error", None, "invalid_api_key"),
        (UpstreamRefused("p", "quota", 429, "insufficient_quota"), 429, "rate_limit_error", None, "insufficient_quota"),
        (UpstreamBusy("p", "slow down", 2.5), 429, "rate_limit_error", None, "rate_limited"),
        (UpstreamLost("p", "gone"), 502, "server_error", None, "upstream_lost"),
        (EngineFailed("died"), 503, "server_error", None, "engine_failed"),
        (Unserved("not here"), 501, "server_error", None, "not_served"),
    ],
    ids=lambda each: type(each).__name__,
)  # fmt: skip
def test_an_error_has_its_four_fields(error: OctiError, status: int, kind: str, param: str | None, code: str) -> None:
    """A provider's refusal keeps its meaning, unless it is octi's key that was refused."""
    body, answered, _ = told(error)
    assert (answered, body["error"]) == (
        status,
        {"message": body["error"]["message"], "type": kind, "param": param, "code": code},
    )


def test_a_client_is_told_whether_to_come_back() -> None:
    """The official libraries would ask again after anything from 500 on."""
    assert told(UpstreamBusy("p", "slow down", 2.5))[2] == {"Retry-After": "3"}
    assert told(Stopping())[2] == {"Retry-After": "5"}
    assert told(Unserved("not here"))[2] == {"x-should-retry": "false"}
    assert told(UpstreamLost("p", "gone"))[2] == {}


def test_a_refusal_is_in_the_providers_words() -> None:
    """Without octi's own around them."""
    assert told(UpstreamRefused("p", "no such model", 404))[0]["error"]["message"] == "no such model"


def test_a_call_that_is_over_is_not_found() -> None:
    """As the provider has it."""
    body, status, _ = cast(Answer, no_such_call("rtc_1"))
    assert (status, body["error"]["code"]) == (404, "call_id_not_found")


def test_a_field_at_fault_is_named_once() -> None:
    """Some problems name it themselves."""
    assert told(BadMessage("must be 1", "a.b"))[0]["error"]["message"] == "a.b: must be 1"
    said = "Unknown parameter: 'a.b'."
    assert told(BadMessage(said, "a.b"))[0]["error"]["message"] == said
