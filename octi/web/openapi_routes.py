"""Every route of octi's, declared for `/openapi.json`: what it takes, and what it answers. Pure.

The tests hold the application's own routes to this table, in both directions.
"""

from collections.abc import Mapping
from typing import Any

from octi.web import openapi_ledger as ledger
from octi.web import openapi_shapes as shapes
from octi.web.openapi_console import CONSOLE
from octi.web.openapi_terms import JSON, TEXT, Answer, Body, Json, Query, Route, number, one_of
from octi.web.origins_a import Wanted
from octi.web.realtime_api import PLAIN, SecretWish
from octi.web.sessions import NewSession
from octi.web.steering import Note

UP, SESSIONS, REALTIME, ORIGINS = "Health", "Sessions", "The Realtime API's own", "The origins'"
SESSION = "/sessions/<session_id>"
AFTER = Query("after", "The `cursor` of an earlier answer: only what was stored since.")
RETRY = {"Retry-After": "Seconds until it may be asked again."}
DRAINING = Answer("octi drains, or the store or the engine failed.", shapes.Failure, headers=RETRY)
GONE = Answer("There is no such session.", shapes.Failure)
BAD = Answer("What was asked cannot be understood.", shapes.Failure)
NEW: Mapping[int, Answer] = {400: BAD, 503: DRAINING}
OF_PROVIDER: Mapping[int, Answer] = {
    400: Answer("What was asked cannot be understood.", shapes.ProviderFailure),
    501: Answer("There is no provider that takes calls.", shapes.ProviderFailure),
    502: Answer("The provider refused octi's key, or is not there.", shapes.ProviderFailure),
    503: Answer("octi drains.", shapes.ProviderFailure, headers=RETRY),
}
VISIBLE: Json = {"type": "string", "pattern": f"^({PLAIN.pattern})?$"}
WAV = "audio/wav"
TAG = {"ETag": "The file, as it is now."}
SOUND: Json = {"type": "string", "format": "binary"}
SDP: Json = {"type": "string", "description": "A session description, which begins with `v=`."}
OFFER = Body(
    other={
        "application/sdp": SDP,
        "multipart/form-data": {
            "type": "object",
            "required": ["sdp"],
            "properties": {"sdp": SDP, "session": {"type": "string", "description": "A session object, as JSON."}},
        },
    },
    required=True,
)


def _of_session(method: str, below: str, name: str, says: str, answers: Mapping[int, Answer], **more: Any) -> Route:
    return Route(
        method=method,
        path=SESSION + below,
        name=name,
        says=says,
        answers={**answers, 404: GONE},
        tag=SESSIONS,
        **more,
    )


def _realtime(below: str, name: str, says: str, answers: Mapping[int, Answer], **more: Any) -> Route:
    return Route(
        method="POST",
        path=f"/v1/realtime/{below}",
        name=name,
        says=says,
        answers={**answers, **OF_PROVIDER},
        tag=REALTIME,
        failure=shapes.ProviderFailure,
        **more,
    )


def _origin(method: str, path: str, name: str, says: str, shape: Any, body: Any = None) -> Route:
    return Route(
        method=method,
        path=path,
        name=name,
        says=says,
        answers={200: Answer("Done.", shape), 503: DRAINING, **({400: BAD} if body else {})},
        tag=ORIGINS,
        body=Body(body) if body else None,
    )


HERE = (
    Route(
        method="GET",
        path="/",
        name="front",
        says="What is here; for whoever prefers HTML, the page where one talks with the agent",
        tag=UP,
        answers={200: Answer("It.", shapes.Front, other={"text/html": TEXT})},
    ),
    Route(
        method="GET",
        path="/static/<path:name>",
        name="static",
        says="A file of the pages, octi.js among them",
        tag=UP,
        answers={
            200: Answer("It.", other={"text/javascript": TEXT, "text/css": TEXT, "image/svg+xml": TEXT}, headers=TAG),
            304: Answer("It is as it was (`If-None-Match`)."),
            404: Answer("There is none of this name.", shapes.Failure),
        },
    ),
    Route(
        method="GET",
        path="/openapi.json",
        name="openapi",
        says="This document",
        tag=UP,
        answers={200: Answer("It.", other={JSON: {"type": "object"}})},
    ),
    Route(
        method="GET",
        path="/health",
        name="health",
        says="Is octi alive? As the second origin's clients know it",
        tag=UP,
        answers={200: Answer("It is.", shapes.Health), 503: Answer("A part has died.", shapes.Health)},
    ),
    Route(
        method="GET",
        path="/livez",
        name="alive",
        says="Is octi alive?",
        tag=UP,
        answers={200: Answer("It is.", shapes.Life), 503: Answer("A part has died.", shapes.Life)},
    ),
    Route(
        method="GET",
        path="/readyz",
        name="ready",
        says="Should new sessions come here?",
        tag=UP,
        answers={200: Answer("They should.", shapes.Life), 503: Answer("They should not.", shapes.Life)},
    ),
    Route(
        method="GET",
        path="/metrics",
        name="metrics",
        says="What octi counts and holds, for Prometheus. For operators: keep it inside",
        tag=UP,
        answers={200: Answer("It.", other={"text/plain": TEXT, "application/openmetrics-text": TEXT})},
    ),
    Route(
        method="GET",
        path="/debug/census",
        name="census",
        says="What this process holds just now; only from this machine",
        tag=UP,
        answers={
            200: Answer("It.", shapes.Census),
            403: Answer("Whoever asks is elsewhere, or behind a proxy.", shapes.Failure),
        },
    ),
    *CONSOLE,
)
OWN = (
    Route(
        method="GET",
        path="/sessions",
        name="sessions",
        says="Sessions, newest first",
        tag=SESSIONS,
        query=(
            Query("limit", "How many.", number(1, 200, 50)),
            Query("state", "Only these.", one_of("created", "live", "ended")),
            Query("after", "The `next` of the page before."),
        ),
        answers={200: Answer("A page of them.", shapes.SessionPage), 400: BAD},
    ),
    Route(
        method="POST",
        path="/sessions",
        name="new_session",
        says="A new session, and a secret that opens it",
        tag=SESSIONS,
        body=Body(NewSession),
        answers={201: Answer("It.", shapes.OpenedSession, headers={"Location": "Where the session is."}), **NEW},
    ),
    _of_session("GET", "", "session", "One session", {200: Answer("It.", shapes.ShownSession)}),
    _of_session(
        "DELETE",
        "",
        "end_session",
        "End a session",
        {200: Answer("It has ended.", shapes.Session), 202: Answer("It is ending.", shapes.Session)},
    ),
    _of_session(
        "DELETE",
        "/secrets",
        "revoke_all",
        "Have a session's client secrets open nothing any more; a provider's own stay good with the provider",
        {200: Answer("They do not.", shapes.Revoked)},
    ),
    Route(
        method="DELETE",
        path="/secrets/<digest>",
        name="revoke",
        says="Have one client secret, by its SHA-256 in hex, open nothing any more",
        tag=SESSIONS,
        answers={200: Answer("It does not.", shapes.Revoked), 404: Answer("There is no such secret.", shapes.Failure)},
    ),
    _of_session(
        "GET",
        "/transcript",
        "transcript",
        "What was said. `Accept` chooses the format as well",
        {
            200: Answer(
                "It.",
                shapes.Transcript,
                other={"text/plain": TEXT, "application/x-subrip": TEXT, "application/jsonl": TEXT},
            ),
            400: BAD,
        },
        query=(Query("format", "How it is written.", one_of("json", "text", "srt", "jsonl")), AFTER),
    ),
    _of_session(
        "GET",
        "/audio",
        "audio",
        "What was heard, where it is recorded: stereo, the user left, the agent right; of a live session what there is",
        {
            200: Answer("All of it.", other={WAV: SOUND}, headers={"ETag": "It, as it is now."}),
            206: Answer("The part that was asked for.", other={WAV: SOUND}, headers={"Content-Range": "Which."}),
            416: Answer("There is no such part.", shapes.Failure),
        },
        query=(Query("Range", "`bytes=FIRST-LAST`: only a part of it.", place="header"),),
    ),
    _of_session(
        "GET",
        "/events",
        "events",
        "What is said, as it happens: server-sent events, until the session is over",
        {
            200: Answer("The stream.", other={"text/event-stream": TEXT}),
            204: Answer("The session is over, and all of it was told."),
            400: BAD,
        },
        query=(AFTER, Query("Last-Event-ID", "Where the client left off.", place="header")),
    ),
    _of_session("GET", "/calls", "calls", "The functions that the agent called", {200: Answer("They.", ledger.Calls)}),
    _of_session("GET", "/usage", "usage", "What the provider counted", {200: Answer("It.", ledger.Usages)}),
    _of_session(
        "GET",
        "/history",
        "history",
        "How its profile and its instructions came to be what they are",
        {200: Answer("All changes, oldest first.", shapes.History)},
    ),
    _of_session(
        "POST",
        "/instructions",
        "instructions",
        "A note to the agent, in the middle of a conversation",
        {200: Answer("What it is told now.", shapes.Steered), 400: BAD},
        body=Body(Note, required=True),
    ),
    _of_session(
        "POST",
        "/extract",
        "extract",
        "Read the profile out of what was said so far",
        {200: Answer("It.", shapes.Extracted), 400: Answer("Nobody has said anything.", shapes.Failure)},
    ),
    _of_session(
        "POST",
        "/heartbeat",
        "heartbeat",
        "The client of a call is still there",
        {204: Answer("Good."), 410: Answer("The session is over.", shapes.Failure)},
    ),
)
THE_PROVIDERS = (
    _realtime(
        "client_secrets",
        "client_secrets",
        "A client secret for a new session",
        {200: Answer("It.", shapes.Minted)},
        body=Body(SecretWish),
        query=(Query("OpenAI-Safety-Identifier", "Who it is for; passed on.", VISIBLE, "header"),),
    ),
    _realtime(
        "calls",
        "new_call",
        "A WebRTC call with the provider, to which octi listens",
        {
            201: Answer(
                "The provider's answer.", other={"application/sdp": SDP}, headers={"Location": "Where the call is."}
            )
        },
        body=OFFER,
        query=(Query("session", "Which session."), Query("model", "Another model than the configured one.")),
    ),
    _realtime(
        "calls/<call_id>/hangup",
        "hangup",
        "End a call",
        {200: Answer("It is over."), 404: Answer("There is no such call.", shapes.ProviderFailure)},
    ),
    *(
        _realtime(
            f"calls/<call_id>/{action}",
            action,
            says,
            {200: Answer("Done."), 404: Answer("There is no such call.", shapes.ProviderFailure)},
            body=Body(dict[str, Any]),
        )
        for action, says in (
            ("accept", "Take a call that came by telephone"),
            ("reject", "Turn down a call that came by telephone"),
            ("refer", "Pass a call that came by telephone on"),
        )
    ),
)
THE_ORIGINS = (
    _origin("POST", "/token", "token", "A client secret of the provider's", shapes.Token, Wanted),
    _origin("POST", "/session", "new_call_session", "A session for a call", shapes.NewCallSession, Wanted),
    _origin("POST", "/session/call", "attach", "Listen to a session's call", shapes.Attached, shapes.OfCall),
    _origin("POST", "/session/renew", "renew", "Go on with a session", shapes.Renewed, shapes.OfSession),
    _origin("POST", "/session/close", "close", "End a session", shapes.Closed, shapes.OfSession),
    _origin("POST", "/extract-profile", "read", "Read the profile", shapes.Read, shapes.OfSession),
    _origin("GET", "/api/session", "ephemeral", "A session of the provider's, with a secret", dict[str, Any]),
    _origin("POST", "/api/client-secret", "secret", "A client secret of the provider's", shapes.SecretAlone),
)
ROUTES: tuple[Route, ...] = (*HERE, *OWN, *THE_PROVIDERS, *THE_ORIGINS)
