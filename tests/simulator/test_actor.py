"""Which turn a conversation is at."""

from typing import Any

from octi.engine.base import Call, Called
from octi.records import Role, Turn
from octi.simulator.actor import Actor, Missed, Played
from octi.simulator.agent import UNSAID, Asked, Play
from octi.simulator.reading import read_text
from octi.simulator.script import Says
from octi.units import ItemId, Milliseconds, SessionId


def actor(text: str) -> Actor:
    scenario = read_text(text + "\n").scenario
    assert scenario
    return Actor(scenario)


def asked(*words: str, **outputs: str) -> Asked:
    """A whole conversation so far: each text is an item, each function a call."""
    zero = Milliseconds(0)
    turns = [
        Turn(
            session=SessionId("s"),
            item=ItemId(f"i{place}"),
            position=place,
            role=Role.USER,
            text=text,
            start_ms=zero,
            end_ms=zero,
        )
        for place, text in enumerate(words)
    ]
    return Asked(
        instructions="",
        turns=turns,
        outputs=[Called(f"c_{name}_{output}", name, {}, output) for name, output in outputs.items()],
    )


def said(plan: Any) -> str:
    assert isinstance(plan, Play)
    return plan.text


def test_turns_follow_each_other() -> None:
    """What was answered once is no news; what is after the end has the scenario's `otherwise`."""
    played = actor('otherwise = "?"\n[[turn]]\nhear = "a"\nsay = "A"\n[[turn]]\nhear = "b"\nsay = "B"')
    assert [said(played.answer(asked(*"ab"[:count]))) for count in (1, 1, 2, 2)] == ["A", "?", "B", "?"]
    assert [type(entry) for entry in played.log] == [Played, Missed, Played, Missed]
    assert (played.place, played.is_over()) == (None, True)


def test_an_optional_turn_is_passed_over() -> None:
    """As many as there are."""
    text = (
        '[[turn]]\noptional = true\nhear = "a"\n[[turn]]\noptional = true\nhear = "b"\n[[turn]]\nhear = "c"\nsay = "C"'
    )
    played = actor(text)
    assert not played.is_over()
    assert said(played.answer(asked("c"))) == "C"


def test_a_turn_says_and_calls() -> None:
    """One function or several."""
    played = actor('[[turn]]\nsay = "x"\ncall = [{ name = "f" }, { name = "g", arguments = { a = 1 } }]')
    assert played.answer(asked()) == Play("x", (Call("f", {}), Call("g", {"a": 1})))


def test_outputs_are_taken_by_function() -> None:
    """Of several the one that is waited for; with its condition."""
    played = actor('[[turn]]\non = "f"\nwhen = { ok = true }\nsay = "F"\n')
    assert said(played.answer(asked(g='{"ok": true}'))) == played.scenario.otherwise
    assert said(played.answer(asked(f='{"ok": false}'))) == played.scenario.otherwise
    assert said(played.answer(asked(g="1", f='{"ok": true}'))) == "F"


def test_a_branch_leads_elsewhere() -> None:
    """And may come back."""
    played = actor(
        '[[turn]]\nname = "a"\nhear = ""\nsay = "A"\n[[turn.branch]]\nhear = "again"\nsay = "B"\nthen = "a"\n'
        '[[turn]]\nhear = "z"\nsay = "Z"'
    )
    assert said(played.answer(asked("again"))) == "B"
    assert said(played.answer(asked("again", "again"))) == "B"
    assert said(played.answer(asked("again", "again", "go"))) == "A"
    assert played.place == 1


def test_audio_is_taken_for_the_next_turns_words() -> None:
    """Or for nobody knows what, which fits whatever is waited for."""
    assert actor('[[turn]]\nhear = "x"\nheard = "An x"').words() == Says("An x")
    assert actor('[[turn]]\nwords = ["a", "b"]').words() == Says("a b")
    blind = actor('[[turn]]\nhear = "x"\nsay = "X"')
    assert blind.words() == UNSAID
    assert said(blind.answer(asked(UNSAID.say))) == "X"


def test_silence_is_heard_once() -> None:
    """An answer that is asked for is none to silence."""
    played = actor('[[turn]]\nsilence_s = 2\nsay = "Still there?"')
    assert said(played.answer(asked("x"))) == played.scenario.otherwise
    played.notice_silence()
    assert said(played.answer(asked("x"))) == "Still there?"


def test_out_of_band_nothing_moves() -> None:
    """No turn, no news."""
    played = actor('[[turn]]\nhear = "a"\nsay = "A"')
    played.answer(asked("a"), scripted=False)
    assert said(played.answer(asked("a"))) == "A"


def test_the_agent_hangs_up() -> None:
    """With a code of its own, if it has one."""
    for value, code in (("true", 1000), ("4001", 4001), ("false", None)):
        played = actor(f"[[turn]]\nhang_up = {value}")
        played.answer(asked())
        assert played.hang_up == code


def test_words_take_as_long_as_the_turn_that_waits_for_them() -> None:
    """Not the one before it; a turn that is left out is passed over, and what no turn waits for is as usual."""
    text = (
        'latency = { heard_ms = 100 }\n[[turn]]\nhear = "a"\nlatency = { heard_ms = 1000 }\n'
        '[[turn]]\noptional = true\nhear = "b"\nlatency = { heard_ms = 2000 }\n[[turn]]\nhear = "c"\n'
    )
    played = actor(text)
    assert [played.latency_of_words(said).heard_ms for said in ("a", "b", UNSAID.say)] == [1000, 100, 1000]
    played.answer(asked("a"))
    assert [played.latency_of_words(said).heard_ms for said in ("a", "b", "c")] == [100, 2000, 100]
