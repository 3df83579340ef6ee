"""The user's side of the engine's conversation: audio in, turns out, with the events that tell of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs
import trio

from octi.engine.answer import Emit
from octi.engine.base import Frame
from octi.engine.budget import text_tokens
from octi.engine.fillers import nothing_said
from octi.engine.formats import Inlet, open_inlet
from octi.engine.items import MOST_SOUND_BYTES, Conversation, Entry, new_id, sound_in, user_voice
from octi.engine.listener import LONGEST_PIECE_MS, Listener, pieces
from octi.engine.listening import Listening
from octi.engine.partials import Partials
from octi.engine.patience import reading
from octi.engine.recognition import Recognition
from octi.engine.share import Share
from octi.engine.turn_taking import Change, IsEcho, never
from octi.errors import BadMessage, EngineFailed
from octi.realtime.audio import BYTES_PER_MS

SMALLEST_COMMIT_MS = 100
INPUT_TOKEN_MS = 100  # of the user's voice (protocol 7)
MOST_UNREAD_BYTES = 2 * MOST_SOUND_BYTES  # of voices in items, until they are recognised: eleven minutes of PCM16
STRIDE_MS = 200  # heard at a stretch: some 2 ms of work, then everybody else has a turn


@attrs.define(eq=False)
class Turn:
    """A turn that is being spoken: what is looked at of it while it is."""

    item: str
    partials: Partials = attrs.field(factory=Partials)
    look: trio.CancelScope = attrs.field(factory=trio.CancelScope)  # the latest one at it


@attrs.define(eq=False)
class Hearer:
    """Hears one session's user. Calls back when speech begins, when a turn was made of it, and when it is understood.

    on_words: told whether there was anything in a turn that can be answered; it may be told twice.
    """

    speech: Share
    listener: Listener
    conversation: Conversation
    nursery: trio.Nursery
    emit: Emit
    on_speech: Callable[[], None]
    on_turn: Callable[[Entry], None]
    on_words: Callable[[Entry, bool], None]
    listening: Listening = attrs.field(factory=Listening)
    _inlet: Inlet = attrs.field(init=False)
    _guess: Recognition | None = None  # of a turn that may be over
    _turn: Turn | None = None  # that is being spoken
    _unheard: dict[Entry, trio.Event] = attrs.field(factory=dict)  # items whose words are awaited
    _unread_bytes: int = 0
    _reading: trio.Lock = attrs.field(factory=trio.Lock)

    def __attrs_post_init__(self) -> None:
        self._inlet = open_inlet(self.listening.format)
        self.listener.listen(self.listening.patience)

    @property
    def speaking(self) -> bool:
        """Is the user in mid-speech?"""
        return self.listener.speaking

    @property
    def now_ms(self) -> int:
        """How much was heard in all."""
        return self.listener.now_ms

    @property
    def loudness(self) -> Sequence[float]:
        """Of the last frames, the newest last."""
        return self.listener.loudness

    def listen(self, listening: Listening) -> None:
        """Hear otherwise from now on."""
        if listening.format != self.listening.format:
            self._inlet = open_inlet(listening.format)
        self.listening = listening
        self.listener.listen(listening.patience)

    async def append(self, audio: str, *, over_agent: bool, echo: IsEcho = never) -> None:
        """More of the user's voice, base64. Raises BadMessage."""
        sound = sound_in(audio, "audio", kind=self.listening.format)
        for stride in _strides(sound, self.listening.format):
            for change in self.listener.hear(self._inlet(stride), over_agent=over_agent, echo=echo):
                self._heed(change)
            self._look()
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
        self._commit(self._recognise())
        self.listener.take()

    def clear(self) -> None:
        """Forget what was buffered."""
        self._forget_guess()
        self._end_turn()
        self.conversation.announced = None
        self.listener.take()
        self.emit("input_audio_buffer.cleared")

    def expect(self, *sounds: Mapping[int, bytes], param: str) -> None:
        """Check that so much more can be read, before anything is changed. Raises BadMessage."""
        if self._unread_bytes + sum(map(_size, sounds)) > MOST_UNREAD_BYTES:
            most = f"{MOST_UNREAD_BYTES >> 20} MiB"
            problem = f"At most {most} of audio in items may wait to be recognised. Send more of them a little later."
            raise BadMessage(problem, param, "too_much_audio")

    def read(self, entry: Entry, sounds: Mapping[int, bytes]) -> None:
        """Recognise the voices that came inside an item, by the index of their parts, for the brain alone.

        Item by item, so that many of them hold nobody up. The provider transcribes only what went through the input
        audio buffer, so no event tells of these words.
        """
        self._unheard[entry] = trio.Event()
        self._unread_bytes += _size(sounds)
        self.nursery.start_soon(self._read, entry, sounds, name="engine reading of an item")

    def add_silence(self, since_ms: int) -> None:
        """Nobody has spoken since then: an empty turn stands for it."""
        now = self.listener.now_ms
        item = self._announce()
        span = {"audio_start_ms": min(since_ms, now), "audio_end_ms": now}
        self.emit("input_audio_buffer.timeout_triggered", item_id=item, **span)
        self._commit(None)

    async def wait_heard(self, entries: Iterable[Entry]) -> None:
        """Return when the words of these items are known, or known to be lost."""
        for entry in entries:
            if entry in self._unheard:
                await self._unheard[entry].wait()

    # What the listener heard

    def _heed(self, change: Change) -> None:
        match change:
            case Change.STARTED:
                self._started()
            case Change.PAUSED:
                self._paused()
            case Change.RESUMED:
                self._forget_guess()
            case Change.STOPPED:
                self._stopped()

    def _started(self) -> None:
        began_ms = self.listener.speech_began_ms
        item = self._announce()
        self.emit("input_audio_buffer.speech_started", item_id=item, audio_start_ms=began_ms)
        self._turn = Turn(item)
        self.on_speech()

    def _paused(self) -> None:
        self._guess = guess = self._recognise()
        if self.listening.eagerness:
            self.nursery.start_soon(self._consider, guess, name="engine patience")

    async def _consider(self, guess: Recognition) -> None:
        """How long this pause may last is read off the words before it, as soon as they are known."""
        await guess.wait_known()
        eagerness = self.listening.eagerness
        if guess is self._guess and guess.error is None and eagerness:
            self.listener.wait(eagerness.wait_ms(reading(guess.words, self.listening.language)))

    def _stopped(self) -> None:
        item, guess, self._guess = self.conversation.announced, self._guess, None
        self.emit("input_audio_buffer.speech_stopped", item_id=item, audio_end_ms=self.listener.now_ms)
        if guess is None or guess.error:  # a guess that failed is no reason not to try in earnest
            guess = self._recognise()
        entry = self._commit(guess)
        self.listener.take()
        self.on_turn(entry)
        if guess.known:  # else they follow, with the words
            self.on_words(entry, _answerable(guess))

    def _announce(self) -> str:
        """An id for the next turn: speech_started, committed and the item bear the same (protocol trap 22)."""
        self.conversation.announced = item = new_id("item")
        return item

    def _recognise(self) -> Recognition:
        recognition = Recognition(self.listener.peek(), self.listening.language)
        self.nursery.start_soon(recognition.run, self.speech, name="engine recognition")
        return recognition

    def _forget_guess(self) -> None:
        if self._guess is not None:
            self._guess.cancel()
            self._guess = None

    # Words while they are spoken

    def _look(self) -> None:
        """Look at the turn so far, if its words are wanted and it is time for it."""
        turn, spoken_ms = self._turn, self.listener.buffered_ms
        if turn is None or not (self.listening.streams and self.listening.transcribes):
            return
        if turn.partials.due(spoken_ms, trio.current_time()) and spoken_ms <= LONGEST_PIECE_MS:
            turn.partials.begin(spoken_ms)
            turn.look = trio.CancelScope()
            self.nursery.start_soon(self._see, turn, self.listener.peek(), name="engine look at a turn")

    async def _see(self, turn: Turn, frames: list[Frame]) -> None:
        began, words = trio.current_time(), None
        with turn.look:
            try:
                words = await self.speech.glimpse(pieces(frames)[0], language=self.listening.language)
            except EngineFailed:
                words = None  # the final words are asked for in earnest
            turn.partials.end(began, trio.current_time())
            if words is not None and (fresh := turn.partials.see(words)):
                self._tell(turn.item, "delta", delta=fresh)

    def _end_turn(self) -> Partials:
        """The turn is no longer spoken: nobody looks at it any more. What was told of it."""
        turn, self._turn = self._turn, None
        if turn is None:
            return Partials()
        turn.look.cancel(reason="the turn is over")
        return turn.partials

    # Turns

    def _commit(self, recognition: Recognition | None) -> Entry:
        """Make the buffered audio an item of the conversation; its words follow."""
        entry = user_voice(self.conversation.announced or new_id("item"))
        partials = self._end_turn()
        self.conversation.announced = None
        previous = self.conversation.add(entry)
        self.emit("input_audio_buffer.committed", item_id=entry.id, previous_item_id=previous)
        self.emit("conversation.item.added", previous_item_id=previous, item=entry.wire())
        self.emit("conversation.item.done", previous_item_id=previous, item=entry.wire())
        if recognition:
            self._unheard[entry] = trio.Event()
            self.nursery.start_soon(self._transcribe, entry, recognition, partials, name="engine transcription")
        return entry

    async def _transcribe(self, entry: Entry, recognition: Recognition, partials: Partials) -> None:
        await recognition.wait_known()
        if recognition.error is None:
            entry.content[0]["transcript"] = recognition.words
        if self.listening.transcribes:
            self._tell_words(entry.id, recognition, partials)
        self._unheard.pop(entry).set()
        self.on_words(entry, _answerable(recognition))

    def _tell_words(self, item: str, recognition: Recognition, partials: Partials) -> None:
        if recognition.error:
            error = {"type": "server_error", "code": "transcription_failed", "message": str(recognition.error)}
            self._tell(item, "failed", error=error)
            return
        if rest := partials.finish(recognition.words):
            self._tell(item, "delta", delta=rest)
        self._tell(item, "completed", transcript=recognition.words, usage=_usage(recognition))

    def _tell(self, item: str, kind: str, **fields: object) -> None:
        name = f"conversation.item.input_audio_transcription.{kind}"
        self.emit(name, item_id=item, content_index=0, **fields)

    # Voices inside items

    async def _read(self, entry: Entry, sounds: Mapping[int, bytes]) -> None:
        async with self._reading:
            for index, sound in sounds.items():
                recognition = Recognition(await self._frames(sound), self.listening.language)
                await recognition.run(self.speech)
                if recognition.error is None:
                    entry.content[index]["transcript"] = recognition.words
        self._unread_bytes -= _size(sounds)
        self._unheard.pop(entry).set()

    async def _frames(self, sound: bytes) -> list[Frame]:
        """With an ear of its own: the session's goes on with the microphone."""
        kind = self.listening.format
        ear, inlet = self.speech.open_ear(), open_inlet(kind)
        frames: list[Frame] = []
        for stride in _strides(sound, kind):
            frames += ear.hear(inlet(stride))
            await trio.lowlevel.checkpoint()
        return frames


def _size(sounds: Mapping[int, bytes]) -> int:
    return sum(map(len, sounds.values()))


def _strides(sound: bytes, kind: str) -> Iterator[bytes]:
    size = STRIDE_MS * BYTES_PER_MS[kind]
    return (sound[start : start + size] for start in range(0, len(sound), size))


def _answerable(recognition: Recognition) -> bool:
    """Words, or at least nobody can say that there were none."""
    return recognition.error is not None or not nothing_said(recognition.words)


def _usage(recognition: Recognition) -> dict[str, Any]:
    audio, text = recognition.audio_ms // INPUT_TOKEN_MS, text_tokens(recognition.words)
    return {
        "type": "tokens",
        "total_tokens": audio + text,
        "input_tokens": audio,
        "input_token_details": {"text_tokens": 0, "audio_tokens": audio},
        "output_tokens": text,
    }
