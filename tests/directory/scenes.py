"""A directory over memory, and the parts around it as scripted ones."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import msgspec
import trio

from octi.config import Config, read_config
from octi.directory.directory import Directory, make_directory
from octi.directory.ports import Provider
from octi.errors import ProviderFault, UpstreamRefused
from octi.extraction.composer import Instructions, LayerName, instructions_json, read_instructions
from octi.records import Development, DevelopmentKind, Extraction, SessionRecord, SessionState
from octi.session.live import LiveSessions
from octi.store.memory import MemoryStore
from octi.units import SessionId
from octi.upstream.base import Minted

TOOL = {"type": "function", "name": "extract_profile", "parameters": {"type": "object", "properties": {}}}


def counting() -> Any:
    """Bytes that are other ones each time, and the same in each run."""
    number = 0

    def random(size: int) -> bytes:
        nonlocal number
        number += 1
        return number.to_bytes(size)

    return random


def tools_of(record: SessionRecord) -> Sequence[Mapping[str, Any]]:
    return (TOOL,) if record.extraction is Extraction.TOOL else ()


@attrs.frozen
class FakeRenewal:
    instructions: Instructions


@attrs.define(eq=False)
class FakeSteering:
    """Keeps instructions as the real one does, and knows a conversation by heart."""

    store: MemoryStore
    prompt: str = "Be kind."
    history: str = "User: hello"
    takes_s: float = 0.0

    def first(self, record: SessionRecord, instructions: str = "") -> Development:
        layers = Instructions().saying({LayerName.BASE: self.prompt, LayerName.SESSION: instructions})
        return self._development(record.id, layers, "first")

    async def instructions(self, session: SessionId) -> Instructions:
        stored = await self.store.developments(session)
        if not stored:
            return Instructions().saying({LayerName.BASE: self.prompt})
        return read_instructions(msgspec.json.decode(stored[-1].body)["layers"])

    async def renew(self, session: SessionId) -> FakeRenewal:
        await trio.sleep(self.takes_s)
        layers = (await self.instructions(session)).saying({LayerName.HISTORY: self.history})
        await self.store.save([self._development(session, layers, "renewed")])
        return FakeRenewal(layers)

    def _development(self, session: SessionId, layers: Instructions, name: str) -> Development:
        body = msgspec.json.encode({"layers": instructions_json(layers), "text": layers.text}).decode()
        return Development(session=session, id=name, kind=DevelopmentKind.INSTRUCTIONS, at=1.0, body=body)


@attrs.define(eq=False)
class FakeProvider:
    """Mints and hangs up by script; remembers what it was asked."""

    takes_s: float = 0.0
    fault: ProviderFault | None = None
    minted: list[dict[str, Any]] = attrs.field(factory=list)
    seconds: list[int | None] = attrs.field(factory=list)
    users: list[str | None] = attrs.field(factory=list)
    hung_up: list[tuple[str | None, str]] = attrs.field(factory=list)
    calls_of: str | None = None  # whose secret the calls were made with
    secret: str | None = None
    expired: bool = False  # every secret

    async def mint_secret(
        self, session: Mapping[str, Any], *, seconds: int | None = None, safety_identifier: str | None = None
    ) -> Minted:
        await trio.sleep(self.takes_s)
        if self.fault is not None:
            raise self.fault
        self.minted.append(dict(session))
        self.seconds.append(seconds)
        self.users.append(safety_identifier)
        raw: dict[str, Any] = {"value": f"ek_provider{len(self.minted)}", "expires_at": 1600, "session": dict(session)}
        return Minted(value=raw["value"], expires_at=1600, session=dict(session), raw=raw)

    def with_secret(self, secret: str | None) -> "FakeProvider":
        return self if secret is None else attrs.evolve(self, secret=secret)

    async def hang_up(self, call_id: str) -> bool:
        await trio.sleep(self.takes_s)
        if self.fault is not None:
            raise self.fault
        if self.expired and self.secret is not None:
            raise UpstreamRefused("p", "expired", 401)
        self.hung_up.append((self.secret, call_id))
        return self.secret == self.calls_of


@attrs.define(eq=False)
class FakeCalls:
    """Joins calls as the real ones do: a session that is live until it is dismissed, and stores its end."""

    store: MemoryStore
    live: LiveSessions
    nursery: trio.Nursery | None = None
    problem: str | None = None
    leaves_after_s: float = 1.0
    joined: list[tuple[SessionRecord, str, tuple[str, ...], bool]] = attrs.field(factory=list)

    def attach(self, record: SessionRecord, call_id: str, secrets: Sequence[str] = (), *, own: bool = False) -> None:
        assert self.live.enter(record.id)
        self.joined.append((record, call_id, tuple(secrets), own))
        if self.nursery is not None:
            self.nursery.start_soon(run_leg, self.live, self.store, record, self.leaves_after_s)


async def run_leg(live: LiveSessions, store: MemoryStore, record: SessionRecord, leaves_after_s: float = 1.0) -> None:
    """What a session's leg does: it lives until it is dismissed, then takes a while to end, and says so."""
    try:
        await store.save([record.move(SessionState.LIVE)])
        await live.wait_dismissed(record.id)
        await trio.sleep(leaves_after_s)
        await store.save([record.move(SessionState.LIVE).end(at=9.0, by="operator", reason="ended by an operator")])
    finally:
        live.leave(record.id)


@attrs.define(eq=False)
class Scene:
    """A directory and everything around it."""

    config: Config = attrs.field(factory=lambda: read_config({}))
    provider: FakeProvider | None = attrs.field(factory=FakeProvider)
    time: float = 1000.0
    store: MemoryStore = attrs.field(factory=MemoryStore)
    live: LiveSessions = attrs.field(factory=LiveSessions)
    steering: FakeSteering = attrs.field(init=False)
    calls: FakeCalls = attrs.field(init=False)
    directory: Directory = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.steering = FakeSteering(self.store)
        self.calls = FakeCalls(self.store, self.live)
        self.directory = self.restarted()

    def restarted(self) -> Directory:
        """Another directory over the same store, as after a restart; its sessions are the scene's."""
        provider: Provider | None = self.provider
        self.live = LiveSessions()
        self.calls.live = self.live
        self.directory = make_directory(
            config=self.config,
            upstream="scripted",
            store=self.store,
            live=self.live,
            steering=self.steering,
            tools=tools_of,
            calls=self.calls,
            provider=provider,
            now=lambda: self.time,
            random=counting(),
        )
        return self.directory

    @property
    def given(self) -> FakeProvider:
        """The provider, which is there."""
        assert self.provider is not None
        return self.provider

    async def stored(self, session: str) -> SessionRecord:
        record = await self.store.session(SessionId(session))
        assert record is not None
        return record

    def is_free(self) -> bool:
        """Does nobody hold a lock, a slot or a renewal?"""
        directory = self.directory
        return not len(directory.shelf.locks) and not len(self.live) and not directory._renewing
