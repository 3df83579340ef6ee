"""octi/limiting.py: whose limits are which, and what is refused."""

import attrs
import pytest
from structlog.testing import capture_logs

from octi.config import read_config
from octi.errors import RateLimited
from octi.guard.caller import ANYBODY, JWT, Caller, Scope
from octi.guard.limits import NAMES, LimitRule, PerSession, Share
from octi.guard.rules import Rules, rules_in
from octi.limit_config import DEFAULTS
from octi.limiting import LimitedCalls, Limiter, caller_in, idle_s, is_server, limiter_for, longest_s, usual_rule
from octi.observe.base import Meter
from octi.observe.metrics import Metrics
from octi.records import SessionRecord, SessionState
from octi.units import SessionId
from tests.exposed import Exposed

KEYS = {"OCTI_API_KEYS": f"web:mint:{'0' * 64}"}
USER = Caller(tenant="acme", key=JWT, user="u1", address="203.0.113.7", scopes=frozenset({Scope.MINT}))
SERVER = Caller(key="web", address="203.0.113.8", scopes=frozenset({Scope.MINT}))
RECORD = SessionRecord(
    id=SessionId("s"), door="call", upstream="u", model="m", voice="", created_at=1.0, tenant="acme", key=JWT, user="u1"
)
THREE = LimitRule(
    per_session=PerSession(seconds=60, idle_seconds=30, messages_per_second=5),
    per_address=Share(sessions=2, new_sessions_per_minute=3, requests_per_minute=2),
    per_user=Share(sessions=1),
)


@attrs.define(eq=False)
class Clock:
    """Stands until it is moved."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def limiter(
    usual: LimitRule = THREE, text: str = "", clock: Clock | None = None, meter: Meter | None = None
) -> Limiter:
    rules = rules_in("rules.toml", lambda path: text)
    return Limiter(rules=rules, usual=usual, clock=clock or Clock(), meter=meter or Meter())


# Whose limits


def test_on_loopback_without_keys_nothing_is_limited() -> None:
    """Nobody else can come; and a rule or a setting counts there as well."""
    assert usual_rule(read_config({})).per_address.sessions == 0
    assert usual_rule(read_config({"OCTI_ADDRESS_SESSIONS": "2"})).per_address.sessions == 2
    mine = attrs.evolve(limiter_for(read_config({}), Rules(), Meter()), clock=Clock())
    for _ in range(1000):
        mine.request(ANYBODY)
        mine.seat(ANYBODY, begins=True).take()
    assert mine.flow(ANYBODY) is None


@pytest.mark.parametrize("env", [KEYS, {"HOST": "0.0.0.0", "OCTI_AUTH": "none"}, {"HOST": "::", **KEYS}])
def test_where_others_may_come_the_usual_limits_hold(env: dict[str, str]) -> None:
    """Where keys are asked for, and where nobody is asked on a public address."""
    rule = usual_rule(read_config(env))
    assert rule.per_address.sessions == DEFAULTS["OCTI_ADDRESS_SESSIONS"]
    assert rule.per_session.idle_seconds == DEFAULTS["OCTI_IDLE_SECONDS"]
    assert limiter_for(read_config(env), Rules(), Meter()).flow(USER) is not None


def test_a_server_with_its_own_key_speaks_for_many() -> None:
    """Only rules bind it: all its users come from its address."""
    mine = limiter(text="[key.web.limits.per_key]\nnew_sessions_per_minute = 5")
    for _ in range(5):
        mine.begin(SERVER)
    with pytest.raises(RateLimited, match=r"per_key\.new_sessions_per_minute"):
        mine.begin(SERVER)


@pytest.mark.parametrize(
    ("caller", "server"),
    [
        (SERVER, True),
        (USER, False),
        (ANYBODY, False),
        (Caller(key="web", user="u1"), False),  # with a client secret that this key had made
    ],
)
def test_who_is_a_server(caller: Caller, server: bool) -> None:
    assert is_server(caller) is server


def test_a_rule_goes_before_the_usual_limits() -> None:
    """Wider or narrower."""
    mine = limiter(text="[tenant.acme.limits.per_user]\nsessions = 2")
    mine.seat(USER, begins=False).take()
    mine.seat(USER, begins=False).take()
    with pytest.raises(RateLimited, match=r"per_user\.sessions"):
        mine.seat(attrs.evolve(USER, address="203.0.113.99"), begins=False).take()


# Seats


def test_a_seat_that_is_left_is_free() -> None:
    mine = limiter()
    seat = mine.seat(USER, begins=False)
    seat.take()
    with pytest.raises(RateLimited, match=r"per_user.sessions is reached \(1 at once\)"):
        mine.seat(USER, begins=False).take()
    seat.leave()
    mine.seat(USER, begins=False).take()


def test_who_begins_too_often_gets_no_seat_and_leaves_none_taken() -> None:
    """Three a minute: the fourth waits for 20 s."""
    clock = Clock()
    mine = limiter(clock=clock)
    for _ in range(3):
        seat = mine.seat(USER, begins=True)
        seat.take()
        seat.leave()
    for _ in range(5):
        with pytest.raises(RateLimited, match=r"per_address.new_sessions_per_minute .*try again in 20 s"):
            mine.seat(USER, begins=True).take()
    assert len(mine.crowd) == 0
    mine.seat(USER, begins=False).take()
    mine.crowd.leave(mine.seat(USER, begins=False).claims)
    clock.now = 20.0
    mine.seat(USER, begins=True).take()


def test_who_finds_no_seat_has_not_begun() -> None:
    """Whoever knocks while he is in does not use up what he may begin."""
    mine = limiter()
    seat = mine.seat(USER, begins=True)
    seat.take()
    for _ in range(10):
        with pytest.raises(RateLimited, match=r"per_user\.sessions"):
            mine.seat(USER, begins=True).take()
    seat.leave()
    mine.seat(USER, begins=True).take()


def test_a_refused_request_counts_for_nothing() -> None:
    """Else who is refused by one limit would use up another that he shares."""
    mine = limiter(text="[default.limits.per_node]\nrequests_per_minute = 3")
    for _ in range(2):
        mine.request(USER)
    for _ in range(10):
        with pytest.raises(RateLimited, match=r"per_address\.requests_per_minute"):
            mine.request(USER)
    mine.request(attrs.evolve(USER, address="203.0.113.9"))
    with pytest.raises(RateLimited, match=r"per_node\.requests_per_minute"):
        mine.request(attrs.evolve(USER, address="203.0.113.10"))


def test_one_network_of_ipv6_is_one_address() -> None:
    mine = limiter()
    for end in ("1", "2"):
        mine.request(Caller(address=f"2001:db8::{end}"))
    with pytest.raises(RateLimited, match=r"per_address\.requests_per_minute"):
        mine.request(Caller(address="2001:db8::3"))


# What is told


def test_a_refusal_is_counted_by_its_limit_and_logged_without_names() -> None:
    """The log has one line of many."""
    metrics, clock = Metrics(limits=NAMES), Clock()
    mine = limiter(clock=clock, meter=metrics)
    with capture_logs() as lines:
        for _ in range(2):
            mine.request(USER)
        for _ in range(10):
            with pytest.raises(RateLimited):
                mine.request(USER)
        clock.now = 11.0
        with pytest.raises(RateLimited):
            mine.request(USER)
    told = Exposed(metrics.families())
    assert told.value("octi_limits_reached_total", limit="per_address.requests_per_minute") == 11
    assert told.value("octi_limits_reached_total", limit="per_user.sessions") == 0
    assert [(line["limit"], line["before"]) for line in lines] == [
        ("per_address.requests_per_minute", 0),
        ("per_address.requests_per_minute", 9),
    ]
    assert not any("u1" in str(line) or "203.0.113" in str(line) for line in lines)


# Sessions


@pytest.mark.parametrize(("rule", "longest"), [(None, 3600), (0, 3600), (60, 60), (7200, 3600)])
def test_a_session_lasts_as_long_as_the_narrower_of_rule_and_setting(rule: int | None, longest: float) -> None:
    assert longest_s(PerSession(seconds=rule), 3600) == longest


@pytest.mark.parametrize(("rule", "idle"), [(None, 300), (0, float("inf")), (60, 60)])
def test_a_rule_says_how_long_a_user_may_be_silent(rule: int | None, idle: float) -> None:
    """0: for ever."""
    assert idle_s(PerSession(idle_seconds=rule), 300) == idle


def test_a_call_is_limited_as_whoever_it_was_made_for() -> None:
    """Its silence is a setting of its own, which only rules change."""
    calls = LimitedCalls(limiter())
    assert calls.longest_s(RECORD, 3600) == 60
    assert calls.idle_s(RECORD, 300) == 300
    assert LimitedCalls(limiter(text="[tenant.acme.limits.per_session]\nidle_seconds = 9")).idle_s(RECORD, 300) == 9
    calls.seat(RECORD).take()
    with pytest.raises(RateLimited, match=r"per_user\.sessions"):
        calls.seat(RECORD).take()
    assert caller_in(RECORD) == Caller(tenant="acme", key=JWT, user="u1")


def test_a_call_that_is_joined_again_counts_as_new() -> None:
    """The first time it counted when it was made."""
    calls = LimitedCalls(limiter())
    assert not calls.seat(RECORD).begins
    assert calls.seat(attrs.evolve(RECORD, state=SessionState.ENDED)).begins
