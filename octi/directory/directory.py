"""The sessions of this octi: made, found, renewed and closed over HTTP, entered by sockets and calls."""

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from octi.clock import Now
from octi.config import Config
from octi.directory.admission import Admission
from octi.directory.closing import Closing, Ended
from octi.directory.credentials import Credentials
from octi.directory.joining import Joining
from octi.directory.minting import CheckModel, Minter, any_model, secret_record
from octi.directory.opening import Opening
from octi.directory.ports import Calls, Provider, Steering, ToolsOf
from octi.directory.proving import UNBOUND, Bounds, Proving, Visitor, owned
from octi.directory.secrets import Random
from octi.directory.shelf import Shelf
from octi.directory.wishes import Wish, check_schema, completed, composed, decoded, preset_with, read_preset
from octi.errors import InProgress, UnknownSession
from octi.extraction.composer import Instructions
from octi.guard.caller import ANYBODY, JWT, Caller
from octi.realtime.merging import merged
from octi.records import SecretRecord, SessionRecord
from octi.session.live import LiveSessions
from octi.session.seats import Seat, any_seat
from octi.store.base import Store
from octi.upstream.base import Minted


@attrs.frozen
class Renewed:
    """A session's fresh secret, and the instructions that are preset in it."""

    record: SessionRecord
    minted: Minted
    instructions: Instructions


@attrs.define(eq=False, kw_only=True)
class Directory:
    """Finds, makes, renews and closes sessions; `make_directory` puts it together.

    Whatever waits raises StoreFailed where the store fails, and InProgress where others change the session for 30 s.
    """

    config: Config
    shelf: Shelf
    opening: Opening
    minter: Minter
    steering: Steering
    tools: ToolsOf
    credentials: Credentials
    admission: Admission
    closing: Closing
    joining: Joining
    _renewing: set[str] = attrs.field(factory=set, init=False)

    # Made and found

    async def make(self, wish: Wish, caller: Caller = ANYBODY) -> SessionRecord:
        """A caller's new session, stored with its first instructions; legs may come and go until it is closed.

        Raises BadMessage.
        """
        check_schema(wish.schema)
        fresh = self.opening.wished(wish, self.shelf.now())
        record = owned(fresh.record, caller)
        await self.shelf.store.save([record, self.steering.first(record, fresh.instructions)])
        return record

    async def find(self, session: str, caller: Caller = ANYBODY) -> SessionRecord:
        """A session of a caller's that is not closed. Raises UnknownSession: the origins forgot those that are."""
        record = await self.shelf.known(session)
        if not caller.reaches(record.tenant, record.user):
            raise UnknownSession
        return record

    # Secrets

    async def mint(
        self,
        record: SessionRecord | None,
        wish_config: Mapping[str, Any],
        *,
        direct: bool,
        seconds: int | None = None,
        safety_identifier: str | None = None,
        caller: Caller = ANYBODY,
        bounds: Bounds = UNBOUND,
    ) -> Minted:
        """A client secret. direct: the provider's, where there is one, for a client that speaks to it; else octi's own.

        record: the session that it opens, preset as that was made, with its instructions and octi's functions, and
        with `wish_config` for a client of the provider's. None: a new session each time, preset to `wish_config`.
        seconds: how long it opens sessions; as configured if None. caller: who has it made. bounds: only octi's own
        can have any.

        Raises ProviderFault, BadMessage, Unserved, and UnknownSession if the session was closed meanwhile.
        """
        self.minter.check_bounds(bounds, direct=direct)
        if record is None:
            config, preset = self._unbound(wish_config)
        else:
            config = merged(decoded(record.config), wish_config)
            told = await self.steering.instructions(record.id)
            preset = preset_with(config, told.text, self.tools(record))
        minted = await self.minter.mint(
            preset,
            direct=direct,
            session=record.id if record else None,
            seconds=seconds,
            safety_identifier=safety_identifier,
        )
        whose = caller if record is None else Caller(tenant=record.tenant, key=record.key, user=record.user)
        session = record.id if record else None
        secret = secret_record(minted, session, config, self.shelf.now(), whose=whose, bounds=bounds)
        await self._hand_out(minted, secret)
        return minted

    def _unbound(self, wanted: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """What a secret that is bound to no session keeps, and what it presets."""
        if read_preset(wanted).type != "realtime":
            return wanted, wanted  # a transcription has no model, no voice and no instructions (protocol 1.6)
        agent = self.config.agent
        config = completed(wanted, agent, self.config.upstream.model)
        return config, preset_with(config, composed(agent, config.get("instructions") or ""))

    async def renew(self, session: str, caller: Caller = ANYBODY, *, direct: bool = True) -> Renewed:
        """A fresh secret for a caller's session whose agent is to know what was said so far. One at a time for each.

        If it fails then the session is as it was, though its history may be in its instructions already.
        Raises as `mint`, and UnknownSession, InProgress.
        """
        if session in self._renewing:
            raise InProgress("Renew")
        self._renewing.add(session)
        try:
            record = await self.find(session, caller)
            instructions = (await self.steering.renew(record.id)).instructions
            minted = await self.mint(record, {}, direct=direct)
            return Renewed(await self.find(session), minted, instructions)
        finally:
            self._renewing.discard(session)

    async def _hand_out(self, minted: Minted, secret: SecretRecord) -> None:
        """Have a secret open its session, unless that was closed meanwhile."""
        if secret.session is None:
            await self.shelf.store.save([secret])
            self.credentials.remember_unbound(minted.value, secret.expires_at)
            return
        async with self.shelf.changing(secret.session):
            await self.shelf.known(secret.session)
            await self.shelf.store.save([secret])
            self.credentials.remember(secret.session, minted.value, secret.expires_at)

    async def revoke(self, caller: Caller, *, session: str | None = None, digest: str | None = None) -> int:
        """Have a session's client secrets, or the one of a digest, open nothing here any more; how many did until now.

        What they opened goes on. Raises UnknownSession for what is not there, or another's.
        """
        now = self.shelf.now()
        if session is not None:
            record = await self.shelf.any(session)
            if not caller.reaches(record.tenant, record.user):
                raise UnknownSession
            self.credentials.forget(record.id)
            return await self.shelf.store.revoke_secrets(now, session=record.id)
        secret = await self.shelf.store.secret(digest or "")
        if secret is None or not caller.reaches(secret.tenant, secret.user):
            raise UnknownSession
        return await self.shelf.store.revoke_secrets(now, digest=secret.digest)

    # Legs

    async def admit(
        self,
        secret: str | None,
        session: str | None,
        *,
        door: str,
        model: str = "",
        transcribes: bool = False,
        caller: Caller = ANYBODY,
        origin: str = "",
        seat: Callable[[SessionRecord], Seat] = any_seat,
    ) -> SessionRecord:
        """The session that a socket opens, with its slot taken: whoever is admitted leaves (`LiveSessions.leave`).

        By its name, by a client secret, or neither: a new one, for this leg alone, not stored yet. A secret that is
        bound to no session makes a new one each time, stored. model: where nothing else names one. transcribes:
        nobody is to answer; a secret's and a session's own type counts. What is no client secret is ignored. caller:
        who asks; without any scope he needs a client secret. origin: of the page that he is. seat: his session's
        place among those that are counted.

        Raises BadModel and BadMessage for what does not go together, BadSecret, UnknownSession, SessionClosed,
        SessionTaken, RateLimited, Stopping.
        """
        visitor = Visitor(caller=caller, secret=secret, origin=origin, seat=seat)
        return await self.admission.admit(visitor, session, door, model, transcribes=transcribes)

    async def find_for_call(
        self,
        secret: str | None,
        session: str | None,
        *,
        door: str,
        model: str = "",
        caller: Caller = ANYBODY,
        origin: str = "",
    ) -> SessionRecord:
        """The session that a call is to be heard as, by its name or a client secret; its slot is not taken.

        Raises BadSecret, UnknownSession, SessionClosed, Stopping.
        """
        visitor = Visitor(caller=caller, secret=secret, origin=origin)
        return await self.admission.find(visitor, session, door, model)

    async def attach_call(
        self, session: str, call_id: str, *, own: bool = False, secret: str | None = None, caller: Caller = ANYBODY
    ) -> None:
        """Listen to a provider's call as a caller's session, and no longer to an older one; nor does any other session.

        own: octi's key made the call. secret: this client secret did; it is as well if that is not known.

        Raises BadMessage for what is no call id, UnknownSession, SessionTaken where a socket has the session, Stopping.
        """
        await self.admission.attach_call(session, call_id, own=own, secret=secret, caller=caller)

    async def owns_call(self, call_id: str, caller: Caller) -> bool:
        """May a caller act on a call? A session here that hears it says whose it is; else it is no user's."""
        heard = self.admission.heard_as(call_id)
        if heard is None:
            return caller.key != JWT
        record = await self.shelf.any(heard)
        return caller.reaches(record.tenant, record.user)

    def secrets_of(self, call_id: str) -> tuple[str, ...]:
        """The client secrets that may have made a call which a session here listens to, likeliest first."""
        return self.admission.secrets_of(call_id)

    # Ends

    async def close(self, session: str, caller: Caller = ANYBODY) -> bool:
        """End a session for good, for its client. False: there was none, or it was closed. Waits 15 s for its leg."""
        try:
            if not caller.of_all:
                await self.find(session, caller)
            ended = await self.closing.end(session, "client")
        except UnknownSession:
            return False
        self._forget(ended)
        return not ended.before

    async def end(self, session: str) -> Ended:
        """End a session for good, for an operator. Waits 15 s for its leg. Raises UnknownSession."""
        ended = await self.closing.end(session, "operator")
        self._forget(ended)
        return ended

    def _forget(self, ended: Ended) -> None:
        self.credentials.forget(ended.record.id)


def make_directory(
    *,
    config: Config,
    upstream: str,
    store: Store,
    live: LiveSessions,
    steering: Steering,
    tools: ToolsOf,
    calls: Calls,
    provider: Provider | None,
    now: Now,
    random: Random,
    check_model: CheckModel = any_model,
) -> Directory:
    """A directory. upstream: the name of who answers; provider: its HTTP endpoints, None for the embedded engine.

    random: so many bytes that nobody can guess. check_model: raises BadMessage for one that cannot be, if octi knows.
    """
    shelf, credentials = Shelf(store, live, now), Credentials(now)
    proving = Proving(shelf)
    opening = Opening(config=config, upstream=upstream, random=random)
    admission = Admission(
        shelf=shelf, opening=opening, steering=steering, calls=calls, credentials=credentials, proving=proving
    )
    return Directory(
        config=config,
        shelf=shelf,
        opening=opening,
        minter=Minter(
            provider=provider,
            secret_s=config.sessions.secret_s,
            call_s=config.limits.max_session_s,
            now=now,
            random=random,
            check_model=check_model,
        ),
        steering=steering,
        tools=tools,
        credentials=credentials,
        admission=admission,
        joining=Joining(shelf=shelf, opening=opening, credentials=credentials, heard_as=admission.heard_as),
        closing=Closing(shelf=shelf, credentials=credentials, provider=provider),
    )
