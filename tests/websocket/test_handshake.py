"""The opening of a WebSocket, as values: what is accepted, what is refused and how, and what is echoed."""

import h11
import pytest
from websockets.client import ClientProtocol
from websockets.datastructures import Headers
from websockets.exceptions import NegotiationError
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from octi.websocket.handshake import Accepted, Refused, Upgrade, answer, ask, refusal_in, refuse

GOOD = {
    "Host": "octi",
    "Upgrade": "websocket",
    "Connection": "keep-alive, Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


def upgrade(method: str = "GET", target: str = "/ws/realtime", **headers: str | None) -> Upgrade:
    """A good request, but for what is said: a header's name with underscores; None takes it away."""
    said = GOOD | {name.replace("_", "-"): value for name, value in headers.items()}
    return Upgrade(method, target, Headers({name: value for name, value in said.items() if value is not None}))


def outcome(request: Upgrade) -> Accepted | Refused:
    return answer(request, max_message_bytes=1000)


def read(response: bytes) -> tuple[int, dict[str, str], str]:
    """A response, by a reader that is not octi's: status, headers (names in lower case), body."""
    reader = h11.Connection(h11.CLIENT)
    reader.send(h11.Request(method="GET", target="/", headers=list(GOOD.items())))
    reader.receive_data(response)
    head = reader.next_event()
    assert isinstance(head, h11.Response | h11.InformationalResponse)
    body = reader.next_event() if isinstance(head, h11.Response) else None
    headers = {name.decode(): value.decode() for name, value in head.headers}
    return head.status_code, headers, bytes(body.data).decode() if isinstance(body, h11.Data) else ""


def test_a_good_request_is_accepted() -> None:
    """With the key of RFC 6455 1.3 and the answer to it that stands there."""
    accepted = outcome(upgrade())
    assert isinstance(accepted, Accepted)
    status, headers, _ = read(accepted.response)
    assert (status, headers["sec-websocket-accept"]) == (101, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    assert accepted.codec.open


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (upgrade(Sec_WebSocket_Key=None), 400),
        (upgrade(Sec_WebSocket_Key="too short"), 400),
        (upgrade(Sec_WebSocket_Version=None), 400),
        (upgrade(Sec_WebSocket_Version="8"), 400),
        (upgrade(Connection="close"), 426),
        (upgrade(Upgrade="h2c, websocket"), 426),
        (upgrade(method="POST"), 405),
        (upgrade(Content_Length="5"), 400),
        (upgrade(Transfer_Encoding="chunked"), 400),
    ],
    ids=["no key", "bad key", "no version", "old version", "connection", "a choice", "POST", "a body", "chunks"],
)
def test_a_bad_request_is_refused(request_: Upgrade, status: int) -> None:
    """With a status, a sentence, and an end of the connection."""
    refused = outcome(request_)
    assert isinstance(refused, Refused)
    assert refused.status == status
    said, headers, body = read(refused.response)
    assert (said, headers["connection"]) == (status, "close")
    assert body.endswith(".\n")


def test_another_version_is_told_which_is_spoken() -> None:
    """RFC 6455 4.4: Sec-WebSocket-Version: 13."""
    refused = outcome(upgrade(Sec_WebSocket_Version="8"))
    assert read(refused.response)[1]["sec-websocket-version"] == "13"


def test_a_request_with_an_empty_body_is_fine() -> None:
    """Some proxies say how long nothing is."""
    assert isinstance(outcome(upgrade(Content_Length="0")), Accepted)


def test_a_refusal_of_our_own_says_when_to_come_back() -> None:
    status, headers, body = read(refuse(503, "octi is stopping.", [("Retry-After", "5")]).response)
    assert (status, headers["retry-after"], body) == (503, "5", "octi is stopping.\n")


# What is echoed


@pytest.mark.parametrize(
    ("offered", "echoed"),
    [
        ("realtime, openai-insecure-api-key.sk-secret, openai-organization.org", "realtime"),
        ("openai-insecure-api-key.sk-secret, realtime", "realtime"),
        ("realtime", "realtime"),
        ("openai-insecure-api-key.sk-secret", None),
        ("octi.v1", None),
        (None, None),
    ],
)
def test_realtime_is_echoed_and_nothing_else(offered: str | None, echoed: str | None) -> None:
    """The other sub-protocols carry keys: echoing one would publish it."""
    accepted = outcome(upgrade(Sec_WebSocket_Protocol=offered))
    assert isinstance(accepted, Accepted)
    assert read(accepted.response)[1].get("sec-websocket-protocol") == echoed
    assert b"sk-secret" not in accepted.response


def test_compression_is_never_granted() -> None:
    """Deflating audio costs more than it saves."""
    accepted = outcome(upgrade(Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits"))
    assert isinstance(accepted, Accepted)
    assert "sec-websocket-extensions" not in read(accepted.response)[1]
    accepted.codec.receive(b"\xc1\x80\0\0\0\0")  # a deflated message
    assert accepted.codec.failed


# What was asked for


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/ws/realtime", "/ws/realtime", {}),
        ("/v1/realtime?model=gpt-realtime", "/v1/realtime", {"model": "gpt-realtime"}),
        ("/v1/realtime?model=a%20b&model=c&x", "/v1/realtime", {"model": "c"}),
        ("http://octi.example/v1/realtime?model=m", "/v1/realtime", {"model": "m"}),
        ("/v1/realtime?next=http://x/y", "/v1/realtime", {"next": "http://x/y"}),
        ("//[", "//[", {}),
        ("//evil/ws/realtime", "//evil/ws/realtime", {}),
        ("*", "*", {}),
    ],
)
def test_any_target_can_be_read(target: str, path: str, query: dict[str, str]) -> None:
    """Clients may send anything there; some of it Python's own URL parser refuses."""
    request = upgrade(target=target)
    assert (request.path, request.query) == (path, query)


def test_what_may_be_secret_is_not_shown() -> None:
    """Headers and the first frames do not print."""
    request = upgrade(Authorization="Bearer sk-secret")
    assert "sk-secret" not in repr(request)


# The other side


def test_octi_asks_with_its_headers() -> None:
    codec, request = ask("wss://provider/v1/realtime?model=m", [("Authorization", "Bearer k")], max_message_bytes=10)
    assert request.startswith(b"GET /v1/realtime?model=m HTTP/1.1\r\n")
    assert b"Authorization: Bearer k\r\n" in request
    assert b"Sec-WebSocket-Extensions" not in request
    assert codec.max_message_size == 10


def test_an_address_that_is_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="https"):
        ask("https://provider/", [], max_message_bytes=10)


def test_both_sides_agree() -> None:
    """What octi answers is what octi's question expects; `realtime` is chosen."""
    codec = ClientProtocol(parse_uri("ws://octi/ws/realtime"), subprotocols=[Subprotocol("realtime")])
    request = codec.connect()
    codec.send_request(request)
    accepted = outcome(Upgrade("GET", request.path, request.headers))
    codec.receive_data(accepted.response)
    assert (codec.state, codec.subprotocol, refusal_in(codec)) == (State.OPEN, "realtime", None)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (refuse(401, "Incorrect API key provided.").response, ("Incorrect API key provided.", 401)),
        (refuse(429, "").response, ("Too Many Requests", 429)),
        (b"220 mail.example ESMTP\r\n\r\n", None),
        (b"", None),
    ],
    ids=["refused", "refused without a word", "not HTTP", "nothing"],
)
def test_a_refusal_is_told(said: bytes, why: tuple[str, int] | None) -> None:
    """The provider's own words and status, where there are any; else what went wrong, and no status."""
    codec, _ = ask("ws://provider/", [], max_message_bytes=10)
    codec.receive_data(said)
    codec.receive_eof()
    told = refusal_in(codec)
    assert told is not None
    assert told == why if why else told[0] and told[1] is None


def test_an_answer_with_a_wrong_key_is_no_answer() -> None:
    """Some cache said it, not the provider."""
    codec, _ = ask("ws://provider/", [], max_message_bytes=10)
    codec.receive_data(outcome(upgrade()).response)
    assert refusal_in(codec) is not None


def test_a_sub_protocol_nobody_offered_is_refused_by_clients() -> None:
    """Why octi echoes none where none was offered."""
    with pytest.raises(NegotiationError):
        ClientProtocol(parse_uri("ws://octi/")).process_subprotocol(Headers({"Sec-WebSocket-Protocol": "realtime"}))
