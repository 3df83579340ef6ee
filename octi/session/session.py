"""What one session is given: its record, its two sides, and the parts of the node that it uses."""

from math import inf

import attrs
import trio

from octi.clock import Now
from octi.hooks.judge import Judge
from octi.observe.base import Observer
from octi.records import SessionRecord
from octi.session.door import Door
from octi.session.ending import RESTART
from octi.session.live import LiveSessions
from octi.session.tools import NoTools, Toolbox
from octi.spending.purse import NoPurse, Purse
from octi.spending.words import Words
from octi.store.base import Store
from octi.upstream.base import Setup, Upstream
from octi.websocket.base import Leg


@attrs.frozen(kw_only=True)
class Session:
    """All that a session needs, and nothing it opens itself. The client's leg is closed at the end."""

    record: SessionRecord
    client: Leg
    door: Door
    upstream: Upstream
    setup: Setup
    store: Store
    draining: trio.Event
    longest_s: float
    now: Now
    tools: Toolbox = attrs.field(factory=NoTools)
    idle_s: float = inf  # how long the user may say nothing
    debug_events: bool = False
    live: LiveSessions = attrs.field(factory=LiveSessions)  # who tells it to end, and whom it tells what it stored
    observer: Observer = attrs.field(factory=Observer)
    purse: Purse = attrs.field(factory=NoPurse)  # what it may spend
    words: Words = attrs.field(factory=Words)  # what its agent says when that comes to its end
    judge: Judge | None = None  # who judges what is said in it
    policy: str = ""  # what its client may say, in a word, for the log
    peer: str = ""  # the client's address, for the log
    restart_code: int = RESTART  # closes the client's leg when octi restarts
