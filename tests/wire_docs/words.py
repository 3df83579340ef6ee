"""What docs/wire.md says besides what the classes say."""

from octi.engine.formats import SHOWN
from octi.engine.g711 import LAWS
from octi.realtime.audio import BYTES_PER_MS
from octi.realtime.wire import answers, server
from octi.web.sockets import DOORS
from tests.wire_docs.showing import Message

COMMAND = "python -m tests.wire_docs.writing"
# What the engine never sends: its tests see to it that it sends all the others.
TOLD_APART: frozenset[Message] = frozenset(
    (
        server.ConversationCreated,
        server.UserWordsSegment,
        answers.McpListToolsInProgress,
        answers.McpListToolsCompleted,
        answers.McpListToolsFailed,
        answers.McpCallArgumentsDelta,
        answers.McpCallArgumentsDone,
        answers.McpCallInProgress,
        answers.McpCallCompleted,
        answers.McpCallFailed,
    )
)
_OCTI, *_REALTIME = sorted(DOORS, key=lambda path: DOORS[path].name)
HEAD = f"""# The wire

Every message of both protocols that octi speaks over WebSocket. This page and `docs/asyncapi.yaml` (AsyncAPI 3.0, for
programs) are written from the classes of `octi/realtime/wire/` (`{COMMAND}`);
the tests hold the engine, the relay and the examples to the same classes. What octi does over HTTP is in
[http.md](http.md), and for programs at `/openapi.json`.

| socket | protocol |
|---|---|
| `{_OCTI}` | [the OCTI protocol](#the-octi-protocol) |
| {", ".join(f"`{path}`" for path in _REALTIME)} | [the Realtime API](#the-realtime-api) |

With which key, and what the address may say: [How a socket is opened](#how-a-socket-is-opened).

JSON stands in text messages. *may be absent*: the field may be left out; where `null` is allowed, that is said. A new
version may add fields and messages: ignore what you do not know.

## The OCTI protocol

[octi-protocol.md](octi-protocol.md) tells how to use it; here is what it is made of.
"""
REALTIME = """
## The Realtime API

A provider's events pass through octi as they came, unknown ones and unknown fields included; octi's own engine sends
what is described here. Each event is one JSON object in one text message; binary messages are refused.

All client events may carry `event_id`: the client's own, up to 512 characters. An `error` about the event says it
again, as `error.event_id`. Beta names (`response.text.delta` …) are not spoken here.

## Realtime: the client says
"""
SERVER = """
## Realtime: the server says

All server events carry `event_id`: the server's own. In transcription sessions there are no `response.…` events, no
`rate_limits.updated`, and of the others only those of the session, of the buffer, of items and of the user's words.
"""
OBJECTS = """
## Realtime: the objects inside
"""
_NAMES = {"audio/pcm": "PCM16, little-endian", "audio/pcmu": "G.711 mu-law", "audio/pcma": "G.711 A-law"}
_ROWS = "".join(
    f"| `{kind}` | {_NAMES[kind]} | {8_000 if kind in LAWS else SHOWN[kind]['rate']} Hz | {BYTES_PER_MS[kind]} |\n"
    for kind in SHOWN
)
AUDIO = f"""
## How audio is written

Mono, always. The OCTI protocol: binary messages of `audio/pcm`. The Realtime API: base64 in events, each direction in
the format that the session says; a sample may be cut in two between events.

| format | | rate | bytes a millisecond |
|---|---|---|---|
{_ROWS}"""
ERRORS = """
## Errors in Realtime events

An `error` event changes nothing: the event that it is about did not happen. A response that fails is no `error`: it
ends with `response.done`, its `status` `failed`, and where it was the engine that failed
`status_details.error.code` is `engine_failed`. Words that could not be written down are
`conversation.item.input_audio_transcription.failed`, the engine's with `transcription_failed`. A provider's codes pass
as they came. The engine's:

| `error.code` | |
|---|---|
"""
ENDS = """
## Errors of octi's own

By these octi says why a session does not begin, ends, or why a request over HTTP is refused. An error of the client's
in a message of the OCTI protocol is told as `error`, and nothing else happens.

| code | HTTP | close | whose fault | again? | |
|---|---|---|---|---|---|
"""
CLOSES = """
## Close codes

1005 and 1006 are never sent, and 1000 never for a failure. A provider's close is told by the code of the error that it
means for the session; an `error` with the reason comes first, unless the client left by itself.

| code | |
|---|---|
"""
