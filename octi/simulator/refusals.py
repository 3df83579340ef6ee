"""What a simulated conversation refuses, in the provider's words (protocol 4.3). Pure."""

from typing import Any

from octi.errors import BadMessage


def binary() -> BadMessage:
    """A message that is no text."""
    return BadMessage("Expected a text WebSocket message; binary frames are not supported.", code="invalid_event")


def not_answering() -> BadMessage:
    """A cancellation of nothing."""
    return BadMessage("Cancellation failed: no active response found", code="response_cancel_not_active")


def too_little(buffered_ms: float) -> BadMessage:
    """A commit of next to nothing."""
    return BadMessage(
        "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, "
        f"but buffer only has {buffered_ms:.2f}ms of audio.",
        code="input_audio_buffer_commit_empty",
    )


def still_answering(response_id: str) -> BadMessage:
    """A second response beside the active one."""
    return BadMessage(
        f"Conversation already has an active response in progress: {response_id}. "
        "Wait until the response is finished before creating a new one.",
        code="conversation_already_has_active_response",
    )


def error_of(error: BadMessage, event_id: str | None) -> dict[str, Any]:
    """The body of an error event; `event_id` is the client's own."""
    body = {"type": "invalid_request_error", "code": error.code, "message": error.problem}
    return {**body, "param": error.param, "event_id": event_id}
