"""Whole conversations as traces: which spans there are, what they are parts of, and that nothing secret is in them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import attrs
import msgspec
import trio
from trio.testing import MockClock

from octi.observe.base import current_span, in_span
from octi.realtime.octi_protocol import OctiDoor
from octi.realtime.passthrough import RealtimeDoor
from octi.records import SessionRecord
from octi.session.door import Door
from octi.session.run import run_session
from octi.session.tools import NoTools
from octi.store.memory import MemoryStore
from octi.units import SessionId
from octi.upstream.base import Upstream
from octi.websocket.memory import memory_legs
from tests.observe.spans import Spans, about, failed, when
from tests.providers import MORNING, VOICE, legs_to, net_to
from tests.session.talks import ID, Client, new_session

CALLED = ["chat", "simulated", "m"]
SLOWLY = "latency = { first_audio_ms = 300, pace = 1.0 }"
LOOKING = f"""
{SLOWLY}
[[turn]]
heard = "Who am I?"
call = {{ name = "look_up", arguments = {{ who = "me" }} }}

[[turn]]
on = "look_up"
say = "You are Ada."
"""
TWICE = f"""
{SLOWLY}
[[turn]]
heard = "Hello?"
say = "Good morning to you and to all who are with you today."

[[turn]]
heard = "Stop!"
say = "Yes."
"""
BROKEN = f"""
{SLOWLY}
[[turn]]
heard = "Hello?"
say = "Good morning."
faults = [{{ kind = "failed", code = "server_error", message = "the model said sk-secret" }}]
"""
REFUSING = """
[[faults]]
path = "/v1/realtime*"
times = 9
status = 401
body = { error = { message = "invalid api key" } }
"""
LOST = f"""
{SLOWLY}
[[turn]]
heard = "Hello?"
say = "I am about to tell you"
faults = [{{ kind = "close", reason = "out of memory", after_audio_ms = 400 }}]
"""


class LookUp(NoTools):
    """Takes a second to find out who one is."""

    def declarations(self, session: SessionRecord) -> Sequence[dict[str, Any]]:
        return [{"type": "function", "name": "look_up", "parameters": {"type": "object"}}]

    async def call(self, session: SessionId, name: str, arguments: str) -> str:
        inside = current_span().begin("inside")
        try:
            await trio.sleep(1)
        finally:
            inside.end()
        return '{"name":"Ada"}'


@asynccontextmanager
async def traced(
    upstream: Upstream, spans: Spans, door: Door | None = None, tools: NoTools | None = None
) -> AsyncIterator[Client]:
    """A conversation below a span of the test's; over with the block."""
    near, far = memory_legs()
    client, over = Client(far), trio.Event()
    session = attrs.evolve(
        new_session(near, door or OctiDoor(), upstream, MemoryStore(), trio.Event()),
        now=trio.current_time,
        tools=tools or NoTools(),
    )

    async def run() -> None:
        await run_session(session)
        over.set()

    root = spans.tracer.root("test")
    with in_span(root):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(run)
            nursery.start_soon(client.listen)
            yield client
            await far.close(1000, "test over")
            await over.wait()
    root.end()


def new_spans() -> Spans:
    return Spans(trio.current_time)


async def test_a_spoken_turn_is_speech_a_wait_and_an_answer(autojump_clock: MockClock) -> None:
    """Each within the turn, that within the session; the setting up of the leg and the commits beside it."""
    spans = new_spans()
    async with legs_to(SLOWLY + MORNING) as upstream, traced(upstream, spans) as client:
        await client.wait_kind("ready")
        client.speak(VOICE)
        await client.wait_kind("transcript")
    assert spans.tree(without=("commit",)) == ["test", ["session", ["leg", "turn", ["speech", "wait", "chat m"]]]]
    assert spans.parts(spans.only("session"))[0].name == "commit"
    assert list(spans.strays()) == []
    session, turn, chat = spans.only("session"), spans.only("turn"), spans.only("chat m")
    assert about(session, "octi.door", "octi.ended_by", "octi.end_reason") == ["octi", "client", "left"]
    assert about(turn, "octi.asked_by", "octi.interrupted") == ["speech", None]
    assert about(turn, "octi.first_audio_s")[0] > 0.3
    assert about(
        chat, "gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.output.type"
    ) == [
        "chat",
        "simulated",
        "m",
        "speech",
    ]
    assert about(chat, "gen_ai.conversation.id", "gen_ai.response.finish_reasons") == [ID, ("completed",)]
    assert about(chat, "gen_ai.usage.output_tokens")[0] > 0
    assert not any(failed(span) for span in spans.all)


async def test_a_typed_turn_at_the_other_door_is_a_wait_and_an_answer(autojump_clock: MockClock) -> None:
    """The Realtime API's clients have the same spans."""
    spans = new_spans()
    async with legs_to(SLOWLY + MORNING) as upstream, traced(upstream, spans, RealtimeDoor()) as client:
        content = [{"type": "input_text", "text": "Hello?"}]
        client.say(type="conversation.item.create", item={"type": "message", "role": "user", "content": content})
        client.say(type="response.create")
        await client.wait_kind("response.done")
    assert spans.tree(without=("commit",))[1] == ["session", ["leg", "turn", ["chat m"]]]
    assert about(spans.only("turn"), "octi.asked_by") == ["text"]


async def test_a_function_and_what_is_said_of_it_belong_to_the_turn_that_asked(autojump_clock: MockClock) -> None:
    """What the function does belongs to it; the user waits until he hears something."""
    spans = new_spans()
    async with legs_to(LOOKING) as upstream, traced(upstream, spans, tools=LookUp()) as client:
        await client.wait_kind("ready")
        client.speak(VOICE)
        await client.wait_kind("transcript")
    turn = ["speech", "wait", "chat m", "execute_tool look_up", ["inside"], "chat m"]
    assert spans.tree(without=("commit",))[1] == ["session", ["leg", "turn", turn]]
    assert list(spans.strays()) == []
    assert about(spans.only("turn"), "octi.first_audio_s")[0] > 1.3
    assert about(spans.only("execute_tool look_up"), "gen_ai.operation.name", "gen_ai.tool.name") == [
        "execute_tool",
        "look_up",
    ]


async def test_an_answer_that_is_cut_off_is_told_so_even_if_it_was_over(autojump_clock: MockClock) -> None:
    """The provider is done long before all is heard; the turn is told when the next one begins."""
    spans = new_spans()
    scenario = TWICE.replace("pace = 1.0", "pace = 0")
    async with legs_to(scenario) as upstream, traced(upstream, spans) as client:
        await client.wait_kind("ready")
        client.speak(VOICE)
        await client.wait_kind("bot_audio_end")
        client.speak(VOICE)
        await client.wait_kind("bot_audio_end", 2)
    assert [about(turn, "octi.interrupted") for turn in spans.named("turn")] == [[True], [None]]
    assert list(spans.strays()) == []


async def test_an_answer_that_the_client_leaves_is_told_as_far_as_it_came(autojump_clock: MockClock) -> None:
    """Nothing of it was wrong."""
    spans = new_spans()
    async with legs_to(TWICE, judge=False) as upstream, traced(upstream, spans) as client:
        await client.wait_kind("ready")
        client.speak(VOICE)
        await client.wait_kind("transcript_delta")
    chat = spans.only("chat m")
    assert about(chat, "gen_ai.response.finish_reasons") == [("error",)]
    assert about(spans.only("turn"), "octi.interrupted") == [True]
    assert not failed(chat)
    assert list(spans.strays()) == []


async def test_a_failed_answer_is_told_with_the_providers_word_for_it(autojump_clock: MockClock) -> None:
    """Not with its sentence."""
    spans = new_spans()
    async with legs_to(BROKEN, judge=False) as upstream, traced(upstream, spans) as client:
        await client.wait_kind("ready")
        client.speak(VOICE)
        await trio.sleep(5)
    chat = spans.only("chat m")
    assert (failed(chat), about(chat, "error.type")) == (True, ["server_error"])
    assert failed(spans.only("turn"))


async def test_a_leg_that_is_lost_ends_its_turn_and_another_one_begins(autojump_clock: MockClock) -> None:
    """The lost one was set up well, and so is the next."""
    spans = new_spans()
    async with legs_to(LOST, MORNING, judge=False) as upstream, traced(upstream, spans) as client:
        await client.wait_kind("ready")
        client.speak(VOICE)
        await trio.sleep(10)
    assert spans.tree(without=("commit",))[1] == ["session", ["leg", "turn", ["speech", "wait", "chat m"], "leg"]]
    assert about(spans.only("turn"), "octi.interrupted") == [True]


async def test_legs_that_cannot_be_had_say_why(autojump_clock: MockClock) -> None:
    """And so does the session that ends for it."""
    spans = new_spans()
    async with net_to(REFUSING, judge=False) as net, traced(net.upstream(), spans):
        await trio.sleep(60)
    (leg,) = spans.named("leg")
    assert (failed(leg), about(leg, "error.type")) == (True, ["upstream_refused"])
    session = spans.only("session")
    assert (failed(session), about(session, "error.type")) == (True, ["upstream_refused"])


async def test_sessions_that_are_cancelled_leave_no_span_open(autojump_clock: MockClock) -> None:
    """At every stage: while the leg is set up, while the user speaks, while a function runs, while the agent speaks."""
    for stop in (0.0, 0.1, 1.2, 2.0, 3.0):
        spans, begun = new_spans(), trio.current_time()
        root = spans.tracer.root("test")
        async with legs_to(LOOKING, judge=False) as upstream:
            with in_span(root), trio.move_on_at(begun + stop):
                near, far = memory_legs()
                session = new_session(near, OctiDoor(), upstream, MemoryStore(), trio.Event())
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(run_session, attrs.evolve(session, now=trio.current_time, tools=LookUp()))
                    far.send(VOICE, text=False)
                    await trio.sleep_forever()
        root.end()
        assert (list(spans.strays()), spans.open_now) == ([], 0)
        assert spans.tree()[1][0] == "session", stop


async def test_no_words_and_no_sound_are_in_a_trace(autojump_clock: MockClock) -> None:
    """Neither the user's nor the agent's, nor a function's, nor what the provider complains of."""
    spans = new_spans()
    for scenario, tools in ((LOOKING, LookUp()), (BROKEN, NoTools()), (TWICE, NoTools())):
        async with legs_to(scenario, judge=False) as upstream, traced(upstream, spans, tools=tools) as client:
            await client.wait_kind("ready")
            client.speak(VOICE)
            await trio.sleep(8)
    told = msgspec.json.encode([[span.name, dict(span.attributes or {}), str(span.status)] for span in spans.all])
    assert b"look_up" in told
    for secret in (b"Ada", b"Who am I", b"Hello", b"morning", b"sk-secret", b"Be kind", b"6AMA"):
        assert secret not in told


async def test_a_recording_that_is_sent_at_once_has_spans_within_the_session(autojump_clock: MockClock) -> None:
    """By its audio the user would have begun to speak before the session did."""
    spans = new_spans()
    async with legs_to(MORNING) as upstream, traced(upstream, spans) as client:
        await client.wait_kind("ready")
        client.speak(VOICE + bytes(48 * 10_000))
        await trio.sleep(30)
    assert spans.tree(spans.only("turn"))[0] == "speech"
    assert list(spans.strays()) == []
    assert when(spans.only("session"))[0] <= min(when(turn)[0] for turn in spans.named("turn"))
