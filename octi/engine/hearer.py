"""The user's side of the engine's conversation: audio in, turns out, with the events that tell of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import attrs
import trio

from octi.engine.answer import Emit, text_tokens
from octi.engine.base import Frame, Speech
from octi.engine.items import Conversation, Entry, new_id, sound_in, user_voice
from octi.engine.listener import Listener
from octi.engine.recognition import Recognition
from octi.engine.turn_taking import Change
from octi.errors import BadMessage
from octi.units import pcm_bytes

SMALLEST_COMMIT_MS = 100
INPUT_TOKEN_MS = 100  # of the user's voice (protocol 7)
STRIDE_BYTES = pcm_bytes(200)  # heard at a stretch: some 2 ms of work, then everybody else has a turn


@attrs.define(eq=False)
class Hearer:
    """Hears one session's user. Calls back when speech begins, and when a turn was made of it."""

    speech: Speech
    listener: Listener
    conversation: Conversation
    nursery: trio.Nursery
    emit: Emit
    transcribes: Callable[[], bool]
    on_speech: Callable[[], None]
    on_turn: Callable[[], None]
    _guess: Recognition | None = None  # of a turn that may be over
    _unheard: dict[Entry, trio.Event] = attrs.field(factory=dict)  # items whose words are awaited

    async def append(self, audio: str, *, over_agent: bool) -> None:
        """More of the user's voice, base64. Raises BadMessage."""
        for pcm in _strides(sound_in(audio, "audio")):
            for change in self.listener.hear(pcm, over_agent=over_agent):
                self._heed(change)
            await trio.lowlevel.checkpoint()

    def commit(self) -> None:
        """The client says that the turn is over. Raises BadMessage if there is none."""
        buffered = self.listener.buffered_ms
        if buffered < SMALLEST_COMMIT_MS:
            raise BadMessage(
                "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, "
                f"but buffer only has {buffered:.2f}ms of audio.",
                code="input_audio_buffer_commit_empty",
            )
        self._forget_guess()
        self._turn(self._recognise())
        self.listener.take()

    def clear(self) -> None:
        """Forget what was buffered."""
        self._forget_guess()
        self.conversation.announced = None
        self.listener.take()
        self.emit("input_audio_buffer.cleared")

    def read(self, entry: Entry, sounds: Mapping[int, bytes]) -> None:
        """Recognise the voices that came inside an item, by the index of their parts, for the brain alone.

        The provider transcribes only what went through the input audio buffer, so no event tells of these words.
        """
        self._unheard[entry] = trio.Event()
        self.nursery.start_soon(self._read, entry, sounds, name="engine reading of an item")

    def add_silence(self, waited_ms: int) -> None:
        """Nobody spoke for so long: an empty turn stands for it."""
        now = self.listener.now_ms
        item = self._announce()
        self.emit(
            "input_audio_buffer.timeout_triggered",
            item_id=item,
            audio_start_ms=max(0, now - waited_ms),
            audio_end_ms=now,
        )
        self._turn(None)

    async def wait_heard(self, entries: Iterable[Entry]) -> None:
        """Return when the words of these items are known, or known to be lost."""
        for entry in entries:
            if entry in self._unheard:
                await self._unheard[entry].wait()

    def _heed(self, change: Change) -> None:
        match change:
            case Change.STARTED:
                self._started()
            case Change.PAUSED:
                self._guess = self._recognise()
            case Change.RESUMED:
                self._forget_guess()
            case Change.STOPPED:
                self._stopped()

    def _started(self) -> None:
        began_ms = self.listener.speech_began_ms
        self.emit("input_audio_buffer.speech_started", item_id=self._announce(), audio_start_ms=began_ms)
        self.on_speech()

    def _stopped(self) -> None:
        item, guess, self._guess = self.conversation.announced, self._guess, None
        self.emit("input_audio_buffer.speech_stopped", item_id=item, audio_end_ms=self.listener.now_ms)
        if guess is None or guess.error:  # a guess that failed is no reason not to try in earnest
            guess = self._recognise()
        self._turn(guess)
        self.listener.take()
        self.on_turn()

    def _announce(self) -> str:
        """An id for the next turn: speech_started, committed and the item bear the same (protocol trap 22)."""
        self.conversation.announced = item = new_id("item")
        return item

    def _recognise(self) -> Recognition:
        recognition = Recognition(self.listener.peek())
        self.nursery.start_soon(recognition.run, self.speech, name="engine recognition")
        return recognition

    def _forget_guess(self) -> None:
        if self._guess is not None:
            self._guess.cancel()
            self._guess = None

    def _turn(self, recognition: Recognition | None) -> None:
        """Make the buffered audio an item of the conversation; its words follow."""
        entry = user_voice(self.conversation.announced or new_id("item"))
        self.conversation.announced = None
        previous = self.conversation.add(entry)
        self.emit("input_audio_buffer.committed", item_id=entry.id, previous_item_id=previous)
        self.emit("conversation.item.added", previous_item_id=previous, item=entry.wire())
        self.emit("conversation.item.done", previous_item_id=previous, item=entry.wire())
        if recognition:
            self._unheard[entry] = trio.Event()
            self.nursery.start_soon(self._transcribe, entry, recognition, name="engine transcription")

    async def _transcribe(self, entry: Entry, recognition: Recognition) -> None:
        await recognition.wait_known()
        if recognition.error is None:
            entry.content[0]["transcript"] = recognition.words
        if self.transcribes():
            self._tell_words(entry, recognition)
        self._unheard.pop(entry).set()

    def _tell_words(self, entry: Entry, recognition: Recognition) -> None:
        if recognition.error:
            error = {"type": "server_error", "code": "transcription_failed", "message": str(recognition.error)}
            self._tell(entry, "failed", error=error)
            return
        if recognition.words:
            self._tell(entry, "delta", delta=recognition.words)
        self._tell(entry, "completed", transcript=recognition.words, usage=_usage(recognition))

    def _tell(self, entry: Entry, kind: str, **fields: object) -> None:
        name = f"conversation.item.input_audio_transcription.{kind}"
        self.emit(name, item_id=entry.id, content_index=0, **fields)

    async def _read(self, entry: Entry, sounds: Mapping[int, bytes]) -> None:
        for index, pcm in sounds.items():
            recognition = Recognition(await self._frames(pcm))
            await recognition.run(self.speech)
            if recognition.error is None:
                entry.content[index]["transcript"] = recognition.words
        self._unheard.pop(entry).set()

    async def _frames(self, pcm: bytes) -> list[Frame]:
        """With an ear of its own: the session's goes on with the microphone."""
        ear = self.speech.open_ear()
        frames: list[Frame] = []
        for stride in _strides(pcm):
            frames += ear.hear(stride)
            await trio.lowlevel.checkpoint()
        return frames


def _strides(pcm: bytes) -> Iterator[bytes]:
    return (pcm[start : start + STRIDE_BYTES] for start in range(0, len(pcm), STRIDE_BYTES))


def _usage(recognition: Recognition) -> dict[str, Any]:
    audio, text = recognition.audio_ms // INPUT_TOKEN_MS, text_tokens(recognition.words)
    return {
        "type": "tokens",
        "total_tokens": audio + text,
        "input_tokens": audio,
        "input_token_details": {"text_tokens": 0, "audio_tokens": audio},
        "output_tokens": text,
    }
