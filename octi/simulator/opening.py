"""How a simulated conversation begins: the session that it is. Pure."""

from typing import Any

import attrs

from octi.engine.settings import initial, updated

INSTRUCTIONS = "You are the agent of a scripted provider."


@attrs.frozen
class Opening:
    """The session object that is asked for, in the provider's shape: each preset over those before it."""

    model: str
    now: float  # seconds since 1970
    presets: tuple[dict[str, Any], ...] = ()

    def values(self, session_id: str) -> dict[str, Any]:
        """The effective session. Raises BadMessage for presets that cannot be."""
        values = initial(session_id, self.model, self.now) | {"instructions": INSTRUCTIONS}
        for preset in filter(None, self.presets):
            values = updated(values, preset, voice_locked=False)
        return values
