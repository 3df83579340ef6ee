"""Browsers of other origins."""

import pytest

from octi.web.cors import ALLOWED, is_library_header, preflight_headers
from tests.web.standins import StandIn

OPEN = [
    ("/api/session", "GET"),
    ("/api/client-secret", "POST"),
    ("/v1/realtime/client_secrets", "POST"),
    ("/v1/realtime/calls", "POST"),
    ("/v1/realtime/calls/rtc_1/hangup", "POST"),
]


@pytest.mark.parametrize(("path", "method"), OPEN)
async def test_a_browser_may_ask_first(path: str, method: str) -> None:
    """204, with all that the official libraries send; nothing is minted."""
    node = StandIn()
    wanted = "authorization, content-type, x-stainless-lang, x-evil"
    headers = {"Origin": "https://a.example", "Access-Control-Request-Method": method}
    answer = await node.client.options(path, headers=headers | {"Access-Control-Request-Headers": wanted})
    assert (answer.status_code, await answer.get_data()) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert method in answer.headers["Access-Control-Allow-Methods"]
    allowed = answer.headers["Access-Control-Allow-Headers"].split(", ")
    assert {*ALLOWED, "x-stainless-lang"} == set(allowed)
    assert node.directory.asked == []


async def test_a_browser_may_read_where_its_call_is() -> None:
    """And the provider's request id, and how long to wait."""
    answer = await StandIn().client.post("/v1/realtime/client_secrets", data=b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert {"Location", "x-request-id"} <= set(answer.headers["Access-Control-Expose-Headers"].split(", "))


@pytest.mark.parametrize("path", ["/sessions", "/token", "/session", "/extract-profile"])
async def test_the_other_routes_are_no_affair_of_other_origins(path: str) -> None:
    """Nobody's transcripts are read by a page that they happen to visit."""
    answer = await StandIn().client.options(path, headers={"Origin": "https://a.example"})
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("name", ["x-stainless-os", "X-Stainless-Retry-Count"])
def test_a_library_may_say_what_it_is(name: str) -> None:
    """By headers that come and go with its versions."""
    assert is_library_header(name)
    assert name in preflight_headers(f"a, {name}")["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("name", ["", "x-stainless-a b", "x-stainless-\u00e9", "cookie", "x-stainless-" + "a" * 64])
def test_nothing_else_is_repeated(name: str) -> None:
    """Least of all what would break the header."""
    assert not is_library_header(name)
