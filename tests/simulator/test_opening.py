"""How a conversation begins."""

import pytest

from octi.errors import BadMessage
from octi.simulator.opening import INSTRUCTIONS, Opening


def test_presets_lie_over_one_another() -> None:
    """The last word counts; an empty one says nothing."""
    one = {"type": "realtime", "instructions": "One.", "audio": {"output": {"voice": "cedar"}}}
    values = Opening("m", 1000.0, (one, {}, {"type": "realtime", "instructions": "Two."})).values("sess_1")
    assert (values["id"], values["model"], values["instructions"]) == ("sess_1", "m", "Two.")
    assert values["audio"]["output"]["voice"] == "cedar"
    assert Opening("m", 1000.0).values("s")["instructions"] == INSTRUCTIONS


@pytest.mark.parametrize(
    ("preset", "param"),
    [({"bogus": 1, "type": "realtime"}, "session.bogus"), ({"instructions": "No type."}, "session.type")],
)
def test_a_preset_that_cannot_be_is_named(preset: dict[str, object], param: str) -> None:
    """As a provider does."""
    with pytest.raises(BadMessage) as raised:
        Opening("m", 0.0, (preset,)).values("s")
    assert raised.value.param == param
