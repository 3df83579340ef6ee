"""octi/hooks/verdicts.py: a verdict is read strictly, and where there is none the policy holds."""

import pytest

from octi.hook_config import HookFails, Side
from octi.hooks.base import Action, HookFailed, Verdict
from octi.hooks.verdicts import LONGEST_TEXT, LONGEST_WORDS, checked, read_verdict, said_in, without_verdict
from octi.records import SessionRecord
from octi.units import SessionId


def test_a_verdict_is_read() -> None:
    """Fields of a later octi's are left alone."""
    body = b'{"action":"block","say":"Not that.","reason":"weapons","score":0.93}'
    assert read_verdict(body) == Verdict(action=Action.BLOCK, say="Not that.", reason="weapons")
    assert read_verdict(b'{"action":"block","say":""}').say == ""
    assert read_verdict(b'{"action":"block"}').say is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"yes",
        b"\xff",
        b"[]",
        b"{}",
        b'{"action":"explode"}',
        b'{"action":7}',
        b'{"action":"replace"}',
        b'{"action":"replace","text":"  "}',
        b'{"action":"block","say":7}',
        b'{"action":"replace","text":"%s"}' % (b"a" * (LONGEST_TEXT + 1)),
        b'{"action":"block","say":"%s"}' % (b"a" * (LONGEST_WORDS + 1)),
        b"[" * 100_000,
    ],
)
def test_what_is_no_verdict_is_refused_without_its_words(body: bytes) -> None:
    """The reason is logged: nothing of the answer is in it."""
    with pytest.raises(HookFailed) as caught:
        read_verdict(body)
    assert "aaa" not in str(caught.value)
    assert "explode" not in str(caught.value)


def test_a_replacement_needs_words() -> None:
    """Also in a verdict that a Python hook made."""
    with pytest.raises(HookFailed):
        checked(Verdict(action=Action.REPLACE))
    fine = Verdict(action=Action.REPLACE, text="Hello.")
    assert checked(fine) is fine


def test_without_a_verdict_the_policy_holds() -> None:
    """Open allows, closed blocks; why there is none is kept."""
    assert without_verdict(HookFails.OPEN, "late").action is Action.ALLOW
    closed = without_verdict(HookFails.CLOSED, "late")
    assert (closed.action, closed.failed) == (Action.BLOCK, "late")


def test_a_hook_is_told_whose_session_it_is() -> None:
    """Its tenant, its key's name, its user, its door."""
    record = SessionRecord(
        id=SessionId("s"),
        door="octi",
        upstream="u",
        model="m",
        voice="v",
        created_at=1.0,
        tenant="acme",
        key="web",
        user="anna",
    )
    said = said_in(record, "i", Side.AGENT, "Hello.", final=False, spoken=False)
    assert (said.session, said.item, said.side, said.text) == ("s", "i", Side.AGENT, "Hello.")
    assert (said.final, said.spoken, said.door, said.model) == (False, False, "octi", "m")
    assert (said.tenant, said.key, said.user) == ("acme", "web", "anna")
