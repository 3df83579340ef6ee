"""How a simulated conversation begins: the session that it is. Pure."""

from typing import Any

import attrs

from octi.engine.settings import initial, updated
from octi.engine.transcribing import initial_transcription, updated_transcription

TRANSCRIPTION = "transcription"
INSTRUCTIONS = "You are the agent of a scripted provider."


@attrs.frozen
class Opening:
    """The session object that is asked for, in the provider's shape: each preset over those before it."""

    model: str
    now: float  # seconds since 1970
    presets: tuple[dict[str, Any], ...] = ()

    @property
    def transcribes(self) -> bool:
        """Is it a session that only writes down what is said? The script has none; whoever answers for it may."""
        return any(preset.get("type") == TRANSCRIPTION for preset in self.presets)

    def shown(self, session_id: str) -> dict[str, Any]:
        """The effective session as a client secret's answer has it, of either kind. Raises BadMessage."""
        if not self.transcribes:
            return self.values(session_id)
        values = initial_transcription(session_id, self.now)
        for preset in filter(None, self.presets):
            values = updated_transcription(values, preset)
        return values

    def values(self, session_id: str) -> dict[str, Any]:
        """The effective session. Raises BadMessage for presets that cannot be."""
        values = initial(session_id, self.model, self.now) | {"instructions": INSTRUCTIONS}
        for preset in filter(None, self.presets):
            values = updated(values, preset, voice_locked=False)
        return values
