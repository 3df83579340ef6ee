"""What the directory needs of others: instructions for sessions, sidebands for calls, a provider's secrets."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import attrs

from octi.errors import Unserved
from octi.extraction.composer import Instructions
from octi.records import Development, SessionRecord
from octi.units import SessionId
from octi.upstream.base import Minted

ToolsOf = Callable[[SessionRecord], Sequence[Mapping[str, Any]]]  # octi's own functions, as a session declares them


class Renewal(Protocol):
    """What became of a session's instructions."""

    @property
    def instructions(self) -> Instructions:
        """All layers, as they are stored now."""


class Steering(Protocol):
    """Composes and keeps what the agents are told."""

    def first(self, record: SessionRecord, instructions: str = "") -> Development:
        """The instructions of a new session, to be stored with it."""

    async def instructions(self, session: SessionId) -> Instructions:
        """A session's instructions as they were stored last. Raises StoreFailed."""

    async def renew(self, session: SessionId) -> Renewal:
        """Put profile and history into a session's instructions. Raises OctiError."""


class Calls(Protocol):
    """Joins the provider's calls, each in a task that the directory does not wait for."""

    @property
    def problem(self) -> str | None:
        """Why there are no calls here; None: there are."""

    def attach(self, record: SessionRecord, call_id: str, secrets: Sequence[str] = (), *, own: bool = False) -> None:
        """Join a call as a session that is stored and not live yet; it is live when this returns. Never waits.

        secrets: those that may have made the call, likeliest first; own: the provider's key did. Raises SessionTaken if
        the session is live.
        """


@attrs.frozen
class NoCalls:
    """No calls are joined here."""

    problem: str | None

    def attach(self, record: SessionRecord, call_id: str, secrets: Sequence[str] = (), *, own: bool = False) -> None:
        """See `Calls.attach`. Raises Unserved."""
        raise Unserved(self.problem or "There are no calls here.")


class HangsUp(Protocol):
    """A provider's endpoints, for whoever made a call."""

    async def hang_up(self, call_id: str) -> bool:
        """See `octi.upstream.api.ProviderApi.hang_up`."""


class Provider(Protocol):
    """A provider's HTTP endpoints, as far as they are asked here. All raise ProviderFault."""

    async def mint_secret(
        self, session: Mapping[str, Any], *, seconds: int | None = None, safety_identifier: str | None = None
    ) -> Minted:
        """See `octi.upstream.api.ProviderApi.mint_secret`."""

    def with_secret(self, secret: str | None) -> "HangsUp":
        """See `octi.upstream.api.ProviderApi.with_secret`."""
