"""A door, as the session sees it: what one kind of client says and hears. Pure: it decides, the session does."""

from typing import Protocol

import msgspec

from octi.errors import OctiError
from octi.realtime.arbiter import Arbiter
from octi.realtime.events import ServerEvent
from octi.realtime.steps import Steps


class Door(Protocol):
    """Translates between one client and the Realtime events of its provider. `now`: seconds of the session's clock."""

    @property
    def name(self) -> str:
        """Which door it is."""

    @property
    def renews(self) -> bool:
        """Does the client survive a new leg? Else a lost provider ends the session."""

    @property
    def arbiter(self) -> Arbiter:
        """Who decides when an answer is asked for; tools and operators ask here, and have its steps carried out."""

    @property
    def wake_at(self) -> float | None:
        """When `wake` wants to be called; None: not."""

    def opened(self, session: msgspec.Raw) -> Steps:
        """A leg is configured; `session` is the configuration in force."""

    def lost(self) -> None:
        """The leg in use is gone: what was active or asked for on it is no more."""

    def from_client(self, data: bytes, *, text: bool, now: float) -> Steps:
        """The client sent a message."""

    def from_provider(self, frame: bytes, event: ServerEvent, now: float) -> Steps:
        """The provider sent an event: as it came, and as read."""

    def cut(self, now: float) -> Steps:
        """octi itself cuts the agent off, as far as that can be done from here; nothing where nothing is heard."""

    def wake(self, now: float) -> Steps:
        """`wake_at` has come."""

    def trouble(self, error: OctiError) -> Steps:
        """Something went wrong that the client should know."""

    def notice(self, text: str) -> Steps:
        """Something is under way that the client may want to know."""
