"""Which requests count, and as what; and the limits of whoever talks over a socket."""

from collections.abc import Callable
from functools import partial
from math import inf

import attrs
from quart import Quart, request

from octi.guard.caller import Caller
from octi.limiting import Counted, idle_s, longest_s
from octi.records import SessionRecord, SessionState
from octi.services import Services
from octi.session.session import Session
from octi.web.callers import current_caller, speaker
from octi.websocket.link import Link

CHEAP = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})
ALSO_DEAR = frozenset({"/api/session"})  # makes a secret for whoever only looks, as its origin did
SIGNS_OF_LIFE = frozenset({"/sessions/<session_id>/heartbeat"})
BEGINNING = frozenset({"/sessions", "/session", "/v1/realtime/calls"})  # each makes a session


def limit_requests(app: Quart, services: Services) -> None:
    """Have requests counted, by whoever asks, before their routes are called. To be registered behind `ask_callers`."""

    @app.before_request
    async def count() -> None:
        rule = request.url_rule.rule if request.url_rule else ""
        if rule and costs(request.method, rule):
            services.limiter.request(current_caller())
            if rule in BEGINNING:
                services.limiter.begin(current_caller())


def costs(method: str, rule: str) -> bool:
    """Does a request make or cost something?"""
    return rule in ALSO_DEAR if method in CHEAP else rule not in SIGNS_OF_LIFE


def seating(services: Services, caller: Caller) -> Callable[[SessionRecord], Counted]:
    """The place of a session that a caller opens with a socket."""
    return partial(_seat, services, caller)


def _seat(services: Services, caller: Caller, record: SessionRecord) -> Counted:
    """One that was made over HTTP, and that nobody has entered, counted as new when it was made."""
    waiting = record.resumable and record.state is SessionState.CREATED
    return services.limiter.seat(speaker(caller, record), begins=not waiting)


def limited(services: Services, caller: Caller, link: Link, session: Session) -> Session:
    """A session whose client sends and stays no longer than it may. caller: who talks."""
    rule = services.limiter.rule_for(caller).per_session
    link.flow = services.limiter.flow(caller)
    longest, idle = longest_s(rule, session.longest_s), min(session.idle_s, idle_s(rule, inf))
    return attrs.evolve(session, longest_s=longest, idle_s=idle)
