"""What an update may change: everything may be left out but the `type`, and nothing unknown is taken."""

from typing import Any

import msgspec
import pytest

from octi.realtime.wire import change
from octi.realtime.wire.change import SessionChange


@pytest.mark.parametrize("kind", ["realtime", "transcription"])
def test_an_update_may_change_nothing(kind: str) -> None:
    """Its type says of which kind of session it is."""
    assert msgspec.to_builtins(msgspec.convert({"type": kind}, SessionChange)) == {"type": kind}


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"type": "other"},
        {"type": "realtime", "voice": "alloy"},
        {"type": "realtime", "audio": {"input": {"turn_detection": {"type": "server_vad", "eagerness": "low"}}}},
        {"type": "realtime", "audio": {"output": {"speed": 2}}},
        {"type": "realtime", "max_output_tokens": 5000},
        {"type": "realtime", "output_modalities": ["audio", "text"]},
        {"type": "transcription", "instructions": "Be brief."},
    ],
)
def test_what_is_unknown_or_out_of_bounds_is_refused(changed: dict[str, Any]) -> None:
    """Whole, as the engine and the provider do."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(changed, SessionChange)


def test_the_example_is_one() -> None:
    """It is shown to people."""
    assert msgspec.to_builtins(msgspec.convert(change.EXAMPLE, SessionChange)) == change.EXAMPLE
