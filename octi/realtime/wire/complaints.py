"""What the codes of a Realtime `error` event mean, where octi's engine is the server. Pure."""

from collections.abc import Mapping

CODES: Mapping[str, str] = {
    "invalid_event": "a binary message: all events are text",
    "invalid_json": "no JSON, or more than 64 levels of it",
    "invalid_value": "a value that is none of those there are: an unknown `type` of event as well",
    "invalid_type": "a value of another type",
    "unknown_parameter": "a field that there is not; a `session.update` is discarded whole",
    "missing_required_parameter": "a field that has to be there",
    "integer_below_min_value": "too small; also an audio format's rate that is not 24000",
    "integer_above_max_value": "too large",
    "decimal_below_min_value": "too small",
    "decimal_above_max_value": "too large",
    "string_below_min_length": "too short",
    "string_above_max_length": "too long: a text, an item (1 MiB), a session (1 MiB), or audio in one event (15 MiB)",
    "array_below_min_length": "too few",
    "array_above_max_length": "too many",
    "object_above_max_length": "too many fields",
    "input_audio_buffer_commit_empty": "less than 100 ms of audio to commit",
    "conversation_already_has_active_response": "one answer at a time: wait for its `response.done`. Harmless",
    "response_cancel_not_active": "nothing to cancel. Harmless",
    "too_many_active_responses": "32 responses are in progress, out of band",
    "item_create_duplicate_item_id": "an item with that id is there already",
    "item_create_invalid_previous_item_id": "no such `previous_item_id`",
    "item_retrieve_invalid_item_id": "no such item",
    "item_truncate_invalid_item_id": "no such item",
    "item_delete_invalid_item_id": "no such item",
    "invalid_tool_call_id": "the output of a call that nobody made",
    "cannot_update_voice": "the agent has spoken already",
    "conversation_too_long": "2000 items, or 16 MiB that the client wrote",
    "too_much_audio": "30 MiB of audio in items wait to be recognised",
    "engine_missing": "the speech engine is not installed: typed conversations work",
    "invalid_model": "the socket's address names a model that is not there, or one for a transcription session",
}
"""By `error.code`. A provider has others besides."""
