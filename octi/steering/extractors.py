"""Who reads a profile out of what was said: octi's own rules, or a provider's model."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, NoReturn, Protocol

import structlog
import trio

from octi.errors import ExtractionFailed
from octi.extraction.heuristic import heuristic_findings
from octi.extraction.profile import Found
from octi.extraction.prompt import (
    Dropped,
    Extracted,
    Failed,
    Garbled,
    Incomplete,
    Refused,
    extraction_request,
    read_response,
)
from octi.extraction.schema import ProfileSchema
from octi.records import Turn
from octi.units import ItemId, SessionId

log = structlog.get_logger("octi.steering")

Findings = Mapping[str, Found]
Extractor = Callable[[ProfileSchema, Sequence[Turn], Mapping[ItemId, float]], Awaitable[Findings]]
"""What a conversation's turns, in its order, say of a schema's fields; the times are when items were said, if known.

It comes back within seconds, and raises ProviderFault where somebody else is asked.
"""
Tell = Callable[[SessionId, str, Mapping[str, Any]], None]
"""Whose, of which model, and what it answered. Never waits."""
Run = Callable[[Callable[[], Findings]], Awaitable[Findings]]


class Responder(Protocol):
    """What is needed of a provider's endpoints; see `ProviderApi`."""

    @property
    def name(self) -> str:
        """The provider's name."""

    async def respond(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The Responses API's answer. Raises ProviderFault."""


async def in_a_thread(work: Callable[[], Findings]) -> Findings:
    """Beside the event loop: a long conversation takes a tenth of a second, and live audio does not wait for it."""
    return await trio.to_thread.run_sync(work, abandon_on_cancel=True)


async def at_once(work: Callable[[], Findings]) -> Findings:
    """In the event loop, for tests on virtual time, which runs on while a thread works."""
    await trio.lowlevel.checkpoint()
    return work()


def by_rules(run: Run = in_a_thread) -> Extractor:
    """octi's own rules: English and French, plainly said, nothing leaves the machine."""

    async def extract(schema: ProfileSchema, turns: Sequence[Turn], times: Mapping[ItemId, float]) -> Findings:
        return await run(partial(heuristic_findings, schema, turns, times))

    return extract


def by_model(api: Responder, model: str, tell: Tell = lambda session, model, answer: None) -> Extractor:
    """A provider's model, asked once. Its extractor raises what `api` raises, and ExtractionFailed.

    tell: is told of each answer, whatever is in it, for it costs something.
    """

    async def extract(schema: ProfileSchema, turns: Sequence[Turn], times: Mapping[ItemId, float]) -> Findings:
        answer = await api.respond(extraction_request(schema, turns, model=model))
        if turns:
            tell(turns[0].session, model, answer)
        match read_response(answer, schema, turns, times):
            case Extracted(found, dropped):
                _log_dropped(turns, dropped)
                return found
            case failure:
                _fail(api.name, failure)

    return extract


def _fail(provider: str, failure: Refused | Incomplete | Failed | Garbled) -> NoReturn:
    """Without the model's own words: they may repeat what the user said, and errors are logged."""
    match failure:
        case Refused():
            raise ExtractionFailed(provider, "the model declined", "refusal")
        case Incomplete(reason):
            raise ExtractionFailed(provider, f"the answer stopped early: {reason}", "incomplete")
        case Failed(code, why):
            raise ExtractionFailed(provider, f"{code}: {why}", "failed")
        case Garbled():
            raise ExtractionFailed(provider, "the answer is no profile", "garbled")


def _log_dropped(turns: Sequence[Turn], dropped: Sequence[Dropped]) -> None:
    """By their names only: what people say does not go into logs."""
    if dropped:
        fields = {each.field: each.why for each in dropped}
        log.info("not all of the model's findings were taken", session=turns[0].session, fields=fields)
