"""When somebody begins and ends to speak, from one probability of speech every 32 ms. Pure."""

from enum import Enum

import attrs

from octi.engine.base import FRAME_MS

ONSET_MS = 96  # of voice in a row make speech
ONSET_OVER_AGENT_MS = 200  # while the agent is heard: its echo makes shorter sounds than people who mean it
HYSTERESIS = 0.15  # speech goes on down to so much below the threshold
LEAST_SPEECH = 0.01  # but what is less likely than this is silence, however low the threshold
SPECULATE_MS = 200  # of silence: the turn may be over


class Change(Enum):
    """What a frame changed."""

    STARTED = "started"  # somebody speaks, since `began_ms`
    PAUSED = "paused"  # a silence that may be the end
    RESUMED = "resumed"  # it was not
    STOPPED = "stopped"  # the turn is over


@attrs.frozen(kw_only=True)
class Patience:
    """How the end of a turn is heard: the numbers of `server_vad`."""

    threshold: float = 0.5
    prefix_padding_ms: int = 300
    silence_duration_ms: int = 500

    @property
    def release(self) -> float:
        """How unlikely speech has to become to be silence."""
        return min(self.threshold, max(self.threshold - HYSTERESIS, LEAST_SPEECH))


@attrs.define
class TurnTaking:
    """One user's speech, frame by frame. All times in milliseconds of audio since the beginning."""

    patience: Patience = attrs.field(factory=Patience)
    now_ms: int = 0  # the end of the last frame
    began_ms: int = 0  # of the current or last speech, without padding
    speaking: bool = False
    _voiced_ms: int = 0  # in a row
    _silent_ms: int = 0  # in a row
    _paused: bool = False

    def hear(self, speech: float, *, over_agent: bool = False) -> Change | None:
        """Take the next frame's probability; what it changed, if anything. `over_agent`: the agent is heard too."""
        self.now_ms += FRAME_MS
        return self._while_speaking(speech) if self.speaking else self._while_silent(speech, over_agent)

    def reset(self) -> None:
        """Forget a speech that was begun: its audio is gone or belongs to a turn already."""
        self.speaking, self._voiced_ms, self._silent_ms, self._paused = False, 0, 0, False

    def _while_silent(self, speech: float, over_agent: bool) -> Change | None:
        self._voiced_ms = self._voiced_ms + FRAME_MS if speech >= self.patience.threshold else 0
        if self._voiced_ms < (ONSET_OVER_AGENT_MS if over_agent else ONSET_MS):
            return None
        self.began_ms = self.now_ms - self._voiced_ms
        self.speaking, self._silent_ms, self._paused = True, 0, False
        return Change.STARTED

    def _while_speaking(self, speech: float) -> Change | None:
        if speech >= self.patience.release:
            resumed, self._silent_ms, self._paused = self._paused, 0, False
            return Change.RESUMED if resumed else None
        self._silent_ms += FRAME_MS
        if self._silent_ms >= self.patience.silence_duration_ms:
            self.reset()
            return Change.STOPPED
        if self._silent_ms >= SPECULATE_MS and not self._paused:
            self._paused = True
            return Change.PAUSED
        return None
