"""The ports of the embedded engine: values that cannot change, and who keeps to the protocols."""

import sys
from collections.abc import Callable
from contextlib import aclosing
from datetime import datetime

import attrs
import pytest
import trio
import trio.testing

from octi.engine.base import (
    EAR_RATE_HZ,
    FRAME_MS,
    Brain,
    Call,
    Called,
    Ear,
    Frame,
    HangUp,
    Line,
    Occasion,
    Prompt,
    Say,
    Speech,
    Tool,
)
from octi.engine.brains.echo import EchoBrain
from octi.engine.brains.rules import RulesBrain
from octi.engine.pool import open_pool
from octi.errors import EngineFailed
from tests.engine.fakes import FakeBrain, FakeSpeech, MarkedEar, sound

NOON = datetime(2026, 10, 2, 12)  # noqa: DTZ001 -- the local time of day
PROMPT = Prompt(instructions="", history=(Line("user", "hello"),), now=NOON)
PATIENCE_S = 60.0  # a worker process starts sooner, on however slow a machine

# mypy is the first half of this test: each of these is a Brain.
BRAINS: dict[str, Callable[[], Brain]] = {"rules": RulesBrain, "echo": EchoBrain, "fake": FakeBrain}


@pytest.mark.parametrize(
    "value",
    [
        Tool("end_call", "Hangs up.", {}),
        Line("user", "hello"),
        Called("c1", "end_call", {}),
        PROMPT,
        Say("Hello."),
        Call("end_call", {}),
        HangUp(),
        Frame(0.5, b""),
    ],
)
def test_values_cannot_be_changed(value: object) -> None:
    """A brain may keep what it was given, and an engine what it got."""
    for name in type(value).__annotations__:
        with pytest.raises(AttributeError):
            setattr(value, name, None)


def test_a_call_has_no_output_until_the_client_gives_it() -> None:
    """An empty output is one."""
    assert Called("c1", "end_call", {}).output is None
    assert Called("c1", "end_call", {}, "").output == ""


def test_a_prompt_declares_no_functions_of_its_own() -> None:
    """And leaves the choice to the brain."""
    assert (PROMPT.tools, PROMPT.tool_choice) == ((), "auto")


def test_a_prompt_answers_to_a_turn_unless_it_says_otherwise() -> None:
    """Which item a line is changes nothing about what was said."""
    assert (PROMPT.occasion, PROMPT.quiet_s) == (Occasion.TURN, 0.0)
    assert Line("user", "hello", "item_1") == Line("user", "hello")


def test_a_frame_is_what_the_detector_takes() -> None:
    """512 samples at 16 kHz."""
    assert EAR_RATE_HZ * FRAME_MS == 512 * 1000


@pytest.mark.parametrize("open_brain", BRAINS.values(), ids=BRAINS)
@pytest.mark.parametrize("history", [(), PROMPT.history, (Called("c1", "f", {}, "{}"),)])
async def test_a_brain_has_an_answer_to_everything(
    open_brain: Callable[[], Brain], history: tuple[Line | Called, ...]
) -> None:
    """At least one sentence, and each has words in it."""
    words = [spoken(part) async for part in open_brain().answer(attrs.evolve(PROMPT, history=history))]
    assert words
    assert all(any(map(str.isalnum, text)) for text in words)


def spoken(part: Say | Call | HangUp) -> str:
    """What is said; nothing was declared that could be called."""
    match part:
        case Say(text):
            return text
        case Call(name):
            pytest.fail(f"{name} was not declared")
        case HangUp():
            pytest.fail("nobody said goodbye")


@pytest.mark.parametrize("open_brain", BRAINS.values(), ids=BRAINS)
async def test_a_brain_may_be_interrupted(open_brain: Callable[[], Brain]) -> None:
    """Its answer is closed before its end, and the next one is whole. None of these speaks up by itself."""
    brain = open_brain()
    assert brain.silence_s is None
    async with aclosing(brain.answer(PROMPT)) as cut:
        first = await anext(cut)
    assert first in [part async for part in brain.answer(PROMPT)]


async def heard_and_spoken(speech: Speech) -> tuple[str, bytes]:
    """Use all of a `Speech`. That something is one is for mypy to check, here as well."""
    ear: Ear = speech.open_ear()
    assert ear is not speech.open_ear()
    assert ear.hear(b"") == []
    assert [(frame.speech, len(frame.pcm)) for frame in ear.hear(sound(FRAME_MS, 80))] == [(0.8, 1024)]
    return await speech.recognise(bytes(1024)), await speech.synthesise("Hello.", voice="alloy", speed=1.0)


async def test_a_scripted_speech_keeps_to_the_port(autojump_clock: trio.testing.MockClock) -> None:
    """So that what is tested with it is true of the pool."""
    assert await heard_and_spoken(FakeSpeech(["Good day."])) == ("Good day.", sound(400))


async def test_a_pool_of_workers_keeps_to_the_port() -> None:
    """Its ears are here, its models elsewhere; once it has closed it fails as the port says."""
    worker = ("env", sys.executable, "-m", "tests.engine.fake_worker", "ready")
    with trio.fail_after(PATIENCE_S):
        async with open_pool(1, open_ear=MarkedEar, command=worker) as pool:
            assert await heard_and_spoken(pool) == ("1024 bytes of en", b"Hello.")
        with pytest.raises(EngineFailed):
            await pool.recognise(b"")
        with pytest.raises(EngineFailed):
            await pool.synthesise("Hello.", voice="alloy", speed=1.0)
