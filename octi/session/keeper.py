"""The keeper: a session's deadlines."""

from collections.abc import Callable, Mapping

import trio

from octi.alarm import Alarm
from octi.session.ending import CLOSED, DISMISSED, MOVED, REPLACED, Ending, client_silent, idle, too_long
from octi.session.live import LiveSessions, Order
from octi.session.relay import Relay
from octi.units import SessionId
from octi.websocket.base import Leg

PING_S = 20.0  # as the provider pings
SILENT_S = 60.0  # a peer that answers three pings in a row with nothing is gone

BEAT_S = 60.0  # a client that gave signs of life and gives none for so long is gone
LOOK_S = 5.0

End = Callable[[Ending], None]
ORDERED: Mapping[Order, Ending] = {
    Order.OPERATOR: DISMISSED,
    Order.CLIENT: CLOSED,
    Order.REPLACED: REPLACED,
    Order.MOVED: MOVED,
}


async def keep_length(longest_s: float, end: End) -> None:
    """End the session at its maximum length."""
    await trio.sleep(longest_s)
    end(too_long(longest_s))


async def keep_orders(live: LiveSessions, session: SessionId, end: End) -> None:
    """End the session when it is told so from outside."""
    await live.wait_dismissed(session)
    end(ORDERED[live.order_for(session) or Order.OPERATOR])


async def keep_talking(idle_s: float, last_words: Callable[[], float], end: End) -> None:
    """End the session when the user has said nothing for so long: rooms make noise, only words count (peers 5.13)."""
    while True:
        until = last_words() + idle_s
        if until <= trio.current_time():
            break
        await trio.sleep_until(until)
    end(idle(idle_s))


async def keep_heart(live: LiveSessions, session: SessionId, end: End) -> None:
    """End the session when a client that used to say that it is there no longer does (peers 5.4)."""
    while True:
        await trio.sleep(LOOK_S)
        beat = live.last_beat(session)
        if beat is not None and trio.current_time() - beat > BEAT_S:
            break
    end(client_silent(BEAT_S))


async def keep_alive(client: Leg, end: End) -> None:
    """Ping the client; end the session when it is silent."""
    await wait_silent(client)
    end(client_silent(SILENT_S))


async def wait_silent(leg: Leg) -> None:
    """Ping a peer, and return when it was not heard for a minute. Raises LegStalled."""
    await trio.sleep(PING_S)
    while trio.current_time() - leg.heard_at <= SILENT_S:
        leg.ping()
        await trio.sleep(PING_S)


async def keep_door(relay: Relay, alarm: Alarm) -> None:
    """Wake the door when it wants to be woken."""
    while True:
        await alarm.wait()
        relay.wake()
        alarm.move(relay.wake_at)
