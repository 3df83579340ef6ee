"""The brain that asks a language model, over a scripted server."""

from contextlib import aclosing

import attrs
import pytest
import trio
from trio.testing import MockClock

from octi.engine.base import Call, Called, Line, Say
from octi.engine.brains.chat import SHOWN, open_chat
from octi.engine.server import Engine
from octi.errors import EngineFailed
from octi.websocket.memory import memory_legs
from tests.cuts import Cut, cut_everywhere
from tests.engine.brains.chat_server import (
    DONE,
    KEY,
    MODEL,
    PROMPT,
    STOP,
    Talk,
    event,
    streams,
    talking,
    words,
)
from tests.engine.fakes import Client, always
from tests.scripted_api import Behaviour, first, hangs, says, says_bytes, serving

ANSWER = streams(words("Good "), words("day. How"), words(" are you?"), STOP, DONE)
SAID = [Say("Good day."), Say("How are you?")]
BOOKING = [
    {"index": 0, "id": "x", "function": {"name": "book", "arguments": ""}},
    {"index": 0, "function": {"arguments": '{"people":'}},
    {"index": 0, "function": {"arguments": "2}"}},
]


async def failure_of(talk: Talk) -> EngineFailed:
    """How an answer fails of which nothing was said."""
    said, error = await talk.said_until(EngineFailed)
    assert said == []
    assert isinstance(error, EngineFailed)
    assert KEY not in f"{error} {error!r} {error.__cause__!r}"
    return error


async def test_an_answer_is_spoken_sentence_by_sentence(autojump_clock: MockClock) -> None:
    """Each as soon as it is complete, while the model is still at the next."""
    slow = streams(words("Good day. H"), 2, words("ow are you? "), 3, words("Well?"), 4, STOP, DONE)
    async with talking(slow) as talk:
        began = trio.current_time()
        heard = [(piece, trio.current_time() - began) async for piece in talk.brain.answer(PROMPT)]
    assert heard == [(Say("Good day."), 0), (Say("How are you?"), 5), (Say("Well?"), 9)]


async def test_the_server_is_asked_with_its_key() -> None:
    """And whatever the prompt holds; the address may be given with the path or without it."""
    for url in ("http://model.test/v1", "http://model.test/v1/chat/completions"):
        async with talking(ANSWER, url=url) as talk:
            assert await talk.answer() == SAID
        (asked,) = talk.api.asked
        assert (asked.method, asked.path, asked.headers["host"]) == ("POST", "/v1/chat/completions", "model.test")
        assert asked.headers["authorization"] == f"Bearer {KEY}"
        assert asked.json["model"] == "m"
        assert asked.json["messages"][-1] == {"role": "user", "content": "Hello"}
        assert asked.json["tools"][0]["function"]["name"] == "book"


async def test_a_function_is_called_and_its_result_spoken_of() -> None:
    """With what was said before it; the result is in the next question."""
    pieces = [{"choices": [{"delta": {"tool_calls": [part]}}]} for part in BOOKING]
    async with talking(streams(words("One moment."), *pieces, STOP), streams(words("Booked."), STOP)) as talk:
        assert await talk.answer() == [Say("One moment."), Call("book", {"people": 2})]
        done = (*PROMPT.history, Line("assistant", "One moment."), Called("c", "book", {"people": 2}, "ok"))
        assert await talk.answer(attrs.evolve(PROMPT, history=done)) == [Say("Booked.")]
    *_, calling, result = talk.api.asked[1].json["messages"]
    assert calling["tool_calls"][0]["function"] == {"name": "book", "arguments": '{"people":2}'}
    assert (result["role"], result["content"]) == ("tool", "ok")


async def test_an_answer_that_does_not_come_as_a_stream_is_spoken() -> None:
    """Some servers know no other."""
    whole = {"choices": [{"message": {"content": "Good day. How are you?"}, "finish_reason": "stop"}]}
    async with talking(says(200, whole, Content_Type="application/json")) as talk:
        assert await talk.answer() == SAID


@pytest.mark.parametrize(
    ("behaviour", "why", "retryable"),
    [
        (says(401, {"error": {"message": f"Incorrect API key provided: {KEY}."}}), "refuses OCTI_CHAT_KEY", False),
        (says(404, {"error": "model 'm' not found"}), "OCTI_CHAT_MODEL=m, or OCTI_CHAT_URL", False),
        (says(500, {"error": {"message": "out of memory"}}), "cannot answer now (HTTP 500: out of memory)", True),
        (says(502, "<html>"), "cannot answer now (HTTP 502, Bad Gateway)", True),
        (says(400, "x" * 100_000), "refuses the question (HTTP 400: xxx", False),
        (says(400, "x" * (SHOWN - 40) + KEY), "refuses the question", False),
        (says(200, "<html>", Content_Type="text/html"), "answers with text/html instead of a stream of events", False),
        (
            says(200, "{}", Content_Type="application/json", Content_Encoding="gzip"),
            "packs its answer as 'gzip'",
            False,
        ),
        (says(200, "nonsense", Content_Type="application/json"), "what is no chat completion", False),
        (says(200, {}, Content_Type="application/json"), "left before its answer was complete", True),
        (says_bytes(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), "does not speak HTTP as it should", False),
        (says_bytes(b""), "left before its answer was complete", True),
        (streams("nonsense"), "what is no chat completion", False),
        (streams({"error": {"message": f"no {KEY}"}}), "broke its answer off (no ***)", True),
        (streams(b"zzz\r\n"), "does not speak HTTP as it should", False),
        (streams(words("Half a sent")), "left before its answer was complete", True),
    ],
)
async def test_a_failure_is_told_in_words(
    autojump_clock: MockClock, behaviour: Behaviour, why: str, retryable: bool
) -> None:
    """Whose, which, whether it may pass, and never the key."""
    async with talking(behaviour) as talk:
        error = await failure_of(talk)
    assert error.why.startswith("the language model at model.test ")
    assert why in error.why
    assert error.retryable is retryable
    assert len(error.why) < SHOWN + 50
    assert len(talk.api.asked) == 1 + retryable  # what may pass is asked once more


async def test_an_answer_of_nothing_is_not_asked_for_again() -> None:
    """The model has had its say."""
    async with talking(streams(words("👍"), DONE)) as talk:
        assert "says nothing" in (await failure_of(talk)).why
    assert len(talk.api.asked) == 1


async def test_a_server_that_is_not_there_is_told() -> None:
    """On a real network, by its own reason."""
    async with serving(hangs) as api:
        pass
    async with open_chat(attrs.evolve(MODEL, url=api.url)) as brain:
        with pytest.raises(EngineFailed, match=r"the language model at 127.0.0.1:\d+ cannot be reached \(.*refused"):
            await anext(brain.answer(PROMPT))


async def test_a_password_in_the_address_is_used_and_not_told() -> None:
    """Where there is no key."""
    async with talking(says(401, "no me:hush"), url="http://me:hush@model.test:80/v1", key="") as talk:
        error = await failure_of(talk)
    assert talk.api.asked[0].headers["authorization"].startswith("Basic ")
    assert "OCTI_CHAT_KEY is not set" in error.why
    assert "hush" not in f"{error.why} {talk.brain!r}"


async def test_what_was_said_stays_said(autojump_clock: MockClock) -> None:
    """Half a sentence was not, and nothing is said twice: there is no second try then."""
    async with talking(streams(words("Good day. How a"), end=b"")) as talk:
        said, error = await talk.said_until(EngineFailed)
    assert said == [Say("Good day.")]
    assert "left before its answer was complete" in str(error)
    assert len(talk.api.asked) == 1


async def test_a_limited_server_is_asked_again_when_it_says(autojump_clock: MockClock) -> None:
    """Once."""
    limited = says(429, {"error": {"message": "slow down"}}, Retry_After="7")
    async with talking(limited, ANSWER) as talk:
        began = trio.current_time()
        assert await talk.answer() == SAID
        assert trio.current_time() - began == 7
    async with talking(limited, limited, ANSWER) as talk:
        error = await failure_of(talk)
    assert "is at its limit, again in 7 s (HTTP 429: slow down)" in error.why
    assert error.retryable


async def test_a_wait_beyond_the_deadline_is_not_begun(autojump_clock: MockClock) -> None:
    """The user is told at once."""
    async with talking(says(429, Retry_After="61"), ANSWER) as talk:
        began = trio.current_time()
        await failure_of(talk)
        assert trio.current_time() == began


async def test_a_server_that_was_away_for_a_moment_is_asked_again(autojump_clock: MockClock) -> None:
    """As long as nothing was said."""
    for trouble in (says(503), says_bytes(b""), streams(words("Go"), end=b""), streams({"error": "gone"})):
        async with talking(trouble, ANSWER) as talk:
            assert await talk.answer() == SAID


@pytest.mark.parametrize("silent", [hangs, first(streams(50, words("<think>x"), end=b""), hangs)])
async def test_an_answer_has_a_deadline(autojump_clock: MockClock, silent: Behaviour) -> None:
    """For all of it: a model that thinks for long is waited for until then, and not asked again."""
    async with talking(silent, ANSWER, answer_s=60.0) as talk:
        began = trio.current_time()
        error = await failure_of(talk)
        assert trio.current_time() - began == 60
        await talk.api.wait_alone()
    assert "did not answer within 60 s" in error.why
    assert error.retryable


async def test_the_time_that_the_listener_takes_is_not_the_models(autojump_clock: MockClock) -> None:
    """A slow client does not make a quick model late."""
    async with talking(ANSWER, answer_s=1.0) as talk, aclosing(talk.brain.answer(PROMPT)) as pieces:
        assert await anext(pieces) == SAID[0]
        await trio.sleep(100)
        assert [piece async for piece in pieces] == SAID[1:]


async def test_a_model_must_not_fall_silent_in_its_answer(autojump_clock: MockClock) -> None:
    """Comments that keep a connection alive are no words."""
    alive = [5, b"10\r\n: still there..\n\r\n"] * 5
    async with talking(streams(words("Good day. How"), *alive), idle_s=15.0) as talk:
        began = trio.current_time()
        said, error = await talk.said_until(EngineFailed)
        assert trio.current_time() - began == 15
    assert said == [Say("Good day.")]
    assert "fell silent for 15 s" in str(error)


async def test_an_answer_without_an_end_is_left(autojump_clock: MockClock) -> None:
    """When it is longer than anyone listens."""
    async with talking(first(streams(*[words("On and on. " * 100)] * 100, end=b""), hangs)) as talk:
        said = await talk.answer()
        await talk.api.wait_alone()
    assert 500 < len(said) < 1000


async def test_nobody_waits_for_what_follows_the_end(autojump_clock: MockClock) -> None:
    """The reason to stop is the end, whatever else the server has on its mind."""
    async with talking(streams(words("Yes."), STOP, 99, DONE)) as talk:
        began = trio.current_time()
        assert await talk.answer() == [Say("Yes.")]
        assert trio.current_time() == began


@pytest.mark.parametrize("behaviour", [hangs, first(streams(2, words("Good d"), end=b""), hangs)])
async def test_a_cancelled_answer_hangs_up_at_once(autojump_clock: MockClock, behaviour: Behaviour) -> None:
    """The server sees it, and need not compute on: before its answer's head, and in the middle of a sentence."""
    async with talking(behaviour) as talk:
        with trio.move_on_after(3) as scope:
            async with aclosing(talk.brain.answer(PROMPT)) as pieces:
                await anext(pieces)
        assert scope.cancelled_caught
        cancelled_at = trio.current_time()
        await talk.api.wait_alone()
        assert trio.current_time() == cancelled_at
        assert all(stream.closed for stream in talk.network.near)


async def test_an_answer_that_is_not_heard_out_hangs_up_at_once(autojump_clock: MockClock) -> None:
    """As when a listener turns away between two sentences."""
    async with talking(first(streams(words("Good day. How"), end=b""), hangs)) as talk:
        async with aclosing(talk.brain.answer(PROMPT)) as pieces:
            assert await anext(pieces) == SAID[0]
        left_at = trio.current_time()
        await talk.api.wait_alone()
        assert trio.current_time() == left_at


async def test_answers_run_side_by_side(autojump_clock: MockClock) -> None:
    """Each over a connection of its own."""
    slow = streams(1, words("Yes."), STOP)
    async with talking(slow) as talk:
        began = trio.current_time()
        async with trio.open_nursery() as nursery:
            for _ in range(10):
                nursery.start_soon(talk.answer)
        assert trio.current_time() - began == 1


async def test_a_response_that_is_cancelled_hangs_up_at_once(autojump_clock: MockClock) -> None:
    """In the engine's own hands; and one that fails says why, behind what was said."""
    first_one = first(streams(words("Good day. How"), end=b""), hangs)
    near, far = memory_legs()
    async with talking(first_one, streams(words("Good day. How"), end=b"")) as talk, trio.open_nursery() as nursery:
        nursery.start_soon(Engine(None, always(talk.brain), lambda: 0.0).converse, far, "gpt-realtime")
        client = Client(near)
        client.send({"type": "response.create"})
        await client.next("response.output_text.delta")
        client.send({"type": "response.cancel"})
        done = await client.next("response.done")
        left_at = trio.current_time()
        await talk.api.wait_alone()
        assert trio.current_time() == left_at
        client.send({"type": "response.create"})
        failed = await client.next("response.done")
        await near.close(1000, "bye")
    assert done["response"]["status"] == "cancelled"
    assert failed["response"]["status"] == "failed"
    assert failed["response"]["output"][0]["content"][0]["text"] == "Good day."
    assert "the language model at model.test left" in failed["response"]["status_details"]["error"]["message"]


async def cut_talk(cut: Cut, url: str) -> None:
    """An answer after a retry, with a second call to come; whatever is cut, no connection stays."""
    events = b"".join(map(event, (words("Good day. "), words("How are you?"))))
    behaviours = (says(503), streams(events, 1, STOP))
    async with talking(*behaviours, url=url) as talk:
        said = []
        async with cut, aclosing(talk.brain.answer(PROMPT)) as pieces:
            async for piece in pieces:
                await trio.lowlevel.checkpoint()
                said.append(piece)
        assert said == SAID or cut.was_cut
        assert all(stream.closed for stream in talk.network.near)
        await talk.api.wait_alone()


@pytest.mark.parametrize("url", ["http://model.test/v1", "https://localhost/v1"])
def test_an_answer_can_be_cancelled_anywhere(url: str) -> None:
    """At each of its steps, in plain and in TLS: it ends at once, and its connection is closed."""

    async def scenario(cut: Cut) -> None:
        await cut_talk(cut, url)

    report = cut_everywhere(scenario)
    assert report.steps > 15
    assert report.slowest == 0
