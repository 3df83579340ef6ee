"""How a session ends, as values."""

import pytest

from octi.error_replies import reply_to
from octi.errors import (
    BadMessage,
    ClientStalled,
    EngineFailed,
    OctiError,
    Stopping,
    UpstreamBusy,
    UpstreamLost,
    UpstreamRefused,
)
from octi.session.ending import (
    CANCELLED,
    CRASHED,
    DISMISSED,
    client_gone,
    client_silent,
    ending_for,
    failed,
    first_of,
    restart_code,
    stopping,
    too_long,
)
from octi.websocket.base import LegClosed, LegStalled


@pytest.mark.parametrize(
    ("error", "by"),
    [
        (UpstreamRefused("p", "no"), "provider"),
        (UpstreamBusy("p", "later", 5.0), "provider"),
        (UpstreamLost("p", "gone"), "provider"),
        (BadMessage("odd"), "client"),
        (ClientStalled(1, 10.0), "client"),
        (EngineFailed("busy"), "octi"),
        (Stopping(), "octi"),
    ],
)
def test_an_error_ends_a_session_in_the_name_of_whose_fault_it_is(error: OctiError, by: str) -> None:
    """With its words as the reason, its row's close code, and itself for the client."""
    ending = failed(error)
    assert (ending.by, ending.reason, ending.code, ending.error) == (by, str(error), reply_to(error).close, error)
    assert ending_for(error) == ending


def test_a_client_that_left_ended_the_session_itself() -> None:
    """Nobody is there to be told anything."""
    ending = ending_for(LegClosed(1001, "tab closed"))
    assert ending == client_gone(LegClosed(1001, "tab closed"))
    assert (ending.by, ending.reason, ending.error) == (
        "client",
        "the client left (closed with 1001: tab closed)",
        None,
    )


def test_a_client_that_broke_the_protocol_was_let_go() -> None:
    """By octi, with the code that says what was wrong."""
    ending = ending_for(LegClosed(1009, "too big", by_peer=False))
    assert (ending.by, ending.code) == ("octi", 1009)
    assert ending.reason == "the client broke the protocol (closed with 1009: too big)"


def test_a_leg_that_stalls_is_the_clients() -> None:
    """The provider's are named where they are found."""
    ending = ending_for(LegStalled(5000, 10.0))
    assert (ending.by, ending.code) == ("client", 1008)
    assert ending.reason == "the client took nothing for 10 s with 5000 bytes waiting"


def test_a_silent_client_is_gone() -> None:
    """As if it had left."""
    assert (client_silent(60.0).by, client_silent(60.0).reason) == ("client", "the client was not heard for 60 s")


def test_octis_own_endings_say_so() -> None:
    """Going away is not a crash, and a crash is not a normal end."""
    assert [ending.by for ending in (too_long(3600), CANCELLED, CRASHED, stopping())] == ["octi"] * 4
    assert [ending.code for ending in (too_long(3600), CANCELLED, CRASHED, stopping())] == [1001, 1001, 1011, 1012]


def test_the_first_error_of_a_group_counts() -> None:
    """However deep it lies."""
    first = UpstreamLost("p", "one")
    inner: ExceptionGroup[OctiError] = ExceptionGroup("inner", [first, UpstreamLost("p", "two")])
    outer = ExceptionGroup[OctiError]("outer", [inner, UpstreamLost("p", "three")])  # type: ignore[list-item]  # groups
    assert first_of(outer) is first


def test_an_operators_end_invites_nobody_back() -> None:
    """1000: clients come back after most others."""
    assert (DISMISSED.by, DISMISSED.reason, DISMISSED.code) == ("operator", "ended by an operator", 1000)


def test_a_client_that_was_told_already_is_not_told_again() -> None:
    """Its protocol has a word for it before the end, or it has none."""
    assert isinstance(stopping().error, Stopping)
    assert stopping(1001, told=True).error is None
    assert (stopping(1001, told=True).code, stopping(1001, told=True).word) == (1001, stopping().word)


@pytest.mark.parametrize(
    ("user_agent", "code"),
    [
        ("", 1012),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36", 1012),
        ("AsyncOpenAI/Python 3.54.0", 1012),
        ("OpenAI/JS 6.1.0", 1012),
        ("LiveKit Agents", 1012),
        ("Network/1.0", 1012),
        ("OpenAI/2.2.0 (.NET 8.0.11; Linux 6.1.0 #1 SMP Debian)", 1001),
        ("azsdk-net-AI.OpenAI/2.1.0-beta.2 (.NET 8.0.11; Linux)", 1001),
        ("Azure-VoiceLive-SDK/.NET", 1001),
    ],
)
def test_a_client_is_closed_with_the_code_that_brings_it_back(user_agent: str, code: int) -> None:
    """1012, but where that is taken for a broken protocol."""
    assert restart_code(user_agent) == code
