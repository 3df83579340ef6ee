"""The console's routes, declared for `/openapi.json`. Pure."""

from typing import Annotated

from msgspec import Meta

from octi.web import openapi_shapes as shapes
from octi.web.openapi_terms import TEXT, Answer, Query, Route, number, one_of

CONSOLE_TAG = "Console"


class OwnedSession(shapes.Session, kw_only=True):
    """A session, and whose it is."""

    user: str
    tenant: str
    key: str


class FoundSessions(shapes.Camel, kw_only=True):
    """Sessions that an operator looked for, newest first."""

    sessions: list[OwnedSession]
    next: Annotated[str | None, Meta(description="For `after`: there may be more, also where none was found.")]


CONSOLE = (
    Route(
        method="GET",
        path="/console",
        name="console",
        says="The operators' page",
        tag=CONSOLE_TAG,
        answers={200: Answer("It.", other={"text/html": TEXT})},
    ),
    Route(
        method="GET",
        path="/console/events",
        name="console_events",
        says="The live sessions of this node as they change: server-sent events. docs/console.md tells them apart",
        tag=CONSOLE_TAG,
        answers={
            200: Answer("All of them, then what changes.", other={"text/event-stream": TEXT}),
            429: Answer("Too many look already.", shapes.Failure),
        },
    ),
    Route(
        method="GET",
        path="/console/sessions",
        name="console_sessions",
        says="Sessions that an operator looks for, newest first",
        tag=CONSOLE_TAG,
        query=(
            Query("search", "Words that were said in them, or in their names; at most 200 characters."),
            Query("state", "Only these.", one_of("created", "live", "ended")),
            Query("limit", "How many.", number(1, 200, 50)),
            Query("after", "The `next` of the page before."),
        ),
        answers={
            200: Answer("A page of them.", FoundSessions),
            400: Answer("What was asked cannot be understood.", shapes.Failure),
        },
    ),
)
