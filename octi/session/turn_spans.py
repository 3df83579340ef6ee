"""A session's turns as spans: what the user said, the wait, the answers, the functions. Times: seconds since 1970.

A turn is told when the next one begins, or the conversation ends: until then it may be cut off, or go on after a
function. What its spans say follows OpenTelemetry's conventions for generative AI, where there are any.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs

from octi.clock import Now
from octi.observe.base import Attributes, Span, in_span
from octi.realtime.events import ErrorBody, Response
from octi.realtime.pacing import OTHER, Answer, Asked
from octi.realtime.usage import counted
from octi.records import SessionRecord

CHAT = "chat"
CALLS = "function_call"
PROVIDERS = {"azure": "azure.ai.openai"}  # as the conventions name them, where octi does otherwise
WORD = re.compile(r"[\w.:-]{1,64}", re.ASCII)  # what a provider gives as a code; sentences stay out of traces
UNFINISHED = "error"  # as the conventions say where the last word of an answer was not heard
SPOKEN, WRITTEN = frozenset({"audio", "output_audio"}), frozenset({"text", "output_text"})
IN, OUT, CACHED = "input_token_details", "output_token_details", "cached_tokens_details"
USAGE: Mapping[str, tuple[str, ...]] = {
    "gen_ai.usage.input_tokens": ("input_tokens",),
    "gen_ai.usage.output_tokens": ("output_tokens",),
    "gen_ai.usage.text.input_tokens": (IN, "text_tokens"),
    "gen_ai.usage.audio.input_tokens": (IN, "audio_tokens"),
    "gen_ai.usage.text.output_tokens": (OUT, "text_tokens"),
    "gen_ai.usage.audio.output_tokens": (OUT, "audio_tokens"),
    "gen_ai.usage.cache_read.input_tokens": (IN, "cached_tokens"),
    "gen_ai.usage.text.cache_read.input_tokens": (IN, CACHED, "text_tokens"),
    "gen_ai.usage.audio.cache_read.input_tokens": (IN, CACHED, "audio_tokens"),
}


@attrs.define(eq=False)
class OpenTurn:
    """A turn that is not told yet."""

    span: Span
    asked: Asked
    until: float = 0.0  # when the last of it was over
    wants: bool = False  # did its last answer call functions?
    problem: str | None = None
    running: int = 0  # functions, just now
    closed: bool = False

    def close(self) -> None:
        """Nothing more will begin in it."""
        self.closed = True
        self._tell()

    def over(self, at: float) -> None:
        """Something of it is over."""
        self.until = max(self.until, at)
        self._tell()

    def _tell(self) -> None:
        if self.closed and not self.running:
            self.span.end(error=self.problem, at=self.until)


@attrs.define(eq=False)
class TurnSpans:
    """The turns of one session, one after the other, as parts of its span."""

    record: SessionRecord
    session: Span
    _turn: OpenTurn | None = None

    def answered(self, answer: Answer, wall: float) -> None:
        """An answer is over. wall: what is to be added to its times."""
        turn, began, over = self._turn_of(answer, wall), wall + answer.created_at, wall + answer.done_at
        chat = turn.span.begin(name_of(self.record), self._about(answer), at=began, client=True)
        turn.problem = problem_of(answer.response.error)
        chat.end(error=turn.problem, at=over)
        turn.over(over)
        turn.wants = any(item.type == CALLS for item in answer.response.output)
        if answer.wait_s is not None:
            turn.span.note({"octi.first_audio_s": round(answer.wait_s, 4)})
        if answer.unfinished or answer.response.status == "cancelled":
            self.interrupted()

    def interrupted(self) -> None:
        """What the agent said last was cut off."""
        if self._turn is not None:
            self._turn.span.note({"octi.interrupted": True})

    @contextmanager
    def tool(self, name: str, attributes: Attributes, now: Now) -> Iterator[None]:
        """A function runs, for the turn that wanted it."""
        turn = self._turn
        span = (turn.span if turn else self.session).begin(name, attributes)
        if turn is not None:
            turn.running += 1
        try:
            with in_span(span):
                yield
        finally:
            span.end(at=(over := now()))
            if turn is not None:
                turn.running -= 1
                turn.over(over)

    def over(self) -> None:
        """Nothing more belongs to the turn."""
        if self._turn is not None:
            self._turn.close()
            self._turn = None

    def _turn_of(self, answer: Answer, wall: float) -> OpenTurn:
        """The turn that an answer belongs to. The same as before if it is for the same question, or for functions."""
        asked, turn = answer.asked, self._turn
        if turn is not None and (asked is turn.asked or (asked.by == OTHER and turn.wants)):
            return turn
        self.over()
        began, ended = wall + (asked.at if asked.since is None else asked.since), wall + asked.at
        span = self.session.begin("turn", {"octi.asked_by": asked.by}, at=began)
        if asked.since is not None:
            span.begin("speech", at=began).end(at=ended)
        if answer.created_at > asked.at:
            span.begin("wait", at=ended).end(at=wall + answer.created_at)
        self._turn = OpenTurn(span, asked)
        return self._turn

    def _about(self, answer: Answer) -> Attributes:
        response = answer.response
        ids = {"gen_ai.response.id": response.id} if response.id else {}
        first = {} if answer.first_at is None else {"octi.first_chunk_s": round(answer.first_at - answer.created_at, 4)}
        reason = UNFINISHED if answer.unfinished else reason_of(response)
        return {
            "gen_ai.operation.name": CHAT,
            "gen_ai.conversation.id": self.record.id,
            **asked_of(self.record),
            **ids,
            **kind_of(response),
            **first,
            "gen_ai.response.finish_reasons": (reason,),
            **used_by(response),
        }


def name_of(record: SessionRecord) -> str:
    """What a call to the model is called."""
    return f"{CHAT} {record.model}".rstrip()


def led_by(record: SessionRecord) -> Attributes:
    """Who answers, for spans that are no call to a model: some viewers count all that names one as such."""
    return {"octi.upstream": record.upstream, "octi.model": record.model}


def asked_of(record: SessionRecord) -> Attributes:
    """Who is asked."""
    provider = PROVIDERS.get(record.upstream, record.upstream)
    return {"gen_ai.provider.name": provider, "gen_ai.request.model": record.model}


def kind_of(response: Response) -> Attributes:
    """Whether it is spoken or written, as far as that can be seen."""
    kinds = {part.type for item in response.output for part in item.content}
    told = "speech" if kinds & SPOKEN else "text" if kinds & WRITTEN else None
    return {"gen_ai.output.type": told} if told else {}


def reason_of(response: Response) -> str:
    """Why it ended, in the provider's word."""
    details = response.status_details
    reason = None if details is None or isinstance(details, str) else details.reason
    return word(reason) or word(response.status) or UNFINISHED


def used_by(response: Response) -> Attributes:
    """What the provider counted. Of the parts only those of which there is something."""
    sums = counted(response.usage)
    found = {name: _at(sums, path) for name, path in USAGE.items()}
    return {name: value for name, value in found.items() if value or (value == 0 and len(USAGE[name]) == 1)}


def _at(sums: Any, path: tuple[str, ...]) -> int | None:
    for name in path:
        sums = sums.get(name) if isinstance(sums, Mapping) else None
    return int(sums) if isinstance(sums, int | float) else None


def problem_of(error: ErrorBody | None) -> str | None:
    """A failure in one word."""
    return None if error is None else word(error.code) or word(error.type) or "failed"


def word(said: Any) -> str | None:
    """A provider's word, if it is one."""
    return said if isinstance(said, str) and WORD.fullmatch(said) else None
