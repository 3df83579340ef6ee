"""HTTP answers in the provider's shapes. Pure."""

from typing import Any

import attrs
import msgspec

from octi.errors import BadMessage

JSON, SDP, TEXT = "application/json", "application/sdp", "text/plain; charset=utf-8"

# Syntactically what a browser expects, with nobody behind its address (RFC 5737): media never flows.
ANSWER_SDP = "\r\n".join([
    "v=0",
    "o=- 1 1 IN IP4 192.0.2.1",
    "s=-",
    "t=0 0",
    "a=group:BUNDLE 0",
    "a=msid-semantic: WMS simulated",
    "a=ice-lite",
    "m=audio 9 UDP/TLS/RTP/SAVPF 111",
    "c=IN IP4 192.0.2.1",
    "a=mid:0",
    "a=sendrecv",
    "a=rtcp-mux",
    "a=ice-ufrag:simulated",
    "a=ice-pwd:simulatedsimulatedsimulated",
    "a=fingerprint:sha-256 " + ":".join(["00"] * 32),
    "a=setup:passive",
    "a=rtpmap:111 opus/48000/2",
    "a=candidate:1 1 udp 2130706431 192.0.2.1 9 typ host",
    "",
])  # fmt: skip


@attrs.frozen
class Reply:
    """An HTTP answer."""

    status: int
    body: bytes = attrs.field(default=b"", repr=False)  # may hold a client secret
    headers: dict[str, str] = attrs.field(factory=dict)


def says(value: object, status: int = 200) -> Reply:
    """JSON."""
    return Reply(status, msgspec.json.encode(value), {"Content-Type": JSON})


def refuses(
    status: int,
    message: str,
    *,
    code: str | None = None,
    param: str | None = None,
    kind: str = "invalid_request_error",
) -> Reply:
    """An error in the provider's shape: always all four keys (protocol 3)."""
    return says({"error": {"message": message, "type": kind, "param": param, "code": code}}, status)


def refuses_message(error: BadMessage) -> Reply:
    """What is wrong with a request's body."""
    return refuses(400, error.problem, code=error.code, param=error.param)


UNAUTHORISED = refuses(401, "Incorrect API key provided.", code="invalid_api_key")
NO_CALL = refuses(404, "No session found for the call id.", code="call_id_not_found")


def scripted(status: int, headers: dict[str, str], body: Any) -> Reply:
    """A fault's answer. A text is sent as it is; without a body the provider's shape is."""
    if body is msgspec.UNSET:
        kind = "server_error" if status >= 500 else "invalid_request_error"
        reply = refuses(status, "The simulator's script says so.", kind=kind)
    elif isinstance(body, str):
        reply = Reply(status, body.encode(), {"Content-Type": TEXT})
    else:
        reply = says(body, status)
    given = {name.lower() for name in headers}
    kept = {name: value for name, value in reply.headers.items() if name.lower() not in given}
    return attrs.evolve(reply, headers={**kept, **headers})
