"""The OCTI door under a policy. Its clients can do nothing that a restricted one may not, unless that is less still.

They say nothing of model, instructions or tools, and are shown none of them: of a policy only what it takes away from
speaking and typing is looked at, by the Realtime events that a message stands for. Pure.
"""

from collections.abc import Mapping

import msgspec

from octi.errors import BadMessage, OctiError
from octi.guard.policy import Policy
from octi.realtime.arbiter import Arbiter
from octi.realtime.events import ServerEvent
from octi.realtime.octi_messages import (
    Interrupt,
    StartConversation,
    UserAudioClear,
    UserAudioCommit,
    UserAudioEnd,
    UserText,
    read_client_message,
)
from octi.realtime.octi_protocol import OctiDoor
from octi.realtime.steps import Steps

SOUND = "input_audio_buffer.append"
STANDS_FOR: Mapping[type, tuple[str, ...]] = {
    StartConversation: (),
    UserAudioEnd: (),
    UserAudioClear: ("input_audio_buffer.clear",),
    UserAudioCommit: ("input_audio_buffer.commit", "response.create"),
    UserText: ("conversation.item.create", "response.create"),
    Interrupt: ("response.cancel",),
}  # ResetSession: nothing but a new conversation of the client's own


def takes_from_octi(policy: Policy) -> bool:
    """Does a policy take something away that an OCTI client does?"""
    wanted = {SOUND, *(each for events in STANDS_FOR.values() for each in events)}
    return not all(map(policy.events.lets, wanted)) or not policy.items.lets("user_text")


class PolicedOctiDoor:
    """An OCTI door whose client may not do all that there is."""

    def __init__(self, door: OctiDoor, policy: Policy) -> None:
        self._door, self._policy, self._told = door, policy, False

    @property
    def name(self) -> str:
        """See `Door.name`."""
        return self._door.name

    @property
    def renews(self) -> bool:
        """See `Door.renews`."""
        return self._door.renews

    @property
    def arbiter(self) -> Arbiter:
        """See `Door.arbiter`."""
        return self._door.arbiter

    @property
    def wake_at(self) -> float | None:
        """See `Door.wake_at`."""
        return self._door.wake_at

    def opened(self, session: msgspec.Raw) -> Steps:
        """See `Door.opened`."""
        return self._door.opened(session)

    def lost(self) -> None:
        """See `Door.lost`."""
        self._door.lost()

    def from_client(self, data: bytes, *, text: bool, now: float) -> Steps:
        """A client's message, if it may be sent. That sound is refused is told once: there are fifty pieces a second.

        The door reads it with the same words: what is no message it refuses itself.
        """
        if not text:
            return self._door.from_client(data, text=text, now=now) if self._policy.events.lets(SOUND) else self._deaf()
        try:
            message = read_client_message(data)
        except BadMessage as error:
            return self._door.trouble(error)
        refused = [each for each in STANDS_FOR.get(type(message), ()) if not self._policy.events.lets(each)]
        if refused or (isinstance(message, UserText) and not self._policy.items.lets("user_text")):
            kind = type(message).__struct_config__.tag
            return self._door.trouble(BadMessage(f"not allowed: this client may not send {kind}", "type"))
        return self._door.from_client(data, text=text, now=now)

    def _deaf(self) -> Steps:
        told, self._told = self._told, True
        return [] if told else self._door.trouble(BadMessage("not allowed: this client may not speak"))

    def from_provider(self, frame: bytes, event: ServerEvent, now: float) -> Steps:
        """See `Door.from_provider`."""
        return self._door.from_provider(frame, event, now)

    def cut(self, now: float) -> Steps:
        """See `Door.cut`."""
        return self._door.cut(now)

    def wake(self, now: float) -> Steps:
        """See `Door.wake`."""
        return self._door.wake(now)

    def trouble(self, error: OctiError) -> Steps:
        """See `Door.trouble`."""
        return self._door.trouble(error)

    def notice(self, text: str) -> Steps:
        """See `Door.notice`."""
        return self._door.notice(text)
