"""The simulators of one test: they end with it, and are judged as a part of it."""

from pathlib import Path

import attrs

from octi.simulator.script import Script
from octi.testing.running import Running
from octi.testing.verdict import Named, check, script_of


@attrs.define(eq=False)
class Simulators:
    """Starts them when it is called. Files of scenarios are looked for in `folder`."""

    folder: Path
    _running: list[Running] = attrs.field(factory=list)

    def __call__(
        self,
        scenario: Named = Script(),  # noqa: B008  a frozen value
        *,
        key: str = "",
        pace_s: float = 0.0,
        judge: bool = True,
    ) -> Running:
        """One that serves. Raises BadMessage for a scenario that cannot be read, OSError."""
        running = Running(script_of(scenario, self.folder), key, pace_s, judge)
        running.run()
        self._running.append(running)
        return running

    def stop(self) -> None:
        """End them. A second time it does nothing."""
        for running in self._running:
            running.stop()

    def judge(self) -> None:
        """End them all. Raises ScenarioFailed for the first whose clients did not do their part."""
        __tracebackhide__ = True  # from pytest: the report says it all
        self.stop()
        for running in self._running:
            if running.judge:
                check(running.report())
