"""The parts that the web is given."""

import attrs
import pytest

from octi.config import read_config
from octi.services import Services
from octi.upstream.compatible import compatible
from octi.upstream.dial import Dialled
from tests.parts import node


def parts() -> Services:
    """A node's parts, none of them opened."""
    config = read_config({"OCTI_UPSTREAM": "openai", "OPENAI_API_KEY": "sk-secret", "OCTI_PROMPT_ID": "p"})
    return node(Dialled(provider=compatible("sk-secret", "http://h"), max_message_bytes=1024), config=config)


def test_the_parts_are_fixed() -> None:
    """Who wants others makes another bundle."""
    services = parts()
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        services.engine_problem = "none"  # type: ignore[misc]
    assert attrs.evolve(services, engine_problem="no voice").engine_problem == "no voice"


def test_a_node_has_no_engine_problem_unless_it_says_so() -> None:
    """Most have no engine."""
    assert parts().engine_problem is None


def test_it_knows_whether_voices_are_recorded() -> None:
    """Pages tell their users before they speak."""
    assert not parts().records_audio


def test_no_secret_is_shown() -> None:
    """Should the bundle ever stand in a log."""
    assert "sk-secret" not in repr(parts())
