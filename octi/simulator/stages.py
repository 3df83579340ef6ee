"""Opens a simulator's conversations, by its script or by its scenario, and knows what came of them."""

from collections.abc import Awaitable, Callable

import attrs
import trio

from octi.simulator.conversation import ScriptedConversation
from octi.simulator.ids import Ids
from octi.simulator.opening import Opening
from octi.simulator.referee import Referee
from octi.simulator.report import Report
from octi.simulator.scene import Scene, part_of
from octi.simulator.script import Says, Script
from octi.simulator.stage import Stage

MOST_REPORTED = 1000  # sessions, the latest

Settle = Callable[[], Awaitable[None]]


@attrs.define(eq=False)
class Stages:
    """A simulator's stages. `pace_s`: between two beats, where no scenario has its own tempo.

    `settle` lets clients have their say before each beat; on virtual time `trio.testing.wait_all_tasks_blocked` makes
    the order the same every time.
    """

    script: Script
    _ids: Ids
    _pace_s: float
    _settle: Settle = trio.lowlevel.checkpoint
    came: trio.Event = attrs.field(factory=trio.Event)  # a session has begun
    over: trio.Event = attrs.field(factory=trio.Event)  # a session has ended
    _referees: list[Referee] = attrs.field(factory=list)
    _moved: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)

    def open(self, opening: Opening, *, call: bool) -> Stage:
        """A new conversation's. `call`: its media runs elsewhere. Raises BadMessage for an opening that cannot be."""
        script, ids = self.script, self._ids
        said = [] if call else [step for step in script.caller if isinstance(step, Says)]
        part = part_of(script)
        if part is None:
            talk = ScriptedConversation(opening, ids, script.agent, said, call=call)
            self.came.set()
            return Stage(talk, self._pace_s, settle=self._settle, on_over=self._note_over)
        scene = Scene(opening, ids, part, script, said, call=call)
        referee = Referee(part.scenario, part.actor, scene.settings.values["id"], trio.current_time())
        self.came.set()
        self._referees = [*self._referees[1 - MOST_REPORTED :], referee]
        return Stage(scene, self._pace_s, referee=referee, settle=self._settle, on_over=self._note_over)

    def _note_over(self) -> None:
        self.over.set()
        self._moved.unpark_all()

    async def wait_all_over(self) -> None:
        """Return when every session of the scenario has ended."""
        while not all(referee.is_over for referee in self._referees):
            await self._moved.park()

    def report(self) -> Report | None:
        """What came of the scenario up to now; None for a script without one."""
        if self.script.scenario is None:
            return None
        now = trio.current_time()
        sessions = tuple(referee.report(now) for referee in self._referees)
        return Report(self.script.scenario.name, self.script.scenario.seed, sessions)
