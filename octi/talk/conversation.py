"""A conversation as one who talks keeps it: what was said, what of it is to be printed, how long answers took."""

import re

import attrs

from octi.talk.dialect import (
    AgentAudio,
    AgentDone,
    AgentWords,
    Event,
    Interrupted,
    Problem,
    Ready,
    UserSpeaks,
    UserWords,
)
from octi.talk.playback import Playback

SENTENCE = re.compile(r".+?[.!?…]+(?=\s)\s*", re.DOTALL)
YOU, AGENT, NOTE = "  you: ", "agent: ", "       "


@attrs.frozen
class Spoken:
    """One recording and what came of it. `latency_s`: from the end of speech to the first sound of the answer."""

    name: str
    heard: str
    answer: str
    latency_s: float | None


@attrs.define
class Turn:
    """One recording while it is spoken and answered. Times are those of the caller's clock."""

    name: str
    speech_ends_at: float
    heard: list[str] = attrs.field(factory=list)
    answer: list[str] = attrs.field(factory=list)
    sounds_at: float | None = None
    answered: bool = False

    def spoken(self) -> Spoken:
        """What came of it, for good."""
        latency_s = None if self.sounds_at is None else self.sounds_at - self.speech_ends_at
        return Spoken(self.name, " ".join(self.heard), " ".join("".join(self.answer).split()), latency_s)


def nameless_turn() -> Turn:
    """What is said before the first recording, or into a microphone: nobody knows when that speech ends."""
    return Turn("", float("inf"))


@attrs.define
class Conversation:
    """Folds the server's events, and gives for each the lines to be printed."""

    playback: Playback = attrs.field(factory=Playback)
    turn: Turn = attrs.field(factory=nameless_turn)
    ready: bool = False
    answering: bool = False  # an answer has begun and is not complete
    overtaken: bool = False  # we spoke again before it was: it is no answer to what we say now
    unprinted: str = ""  # the agent's words since its last whole sentence
    problems: list[str] = attrs.field(factory=list)

    def take(self, event: Event, now: float) -> list[str]:
        """What happened."""
        match event:
            case Ready():
                self.ready = True
                return []
            case UserSpeaks():
                self.turn.answered, self.turn.sounds_at, self.overtaken = False, None, self.answering
                return []
            case UserWords(words):
                return self.take_user_words(words.strip())
            case AgentAudio():
                return self.take_audio(event, now)
            case AgentWords(words):
                return self.take_agent_words(words)
            case AgentDone():
                self.turn.answered = not self.overtaken
                return self.end_answer()
            case Interrupted():
                return self.end_answer()
            case Problem(text):
                self.problems.append(text)
                return [f"error: {text}"]

    def take_user_words(self, words: str) -> list[str]:
        """What was understood of us."""
        if not words:
            return []
        self.turn.heard.append(words)
        return [YOU + words]

    def take_audio(self, audio: AgentAudio, now: float) -> list[str]:
        """A piece of the agent's voice. The first of an answer to speech that has ended tells how long that took."""
        if not self.playback.play(audio, now) or self.answering:
            return []
        self.answering = True
        if now < self.turn.speech_ends_at or self.turn.sounds_at is not None:
            return []
        self.turn.sounds_at = now
        return [f"{NOTE}({now - self.turn.speech_ends_at:.2f} s from the end of speech to the first sound)"]

    def take_agent_words(self, words: str) -> list[str]:
        """The agent's words; whole sentences are printed."""
        self.turn.answer.append(words)
        self.unprinted += words
        sentences = [match.group() for match in SENTENCE.finditer(self.unprinted)]
        self.unprinted = self.unprinted[sum(map(len, sentences)) :]
        return [AGENT + sentence.strip() for sentence in sentences]

    def end_answer(self) -> list[str]:
        """The answer is complete or cut off: print what is left of it."""
        rest, self.unprinted = self.unprinted.strip(), ""
        self.answering = self.overtaken = False
        self.turn.answer.append(" ")  # words that follow are another answer's
        return [AGENT + rest] if rest else []
