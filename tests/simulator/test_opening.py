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


def test_a_secret_may_preset_a_session_that_only_transcribes() -> None:
    """It is shown as one, in its own shape; a script has none, and says so."""
    wish = {"type": "transcription", "audio": {"input": {"transcription": {"model": "t-1"}, "turn_detection": None}}}
    opening = Opening("", 1000.0, (wish, {}))
    shown = opening.shown("sess_1")
    assert opening.transcribes
    assert (shown["type"], shown["object"], "model" in shown) == (
        "transcription",
        "realtime.transcription_session",
        False,
    )
    assert shown["audio"]["input"]["transcription"]["model"] == "t-1"
    assert shown["audio"]["input"]["turn_detection"] is None
    with pytest.raises(BadMessage):
        opening.values("sess_1")


def test_any_other_session_is_shown_as_it_will_be() -> None:
    """The same as it begins with."""
    opening = Opening("m", 1000.0, ({"type": "realtime", "instructions": "One."},))
    assert not opening.transcribes
    assert opening.shown("s") == opening.values("s")
