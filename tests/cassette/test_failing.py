"""Openings that failed: noted, raised again, and answered as a server would."""

import msgspec
import pytest

from octi.cassette.failing import as_request_fault, failure_of, fault_of, told
from octi.cassette.format import Failure
from octi.errors import CallOver, ProviderFault, UpstreamBusy, UpstreamLost, UpstreamNonsense, UpstreamRefused

FAULTS: list[ProviderFault] = [
    UpstreamRefused("x", "Incorrect key.", 401, "invalid_api_key"),
    UpstreamRefused("x", "its certificate is not trusted (expired)"),
    UpstreamBusy("x", "Rate limit reached.", 20.0),
    UpstreamLost("x", "HTTP 503, Overloaded."),
    UpstreamLost("x", "cannot be reached: Connection refused"),
    UpstreamNonsense("x", "no HTTP"),
    CallOver("x"),
]


@pytest.mark.parametrize("fault", FAULTS)
def test_an_error_comes_back_as_it_was(fault: ProviderFault) -> None:
    """To the last field, through a file."""
    noted = msgspec.json.decode(msgspec.json.encode(failure_of(fault, 12.5)), type=Failure)
    assert repr(fault_of(noted, "x")) == repr(fault)
    assert str(noted.took_ms) == "12.5"


def test_an_error_that_nobody_knows_is_a_loss() -> None:
    """Another try may help."""
    assert repr(fault_of(failure_of(ProviderFault("odd"), 0), "x")) == repr(UpstreamLost("x", "odd"))


@pytest.mark.parametrize(("fault", "status"), list(zip(FAULTS, (401, 403, 429, 503, None, 400, 404), strict=True)))
def test_a_server_fails_in_the_same_way(fault: ProviderFault, status: int | None) -> None:
    """A status, or no answer; refusals stay refusals."""
    answer = as_request_fault(failure_of(fault, 0))
    assert (answer.status, answer.drop) == (status, status is None)


def test_a_server_says_what_was_said() -> None:
    """In the provider's shape, with the time to wait."""
    answer = as_request_fault(Failure("busy", "Slow down.", 0, 429, wait_s=20), times=3)
    error = {"message": "Slow down.", "type": "rate_limit_error"}
    assert (answer.times, answer.headers, answer.body) == (3, {"Retry-After": "20"}, {"error": error})
    lost = as_request_fault(Failure("lost", "HTTP 503, Overloaded.", 0, 503))
    assert lost.body == {"error": {"message": "Overloaded.", "type": "server_error"}}


def test_a_server_takes_its_time() -> None:
    """Whoever gave up waiting is to give up by itself again."""
    assert as_request_fault(Failure("busy", "x", 2500, 429)).stall_s == 2.5
    assert as_request_fault(Failure("lost", "no connection within 10 s", 10_000)).stall_s == 20
    assert as_request_fault(Failure("lost", "cannot be reached", 12)).stall_s == 0


def test_a_failure_is_told() -> None:
    """With its status once."""
    assert told(Failure("refused", "No.", 100, 401)) == "refused after 0.1 s: HTTP 401: No."
    assert told(Failure("lost", "HTTP 503, No.", 100, 503)) == "lost after 0.1 s: HTTP 503, No."


def test_a_server_answers_with_a_status_that_there_is() -> None:
    """And within the time that a scenario can say."""
    fault = as_request_fault(Failure("refused", "odd", 9e7, status=99))
    assert (fault.status, fault.stall_s) == (403, 3600)
