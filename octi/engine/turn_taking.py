"""When somebody begins and ends to speak, from one probability of speech every 32 ms. Pure."""

from collections.abc import Callable
from enum import Enum

import attrs

from octi.engine.base import FRAME_MS

# Of voice in a row make speech. The shortest words there are (French "ouais", an English "oh" in a hurry) have 128 to
# 224 ms of it; of 60 made-up coughs one had as much. Noise, clicks, typing, hum and music had none (docs/engine.md).
ONSET_MS = 128
LONGEST_ONSET_MS = 800  # of voice that an echo held up counts; what is older was the echo
ONSET_OVER_AGENT_MS = 200  # while the agent is heard: its echo makes shorter sounds than people who mean it
HYSTERESIS = 0.15  # speech goes on down to so much below the threshold
LEAST_SPEECH = 0.01  # but what is less likely than this is silence, however low the threshold
SPECULATE_MS = 200  # of silence: the turn may be over

IsEcho = Callable[[], bool]


def never() -> bool:
    """Nobody listens for echoes."""
    return False


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
    _wait_ms: int | None = None  # of silence that end this pause, in place of the usual

    def hear(self, speech: float, *, over_agent: bool = False, echo: IsEcho = never) -> Change | None:
        """Take the next frame's probability; what it changed, if anything.

        over_agent: the agent is heard too. echo: asked when speech would begin; if it is the agent's own, it does not.
        """
        self.now_ms += FRAME_MS
        return self._while_speaking(speech) if self.speaking else self._while_silent(speech, over_agent, echo)

    def wait(self, silence_ms: int) -> None:
        """So much silence ends the turn, if this pause is its end; means nothing outside a pause."""
        if self._paused:
            self._wait_ms = silence_ms

    def reset(self) -> None:
        """Forget a speech that was begun: its audio is gone or belongs to a turn already."""
        self.speaking, self._voiced_ms, self._silent_ms, self._paused, self._wait_ms = False, 0, 0, False, None

    def _while_silent(self, speech: float, over_agent: bool, echo: IsEcho) -> Change | None:
        self._voiced_ms = self._voiced_ms + FRAME_MS if speech >= self.patience.threshold else 0
        if self._voiced_ms < (ONSET_OVER_AGENT_MS if over_agent else ONSET_MS) or (over_agent and echo()):
            return None
        self.began_ms = self.now_ms - min(self._voiced_ms, LONGEST_ONSET_MS)
        self.speaking, self._silent_ms, self._paused = True, 0, False
        return Change.STARTED

    def _while_speaking(self, speech: float) -> Change | None:
        if speech >= self.patience.release:
            resumed, self._silent_ms, self._paused, self._wait_ms = self._paused, 0, False, None
            return Change.RESUMED if resumed else None
        self._silent_ms += FRAME_MS
        if self._silent_ms >= (self._wait_ms or self.patience.silence_duration_ms):
            self.reset()
            return Change.STOPPED
        if self._silent_ms >= SPECULATE_MS and not self._paused:
            self._paused = True
            return Change.PAUSED
        return None
