"""The OCTI door: binary PCM16 and a dozen small messages here, Realtime events on the provider's side. Pure."""

import attrs
import msgspec

from octi.errors import BadMessage, OctiError
from octi.realtime.arbiter import ACTIVE, ASK, TOOL_ASK, UNASKED, Arbiter
from octi.realtime.audio import decoded
from octi.realtime.event_ids import is_ours
from octi.realtime.events import (
    AgentText,
    AgentTextDelta,
    AgentWords,
    AgentWordsDelta,
    AudioDelta,
    Committed,
    ErrorBody,
    ErrorEvent,
    Response,
    ResponseCreated,
    ResponseDone,
    ServerEvent,
    SpeechStarted,
    SpeechStopped,
    UserWords,
    UserWordsDelta,
    UserWordsFailed,
)
from octi.realtime.octi_messages import (
    Interrupt,
    ResetSession,
    StartConversation,
    UserAudioClear,
    UserAudioCommit,
    UserAudioEnd,
    UserText,
    read_client_message,
    say,
)
from octi.realtime.playback import Playback
from octi.realtime.rate_limits import is_rate_limit, named_wait_s
from octi.realtime.reading import read_session
from octi.realtime.requests import request
from octi.realtime.steps import DropAudio, Heard, Renew, Steps, ToClient, ToProvider
from octi.units import SAMPLE_BYTES, pcm_bytes, playing_time

SMALLEST_CHUNK = 100  # bytes: less is a microphone's hiccup, ignored since the first clients
SMALLEST_TURN = pcm_bytes(100)  # the provider commits no less
PATIENCE_S = 20.0  # with a provider that was asked and shows no sign of an answer
PROGRESS = (ResponseCreated, ResponseDone, AudioDelta, AgentWordsDelta, AgentTextDelta)
# By whatever id they are told.
RACES = frozenset({ACTIVE, "response_cancel_not_active", "item_truncate_invalid_item_id"})


class Append(msgspec.Struct, frozen=True, gc=False, tag="input_audio_buffer.append"):
    """More of the user's voice: raw here, base64 on the wire."""

    audio: bytes


def _given(arbiter: Arbiter | None) -> Arbiter:
    return Arbiter() if arbiter is None else arbiter


@attrs.define
class OctiDoor:
    """One client of the OCTI protocol, over one leg after the other.

    The agent's final words are told when they were heard: when the answer has played, or at the interruption.
    """

    name = "octi"
    renews = True
    arbiter: Arbiter = attrs.field(default=None, converter=_given)
    _up: bool = False  # a leg is there and configured
    _playback: Playback | None = None
    _uncommitted: int = 0  # bytes of the user's audio that no turn owns yet
    _half: bytes = b""  # half a sample of the user's, until its other half comes
    _heard_at: float | None = None  # when the answer that was sent has been heard
    _impatient_at: float | None = None  # when an answer that is waited for does not come any more

    @property
    def wake_at(self) -> float | None:
        """When `wake` has something to tell."""
        times = (self._heard_at, self._impatient_at, self.arbiter.wake_at)
        return min((at for at in times if at is not None), default=None)

    def _watch(self, now: float, *, progress: bool = False) -> None:
        """An answer that is asked for, or owed behind another, comes within a while of the last sign of one.

        While it waits for the user nobody is impatient: the arbiter itself knows when that has to end.
        """
        if not self.arbiter.waiting:
            self._impatient_at = None
        elif progress or self._impatient_at is None:
            self._impatient_at = now + PATIENCE_S

    # The leg

    def opened(self, session: msgspec.Raw) -> Steps:
        """A fresh, configured leg. What the client said while there was none waits for it, and counts."""
        if self._up:
            self.lost()  # and nobody told
        self._up = True
        self.arbiter.opened(read_session(session))
        return [*self._finish(), _tell("ready")]

    def lost(self) -> None:
        """The leg is gone: nothing on it is active or owed any more. What is said from now on is for the next one."""
        if self._up:
            self._up = False
            self.arbiter.lost()
            self._impatient_at, self._uncommitted, self._half = None, 0, b""

    def _leave(self, now: float) -> Steps:
        """Give the leg up for a fresh one; what was sent of an answer is all of it."""
        self.lost()
        playback = self._playback
        return self._sent(playback, now) if playback and not playback.over else []

    def trouble(self, error: OctiError) -> Steps:
        """Tell the client what went wrong."""
        return [_tell("error", message=str(error))]

    def notice(self, text: str) -> Steps:
        """Tell the client what is under way."""
        return [_tell("error", message=text)]  # the protocol has no gentler message, and its clients show this one

    # The client

    def from_client(self, data: bytes, *, text: bool, now: float) -> Steps:
        """A client's message. A bad one is answered, and nothing else happens."""
        steps = self._told(data, text=text, now=now)
        self._watch(now)
        return steps

    def _told(self, data: bytes, *, text: bool, now: float) -> Steps:
        if not text:
            self.arbiter.user_sound(now)
            return self._user_audio(data)
        try:
            message = read_client_message(data)
        except BadMessage as error:
            return self.trouble(error)
        match message:
            case StartConversation():
                return []
            case UserAudioEnd():
                return [] if self.arbiter.detection else self._commit()
            case UserAudioCommit():
                return self._commit()
            case UserAudioClear():
                self._uncommitted, self._half = 0, b""
                return [request("input_audio_buffer.clear")]
            case UserText(text=typed):
                return [*self._interrupt(now), _typed(typed), *self.arbiter.ask(ASK)]
            case Interrupt(played_ms=played):
                return self._interrupt(now, played)
            case ResetSession():
                return [*self._interrupt(now), *self._leave(now), Renew()]

    def _user_audio(self, data: bytes) -> Steps:
        if len(data) < SMALLEST_CHUNK:
            return []
        whole = self._half + data
        cut = len(whole) - len(whole) % SAMPLE_BYTES
        pcm, self._half = whole[:cut], whole[cut:]
        self._uncommitted += len(pcm)
        return [ToProvider(msgspec.json.encode(Append(pcm)), len(pcm))]

    def _commit(self) -> Steps:
        if self._uncommitted < SMALLEST_TURN:
            heard = playing_time(self._uncommitted)
            return self.trouble(BadMessage(f"a turn needs at least 100 ms of audio, and {heard} ms were sent"))
        self._uncommitted, self._half = 0, b""
        self.arbiter.committed()
        return [request("input_audio_buffer.commit"), *self.arbiter.ask(ASK)]

    def _interrupt(self, now: float, played_ms: float | None = None, *, cancel: bool = True) -> Steps:
        """Cut the agent off, if it is heard or about to be."""
        playback = self._playback
        if playback is None or not playback.audible(now):
            return []
        steps = self.arbiter.cancel(UNASKED) if cancel and self.arbiter.active == playback.response else []
        for item, heard_ms in playback.cut(now, played_ms):
            steps += [*self.arbiter.truncate(item, heard_ms, UNASKED), Heard(item, heard_ms)]
        return [*(steps if self._up else []), DropAudio(), _tell("interrupted"), *self._finish()]

    def cut(self, now: float) -> Steps:
        """See `Door.cut`."""
        return self._interrupt(now)

    # The provider

    def from_provider(self, frame: bytes, event: ServerEvent, now: float) -> Steps:
        """A provider's event."""
        steps = self._heard(event, now)
        if self._up:  # else they are the last words of a leg that was left
            steps += self.arbiter.from_provider(event, now)
        self._watch(now, progress=isinstance(event, PROGRESS))
        return steps

    def _heard(self, event: ServerEvent, now: float) -> Steps:
        if not self._up:
            return []  # the last words of a leg that was left
        match event:
            case AudioDelta():
                return self._agent_audio(event, now)
            case AgentWordsDelta() | AgentTextDelta():
                return self._agent_words(event)
            case AgentWords(transcript=words) | AgentText(text=words):
                return self._all_agent_words(event, words)
            case ResponseCreated(response=response):
                return self._begin(response)
            case ResponseDone(response=response):
                return self._end(response, now)
            case ErrorEvent(error=error):
                return self._refused(error, now)
            case _:
                return self._user_event(event, now)

    def _user_event(self, event: ServerEvent, now: float) -> Steps:
        match event:
            case SpeechStarted():
                detection = self.arbiter.detection
                by_itself = detection is not None and detection.interrupt_response
                return [_tell("user_speech_started"), *self._interrupt(now, cancel=not by_itself)]
            case SpeechStopped():
                return [_tell("user_speech_stopped")]
            case UserWordsDelta(delta=words) if words:
                return [_tell("user_transcript_delta", text=words)]
            case UserWords(transcript=words):
                return [_tell("user_transcript", text=words.strip())]
            case UserWordsFailed(error=error):
                return [_tell("error", message=f"what you said could not be transcribed: {_why(error)}")]
            case Committed() if self.arbiter.detection:
                self._uncommitted = 0  # without detection it was the client's own, and counted when it was sent
            case _:
                pass
        return []

    def _begin(self, response: Response) -> Steps:
        if not response.in_band:
            return []  # not said to the user
        before = self._playback
        told = self._finish()
        self._playback = Playback(response.id, before.ends_at if before else 0.0)
        return told

    def _playing(self, response: str) -> Playback | None:
        """The playback of a response; None for one that was interrupted, whose last words come late."""
        return self._playback if self._playback and self._playback.response == response else None

    def _agent_audio(self, event: AudioDelta, now: float) -> Steps:
        playback = self._playing(event.response_id)
        if playback is None:
            return []
        try:
            pcm = playback.sound(event.item_id, decoded(event.delta), now)
        except BadMessage as error:
            return [_tell("error", message=f"a piece of the agent's voice was lost: {error.problem}")]
        return [ToClient(pcm, text=False, audio=True)] if pcm else []

    def _agent_words(self, event: AgentWordsDelta | AgentTextDelta) -> Steps:
        playback = self._playing(event.response_id)
        if playback is None or not event.delta:
            return []
        playback.add_words(event.item_id, event.delta, spoken=isinstance(event, AgentWordsDelta))
        return [_tell("transcript_delta", text=event.delta)]

    def _all_agent_words(self, event: AgentWords | AgentText, words: str) -> Steps:
        if playback := self._playing(event.response_id):
            playback.settle_words(event.item_id, words, spoken=isinstance(event, AgentWords))
        return []

    def _end(self, response: Response, now: float) -> Steps:
        if response.id != self.arbiter.active:
            return []
        playback = self._playing(response.id)
        steps = self._sent(playback, now) if playback else []
        return steps + self._refused(response.error, now) if response.error else steps

    def _sent(self, playback: Playback, now: float) -> Steps:
        """All of an answer is on its way; its final words follow when they have been heard."""
        playback.over = True
        if not playback.begun:
            self._playback = None
            return []
        if playback.audible(now):
            self._heard_at = playback.ends_at
            return [_tell("bot_audio_end")]
        return [_tell("bot_audio_end"), *self._finish()]

    def wake(self, now: float) -> Steps:
        """The answer has been heard, or none came."""
        if self._impatient_at is not None and now >= self._impatient_at:
            silent = f"the agent did not answer for {PATIENCE_S:g} s, the conversation begins anew"
            return [_tell("error", message=silent), *self._leave(now), Renew()]
        # Another answer may have begun just as the alarm went off.
        heard = self._finish() if self._heard_at is not None and now >= self._heard_at else []
        steps = [*heard, *self.arbiter.wake(now)]
        self._watch(now)
        return steps

    def _finish(self) -> Steps:
        """The current answer, if any, is over for the client: its words as heard, and the end of its audio."""
        playback, self._playback, self._heard_at = self._playback, None, None
        if playback is None or not playback.begun:
            return []
        end = [] if playback.over else [_tell("bot_audio_end")]
        return [*end, _tell("transcript", text=playback.heard_words())]

    def _refused(self, error: ErrorBody, now: float) -> Steps:
        if is_unasked(error.event_id) or error.code in RACES:
            return []
        told: Steps = [_tell("error", message=_why(error))]
        if is_rate_limit(error.code, error.message):
            return [*told, *self._leave(now), Renew(named_wait_s(error.message))]
        return told


def is_unasked(event_id: str | None) -> bool:
    """Is it the id of something that octi sent of its own accord, of which the client knows nothing?"""
    return is_ours(event_id) and event_id not in {ASK, TOOL_ASK}


def _tell(kind: str, **fields: str) -> ToClient:
    return ToClient(say(kind, **fields))


def _why(error: ErrorBody) -> str:
    return error.message or error.code or "the provider refused something"


def _typed(text: str) -> ToProvider:
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    return request("conversation.item.create", item=item)
