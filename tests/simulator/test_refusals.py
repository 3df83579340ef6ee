"""Refusals, in the provider's words; the conversation's tests have when each is met."""

from octi.errors import BadMessage
from octi.simulator.refusals import binary, error_of, not_answering, still_answering, too_little


def test_each_has_the_providers_code() -> None:
    """Clients read it."""
    assert [error.code for error in (binary(), not_answering(), too_little(12.5), still_answering("resp_1"))] == [
        "invalid_event",
        "response_cancel_not_active",
        "input_audio_buffer_commit_empty",
        "conversation_already_has_active_response",
    ]
    assert "only has 12.50ms" in str(too_little(12.5))
    assert "resp_1" in str(still_answering("resp_1"))


def test_an_error_names_its_event() -> None:
    """And the field, always with both keys."""
    assert error_of(BadMessage("No.", "a.b", "c"), "e1") == {
        "type": "invalid_request_error",
        "code": "c",
        "message": "No.",
        "param": "a.b",
        "event_id": "e1",
    }
