"""The first origin's routes: its fields, its statuses, its words."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from octi.errors import (
    EngineFailed,
    ExtractionFailed,
    InProgress,
    NothingSaid,
    OctiError,
    StoreFailed,
    Unserved,
    UpstreamBusy,
    UpstreamLost,
    UpstreamNonsense,
    UpstreamRefused,
)
from tests.web.standins import StandIn

ROUTES = ("/token", "/session", "/session/call", "/session/renew", "/session/close", "/extract-profile")
WHAT = {
    "/token": ("mint", "Failed to mint client secret"),
    "/session": ("make", "Failed to create session"),
    "/session/call": ("attach_call", "Failed to attach to the call"),
    "/session/renew": ("renew", "Failed to renew session token"),
    "/session/close": ("close", "Failed to close session"),
    "/extract-profile": ("extract", "Failed to extract profile"),
}
GOOD = {"sessionId": "s", "callId": "rtc_1"}


@pytest.mark.parametrize("body", [None, {}, {"model": None, "voice": "", "colour": "red"}])
async def test_a_token_is_minted_for_whoever_says_nothing(body: object) -> None:
    """Of the configured model, and in writing. `raw` is the provider's whole answer."""
    node = StandIn()
    status, said, headers = await node.post("/token", body)
    assert (status, said.keys()) == (200, {"clientSecret", "expiresAt", "raw"})
    assert (said["clientSecret"], said["expiresAt"], said["raw"]["extra"]) == ("ek_1", 600, 1)
    assert headers["Cache-Control"] == "no-store"
    ((record, session, direct, _),) = node.directory.calls_of("mint")
    assert (record, session["model"], session["output_modalities"], direct) == (None, "gpt-realtime", ["text"], True)


async def test_a_body_is_read_whatever_it_is_called() -> None:
    """Clients forget the header."""
    node = StandIn()
    status, _, _ = await node.post("/token", b'{"voice":"marin"}', Content_Type="text/plain")
    assert status == 200
    assert node.directory.calls_of("mint")[0][1]["audio"]["output"]["voice"] == "marin"


async def test_a_session_is_made() -> None:
    """`callId` is there only if one was given."""
    node = StandIn()
    body = {"model": "m", "voice": "marin", "enableTranscription": True}
    status, said, _ = await node.post("/session", body)
    assert (status, said) == (200, {"sessionId": "s-1", "clientSecret": "ek_1", "expiresAt": 600})
    ((wish,),) = node.directory.calls_of("make")
    assert (wish.model, wish.voice, wish.text_only, wish.transcribe) == ("m", "marin", False, True)
    assert node.directory.calls_of("mint")[0][2] is True
    assert not node.directory.calls_of("attach_call")


async def test_a_session_without_a_voice_writes() -> None:
    """As the origin's."""
    node = StandIn()
    await node.post("/session")
    ((wish,),) = node.directory.calls_of("make")
    assert (wish.text_only, wish.transcribe) == (True, False)


async def test_a_session_with_a_call_listens_at_once() -> None:
    """And says which."""
    node = StandIn()
    status, said, _ = await node.post("/session", {"callId": "rtc_1"})
    assert (status, said["callId"]) == (200, "rtc_1")
    assert node.directory.calls_of("attach_call") == [("s-1", "rtc_1", False)]


async def test_a_session_takes_the_place_of_an_older_one() -> None:
    """Which is closed, if there is one; and if it cannot be, the new one is there all the same."""
    node = await StandIn().holding("old")
    for previous in ("old", "nobody"):
        assert (await node.post("/session", {"previousSessionId": previous}))[0] == 200
    assert node.directory.calls_of("close") == [("old",), ("nobody",)]
    node.failing(close=StoreFailed("away"))
    assert (await node.post("/session", {"previousSessionId": "old"}))[0] == 200


async def test_a_call_is_told_later() -> None:
    """The first time, and again."""
    node = await StandIn().holding("s")
    status, said, _ = await node.post("/session/call", GOOD)
    assert (status, said) == (200, GOOD)
    assert node.directory.calls_of("attach_call") == [("s", "rtc_1", False)]


async def test_a_session_is_renewed() -> None:
    """With instructions that hold profile and history, and null where there is no call."""
    node = await StandIn().holding("s")
    status, said, _ = await node.post("/session/renew", {"sessionId": "s"})
    assert (status, said) == (
        200,
        {
            "sessionId": "s",
            "clientSecret": "ek_1",
            "expiresAt": 600,
            "instructions": "Be octi.\n\nIt is Ana.",
            "callId": None,
        },
    )


async def test_a_session_is_closed() -> None:
    """True if there was one."""
    node = await StandIn().holding("s")
    for name, closed in (("s", True), ("nobody", False)):
        status, said, _ = await node.post("/session/close", {"sessionId": name})
        assert (status, said) == (200, {"sessionId": name, "closed": closed})


async def test_a_profile_is_extracted() -> None:
    """With the instructions that come of it."""
    node = await StandIn().holding("s")
    status, said, _ = await node.post("/extract-profile", {"sessionId": "s"})
    assert (status, said) == (200, {"profile": {"first_name": "Ana"}, "instructions": "Be octi.\n\nIt is Ana."})


# What goes wrong


@pytest.mark.parametrize("body", [None, {}, {"sessionId": ""}, {"sessionId": None}, {"sessionId": 7}])
@pytest.mark.parametrize("path", ["/session/renew", "/session/close", "/extract-profile"])
async def test_a_session_must_be_named(path: str, body: object) -> None:
    """In the origin's words."""
    status, said, _ = await StandIn().post(path, body)
    assert (status, said) == (400, {"error": "sessionId is required"})


@pytest.mark.parametrize("body", [None, {}, {"sessionId": "s"}, {"callId": "rtc_1"}, {"sessionId": "s", "callId": 1}])
async def test_a_session_and_a_call_must_be_named(body: object) -> None:
    """Both."""
    status, said, _ = await StandIn().post("/session/call", body)
    assert (status, said) == (400, {"error": "sessionId and callId are required"})


@pytest.mark.parametrize("path", ["/session/call", "/session/renew", "/extract-profile"])
async def test_an_unknown_session_is_said_so(path: str) -> None:
    """404, with nothing but the origin's words."""
    assert (await StandIn().post(path, GOOD))[:2] == (404, {"error": "Unknown sessionId"})


async def test_a_second_renewal_is_told_to_wait() -> None:
    """429, and for how long."""
    node = (await StandIn().holding("s")).failing(renew=InProgress("Renew"))
    status, said, headers = await node.post("/session/renew", GOOD)
    assert (status, said, headers["Retry-After"]) == (429, {"error": "Renew already in progress"}, "1")


async def test_a_silent_session_has_no_profile() -> None:
    """400."""
    node = (await StandIn().holding("s")).failing(extract=NothingSaid())
    status, said, _ = await node.post("/extract-profile", GOOD)
    assert (status, said) == (400, {"error": "No transcript available for extraction"})


FAULTS: list[tuple[OctiError, int]] = [
    (UpstreamRefused("p", "wrong key", 401), 502),
    (UpstreamBusy("p", "slow down", 6.2), 429),
    (UpstreamLost("p", "no route"), 502),
    (UpstreamNonsense("p", "<html>"), 502),
    (ExtractionFailed("p", "no", "refusal"), 502),
    (StoreFailed("the disk is full"), 503),
    (EngineFailed("a worker died"), 503),
    (Unserved("not here"), 501),
]


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(("error", "status"), FAULTS, ids=lambda each: type(each).__name__)
async def test_somebody_elses_failure_is_told_in_two_fields(path: str, error: OctiError, status: int) -> None:
    """Never as a 500; with the time to wait, where that is known."""
    method, what = WHAT[path]
    node = (await StandIn().holding("s")).failing(**{method: error})
    answered, said, headers = await node.post(path, GOOD)
    assert (answered, said) == (status, {"error": what, "detail": str(error)})
    assert headers.get("Retry-After") == ("7" if status == 429 else None)


@pytest.mark.parametrize("path", ["/token", "/session", "/session/call", "/session/renew"])
async def test_nothing_new_begins_while_octi_drains(path: str) -> None:
    """503, and when to come back."""
    node = await StandIn().holding("s")
    node.live.draining.set()
    status, said, headers = await node.post(path, GOOD)
    assert (status, said, headers["Retry-After"]) == (
        503,
        {"error": WHAT[path][1], "detail": "octi is restarting"},
        "5",
    )
    assert node.directory.asked == []


@pytest.mark.parametrize("path", ["/session/close", "/extract-profile"])
async def test_what_is_there_may_end_and_be_read_while_octi_drains(path: str) -> None:
    """As before."""
    node = await StandIn().holding("s")
    node.live.draining.set()
    assert (await node.post(path, GOOD))[0] == 200


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/token", {"model": 5}, "model: must be a string, or left out"),
        ("/token", {"enableTranscription": "yes"}, "enableTranscription: must be true or false, or left out"),
        ("/token", [], "the body must be an object"),
        ("/session", {"voice": "v" * 300}, "voice: must be a string of at most 256 characters"),
        ("/session", {"callId": "../x"}, "callId: must be the id of a call, as the provider's Location header has it"),
        ("/session/call", {"sessionId": "s", "callId": "a/b"}, "callId: must be the id of a call"),
        ("/session/renew", b"{", "the body must be a JSON object"),
    ],
)
async def test_a_mistake_is_named(path: str, body: object, said: str) -> None:
    """400."""
    node = StandIn()
    status, answer, _ = await node.post(path, body)
    assert (status, answer.keys()) == (400, {"error"})
    assert answer["error"].startswith(said)
    assert node.directory.asked == []


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from([*GOOD, "model", "voice", "enableTranscription", "previousSessionId"])


@pytest.mark.parametrize("path", ROUTES)
@given(body=st.binary(max_size=64) | st.dictionaries(FIELDS, JSON, max_size=4))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_body_whatever_is_octis_fault(path: str, body: Any) -> None:
    """It is served, or refused as the client's."""
    node = await StandIn().holding("s")
    assert (await node.post(path, body))[0] in {200, 400, 404}
