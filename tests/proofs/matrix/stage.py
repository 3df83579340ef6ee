"""octi whole, in memory, on virtual time, between a client and a simulated provider, both on wires that can break."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache

import attrs
import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.trio.worker_context import WorkerContext
from quart_trio import QuartTrio

from octi.answerer import Answerer
from octi.config import read_config
from octi.extraction.profile import Found
from octi.extraction.schema import ProfileSchema
from octi.front import Connection, Limits, hypercorn_config
from octi.opening import Parts, assemble
from octi.records import Extraction, SessionRecord, Turn
from octi.services import Services
from octi.session.live import LiveSessions
from octi.simulator.http import serve_connection
from octi.simulator.reading import read_text
from octi.simulator.routes import Routes
from octi.simulator.sockets import Sockets as SimulatedSockets
from octi.testing import Provider, in_memory
from octi.units import ItemId, SessionId
from octi.upstream.base import Upstream
from octi.upstream.dial import Dialled
from octi.web.sockets import Sockets
from tests.parts import Counted
from tests.proofs.matrix.caller import Caller, Dialect
from tests.proofs.matrix.storing import EPOCH, Troubled, WallClock
from tests.proofs.matrix.wires import Passes, Wire, always
from tests.providers import SIMULATED, UNUSED
from tests.streams import WindowStream, window_stream_pair

WINDOW = 1 << 16
LARGEST_MESSAGE_BYTES = 1 << 20
FUNCTION_S = 2.0  # how long a function takes, octi's own and the client's
SESSION = SessionId("5ba5842b-0000-4000-8000-000000000001")
STORY = "Once upon a time there was a fox who lived in a wood and had no shoes."

# Every turn but the last can be left out, so that a leg that begins anew knows its place.
SCENARIO = read_text(f"""
name = "matrix"
seed = 1
limit_s = 3600
refusals = "allow"

[[turn]]
hear = "hello"
say = "Good day."
optional = true

[[turn]]
hear = "weather"
heard = "What is the weather like?"
say = "It is sunny."
optional = true

[[turn]]
hear = "story"
say = "{STORY}"
latency = {{ pace = 1.0 }}
optional = true

[[turn]]
hear = "own table"
call = {{ name = "extract_profile" }}
optional = true

[[turn]]
on = "extract_profile"
say = "It is noted."
optional = true

[[turn]]
hear = "your table"
call = {{ name = "find_table" }}
optional = true

[[turn]]
on = "find_table"
say = "It is booked."
optional = true

[[turn]]
hear = "there"
say = "I am here."
""")


@attrs.define(eq=False)
class Net:
    """Where octi's dialling leads: to a simulated provider, over wires."""

    provider: Provider
    outside: trio.Nursery
    passes: Passes = always  # of the next wires
    is_away: bool = False  # nobody takes the next connection
    wires: list[Wire] = attrs.field(factory=list)
    ends: list[WindowStream] = attrs.field(factory=list)  # octi's

    async def connect(self, host: str, port: int) -> trio.abc.Stream:
        """As a TCP connection is made. Raises OSError."""
        await trio.lowlevel.checkpoint()
        if self.is_away:
            raise ConnectionRefusedError(111, "Connection refused")
        near, far = window_stream_pair(WINDOW)
        wire = Wire(far, self.outside, masks=False, passes=self.passes)
        self.wires.append(wire)
        self.ends.append(near)
        house = self.provider.house
        self.outside.start_soon(serve_connection, wire, Routes(house), SimulatedSockets(house))
        return near

    def dialled(self) -> Dialled:
        """octi's real dialling, into this net."""
        largest = LARGEST_MESSAGE_BYTES
        return Dialled(provider=SIMULATED, max_message_bytes=largest, connect=self.connect, tls=UNUSED)


@cache
def no_pages() -> ASGIWrapper:
    """What serves plain HTTP here: nothing. Making one takes a while."""
    return ASGIWrapper(QuartTrio("octi"))


async def slow_extractor(
    schema: ProfileSchema, turns: Sequence[Turn], times: Mapping[ItemId, float]
) -> dict[str, Found]:
    """Whoever reads profiles here takes a while, and finds nothing."""
    await trio.sleep(FUNCTION_S)
    return {}


@attrs.define(eq=False, kw_only=True)
class Stage:
    """One octi, and the session that faults happen to. `octi`: where its tasks live; nothing else lives there."""

    dialect: Dialect
    upstream: Upstream
    octi: trio.Nursery
    outside: trio.Nursery
    net: Net
    store: Troubled = attrs.field(factory=Troubled)
    clock: WallClock = attrs.field(factory=WallClock)
    services: Services = attrs.field(init=False)
    caller: Caller = attrs.field(init=False)
    ends: list[WindowStream] = attrs.field(factory=list)  # octi's, of its clients' wires
    over: trio.Event = attrs.field(init=False)  # octi has done with the client
    over_at: float = 0.0  # and when that was
    struck_at: float = 0.0
    told_before: int = 0  # messages, when the fault struck

    def __attrs_post_init__(self) -> None:
        self.services = self.assembled()

    def assembled(self) -> Services:
        """A node over the stage's store."""
        limits = {"OCTI_MAX_MESSAGE_BYTES": str(LARGEST_MESSAGE_BYTES), "EXTRACTION_COOLDOWN_SECONDS": "0.001"}
        return assemble(
            Parts(
                config=read_config(limits),
                store=self.store,
                answerer=Answerer(upstream=self.upstream),
                nursery=self.octi,
                live=LiveSessions(),
                now=self.clock,
                random=Counted(),
                extractor=slow_extractor,
            )
        )

    async def make_session(self) -> None:
        """Keep a session as one that was made over HTTP; its agent may call octi's own function."""
        record = SessionRecord(
            id=SESSION,
            door=self.dialect.door,
            upstream=self.upstream.name,
            model="m",
            voice="alloy",
            extraction=Extraction.TOOL,
            resumable=True,
            created_at=EPOCH,
        )
        await self.store.kept.save([record])

    def begin(self) -> None:
        """A client is connected, and has not said anything yet."""
        near, far = window_stream_pair(WINDOW)
        self.ends.append(far)
        wire = Wire(near, self.outside, masks=True)
        self.caller = Caller(self.dialect, wire, f"{self.dialect.path}?session={SESSION}", function_s=FUNCTION_S)
        self.over = trio.Event()
        self.octi.start_soon(self._serve, far, self.over)

    async def _serve(self, stream: WindowStream, over: trio.Event) -> None:
        """As the front serves a connection."""
        app, config, sockets = no_pages(), hypercorn_config(Limits()), Sockets(self.services)
        await Connection(app, config, WorkerContext(None), {}, sockets, stream).run()  # type: ignore[arg-type]  # as a socket's
        self.over_at = trio.current_time()
        over.set()

    def dial(self, most: int | None = None) -> None:
        """The client asks for its session, with so many bytes of its request."""
        self.outside.start_soon(self.caller.call, most)

    @property
    def upstream_wire(self) -> Wire:
        """The provider's end of the leg that was opened last."""
        return self.net.wires[-1]

    def strike(self) -> None:
        """The fault strikes now."""
        self.struck_at, self.told_before = trio.current_time(), len(self.caller.told)


@asynccontextmanager
async def set_stage(dialect: Dialect, upstream: Upstream | None = None) -> AsyncIterator[Stage]:
    """A stage. Behind the block everything outside of octi is gone; octi must have ended by itself."""
    async with (
        in_memory(SCENARIO, judge=False) as provider,
        trio.open_nursery() as outside,
        trio.open_nursery() as octi,
    ):
        net = Net(provider, outside)
        stage = Stage(dialect=dialect, upstream=upstream or net.dialled(), octi=octi, outside=outside, net=net)
        await stage.make_session()
        stage.begin()
        yield stage
        outside.cancel_scope.cancel(reason="the play is over")
        octi.cancel_scope.cancel(reason="the play is over")
