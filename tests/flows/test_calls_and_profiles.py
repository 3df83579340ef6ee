"""A conversation that octi hears, by relay and by sideband: the profile follows the words, the agent the profile."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from tests.engine.wire import Event
from tests.flows.parties import PROMPT, Octi, Story, octi_here, provider_env, simulating
from tests.simulator.clients import Client, Socket
from tests.simulator.talking import RESPOND, output_of, sound, typed

pytestmark = pytest.mark.slow

NAMED, EARNS = "Hello, my name is Anna Berg.", "I earn 3000 euros a month."
RENAMED, EARNS_MORE = "Sorry, my first name is Hanna.", "That was wrong, I earn 3200 euros a month."
SAID = (NAMED, EARNS, RENAMED, EARNS_MORE)

# After each turn: what is known, and the fields that changed, each with the words for the new value and for the old.
KNOWN: list[Event] = [
    {"first_name": "Anna", "last_name": "Berg", "income": None},
    {"first_name": "Anna", "last_name": "Berg", "income": 3000},
    {"first_name": "Hanna", "last_name": "Berg", "income": 3000},
    {"first_name": "Hanna", "last_name": "Berg", "income": 3200},
]
CHANGES = [
    [("first_name", None, "Anna", NAMED, None), ("last_name", None, "Berg", NAMED, None)],
    [("income", None, 3000, EARNS, None)],
    [("first_name", "Anna", "Hanna", RENAMED, NAMED)],
    [("income", 3000, 3200, EARNS_MORE, EARNS)],
]
RECITED = [
    "You are Anna, and I do not know what you earn.",
    "You earn 3000.",
    "Then you are Hanna.",
    "You earn 3200, then.",
]
EXTRACT = {"call": "extract_profile"}
RECITING = [
    EXTRACT,
    {"say_from_instructions": 'first_name: "(\\w+)"', "template": "You are {0}, and I do not know what you earn."},
    EXTRACT,
    {"say_from_instructions": "income: (\\d+)", "template": "You earn {0}."},
    EXTRACT,
    {"say_from_instructions": 'first_name: "(\\w+)"', "template": "Then you are {0}."},
    EXTRACT,
    {"say_from_instructions": "income: (\\d+)", "template": "You earn {0}, then."},
]


@asynccontextmanager
async def parties(script: Event, **settings: str) -> AsyncIterator[tuple[Client, Octi]]:
    """A provider that plays a script, and an octi that speaks to it."""
    async with simulating(script) as provider, octi_here(provider_env(provider.simulator.url, **settings)) as octi:
        yield provider, octi


# What must hold of every such conversation


async def check_story(octi: Octi, session: str, story: Story) -> None:
    """All that octi kept and told of the conversation above."""
    await story.until("profile", 4)
    await story.until("instructions", 5)
    turns = await octi.said(session, *SAID)
    words = {turn["item"]: turn["text"] for turn in turns}
    assert list(words.values()) == list(SAID)
    assert [changes_in(each, words) for each in story.of("profile")] == CHANGES
    check_layers([each["changed"] for each in story.of("instructions")])
    await check_resource(octi, session, words)


def check_layers(changed: Sequence[list[str]]) -> None:
    """The session's own layers came with it; since then exactly one has changed at a time."""
    assert list(changed) == [["base", "session"], ["profile"], ["profile"], ["profile"], ["profile"]]


def changes_in(profile: Event, words: dict[str, str]) -> list[tuple[Any, ...]]:
    """A profile's changes, with the turns that they cite instead of the turns' names; each quote is out of its turn."""
    told = []
    for change in profile["changes"]:
        new, old = words[change["item"]], words.get(change["oldItem"])
        assert change["quote"] in new
        assert old is None or change["oldQuote"] in old
        told.append((change["field"], change["old"], change["new"], new, old))
    return told


async def check_resource(octi: Octi, session: str, words: dict[str, str]) -> None:
    """The session, as whoever comes later sees it."""
    shown = await octi.get(f"/sessions/{session}")
    evidence = shown["evidence"]
    assert shown["profile"] == KNOWN[-1]
    assert {name: (each["value"], each["replaced"]) for name, each in evidence.items()} == {
        "first_name": ("Hanna", "Anna"),
        "last_name": ("Berg", None),
        "income": (3200, 3000),
    }
    cited = {name: words[each["evidence"]["item"]] for name, each in evidence.items()}
    assert cited == {"first_name": RENAMED, "last_name": NAMED, "income": EARNS_MORE}
    assert all(each["evidence"]["quote"] in cited[name] for name, each in evidence.items())
    versions = {layer["name"]: layer["version"] for layer in shown["instructions"]["layers"]}
    assert versions == {"base": 1, "session": 1, "profile": 4, "history": 0, "note": 0}


def outputs(items: Sequence[Event]) -> list[Event]:
    """What the agent was answered that called a function."""
    return [
        msgspec.json.decode(item["output"], type=dict[str, Any])
        for item in items
        if item["type"] == "function_call_output"
    ]


# Sideband


def heard_call(*said: str | Event) -> list[Event]:
    """A caller who waits until octi listens."""
    steps = [{"say": each} if isinstance(each, str) else each for each in said]
    return [{"wait_for": "sideband"}, {"wait_for": "session.update"}, *steps]


async def opened(octi: Octi, **wish: object) -> Event:
    """A session as the app makes it."""
    made: Event = await octi.post("/session", {"voice": "alloy", "enableTranscription": True, **wish})
    return made


async def called(octi: Octi, provider: Client, made: Event) -> str:
    """A call made with a session's secret, as the app's browser does, and told to octi."""
    call = await provider.call(made["clientSecret"])
    attached = {"sessionId": made["sessionId"], "callId": call}
    assert await octi.post("/session/call", attached) == attached
    return call


async def the_call(provider: Client) -> Event:
    """The newest call as the provider sees it."""
    newest: Event = (await provider.get("/_simulator/calls"))[-1]
    return newest


async def test_a_call_by_sideband_is_followed() -> None:
    """Name and income are given and corrected; each time one layer is pushed, and the answer after it uses it."""
    async with parties({"caller": heard_call(*SAID), "agent": RECITING}) as (provider, octi):
        made = await opened(octi)
        session = made["sessionId"]
        async with octi.story(session) as story:
            await called(octi, provider, made)
            await check_story(octi, session, story)
            await octi.said(session, *RECITED, role="assistant")
        call = await the_call(provider)
        assert [turn["text"] for turn in call["transcript"] if turn["role"] == "assistant"] == RECITED
        assert outputs(call["items"]) == [{"ok": True, "profile": known} for known in KNOWN]
        told = [each["text"] for each in story.of("instructions")]
        assert call["instructed"] == told[1:], "the first text was preset in the secret, and is not pushed again"
        assert call["notes"] == []
        assert "refused" not in call["asked"]


async def test_a_call_by_sideband_is_answered_by_the_agents_own_mind() -> None:
    """Without a script it asks for the extraction itself, and speaks to the user by the name that octi told it."""
    async with parties({"caller": heard_call(*SAID)}) as (provider, octi):
        made = await opened(octi)
        await called(octi, provider, made)
        hanna = "Thank you, Hanna. Please go on."
        turns = await octi.said(made["sessionId"], hanna, role="assistant")
        assert turns[0]["text"] == "Thank you, Anna. Please go on."
        extracted = await octi.post("/extract-profile", {"sessionId": made["sessionId"]})
        assert extracted["profile"] in KNOWN[2:]


# Relay


async def relayed(octi: Octi, **wish: object) -> Event:
    """A session for octi's own sockets."""
    made: Event = await octi.post("/sessions", {"extraction": "tool", **wish})
    return made


async def speak(socket: Socket, words: int) -> None:
    """A spoken turn, and the silence behind it: what was said is in the provider's script."""
    await socket.ask(sound(300 * words), sound(700, 0))


async def until_answered(socket: Socket) -> list[Event]:
    """All events up to the end of an answer in words."""
    events: list[Event] = []
    while True:
        events += await socket.until("response.done")
        if any(item["type"] == "message" for item in events[-1]["response"]["output"]):
            return events


def answer_in(events: Sequence[Event]) -> str:
    """The words of the last answer."""
    (item,) = [item for item in events[-1]["response"]["output"] if item["type"] == "message"]
    (part,) = item["content"]
    return str(part.get("transcript", part.get("text")))


def strings_in(value: object) -> Iterator[str]:
    """Every text in some JSON."""
    match value:
        case str():
            yield value
        case dict():
            for each in value.values():
                yield from strings_in(each)
        case list():
            for each in value:
                yield from strings_in(each)
        case _:
            pass


async def test_a_call_by_relay_is_followed() -> None:
    """Spoken over a Realtime socket: as by sideband; and the client sees nothing of octi's own function."""
    script = {"caller": [{"say": words} for words in SAID], "agent": RECITING}
    async with parties(script) as (_, octi):
        made = await relayed(octi)
        session = made["id"]
        async with octi.story(session) as story, octi.socket(f"/v1/realtime?session={session}") as socket:
            (created,) = await socket.until("session.created")
            heard = [created]
            for recited in RECITED:
                await speak(socket, 6)
                heard += await until_answered(socket)
                assert answer_in(heard) == recited
            await check_story(octi, session, story)
        told = [each["text"] for each in story.of("instructions")]
        pushed = [event["session"]["instructions"] for event in heard if event["type"] == "session.updated"]
        assert pushed == told[1:]
        check_nothing_seen(heard)
        assert created["session"]["tools"] == []


def check_nothing_seen(heard: Sequence[Event]) -> None:
    """No event is about octi's function; the instructions speak of it, for they tell the agent when to call it."""
    for event in heard:
        words = [text for text in strings_in(event) if not text.startswith(PROMPT)]
        assert not [text for text in words if "extract_profile" in text or text.startswith("octi_")], event


async def test_a_call_by_relay_is_entered_with_its_secret() -> None:
    """Over the OCTI protocol, which has no functions at all: the agent answers by the name that octi told it."""
    async with parties({}) as (_, octi):
        made = await relayed(octi, textOnly=True)
        async with octi.story(made["id"]) as story, octi.socket("/ws/realtime", made["clientSecret"]) as socket:
            await socket.until("ready")
            answers = []
            for words in SAID:
                await socket.ask({"type": "user_text", "text": words})
                events = await socket.until("transcript")
                answers.append(events[-1]["text"])
                assert {"error"}.isdisjoint(event["type"] for event in events)
            await check_story(octi, made["id"], story)
        assert answers == [f"Thank you, {known['first_name']}. Please go on." for known in KNOWN]


# A Realtime client with a mind of its own

WEATHER: Event = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}


async def test_a_clients_own_functions_work_beside_octis() -> None:
    """Its calls reach it, and nobody else answers them; octi's own go on unseen."""
    agent: list[Event] = [
        {"call": "get_weather", "arguments": {"city": "Bern"}},
        {"say": "It rains in Bern."},
        EXTRACT,
        {"say_from_instructions": 'first_name: "(\\w+)"', "template": "Noted, {0}."},
    ]
    async with parties({"agent": agent}) as (_, octi):
        made = await relayed(octi)
        async with octi.socket("/v1/realtime", made["clientSecret"]) as socket:
            heard = await socket.until("session.created")
            await socket.ask({"type": "session.update", "session": {"type": "realtime", "tools": [WEATHER]}})
            heard += await socket.until("session.updated")
            assert [tool["name"] for tool in heard[-1]["session"]["tools"]] == ["get_weather"]
            await socket.ask(typed("What is the weather in Bern?"), RESPOND)
            heard += await socket.until("response.done")
            (call,) = heard[-1]["response"]["output"]
            assert (call["name"], call["arguments"]) == ("get_weather", '{"city":"Bern"}')
            await socket.ask(output_of(call["call_id"], '{"sky":"rain"}'), RESPOND)
            heard += await until_answered(socket)
            assert answer_in(heard) == "It rains in Bern."
            await socket.ask(typed(NAMED), RESPOND)
            heard += await until_answered(socket)
            assert answer_in(heard) == "Noted, Anna."
            check_nothing_seen(heard)
        assert (await octi.get(f"/sessions/{made['id']}"))["profile"] == KNOWN[0]


async def test_a_clients_instructions_keep_the_profile_behind_them() -> None:
    """They take the place of octi's prompt and of what the session's maker said; what is known of the user stays."""
    agent: list[Event] = [
        EXTRACT,
        {"say": "Good to know."},
        {"say_from_instructions": '(?s)^Be a pirate\\..*first_name: "(\\w+)"', "template": "Arr, {0}!"},
        EXTRACT,
        {"say_from_instructions": '(?s)^Be a pirate\\..*first_name: "(\\w+)"', "template": "Arr arr, {0}!"},
    ]
    async with parties({"agent": agent}) as (_, octi):
        made = await relayed(octi, instructions="Be brief.")
        async with octi.story(made["id"]) as story, octi.socket("/v1/realtime", made["clientSecret"]) as socket:
            await socket.until("session.created")
            await socket.ask(typed(NAMED), RESPOND)
            assert answer_in(await until_answered(socket)) == "Good to know."
            update = {"type": "session.update", "session": {"type": "realtime", "instructions": "Be a pirate."}}
            await socket.ask(update)
            texts = [(await socket.until("session.updated"))[-1]["session"]["instructions"] for _ in range(2)]
            assert texts[0] == "Be a pirate."
            assert texts[1].startswith("Be a pirate.\n\n")
            assert 'first_name: "Anna"' in texts[1]
            assert PROMPT not in texts[1]
            assert "Be brief." not in texts[1]
            await socket.ask(typed("Who am I?"), RESPOND)
            assert answer_in(await until_answered(socket)) == "Arr, Anna!"
            await socket.ask(typed(RENAMED), RESPOND)
            assert answer_in(await until_answered(socket)) == "Arr arr, Hanna!"
            await story.until("instructions", 4)
        changed = [each["changed"] for each in story.of("instructions")]
        assert changed == [["base", "session"], ["profile"], ["base", "session"], ["profile"]]
