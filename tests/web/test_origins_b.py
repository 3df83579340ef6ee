"""The second origin's routes: a front end reads `client_secret.value`, and does the rest itself."""

import pytest

from octi.config import read_config
from octi.errors import StoreFailed, UpstreamBusy, UpstreamLost
from octi.upstream.base import Minted
from octi.web.origins_b import ephemeral_session
from tests.web.standins import StandIn

CONFIG = read_config({"OCTI_SYSTEM_PROMPT": "Be octi.", "OCTI_DEFAULT_VOICE": "cedar"})


def minted(**session: object) -> Minted:
    return Minted(value="ek_1", expires_at=600, session=dict(session), raw={})


async def test_a_front_end_gets_an_ephemeral_session() -> None:
    """With the configured agent; not to be kept by anybody on the way."""
    node = StandIn(config=CONFIG)
    answer = await node.client.get("/api/session")
    said = await answer.get_json()
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert said["client_secret"] == {"value": "ek_1", "expires_at": 600}
    assert (said["object"], said["id"], said["model"]) == ("realtime.session", "sess_1", "gpt-realtime")
    assert (said["instructions"], said["voice"], said["expires_at"]) == ("Be octi.", "cedar", 600)
    ((record, session, direct, _),) = node.directory.calls_of("mint")
    assert (record, direct, session["audio"]["output"]) == (None, True, {"voice": "cedar"})


def test_what_the_provider_says_of_the_session_counts() -> None:
    """All of it is passed on."""
    shape = ephemeral_session(
        minted(
            id="sess_9",
            model="m",
            instructions="You …",
            expires_at=700,
            tools=[],
            object="x",
            audio={"output": {"voice": "marin"}},
        ),
        CONFIG,
    )
    assert (shape["id"], shape["model"], shape["instructions"], shape["voice"]) == ("sess_9", "m", "You …", "marin")
    assert (shape["expires_at"], shape["tools"], shape["object"]) == (700, [], "realtime.session")


def test_what_the_provider_leaves_out_is_there_all_the_same() -> None:
    """A session that has not begun has no end, or an end of 0."""
    shape = ephemeral_session(minted(expires_at=0, instructions=None), CONFIG)
    assert str(shape["id"]).startswith("sess_")
    assert (shape["expires_at"], shape["instructions"], shape["voice"]) == (600, "Be octi.", "cedar")


@pytest.mark.parametrize("body", [None, {}, b"\xff{", {"voice": 7}])
async def test_a_secret_alone_is_minted_whatever_the_body(body: object) -> None:
    """Nobody reads it."""
    status, said, headers = await StandIn().post("/api/client-secret", body)
    assert (status, said, headers["Cache-Control"]) == (200, {"value": "ek_1"}, "no-store")


@pytest.mark.parametrize(
    ("error", "status", "wait"),
    [(UpstreamLost("p", "gone"), 502, None), (UpstreamBusy("p", "slow", 0.1), 429, "1"), (StoreFailed("x"), 503, None)],
)
async def test_a_failure_is_not_octis(error: Exception, status: int, wait: str | None) -> None:
    """And browsers of this machine's pages may read it."""
    node = StandIn().failing(mint=error)
    page = {"Origin": "http://localhost:5173"}
    for answer in (
        await node.client.get("/api/session", headers=page),
        await node.client.post("/api/client-secret", headers=page),
    ):
        assert (answer.status_code, answer.headers.get("Retry-After")) == (status, wait)
        assert (await answer.get_json())["error"] == str(error)
        assert answer.headers["Access-Control-Allow-Origin"] == page["Origin"]


async def test_no_secret_is_minted_while_octi_drains() -> None:
    """503, and when to come back."""
    node = StandIn()
    node.live.draining.set()
    for answer in (await node.client.get("/api/session"), await node.client.post("/api/client-secret")):
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert node.directory.asked == []
