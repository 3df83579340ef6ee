"""What octi does for an agent while it talks, and that nothing of it stops the talk."""

import json

import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from octi.errors import UpstreamLost
from octi.records import Extraction
from octi.steering.steering import Steering
from octi.steering.toolbox import LIMIT_S, Toolbox
from tests.steering.scenes import COOLDOWN_S, ME, Scene, record, steered

ANNA = "My name is Anna Berg."
PROFILE = {"first_name": "Anna", "last_name": "Berg", "income": None}


async def called(steering: Steering, name: str = "extract_profile") -> object:
    return json.loads(await Toolbox(steering).call(ME, name, "{}"))


async def test_only_an_agent_that_extracts_itself_has_the_function() -> None:
    """It takes no arguments."""
    async with steered(Scene()) as steering:
        box = Toolbox(steering)
        (declared,) = box.declarations(record(Extraction.TOOL))
        assert (declared["type"], declared["name"]) == ("function", "extract_profile")
        assert declared["parameters"] == {"type": "object", "properties": {}, "additionalProperties": False}
        assert not box.declarations(record(Extraction.TURNS))
        assert not box.declarations(record(Extraction.REQUEST))


async def test_a_call_is_answered_with_the_profile(autojump_clock: MockClock) -> None:
    """As JSON text."""
    scene = Scene()
    async with steered(scene) as steering:
        await scene.begin(steering, record(), ANNA)
        assert await called(steering) == {"ok": True, "profile": PROFILE}
        assert await called(steering) == {"ok": False, "reason": "cooldown", "retryAfterSeconds": 60}


async def test_a_function_that_octi_does_not_know_is_named_so() -> None:
    """A model invents some."""
    async with steered(Scene()) as steering:
        assert await called(steering, "delete_profile") == {"ok": False, "reason": "unknown_function"}


async def test_an_agent_does_not_wait_for_ever(autojump_clock: MockClock) -> None:
    """The work may still go on, and whoever asks next finds what came of it."""
    scene = Scene()
    scene.extractor.seconds = LIMIT_S + 5
    async with steered(scene) as steering:
        await scene.begin(steering, record(), ANNA)
        with capture_logs() as logs:
            assert await called(steering) == {"ok": False, "reason": "error"}
        assert trio.current_time() == LIMIT_S
        assert await called(steering) == {"ok": False, "reason": "in_progress"}
        await trio.sleep(10)
        assert await steering.profile(record()) == PROFILE
    assert [line["event"] for line in logs] == ["no profile in time, the agent does not wait"]


async def test_a_turn_is_extracted_where_that_is_wanted(autojump_clock: MockClock) -> None:
    """In the other sessions it is not."""
    for extraction, runs in ((Extraction.TURNS, 1), (Extraction.TOOL, 0), (Extraction.REQUEST, 0)):
        scene = Scene()
        async with steered(scene) as steering:
            await scene.begin(steering, record(extraction), ANNA)
            await Toolbox(steering).heard(record(extraction))
        assert scene.extractor.runs == len(scene.pushed) == runs


async def test_a_turn_waits_for_its_extraction(autojump_clock: MockClock) -> None:
    """For the one under way, which may have begun before it, and for the cooldown; so none is left unread."""
    scene, made = Scene(), record(Extraction.TURNS)
    async with steered(scene) as steering:
        box = Toolbox(steering)
        await scene.begin(steering, made, ANNA)
        async with trio.open_nursery() as callers:
            callers.start_soon(box.heard, made)
            await trio.sleep(1)
            began = trio.current_time()
            callers.start_soon(box.heard, made)
        assert scene.extractor.runs == 2
        assert trio.current_time() >= began + COOLDOWN_S


async def test_a_turn_that_cannot_be_extracted_is_logged(autojump_clock: MockClock) -> None:
    """Without a word of what was said. Silence is not worth a line."""
    scene, made = Scene(), record(Extraction.TURNS)
    async with steered(scene) as steering:
        await scene.begin(steering, made)
        with capture_logs() as silence:
            await Toolbox(steering).heard(made)
        await scene.say(ANNA)
        scene.extractor.failure = UpstreamLost("p", "it went")
        with capture_logs() as logs:
            await Toolbox(steering).heard(made)
    assert silence == []
    assert [line["event"] for line in logs] == ["extraction", "no profile was extracted"]
    assert "Anna" not in str(logs)


async def test_a_clients_instructions_become_the_sessions_layer(autojump_clock: MockClock) -> None:
    """Whoever asks is told what that comes to with octi's own layers. What cannot be kept is logged."""
    scene = Scene()
    async with steered(scene) as steering:
        await scene.begin(steering, record())
        told = await Toolbox(steering).instructed(record(), "Speak German.")
        assert told is not None
        assert told == (await steering.instructions(ME)).text
        assert told.startswith("Speak German.")
        scene.store.failing = True
        with capture_logs() as logs:
            assert await Toolbox(steering).instructed(record(), "Speak Danish.") is None
    assert [line["event"] for line in logs] == ["the client's instructions were not kept"]


@pytest.mark.parametrize("name", ["extract_profile", "another"])
async def test_an_answer_is_always_an_object(autojump_clock: MockClock, name: str) -> None:
    """Also for a session that there is not."""
    async with steered(Scene()) as steering:
        answer = await called(steering, name)
        assert isinstance(answer, dict)
        assert answer["ok"] is False
