"""What the log has of an error: octi's own words, and none of those that somebody else chose."""

import copy
import ssl
from collections.abc import Callable

import pytest

from octi.error_replies import REPLIES
from octi.errors import (
    BadMessage,
    Dismissed,
    EngineFailed,
    ExtractionFailed,
    OctiError,
    SessionTaken,
    StoreFailed,
    UpstreamBusy,
    UpstreamLost,
    UpstreamNonsense,
    UpstreamRefused,
)
from octi.observe.plain import DEEPEST, MOST_FRAMES, OWN, Own, fault, plain, trace

SAID = "my card is 4111"
FULL = "StoreFailed: the store failed: the disk is full"
PLACES = ("Traceback", "  File", "    ", "  | T", "  |   ")  # how the lines of a trace begin that say where


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (UpstreamRefused("p", SAID), "p refused the session"),
        (UpstreamRefused("p", SAID, 401, "invalid_api_key"), "p refused the session (HTTP 401, invalid_api_key)"),
        (UpstreamRefused("p", SAID, 400, SAID), "p refused the session (HTTP 400)"),
        (UpstreamRefused("p", Own("its certificate is old")), "p refused the session: its certificate is old"),
        (UpstreamBusy("p", SAID, 5.0), "p is at its limit, again in 5 s"),
        (UpstreamLost("p", SAID), "p is not there"),
        (UpstreamLost("p", Own("HTTP 503, ", SAID)), "p is not there: HTTP 503"),
        (UpstreamNonsense("p", SAID), "p does not speak the Realtime protocol"),
        (EngineFailed(SAID), "the speech engine failed"),
        (EngineFailed(Own("busy")), "the speech engine failed: busy"),
        (ExtractionFailed("p", SAID, "failed"), "extraction_failed"),
        (BadMessage(SAID, SAID), "invalid_request"),
        (StoreFailed("the disk is full"), "the store failed: the disk is full"),
        (SessionTaken("s-1"), str(SessionTaken("s-1"))),
        (Dismissed(), "ended by an operator"),
        (ValueError(SAID), "ValueError"),
        (OSError(28, "No space left on device", SAID), "OSError: No space left on device"),
        (OSError(SAID), "OSError"),
        (ssl.SSLError(SAID), "SSLError"),
        (ExceptionGroup(SAID, [KeyError(SAID), KeyError(SAID), UpstreamLost("p", SAID)]), "KeyError; p is not there"),
    ],
)
def test_an_error_is_told_without_the_words_of_others(error: Exception, words: str) -> None:
    """What octi itself says stays."""
    assert plain(error) == words
    assert fault(error)["why"] == words
    assert SAID not in str(fault(error))


def test_every_error_is_known_to_have_others_words_or_none() -> None:
    """A new one is told by its code, until somebody decides."""

    class Newest(OctiError):
        def __str__(self) -> str:
            return SAID

    assert plain(Newest()) == "internal_error"
    assert set(OWN) < REPLIES.keys()


def test_own_words_are_words_like_others() -> None:
    """As they are told to a client; a copy is as careful."""
    words = Own("HTTP 503, ", SAID)
    assert words == f"HTTP 503, {SAID}"
    assert (words.own, copy.copy(words).own) == ("HTTP 503", "HTTP 503")
    assert str(UpstreamLost("p", words)) == f"p is not there: HTTP 503, {SAID}"


def trace_of(work: Callable[[], object]) -> str:
    with pytest.raises(Exception) as caught:  # noqa: PT011  whatever it is
        work()
    return trace(caught.value)


def fails() -> None:
    raise ValueError(SAID)


def fails_behind() -> None:
    try:
        fails()
    except ValueError as error:
        raise KeyError(SAID) from error


def fails_meanwhile() -> None:
    try:
        fails()
    except ValueError:
        raise StoreFailed("the disk is full")  # noqa: B904  as it happens


def fails_alone() -> None:
    try:
        fails()
    except ValueError:
        raise KeyError(SAID) from None


def fails_together() -> None:
    try:
        fails()
    except ValueError as error:
        raise ExceptionGroup(SAID, [error, UpstreamLost("p", SAID)]) from None


def fails_deep(depth: int = 200) -> None:
    return fails_deep(depth - 1) if depth else fails()


def test_a_trace_says_where_and_what_kind() -> None:
    """Not what was said, nor what was in the variables."""
    text = trace_of(fails)
    assert SAID not in text
    assert text.startswith("Traceback (most recent call last):\n")
    assert text.endswith(", in fails\n    raise ValueError(SAID)\nValueError")


@pytest.mark.parametrize(
    ("work", "kinds"),
    [
        (fails_behind, ["ValueError", "-- which was direct cause of:", "KeyError"]),
        (fails_meanwhile, ["ValueError", "-- which was handled when there was:", FULL]),
        (fails_alone, ["KeyError"]),
        (fails_together, ["ExceptionGroup", "  | ValueError", "  | UpstreamLost: p is not there"]),
    ],
)
def test_a_trace_has_what_is_behind_an_error(work: Callable[[], object], kinds: list[str]) -> None:
    """Causes first, as Python shows them; those of a group behind it."""
    text = trace_of(work)
    assert SAID not in text
    told = [line for line in text.splitlines() if not line.startswith(PLACES)]
    assert told == kinds


def test_a_deep_trace_is_cut_in_its_middle() -> None:
    """Both its ends tell something."""
    text = trace_of(fails_deep)
    assert text.count("  File ") == MOST_FRAMES
    assert "  … 163 more\n" in text
    assert text.endswith("ValueError")


def test_an_endless_chain_ends() -> None:
    """Of errors that follow each other."""
    error: Exception = ValueError(SAID)
    for _ in range(100):
        above = ValueError(SAID)
        above.__cause__ = error
        error = above
    assert trace(error).count("ValueError") == DEEPEST + 1
