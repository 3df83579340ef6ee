"""A scenario's conversation, without a clock: what is pending, and what comes of it."""

from collections.abc import Iterable

import msgspec

from octi.simulator.ids import Ids
from octi.simulator.mischief import Out
from octi.simulator.opening import Opening
from octi.simulator.reading import read_text
from octi.simulator.scene import Scene, part_of
from octi.simulator.script import Says, Script
from tests.simulator.talking import RESPOND, TRANSCRIBED, typed


def scene(text: str, *, call: bool = False) -> Scene:
    script = read_text(text + "\n")
    part = part_of(script)
    assert part
    return Scene(Opening("m", 0.0), Ids(), part, script, (), call=call)


def ask(on: Scene, *events: dict[str, object]) -> None:
    for event in events:
        on.take(msgspec.json.encode(event))


def told(outs: Iterable[Out]) -> list[str]:
    return [out["type"] for out in outs if isinstance(out, dict)]


def test_a_script_without_a_scenario_has_no_part() -> None:
    """It is played as ever."""
    assert part_of(Script()) is None


def test_each_thing_is_pending_by_itself() -> None:
    """With its time; what is not due does not happen."""
    on = scene('limit_s = 60\nlatency = { first_audio_ms = 300 }\n[[turn]]\nsay = "One two."\n[[turn]]\nsilence_s = 4')
    assert on.pending() == {"limit": 60.0}
    ask(on, RESPOND)
    assert on.pending() == {"limit": 60.0, "answer.resp_sim_1.0": 0.3}
    assert on.advance(["answer.resp_sim_2.0", "answer.resp_sim_1.1"]) == []
    assert "response.output_audio.delta" in told(on.advance(["answer.resp_sim_1.0"]))
    for number in (1, 2):
        on.advance([f"answer.resp_sim_1.{number}"])
    (silence,) = on.pending().keys() - {"limit"}
    assert (silence.partition(".")[0], on.pending()[silence]) == ("silence", 4.0)


def test_a_sound_restarts_the_silence() -> None:
    """Any event does: it is another silence then."""
    on = scene("[[turn]]\nsilence_s = 4")
    (before,) = on.pending().keys() - {"limit"}
    ask(on, typed("Wait"))
    assert before not in on.pending()


def test_a_call_goes_by_a_scenario_too() -> None:
    """Its caller speaks, and the turn that fits answers."""
    on = scene('[[turn]]\nhear = "anna"\nsay = "Hello Anna."', call=True)
    ask(on, TRANSCRIBED)
    on.hear(Says("I am Anna"))
    while keys := [key for key in on.pending() if key != "limit"]:
        on.advance(keys)
    assert [line["text"] for line in on.transcript()] == ["I am Anna", "Hello Anna."]
