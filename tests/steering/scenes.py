"""A session to be steered, without a provider: its store, and whoever is live."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import attrs
import msgspec
import trio

from octi.errors import StoreFailed
from octi.extraction.profile import Found
from octi.extraction.schema import ProfileSchema
from octi.records import Development, Extraction, Role, Row, SessionRecord, Turn
from octi.steering.extractors import Extractor, at_once, by_rules
from octi.steering.steering import Steering
from octi.store.memory import MemoryStore
from octi.units import ItemId, Milliseconds, SessionId

ME = SessionId("me")
NOW = 1_700_000_000.0
PROMPT = "You are octi."
COOLDOWN_S = 60.0


def record(extraction: Extraction = Extraction.TOOL, schema: str = "", session: SessionId = ME) -> SessionRecord:
    """A session as it was made."""
    return SessionRecord(
        id=session,
        door="realtime",
        upstream="u",
        model="m",
        voice="v",
        extraction=extraction,
        schema=schema,
        created_at=NOW,
    )


def turn(position: int, text: str, role: Role = Role.USER, session: SessionId = ME) -> Turn:
    """Something said."""
    at = Milliseconds(position * 1000)
    return Turn(
        session=session,
        item=ItemId(f"i{position}"),
        position=position,
        role=role,
        text=text,
        start_ms=at,
        end_ms=at,
        said_at=NOW + position,
    )


def body(development: Development) -> dict[str, object]:
    """What a development holds."""
    return msgspec.json.decode(development.body, type=dict[str, object])


@attrs.define(eq=False)
class WatchedStore(MemoryStore):
    """A store that may fail, and knows which developments it said it had kept."""

    failing: bool = False
    durable: list[Development] = attrs.field(factory=list)

    async def save(self, rows: Sequence[Row]) -> None:
        if self.failing:
            raise StoreFailed("the disk is full")
        await super().save(rows)
        self.durable += [row for row in rows if isinstance(row, Development)]


@attrs.define(eq=False)
class SlowExtractor:
    """octi's rules, some seconds late."""

    seconds: float = 5.0
    runs: int = 0
    failure: Exception | None = None
    rules: Extractor = attrs.field(factory=lambda: by_rules(at_once))

    async def __call__(
        self, schema: ProfileSchema, turns: Sequence[Turn], times: Mapping[ItemId, float]
    ) -> Mapping[str, Found]:
        self.runs += 1
        await trio.sleep(self.seconds)
        if self.failure:
            raise self.failure
        return await self.rules(schema, turns, times)


@attrs.define(eq=False)
class Scene:
    """A session's store, and the live session that instructions are pushed to."""

    store: WatchedStore = attrs.field(factory=WatchedStore)
    extractor: SlowExtractor = attrs.field(factory=SlowExtractor)
    pushed: list[str] = attrs.field(factory=list)
    announced: int = 0
    live: bool = True
    settling_s: float = 0.0
    late: list[Turn] = attrs.field(factory=list)  # durable only once the session has settled

    def steering(self, nursery: trio.Nursery) -> Steering:
        """Steering over all that."""
        return Steering(
            nursery=nursery,
            store=self.store,
            now=lambda: NOW + trio.current_time(),
            extractor=self.extractor,
            prompt=PROMPT,
            cooldown_s=COOLDOWN_S,
            push=self.push,
            settle=self.settle,
            announce=self.announce,
        )

    def push(self, session: SessionId, text: str) -> bool:
        """What is pushed is durable already."""
        assert self.store.durable
        assert body(self.store.durable[-1])["text"] == text, "pushed before it was durable"
        self.pushed += [text] if self.live else []
        return self.live

    async def settle(self, session: SessionId) -> None:
        """Turns on their way become durable."""
        await trio.sleep(self.settling_s)
        await self.store.save(self.late)

    def announce(self, session: SessionId) -> None:
        """Followers are told of what is durable."""
        assert self.store.durable
        self.announced += 1

    async def begin(self, steering: Steering, record: SessionRecord, *said: str) -> None:
        """The session is made, and its user has said something."""
        await self.store.save([record, steering.first(record)])
        await self.say(*said)

    async def say(self, *said: str) -> None:
        """The user says more."""
        position = len(await self.store.turns(ME))
        await self.store.save([turn(position + number, text) for number, text in enumerate(said)])

    async def kept(self) -> list[dict[str, object]]:
        """What the session's developments hold."""
        return [body(development) for development in await self.store.developments(ME)]


@asynccontextmanager
async def steered(scene: Scene) -> AsyncIterator[Steering]:
    """Steering in a nursery of its own; what is under way in the end is cancelled."""
    async with trio.open_nursery() as nursery:
        yield scene.steering(nursery)
        nursery.cancel_scope.cancel()
