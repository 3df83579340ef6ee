"""Scenarios whose fields do not go together; tests/simulator/test_reading.py has those that no single field can be."""

import pytest

from octi.errors import BadMessage
from octi.simulator.reading import read_text

TURN = '[[turn]]\nname = "a"\nsay = "Hi."\n'
NEVER = "what must never be sent has no deadline and no number; take it away"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[turn]]\nwords = ['two', '!']", "2: turn[0].words[1]: has no letter, so nobody can say it"),
        ("[[turn]]\n[[turn.branch]]\nsay = 'x'", "2: turn[0].branch[0]: would always be taken; give it a `when`"),
        ("[[turn]]\nsilence_s = 2\n[[turn.branch]]\nhear = 'x'", "4: turn[0].branch[0].hear: nothing is said in this"),
        ("[[turn]]\non = 'f'\nlatency = { heard_ms = 1 }", "3: turn[0].latency.heard_ms: nothing is said in this turn"),
        ("[[turn]]\nsilence_s = 1\nlatency = { heard_ms = 1 }", "3: turn[0].latency.heard_ms: nothing is said in"),
        (
            "[[turn]]\n[[turn.branch]]\nhear = 'x'\nlatency = { heard_ms = 1 }",
            "4: turn[0].branch[0].latency.heard_ms: words are known before a branch is taken; put it into the turn's",
        ),
        ("[[turn]]\nhang_up = 1005", "2: turn[0].hang_up: cannot be sent: take 1000 to 1003, 1007 to 1014 or"),
        ("[[turn]]\nfaults = [{ kind = 'expired_secret' }]", "2: turn[0].faults[0].kind: is of no turn; put it into"),
        ("[[expect]]\nsend = 'session.updat'", "2: expect[0].send: no client sends that; there is session.update"),
        ("[[expect]]\nsend = 'x'", "2: expect[0].send: no client sends that; there is session.update, input_audio_"),
        ("[[expect]]\nsend = '*'\nnever = true\nwithin_s = 1", f"4: expect[0].within_s: {NEVER}"),
        ("[[expect]]\nsend = '*'\nnever = true\ntimes = 2", f"4: expect[0].times: {NEVER}"),
    ],
)
def test_a_turn_that_cannot_be_is_refused(text: str, said: str) -> None:
    """With its line, and what to do about it."""
    with pytest.raises(BadMessage) as refused:
        read_text(text)
    assert str(refused.value).startswith(f"scenario.toml:{said}")


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ("kind = 'lost'\nstall_s = 3", "stall_s"),
        ("kind = 'half_open'\ncode = 1000", "code"),
        ("kind = 'close'\nmessage = 'x'", "message"),
        ("kind = 'error'\nreason = 'x'", "reason"),
        ("kind = 'failed'\nreason = 'x'", "reason"),
        ("kind = 'stall'\nsize = 3", "size"),
        ("kind = 'empty_audio'\nrate_hz = 8000", "rate_hz"),
        ("kind = 'wrong_rate'\non = '*'", "on"),
        ("kind = 'empty_audio'\non = 'response.done'", "on"),
        ("kind = 'expired_secret'\nturn = 'a'", "turn"),
        ("kind = 'expired_secret'\nat_s = 3", "at_s"),
    ],
)
def test_a_field_that_means_nothing_to_its_fault_is_refused(fault: str, field: str) -> None:
    """Else it would be missed without a word."""
    with pytest.raises(
        BadMessage, match=rf"faults\[0\]\.{field}: means nothing to a fault of kind `\w+`; take it away"
    ):
        read_text(f"{TURN}[[faults]]\n{fault}\n")


@pytest.mark.parametrize(
    "text",
    [
        "[[turn]]\nhang_up = 4000",
        "[[faults]]\nkind = 'close'\ncode = 1006",
        "[[faults]]\nkind = 'session_end'\ncode = 1012\nmessage = 'x'\nreason = 'y'",
        "[[faults]]\nkind = 'expired_secret'\nchance = 0.5\ntimes = 2",
        "[[faults]]\nkind = 'failed'\ncode = 'x'\nmessage = 'y'",
        "[[expect]]\nsend = 'output_audio_buffer.clear'\nnever = true",
        "[[turn]]\non = 'f'\n[[turn.branch]]\nhear = 'x'",
    ],
)
def test_what_means_something_is_taken(text: str) -> None:
    """As it is."""
    assert read_text(text).scenario
