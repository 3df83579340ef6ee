"""Brains by name."""

import pytest
import trio
from trio.testing import MockClock

from octi.engine.base import Brain
from octi.engine.brains import Brains, open_brains, shared
from octi.engine.brains.chat import ChatBrain
from octi.engine.brains.chat_link import ChatModel
from octi.engine.brains.echo import EchoBrain
from octi.engine.brains.rules import RulesBrain
from octi.engine.server import Engine
from octi.engine_config import BrainKind
from octi.errors import BadMessage
from octi.websocket.memory import memory_legs
from tests.engine.fakes import NOON, FakeBrain, closed

MODEL = ChatModel(url="http://h/v1", name="m")


def brain_of(brains: Brains, model: str) -> Brain:
    with brains.choose(model)("sess_1") as brain:
        return brain


async def test_a_session_chooses_its_brain_by_its_model() -> None:
    """The names of the configuration; any other model has the usual one."""
    kinds = {"rules": RulesBrain, "echo": EchoBrain, "chat": ChatBrain, "scenario": FakeBrain, "gpt-x": EchoBrain}
    assert kinds.keys() == {*BrainKind, "gpt-x"}
    async with open_brains("echo", model=MODEL, scenario=shared(FakeBrain())) as brains:
        for name, kind in kinds.items():
            assert isinstance(brain_of(brains, name), kind)


async def test_the_brain_that_asks_a_model_closes_its_client() -> None:
    """With its context."""
    async with open_brains("chat", model=MODEL) as brains:
        brain = brain_of(brains, "anything")
        assert isinstance(brain, ChatBrain)
        assert not brain.client.is_closed
    assert brain.client.is_closed


async def test_a_usual_brain_that_cannot_be_had_is_told_the_right_ones() -> None:
    """The error names every choice."""
    for name in ("llm", "chat", "scenario"):
        with pytest.raises(ValueError, match=rf"'{name}'; choose one of echo, rules"):
            async with open_brains(name):
                pass


@pytest.mark.parametrize(("model", "setting"), [("chat", "OCTI_CHAT_URL and OCTI_CHAT_MODEL"), ("scenario", "OCTI_SC")])
async def test_a_session_that_asks_for_what_is_not_configured_is_told_what_to_set(model: str, setting: str) -> None:
    """And what it may ask for instead."""
    async with open_brains("rules") as brains:
        with pytest.raises(BadMessage, match=f"no brain '{model}' here. Set {setting}.* another model: rules, echo"):
            brains.choose(model)


async def test_such_a_session_is_refused_in_band(autojump_clock: MockClock) -> None:
    """An error event, and the close of what a provider refuses."""
    async with open_brains("rules") as brains:
        near, far = memory_legs()
        with trio.fail_after(1):
            await Engine(None, brains.choose, lambda: NOON).converse(far, "scenario")
        (message,) = await near.receive()
        assert b"There is no brain 'scenario' here. Set OCTI_SCENARIO" in message.data
        end = await closed(near)
        assert (end.code, end.reason) == (4000, "invalid_request_error.invalid_model")
