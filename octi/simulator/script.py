"""What a simulated provider plays: what its callers say, what its agent answers, and which requests go wrong. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar

import attrs
import msgspec
from msgspec import UNSET, Meta, UnsetType

from octi.engine.complaints import complaint
from octi.engine.requests import TYPES
from octi.errors import BadMessage
from octi.simulator.scenario import EventFault, Scenario

SIDEBAND = "sideband"  # what can be waited for beside events: one has come
LONGEST_S = 3600
Seconds = Annotated[float, Meta(ge=0, le=LONGEST_S)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
HeaderName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+\Z")]
HeaderValue = Annotated[str, Meta(pattern=r"^[!-~]([ -~]*[!-~])?\Z")]
Words = Annotated[str, Meta(min_length=1, max_length=20_000)]


class Strict(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A place where an unknown field is a mistake."""


class Says(Strict, frozen=True):
    """The caller speaks. `words`: when their transcription comes, or that it fails."""

    say: Words
    then_wait: Literal["answer", "nothing"] = "answer"
    words: Literal["during", "after", "failed"] = "during"


class Waits(Strict, frozen=True):
    """The caller is silent for so long."""

    wait_s: Seconds


class WaitsFor(Strict, frozen=True):
    """The caller is silent until a sideband has sent such an event, or (`sideband`) has come; at most `within_s`."""

    wait_for: Words
    within_s: Seconds = 30.0


class Leaves(Strict, frozen=True):
    """The browser hangs up: the call is over, and its sidebands are told."""

    leave: Literal[True]


class Vanishes(Strict, frozen=True):
    """The browser is gone, and nobody is told: the call stays open and silent."""

    leave_silent: Literal[True]


class Speaks(Strict, frozen=True):
    """The agent says this."""

    say: Words


class Recites(Strict, frozen=True):
    """The agent says what a pattern finds in its instructions, put into a template's {0}."""

    say_from_instructions: Words
    template: Words
    otherwise: Words = "My instructions do not say."


class Calls(Strict, frozen=True):
    """The agent calls a function."""

    call: Words
    arguments: dict[str, Any] = {}


class Fails(Strict, frozen=True):
    """The response fails, with this error code."""

    fail: Words
    message: str = "The script says so."


class Fault(Strict, frozen=True):
    """What happens to requests for `path` (`*` stands for anything) instead of an answer, so many times.

    status, headers, body: the answer. stall_s: how long before it. drop: the connection ends without one. after_events,
    close: a socket that was let in is closed with that code when it was sent so many events; 1006 is without a goodbye.
    """

    path: Words
    times: Count = 1
    status: Annotated[int, Meta(ge=200, le=599)] | None = None
    headers: dict[HeaderName, HeaderValue] = {}
    body: Any | UnsetType = UNSET
    stall_s: Seconds = 0.0
    drop: bool = False
    after_events: Annotated[int, Meta(ge=0)] | None = None
    close: Annotated[int, Meta(ge=1000, le=4999)] = 1011


CallerStep = Says | Waits | WaitsFor | Leaves | Vanishes
AgentStep = Speaks | Recites | Calls | Fails
CALLER: Mapping[str, type[CallerStep]] = {
    "say": Says,
    "wait_s": Waits,
    "wait_for": WaitsFor,
    "leave": Leaves,
    "leave_silent": Vanishes,
}
AGENT: Mapping[str, type[AgentStep]] = {
    "say": Speaks,
    "say_from_instructions": Recites,
    "call": Calls,
    "fail": Fails,
}


class _Whole(Strict, frozen=True):
    agent: list[dict[str, Any]] = []
    caller: list[dict[str, Any]] = []
    faults: list[dict[str, Any]] = []


@attrs.frozen(kw_only=True)
class Script:
    """Every call and every socket plays `agent` and `caller` from their beginning; `faults` are shared by all."""

    agent: tuple[AgentStep, ...] = ()
    caller: tuple[CallerStep, ...] = ()
    faults: tuple[Fault, ...] = ()
    scenario: Scenario | None = None  # in place of `agent`
    mischief: tuple[EventFault, ...] = ()  # what goes wrong in every session


def read_script(data: bytes) -> Script:
    """A script from its JSON. Raises BadMessage that names the field at fault."""
    try:
        tree = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadMessage(f"not JSON: {error}", code="invalid_json") from None
    return script_from(tree)


def script_from(tree: Any, skipped: Sequence[bool] = ()) -> Script:
    """A script from its object. `skipped`: of the faults, those that are somebody else's. Raises BadMessage."""
    try:
        whole = msgspec.convert(tree, _Whole)
    except msgspec.ValidationError as error:
        raise complaint(error, "", ()) from None
    ours = [(index, fault) for index, fault in enumerate(whole.faults) if not any(skipped[index : index + 1])]
    script = Script(
        agent=tuple(_step(step, AGENT, f"agent[{index}]") for index, step in enumerate(whole.agent)),
        caller=tuple(_step(step, CALLER, f"caller[{index}]") for index, step in enumerate(whole.caller)),
        faults=tuple(_checked(fault, Fault, f"faults[{index}]") for index, fault in ours),
    )
    _check_waits(script.caller)
    _check_patterns(script.agent)
    return script


T = TypeVar("T", bound=Strict)


def _step(step: dict[str, Any], kinds: Mapping[str, type[T]], place: str) -> T:
    """A step's kind is the one field that only steps of that kind have."""
    named = [kind for kind in kinds if kind in step]
    if len(named) != 1:
        raise BadMessage(f"should have exactly one of {', '.join(kinds)}", place)
    return _checked(step, kinds[named[0]], place)


def _checked(value: dict[str, Any], kind: type[T], place: str) -> T:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise complaint(error, place, ()) from None


def _check_waits(steps: Sequence[CallerStep]) -> None:
    for index, step in enumerate(steps):
        if isinstance(step, WaitsFor) and step.wait_for not in (awaited := [SIDEBAND, *TYPES]):
            raise BadMessage(f"should be one of {', '.join(awaited)}", f"caller[{index}].wait_for")


def _check_patterns(steps: Sequence[AgentStep]) -> None:
    for index, step in enumerate(steps):
        if isinstance(step, Recites):
            place = f"agent[{index}].say_from_instructions"
            try:
                groups = re.compile(step.say_from_instructions).groups
            except re.error as error:
                raise BadMessage(f"not a regular expression: {error}", place) from None
            if groups != 1:
                raise BadMessage(f"should have one group, not {groups}", place)


SAMPLE = Script(
    caller=(
        WaitsFor("sideband", within_s=20.0),
        WaitsFor("session.update", within_s=5.0),
        Says("Hello, my name is Anna Berg."),
        Says("I earn 3000 euros a month."),
        Says("Sorry, that was wrong. I earn 3200 euros a month."),
    )
)
