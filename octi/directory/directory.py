"""The sessions of this octi: made, found, renewed and closed over HTTP, entered by sockets and calls."""

from collections.abc import Mapping
from typing import Any

import attrs

from octi.clock import Now
from octi.config import Config
from octi.directory.admission import Admission
from octi.directory.closing import Closing, Ended
from octi.directory.credentials import Credentials
from octi.directory.minting import CheckModel, Minter, any_model, secret_record
from octi.directory.opening import Opening
from octi.directory.ports import Calls, Provider, Steering, ToolsOf
from octi.directory.secrets import Random
from octi.directory.shelf import Shelf
from octi.directory.wishes import Wish, check_schema, completed, composed, decoded, preset_with, read_preset
from octi.errors import InProgress, UnknownSession
from octi.extraction.composer import Instructions
from octi.realtime.merging import merged
from octi.records import SessionRecord
from octi.session.live import LiveSessions
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
    _renewing: set[str] = attrs.field(factory=set, init=False)

    # Made and found

    async def make(self, wish: Wish) -> SessionRecord:
        """A new session, stored with its first instructions; legs may come and go until it is closed.

        Raises BadMessage.
        """
        check_schema(wish.schema)
        fresh = self.opening.wished(wish, self.shelf.now())
        await self.shelf.store.save([fresh.record, self.steering.first(fresh.record, fresh.instructions)])
        return fresh.record

    async def find(self, session: str) -> SessionRecord:
        """A session that is not closed. Raises UnknownSession: the origins forgot those that are."""
        return await self.shelf.known(session)

    # Secrets

    async def mint(
        self,
        record: SessionRecord | None,
        wish_config: Mapping[str, Any],
        *,
        direct: bool,
        seconds: int | None = None,
        safety_identifier: str | None = None,
    ) -> Minted:
        """A client secret. direct: the provider's, where there is one, for a client that speaks to it; else octi's own.

        record: the session that it opens, preset as that was made, with its instructions and octi's functions, and
        with `wish_config` for a client of the provider's. None: a new session each time, preset to `wish_config`.
        seconds: how long it opens sessions; as configured if None.

        Raises ProviderFault, BadMessage, Unserved, and UnknownSession if the session was closed meanwhile.
        """
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
        await self._hand_out(minted, record, config)
        return minted

    def _unbound(self, wanted: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """What a secret that is bound to no session keeps, and what it presets."""
        if read_preset(wanted).type != "realtime":
            return wanted, wanted  # a transcription has no model, no voice and no instructions (protocol 1.6)
        agent = self.config.agent
        config = completed(wanted, agent, self.config.upstream.model)
        return config, preset_with(config, composed(agent, config.get("instructions") or ""))

    async def renew(self, session: str, *, direct: bool = True) -> Renewed:
        """A fresh secret for a session whose agent is to know what was said so far. One at a time for each session.

        If it fails then the session is as it was, though its history may be in its instructions already.
        Raises as `mint`, and UnknownSession, InProgress.
        """
        if session in self._renewing:
            raise InProgress("Renew")
        self._renewing.add(session)
        try:
            record = await self.find(session)
            instructions = (await self.steering.renew(record.id)).instructions
            minted = await self.mint(record, {}, direct=direct)
            return Renewed(await self.find(session), minted, instructions)
        finally:
            self._renewing.discard(session)

    async def _hand_out(self, minted: Minted, record: SessionRecord | None, config: Mapping[str, Any]) -> None:
        """Have a secret open its session, unless that was closed meanwhile."""
        secret = secret_record(minted, record.id if record else None, config, self.shelf.now())
        if record is None:
            await self.shelf.store.save([secret])
            self.credentials.remember_unbound(minted.value, secret.expires_at)
            return
        async with self.shelf.changing(record.id):
            await self.shelf.known(record.id)
            await self.shelf.store.save([secret])
            self.credentials.remember(record.id, minted.value, secret.expires_at)

    # Legs

    async def admit(
        self, secret: str | None, session: str | None, *, door: str, model: str = "", transcribes: bool = False
    ) -> SessionRecord:
        """The session that a socket opens, with its slot taken: whoever is admitted leaves (`LiveSessions.leave`).

        By its name, by a client secret, or neither: a new one, for this leg alone, not stored yet. A secret that is
        bound to no session makes a new one each time, stored. model: where nothing else names one. transcribes:
        nobody is to answer; a secret's and a session's own type counts. What is no client secret is ignored.

        Raises BadModel and BadMessage for what does not go together, BadSecret, UnknownSession, SessionClosed,
        SessionTaken, Stopping.
        """
        return await self.admission.admit(secret, session, door, model, transcribes=transcribes)

    async def find_for_call(
        self, secret: str | None, session: str | None, *, door: str, model: str = ""
    ) -> SessionRecord:
        """The session that a call is to be heard as, by its name or a client secret; its slot is not taken.

        Raises BadSecret, UnknownSession, SessionClosed, Stopping.
        """
        return await self.admission.find(secret, session, door, model)

    async def attach_call(self, session: str, call_id: str, *, own: bool = False, secret: str | None = None) -> None:
        """Listen to a provider's call as a session, and no longer to an older one; nor does any other session.

        own: octi's key made the call. secret: this client secret did; it is as well if that is not known.

        Raises BadMessage for what is no call id, UnknownSession, SessionTaken where a socket has the session, Stopping.
        """
        await self.admission.attach_call(session, call_id, own=own, secret=secret)

    def secrets_of(self, call_id: str) -> tuple[str, ...]:
        """The client secrets that may have made a call which a session here listens to, likeliest first."""
        return self.admission.secrets_of(call_id)

    # Ends

    async def close(self, session: str) -> bool:
        """End a session for good, for its client. False: there was none, or it was closed. Waits 15 s for its leg."""
        try:
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
    opening = Opening(config=config, upstream=upstream, random=random)
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
        admission=Admission(shelf=shelf, opening=opening, steering=steering, calls=calls, credentials=credentials),
        closing=Closing(shelf=shelf, credentials=credentials, provider=provider),
    )
