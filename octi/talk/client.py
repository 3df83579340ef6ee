"""`octi talk`: speaks to a voice agent in real time, and listens to it."""

import signal
import ssl
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import attrs
import trio

from octi.talk.call import Call, Say, TalkFailed, hold
from octi.talk.conversation import Spoken, Turn
from octi.talk.dialect import Dialect, Octi, Realtime, socket_address, speaks_octi
from octi.talk.latency import speech_end
from octi.talk.mic import Sound, open_sound
from octi.talk.tape import Tape
from octi.talk.wav import encode_wav, read_wav
from octi.units import Milliseconds, playing_time
from octi.websocket.opener import Upgrade, open_websocket, shown

WORDS_S = 3.0  # how long behind its answer the server may still write down what it heard


@attrs.frozen(kw_only=True)
class TalkOptions:
    """To whom to speak, and what. Wherever `url` leads, `key` is sent there if there is one."""

    url: str
    files: Sequence[Path] = ()
    mic: bool = False
    save: Path | None = None  # where the agent's voice is written, as far as it was heard
    key: str = attrs.field(default="", repr=False)
    tls: ssl.SSLContext | None = None
    silence_ms: int = 500  # this and the next for Realtime addresses alone: octi's own door has its settings
    transcription_model: str = "gpt-4o-mini-transcribe"
    connect_s: float = 10.0
    answer_s: float = 30.0  # how long after a recording its answer may take to be complete


@attrs.frozen
class TalkResult:
    """What came of it: of each recording, what was complained of, and the agent's voice in octi's audio shape."""

    spoken: tuple[Spoken, ...]
    problems: tuple[str, ...]
    pcm: bytes = attrs.field(repr=lambda pcm: f"<{len(pcm)} bytes>")


@attrs.frozen
class Recording:
    """A file to be spoken. Milliseconds count from its start."""

    name: str
    pcm: bytes = attrs.field(repr=False)
    ends_ms: Milliseconds
    speech_ends_ms: Milliseconds


async def talk(options: TalkOptions, say: Say) -> TalkResult:
    """Speak the recordings one after the other, or what the microphone hears until Ctrl-C; listen to the answers.

    say: prints one line. Told as it comes: what the server understood, what the agent says, how long each answer took.
    A microphone needs Python's main thread, for the Ctrl-C.

    Raises BadWav, EngineMissing, SoundMissing, Unreachable, UpgradeRefused, TalkFailed: each a sentence for a person;
    and KeyboardInterrupt at Ctrl-C among recordings, when the server has been told goodbye.
    """
    if bool(options.files) == options.mic:
        raise TalkFailed("there is nothing to say: give recordings or ask for the microphone, one of the two")
    with bare_interrupt():
        result = await (talk_live(options, say) if options.mic else talk_files(options, say))
    if options.save:
        await save(options.save, result.pcm)
    return result


@contextmanager
def bare_interrupt() -> Iterator[None]:
    """Let a Ctrl-C out of the nurseries' groups, so that whoever calls meets it as it is."""
    try:
        yield
    except BaseExceptionGroup as group:
        if group.subgroup(KeyboardInterrupt):
            raise KeyboardInterrupt from None
        raise


async def talk_live(options: TalkOptions, say: Say) -> TalkResult:
    """Speak what the microphone hears."""
    async with open_sound() as sound:
        return await converse(options, say, partial(speak_live, sound, wait_ctrl_c))


async def talk_files(options: TalkOptions, say: Say) -> TalkResult:
    """Speak recordings; all are read before anybody is called."""
    recordings = [await trio.to_thread.run_sync(load, path) for path in options.files]
    return await converse(options, say, partial(speak_recordings, recordings, options.answer_s))


def load(path: Path) -> Recording:
    """A file, measured. Raises BadWav, EngineMissing."""
    return measured(path.name, read_wav(path))


def measured(name: str, pcm: bytes) -> Recording:
    """Sound as a recording."""
    return Recording(name, pcm, playing_time(len(pcm)), speech_end(pcm))


async def save(path: Path, pcm: bytes) -> None:
    """Write sound to a WAV file. Raises TalkFailed."""
    try:
        await trio.Path(path).write_bytes(encode_wav(pcm))
    except OSError as error:
        raise TalkFailed(f"{path} cannot be written: {error.strerror}") from error


async def converse(options: TalkOptions, say: Say, work: Callable[[Call], Awaitable[None]]) -> TalkResult:
    """Connect, hold the conversation, leave with 1000."""
    url = socket_address(options.url)
    headers = {"Authorization": f"Bearer {options.key}"} if options.key else {}
    async with open_websocket(url, Upgrade(headers=headers, connect_s=options.connect_s), tls=options.tls) as socket:
        say(f"talking with {shown(url)}")
        call = Call(socket, dialect_for(url, options), say)
        await hold(call, work, options.connect_s)
    return result_of(call)


def dialect_for(url: str, options: TalkOptions) -> Dialect:
    """How to speak with whoever is at an address."""
    if speaks_octi(url):
        return Octi()
    return Realtime(silence_ms=options.silence_ms, transcription_model=options.transcription_model)


def result_of(call: Call) -> TalkResult:
    """What came of a call."""
    return TalkResult(tuple(call.spoken), tuple(call.conversation.problems), bytes(call.conversation.playback.pcm))


async def speak_recordings(recordings: Sequence[Recording], answer_s: float, call: Call) -> None:
    """Speak them one after the other, with silence as long as the agent speaks."""
    tape = Tape(trio.current_time())
    async with trio.open_nursery() as speaking:
        speaking.start_soon(speak, call, tape, name="talk speaker")
        for recording in recordings:
            await exchange(call, tape, recording, answer_s)
        tape.ended = True  # the speaker ends by itself, so that no message is cut half way


async def speak(call: Call, tape: Tape) -> None:
    """Send the tape, each piece when it is due, until it ends."""
    while not tape.ended:
        await trio.sleep_until(tape.due_at())
        await call.send([call.dialect.audio(tape.take())])


async def exchange(call: Call, tape: Tape, recording: Recording, answer_s: float) -> None:
    """Speak one recording, and return when its answer has been given, played and written down."""
    begins_at = tape.put(recording.pcm)
    call.conversation.turn = turn = Turn(recording.name, begins_at + recording.speech_ends_ms / 1000)
    call.say(f"> {recording.name} ({recording.ends_ms / 1000:.1f} s)")
    await trio.sleep_until(begins_at + recording.ends_ms / 1000)
    with trio.move_on_after(answer_s) as waiting:
        await call.wait_until(lambda: turn.answered)
    if waiting.cancelled_caught:
        call.complain(f"no answer to {recording.name} within {answer_s:g} s")
    await trio.sleep_until(call.conversation.playback.ends_at)
    with trio.move_on_after(WORDS_S):
        await call.wait_until(lambda: bool(turn.heard))
    call.spoken.append(turn.spoken())


async def speak_live(sound: Sound, wait_end: Callable[[], Awaitable[None]], call: Call) -> None:
    """Send what the microphone hears until `wait_end` returns, and let the loudspeaker play the agent."""
    call.speaker = sound.speaker
    call.say("speak; Ctrl-C ends the conversation")
    async with trio.open_nursery() as speaking:
        speaking.start_soon(forward, call, sound, name="talk speaker")
        await wait_end()
        sound.recorded.close()  # the speaker ends by itself, so that no message is cut half way


async def forward(call: Call, sound: Sound) -> None:
    """Send what the microphone hears from now on."""
    sound.forget()
    async for piece in sound.heard:
        await call.send([call.dialect.audio(piece)])


async def wait_ctrl_c() -> None:
    """Return at Ctrl-C, which so ends the conversation and not the program."""
    with trio.open_signal_receiver(signal.SIGINT) as signals:
        async for _ in signals:
            return
