"""The simulator's HTTP side: client secrets, calls and their end, written answers, and what tests read."""

import re
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl

import attrs
import msgspec
import trio
from msgspec import Meta

from octi.engine.complaints import complaint
from octi.errors import BadMessage
from octi.simulator.house import House
from octi.simulator.http import Request
from octi.simulator.journal import Entry
from octi.simulator.keys import credential_in
from octi.simulator.opening import Opening
from octi.simulator.replies import (
    ANSWER_SDP,
    JSON,
    NO_CALL,
    SDP,
    UNAUTHORISED,
    Reply,
    refuses,
    refuses_message,
    says,
    scripted,
)
from octi.simulator.report import as_json
from octi.simulator.responses import respond

MODEL = "gpt-realtime"  # of a session that names none
OURS = "/_simulator/"  # what no provider has, and no fault meets
NO_SCENARIO = refuses(404, "The script has no scenario, so there is nothing to report.")
HANG_UP = re.compile(r"/v1/realtime/calls/([^/]+)/hangup")


class _Expiry(msgspec.Struct):
    anchor: Literal["created_at"] = "created_at"
    seconds: Annotated[int, Meta(ge=10, le=7200)] = 600


class _Mint(msgspec.Struct):
    session: dict[str, Any] | None = None
    expires_after: _Expiry | None = None


@attrs.frozen
class Routes:
    """Answers HTTP requests."""

    house: House

    async def __call__(self, request: Request) -> Reply | None:
        """The answer, or None where the script has the connection dropped."""
        if request.method == "OPTIONS":
            return Reply(204)
        if request.path.startswith(OURS):
            return self._about_itself(request)
        entry = self._noted(request)
        reply = await self._met_by_fault(request)
        return None if reply is None else self._signed(reply, entry)

    def _noted(self, request: Request) -> Entry:
        credential = credential_in(request.headers)
        return self.house.journal.note(
            Entry(
                id=self.house.ids.next("req"),
                method=request.method,
                path=request.path,
                query=self.house.keys.hidden(dict(parse_qsl(request.target.partition("?")[2]))),
                authorised=self.house.keys.opens(credential),
                body=self.house.keys.hidden(_readable(request)),
            )
        )

    def _signed(self, reply: Reply, entry: Entry) -> Reply:
        entry.status = reply.status
        return attrs.evolve(reply, headers={"x-request-id": entry.id, **reply.headers})

    async def _met_by_fault(self, request: Request) -> Reply | None:
        fault = self.house.faults.next(request.target)
        if fault:
            await trio.sleep(fault.stall_s)
            if fault.drop:
                return None
            if fault.status is not None:
                return scripted(fault.status, fault.headers, fault.body)
        return self.answer(request)

    def answer(self, request: Request) -> Reply:
        """What a provider says to it."""
        try:
            return self._routed(request)
        except BadMessage as error:
            return refuses_message(error)

    def _routed(self, request: Request) -> Reply:
        hang_up = HANG_UP.fullmatch(request.path)
        credential = credential_in(request.headers)
        routes = {
            "/v1/realtime/client_secrets": (self.house.keys.is_key, self._mint),
            "/v1/realtime/calls": (self.house.keys.opens, self._call),
            "/v1/responses": (self.house.keys.is_key, self._respond),
        }
        allowed, handler = (self.house.keys.opens, self._hang_up) if hang_up else routes.get(request.path, (None, None))
        if allowed is None or handler is None:
            return refuses(404, f"Invalid URL ({request.method} {request.path})")
        if request.method != "POST":
            return refuses(405, f"Not allowed to {request.method} on {request.path}.", code="method_not_supported")
        return handler(request) if allowed(credential) else UNAUTHORISED

    def _mint(self, request: Request) -> Reply:
        try:
            wish = msgspec.convert(request.json(), _Mint)
        except msgspec.ValidationError as error:
            raise complaint(error, "", ()) from None
        session, expiry = wish.session or {}, wish.expires_after or _Expiry()
        shown = self._opening(session).shown(self.house.ids.next("sess"))
        secret = self.house.keys.mint(session, 0 if self.house.faults.secret_expires() else expiry.seconds)
        return says({"value": secret.value, "expires_at": secret.expires_at, "session": shown})

    def _call(self, request: Request) -> Reply:
        credential = credential_in(request.headers)
        offer, session = _offer(request)
        if not offer.lstrip().startswith("v=0"):
            return refuses(400, "The SDP offer is empty or is none.", code="invalid_offer", param="sdp")
        preset = self.house.keys.preset(credential)
        call = self.house.calls.open(self._opening(*filter(None, (preset, session))), credential)
        return Reply(201, ANSWER_SDP.encode(), {"Content-Type": SDP, "Location": f"/v1/realtime/calls/{call.id}"})

    def _opening(self, *presets: dict[str, Any]) -> Opening:
        models = [str(preset["model"]) for preset in presets if preset.get("model")]
        return Opening(models[-1] if models else MODEL, self.house.now(), tuple(_without_model(p) for p in presets))

    def _hang_up(self, request: Request) -> Reply:
        found = HANG_UP.fullmatch(request.path)
        call = self.house.calls.find(found[1]) if found else None
        if call is None:
            return NO_CALL
        call.end("hang-up")
        return Reply(200)

    def _respond(self, request: Request) -> Reply:
        return says(respond(request.json(), self.house.ids, self.house.now()))

    def _about_itself(self, request: Request) -> Reply:
        match request.path.removeprefix(OURS):
            case "requests":
                return says(self.house.journal.wire())
            case "calls":
                return says(self.house.calls.wire())
            case "report":
                report = self.house.stages.report()
                return Reply(200, as_json(report).encode(), {"Content-Type": JSON}) if report else NO_SCENARIO
            case _:
                return refuses(404, f"There are {OURS}requests, {OURS}calls and {OURS}report.")


def _without_model(session: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in session.items() if name != "model"}


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").lower().startswith("multipart/form-data")


def _offer(request: Request) -> tuple[str, dict[str, Any] | None]:
    """The SDP and the session that a call is asked for with. Raises BadMessage."""
    if not _is_form(request):
        return request.body.decode(errors="replace"), None
    parts = request.form()
    if "session" not in parts:
        return parts.get("sdp", b"").decode(errors="replace"), None
    session = attrs.evolve(request, body=parts["session"]).json()
    if not isinstance(session, dict):
        raise BadMessage("Invalid type for 'session': expected an object.", "session", "invalid_type")
    return parts.get("sdp", b"").decode(errors="replace"), session


def _readable(request: Request) -> Any:
    """A body as the journal keeps it: JSON, or a form's session; nothing of an offer, which holds passwords."""
    try:
        if _is_form(request):
            return {"session": _offer(request)[1]}
        return request.json() if request.headers.get("content-type", "").startswith("application/json") else None
    except BadMessage:
        return None
