"""Brains by name."""

import pytest

from octi.engine.brains import open_brain
from octi.engine.brains.chat import ChatBrain
from octi.engine.brains.chat_link import ChatModel
from octi.engine.brains.echo import EchoBrain
from octi.engine.brains.rules import RulesBrain
from octi.engine_config import BrainKind

MODEL = ChatModel(url="http://h/v1", name="m")


async def test_brains_are_opened_by_name() -> None:
    """The names of the configuration."""
    kinds = {BrainKind.RULES: RulesBrain, BrainKind.ECHO: EchoBrain, BrainKind.CHAT: ChatBrain}
    assert kinds.keys() == set(BrainKind)
    for name, kind in kinds.items():
        async with open_brain(name, model=MODEL) as brain:
            assert isinstance(brain, kind)


async def test_the_brain_that_asks_a_model_closes_its_client() -> None:
    """With its context."""
    async with open_brain("chat", model=MODEL) as brain:
        assert isinstance(brain, ChatBrain)
        assert not brain.client.is_closed
    assert brain.client.is_closed


async def test_a_wrong_name_is_told_the_right_ones() -> None:
    """The error names every choice; and a model is needed where one is asked."""
    with pytest.raises(ValueError, match=r"'llm'; choose one of chat, echo, rules"):
        async with open_brain("llm"):
            pass
    with pytest.raises(ValueError, match="needs a model"):
        async with open_brain("chat"):
            pass
