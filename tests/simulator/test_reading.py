"""What a scenario's file means, and how a mistake in it is told."""

import pytest

from octi.errors import BadMessage
from octi.simulator.reading import read_file, read_text
from octi.simulator.scenario import Branch, Called, EventFault, Expect, LatencyChange, Turn, Wanted
from octi.simulator.script import Fault, Says, Script

WHOLE = """
name = "booking"
seed = 3
network = "4g"
latency = { pace = 1.0 }
within_s = 5

[[caller]]
say = "Hello"

[[turn]]
name = "wish"
words = ["table", "two"]
heard = "A table for two"
call = { name = "find", arguments = { people = 2 } }
within_s = 2

[[turn]]
on = "find"
when = { "tables.0.seats" = { at_least = 2 }, open = true }
say = "At eight?"
then = "end"
faults = [{ kind = "close", code = 1011, after_audio_ms = 600 }]
[[turn.branch]]
when = { tables = { exists = false } }
say = "None."

[[expect]]
send = "session.update"
where = { "session.instructions" = { matches = "kind" } }

[[faults]]
path = "/v1/responses"
status = 500

[[faults]]
kind = "lost"
chance = 0.1
"""


def test_a_scenario_is_read() -> None:
    """With everything that a script may have beside it."""
    script = read_text(WHOLE)
    scenario = script.scenario
    assert scenario
    assert (scenario.name, scenario.seed, scenario.network, scenario.within_s) == ("booking", 3, "4g", 5)
    assert scenario.latency == LatencyChange(pace=1.0)
    assert script.caller == (Says("Hello"),)
    assert script.faults == (Fault("/v1/responses", status=500),)
    assert script.mischief == (EventFault("lost", chance=0.1),)
    first, second = scenario.turn
    assert first == Turn(
        name="wish",
        words=["table", "two"],
        heard="A table for two",
        call=Called("find", {"people": 2}),
        within_s=2,
    )
    assert second.when == {"tables.0.seats": Wanted(at_least=2), "open": True}
    assert second.branch == [Branch(when={"tables": Wanted(exists=False)}, say="None.")]
    assert second.faults == [EventFault("close", code=1011, after_audio_ms=600)]
    assert scenario.expect == [Expect("session.update", {"session.instructions": Wanted(matches="kind")})]


def test_json_says_the_same() -> None:
    """One schema in two languages."""
    as_json = b'{"turn": [{"hear": "yes", "say": "Good."}], "faults": [{"kind": "lost"}]}'
    as_toml = b'faults = [{kind = "lost"}]\n[[turn]]\nhear = "yes"\nsay = "Good."\n'
    assert read_file(as_json, "a.json") == read_file(as_toml, "a.toml")


def test_a_script_is_no_scenario() -> None:
    """As it always was; an empty one too."""
    assert read_file(b'{"caller": [{"say": "Hello"}]}', "script.json") == Script(caller=(Says("Hello"),))
    assert read_file(b"", "a.toml") == Script()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\nspeed = 1", "a.toml:2: speed: unknown field; did you mean `seed`?"),
        ("zzz = 1", "a.toml:1: zzz: unknown field; there are agent, caller, expect,"),
        ("\n\nnetwork = '5g'", "a.toml:3: network: unknown value '5g'; there are 3g, 4g, lan, none,"),
        ("[latency]\nfirst = 3", "a.toml:2: latency.first: unknown field; there are delta_ms, first_audio_ms,"),
        ("[latency]\n\njitter_ms = -3", "a.toml:3: latency.jitter_ms: expected `float` >= 0"),
        ("[[turn]]\n[[turn]]\nhear = '('", "a.toml:3: turn[1].hear: not a regular expression: "),
        ("[[turn]]\nhear = 'a'\non = 'f'", "a.toml:3: turn[0].on: waits for one thing: take hear or on"),
        ("[[turn]]\nwhen = {a = 1}", "a.toml:2: turn[0].when: is about a function's output: say which with `on`"),
        ("[[turn]]\non = 'f'\nheard = 'x'", "a.toml:3: turn[0].heard: nothing is said in this turn; take it away"),
        ("[[turn]]\nthen = 'x'", "a.toml:2: turn[0].then: no such turn; there are 1: none has a name"),
        ("[[turn]]\nname='a'\n[[turn]]\nname='a'", "a.toml:4: turn[1].name: two turns have this name; give it another"),
        ("[[turn]]\nname='end'", "a.toml:2: turn[0].name: `end` is no turn's name; give it another"),
        ("[[turn]]\ncall = {arguments = {}}", "a.toml:2: turn[0].call: needs a field `name`"),
        (
            "[[turn]]\ncall = {name = 'f', argument = {}}",
            "a.toml:2: turn[0].call.argument: unknown field; did",
        ),
        ("[[turn]]\n[[turn.branch]]\nwhen = {a = 1}", "a.toml:3: turn[0].branch[0].when: is about a function's output"),
        (
            "[[turn]]\non = 'f'\nwhen = {a = {least = 1}}",
            "a.toml:3: turn[0].when.least: unknown field; did you mean `at_least`?",
        ),
        (
            "[[turn]]\nfaults = [{kind='los'}]",
            "a.toml:2: turn[0].faults[0].kind: unknown value 'los'; did you mean `lost`?",
        ),
        ("[[turn]]\nfaults = [{kind='lost', turn=1}]", "a.toml:2: turn[0].faults[0].turn: it is this turn's anyway"),
        ("[[faults]]\nkind='close'\ncode='x'", "a.toml:3: faults[0].code: should be a close code, a number from 1000"),
        ("[[faults]]\nkind='error'\ncode=1000", "a.toml:3: faults[0].code: should be an error's code, a text"),
        (
            "[[faults]]\npath='/'\n[[faults]]\nkind='lost'\nturn=3",
            "a.toml:5: faults[1].turn: no such turn",
        ),
        (
            "[[faults]]\nkin = 'lost'",
            "a.toml:1: faults[0]: needs a `kind`, if it is about a session's events, or a `path`",
        ),
        ("[[agent]]\nsay='x'\n[[turn]]\nsay='y'", "a.toml:1: agent[0]: either turns or an agent"),
        ("[[caller]]\nsey='x'", "a.toml:1: caller[0]: should have exactly one of say"),
        ("turn = 3", "a.toml:1: turn: expected `array`, got `int`"),
        ("a = 1\nb = ", "a.toml:2: not TOML: Invalid value"),
        ("a = 1\na = 2\n", "a.toml:2: not TOML, at column 6: Cannot overwrite a value"),
        ("[[turn]]\nsay = 'x", "a.toml:2: not TOML: "),
    ],
)
def test_a_mistake_in_toml_is_told_with_its_place(text: str, said: str) -> None:
    """File, line, field, and what to do."""
    with pytest.raises(BadMessage) as refused:
        read_file(text.encode(), "a.toml")
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            b'{"turn": [\n{"say": "a"},\n{"hear": "x",\n"sya": 1}]}',
            "a.json:4: turn[1].sya: unknown field",
        ),
        (b'{\n"seed": "x"}', "a.json:2: seed: expected `int`, got `str`"),
        (b'{\n"seed": }', "a.json:2: not JSON: "),
        (b"{\n", "a.json:2: not JSON: "),
        (b"[]", "a.json:1: should be an object"),
        (b"\xff", "a.json: not UTF-8: "),
    ],
)
def test_a_mistake_in_json_is_told_with_its_place(data: bytes, said: str) -> None:
    """The same."""
    with pytest.raises(BadMessage) as refused:
        read_file(data, "a.json")
    assert str(refused.value).startswith(said)
