"""Counts what callers do, and refuses what is too much: one for a node. Never waits; what it holds is bounded."""

from collections.abc import Callable, Iterator
from math import inf

import attrs
import structlog
import trio

from octi.access_config import is_here
from octi.config import Config
from octi.errors import RateLimited
from octi.guard.buckets import SECOND, Buckets, Rate, nanoseconds
from octi.guard.caller import JWT, Caller, Scope
from octi.guard.crowd import Claim, Crowd
from octi.guard.flow import Flow, flow_for
from octi.guard.limits import SHARES, LimitRule, PerSession, Share
from octi.guard.rules import Rules
from octi.guard.subjects import subjects_of
from octi.observe.base import Meter
from octi.observe.seldom import Seldom
from octi.records import SessionRecord, SessionState

log = structlog.get_logger("octi.guard")

TELL_S = 10.0  # between two lines of the log about one limit
WAIT_S = 0.1  # what a client is told to wait at least


@attrs.define(eq=False)
class Counted:
    """A session's place among those of its address, user, key and tenant (`octi.session.seats.Seat`)."""

    limiter: "Limiter"
    caller: Caller
    begins: bool  # it is a new one, or as dear as that
    claims: tuple[Claim, ...]

    def take(self) -> None:
        """Raises RateLimited: then nothing is taken."""
        try:
            self.limiter.crowd.enter(self.claims)
        except RateLimited as refusal:
            self.limiter.tell(refusal)
            raise
        try:
            if self.begins:
                self.limiter.begin(self.caller)
        except RateLimited:
            self.leave()
            raise

    def leave(self) -> None:
        """Somebody else may have it."""
        self.limiter.crowd.leave(self.claims)


@attrs.define(eq=False, kw_only=True)
class Limiter:
    """Whose limits are which, and how far each is from his. usual: what holds where no rule says anything."""

    rules: Rules = attrs.field(factory=Rules)
    usual: LimitRule = attrs.field(factory=LimitRule)
    meter: Meter = attrs.field(factory=Meter)
    clock: Callable[[], float] = trio.current_time
    crowd: Crowd = attrs.field(factory=Crowd)
    buckets: Buckets = attrs.field(factory=Buckets)
    _told: dict[str, Seldom] = attrs.field(factory=dict)

    def rule_for(self, caller: Caller) -> LimitRule:
        """A caller's limits. For a server that comes with its own key only rules count: it speaks for many."""
        rule = self.rules.of(caller).limits
        return rule if is_server(caller) else rule.over(self.usual)

    def request(self, caller: Caller) -> None:
        """Something is asked for over HTTP that makes or costs something. Raises RateLimited."""
        self._take(caller, "requests_per_minute")

    def begin(self, caller: Caller) -> None:
        """A session begins, or is taken up again. Raises RateLimited."""
        self._take(caller, "new_sessions_per_minute")

    def seat(self, caller: Caller, *, begins: bool) -> Counted:
        """The place of one session of a caller's, not taken yet. begins: it counts as a new one, too."""
        claims = (Claim(name, subject, most) for name, subject, most in self._figures(caller, "sessions"))
        return Counted(self, caller, begins, tuple(claims))

    def flow(self, caller: Caller) -> Flow | None:
        """How what one session's client sends is limited; None: not at all."""
        return flow_for(self.rule_for(caller).per_session, self.tell)

    def tell(self, refusal: RateLimited) -> None:
        """Something was refused. The log has one line of many, and names nobody."""
        self.meter.limited(refusal.limit)
        held_back = self._told.setdefault(refusal.limit, Seldom(TELL_S)).due(self.clock())
        if held_back is not None:
            log.warning("limited", limit=refusal.limit, most=refusal.most, before=held_back)

    def _figures(self, caller: Caller, limit: str) -> Iterator[tuple[str, object, int]]:
        """A limit by its whole name, for whom it is counted, and how many there may be, wherever there is one."""
        rule, subjects = self.rule_for(caller), subjects_of(caller)
        for name in SHARES:
            share: Share = getattr(rule, name)
            if name in subjects and (most := getattr(share, limit)):
                yield f"{name}.{limit}", subjects[name], most

    def _take(self, caller: Caller, limit: str) -> None:
        """One token of every bucket, or of none. Raises RateLimited."""
        now, figures = nanoseconds(self.clock()), list(self._figures(caller, limit))
        for name, subject, most in figures:
            if wait := self.buckets.wait_for((name, subject), Rate(most, most), now):
                refusal = RateLimited(name, f"{most} a minute", max(WAIT_S, round(wait / SECOND, 1)))
                self.tell(refusal)
                raise refusal
        for name, subject, most in figures:
            self.buckets.take((name, subject), Rate(most, most), now)


def is_server(caller: Caller) -> bool:
    """Does a caller come with a server key of his own, and not with what somebody had made for him?"""
    return caller.key not in {"", JWT} and bool(caller.scopes & {Scope.MINT, Scope.SESSIONS})


def longest_s(rule: PerSession, most: float) -> float:
    """How long a session may last; most: by the settings."""
    return min(most, rule.seconds or inf)


def idle_s(rule: PerSession, otherwise: float = inf) -> float:
    """How long its user may say nothing; otherwise: where no rule says it."""
    return otherwise if rule.idle_seconds is None else rule.idle_seconds or inf


@attrs.frozen
class LimitedCalls:
    """The limits of calls that octi hears (`octi.session.seats.CallLimits`). Where their users are it does not know."""

    limiter: Limiter

    def seat(self, record: SessionRecord) -> Counted:
        """A call's place. It counted as a new session when that was made; joined again it does once more."""
        return self.limiter.seat(caller_in(record), begins=record.state is not SessionState.CREATED)

    def longest_s(self, record: SessionRecord, most: float) -> float:
        """How long it may last."""
        return longest_s(self.limiter.rule_for(caller_in(record)).per_session, most)

    def idle_s(self, record: SessionRecord, otherwise: float) -> float:
        """How long its user may say nothing: calls have a setting of their own, so only rules count."""
        return idle_s(self.limiter.rules.of(caller_in(record)).limits.per_session, otherwise)


def caller_in(record: SessionRecord) -> Caller:
    """For whom a session was made."""
    return Caller(tenant=record.tenant, key=record.key, user=record.user)


def usual_rule(config: Config) -> LimitRule:
    """What the settings say."""
    exposed = config.access.guarded or not is_here(config.listen.host)

    def said(field: str) -> int:
        return config.client_limits.of(field, exposed=exposed)

    return LimitRule(
        per_session=PerSession(
            idle_seconds=said("idle_s"),
            messages_per_second=said("messages"),
            bytes_per_second=said("bytes"),
            bad_messages_per_minute=said("bad_messages"),
        ),
        per_address=Share(
            sessions=said("address_sessions"),
            new_sessions_per_minute=said("address_new"),
            requests_per_minute=said("address_requests"),
        ),
        per_user=Share(sessions=said("user_sessions"), new_sessions_per_minute=said("user_new")),
    )


def limiter_for(config: Config, rules: Rules, meter: Meter) -> Limiter:
    """A node's."""
    return Limiter(rules=rules, usual=usual_rule(config), meter=meter)
