"""The parts of a simulator."""

import trio

from octi.simulator.house import build
from octi.simulator.script import Fault, Script


async def test_a_house_is_built_from_its_script() -> None:
    """Keys, calls and faults share what they must share."""
    fault = Fault("/v1/responses", status=500)
    async with trio.open_nursery() as nursery:
        house = build(Script(faults=(fault,)), nursery, key="sk-1", pace_s=0.0, now=lambda: 5.0)
        assert house.faults.next("/v1/responses") is fault
        assert house.keys.mint({}, 10).expires_at == 15
        assert house.calls.ids is house.ids
        assert "sk-1" not in repr(house)
