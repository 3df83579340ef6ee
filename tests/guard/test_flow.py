"""octi/guard/flow.py: what one client sends, and what becomes of too much."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.errors import RateLimited
from octi.guard.buckets import FULL, Rate, taken, wait_for
from octi.guard.flow import BYTES_BURST_S, FLOOD_S, MESSAGES_BURST_S, Flow, Gauge, flow_for
from octi.guard.limits import PerSession

ERROR = b'{"type":"error","message":"no"}'
USUAL = PerSession(messages_per_second=500, bytes_per_second=1_000_000, bad_messages_per_minute=120)
FRAME = 1350  # bytes of 20 ms as base64, with their JSON and their head


def flow(rule: PerSession = USUAL, told: list[RateLimited] | None = None) -> Flow:
    found = flow_for(rule, (told if told is not None else []).append)
    assert found is not None
    return found


@pytest.mark.parametrize("rule", [PerSession(), PerSession(messages_per_second=0, bytes_per_second=0)])
def test_without_a_limit_nothing_is_counted(rule: PerSession) -> None:
    assert flow_for(rule, lambda refusal: None) is None


@pytest.mark.parametrize(("pieces_per_s", "size"), [(50, FRAME), (100, 720), (187.5, 450), (375, 450)])
def test_a_voice_is_never_held_back(pieces_per_s: float, size: int) -> None:
    """Two minutes of it, in pieces of 20 ms, 10 ms, or of an audio worklet's 128 samples."""
    voice = flow()
    assert {voice.took(1, size, number / pieces_per_s) for number in range(int(120 * pieces_per_s))} == {0.0}


def test_what_waited_through_a_stall_of_three_minutes_comes_at_once() -> None:
    """And the voice goes on."""
    voice, pieces = flow(), 180 * 50
    assert voice.took(pieces, pieces * FRAME, 180.0) == 0.0
    assert {voice.took(1, FRAME, 180 + number / 50) for number in range(5000)} == {0.0}


def test_four_of_the_largest_messages_that_official_clients_send_come_at_once() -> None:
    """15 MB each."""
    client = flow()
    assert {client.took(1, 15 << 20, 0.0) for _ in range(4)} == {0.0}


def test_who_sends_more_is_held_back_for_as_long_as_it_takes() -> None:
    """And not longer: then he may go on at his rate."""
    client = flow(PerSession(messages_per_second=10, messages_burst=20))
    assert client.took(20, 0, 0.0) == 0.0
    assert client.took(5, 0, 0.0) == 0.5
    assert client.took(1, 0, 0.6) == 0.0


def test_a_flood_is_told_which_limit_it_broke() -> None:
    """Held back at every look, for half a minute."""
    told: list[RateLimited] = []
    client, now = flow(PerSession(messages_per_second=10, messages_burst=20), told), 0.0
    while now < FLOOD_S - 3:
        now = client.took(30, 0, now) or now
    with pytest.raises(RateLimited) as refused:
        client.took(30, 0, now)
    assert attrs.astuple(refused.value) == ("per_session.messages_per_second", "10 a second", 3.0)
    assert told == [refused.value]


def test_one_message_that_takes_longer_than_a_flood_may_is_one() -> None:
    """By a rule that is much narrower than the usual one."""
    with pytest.raises(RateLimited, match=r"per_session\.bytes_per_second"):
        flow(PerSession(bytes_per_second=1000)).took(1, 1_000_000, 0.0)


def test_who_pauses_in_time_is_no_flood() -> None:
    """A burst now and then may last for ever."""
    client, now = flow(PerSession(messages_per_second=10, messages_burst=20)), 0.0
    for _ in range(100):
        now = max(now, client.took(120, 0, now)) + 1
        client.took(0, 0, now)


def test_errors_are_for_bad_messages() -> None:
    """Octi's own and the provider's; those a minute may have end nothing, one more does, once."""
    told: list[RateLimited] = []
    client = flow(PerSession(bad_messages_per_minute=3), told)
    for message in (ERROR, b'{"type": "error", "error": {}}', b'{"type":"session.updated"}', ERROR):
        client.sent(message, 0.0)
    assert client.took(1, 1, 0.0) == 0.0
    client.sent(ERROR, 1.0)
    client.sent(ERROR, 1.0)
    with pytest.raises(RateLimited, match=r"per_session\.bad_messages_per_minute"):
        client.took(1, 1, 1.0)
    assert len(told) == 1


def test_a_mistake_now_and_then_ends_nothing() -> None:
    """For hours."""
    client = flow(PerSession(bad_messages_per_minute=3))
    for number in range(1000):
        client.sent(ERROR, number * 20.0)
        client.took(1, 1, number * 20.0)


@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 50_000), st.floats(0, 3)), max_size=100))
def test_who_waits_as_told_sends_no_more_than_his_burst_and_his_rate(sent: list[tuple[int, int, float]]) -> None:
    """And what he was read last: it came before anybody could know how much it is."""
    client, now, messages, size = flow(), 0.0, 0, 0
    for count, length, pause in sent:
        now += pause
        held = client.took(count, length, now)
        messages, size = messages + count, size + length
        assert messages - count <= 500 * (MESSAGES_BURST_S + now) + 1
        assert size - length <= 1_000_000 * (BYTES_BURST_S + now) + 1
        now = max(now, held)


@given(
    st.builds(Rate, st.integers(1, 10**6), st.integers(1, 10**6)),
    st.lists(st.tuples(st.integers(0, 10**10), st.integers(0, 10**5)), max_size=50),
)
def test_a_gauge_is_a_bucket(rate: Rate, asked: list[tuple[int, int]]) -> None:
    """To the nanosecond, though it is written out."""
    gauge, level, now = Gauge("a limit", "some", rate), FULL, 0
    for pause, count in asked:
        now += pause
        level = taken(rate, level, count, now)
        assert gauge.took(count, now) == wait_for(rate, level, 0, now)
