"""Browsers of other origins.

Where octi is on this machine alone and asks nobody who he is, pages of this machine may: of a developer's own server on
another port. Pages of any origin could until octi had a guard; any site that its owner visited had sessions made, then.
"""

import pytest

from octi.guard.gate import Gate
from octi.guard.origins import Origins
from octi.web.cors import ALLOWED, is_library_header, preflight_headers
from tests.web.standins import StandIn

PAGE = "http://localhost:5173"
LISTED = Gate(guarded=True, origins=Origins(listed=frozenset({"https://app.example"})))
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
    headers = {"Origin": PAGE, "Access-Control-Request-Method": method}
    answer = await node.client.options(path, headers=headers | {"Access-Control-Request-Headers": wanted})
    assert (answer.status_code, await answer.get_data()) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert "Origin" in answer.headers["Vary"]
    assert method in answer.headers["Access-Control-Allow-Methods"]
    allowed = answer.headers["Access-Control-Allow-Headers"].split(", ")
    assert {*ALLOWED, "x-stainless-lang"} == set(allowed)
    assert node.directory.asked == []


async def test_a_browser_may_read_where_its_call_is() -> None:
    """And the provider's request id, and how long to wait."""
    answer = await StandIn().client.post("/v1/realtime/client_secrets", data=b"", headers={"Origin": PAGE})
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert {"Location", "x-request-id"} <= set(answer.headers["Access-Control-Expose-Headers"].split(", "))


@pytest.mark.parametrize("origin", ["https://a.example", "null", "https://localhost.a.example"])
@pytest.mark.parametrize(("path", "method"), OPEN)
async def test_a_page_from_elsewhere_may_not(path: str, method: str, origin: str) -> None:
    """Neither ask first, nor send what a browser sends without asking: nothing is minted."""
    node = StandIn()
    asking = {"Origin": origin, "Access-Control-Request-Method": method}
    for answer in (
        await node.client.options(path, headers=asking),
        await getattr(node.client, method.lower())(path, headers={"Origin": origin, "Content-Type": "text/plain"}),
    ):
        assert answer.status_code == 403
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert node.directory.asked == []


async def test_where_keys_are_asked_for_the_pages_that_are_listed_may() -> None:
    """With a key; and no others, those of the same machine neither."""
    node = StandIn(gate=LISTED)
    for origin, status in (("https://app.example", 204), (PAGE, 403), ("https://a.example", 403)):
        asking = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        answer = await node.client.options("/v1/realtime/client_secrets", headers=asking)
        assert answer.status_code == status
    answer = await node.client.post("/v1/realtime/client_secrets", headers={"Origin": "https://app.example"})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (401, "https://app.example")


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
