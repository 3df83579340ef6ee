"""Which conversation a script leads to, and what came of it."""

from trio.testing import MockClock

from octi.simulator.conversation import ScriptedConversation
from octi.simulator.ids import Ids
from octi.simulator.opening import Opening
from octi.simulator.reading import read_text
from octi.simulator.scene import Scene
from octi.simulator.script import Script
from octi.simulator.stages import Stages

OPENING = Opening("m", 0.0)


async def test_a_script_is_played_and_a_scenario_is_judged(autojump_clock: MockClock) -> None:
    """Each in its kind of conversation."""
    plain = Stages(Script(), Ids(), 0.0)
    assert type(plain.open(OPENING, call=False).conversation) is ScriptedConversation
    assert plain.report() is None
    judging = Stages(read_text('name = "s"\nseed = 3\n[[turn]]\n'), Ids(), 0.0)
    stage = judging.open(OPENING, call=False)
    assert isinstance(stage.conversation, Scene)
    report = judging.report()
    assert report
    assert (report.scenario, report.seed, len(report.sessions), report.sessions[0].end) == ("s", 3, 1, "it goes on")


async def test_it_is_known_when_all_are_over(autojump_clock: MockClock) -> None:
    """The first and the last."""
    stages = Stages(read_text("[[turn]]\n"), Ids(), 0.0)
    await stages.wait_all_over()
    one, other = (stages.open(OPENING, call=False) for _ in range(2))
    one.over("first")
    assert stages.over.is_set()
    other.over("second")
    await stages.wait_all_over()
    report = stages.report()
    assert report
    assert [session.end for session in report.sessions] == ["first", "second"]
