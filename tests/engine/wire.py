"""What every client may rely on, checked event by event: fields and types (`check_event`), and order (`Order`).

From protocol.md 1.2 to 1.5, 4.4, 5.4, 5.5 and 7, independent of the engine's own code.
"""

from collections.abc import Callable, Mapping
from typing import Any

import attrs

Event = dict[str, Any]
Check = Callable[[Any], None]
Fields = Mapping[str, Check]


def text(value: object) -> None:
    assert isinstance(value, str)


def named(value: object) -> None:
    """An id, or another text that is never empty."""
    assert isinstance(value, str)
    assert 1 <= len(value) <= 512


def number(value: object) -> None:
    """Milliseconds, tokens, indices: whole and not negative (trap 20)."""
    assert type(value) is int
    assert value >= 0


def maybe(check: Check) -> Check:
    def either(value: object) -> None:
        if value is not None:
            check(value)

    return either


def one_of(*choices: object) -> Check:
    def among(value: object) -> None:
        assert value in choices

    return among


def fields(required: Fields, optional: Fields | None = None) -> Check:
    """An object with exactly these fields; the optional ones are absent rather than null (trap 19)."""
    optional = optional or {}

    def check(value: Any) -> None:
        assert isinstance(value, dict)
        assert required.keys() <= value.keys() <= required.keys() | optional.keys(), sorted(value)
        for name, each in value.items():
            (required.get(name) or optional[name])(each)

    return check


def every(check: Check) -> Check:
    def each(value: Any) -> None:
        assert isinstance(value, list)
        for part in value:
            check(part)

    return each


def pairs(value: Any) -> None:
    """Metadata: strings by strings."""
    assert all(isinstance(name, str) and isinstance(each, str) for name, each in value.items())


def rate(value: object) -> None:
    """The only one that may be shown (trap 13)."""
    assert type(value) is int
    assert value == 24000


def anything(value: object) -> None:
    """Not ours to check."""


CONTENT: Mapping[str, Check] = {
    "input_text": fields({"type": text, "text": text}),
    "input_audio": fields({"type": text, "transcript": maybe(text)}),  # the key is always there (trap 18)
    "input_image": fields({"type": text, "detail": text}),
    "output_text": fields({"type": text, "text": text}),
    "output_audio": fields({"type": text, "transcript": text}),
}
PARTS: Mapping[str, Check] = {  # other names than in an item (trap 17)
    "text": fields({"type": text, "text": text}),
    "audio": fields({"type": text, "transcript": text}),
}
STATUS = one_of("completed", "incomplete", "in_progress")
COMMON: Fields = {"id": named, "object": one_of("realtime.item"), "status": STATUS, "type": text}
ITEMS: Mapping[str, Check] = {
    "message": fields(
        {**COMMON, "role": one_of("user", "assistant", "system"), "content": every(lambda part: by_type(part, CONTENT))}
    ),
    "function_call": fields({**COMMON, "name": named, "call_id": named, "arguments": text}),
    "function_call_output": fields({**COMMON, "call_id": named, "output": text}),
}


def by_type(value: Any, checks: Mapping[str, Check]) -> None:
    assert value["type"] in checks
    checks[value["type"]](value)


def item(value: Any) -> None:
    by_type(value, ITEMS)


def part(value: Any) -> None:
    by_type(value, PARTS)


PCM = fields({"type": one_of("audio/pcm"), "rate": rate})
G711 = fields({"type": one_of("audio/pcmu", "audio/pcma")})  # at 8 kHz: there is no rate to show


def audio_format(value: Any) -> None:
    (PCM if value["type"] == "audio/pcm" else G711)(value)


CACHED = fields({"text_tokens": number, "audio_tokens": number, "image_tokens": number})
INPUT_DETAILS = {"text_tokens": number, "audio_tokens": number}
USAGE = fields(
    {
        "total_tokens": number,
        "input_tokens": number,
        "output_tokens": number,
        "input_token_details": fields(
            {
                **INPUT_DETAILS,
                "image_tokens": number,
                "cached_tokens": number,
                "cached_tokens_details": CACHED,
            }
        ),
        "output_token_details": fields(INPUT_DETAILS),
    }
)
TRANSCRIPTION_USAGE = fields(
    {
        "type": one_of("tokens"),
        "total_tokens": number,
        "input_tokens": number,
        "input_token_details": fields(INPUT_DETAILS),
        "output_tokens": number,
    }
)
PLAIN_ERROR = fields({"type": text, "code": text, "message": text})
TOKENS = one_of(*range(1, 4097), "inf")
RESPONSE = fields(
    {
        "object": one_of("realtime.response"),
        "id": named,
        "status": one_of("in_progress", "completed", "cancelled", "failed", "incomplete"),
        "status_details": maybe(
            fields(
                {"type": one_of("cancelled", "failed", "incomplete")},
                {"reason": one_of("turn_detected", "client_cancelled", "max_output_tokens"), "error": PLAIN_ERROR},
            )
        ),
        "output": every(item),
        "conversation_id": maybe(named),
        "output_modalities": one_of(["audio"], ["text"]),
        "max_output_tokens": TOKENS,
        "audio": fields({"output": fields({"format": audio_format, "voice": named})}),
        "usage": maybe(USAGE),
        "metadata": maybe(pairs),
    }
)
DETECTION: Mapping[str, Fields] = {
    "server_vad": {
        "threshold": anything,
        "prefix_padding_ms": number,
        "silence_duration_ms": number,
        "idle_timeout_ms": maybe(number),
    },
    "semantic_vad": {"eagerness": one_of("auto", "low", "medium", "high")},
}


def detection(value: Any) -> None:
    """Full, with both switches (trap 11)."""
    switches = {"create_response": one_of(True, False), "interrupt_response": one_of(True, False)}
    fields({"type": text, **DETECTION[value["type"]], **switches})(value)


SESSION = fields(
    {
        "type": one_of("realtime"),
        "object": one_of("realtime.session"),
        "id": named,
        "model": named,
        "output_modalities": one_of(["audio"], ["text"]),
        "instructions": text,
        "tools": every(anything),
        "tool_choice": anything,
        "max_output_tokens": TOKENS,
        "tracing": anything,
        "truncation": anything,
        "prompt": anything,
        "include": anything,
        "expires_at": number,
        "audio": fields(
            {
                "input": fields(
                    {
                        "format": audio_format,
                        "transcription": anything,
                        "noise_reduction": anything,
                        "turn_detection": maybe(detection),
                    }
                ),
                "output": fields({"format": audio_format, "voice": anything, "speed": anything}),
            }
        ),
    },
    {"parallel_tool_calls": one_of(True, False), "reasoning": anything},
)
IN_ITEM: Fields = {"item_id": named}
IN_CONVERSATION: Fields = {"item": item, "previous_item_id": maybe(named)}
IN_RESPONSE: Fields = {"response_id": named, "output_index": number}
IN_OUTPUT: Fields = {**IN_RESPONSE, **IN_ITEM}
IN_PART: Fields = {**IN_OUTPUT, "content_index": number}
IN_CALL: Fields = {**IN_OUTPUT, "call_id": named}
OF_WORDS: Fields = {**IN_ITEM, "content_index": number}
LIMIT = fields(
    {
        "name": one_of("requests", "tokens"),
        "limit": number,
        "remaining": number,
        "reset_seconds": number,
    }
)
ERROR = fields({"type": named, "code": named, "message": named, "param": maybe(named), "event_id": maybe(named)})

EVENTS: Mapping[str, Fields] = {
    "error": {"error": ERROR},
    "session.created": {"session": SESSION},
    "session.updated": {"session": SESSION},
    "conversation.item.added": IN_CONVERSATION,
    "conversation.item.done": IN_CONVERSATION,
    "conversation.item.retrieved": {"item": item},
    "conversation.item.deleted": IN_ITEM,
    "conversation.item.truncated": {**OF_WORDS, "audio_end_ms": number},
    "conversation.item.input_audio_transcription.delta": {**OF_WORDS, "delta": text},
    "conversation.item.input_audio_transcription.completed": {
        **OF_WORDS,
        "transcript": text,
        "usage": TRANSCRIPTION_USAGE,
    },
    "conversation.item.input_audio_transcription.failed": {**OF_WORDS, "error": PLAIN_ERROR},
    "input_audio_buffer.committed": {**IN_ITEM, "previous_item_id": maybe(named)},
    "input_audio_buffer.cleared": {},
    "input_audio_buffer.speech_started": {**IN_ITEM, "audio_start_ms": number},
    "input_audio_buffer.speech_stopped": {**IN_ITEM, "audio_end_ms": number},
    "input_audio_buffer.timeout_triggered": {**IN_ITEM, "audio_start_ms": number, "audio_end_ms": number},
    "response.created": {"response": RESPONSE},
    "response.done": {"response": RESPONSE},
    "response.output_item.added": {**IN_RESPONSE, "item": item},
    "response.output_item.done": {**IN_RESPONSE, "item": item},
    "response.content_part.added": {**IN_PART, "part": part},
    "response.content_part.done": {**IN_PART, "part": part},
    "response.output_text.delta": {**IN_PART, "delta": text},
    "response.output_text.done": {**IN_PART, "text": text},
    "response.output_audio.delta": {**IN_PART, "delta": text},
    "response.output_audio.done": IN_PART,
    "response.output_audio_transcript.delta": {**IN_PART, "delta": text},
    "response.output_audio_transcript.done": {**IN_PART, "transcript": text},
    "response.function_call_arguments.delta": {**IN_CALL, "delta": text},
    "response.function_call_arguments.done": {**IN_CALL, "name": named, "arguments": text},
    "rate_limits.updated": {"rate_limits": every(LIMIT)},
}


def check_event(event: Event) -> None:
    """Every field of an event's kind is there, and no other."""
    assert event["type"] in EVENTS, event["type"]
    fields({"type": text, "event_id": named, **EVENTS[event["type"]]})(event)


@attrs.define
class Speaking:
    """A response in the making, as a client follows it."""

    in_band: bool
    items: list[Event] = attrs.field(factory=list)  # as they were added, and then as they were done
    open: str | None = None  # the item that is not done yet
    part: str | None = None  # the kind of its open part
    said: str = ""


@attrs.define
class Order:
    """Follows a conversation, and fails on any event that is out of order."""

    events: set[str] = attrs.field(factory=set)
    responses: dict[str, Speaking] = attrs.field(factory=dict)
    over: set[str] = attrs.field(factory=set)
    conversation: dict[str, bool] = attrs.field(factory=dict)  # items that were added: are they done?
    promised: str | None = None  # an id that speech_started named

    def follow(self, event: Event) -> None:
        """The next event."""
        assert event["event_id"] not in self.events
        self.events.add(event["event_id"])
        kind: str = event["type"]
        if kind.startswith("response."):
            self._in_response(kind, event)
        elif kind.startswith("conversation.item."):
            self._in_conversation(kind.rpartition(".")[2], event)
        elif kind.startswith("input_audio_buffer."):
            self._in_buffer(kind.rpartition(".")[2], event)

    def _in_buffer(self, kind: str, event: Event) -> None:
        match kind:
            case "speech_started" | "timeout_triggered":
                self.promised = event["item_id"]
            case "speech_stopped":
                assert event["item_id"] == self.promised
            case "committed":
                assert self.promised in {None, event["item_id"]}
                self.promised = None
            case _:
                self.promised = None

    def _in_conversation(self, kind: str, event: Event) -> None:
        match kind:
            case "added":
                assert event["item"]["id"] not in self.conversation
                self._check_previous(event)
                self.conversation[event["item"]["id"]] = False
                assert all(speaker.in_band for speaker in self._speakers_of(event["item"]["id"]))
            case "done":
                assert self.conversation[event["item"]["id"]] is False
                self._check_previous(event)
                self.conversation[event["item"]["id"]] = True
            case "deleted":
                del self.conversation[event["item_id"]]
            case "retrieved":
                assert event["item"]["id"] in self.conversation
            case _:
                pass  # truncated, and what is told of a turn's words: of deleted items too

    def _check_previous(self, event: Event) -> None:
        previous = event["previous_item_id"]
        assert previous is None or previous in self.conversation
        assert previous != event["item"]["id"]

    def _speakers_of(self, item_id: str) -> list[Speaking]:
        return [speaker for speaker in self.responses.values() if speaker.open == item_id]

    def _in_response(self, kind: str, event: Event) -> None:
        if kind == "response.created":
            self._begins(event["response"])
        elif kind == "response.done":
            self._ends(event["response"])
        else:
            speaker = self.responses[event["response_id"]]
            assert event["output_index"] == len(speaker.items) - (kind != "response.output_item.added")
            if "item_id" in event:
                assert event["item_id"] == speaker.open
                assert event.get("content_index", 0) == 0
            self._in_item(kind.removeprefix("response."), event, speaker)

    def _begins(self, response: Event) -> None:
        assert response["id"] not in self.responses.keys() | self.over
        assert (response["status"], response["status_details"], response["usage"]) == ("in_progress", None, None)
        assert response["output"] == []
        in_band = response["conversation_id"] is not None
        assert not (in_band and any(speaker.in_band for speaker in self.responses.values()))
        self.responses[response["id"]] = Speaking(in_band)

    def _ends(self, response: Event) -> None:
        speaker = self.responses.pop(response["id"])
        self.over.add(response["id"])
        assert speaker.open is None
        assert [each["id"] for each in response["output"]] == [each["id"] for each in speaker.items]
        assert response["usage"] is not None
        assert (response["status"] == "completed") == (response["status_details"] is None)
        assert all(each["status"] != "in_progress" for each in response["output"])
        assert speaker.in_band == (response["conversation_id"] is not None)

    def _in_item(self, kind: str, event: Event, speaker: Speaking) -> None:
        match kind:
            case "output_item.added":
                assert speaker.open is None
                assert event["item"]["status"] == "in_progress"
                speaker.items.append(event["item"])
                speaker.open = event["item"]["id"]
            case "output_item.done":
                assert speaker.part is None
                assert event["item"]["id"] == speaker.open
                # the conversation's own event comes first (trap 22), unless the client has deleted the item
                assert self.conversation.get(event["item"]["id"], True)
                speaker.items[-1], speaker.open = event["item"], None
            case "content_part.added":
                assert speaker.part is None
                speaker.part, speaker.said = event["part"]["type"], ""
            case "content_part.done":
                assert event["part"]["type"] == speaker.part
                assert event["part"].get("text", event["part"].get("transcript")) == speaker.said
                speaker.part = None
            case "output_text.delta" | "output_audio_transcript.delta":
                speaker.said += event["delta"]
            case "output_text.done" | "output_audio_transcript.done":
                assert event.get("text", event.get("transcript")) == speaker.said
            case "function_call_arguments.delta":
                assert event["call_id"] == speaker.items[-1]["call_id"]
            case "function_call_arguments.done":
                assert (event["call_id"], event["name"]) == (speaker.items[-1]["call_id"], speaker.items[-1]["name"])
            case _:
                pass
        if kind.startswith("output_text"):
            assert speaker.part == "text"
        if kind.startswith("output_audio"):
            assert speaker.part == "audio"
