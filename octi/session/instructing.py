"""Puts new instructions into a conversation under way: asked for once, confirmed, asked for again if refused. Pure."""

import attrs
import structlog

from octi.realtime.events import ErrorEvent, ServerEvent, SessionUpdated
from octi.realtime.steps import Steps, ToProvider
from octi.upstream.base import update_for

log = structlog.get_logger("octi.session")

EVENT_ID = "octi_instructions"
TRIES = 3


@attrs.define(eq=False)
class Instructing:
    """What the agent is to be told, and whether its provider has agreed."""

    text: str | None = None  # None: nothing but what the leg began with
    confirmed: bool = True
    _tries: int = 0

    def want(self, text: str) -> Steps:
        """New instructions; nothing to do where they are in force."""
        if text == self.text:
            return []
        self.text, self.confirmed, self._tries = text, False, 0
        return self._ask()

    def opened(self, told: str | None) -> Steps:
        """A leg is configured, and was told this; since that was begun something else may be wanted."""
        self.confirmed, self._tries = self.text in {None, told}, 0
        return [] if self.confirmed else self._ask()

    def from_provider(self, event: ServerEvent) -> Steps:
        """A provider's event: its agreement, or its refusal."""
        if self.confirmed:
            return []
        match event:
            case SessionUpdated(session=session) if session.instructions in {self.text, ""}:
                self.confirmed = True
            case ErrorEvent(error=error) if error.event_id == EVENT_ID:
                return self._refused()
        return []

    def _ask(self) -> Steps:
        self._tries += 1
        return [ToProvider(update_for({"type": "realtime", "instructions": self.text}, EVENT_ID))]

    def _refused(self) -> Steps:
        if self._tries < TRIES:
            return self._ask()
        self.confirmed = True  # as settled as it gets: the next change, or the next leg, tries anew
        log.warning("instructions not taken by the provider", tries=TRIES)
        return []
