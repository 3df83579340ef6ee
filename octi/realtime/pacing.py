"""How long an agent's answers take, from a provider's events and when they came. Pure. Times: seconds of one clock."""

import attrs

from octi.realtime.events import (
    AgentTextDelta,
    AudioDelta,
    Committed,
    ItemAdded,
    ItemDone,
    Opaque,
    Response,
    ResponseCreated,
    ResponseDone,
    ServerEvent,
    SpeechStarted,
    SpeechStopped,
)

SPEECH, TEXT, OTHER = "speech", "text", "other"
# Of a call whose sound does not pass octi.
PLAYING = "output_audio_buffer.started"


@attrs.frozen(kw_only=True)
class Asked:
    """What an answer is awaited for. `at`: the end of what the user said, or typed."""

    by: str  # speech, text; other: nobody said anything (a function's answer, a client's wish)
    at: float
    since: float | None = None  # when the user began to speak
    noticed_at: float | None = None  # when the provider said that he had stopped


@attrs.frozen(kw_only=True)
class Answer:
    """One response, over. `first_at`: its first sound, or word where it only writes; None: it had none.

    unfinished: its end was not heard, since its leg is gone.
    """

    response: Response
    asked: Asked
    created_at: float
    first_at: float | None
    done_at: float
    unfinished: bool = False

    @property
    def wait_s(self) -> float | None:
        """From the end of what the user said to the first of the answer; None: nothing was asked, or nothing came."""
        if self.first_at is None or self.asked.by == OTHER:
            return None
        return max(0.0, self.first_at - self.asked.at)


@attrs.define
class Pacing:
    """Follows one leg after the other. Feed it every event but those that go on with what has begun.

    What was asked waits until something is heard or read: a response that only calls a function does not answer it.
    """

    awaits_first: bool = False  # is it to be told of an answer's next sound or word?
    _asked: Asked | None = None
    _spoken_since: float | None = None
    _response: Response | None = None
    _answers: Asked | None = None  # what the response under way is for
    _created_at: float = 0.0
    _first_at: float | None = None

    @property
    def hears(self) -> bool:
        """Does the user speak?"""
        return self._spoken_since is not None

    @property
    def answers(self) -> bool:
        """Is an answer under way?"""
        return self._response is not None

    def lost(self, now: float) -> Answer | None:
        """The leg is gone, with all that was under way on it: the answer, if there was one."""
        answer = self._end(self._response, now, unfinished=True) if self._response else None
        self._asked = self._spoken_since = self._first_at = None
        return answer

    def fold(self, event: ServerEvent, now: float, heard_ms: int, silence_ms: int = 0) -> Answer | None:
        """Take in an event; the answer that ended with it. heard_ms: how much of the user's audio the leg was sent.

        silence_ms: how much silence ended his turn. The provider takes it for a part of what he said.
        """
        match event:
            case SpeechStarted(audio_start_ms=ms):
                self._spoken_since = _when(ms, now, heard_ms)
                self.awaits_first = False  # it is interrupted; what still comes of it answers nobody
            case SpeechStopped(audio_end_ms=ms):
                ended = max(_when(ms, now, heard_ms) - silence_ms / 1000, self._spoken_since or 0.0)
                self._asked = Asked(by=SPEECH, at=ended, since=self._spoken_since, noticed_at=now)
                self._spoken_since = None
            case Committed() if self._asked is None or self._asked.by != SPEECH:
                self._asked = Asked(by=SPEECH, at=now, since=self._spoken_since)
            case ItemAdded(item=item) | ItemDone(item=item) if item.role == "user" and self._asked is None:
                if any(part.type == "input_text" for part in item.content):
                    self._asked = Asked(by=TEXT, at=now)
            case ResponseCreated(response=response) if response.in_band:
                self._begin(response, now)
            case ResponseDone(response=response) if self._response and response.id == self._response.id:
                return self._end(response, now)
            case AudioDelta() | AgentTextDelta():
                self.first(now)
            case Opaque(type=kind) if kind == PLAYING:
                self.first(now)
            case _:
                pass
        return None

    def first(self, now: float) -> None:
        """The answer under way is heard or read from now on."""
        if self.awaits_first:
            self.awaits_first, self._first_at = False, now
            self._asked = None

    def _begin(self, response: Response, now: float) -> None:
        self._response, self._created_at, self._first_at = response, now, None
        self._answers = self._asked or Asked(by=OTHER, at=now)
        self.awaits_first = True

    def _end(self, response: Response, now: float, *, unfinished: bool = False) -> Answer:
        assert self._answers is not None, "set together with the response"
        answer = Answer(
            response=response,
            asked=self._answers,
            created_at=self._created_at,
            first_at=self._first_at,
            done_at=now,
            unfinished=unfinished,
        )
        self._response, self._answers, self.awaits_first = None, None, False
        return answer


def _when(ms: int, now: float, heard_ms: int) -> float:
    """When a place in the user's audio was spoken: it is sent as it is said, so what came since tells how long ago."""
    return now - max(0, heard_ms - ms) / 1000
