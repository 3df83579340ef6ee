"""The relay between a door, two legs, a ledger and a recorder; nothing in it waits."""

from collections.abc import Sequence

import attrs
import msgspec
import pytest

from octi.errors import ClientStalled, OctiError
from octi.realtime.arbiter import Arbiter
from octi.realtime.events import ServerEvent
from octi.realtime.ledger import Ledger
from octi.realtime.reading import read_event
from octi.realtime.steps import DropAudio, Heard, Renew, Step, Steps, ToClient, ToProvider
from octi.records import Row, Turn
from octi.session.recorder import Recorder
from octi.session.relay import EARLY_BYTES, Relay
from octi.store.base import Store
from octi.store.memory import MemoryStore
from octi.units import SessionId
from octi.websocket.base import Leg, LegStalled, Message
from tests.session.talks import watched

SESSION = msgspec.Raw(b"{}")


@attrs.define(eq=False)
class ToldDoor:
    """A door that does as it is told by the test; what it was asked is kept."""

    name = "told"
    renews = True
    wake_at: float | None = None
    steps: Steps = attrs.field(factory=list)  # the answer to everything
    asked: list[str] = attrs.field(factory=list)
    arbiter: Arbiter = attrs.field(factory=Arbiter)

    def _answer(self, asked: str) -> Steps:
        self.asked.append(asked)
        steps, self.steps = self.steps, []
        return steps

    def opened(self, session: msgspec.Raw) -> Steps:
        return [ToClient(b"opened"), *self._answer(f"opened {bytes(session).decode()}")]

    def lost(self) -> None:
        self.asked.append("lost")

    def from_client(self, data: bytes, *, text: bool, now: float) -> Steps:
        return self._answer(f"client {data.decode()} {text} {now:g}")

    def from_provider(self, frame: bytes, event: ServerEvent, now: float) -> Steps:
        return self._answer(f"provider {frame.decode()} {type(event).__name__} {now:g}")

    def cut(self, now: float) -> Steps:
        """Nothing plays."""
        return []

    def wake(self, now: float) -> Steps:
        return self._answer(f"wake {now:g}")

    def trouble(self, error: OctiError) -> Steps:
        return [ToClient(str(error).encode())]

    def notice(self, text: str) -> Steps:
        return [ToClient(text.encode())]


@attrs.define(eq=False)
class NotedLeg:
    """A leg's sending side, which notes everything; `stalls` makes the next message one too many."""

    sent: list[tuple[bytes, bool, bool]] = attrs.field(factory=list)
    dropped: int = 0
    stalls: bool = False
    heard_at: float = 0.0
    dropped_bytes: int = 0
    waiting_bytes: int = 0

    def send(self, data: bytes, *, text: bool = True, audio: bool = False) -> None:
        self.sent.append((data, text, audio))
        if self.stalls:
            raise LegStalled(len(data), 0)

    def drop_audio(self) -> None:
        self.dropped += 1

    @property
    def said(self) -> list[bytes]:
        return [data for data, _, _ in self.sent]


@attrs.define(eq=False)
class NotedRecorder(Recorder):
    """A recorder that stores nothing."""

    _store: Store = attrs.field(factory=MemoryStore)
    rows: list[Row] = attrs.field(factory=list)

    def keep(self, rows: Sequence[Row]) -> None:
        self.rows += rows


@attrs.define(eq=False)
class Bench:
    """A relay with everything around it."""

    door: ToldDoor = attrs.field(factory=ToldDoor)
    client: NotedLeg = attrs.field(factory=NotedLeg)
    provider: NotedLeg = attrs.field(factory=NotedLeg)
    renewals: list[Renew] = attrs.field(factory=list)
    stalls: list[LegStalled] = attrs.field(factory=list)
    ledger: Ledger = attrs.field(factory=lambda: Ledger(SessionId("s")))
    recorder: NotedRecorder = attrs.field(factory=NotedRecorder)
    relay: Relay = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.relay = Relay(
            as_leg(self.client),
            self.door,
            self.ledger,
            self.recorder,
            lambda: 7.0,
            on_renew=self.renewals.append,
            on_stall=self.stalls.append,
            watch=watched(lambda: 7.0),
        )

    def attach(self, leg: NotedLeg | None = None) -> None:
        self.relay.attach(as_leg(leg or self.provider), SESSION)

    def do(self, *steps: Step) -> None:
        """Have the door ask for steps."""
        self.relay.tell(steps)


def as_leg(leg: NotedLeg) -> Leg:
    """Only a leg's sending side is used here."""
    return leg  # type: ignore[return-value]


def speech(number: int, size: int) -> ToProvider:
    """Audio for the provider: so many bytes as an event, half as many raw."""
    return ToProvider(b"%d" % number + b"." * (size - 1), size // 2)


def test_the_door_decides_what_becomes_of_a_clients_message() -> None:
    """It is told what came, as what, and when."""
    bench = Bench()
    bench.attach()
    bench.door.steps = [ToProvider(b"up"), ToClient(b"down"), ToClient(b"sound", text=False, audio=True)]
    bench.relay.from_client(Message(b"hi", True))
    assert bench.door.asked == ["opened {}", "client hi True 7"]
    assert bench.provider.said == [b"up"]
    assert bench.client.sent[1:] == [(b"down", True, False), (b"sound", False, True)]


def test_the_door_decides_what_becomes_of_a_providers_event() -> None:
    """It gets the frame as it came, and the event in it."""
    bench = Bench()
    bench.attach()
    frame = b'{"type":"odd"}'
    bench.door.steps = [ToClient(frame)]
    bench.relay.from_provider(frame, read_event(frame))
    assert bench.door.asked[1:] == ['provider {"type":"odd"} Opaque 7']
    assert bench.client.said[1:] == [frame]


def test_a_door_that_is_woken_may_speak() -> None:
    """At the relay's time."""
    bench = Bench()
    bench.door.steps = [ToClient(b"done")]
    bench.relay.wake()
    assert (bench.door.asked, bench.client.said) == (["wake 7"], [b"done"])


def test_dropping_audio_is_for_the_clients_leg() -> None:
    """What waits for it there is stale."""
    bench = Bench()
    bench.do(DropAudio())
    assert bench.client.dropped == 1


def test_what_was_heard_is_kept_though_the_provider_never_says_so() -> None:
    """The leg may be left before it does."""
    bench = Bench()
    bench.attach()
    item = {"id": "a", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
    place = {"response_id": "r", "item_id": "a"}
    for event in (
        {"type": "conversation.item.added", "item": item},
        {"type": "response.output_audio_transcript.delta", **place, "delta": "one two"},
        {"type": "response.output_audio.delta", **place, "delta": "A" * (48 * 400 * 4 // 3)},
    ):
        frame = msgspec.json.encode(event)
        bench.door.steps = [ToClient(b"passed on")]
        bench.relay.from_provider(frame, read_event(frame))
    bench.do(Heard("a", 200))
    bench.relay.detach()
    (turn,) = [row for row in bench.recorder.rows if isinstance(row, Turn)]
    assert (turn.text, turn.generated, turn.interrupted) == ("one", "one two", True)


def test_what_comes_before_the_leg_waits_for_it_in_order() -> None:
    """Behind the message that the client may speak."""
    bench = Bench()
    bench.do(speech(1, 100), ToProvider(b"word"), speech(2, 100))
    assert bench.relay.leg is None
    bench.attach()
    assert [data[:1] for data in bench.provider.said] == [b"1", b"w", b"2"]
    assert bench.client.said == [b"opened"]
    assert bench.relay.leg is as_leg(bench.provider)


def test_the_oldest_audio_gives_way_before_the_bound() -> None:
    """And is counted as raw audio; words and commands stay."""
    bench = Bench()
    size = EARLY_BYTES // 4
    bench.do(ToProvider(b"word"), *[speech(number, size) for number in range(1, 7)])
    bench.attach()
    assert [data[:1] for data in bench.provider.said] == [b"w", b"4", b"5", b"6"]
    assert bench.relay.dropped_bytes == 3 * (size // 2)


def test_words_are_kept_beyond_the_bound() -> None:
    """A client that types a megabyte has somebody read it."""
    bench = Bench()
    bench.do(ToProvider(b"a" * EARLY_BYTES), ToProvider(b"b" * EARLY_BYTES))
    bench.attach()
    assert [len(data) for data in bench.provider.said] == [EARLY_BYTES, EARLY_BYTES]
    assert bench.relay.dropped_bytes == 0


def test_only_audio_that_was_sent_counts_as_sent() -> None:
    """The session's clock is the audio that a provider was given."""
    bench = Bench()
    bench.do(ToProvider(b"early", 48 * 100))
    assert bench.ledger.audio_in_ms == 0
    bench.attach()
    assert bench.ledger.audio_in_ms == 100
    bench.do(ToProvider(b"now", 48 * 20))
    assert bench.ledger.audio_in_ms == 120


def test_a_renewal_forgets_what_was_for_the_old_conversation() -> None:
    """What follows it is for the next."""
    bench = Bench()
    bench.attach()
    bench.do(ToProvider(b"old"), Renew(2.0), ToProvider(b"new"))
    assert bench.renewals == [Renew(2.0)]
    assert bench.door.asked[-1] == "lost"
    assert bench.provider.said == [b"old"]
    fresh = NotedLeg()
    bench.attach(fresh)
    assert fresh.said == [b"new"]


def test_a_renewal_while_no_leg_is_there_forgets_what_waits() -> None:
    """It was said before the reset."""
    bench = Bench()
    bench.do(speech(1, 1000), Renew(), ToProvider(b"new"))
    bench.attach()
    assert bench.provider.said == [b"new"]


def test_a_leg_that_is_detached_gets_nothing_more() -> None:
    """What was in flight on it is kept as it stands."""
    bench = Bench()
    bench.attach()
    place = b'"response_id":"r1","item_id":"a1","output_index":0,"content_index":0'
    for frame in (
        b'{"type":"conversation.item.added","item":{"id":"a1","type":"message","role":"assistant","content":[]}}',
        b'{"type":"response.output_audio_transcript.delta",%s,"delta":"I am about to"}' % place,
        b'{"type":"response.output_audio.delta",%s,"delta":"%s"}' % (place, b"AAAA" * 16),
    ):
        bench.door.steps = [ToClient(frame)]
        bench.relay.from_provider(frame, read_event(frame))
    bench.relay.detach()
    bench.do(ToProvider(b"later"))
    assert bench.relay.leg is None
    assert bench.provider.said == []
    assert bench.door.asked[-1] == "lost"
    (turn,) = bench.recorder.rows[-1:]
    assert isinstance(turn, Turn)
    assert (turn.text, turn.interrupted) == ("I am about to", True)


def test_a_client_that_takes_nothing_is_named() -> None:
    """Whichever side it was told something from."""
    bench = Bench(client=NotedLeg(stalls=True))
    with pytest.raises(ClientStalled, match="the client is too slow: 4 bytes are waiting"):
        bench.do(ToClient(b"down"))


def test_a_provider_that_takes_nothing_is_named() -> None:
    """To whom it concerns: the leg is of no use, and what follows waits for the next."""
    bench = Bench(provider=NotedLeg(stalls=True))
    bench.attach()
    bench.do(ToProvider(b"up"))
    assert [str(stalled) for stalled in bench.stalls] == ["is too slow: 2 bytes are waiting"]
    assert bench.relay.leg is None
