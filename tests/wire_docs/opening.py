"""How a socket is opened, for docs/wire.md and docs/asyncapi.yaml: from what `octi.web.visits` and the table have."""

from collections.abc import Iterator, Mapping
from textwrap import fill

from octi.error_replies import REPLIES
from octi.errors import (
    BadMessage,
    BadSecret,
    Forbidden,
    Full,
    RateLimited,
    SessionClosed,
    SessionTaken,
    Stopping,
    UnknownSession,
)
from octi.session.ending import goodbye_of
from octi.web.callers import QUERY_KEYS
from octi.web.sockets import DOORS
from octi.web.visits import BETA_PROTOCOL, IN_BAND, KEY_PROTOCOL
from octi.websocket.handshake import REALTIME
from tests.wire_docs.showing import meaning_of_error

QUERIES: Mapping[str, Mapping[str, str]] = {
    "octi": {
        "model": "Another model than the configured one.",
        "session": "A session that was made over HTTP.",
        "turn_detection": "`none`: the client says when a turn ends.",
    },
    "realtime": {
        "model": "Who answers.",
        "session": "A session that was made over HTTP.",
        "intent": "`transcription`: what is said is written down, and nobody answers. There is no model then.",
        "call_id": "A call of the provider's, to listen to. It has its own model.",
        "turn_detection": "`none`: the client says when a turn ends.",
    },
}
# What else an upgrade may be refused for; there are more in the table of octi's own errors.
BY_STATUS = (BadSecret, Forbidden, UnknownSession, SessionTaken, SessionClosed, RateLimited, Full, Stopping)

_FORBIDDEN = ", ".join(f"`{name}`" for name in sorted(QUERY_KEYS))
_KEY = f"""**A key**, where one is needed, comes in a header, `Authorization: Bearer KEY`, or as a sub-protocol, for a
page can send no header: `{KEY_PROTOCOL}KEY` beside `{REALTIME}`. Addresses are logged: a key in one ({_FORBIDDEN}) is
refused. No key is logged, stored in clear or repeated, and none goes on to the provider, but for a call a client secret
that the provider itself has made."""
HEAD = f"""
## How a socket is opened

{fill(_KEY, 118, break_long_words=False, break_on_hyphens=False)}

**Sub-protocols.** `{REALTIME}` is picked where it is offered, and no other ever: the others carry keys. Where none is
offered, or only others are, none is picked. **Extensions** are not granted: messages are not compressed.

**Beta.** Who asks for the beta's shapes at the Realtime API (`OpenAI-Beta` with `realtime`, or the sub-protocol
`{BETA_PROTOCOL}`) is turned away as the provider does it.

**The address** may say:

| socket | in the query | |
|---|---|---|
"""
CALLS = """
At the Realtime API one of `model`, `call_id` and `intent=transcription` is named, or none: then the configured model
answers. `?call_id=` is a client's own sideband to a call that a browser has with the provider over WebRTC. There is no
greeting: events of the call come as the provider sends them, and what the client says goes to the call. octi keeps what
is said as a session, with the call's id, unless it hears that call already: of one that came about by
`POST /v1/realtime/calls` or `POST /session/call` octi's own session keeps the transcript, answers octi's functions
(this client does not see them) and ends the call; whoever joins as well only hears it and talks in it. A server of the
operator's joins what its tenant's sessions hear, and any other call whose id it knows, with octi's key or with the
secret that made the call; whoever comes with a client secret joins the call that was made with it, or the one of its
session. A client that leaves does not end the
call. When the call ends, the socket is closed with 1000, without an error; a sideband that is lost closes it with
1013, and is not joined again behind the client's back. The embedded engine has no calls.

**Who is turned away**, for what the provider refuses in band as well, is let in (101), told one `error`, and closed.
Everybody is, for clients of the provider expect it so:

| `error.code` | close | its reason | |
|---|---|---|---|
"""
STATUSES = """
For all else the upgrade is refused by a status, with the sentence as its body. But a page is shown no status: whoever
brings `Origin` or `Sec-WebSocket-Protocol` is let in and told the same in band. The commonest:

| `error.code` | HTTP | close | |
|---|---|---|---|
"""


def section() -> Iterator[str]:
    """The part of the page."""
    yield HEAD
    for name, paths in addresses().items():
        for query, meaning in QUERIES[name].items():
            yield f"| {paths} | `{query}` | {meaning} |\n"
    yield CALLS
    for kind in sorted(IN_BAND, key=lambda kind: REPLIES[kind].close, reverse=True):
        reply = REPLIES[kind]
        code = BadMessage("").code if kind is BadMessage else reply.code  # there it has one of its own
        yield f"| `{code}` | {reply.close} | `{goodbye_of(reply)}` | {meaning_of_error(kind)} |\n"
    yield STATUSES
    for error in BY_STATUS:
        reply = REPLIES[error]
        yield f"| `{reply.code}` | {reply.status} | {reply.close} | {meaning_of_error(error)} |\n"


def addresses() -> dict[str, str]:
    """Each protocol's sockets, as the page names them."""
    names = {door.name for door in DOORS.values()}
    return {name: ", ".join(f"`{path}`" for path, door in DOORS.items() if door.name == name) for name in sorted(names)}
