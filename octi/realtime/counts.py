"""What the provider counted for each response and each transcription, and what was said apart from the conversation.

Pure. `usage.py` has the sums.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import attrs
import msgspec

from octi.realtime.events import Item, Response, ResponseCreated, ResponseDone, ServerEvent, UserWords, UserWordsFailed
from octi.realtime.function_calls import CALLS, LARGEST
from octi.realtime.names import Names
from octi.realtime.session_settings import SessionSettings
from octi.realtime.usage import counted
from octi.records import UsageKind, UsageRecord
from octi.units import SessionId

UNFINISHED = "unfinished"  # a response whose end octi did not hear


@attrs.define
class Counts:
    """One session's records of usage. One that has no id is named by its place: `response-3`."""

    _session: SessionId
    _names: Names = attrs.field(factory=Names)
    _begun: dict[str, Response] = attrs.field(factory=dict)  # by id: those under way
    _aside: dict[str, dict[str, str]] = attrs.field(factory=dict)  # out of band, under way: words by item
    _kept: set[str] = attrs.field(factory=set)  # names of this leg's
    _nameless: int = 0

    def is_aside(self, response: str) -> bool:
        """Is it under way, and no part of the conversation?"""
        return response in self._aside

    def say_aside(self, response: str, item: str, words: str) -> None:
        """Words of a response that is no part of the conversation."""
        said = self._aside[response]
        said[item] = (said.get(item, "") + words)[:LARGEST]

    def name(self, response: str) -> str:
        """What a response is called in what is kept."""
        return self._names.name(response)

    def recall(self, records: Sequence[UsageRecord]) -> None:
        """An earlier life of the session kept these."""
        self._names.recall(record.id for record in records if record.kind is UsageKind.RESPONSE)
        self._nameless = len(records)

    def new_leg(self) -> None:
        """Another leg takes over; `close` was called."""
        self._names.new_leg(self._kept)
        self._kept = set()

    def fold(self, event: ServerEvent, item: str, settings: SessionSettings) -> tuple[UsageRecord, ...]:
        """Take one event in; what it counts. item: what the turn that it is about is called in what is kept."""
        match event:
            case ResponseCreated(response=response):
                self._begin(response)
                return ()
            case ResponseDone(response=response):
                return (self._response(response, settings.model, response.status or ""),)
            case UserWords(usage=usage):
                return (self._transcription(item, settings, "completed", None, usage),)
            case UserWordsFailed(error=error):
                return (self._transcription(item, settings, "failed", error.code or error.type, None),)
            case _:
                return ()

    def close(self, settings: SessionSettings) -> tuple[UsageRecord, ...]:
        """No event will follow: what is under way is told as it stands."""
        return tuple(self._response(response, settings.model, UNFINISHED) for response in [*self._begun.values()])

    def _begin(self, response: Response) -> None:
        if response.id:
            self._begun[response.id] = response
            if not response.in_band:
                self._aside[response.id] = {}

    def _response(self, response: Response, model: str, status: str) -> UsageRecord:
        begun = self._begun.pop(response.id, response)
        aside = not (response.in_band and begun.in_band)
        said = self._aside.pop(response.id, {})
        return UsageRecord(
            session=self._session,
            kind=UsageKind.RESPONSE,
            id=self._keep(response.id),
            status=status,
            reason=_reason(response),
            out_of_band=aside,
            model=model,
            usage=_json(counted(response.usage)),
            output=_json(list(_lines(response.output, said)) if aside else []),
        )

    def _transcription(
        self, item: str, settings: SessionSettings, status: str, reason: str | None, usage: Any
    ) -> UsageRecord:
        return UsageRecord(
            session=self._session,
            kind=UsageKind.TRANSCRIPTION,
            id=item,
            status=status,
            reason=reason,
            model=settings.transcription_model,
            usage=_json(counted(usage)),
        )

    def _keep(self, response: str) -> str:
        if not response:
            self._nameless += 1
            return f"response-{self._nameless}"
        name = self._names.name(response)
        self._kept.add(name)
        return name


def _reason(response: Response) -> str | None:
    match response.status_details:
        case None:
            return None
        case str(words):
            return words
        case details:
            return details.reason or (details.error.code or details.error.type if details.error else None)


def _lines(output: Iterable[Item], said: dict[str, str]) -> Iterator[dict[str, Any]]:
    """What an out-of-band response came to: as its end tells, else as it was told on the way."""
    whole = list(output)
    for item in whole:
        if item.type in CALLS:
            yield {"type": "function_call", "name": item.name, "arguments": item.arguments[:LARGEST]}
        elif item.words:
            yield {"type": "message", "text": item.words[:LARGEST]}
    yield from ({"type": "message", "text": words} for words in said.values() if not whole)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
