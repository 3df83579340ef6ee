"""Errors as HTTP answers."""

import pytest
from quart.typing import ResponseReturnValue
from quart_trio import QuartTrio
from werkzeug.exceptions import BadRequest, ServiceUnavailable

from octi.error_replies import REPLIES
from octi.errors import (
    BadConfig,
    BadIntent,
    BadMessage,
    BadModel,
    BadSecret,
    BetaGone,
    Blocked,
    CallOver,
    ClientStalled,
    Dismissed,
    EngineFailed,
    EngineMissing,
    ExtractionFailed,
    Forbidden,
    Full,
    IllegalMove,
    InProgress,
    LoginLost,
    NothingSaid,
    OctiError,
    OverBudget,
    RateLimited,
    SessionClosed,
    SessionTaken,
    Stopping,
    StoreFailed,
    TooLong,
    UnknownCall,
    UnknownSession,
    Unserved,
    UpstreamBusy,
    UpstreamExpired,
    UpstreamLost,
    UpstreamNonsense,
    UpstreamRefused,
)
from octi.observe.base import Meter
from octi.observe.metrics import Metrics
from octi.session.live import LiveSessions
from octi.web.replies import answer_errors, patience, refuse_while_draining
from octi.websocket.base import LegClosed
from tests.exposed import Exposed

ERRORS: list[OctiError] = [
    BadMessage("should be a number", "played_ms"),
    BadModel("no such model"),
    BadIntent("this key opens a realtime session"),
    UnknownCall("no call rtc_1"),
    BetaGone(),
    BadSecret(),
    Forbidden("this key may not mint"),
    Blocked(),
    RateLimited("sessions", "5 at once", 7.2),
    OverBudget("day", "5 USD", 60.0),
    UnknownSession(),
    SessionTaken("s-1"),
    SessionClosed("s-1"),
    NothingSaid(),
    InProgress("Renew"),
    ClientStalled(1, 10.0),
    UpstreamRefused("openai", "wrong key", 401),
    UpstreamBusy("openai", "slow down", 7.0),
    UpstreamLost("openai", "no route"),
    UpstreamExpired("openai", "it lasted 60 minutes"),
    CallOver("openai"),
    UpstreamNonsense("openai", "<html>"),
    ExtractionFailed("openai", "it stopped", "incomplete"),
    BadConfig(["PORT='x': should be a number"]),
    EngineMissing("numpy", "is not installed", "pip install numpy"),
    EngineFailed("a worker died twice"),
    Unserved("no calls"),
    LoginLost(),
    StoreFailed("the disk is full"),
    Stopping(),
    Full(24),
    TooLong(3600),
    Dismissed(),
    IllegalMove("s-1", "ended", "live"),
]


def app_raising(error: Exception, meter: Meter | None = None) -> QuartTrio:
    """An application with one route, which fails."""
    app = QuartTrio("test")
    answer_errors(app, meter)

    @app.get("/")
    async def fail() -> ResponseReturnValue:
        raise error

    return app


def test_every_kind_of_error_is_tried() -> None:
    """The table's rows are all here."""
    assert {type(error) for error in ERRORS} == set(REPLIES)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
async def test_an_error_of_octis_is_answered_by_the_table(error: OctiError) -> None:
    """Its words, its code, its status."""
    answer = await app_raising(error).test_client().get("/")
    reply = REPLIES[type(error)]
    assert answer.status_code == reply.status
    assert await answer.get_json() == {"error": str(error), "code": reply.code}


async def test_an_error_that_the_table_does_not_have_is_octis_own_fault() -> None:
    """It should not have come so far."""
    answer = await app_raising(LegClosed(1006, "")).test_client().get("/")
    assert answer.status_code == 500
    assert (await answer.get_json())["code"] == "internal_error"


@pytest.mark.parametrize("error", [ZeroDivisionError("sk-secret"), ExceptionGroup("two", [ValueError("sk-secret")])])
async def test_a_bug_is_answered_without_a_stack_trace(error: Exception) -> None:
    """As JSON, and without the error's own words, which are not meant for clients."""
    answer = await app_raising(error).test_client().get("/")
    body = await answer.get_data(as_text=True)
    assert answer.status_code == 500
    assert (await answer.get_json()).keys() == {"error"}
    assert "sk-secret" not in body
    assert "Traceback" not in body


async def test_a_refusal_of_the_frameworks_is_json_too() -> None:
    """With its words, or else its name."""
    answer = await app_raising(BadRequest("no such field")).test_client().get("/")
    assert (answer.status_code, await answer.get_json()) == (400, {"error": "no such field"})
    answer = await app_raising(BadRequest("")).test_client().get("/")
    assert (answer.status_code, await answer.get_json()) == (400, {"error": "Bad Request"})


async def test_a_refusals_headers_are_kept() -> None:
    """Such as when to come back; its type is ours."""
    answer = await app_raising(ServiceUnavailable(retry_after=7)).test_client().get("/")
    assert answer.headers["Retry-After"] == "7"
    assert answer.headers.getlist("Content-Type") == ["application/json"]


WAITS: list[tuple[OctiError, str]] = [
    (UpstreamBusy("openai", "slow down", 7.0), "7"),
    (UpstreamBusy("openai", "slow down", 7.01), "8"),
    (UpstreamBusy("openai", "slow down", 0.0), "1"),
    (InProgress("Renew"), "1"),
    (Stopping(), "5"),
    (Full(24), "5"),
    (RateLimited("sessions", "5 at once", 7.2), "8"),
    (OverBudget("day", "5 USD", 60.0), "60"),
]


@pytest.mark.parametrize(("error", "wait"), WAITS, ids=lambda each: type(each).__name__)
async def test_who_may_come_back_is_told_when(error: OctiError, wait: str) -> None:
    """In whole seconds, never too early, where that is known."""
    assert (await app_raising(error).test_client().get("/")).headers["Retry-After"] == wait


def test_nobody_else_is_told_when() -> None:
    """Nobody knows."""
    waiting = {type(error) for error, _ in WAITS}
    assert [error for error in ERRORS if "Retry-After" in patience(error) and type(error) not in waiting] == []


def test_whoever_brought_no_key_that_is_good_is_told_how_one_is_brought() -> None:
    """As RFC 6750 wants it; and nobody keeps that answer for others."""
    assert patience(BadSecret()) == {"Cache-Control": "no-store", "WWW-Authenticate": 'Bearer realm="octi"'}
    assert patience(Forbidden("no")) == {"Cache-Control": "no-store"}


def test_what_is_new_is_refused_while_octi_drains() -> None:
    """And not before."""
    live = LiveSessions()
    refuse_while_draining(live)
    live.draining.set()
    with pytest.raises(Stopping):
        refuse_while_draining(live)


async def test_who_is_not_let_in_is_counted() -> None:
    """Because octi is full, or about to stop; other mistakes are not about room."""
    metrics = Metrics()
    for error in (Full(24), Full(24), Stopping(), UnknownSession()):
        await app_raising(error, metrics).test_client().get("/")
    told = Exposed(metrics.families())
    assert told.value("octi_sessions_refused_total", reason="full") == 2
    assert told.sum("octi_sessions_refused_total") == 3
