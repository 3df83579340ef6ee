"""What the provider counted, summed."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.realtime.events import Opaque, Response, ResponseDone, UserWords
from octi.realtime.usage import Usage, read_usage
from tests.wire.conversations import provider_events

COUNTED = {
    "total_tokens": 30,
    "input_tokens": 20,
    "output_tokens": 10,
    "input_token_details": {"text_tokens": 5, "audio_tokens": 15, "cached_tokens_details": {"text_tokens": 3}},
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc") | st.text(max_size=3), inner),
    max_leaves=8,
)


def done(response: str, usage: Any, status: str = "completed", conversation: str | None = "c") -> ResponseDone:
    return ResponseDone(Response(response, status, conversation_id=conversation, usage=usage))


def usage_of(*events: ResponseDone | UserWords) -> Usage:
    usage = Usage()
    for event in events:
        usage.fold(event)
    return usage


def test_responses_are_summed_number_by_number() -> None:
    """However deep the provider nests them."""
    assert usage_of(done("r1", COUNTED), done("r2", COUNTED)).as_json() == {
        "responses": 2,
        "total_tokens": 60,
        "input_tokens": 40,
        "output_tokens": 20,
        "input_token_details": {"text_tokens": 10, "audio_tokens": 30, "cached_tokens_details": {"text_tokens": 6}},
        "transcription": {},
    }


def test_a_response_counts_once() -> None:
    usage = usage_of(done("r1", COUNTED), done("r1", COUNTED))
    assert (usage.as_json()["responses"], usage.as_json()["total_tokens"]) == (1, 30)


def test_cancelled_and_out_of_band_responses_count() -> None:
    """They are billed."""
    usage = usage_of(done("r1", COUNTED, "cancelled"), done("r2", COUNTED, conversation=None))
    assert usage.as_json()["total_tokens"] == 60


def test_responses_without_an_id_all_count() -> None:
    assert usage_of(done("", COUNTED), done("", COUNTED)).as_json()["total_tokens"] == 60


def test_tokens_are_the_sum_that_the_provider_told() -> None:
    """Of all responses; none where it tells no such sum."""
    assert usage_of(done("r1", {"total_tokens": 20}), done("r2", {"total_tokens": 5})).tokens == 25
    assert usage_of(done("r1", {"seconds": 1.5})).tokens == 0


def test_transcription_is_billed_apart() -> None:
    """By tokens or by time; each turn once."""
    tokens = {"type": "tokens", "total_tokens": 20, "input_token_details": {"audio_tokens": 15}}
    duration = {"type": "duration", "seconds": 1.5}
    words = [UserWords("u1", "a", tokens), UserWords("u1", "a", tokens), UserWords("u2", "b", duration)]
    assert usage_of(*words, UserWords("u3", "c", duration)).as_json() == {
        "responses": 0,
        "transcription": {"total_tokens": 20, "input_token_details": {"audio_tokens": 15}, "seconds": 3.0},
    }


def test_a_sum_goes_on_from_what_was_stored() -> None:
    events = (done("r1", COUNTED), UserWords("u1", "a", {"seconds": 0.5}))
    usage = read_usage(msgspec.json.encode(usage_of(*events).as_json()).decode())
    usage.fold(done("r2", COUNTED))
    usage.fold(UserWords("u2", "b", {"seconds": 0.25}))
    found = usage.as_json()
    assert (found["responses"], found["total_tokens"], found["transcription"]) == (2, 60, {"seconds": 0.75})


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", "{", '{"responses":"x","transcription":[]}', '{"responses":-1}', "[" * 100_000]
)
def test_what_is_no_sum_is_nothing(text: str) -> None:
    assert read_usage(text).as_json() == {"responses": 0, "transcription": {}}


@pytest.mark.parametrize("garbage", [None, "x", [1], 5, {"a": "x", "b": None, "c": True, "d": -1, "e": 0.5, "f": [1]}])
def test_what_is_no_number_is_left_out(garbage: Any) -> None:
    usage = usage_of(done("r1", garbage), done("r2", COUNTED), done("r3", garbage))
    assert usage.as_json() == usage_of(done("r2", COUNTED)).as_json() | {"responses": 3}


def test_a_count_written_as_a_fraction_is_a_whole_number() -> None:
    total = usage_of(done("r1", {"total_tokens": 12.0})).as_json()["total_tokens"]
    assert (total, type(total)) == (12, int)


@given(st.lists(JSON, max_size=5), JSON)
def test_whatever_is_counted_can_be_stored_and_read(counted: list[Any], words: Any) -> None:
    usage = usage_of(*(done(f"r{number}", found) for number, found in enumerate(counted)), UserWords("u", "", words))
    stored = usage.as_json()
    assert stored["responses"] == len(counted)
    assert read_usage(msgspec.json.encode(stored).decode()).as_json() == stored


def test_other_events_count_nothing() -> None:
    usage = Usage()
    usage.fold(Opaque("vendor.usage"))
    assert usage.as_json()["responses"] == 0


def test_a_recorded_conversation_is_counted() -> None:
    usage = Usage()
    for _, event in provider_events("barge_in"):
        usage.fold(event)
    assert usage.as_json()["responses"] == 2
    assert usage.as_json()["transcription"]["total_tokens"] == 40
