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
from octi.simulator.stages import Settle, Stages


@attrs.frozen(kw_only=True)
class House:
    """What its routes and its sockets share."""

    now: Now
    ids: Ids
    stages: Stages
    keys: Keys
    faults: Faults
    calls: Calls
    journal: Journal = attrs.field(factory=Journal)


def build(
    script: Script,
    nursery: trio.Nursery,
    *,
    key: str,
    pace_s: float,
    now: Now,
    settle: Settle = trio.lowlevel.checkpoint,
) -> House:
    """A simulator whose calls live in `nursery`. `key` "": any key is taken. `pace_s`, `settle`: see `Stages`."""
    ids = Ids()
    stages = Stages(script, ids, pace_s, settle)
    seed = script.scenario.seed if script.scenario else 0
    return House(
        now=now,
        ids=ids,
        stages=stages,
        keys=Keys(key, ids, now),
        faults=Faults(script.faults, script.mischief, seed),
        calls=Calls(nursery, script, ids, stages),
    )
