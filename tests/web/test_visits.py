"""Who knocks, and what of that cannot be."""

import pytest
from websockets.datastructures import Headers

from octi.errors import BadModel, BetaGone, Full, OctiError, SessionTaken, Unserved
from octi.web.visits import Visit, visit_of
from octi.websocket.handshake import Upgrade


def visit(target: str = "/v1/realtime", **headers: str) -> Visit:
    lines = Headers([(name.replace("_", "-"), value) for name, value in headers.items()])
    return visit_of(Upgrade("GET", target, lines))


def test_an_upgrade_is_read() -> None:
    seen = visit("/v1/realtime?model=m&session=s", Authorization="Bearer ek_1")
    assert (seen.secret, seen.session, seen.model, seen.transcribes, seen.call_id) == ("ek_1", "s", "m", False, None)
    assert visit("/v1/realtime?intent=transcription").transcribes
    assert visit("/v1/realtime?call_id=rtc_1").call_id == "rtc_1"
    assert "ek_1" not in repr(seen)


@pytest.mark.parametrize(
    ("headers", "beta"),
    [
        ({}, False),
        ({"OpenAI_Beta": "realtime=v1"}, True),
        ({"OpenAI_Beta": "assistants=v2"}, False),
        ({"Sec_WebSocket_Protocol": "realtime, openai-insecure-api-key.k, openai-beta.realtime-v1"}, True),
    ],
)
def test_who_wants_the_shapes_of_old_is_turned_away(headers: dict[str, str], beta: bool) -> None:
    """At the door of the Realtime API: the other one has none."""
    assert isinstance(visit(**headers).problem(realtime=True), BetaGone) is beta
    assert visit(**headers).problem(realtime=False) is None


def test_a_transcription_names_no_model() -> None:
    problem = visit("/v1/realtime?intent=transcription&model=m").problem(realtime=True)
    assert isinstance(problem, BadModel)
    assert str(problem) == "You must not provide a model parameter for transcription sessions."
    assert visit("/v1/realtime?intent=transcription").problem(realtime=True) is None


@pytest.mark.parametrize("query", ["intent=transcription", "call_id=rtc_1"])
def test_what_only_the_realtime_door_has_is_not_served_elsewhere(query: str) -> None:
    assert isinstance(visit(f"/ws/realtime?{query}").problem(realtime=False), Unserved)


BROWSERS = [{"Origin": "https://example.com"}, {"Sec_WebSocket_Protocol": "realtime"}]


@pytest.mark.parametrize("error", [SessionTaken("s"), Full(3)])
def test_a_refusal_is_a_status_where_the_client_can_read_one(error: OctiError) -> None:
    assert not visit().in_band(error)
    assert all(visit(**headers).in_band(error) for headers in BROWSERS)


@pytest.mark.parametrize("error", [BadModel("no"), BetaGone(), Unserved("no")])
def test_what_the_provider_tells_in_band_everybody_is_told_in_band(error: OctiError) -> None:
    assert visit().in_band(error)
