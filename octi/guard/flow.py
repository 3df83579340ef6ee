"""How much one client sends. Asked once for what a socket gives at once, not for each message. Pure.

Who sends too much is not read for a while, and so, by TCP, waits himself: nothing that he says is lost. Who does
nothing else for half a minute is no client with a backlog, but a flood.
"""

from collections.abc import Callable

import attrs

from octi.errors import RateLimited
from octi.guard.buckets import GRAINS, SECOND, Rate, nanoseconds
from octi.guard.limits import PerSession

FLOOD_S = 30.0  # below the minute after which a client that is not heard is gone
MESSAGES_BURST_S, BYTES_BURST_S = 20, 64  # what a burst is where no rule says it
ERROR = (b'{"type":"error"', b'{"type": "error"')  # how octi and its providers begin one

Tell = Callable[[RateLimited], None]


@attrs.define(eq=False)
class Gauge:
    """One limit of one client's: a bucket (see `buckets`), written out, for it is asked at each look at a socket."""

    limit: str
    most: str
    rate: Rate
    _lack: int = 0  # grains
    _at: int = 0  # nanoseconds

    def took(self, count: int, now: int) -> int:
        """So many more; in how many nanoseconds there may be others."""
        rate = self.rate
        lack = self._lack - (now - self._at) * rate.per_minute
        self._lack = lack = (max(0, lack)) + count * GRAINS
        self._at = now
        beyond = lack - rate.burst * GRAINS
        return 0 if beyond <= 0 else -(-beyond // rate.per_minute)


@attrs.define(eq=False)
class Flow:
    """What one client sends, as far as it is limited."""

    messages: Gauge | None = None
    size: Gauge | None = None
    bad: Gauge | None = None
    tell: Tell = attrs.field(default=lambda refusal: None, kw_only=True)  # somebody is refused
    _held_since: float | None = None
    _refusal: RateLimited | None = None

    def took(self, messages: int, size: int, now: float) -> float:
        """So many messages came, of so many bytes: until when no more are to be read; 0: they may be.

        Raises RateLimited for a flood, and for a client that says nothing sensible.
        """
        if self._refusal is not None:
            raise self._refusal
        at = nanoseconds(now)
        wait = 0 if self.messages is None else self.messages.took(messages, at)
        slowest = self.messages
        if self.size is not None and (its := self.size.took(size, at)) > wait:
            wait, slowest = its, self.size
        if wait == 0 or slowest is None:
            self._held_since = None
            return 0.0
        return self._held(slowest, wait, now)

    def _held(self, gauge: Gauge, wait: int, now: float) -> float:
        until = now + wait / SECOND
        if self._held_since is None:
            self._held_since = now
        if until - self._held_since > FLOOD_S:
            raise self._refused(gauge, wait)
        return until

    def sent(self, message: bytes, now: float) -> None:
        """The client is sent a message: an error is for something that it said. `took` tells if those are too many."""
        if self.bad is None or not message.startswith(ERROR):
            return
        if wait := self.bad.took(1, nanoseconds(now)):
            self._refusal = self._refusal or self._refused(self.bad, wait)

    def _refused(self, gauge: Gauge, wait: int) -> RateLimited:
        refusal = RateLimited(gauge.limit, gauge.most, max(0.1, round(wait / SECOND, 1)))
        self.tell(refusal)
        return refusal


def flow_for(rule: PerSession, tell: Tell) -> Flow | None:
    """How a client's flow is limited; None: it is not. tell: is told of what is refused."""
    messages = _gauge("messages_per_second", rule.messages_per_second, rule.messages_burst, MESSAGES_BURST_S)
    size = _gauge("bytes_per_second", rule.bytes_per_second, rule.bytes_burst, BYTES_BURST_S)
    bad = _bad(rule.bad_messages_per_minute)
    return Flow(messages, size, bad, tell=tell) if messages or size or bad else None


def _gauge(name: str, per_second: int | None, burst: int | None, burst_s: int) -> Gauge | None:
    if not per_second:
        return None
    rate = Rate(60 * per_second, burst or burst_s * per_second)
    return Gauge(f"per_session.{name}", f"{per_second} a second", rate)


def _bad(per_minute: int | None) -> Gauge | None:
    if not per_minute:
        return None
    return Gauge("per_session.bad_messages_per_minute", f"{per_minute} a minute", Rate(per_minute, per_minute))
