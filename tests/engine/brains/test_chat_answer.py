"""The pieces of an answer, put together."""

from typing import Any

import msgspec
import pytest

from octi.engine.base import Call, Say
from octi.engine.brains.chat_answer import DONE, MOST_ARGUMENTS, MOST_CALLS, MOST_CHARACTERS, Reply
from octi.engine.brains.chat_faults import ChatFault

STOP = {"choices": [{"delta": {}, "finish_reason": "stop"}]}


def words(text: object, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": text, **more}, "finish_reason": None}]}


def calls(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"choices": [{"delta": {"tool_calls": list(parts)}}]}


def part(name: str | None = None, arguments: object = None, **place: object) -> dict[str, Any]:
    return {**place, "type": "function", "function": {"name": name, "arguments": arguments}}


def reply_to(*events: object) -> list[Say | Call]:
    """All that comes of some events, of which the last ends the answer."""
    reply = Reply({"a", "b"})
    said: list[Say | Call] = []
    for event in events:
        said += reply.take(event if isinstance(event, str) else msgspec.json.encode(event))
    return said + reply.end()


def test_a_sentence_is_given_when_it_is_complete() -> None:
    """The last one at the end."""
    reply = Reply()
    pieces = [words("Hel"), words("lo. "), words("How"), words(" are you")]
    assert [reply.take(msgspec.json.encode(piece)) for piece in pieces] == [[], [], [Say("Hello.")], []]
    assert (reply.take(msgspec.json.encode(STOP)), reply.over) == ([], True)
    assert reply.end() == [Say("How are you.")]


@pytest.mark.parametrize("end", [STOP, DONE])
def test_an_answer_ends_with_a_reason_or_the_word_for_it(end: object) -> None:
    """Servers do either or both."""
    assert reply_to(words("Yes"), end) == [Say("Yes.")]


def test_what_is_no_word_is_passed_over() -> None:
    """Roles, thoughts, token counts; parts that are not text."""
    assert reply_to(
        {"choices": [], "usage": None},
        words(None, role="assistant", reasoning_content="Hm. Hm.", reasoning="Hm."),
        words("<think>Hm. "),
        words(
            [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"type": "text", "text": "</think>Y"}]
        ),
        words("es"),
        STOP,
    ) == [Say("Yes.")]


def test_a_model_may_think_for_long_before_it_is_heard() -> None:
    """Thoughts count for nothing, neither as words nor as too many of them."""
    reply = Reply()
    for text in ["<think>", *["x" * MOST_CHARACTERS] * 3]:
        assert reply.take(msgspec.json.encode(words(text))) == []
    assert (reply.heard, reply.over) == (False, False)
    assert reply.take(msgspec.json.encode(words("</think>Yes."))) == []
    assert reply.heard


def test_a_refusal_is_said() -> None:
    """The model's, in its own words."""
    assert reply_to(words(None, refusal="I cannot do that."), STOP) == [Say("I cannot do that.")]


def test_an_answer_that_does_not_come_as_a_stream_is_an_answer() -> None:
    """From servers that know no other."""
    call = part("a", '{"x":1}', id="c")
    message = {"role": "assistant", "content": "Yes. No.", "tool_calls": [call]}
    assert reply_to({"choices": [{"message": message, "finish_reason": "stop"}]}) == [
        Say("Yes."),
        Say("No."),
        Call("a", {"x": 1}),
    ]


@pytest.mark.parametrize(
    "events",
    [
        [calls(part("a", "", index=0, id="x")), calls(part(None, '{"n"', index=0)), calls(part(None, ":1}", index=0))],
        [calls(part("a", '{"n"', index=0, id="x")), calls(part("a", ":1}", index=0, id="x"))],
        [calls(part("a", '{"n"', id="x")), calls(part("", ":1}", id="x"))],
        [calls(part("a", '{"n"')), calls(part(None, ":1}"))],
        [calls(part("a", {"n": 1}, index=0))],
    ],
)
def test_a_call_is_put_together(events: list[object]) -> None:
    """From pieces with or without numbers, ids, and names again; or all at once."""
    assert reply_to(words("Wait"), *events, STOP) == [Say("Wait."), Call("a", {"n": 1})]


@pytest.mark.parametrize(
    "events",
    [
        [calls(part("a", "{", index=0, id="x"), part("b", "{", index=1, id="y")),
         calls(part(None, "}", index=1)), calls(part(None, "}", index=0))],
        [calls(part("a", "{}", index=0, id="x")), calls(part("b", "{", index=0, id="y")),
         calls(part(None, "}", index=0))],
        [calls(part("a", "{}", id="x")), calls(part("b", "{}", id="y"))],
        [calls(part("a", "{}")), calls(part("b", "{}"))],
        [calls(part("a"), part("b"))],
    ],
)  # fmt: skip
def test_calls_that_are_made_at_once_are_told_apart(events: list[object]) -> None:
    """By number, by id where all have one number, by name where there is nothing else. No arguments are none."""
    assert reply_to(*events, STOP) == [Call("a", {}), Call("b", {})]


@pytest.mark.parametrize("arguments", ['{"n":', "[1]", "7", "x", "{}{}", "[" * 5000])
def test_arguments_that_are_no_json_object_are_told(arguments: str) -> None:
    """With the function's name."""
    with pytest.raises(ChatFault, match="calls a with arguments that are not a JSON object") as caught:
        reply_to(calls(part("a", arguments)), STOP)
    assert caught.value.retryable


def test_a_function_that_nobody_declared_is_not_called() -> None:
    """Models make names up."""
    with pytest.raises(ChatFault, match="a function that there is not: 'c'"):
        reply_to(calls(part("c", "{}")), STOP)


def test_calls_are_bounded() -> None:
    """In number and in size."""
    for event in (calls(part("a", "x" * (MOST_ARGUMENTS + 1))), calls(*[part("a")] * (MOST_CALLS + 1))):
        with pytest.raises(ChatFault, match="without an end"):
            reply_to(event)


def test_an_answer_is_bounded() -> None:
    """It ends with the last sentence that is whole, as if the model had stopped there."""
    reply = Reply()
    said = []
    while not reply.over:
        said += reply.take(msgspec.json.encode(words("And so it goes on. " * 50)))
    assert reply.end() == []
    assert MOST_CHARACTERS - 40 < sum(len(say.text) + 1 for say in said) <= MOST_CHARACTERS
    assert {say.text for say in said} == {"And so it goes on."}


@pytest.mark.parametrize(
    ("reason", "why"),
    [("length", "token limit"), ("content_filter", "content filter"), ("stop", "says nothing")],
)
def test_an_answer_of_nothing_is_none(reason: str, why: str) -> None:
    """A picture is nothing either."""
    with pytest.raises(ChatFault, match=why):
        reply_to(words("👍\n"), {"choices": [{"delta": {}, "finish_reason": reason}]})


def test_an_answer_that_breaks_off_is_told() -> None:
    """Half a sentence is not said, and half a call not made."""
    with pytest.raises(ChatFault, match="left before its answer was complete"):
        reply_to(words("Half a sent"), calls(part("a", "{}")))


@pytest.mark.parametrize(
    "event",
    [
        {"error": {"message": "out of memory", "code": 500}},
        {"error": "out of memory"},
        {"object": "error", "message": "out of memory"},
    ],
)
def test_an_error_in_the_stream_is_told(event: object) -> None:
    """As servers say it that have sent their status long ago."""
    with pytest.raises(ChatFault, match=r"broke its answer off \(out of memory\)"):
        reply_to(words("One. "), event)
    with pytest.raises(ChatFault, match="does not say why"):
        reply_to({"error": {"no": "words"}})


@pytest.mark.parametrize("event", ["", "nonsense", "[1]", '{"choices":7}', '{"choices":[{"delta":"x"}]}'])
def test_what_is_no_chat_completion_is_told(event: str) -> None:
    """It will be none the next time."""
    with pytest.raises(ChatFault, match="what is no chat completion") as caught:
        reply_to(event)
    assert not caught.value.retryable
