"""What the routes are given, in small: sessions in memory, and a provider's HTTP side. Each notes what it was asked."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import attrs
import trio
from quart.typing import TestClientProtocol

from octi.budgeting import Budgets
from octi.clock import Now
from octi.config import Config, read_config
from octi.directory.proving import UNBOUND, Bounds
from octi.directory.wishes import Wish
from octi.errors import UnknownSession
from octi.extraction.composer import Instructions, LayerName
from octi.extraction.schema import JsonObject
from octi.guard.caller import ANYBODY, Caller
from octi.guard.gate import Gate
from octi.limiting import Limiter
from octi.observe.base import Observer
from octi.recording.shelf import Shelf
from octi.records import SessionRecord, SessionState
from octi.services import Services
from octi.session.live import LiveSessions
from octi.spending.treasury import Treasury
from octi.steering.state import State
from octi.steering.steering import Steered
from octi.store.memory import MemoryStore
from octi.units import SessionId
from octi.upstream.api import NewCall
from octi.upstream.base import Minted, Upstream
from octi.vitals import Vitals
from octi.web.app import create_app
from tests.providers import NOBODY

TOLD = Instructions().saying({LayerName.BASE: "Be octi.", LayerName.PROFILE: "It is Ana."})
STEERED = Steered({"first_name": "Ana"}, TOLD, (LayerName.PROFILE,), True)
SDP = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n"


@attrs.frozen
class Ended:
    record: SessionRecord
    over: bool = True


@attrs.frozen
class Renewed:
    record: SessionRecord
    minted: Minted
    instructions: Instructions


@attrs.define(eq=False)
class Scripted:
    """Whoever fails as told, or never answers, by a method's name; and notes who was asked what."""

    fails: dict[str, BaseException] = attrs.field(factory=dict, kw_only=True)
    stalls: set[str] = attrs.field(factory=set, kw_only=True)
    asked: list[tuple[Any, ...]] = attrs.field(factory=list, kw_only=True)

    async def note_that(self, name: str, *said: Any) -> None:
        await trio.lowlevel.checkpoint()
        self.asked.append((name, *said))
        if name in self.stalls:
            await trio.sleep_forever()
        if name in self.fails:
            raise self.fails[name]

    def calls_of(self, name: str) -> list[tuple[Any, ...]]:
        """What a method was asked, each time."""
        return [tuple(said) for asked, *said in self.asked if asked == name]


@attrs.define(eq=False)
class FakeDirectory(Scripted):
    store: MemoryStore
    live: LiveSessions
    over: bool = True
    made: int = 0
    bounds: list[Bounds] = attrs.field(factory=list)

    async def make(self, wish: Wish, caller: Caller = ANYBODY) -> SessionRecord:
        await self.note_that("make", wish)
        self.made += 1
        record = SessionRecord(
            id=SessionId(f"s-{self.made}"),
            door=wish.door,
            upstream="u",
            model=wish.model or "gpt-realtime",
            voice=wish.voice,
            created_at=1.0,
            resumable=True,
            tenant=caller.tenant,
            key=caller.key,
            user=caller.user,
        )
        await self.store.save([record])
        return record

    async def mint(
        self,
        record: SessionRecord | None,
        config: Mapping[str, Any],
        *,
        direct: bool,
        caller: Caller = ANYBODY,
        bounds: Bounds = UNBOUND,
        **more: Any,
    ) -> Minted:
        self.bounds.append(bounds)
        await self.note_that("mint", record and record.id, dict(config), direct, more)
        session = {"type": "realtime", "id": "sess_1", **config}
        raw = {"value": "ek_1", "expires_at": 600, "session": session, "extra": 1}
        return Minted(value="ek_1", expires_at=600, session=session, raw=raw)

    async def find(self, session: str, caller: Caller = ANYBODY) -> SessionRecord:
        await self.note_that("find", session)
        record = await self.store.session(SessionId(session))
        if record is None:
            raise UnknownSession
        return record

    async def renew(self, session: str, caller: Caller = ANYBODY) -> Renewed:
        await self.note_that("renew", session)
        record = await self.find(session)
        return Renewed(record, await self.mint(record, {}, direct=True), TOLD)

    async def close(self, session: str, caller: Caller = ANYBODY) -> bool:
        await self.note_that("close", session)
        return await self.store.session(SessionId(session)) is not None

    async def end(self, session: str) -> Ended:
        await self.note_that("end", session)
        record = await self.find(session)
        if self.over and record.state is not SessionState.ENDED:
            record = record.end(at=2.0, by="operator", reason="ended by an operator")
        return Ended(record, self.over)

    secrets: tuple[str, ...] = ()

    async def owns_call(self, call_id: str, caller: Caller) -> bool:
        return True

    def secrets_of(self, call_id: str) -> tuple[str, ...]:
        return self.secrets

    def tools(self, record: SessionRecord) -> list[dict[str, Any]]:
        return [{"type": "function", "name": "extract_profile"}]

    async def attach_call(
        self,
        session: str,
        call_id: str,
        *,
        own: bool = False,
        secret: str | None = None,
        caller: Caller = ANYBODY,
    ) -> None:
        await self.note_that("attach_call", session, call_id, own)
        await self.find(session)

    async def find_for_call(
        self,
        secret: str | None,
        session: str | None,
        *,
        door: str,
        model: str,
        caller: Caller = ANYBODY,
        origin: str = "",
    ) -> SessionRecord:
        await self.note_that("find_for_call", secret, session, door, model)
        return await self.find(session or "s")

    async def admit(
        self,
        secret: str | None,
        session: str | None,
        *,
        door: str,
        model: str,
        transcribes: bool = False,
        caller: Caller = ANYBODY,
        origin: str = "",
    ) -> SessionRecord:
        await self.note_that("admit", secret, session, door, model, transcribes)
        record = await self.find(session or "s")
        self.live.enter(record.id)
        return record


@attrs.define(eq=False)
class FakeSteering(Scripted):
    steered: Steered = STEERED
    known: JsonObject = attrs.field(factory=lambda: {"first_name": {"value": "Ana"}})

    async def state(self, session: SessionId) -> State:
        await self.note_that("state", session)
        return State(instructions=TOLD)

    async def evidence(self, record: SessionRecord) -> JsonObject:
        await self.note_that("evidence", record.id)
        return self.known

    async def extract(self, session: SessionId) -> Steered:
        await self.note_that("extract", session)
        return self.steered

    async def instructions(self, session: SessionId) -> Instructions:
        await self.note_that("instructions", session)
        return TOLD

    async def set_session(self, session: SessionId, text: str) -> Steered:
        await self.note_that("set_session", session, text)
        return self.steered

    async def note(self, session: SessionId, text: str) -> Steered:
        await self.note_that("note", session, text)
        return attrs.evolve(self.steered, changed=(LayerName.NOTE,), pushed=False)


@attrs.define(eq=False)
class FakeApi(Scripted):
    over: bool = False

    async def create_call(self, sdp: str, session: Mapping[str, Any] | None) -> NewCall:
        await self.note_that("create_call", sdp, session)
        return NewCall(call_id="rtc_1", answer_sdp="v=0\r\nanswer", request_id="req_1")

    made_by: str | None = None  # whose call it is; None: octi's

    async def hang_up(self, call_id: str) -> bool:
        await self.note_that("hang_up", call_id)
        return not self.over and self.made_by is None

    async def act_on_call(self, call_id: str, action: str, wish: Mapping[str, Any]) -> None:
        await self.note_that("act_on_call", call_id, action, dict(wish))

    def with_secret(self, secret: str) -> "FakeApi":
        return attrs.evolve(self, made_by=None if secret == self.made_by else "another")


@attrs.frozen(kw_only=True)
class StandIn:
    """One node, as far as the routes can tell."""

    config: Config = attrs.field(factory=lambda: read_config({}))
    store: MemoryStore = attrs.field(factory=MemoryStore)
    upstream: Upstream = NOBODY
    live: LiveSessions = attrs.field(factory=LiveSessions)
    now: Now = lambda: 1.0
    gauges: Callable[[], Mapping[str, Mapping[str, Any]]] = lambda: {"store": {"rows_waiting": 0}}
    observer: Observer = attrs.field(factory=Observer)
    gate: Gate = attrs.field(factory=Gate)
    limiter: Limiter = attrs.field(factory=Limiter)
    engine_problem: str | None = None
    vitals: Vitals = attrs.field(factory=Vitals)
    speech_trouble: Callable[[], str | None] = lambda: None
    directory: FakeDirectory = attrs.field()
    steering: FakeSteering = attrs.field(factory=FakeSteering)
    api: FakeApi | None = attrs.field(factory=FakeApi)
    recordings: Shelf = attrs.field(factory=lambda: Shelf(Path("nowhere"), 0))
    records_audio: bool = False

    budgets: Budgets = attrs.field(
        default=attrs.Factory(lambda own: Budgets(treasury=Treasury(store=own.store, now=own.now)), takes_self=True)
    )

    @directory.default
    def _directory(self) -> FakeDirectory:
        return FakeDirectory(self.store, self.live)

    @property
    def services(self) -> Services:
        return cast(Services, self)

    @property
    def client(self) -> TestClientProtocol:
        return create_app(self.services).test_client()

    def failing(self, **errors: BaseException) -> "StandIn":
        """The same, where methods fail, of whomever they are."""
        for each in (self.directory, self.steering, self.api):
            if each is not None:
                each.fails.update(errors)
        return self

    async def holding(self, *names: str) -> "StandIn":
        """The same, with sessions."""
        for name in names:
            await self.store.save([session(name)])
        return self

    async def get(self, path: str) -> tuple[int, Any, Any]:
        """Status, JSON (None if it is none) and headers of an answer."""
        answer = await self.client.get(path)
        return answer.status_code, await answer.get_json(silent=True), answer.headers

    async def post(self, path: str, body: object = None, **headers: str) -> tuple[int, Any, Any]:
        """Status, JSON (None if it is none) and headers of an answer. `body`: JSON's values, or bytes as they are."""
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is None or isinstance(body, bytes):
            answer = await self.client.post(path, data=body or b"", headers=said)
        else:
            answer = await self.client.post(path, json=body, headers=said)
        return answer.status_code, await answer.get_json(silent=True), answer.headers


def session(name: str = "s", **changes: Any) -> SessionRecord:
    """A session, as a store may hold it."""
    fresh = SessionRecord(id=SessionId(name), door="octi", upstream="u", model="m", voice="v", created_at=1.0)
    return attrs.evolve(fresh, **changes)
