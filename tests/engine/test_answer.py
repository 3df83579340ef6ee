"""One response's events, without a conversation around it. Their order is checked by `tests.engine.wire`."""

from typing import Any

import attrs
import pytest

from octi.engine.answer import Answer
from octi.engine.formats import open_outlet
from octi.engine.items import Conversation, truncate, user_voice
from octi.units import pcm_bytes
from tests.engine.fakes import every, kinds, only, spoken_bytes
from tests.engine.wire import Event, Order, check_event


@attrs.define
class Listening:
    """Takes events, numbers them as the conversation does, and checks them."""

    events: list[Event] = attrs.field(factory=list)
    _order: Order = attrs.field(factory=Order)

    def __call__(self, kind: str, **fields: Any) -> None:
        event = {"type": kind, "event_id": f"event_{len(self.events)}", **fields}
        check_event(event)
        self._order.follow(event)
        self.events.append(event)


def answer(told: Listening, *, audible: bool = True, in_band: bool = True) -> Answer:
    talk = Conversation() if in_band else None
    found = Answer(told, talk, "conv_1" if in_band else None, audible=audible, voice="ash", metadata={"a": "b"})
    found.begin()
    return found


@pytest.mark.parametrize("in_band", [True, False])
@pytest.mark.parametrize("audible", [True, False])
def test_an_answer_closes_what_it_opened(*, audible: bool, in_band: bool) -> None:
    """Spoken or written, in the conversation or out of band."""
    told = Listening()
    speaker = answer(told, audible=audible, in_band=in_band)
    speaker.words("One.")
    if audible:
        speaker.sound(bytes(pcm_bytes(500)))
    speaker.words(" Two.")
    speaker.end("completed")
    done = only(told.events, "response.done")["response"]
    assert (done["status"], done["status_details"], done["metadata"]) == ("completed", None, {"a": "b"})
    assert done["conversation_id"] == ("conv_1" if in_band else None)
    assert done["audio"]["output"]["voice"] == "ash"
    key = "transcript" if audible else "text"
    assert done["output"][0]["content"] == [{"type": "output_audio" if audible else "output_text", key: "One. Two."}]
    assert ("conversation.item.added" in kinds(told.events)) == in_band


def test_an_answer_that_is_done_takes_no_more() -> None:
    """Whoever made it may learn of its end a moment later."""
    told = Listening()
    speaker = answer(told)
    speaker.words("One.")
    speaker.end("cancelled", "turn_detected")
    ended = len(told.events)
    speaker.words(" Two.")
    speaker.sound(bytes(2))
    speaker.call("f", {})
    speaker.end("completed")
    assert len(told.events) == ended


def test_an_end_says_why() -> None:
    """The reason of a cancel, the error of a failure; what does not apply is absent."""
    for status, reason, error, details in (
        ("cancelled", "client_cancelled", None, {"type": "cancelled", "reason": "client_cancelled"}),
        (
            "failed",
            None,
            {"type": "server_error", "code": "x", "message": "y"},
            {"type": "failed", "error": {"type": "server_error", "code": "x", "message": "y"}},
        ),
    ):
        told = Listening()
        speaker = answer(told)
        speaker.words("One.")
        speaker.end(status, reason, error)
        done = only(told.events, "response.done")["response"]
        assert done["status_details"] == details
        assert done["output"][0]["status"] == "incomplete"


def test_a_call_closes_the_message_before_it() -> None:
    """As completed, though the answer may be cut later."""
    told = Listening()
    speaker = answer(told)
    speaker.words("One.")
    speaker.call("f", {"a": 1})
    speaker.end("cancelled", "client_cancelled")
    output = only(told.events, "response.done")["response"]["output"]
    assert [(item["type"], item["status"]) for item in output] == [
        ("message", "completed"),
        ("function_call", "completed"),
    ]
    assert output[1]["arguments"] == '{"a":1}'


def test_an_item_stands_behind_what_the_conversation_ends_with() -> None:
    """When it opens, and still when it is done, if something came in between."""
    told, talk = Listening(), Conversation()
    speaker = Answer(told, talk, "conv_1", audible=False, voice="ash")
    speaker.begin()
    speaker.words("One.")
    late = user_voice("early")
    talk.add(late, "root")
    told("conversation.item.added", item=late.wire(), previous_item_id=None)
    speaker.end("completed")
    assert [event["previous_item_id"] for event in told.events if "previous_item_id" in event] == [None, None, "early"]


def test_what_was_truncated_while_it_was_made_stays_so() -> None:
    """The events tell what was made, the item what was heard; both lengths count from the right one."""
    told = Listening()
    speaker = answer(told)
    speaker.words("one two three four")
    speaker.sound(bytes(pcm_bytes(1800)))
    (entry,) = speaker.items
    truncate(entry, 1000)
    speaker.words(" five")
    speaker.sound(bytes(pcm_bytes(200)))
    speaker.end("completed")
    assert (entry.words, entry.audio_ms) == ("one two", 1000)
    assert only(told.events, "response.output_audio_transcript.done")["transcript"] == "one two three four five"
    usage = only(told.events, "response.done")["response"]["usage"]
    assert usage["output_token_details"]["audio_tokens"] == 2000 // 50


def test_a_voice_of_no_sound_has_a_length() -> None:
    """Nothing of it can be heard, but it is the agent's voice: it can be truncated to nothing."""
    speaker = answer(Listening())
    speaker.words("…")
    assert speaker.items[0].audio_ms == 0


def test_usage_counts_what_was_read_and_said() -> None:
    """Text by four letters, voice by 50 ms, over all items; the sums agree."""
    told = Listening()
    speaker = answer(told)
    speaker.read("x" * 40, [])
    for _ in range(2):
        speaker.words("x" * 8)
        speaker.sound(bytes(pcm_bytes(500)))
        speaker.call("f", {})
    speaker.end("completed")
    usage = only(told.events, "response.done")["response"]["usage"]
    assert usage["input_tokens"] == usage["input_token_details"]["text_tokens"] == 10
    assert usage["output_token_details"] == {"text_tokens": 2 * 2 + 2 * 1, "audio_tokens": 20}
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"] == 10 + 26


def test_a_voice_is_told_in_the_answers_format_and_measured_in_its_own() -> None:
    """A byte for three samples; what makes no byte is not told by itself."""
    told = Listening()
    speaker = Answer(told, None, None, audible=True, voice="ash", format="audio/pcma", encode=open_outlet("audio/pcma"))
    speaker.begin()
    for _ in range(10):
        speaker.sound(bytes(pcm_bytes(100)))
    speaker.sound(b"\0\0")
    assert speaker.items[0].audio_ms == 1000
    assert spoken_bytes(told.events) == 8000
    assert len(every(told.events, "response.output_audio.delta")) == 10
    speaker.end("completed")
    response = only(told.events, "response.done")["response"]
    assert response["audio"]["output"]["format"] == {"type": "audio/pcma"}
    assert response["usage"]["output_token_details"]["audio_tokens"] == 20


def test_an_answer_knows_what_it_can_afford() -> None:
    """Over all its items; without a limit, everything."""
    speaker = answer(Listening())
    assert speaker.fits("x" * 10**6, 10**6)
    speaker.max_output_tokens = 4
    assert speaker.fits("x" * 8, 100)
    assert not speaker.fits("x" * 9, 100)
    speaker.words("x" * 6)
    speaker.sound(bytes(pcm_bytes(50)))
    assert speaker.fits("x" * 2, 50)
    assert not speaker.fits("x" * 3, 50)
    assert speaker.affords({})
    assert not speaker.affords({"a": 1})
    speaker.call("f", {})
    assert speaker.fits("")
    assert not speaker.fits("x")


def test_it_is_known_which_item_is_being_said() -> None:
    """None before its first word, none after a call."""
    speaker = answer(Listening())
    assert speaker.speaks == ""
    speaker.words("One.")
    assert speaker.speaks == speaker.items[0].id
    speaker.call("f", {})
    assert speaker.speaks == ""
