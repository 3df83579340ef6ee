"""What octi raises on purpose: it says what happened, and can be handed on."""

import copy
import pickle
import re
from contextlib import contextmanager
from typing import Any

import attrs
import pytest

from octi import errors
from octi.errors import (
    BadConfig,
    BadIntent,
    BadMessage,
    BadModel,
    BadSecret,
    BetaGone,
    Blocked,
    CallOver,
    ClientFault,
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
    OperatorFault,
    OverBudget,
    ProviderFault,
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

SAID: list[tuple[OctiError, str]] = [
    (BadMessage("not base64"), "not base64"),
    (BadMessage("not base64", "audio"), "audio: not base64"),
    (BadModel("no such model"), "no such model"),
    (BadIntent("this key opens a realtime session"), "this key opens a realtime session"),
    (UnknownCall("no call rtc_1"), "no call rtc_1"),
    (BetaGone(), "The Realtime Beta API is no longer supported."),
    (BadSecret(), "Incorrect API key provided: it is not known here"),
    (Forbidden("this key may not operate"), "this key may not operate"),
    (Blocked("no such talk"), "no such talk"),
    (RateLimited("messages", "50 a second", 0.5), "the limit messages is reached (50 a second); try again in 0.5 s"),
    (OverBudget("day", "5 USD"), "the budget day is spent (5 USD)"),
    (OverBudget("day", "5 USD", 60.0), "the budget day is spent (5 USD); there is a new one in 60 s"),
    (UnknownSession(), "Unknown sessionId"),
    (SessionTaken("s1"), "session s1 has a client already; end that one, or make another session"),
    (SessionClosed("s1"), "session s1 is over; make another one"),
    (NothingSaid(), "No transcript available for extraction"),
    (InProgress("Renew"), "Renew already in progress"),
    (UpstreamExpired("openai", "it lasted 60 minutes"), "it lasted 60 minutes"),
    (CallOver("openai"), "the call is over"),
    (ExtractionFailed("openai", "I cannot", "refusal"), "openai gave no profile (refusal): I cannot"),
    (Unserved("the engine has no calls"), "the engine has no calls"),
    (ClientStalled(512, 10.0), "the client took nothing for 10 s with 512 bytes waiting"),
    (UpstreamRefused("openai", "no such model"), "openai refused the session: no such model"),
    (UpstreamRefused("azure", "bad key", 401), "azure refused the session (HTTP 401): bad key"),
    (UpstreamBusy("openai", "slow down", 7.5), "openai is at its limit, again in 7.5 s: slow down"),
    (UpstreamLost("openai", "closed with 1006", 1006), "openai is not there: closed with 1006"),
    (UpstreamNonsense("local", "[]"), "local does not speak the Realtime protocol: []"),
    (BadConfig(["PORT='x': no number", "HOST='': empty"]), "PORT='x': no number\nHOST='': empty"),
    (
        EngineMissing("soxr", "is not installed", "pip install it"),
        "speech engine: soxr is not installed; pip install it",
    ),
    (EngineFailed("a worker died twice"), "the speech engine failed: a worker died twice"),
    (LoginLost(), "who you are cannot be checked just now: the login's keys cannot be had"),
    (StoreFailed("disk full"), "the store failed: disk full"),
    (Stopping(), "octi is restarting"),
    (Full(24), "octi is full: 24 sessions are live"),
    (TooLong(3600), "Your session hit the maximum duration of 60 minutes."),
    (TooLong(90), "Your session hit the maximum duration of 1.5 minutes."),
    (Dismissed(), "ended by an operator"),
    (IllegalMove("session 1", "ended", "live"), "session 1 cannot go from ended to live"),
]
ERRORS = [error for error, _ in SAID]
PROVIDERS = {  # told as the provider tells it
    BadSecret: 3000,
    BadModel: 4000,
    BadIntent: 4000,
    UnknownCall: 4000,
    BetaGone: 4000,
    TooLong: 1001,
    UpstreamExpired: 1001,
}
FAULTS = {OctiError, ClientFault, ProviderFault, OperatorFault}
every_error = pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)


def all_kinds() -> set[type[OctiError]]:
    members = vars(errors).values()
    return {kind for kind in members if isinstance(kind, type) and issubclass(kind, OctiError)}


def test_every_error_is_tested() -> None:
    """The faults themselves are not raised: who is at fault is not yet what happened."""
    assert all_kinds() - FAULTS == {type(error) for error in ERRORS}


def test_every_error_stands_in_the_tree_on_top() -> None:
    """As the module draws it, below its own fault."""
    drawn: dict[str, str] = {}
    fault = ""
    for line in (errors.__doc__ or "").splitlines():
        if name := re.match(r"[│ ]*[├└]── (\w+)", line):
            top = not line.startswith(("│", " "))
            fault = name[1] if top else fault
            drawn[name[1]] = "OctiError" if top else fault
    assert drawn == {kind.__name__: kind.__mro__[1].__name__ for kind in all_kinds() - {OctiError}}


@pytest.mark.parametrize(("error", "said"), SAID)
def test_an_error_reads_as_a_sentence(error: OctiError, said: str) -> None:
    """One line (a configuration has a line for each mistake), no class name, no full stop but the provider's."""
    assert str(error) == said
    assert isinstance(error, BadConfig) or "\n" not in said
    assert type(error).__name__ not in said
    assert not said.endswith(".") or type(error) in PROVIDERS


@every_error
@pytest.mark.parametrize("passed_on", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
def test_an_error_can_be_passed_on(error: OctiError, passed_on: Any) -> None:
    """To another process, with all its facts."""
    other = passed_on(error)
    assert type(other) is type(error)
    assert (str(other), facts(other)) == (str(error), facts(error))


def facts(error: OctiError) -> dict[str, Any]:
    kind: Any = type(error)
    return {field.name: getattr(error, field.name) for field in attrs.fields(kind)} if attrs.has(kind) else {}


@every_error
def test_an_error_can_be_raised_through_a_context_manager(error: OctiError) -> None:
    """Frozen it is, but Python writes its traceback, its cause and its notes."""

    @contextmanager
    def noting() -> Any:
        try:
            yield
        except OctiError as passing:
            passing.add_note("on the way")
            raise

    with pytest.raises(type(error)) as raised, noting():
        raise error from ValueError("why")
    assert raised.value is error
    assert raised.value.__notes__[-1] == "on the way"
    assert isinstance(raised.value.__cause__, ValueError)


@every_error
def test_an_errors_facts_cannot_be_changed(error: OctiError) -> None:
    for name in facts(error):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(error, name, "other")


@every_error
def test_an_error_shows_its_facts_and_holds_no_secret(error: OctiError) -> None:
    """Errors are logged: no field is made for a key or a token."""
    assert repr(error).startswith(f"{type(error).__name__}(")
    assert not {"key", "token", "secret", "password", "headers", "url"} & facts(error).keys()


@pytest.mark.parametrize(
    ("error", "again"), [(Stopping(), True), (UpstreamLost("a", "b"), True), (BadMessage("a"), False)]
)
def test_an_error_says_whether_the_same_may_work_later(error: OctiError, again: bool) -> None:
    assert error.retryable is again
