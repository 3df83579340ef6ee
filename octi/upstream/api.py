"""A provider's HTTP endpoints beside its socket: ephemeral keys, WebRTC calls and their end, written answers."""

import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import attrs
import httpx2
import msgspec
import structlog
import trio

from octi.errors import BadMessage, ProviderFault, UpstreamLost, UpstreamNonsense, UpstreamRefused
from octi.observe.plain import plain
from octi.upstream.asking import Asker, Noted, Patience, Progress, Question, ignore, open_asker
from octi.upstream.base import Minted
from octi.upstream.http_errors import Answer
from octi.upstream.provider import Provider

GRACE_S = 2.0
CALL_ID = re.compile(r"[\w~:-][\w.~:-]{0,255}", re.ASCII)  # nothing that would change a path
JSON = {"Content-Type": "application/json"}
SDP = "application/sdp"

log = structlog.get_logger("octi.upstream")

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class NewCall:
    """A WebRTC call that the provider has taken. Only `hang_up` ends it (peers 5.3)."""

    call_id: str
    answer_sdp: str = attrs.field(repr=False)
    request_id: str | None = None  # the provider's


class _Secret(msgspec.Struct):
    value: str
    expires_at: int
    session: dict[str, Any] = {}


class _Response(msgspec.Struct):
    id: str
    status: str
    output: list[dict[str, Any]]


@attrs.frozen
class ProviderApi:
    """What octi asks a provider by HTTP.

    Everything here waits at most for the deadline given to `open_api`, and raises UpstreamRefused, UpstreamBusy,
    UpstreamLost or UpstreamNonsense, with the provider's words and its request id, and never with the key.
    """

    _asker: Asker
    _grace_s: float = GRACE_S

    @property
    def name(self) -> str:
        """The provider's name."""
        return self._asker.provider.name

    def with_secret(self, secret: str | None) -> "ProviderApi":
        """The same, asked by whoever holds a client secret; None: by octi."""
        if secret is None:
            return self
        asker = attrs.evolve(self._asker, provider=self._asker.provider.with_secret(secret))
        return attrs.evolve(self, asker=asker)

    async def mint_secret(
        self, session: Mapping[str, Any], *, seconds: int | None = None, safety_identifier: str | None = None
    ) -> Minted:
        """An ephemeral key whose session is preset to `session`.

        seconds: how long it may open sessions; the provider's default if None. safety_identifier: who its user is, in
        a form that tells nobody else; the provider binds it to the key.
        """
        body: dict[str, Any] = {"session": session}
        if seconds is not None:
            body["expires_after"] = {"anchor": "created_at", "seconds": seconds}
        headers = JSON | ({"OpenAI-Safety-Identifier": safety_identifier} if safety_identifier else {})
        answer = await self._asker.ask(
            Question(path="/realtime/client_secrets", headers=headers, content=msgspec.json.encode(body))
        )
        raw, secret = self._object(answer, _Secret)
        if not secret.value:
            raise UpstreamNonsense(self.name, "a client secret that is empty")
        return Minted(
            value=secret.value,
            expires_at=secret.expires_at,
            session=secret.session,
            raw=raw,
            request_id=answer.request_id,
        )

    async def create_call(self, sdp: str, session: Mapping[str, Any] | None) -> NewCall:
        """A WebRTC call for a browser's offer; `session` is None where the provider's key has one preset.

        Asked again only while the request surely did not arrive. A call that nobody gets to hear of, because we were
        cancelled, ran out of time or could not read the answer, is hung up, as soon as its id is known: for that a
        cancellation waits up to twice the grace once the request is sent. If no answer's head comes within the grace
        then the id stays unknown, the call (if there is one) lives until the provider ends it, and that is logged.
        """
        birth = _Birth()
        call: NewCall | None = None
        try:
            call = self._call(await birth.attend(lambda: self._asker.ask(_offer(sdp, session), birth), self._grace_s))
            return call
        finally:
            if call is None and birth.heard:
                await self._end_unclaimed(birth.location)  # noqa: ASYNC102  shielded itself, with a deadline

    async def hang_up(self, call_id: str) -> bool:
        """End a call; False if it was over already (and, seldom, if a first try ended it and its answer was lost).

        Raises BadMessage for what cannot be a call's id.
        """
        if not CALL_ID.fullmatch(call_id):
            raise BadMessage("not the id of a call", "call_id")
        try:
            await self._asker.ask(Question(path=f"/realtime/calls/{call_id}/hangup"))
        except UpstreamRefused as refused:
            if refused.status != 404:
                raise
            return False
        return True

    async def act_on_call(self, call_id: str, action: str, wish: Mapping[str, Any]) -> None:
        """Have a call that came by telephone accepted, rejected or referred. Not asked twice: a call is taken once.

        Raises BadMessage for what cannot be a call's id.
        """
        if not CALL_ID.fullmatch(call_id):
            raise BadMessage("not the id of a call", "call_id")
        content = msgspec.json.encode(wish) if wish else None
        path = f"/realtime/calls/{call_id}/{action}"
        await self._asker.ask(Question(path=path, headers=JSON if wish else {}, content=content, repeatable=False))

    async def respond(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The Responses API's answer to a request, whatever its `status`. Raises BadMessage for a streamed one."""
        if request.get("stream"):
            raise BadMessage("streams are not read here", "stream")
        answer = await self._asker.ask(Question(path="/responses", headers=JSON, content=msgspec.json.encode(request)))
        return self._object(answer, _Response)[0]

    def _object(self, answer: Answer, shape: type[T]) -> tuple[dict[str, Any], T]:
        """An answer's JSON, whole and as what is expected of it. What does not fit is not shown: it may be secret."""
        try:
            raw = msgspec.json.decode(answer.body, type=dict[str, Any])
            return raw, msgspec.convert(raw, shape)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UpstreamNonsense(self.name, f"{error}{_quoted(answer)}") from None

    def _call(self, answer: Answer) -> NewCall:
        call_id = call_id_in(answer.headers.get("location", ""))
        if call_id is None:
            raise UpstreamNonsense(self.name, f"a call without a Location that names it{_quoted(answer)}")
        sdp = answer.body.decode(errors="replace")
        if not sdp.startswith("v="):
            raise UpstreamNonsense(self.name, f"a call whose answer is no SDP{_quoted(answer)}")
        return NewCall(call_id=call_id, answer_sdp=sdp, request_id=answer.request_id)

    async def _end_unclaimed(self, location: str | None) -> None:
        """Hang up a call that its caller will not learn of, or say that it may live on."""
        call_id, ended, why = call_id_in(location or ""), False, "its id is not known"
        if call_id is not None:
            why = f"not hung up within {self._grace_s:g} s"
            with trio.move_on_after(self._grace_s, shield=True):
                try:
                    ended = await self.hang_up(call_id) or True
                except ProviderFault as fault:
                    why = plain(fault)
        if ended:
            log.info("call hung up: nobody waits for it", provider=self.name, call=call_id)
        else:
            log.warning("a call may have been left with the provider", provider=self.name, call=call_id, why=why)


@attrs.define(eq=False)
class _Birth(Progress):
    """A call being made. It can be cancelled at once until its request leaves, and from then on only after a grace."""

    heard: bool = False  # the provider may have made a call of it
    location: str | None = None
    _scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    _over: trio.Event = attrs.field(factory=trio.Event)
    _answer: Answer | None = None
    _fault: ProviderFault | None = None

    def sent(self) -> None:
        self.heard = self._scope.shield = True

    def answered(self, headers: Mapping[str, str]) -> None:
        self.location = headers.get("location", "")

    async def attend(self, ask: Callable[[], Awaitable[Answer]], grace_s: float) -> Answer:
        """What `ask` brings; a cancellation reaches it as the class says."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._ask, ask, name="asking for a call")
            try:
                await self._over.wait()
            except trio.Cancelled:
                self._scope.deadline = trio.current_time() + grace_s
                raise
        if self._answer is None:
            raise self._fault or AssertionError("asked, and neither answered nor refused")
        return self._answer

    async def _ask(self, ask: Callable[[], Awaitable[Answer]]) -> None:
        """In a task of its own, because a task cannot see that a shield is keeping something from it."""
        with self._scope:
            try:
                self._answer = await ask()
            except ProviderFault as fault:
                self._fault = fault
                self.heard = self.heard and isinstance(fault, UpstreamLost | UpstreamNonsense)  # no: so none was made
        self._over.set()


def call_id_in(location: str) -> str | None:
    """The call that a Location header names, whole or as a path, if it names one."""
    last = re.split("[?#]", location)[0].rstrip("/").rpartition("/")[2]
    return last if CALL_ID.fullmatch(last) else None


def _offer(sdp: str, session: Mapping[str, Any] | None) -> Question:
    """As the official SDK sends it: alone as it is, or with its session in a form of two parts."""
    path = "/realtime/calls"
    if session is None:
        return Question(path=path, headers={"Content-Type": SDP}, content=sdp.encode(), repeatable=False)
    parts = {"sdp": (None, sdp.encode(), SDP), "session": (None, msgspec.json.encode(session), "application/json")}
    return Question(path=path, parts=parts, repeatable=False)


def _quoted(answer: Answer) -> str:
    return f" (request {answer.request_id})" if answer.request_id else ""


@asynccontextmanager
async def open_api(
    provider: Provider,
    *,
    tls: ssl.SSLContext | None = None,
    timeout_s: float = 30.0,
    grace_s: float = GRACE_S,
    patience: Patience | None = None,
    noted: Noted = ignore,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> AsyncIterator[ProviderApi]:
    """A provider's endpoints, until the block ends.

    timeout_s: for each call, with all its tries. grace_s: for finding out the id of a call that is given up, and again
    for ending it. The rest as for `open_asker`.

    Raises ValueError if the provider's base is no http, https, ws or wss address.
    """
    async with open_asker(
        provider, tls=tls, timeout_s=timeout_s, patience=patience, noted=noted, transport=transport
    ) as asker:
        yield ProviderApi(asker, grace_s)
