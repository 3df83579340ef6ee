"""One simulator: its script, its keys, its calls, and what it was asked."""

import attrs
import trio

from octi.clock import Now
from octi.simulator.calls import Calls
from octi.simulator.faults import Faults
from octi.simulator.ids import Ids
from octi.simulator.journal import Journal
from octi.simulator.keys import Keys
from octi.simulator.script import Script


@attrs.frozen(kw_only=True)
class House:
    """What its routes and its sockets share."""

    script: Script
    pace_s: float  # between two beats of a conversation
    now: Now
    ids: Ids
    keys: Keys
    faults: Faults
    calls: Calls
    journal: Journal = attrs.field(factory=Journal)


def build(script: Script, nursery: trio.Nursery, *, key: str, pace_s: float, now: Now) -> House:
    """A simulator whose calls live in `nursery`. `key` "": any key is taken."""
    ids = Ids()
    return House(
        script=script,
        pace_s=pace_s,
        now=now,
        ids=ids,
        keys=Keys(key, ids, now),
        faults=Faults(script.faults),
        calls=Calls(nursery, script, ids, pace_s),
    )
