"""What a client is told that it did wrong. tests/testing's client plays the wrong ones."""

import pytest
import trio
from trio.testing import MockClock

from octi.simulator.report import SessionReport
from octi.testing import in_memory
from tests.simulator.talking import CANCEL, RESPOND, typed, update
from tests.testing.talking import Talker

YES = '[[turn]]\nname = "ask"\nhear = "yes"\nsay = "One two three four five."\n'


async def judged(scenario: str, *steps: object) -> SessionReport:
    """A session: texts are typed and answered, numbers are seconds of silence, all else is sent as it is."""
    async with in_memory(scenario, judge=False) as provider, provider.open() as leg:
        talker = Talker(leg)
        for step in steps:
            if isinstance(step, str):
                await talker.say(step)
            elif isinstance(step, int | float):
                await trio.sleep(step)
            elif isinstance(step, dict):
                talker.ask(step)
            if step is RESPOND:
                await talker.until("response.done")
        await trio.sleep(0.001)
    report = provider.report()
    assert report
    (session,) = report.sessions
    return session


def told(session: SessionReport) -> list[tuple[str, str]]:
    return [(trouble.kind, str(trouble)) for trouble in session.troubles]


async def test_a_client_that_does_it_all_has_no_troubles(autojump_clock: MockClock) -> None:
    """Its turns are told with what was heard, and when."""
    session = await judged("latency = { first_audio_ms = 500 }\n" + YES + '[[turn]]\nsay = "Bye."\n', 1, "Yes!", 2, "?")
    assert (session.passed, session.end) == (True, "the client left")
    assert [(step.turn, step.state, step.heard, step.waited_s, step.at_s) for step in session.steps] == [
        ("turn 1 (ask)", "played", "Yes!", 1.0, 1.0),
        ("turn 2", "played", "?", 2.0, 3.5),
    ]


async def test_a_client_never_does_what_a_turn_waits_for(autojump_clock: MockClock) -> None:
    """The first of them is the trouble, and those after it are missing too."""
    session = await judged(YES + '[[turn]]\noptional = true\nhear = "x"\n[[turn]]\non = "f"\nwhen = {a = 1}\n', "Yes")
    assert told(session) == [("never", "turn 2: the client has never said something like 'x'")]
    assert [step.state for step in session.steps] == ["played", "skipped", "missing"]


@pytest.mark.parametrize(
    ("turn", "wanted"),
    [
        ('on = "f"', "given the output of f"),
        ('on = "f"\nwhen = { a = 1 }', "given the output of f as `when` says"),
        ('words = ["a", "b"]', "said 'a' and 'b'"),
        ('hear = ""', "said something"),
        ("silence_s = 9", "kept silent for 9 s"),
        ("", "asked for an answer"),
    ],
)
async def test_what_a_turn_waits_for_is_said_in_words(turn: str, wanted: str, autojump_clock: MockClock) -> None:
    """Whatever it is."""
    assert told(await judged(f"[[turn]]\n{turn}\n")) == [("never", f"turn 1: the client has never {wanted}")]


async def test_a_client_is_late(autojump_clock: MockClock) -> None:
    """Counted from the agent's last word."""
    session = await judged(YES + 'within_s = 2\n[[turn]]\nhear = "bye"\n', 2.5, "Yes", 29, "Bye")
    assert told(session) == [("late", "turn 1 (ask): came after 2.500 s, and 2 s are allowed")]


async def test_a_client_says_something_else(autojump_clock: MockClock) -> None:
    """The turn goes on waiting; and when the scenario is over there is nothing more to say."""
    session = await judged(YES, "No", RESPOND, 1, "Yes", "Thanks")
    assert told(session) == [
        ("unexpected", "turn 1 (ask): the client said 'No'; it should have said something like 'yes'"),
        ("unexpected", "turn 1 (ask): the client asked for an answer; it should have said something like 'yes'"),
        ("unexpected", "end: the client said 'Thanks' when the scenario was over"),
    ]


async def test_an_event_that_is_refused_is_a_trouble(autojump_clock: MockClock) -> None:
    """Unless the scenario allows it."""
    session = await judged(YES, CANCEL, {"type": "nope"}, {}, "Yes")
    kinds = [("refused", text.partition(":")[0]) for _, text in told(session)]
    assert kinds == [("refused", "response.cancel"), ("refused", "nope"), ("refused", "an event without a type")]
    assert (await judged('refusals = "allow"\n' + YES, CANCEL, "Yes")).passed


async def test_an_event_is_expected(autojump_clock: MockClock) -> None:
    """Of a type, with such values, so often, in time."""
    expect = '[[expect]]\nsend = "session.update"\nwhere = { "session.instructions" = "Be kind." }\nwithin_s = 1\n'
    kind, other = update(instructions="Be kind."), update(instructions="Be brief.")
    assert (await judged(YES + expect, other, kind, "Yes")).passed
    assert told(await judged(YES + expect, other, "Yes")) == [
        ("never", "expect 1: session.update: the client never sent session.update")
    ]
    (late,) = told(await judged(YES + expect, 1.5, kind, "Yes"))
    assert late == (
        "late",
        "expect 1: session.update: session.update came after 1.500 s, and 1 s are allowed",
    )
    twice = YES + '[[expect]]\nsend = "session.*"\ntimes = 3\n'
    assert told(await judged(twice, kind, other, "Yes")) == [
        ("never", "expect 1: session.*: the client never sent session.*, 2 of 3 times")
    ]


async def test_an_event_is_expected_in_a_turn(autojump_clock: MockClock) -> None:
    """Before it or after it does not count."""
    expect = '[[turn]]\nname = "b"\nhear = "b"\n[[expect]]\nsend = "session.update"\nturn = "b"\n'
    assert (await judged(YES + expect, "Yes", update(instructions="x"), "b")).passed
    assert not (await judged(YES + expect, update(instructions="x"), "Yes", "b")).passed


async def test_an_event_must_never_be_sent(autojump_clock: MockClock) -> None:
    """It is told once."""
    expect = '[[expect]]\nsend = "input_audio_buffer.*"\nnever = true\n'
    assert (await judged(YES + expect, "Yes")).passed
    clear = {"type": "input_audio_buffer.clear"}
    assert told(await judged(YES + expect, clear, clear, "Yes")) == [
        (
            "unexpected",
            "expect 1: input_audio_buffer.*: the client sent input_audio_buffer.*, and should not have",
        )
    ]


async def truncating(at_s: float, audio_end_ms: int) -> SessionReport:
    async with in_memory("latency = { pace = 1.0 }\n" + YES, judge=False) as provider, provider.open() as leg:
        talker = Talker(leg)
        talker.ask(typed("Yes"), RESPOND)
        item = (await talker.until("response.output_audio.delta"))["item_id"]
        await trio.sleep(at_s)
        talker.ask(
            CANCEL,
            {
                "type": "conversation.item.truncate",
                "item_id": item,
                "content_index": 0,
                "audio_end_ms": audio_end_ms,
            },
        )
        await talker.until("conversation.item.truncated", "error")
    report = provider.report()
    assert report
    return report.sessions[0]


async def test_a_client_cuts_an_answer_where_it_was_heard(autojump_clock: MockClock) -> None:
    """Not where nobody can have heard it yet; and not behind its end."""
    assert (await truncating(0.5, 500)).passed
    assert [trouble.kind for trouble in (await truncating(0.5, 700)).troubles] == ["refused"]
    async with in_memory(YES, judge=False) as provider, provider.open() as leg:
        talker = Talker(leg)
        done = await talker.say("Yes")
        item = done["response"]["output"][0]["id"]
        event = {"type": "conversation.item.truncate", "item_id": item, "content_index": 0, "audio_end_ms": 900}
        await trio.sleep(0.1)
        talker.ask(event)
        await talker.until("conversation.item.truncated")
    report = provider.report()
    assert report
    (trouble,) = report.sessions[0].troubles
    assert (trouble.kind, trouble.what) == (
        "truncated",
        f"{item}: truncated at 900 ms, of which 350 ms at most can have been heard",
    )


@pytest.mark.parametrize(("ends_ms", "kinds"), [(900, []), (1000, ["truncated"])])
async def test_a_telephones_answer_is_measured_in_its_own_time(
    ends_ms: int, kinds: list[str], autojump_clock: MockClock
) -> None:
    """Eight bytes a millisecond: so much was sent, and may have been heard."""
    phone = update(audio={"output": {"format": {"type": "audio/pcmu"}}})
    lost = YES + 'faults = [{ kind = "lost" }]\n'  # one delta of five
    async with in_memory(lost if kinds else YES, judge=False) as provider, provider.open() as leg:
        talker = Talker(leg)
        talker.ask(phone)
        item = (await talker.say("Yes"))["response"]["output"][0]["id"]
        await trio.sleep(2)
        event = {"type": "conversation.item.truncate", "item_id": item, "content_index": 0, "audio_end_ms": ends_ms}
        talker.ask(event)
        await talker.until("conversation.item.truncated")
    report = provider.report()
    assert report
    assert [trouble.kind for trouble in report.sessions[0].troubles] == kinds


async def test_what_the_script_ends_is_not_the_clients_fault(autojump_clock: MockClock) -> None:
    """A scripted close excuses from the turns behind it; time that is up does not."""
    closed = await judged(YES + 'faults = [{ kind = "close" }]\n[[turn]]\nhear = "x"\n', {"type": "session.update"})
    assert [trouble.kind for trouble in closed.troubles] == ["refused", "never"]
    scenario = YES + 'faults = [{ kind = "close" }]\n[[turn]]\nhear = "x"\n'
    async with in_memory(scenario) as provider, provider.open() as leg:
        talker = Talker(leg)
        talker.ask(typed("Yes"), RESPOND)
        await talker.end()
    slow = await judged("limit_s = 20\n" + YES, 30)
    assert told(slow)[0] == ("late", "the session took 20 s and was not over")
    assert slow.end == "closed by the script: 1001 the scenario's time is up"
