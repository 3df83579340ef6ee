"""How long a provider's rate limit is waited out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.realtime.rate_limits import LONGEST_WAIT_S, USUAL_WAIT_S, is_rate_limit, named_wait_s

OPENAI = (
    "Rate limit reached for gpt-realtime in organization org-42 on tokens per min (TPM): Limit 40000, Used 39000, "
    "Requested 2000. Please try again in {}. Visit https://platform.openai.com/account/rate-limits to learn more."
)


@pytest.mark.parametrize(
    ("named", "seconds"),
    [
        ("20s", 20),
        ("1.5s", 1.5),
        ("120ms", 0.12),
        ("7 seconds", 7),
        ("500 milliseconds", 0.5),
        ("9", 9),
        ("1m", 60),
        ("6m0s", 60),
        ("0m30s", 30),
        ("2 minutes", 60),
        ("1h2m", 60),
        ("1 hour", 60),
        ("0s", 0),
    ],
)
def test_the_named_time_is_waited(named: str, seconds: float) -> None:
    """At most a minute."""
    assert named_wait_s(OPENAI.format(named)) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        ("Retry after 20 seconds.", 20),
        ("retry-after: 3", 3),
        ("Please wait for 5 seconds before retrying.", 5),
        ("Please wait 5 more seconds.", 5),
        ("Too many requests, retry in 2s.", 2),
        ("Please retry your request after 8s.", 8),
        ("Limit of 100 requests in 1 minute reached. Try again in 4 s.", 4),
        ("Your limit resets in 30s", 30),
        ("Try again in 1 minute and 5 seconds.", 60),
    ],
)
def test_other_wordings_are_understood(message: str, seconds: float) -> None:
    assert named_wait_s(message) == seconds


@pytest.mark.parametrize(
    "message", ["", "Slow down.", "Please try again later. See page 7.", "3 requests in 4 minutes"]
)
def test_where_none_is_named_it_is_the_usual(message: str) -> None:
    assert named_wait_s(message) == USUAL_WAIT_S


@given(st.text() | st.from_regex(r"again in [0-9.]{1,400}( ?[a-z]{0,3}[0-9]{0,3}){0,3}", fullmatch=True))
def test_no_message_holds_up_a_conversation_for_long(message: str) -> None:
    assert 0 <= named_wait_s(message) <= LONGEST_WAIT_S


@pytest.mark.parametrize(
    ("code", "message", "is_one"),
    [
        ("rate_limit_exceeded", "", True),
        ("inference_rate_limit_exceeded", "", True),
        (None, "Rate limit reached for gpt-realtime", True),
        ("server_error", "You hit your RATE LIMIT.", True),
        (None, "No.", False),
        ("invalid_value", "The rate is limited", False),
        ("insufficient_quota", "You exceeded your current quota; see rate limits.", False),
    ],
)
def test_a_rate_limit_is_told_by_its_code_or_its_words(code: str | None, message: str, is_one: bool) -> None:
    """Money that is spent is none: waiting does not bring it back."""
    assert is_rate_limit(code, message) is is_one
