"""What a session's ledger answers over HTTP, as classes: the neighbours of `octi.web.openapi_shapes`."""

from typing import Any

from octi.records import CallStatus, UsageKind
from octi.web.openapi_shapes import Camel, Cost, Time


class Call(Camel, kw_only=True):
    """A function that the agent called."""

    item: str
    call_id: str
    name: str
    arguments: str
    output: str | None
    status: CallStatus
    own: bool
    cut: bool
    response: str | None
    position: int
    turns_before: int
    called_at: Time | None


class Calls(Camel):
    """The functions that the agent called."""

    calls: list[Call]


class UsageEntry(Camel, kw_only=True):
    """What was counted once."""

    kind: UsageKind
    id: str
    status: str | None
    reason: str | None
    out_of_band: bool
    model: str
    usage: dict[str, Any]
    output: list[Any]
    counted_at: Time | None
    cost: Cost


class Usages(Camel, kw_only=True):
    """What the provider counted, and what it cost."""

    total: dict[str, Any]
    cost: Cost
    currency: str
    records: list[UsageEntry]
