"""What a door asks its session to do: plain values, carried out in order.

Structs, for every frame is one or two of them: a NamedTuple costs four times as much to make.
"""

import msgspec


class ToProvider(msgspec.Struct, frozen=True, gc=False):
    """Send an event upstream. `audio_bytes`: how much of the user's raw audio it carries."""

    data: bytes
    audio_bytes: int = 0


class ToClient(msgspec.Struct, frozen=True, gc=False):
    """Send a message to the client. `audio` may be taken back while it waits."""

    data: bytes
    text: bool = True
    audio: bool = False


class DropAudio(msgspec.Struct, frozen=True, gc=False):
    """Take back the agent's audio that waits for the client: the agent was cut off."""


class Heard(msgspec.Struct, frozen=True, gc=False):
    """So many milliseconds of an item were heard, as the client is told: the provider's word on it may never come."""

    item: str
    ms: int


class Renew(msgspec.Struct, frozen=True, gc=False):
    """Leave this leg, wait so many seconds, and begin a fresh conversation on a new one."""

    wait_s: float = 0.0


class Instructed(msgspec.Struct, frozen=True, gc=False):
    """The client gave the agent instructions of its own."""

    text: str


Step = ToProvider | ToClient | DropAudio | Heard | Renew | Instructed
Steps = list[Step]
