"""What a door asks its session to do: plain values, carried out in order."""

from typing import NamedTuple


class ToProvider(NamedTuple):
    """Send an event upstream. `audio_bytes`: how much of the user's raw audio it carries."""

    data: bytes
    audio_bytes: int = 0


class ToClient(NamedTuple):
    """Send a message to the client. `audio` may be taken back while it waits."""

    data: bytes
    text: bool = True
    audio: bool = False


class DropAudio(NamedTuple):
    """Take back the agent's audio that waits for the client: the agent was cut off."""


class Heard(NamedTuple):
    """So many milliseconds of an item were heard, as the client is told: the provider's word on it may never come."""

    item: str
    ms: int


class Renew(NamedTuple):
    """Leave this leg, wait so many seconds, and begin a fresh conversation on a new one."""

    wait_s: float = 0.0


class Instructed(NamedTuple):
    """The client gave the agent instructions of its own."""

    text: str


Step = ToProvider | ToClient | DropAudio | Heard | Renew | Instructed
Steps = list[Step]
