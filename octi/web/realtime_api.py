"""The Realtime API's own HTTP routes, in its shape: client secrets, WebRTC calls brokered through octi, their end."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

import msgspec
import structlog
import trio
from quart import Blueprint, Response, request
from quart.typing import ResponseReturnValue

from octi.access_config import origin_of
from octi.directory.wishes import Wish, decoded, preset_with, read_preset
from octi.errors import BadMessage, ProviderFault, Unserved, UpstreamRefused
from octi.observe.plain import fault
from octi.realtime.merging import merged
from octi.records import SessionRecord
from octi.services import Services
from octi.upstream.api import NewCall, ProviderApi
from octi.web.bodies import asked
from octi.web.bounds import SecretBounds, bounds_in
from octi.web.callers import current_caller
from octi.web.cors import allow_browsers
from octi.web.offers import Offer, read_offer
from octi.web.openings import end_quietly
from octi.web.provider_errors import answer_as_provider, no_such_call
from octi.web.replies import NO_STORE, refuse_while_draining

USER = "OpenAI-Safety-Identifier"
PLAIN = re.compile("[!-~]{1,128}")
HANG_UP_S = 5.0  # for a call that nobody will take up
DOOR = "call"
NO_CALLS = (
    "WebRTC calls need a provider; the embedded engine is reached by WebSocket, at /v1/realtime with this client's key"
)

log = structlog.get_logger("octi.http")


class ExpiresAfter(msgspec.Struct):
    """How long a secret opens sessions, from now."""

    anchor: Annotated[str, msgspec.Meta(extra_json_schema={"enum": ["created_at"]})] | None = None
    seconds: Annotated[int, msgspec.Meta(ge=10, le=7200)] | None = None


class SecretWish(msgspec.Struct):
    """What `client_secrets` takes."""

    expires_after: ExpiresAfter | None = None
    session: dict[str, Any] | None = None
    octi: SecretBounds | None = None  # octi's own: how far the secret reaches


def realtime_pages(services: Services) -> Blueprint:
    """`/v1/realtime/client_secrets`, `/v1/realtime/calls`, and a call's `hangup`, `accept`, `reject` and `refer`."""
    pages = Blueprint("realtime_api", __name__)
    allow_browsers(pages, services.gate.origins)
    answer_as_provider(pages)

    @pages.post("/v1/realtime/client_secrets")
    async def client_secrets() -> ResponseReturnValue:
        refuse_while_draining(services.live)
        wish, user = await asked(SecretWish), user_in(request.headers.get(USER, ""))
        minted = await services.directory.mint(
            None,
            wish.session or {},
            direct=True,
            seconds=seconds_in(wish),
            safety_identifier=user,
            caller=current_caller(),
            bounds=bounds_in(wish.octi),
        )
        headers = NO_STORE | ({"x-request-id": minted.request_id} if minted.request_id else {})
        return {"value": minted.value, "expires_at": minted.expires_at, "session": minted.session}, headers

    @pages.post("/v1/realtime/calls")
    async def calls() -> ResponseReturnValue:
        refuse_while_draining(services.live)
        api = provider_of(services)
        body = await request.get_data(cache=False, as_text=False, parse_form_data=False)
        offer = read_offer(body, request.headers.get("Content-Type", ""))
        return answer_to(await brokered(services, api, offer))

    @pages.post("/v1/realtime/calls/<call_id>/hangup")
    async def hangup(call_id: str) -> ResponseReturnValue:
        owned = await services.directory.owns_call(call_id, current_caller())
        return ("", 200) if owned and await hung_up(services, call_id) else no_such_call(call_id)

    @pages.post("/v1/realtime/calls/<call_id>/accept")
    async def accept(call_id: str) -> ResponseReturnValue:
        refuse_while_draining(services.live)
        return await acted(services, call_id, "accept")

    @pages.post("/v1/realtime/calls/<call_id>/reject")
    async def reject(call_id: str) -> ResponseReturnValue:
        return await acted(services, call_id, "reject")

    @pages.post("/v1/realtime/calls/<call_id>/refer")
    async def refer(call_id: str) -> ResponseReturnValue:
        return await acted(services, call_id, "refer")

    return pages


async def acted(services: Services, call_id: str, action: str) -> ResponseReturnValue:
    """Have the provider do something with a call that came by telephone, as octi. Its refusals pass as they are.

    Raises Unserved, BadMessage, ProviderFault.
    """
    api = provider_of(services)
    if not await services.directory.owns_call(call_id, current_caller()):
        return no_such_call(call_id)
    await api.act_on_call(call_id, action, await asked(dict[str, Any]))
    return "", 200


async def hung_up(services: Services, call_id: str) -> bool:
    """End a call, as octi, or as the clients who may have made it. False: it was over. Raises ProviderFault."""
    api = provider_of(services)
    if await api.hang_up(call_id):
        return True
    for secret in services.directory.secrets_of(call_id):
        try:
            if await api.with_secret(secret).hang_up(call_id):
                return True
        except UpstreamRefused:  # it has expired, say; the next may do
            continue
    return False


def provider_of(services: Services) -> ProviderApi:
    """Whoever takes calls. Raises Unserved."""
    if services.api is None:
        raise Unserved(NO_CALLS)
    return services.api


def seconds_in(wish: SecretWish) -> int | None:
    """How long the secret is to last; None: as configured. Raises BadMessage."""
    expiry = wish.expires_after or ExpiresAfter()
    if expiry.anchor not in {None, "created_at"}:
        raise BadMessage("must be created_at", "expires_after.anchor")
    return expiry.seconds


def user_in(said: str) -> str | None:
    """Who the secret is for, as the client's own server names them to the provider. Raises BadMessage."""
    if said and not PLAIN.fullmatch(said):
        raise BadMessage("must be 1 to 128 visible characters of ASCII", USER)
    return said or None


async def brokered(services: Services, api: ProviderApi, offer: Offer) -> NewCall:
    """A call with the provider for a browser's offer, watched by the session that its secret names, or by a new one.

    Raises BadSecret, UnknownSession, SessionTaken, BadMessage, ProviderFault, StoreFailed.
    """
    record, is_new, knows = await session_for(services, offer)
    try:
        call = await api.create_call(offer.sdp, await call_session(services, record, offer.session or {}))
        await attached(services, api, record, call)
    except BaseException:  # cancelled as well: nobody else knows of a session that was made a moment ago
        if is_new:
            with trio.move_on_after(HANG_UP_S, shield=True):
                await end_quietly(services.directory, record.id)  # noqa: ASYNC120  shielded, with a deadline
        raise
    if (told := told_in(offer)) and not knows:
        await services.steering.set_session(record.id, told)
    return call


async def call_session(services: Services, record: SessionRecord, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The session object of a call: what the session is, then what came with the offer, and what its agent is told."""
    config = merged(decoded(record.config), wanted)
    told = read_preset(wanted).instructions or (await services.steering.instructions(record.id)).text
    return preset_with(config, told, services.directory.tools(record))


async def attached(services: Services, api: ProviderApi, record: SessionRecord, call: NewCall) -> None:
    """Let the session listen to its call; if it cannot, or nobody waits any more, the call is over."""
    try:
        await services.directory.attach_call(record.id, call.call_id, own=True)
    except BaseException:  # cancelled as well: nobody else knows of the call, and it would go on
        with trio.move_on_after(HANG_UP_S, shield=True):
            await hang_up_quietly(api, call.call_id)  # noqa: ASYNC120  shielded, with a deadline
        raise


async def hang_up_quietly(api: ProviderApi, call_id: str) -> None:
    """End a call that nobody took up."""
    try:
        await api.hang_up(call_id)
    except ProviderFault as error:
        log.warning("a call may have been left with the provider", call=call_id, **fault(error))


class CallSession(NamedTuple):
    """The session of an offer, whether it was made for it alone, and whether it has the offer's instructions."""

    record: SessionRecord
    is_new: bool
    knows: bool


async def session_for(services: Services, offer: Offer) -> CallSession:
    """The session that an offer's secret or address names, or a new one."""
    secret, session = secret_in(request.headers.get("Authorization", "")), request.args.get("session")
    model, caller = request.args.get("model", ""), current_caller()
    if not (secret or session):
        made = await services.directory.make(Wish(door=DOOR, model=model, config=offer.session or {}), caller)
        return CallSession(made, True, True)
    record = await services.directory.find_for_call(
        secret, session, door=DOOR, model=model, caller=caller, origin=origin_of(request.headers.get("Origin", ""))
    )
    return CallSession(record, not record.resumable, False)  # a secret that is bound to no session makes one each time


def told_in(offer: Offer) -> str:
    """The instructions that came with an offer; "" if there are none. Raises BadMessage."""
    return read_preset(offer.session or {}).instructions or ""


def secret_in(authorization: str) -> str | None:
    """A client secret out of a header. Whoever comes with another key is not asked who they are."""
    scheme, _, said = authorization.partition(" ")
    return said.strip() if scheme.lower() == "bearer" and said.strip().startswith("ek_") else None


def answer_to(call: NewCall) -> Response:
    """The provider's answer, and where the call is: with octi."""
    answer = Response(call.answer_sdp, 201, content_type="application/sdp")
    answer.headers["Location"] = f"/v1/realtime/calls/{call.call_id}"
    if call.request_id:
        answer.headers["x-request-id"] = call.request_id
    return answer
