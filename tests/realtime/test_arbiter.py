"""Who asks for an answer, and when: the client, voice detection, tools, all of one conversation."""

from collections import deque
from math import inf
from typing import Any

import attrs
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octi.realtime.arbiter import ACTIVE, ASK, MOST_ASKED, MOST_SAYINGS, UNASKED, Arbiter, is_written
from octi.realtime.event_ids import OURS
from octi.realtime.events import Item, Part
from octi.realtime.floor import GRACE_S, LONGEST_SPEECH_S
from octi.realtime.reading import read_event, read_session
from octi.realtime.saying import SAY
from octi.realtime.steps import Steps, ToProvider
from tests.wire.conversations import event

VAD: dict[str, Any] = {"type": "server_vad"}
PCM, ULAW = "audio/pcm", "audio/pcmu"


def configuration(detection: dict[str, Any] | None, output_format: str = PCM) -> dict[str, Any]:
    return {"audio": {"input": {"turn_detection": detection}, "output": {"format": {"type": output_format}}}}


def plainly(steps: Steps) -> list[Any]:
    """What the provider is sent."""
    assert all(isinstance(step, ToProvider) for step in steps)
    return [msgspec.json.decode(step.data) for step in steps if isinstance(step, ToProvider)]


@attrs.define
class Call:
    """An arbiter on a configured leg, a provider that the test plays, and a clock that it moves."""

    arbiter: Arbiter = attrs.field(factory=Arbiter)
    now: float = 100.0

    def open(self, detection: dict[str, Any] | None = None, output_format: str = PCM) -> "Call":
        session = msgspec.Raw(msgspec.json.encode(configuration(detection, output_format)))
        self.arbiter.opened(read_session(session))
        return self

    def hears(self, kind: str, **fields: Any) -> list[Any]:
        return plainly(self.arbiter.from_provider(read_event(event(kind, **fields)), self.now))

    def begins(self, response: str = "r1", conversation: str | None = "c") -> list[Any]:
        return self.hears("response.created", response={"id": response, "conversation_id": conversation})

    def ends(self, response: str = "r1", conversation: str | None = "c") -> list[Any]:
        return self.hears("response.done", response={"id": response, "conversation_id": conversation})

    def voice(self, item: str, ms: int) -> None:
        assert self.hears("response.output_audio.delta", response_id="r1", item_id=item, delta=f"<{ms} ms>") == []

    def starts(self) -> list[Any]:
        return self.hears("input_audio_buffer.speech_started", item_id="u", audio_start_ms=0)

    def stops(self) -> list[Any]:
        return self.hears("input_audio_buffer.speech_stopped", item_id="u", audio_end_ms=0)

    def commits(self) -> list[Any]:
        return self.hears("input_audio_buffer.committed", item_id="u")

    def refused(self, event_id: str | None, code: str = ACTIVE) -> list[Any]:
        return self.hears("error", error={"code": code, "message": "No.", "event_id": event_id})

    def asks(self, event_id: str = ASK) -> list[Any]:
        return plainly(self.arbiter.ask(event_id))

    def client(self, kind: str, **fields: Any) -> Any:
        """What goes on of a client's event."""
        frame = msgspec.json.encode({"type": kind, **fields})
        sent = self.arbiter.from_client(frame)
        return "as it came" if sent is frame else msgspec.json.decode(sent)


def call(detection: dict[str, Any] | None = None, output_format: str = PCM) -> Call:
    return Call().open(detection, output_format)


def create(event_id: str = ASK) -> dict[str, str]:
    return {"type": "response.create", "event_id": event_id}


def truncate(item: str, ms: int) -> dict[str, Any]:
    where = {"item_id": item, "content_index": 0, "audio_end_ms": ms}
    return {"type": "conversation.item.truncate", "event_id": UNASKED, **where}


TOOL = "octi_tool"

# Asking


def test_where_nothing_is_under_way_an_answer_is_asked_for_at_once() -> None:
    assert call().asks() == [create()]


def test_behind_an_active_answer_it_is_asked_for_when_that_has_ended() -> None:
    """Once for all who asked, under the name of the last."""
    talk = call()
    talk.begins()
    assert talk.asks() == talk.asks(TOOL) == []
    assert talk.ends() == [create(TOOL)]
    talk.begins("r2")
    assert talk.ends("r2") == []


def test_behind_one_that_was_asked_for_it_waits_for_its_beginning_and_its_end() -> None:
    """That one may have begun before what this one is about was said."""
    talk = call()
    talk.asks()
    assert talk.asks(TOOL) == []
    assert talk.begins() == []
    assert talk.ends() == [create(TOOL)]


def test_a_client_that_asks_without_end_is_remembered_in_part() -> None:
    """The provider refuses nearly all of it; what is kept has a bound, and octi's own turn still comes."""
    talk = call()
    for number in range(MOST_ASKED * 2):
        talk.client("response.create", event_id=f"{number}" * 400)
    assert talk.asks() == []
    refusals = [talk.refused(None) for _ in range(MOST_ASKED)]
    assert refusals[:-1] == [[]] * (MOST_ASKED - 1)
    assert len(talk.arbiter._asked) == 0
    talk.begins()
    assert talk.asks() == []
    assert talk.ends() == [create()]


def test_what_is_out_of_band_stands_in_nobodys_way() -> None:
    talk = call()
    talk.begins("r1", None)
    assert talk.asks() == [create()]
    assert talk.ends("r1", None) == []


def test_an_answer_that_ends_behind_the_beginning_of_another_changes_nothing() -> None:
    talk = call()
    talk.begins("r1")
    talk.begins("r2")
    talk.asks()
    assert talk.ends("r1") == []
    assert talk.ends("r2") == [create()]


def test_what_came_too_late_is_asked_for_again() -> None:
    """Voice detection asked a moment earlier; its answer was taken for ours."""
    talk = call()
    talk.asks(TOOL)
    talk.begins()
    assert talk.refused(TOOL) == []
    assert talk.ends() == [create(TOOL)]


def test_a_refusal_that_names_nothing_is_ours_where_nobody_else_asked() -> None:
    talk = call()
    talk.asks()
    talk.begins()
    talk.refused(None)
    assert talk.ends() == [create()]


def test_what_is_refused_for_another_reason_is_not_asked_for_again() -> None:
    """But what waited behind it is asked for."""
    talk = call()
    talk.asks()
    assert talk.refused(ASK, "server_error") == []
    talk.asks()
    talk.asks(TOOL)
    assert talk.refused(ASK, "server_error") == [create(TOOL)]


def test_an_answer_that_octi_did_not_see_begin_is_waited_for() -> None:
    """As by a sideband that comes in the middle of one."""
    talk = call()
    talk.asks()
    assert talk.refused(ASK) == []
    assert talk.ends("unseen") == [create()]


def test_a_leg_takes_all_that_was_owed_with_it() -> None:
    """Whether or not it was told."""
    talk = call(VAD)
    talk.begins()
    talk.voice("a1", 100)
    talk.starts()
    talk.asks()
    talk.arbiter.lost()
    assert (talk.arbiter.active, talk.arbiter.waiting, talk.arbiter.wake_at) == (None, False, None)
    assert plainly(talk.arbiter.cancel()) == plainly(talk.arbiter.truncate("a1", 50)) == []
    assert talk.asks() == [create()]
    talk.open()
    assert talk.asks() == []  # that one waits for the new leg, and counts for it
    talk.open()
    assert talk.asks() == [create()]


# The user


@pytest.mark.parametrize("stop", [False, True])
def test_while_the_user_has_the_floor_the_answer_to_them_is_waited_for(stop: bool) -> None:
    """It answers what is asked meanwhile, too."""
    talk = call(VAD)
    talk.starts()
    if stop:
        talk.stops()
    assert talk.asks() == []
    assert not talk.arbiter.waiting
    assert talk.stops() == talk.commits() == talk.begins() == talk.ends() == []
    assert not talk.arbiter.waiting


def test_if_that_does_not_come_octi_asks() -> None:
    talk = call(VAD)
    talk.starts()
    talk.asks()
    assert talk.arbiter.wake_at == talk.now + LONGEST_SPEECH_S
    talk.now += 5
    talk.stops()
    talk.commits()
    assert talk.arbiter.wake_at == talk.now + GRACE_S
    assert plainly(talk.arbiter.wake(talk.now + GRACE_S - 0.1)) == []
    assert plainly(talk.arbiter.wake(talk.now + GRACE_S)) == [create()]
    assert talk.arbiter.wake_at is None


def test_where_nobody_asked_nobody_is_woken() -> None:
    talk = call(VAD)
    talk.starts()
    assert talk.arbiter.wake_at is None
    assert plainly(talk.arbiter.wake(1e9)) == []


def test_without_voice_detection_that_answers_nobody_waits_for_the_user() -> None:
    talk = call({**VAD, "create_response": False})
    talk.starts()
    assert talk.asks() == [create()]


def test_a_turn_that_the_client_commits_is_asked_for_at_once() -> None:
    """Voice detection does not answer that one."""
    talk = call(VAD)
    talk.starts()
    talk.arbiter.committed()
    assert talk.asks() == [create()]


def test_detection_may_be_switched_off_on_the_way() -> None:
    talk = call(VAD)
    talk.starts()
    talk.asks()
    assert talk.hears("session.updated", session=configuration(None)) == [create()]
    assert talk.arbiter.detection is None


@pytest.mark.parametrize(
    "item",
    [
        {"id": "o1", "type": "function_call_output"},
        {"id": "u2", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]},
    ],
)
def test_what_was_written_as_the_answer_began_is_asked_for_behind_it(item: dict[str, Any]) -> None:
    """It crossed that beginning on the wire: the answer cannot be to it."""
    talk = call(VAD)
    talk.starts()
    talk.stops()
    talk.asks()
    talk.begins()
    talk.hears("conversation.item.added", item=item)
    assert talk.ends() == [create()]


def test_what_is_spoken_or_the_agents_was_not_written() -> None:
    assert is_written(Item("o", "function_call_output"))
    assert is_written(Item("u", role="user", content=[Part("input_text", "a")]))
    assert is_written(Item("s", role="system", content=[Part("input_text", "a")]))
    assert not is_written(Item("u", role="user", content=[Part("input_audio")]))
    assert not is_written(Item("a", role="assistant", content=[Part("output_text", "a")]))
    assert not is_written(Item("f", "function_call"))


# The client


def test_octi_waits_for_an_answer_that_the_client_asked_for() -> None:
    """Which is to everything that was wanted before; what is wanted later is asked for later."""
    talk = call()
    assert talk.client("response.create") == "as it came"
    assert talk.asks() == []
    talk.begins()
    assert talk.ends() == [create()]


def test_an_answer_that_the_client_asked_for_later_is_to_what_waited() -> None:
    talk = call(VAD)
    talk.starts()
    talk.asks()
    talk.client("response.create")
    talk.begins()
    talk.stops()
    assert talk.ends() == []
    assert talk.arbiter.wake_at is None


def test_the_client_may_ask_out_of_band_as_it_likes() -> None:
    talk = call()
    talk.client("response.create", response={"conversation": "none"})
    assert talk.asks() == [create()]


@pytest.mark.parametrize("event_id", ["theirs", None])
def test_what_the_client_is_refused_is_its_own_business(event_id: str | None) -> None:
    """Octi neither asks in its stead nor waits for it any longer."""
    talk = call()
    talk.begins()
    talk.client("response.create", event_id=event_id)
    assert talk.refused(event_id) == []
    assert talk.ends() == []
    assert talk.asks() == [create()]


def test_a_clients_request_that_fails_is_not_waited_for() -> None:
    talk = call()
    talk.client("response.create", event_id="theirs")
    talk.asks()
    assert talk.refused("theirs", "invalid_value") == [create()]


def test_a_refusal_of_something_else_is_none_of_the_answer() -> None:
    talk = call()
    talk.asks()
    talk.refused("theirs", "invalid_value")
    assert talk.asks(TOOL) == []


def test_a_clients_commit_is_answered_when_it_asks() -> None:
    talk = call(VAD)
    talk.starts()
    assert talk.client("input_audio_buffer.commit") == "as it came"
    assert talk.asks() == [create()]


@pytest.mark.parametrize(
    "frame",
    [b'{"type":"input_audio_buffer.append","audio":"AAAA"}', b"", b"\xff", b"[]", b'{"type":"vendor.special"}'],
)
def test_everything_else_of_a_clients_passes_untouched(frame: bytes) -> None:
    talk = call()
    assert talk.arbiter.from_client(frame) is frame
    assert talk.asks() == [create()]


# Cancelling


def test_only_what_is_active_is_cancelled_and_once() -> None:
    talk = call()
    assert plainly(talk.arbiter.cancel()) == []
    talk.begins()
    assert plainly(talk.arbiter.cancel("octi_limit")) == [{"type": "response.cancel", "event_id": "octi_limit"}]
    assert plainly(talk.arbiter.cancel()) == []
    talk.ends()
    assert plainly(talk.arbiter.cancel()) == []
    talk.begins("r2")
    assert len(talk.arbiter.cancel()) == 1


@pytest.mark.parametrize(("fields", "left"), [({}, 0), ({"response_id": "r1"}, 0), ({"response_id": "r9"}, 1)])
def test_what_the_client_cancelled_is_not_cancelled_again(fields: dict[str, str], left: int) -> None:
    talk = call()
    talk.begins()
    assert talk.client("response.cancel", **fields) == "as it came"
    assert len(talk.arbiter.cancel()) == left


# Truncating


@pytest.mark.parametrize(("heard_ms", "told_ms"), [(-5, 1), (0, 1), (1, 1), (700, 700), (1000, 1000), (9999, 1000)])
def test_a_truncation_names_what_was_heard_of_what_was_sent(heard_ms: int, told_ms: int) -> None:
    talk = call()
    talk.voice("a1", 600)
    talk.voice("a1", 400)
    assert plainly(talk.arbiter.truncate("a1", heard_ms)) == [truncate("a1", told_ms)]


def test_what_has_no_voice_is_not_truncated() -> None:
    """A written answer, one restored from an earlier leg, or less than a millisecond."""
    talk = call()
    talk.hears("response.output_audio.delta", response_id="r1", item_id="a2", delta="AAA=")
    assert plainly(talk.arbiter.truncate("a1", 5)) == plainly(talk.arbiter.truncate("a2", 5)) == []


def test_telephone_audio_is_counted_as_such() -> None:
    talk = call(None, ULAW)
    talk.voice("a1", 10)  # of PCM: 480 bytes
    assert plainly(talk.arbiter.truncate("a1", 999)) == [truncate("a1", 60)]


def test_what_was_truncated_is_no_longer_there() -> None:
    talk = call()
    talk.voice("a1", 1000)
    talk.hears("conversation.item.truncated", item_id="a1", audio_end_ms=300)
    assert plainly(talk.arbiter.truncate("a1", 500)) == [truncate("a1", 300)]


@pytest.mark.parametrize(("end_ms", "told_ms"), [(1001, 1000), (1e9, 1000), (1000.5, 1000)])
def test_a_clients_truncation_beyond_what_was_sent_is_clamped(end_ms: float, told_ms: int) -> None:
    """And is otherwise what it was."""
    talk = call()
    talk.voice("a1", 1000)
    wish = {"event_id": "e1", "item_id": "a1", "content_index": 0, "x": {"y": 1}}
    assert talk.client("conversation.item.truncate", **wish, audio_end_ms=end_ms) == {
        "type": "conversation.item.truncate",
        **wish,
        "audio_end_ms": told_ms,
    }


@pytest.mark.parametrize(
    ("item", "end_ms"), [("a1", 1000), ("a1", 0), ("a1", "x"), ("a1", None), ("unknown", 5), (["a1"], 5), (None, 5)]
)
def test_any_other_truncation_of_a_clients_passes_untouched(item: Any, end_ms: Any) -> None:
    """The provider says what is wrong with it."""
    talk = call()
    talk.voice("a1", 1000)
    assert talk.client("conversation.item.truncate", item_id=item, audio_end_ms=end_ms) == "as it came"


# Whatever happens


@attrs.define
class Answer:
    """One the provider gave, to the items that its conversation held then."""

    id: str
    knows: frozenset[str]


@attrs.define
class Provider:
    """A provider that takes one answer at a time, an arbiter before it, and a wire between that takes its time.

    An answer takes longer than a frame to octi and one back: so it does not begin and end while octi writes.
    """

    arbiter: Arbiter = attrs.field(factory=Arbiter)
    up: deque[Any] = attrs.field(factory=deque)  # on the way to the provider
    down: deque[bytes] = attrs.field(factory=deque)  # on the way to octi
    items: set[str] = attrs.field(factory=set)  # in the conversation
    active: Answer | None = None
    speaking: bool = False
    answered: set[str] = attrs.field(factory=set)  # items that some answer knew
    wanted: set[str] = attrs.field(factory=set)  # items that octi asked to have answered
    seen: str | None = None  # the active answer, as far as octi was told
    asking: bool = False  # a request of octi's is unanswered
    count: int = 0

    def number(self) -> int:
        self.count += 1
        return self.count

    # Octi's side

    def octi_sends(self, steps: Steps) -> None:
        for message in plainly(steps):
            assert message["type"] == "response.create"
            assert message["event_id"].startswith(OURS)
            assert self.seen is None
            assert not self.asking
            self.asking = True
            self.up.append(message)

    def octi_asks(self) -> None:
        """A tool gives its answer, and asks for the model's."""
        item = f"item{self.number()}"
        self.wanted.add(item)
        self.up.append({"type": "item", "id": item})
        self.octi_sends(self.arbiter.ask(TOOL))

    def client_asks(self, *, named: bool) -> None:
        fields = {"event_id": f"client{self.number()}"} if named else {}
        frame = msgspec.json.encode({"type": "response.create", **fields})
        assert self.arbiter.from_client(frame) is frame
        self.up.append(msgspec.json.decode(frame))

    def octi_hears(self) -> None:
        if not self.down:
            return
        frame = self.down.popleft()
        body = msgspec.json.decode(frame)
        match body:
            case {"type": "response.created", "response": {"id": str(response), "metadata": str(author)}}:
                self.seen = response
                self.asking = self.asking and author != TOOL
            case {"type": "response.done"}:
                self.seen = None
            case {"type": "error", "error": {"event_id": event_id}}:
                self.asking = self.asking and event_id != TOOL
            case _:
                pass
        self.octi_sends(self.arbiter.from_provider(read_event(frame), float(self.number())))

    # The provider's side

    def emits(self, kind: str, **fields: Any) -> None:
        self.down.append(event(kind, **fields))

    def hears(self) -> None:
        if not self.up:
            return
        match self.up.popleft():
            case {"type": "item", "id": item}:
                self.items.add(item)
                self.emits("conversation.item.added", item={"id": item, "type": "function_call_output"})
            case {"type": "response.create", **rest} if self.active:
                error = {"code": ACTIVE, "message": "One is active.", "event_id": rest.get("event_id")}
                self.emits("error", error=error)
            case {"type": "response.create", **rest}:
                self.begins(str(rest.get("event_id")))
            case _:
                pass

    def begins(self, author: str) -> None:
        self.active = Answer(f"r{self.number()}", frozenset(self.items))
        self.answered |= self.active.knows
        response = {"id": self.active.id, "conversation_id": "c", "metadata": author}
        self.emits("response.created", response=response)

    def ends(self) -> None:
        while self.active and (self.up or self.down):
            self.hears()
            self.octi_hears()
        if self.active:
            self.emits("response.done", response={"id": self.active.id, "conversation_id": "c"})
            self.active = None

    def speech(self) -> None:
        """The user begins to speak, or is silent again and answered."""
        self.speaking = not self.speaking
        if self.speaking:
            self.emits("input_audio_buffer.speech_started", item_id="u", audio_start_ms=0)
            self.ends()
        else:
            self.emits("input_audio_buffer.speech_stopped", item_id="u", audio_end_ms=0)
            self.emits("input_audio_buffer.committed", item_id="u")
            self.ends()
            self.begins("voice detection")

    def settle(self) -> None:
        """Everything arrives, everybody falls silent, every answer ends."""
        if self.speaking:
            self.speech()
        for _ in range(6):
            while self.up or self.down:
                self.hears()
                self.octi_hears()
            self.ends()
        self.octi_sends(self.arbiter.wake(1e9))


@settings(max_examples=500)
@given(
    st.lists(st.sampled_from(["tool", "client", "anonymous", "speech", "ends"] + 3 * ["up", "down"]), max_size=60),
)
def test_octi_never_asks_out_of_turn_and_everybody_is_answered(happenings: list[str]) -> None:
    """Nobody of octi's asks while an answer is active or one is asked for, and what was asked is answered.

    Active: as far as octi was told. Answered: by an answer that began when what was asked about was there.
    """
    provider = Provider()
    provider.arbiter.opened(read_session(msgspec.Raw(msgspec.json.encode(configuration(VAD)))))
    moves = {
        "tool": provider.octi_asks,
        "client": lambda: provider.client_asks(named=True),
        "anonymous": lambda: provider.client_asks(named=False),
        "speech": provider.speech,
        "ends": provider.ends,
        "up": provider.hears,
        "down": provider.octi_hears,
    }
    for happening in happenings:
        moves[happening]()
    provider.settle()
    assert provider.wanted <= provider.answered
    assert not provider.arbiter.waiting
    assert provider.arbiter.active is None


# Octi's own words, and answers that wait for a verdict


def says(made: Call, words: str = "Not that.") -> list[Any]:
    return plainly(made.arbiter.say(words))


def test_octis_own_words_wait_their_turn_as_every_answer_does() -> None:
    """Behind the active one, and before whatever else is owed, which is asked for behind them."""
    made = call()
    made.begins("r1")
    assert made.asks() == []
    assert says(made) == []
    (own,) = made.ends("r1")
    assert own["event_id"] == SAY
    assert own["response"]["input"] == []
    made.begins("r2")
    told = [made.arbiter.says]
    assert made.ends("r2") == [create()]
    made.begins("r3")
    assert [*told, made.arbiter.says] == [True, False]


def test_octis_own_words_are_an_answer_to_nothing() -> None:
    """Whoever wanted an answer meanwhile gets one."""
    made = call()
    says(made)
    made.begins("r1")
    assert made.asks() == []
    assert made.ends("r1") == [create()]


def test_own_words_that_came_too_late_are_said_again() -> None:
    """Somebody else's answer had begun."""
    made = call()
    says(made)
    assert made.refused(SAY) == []
    made.begins("r1")
    assert [own["event_id"] for own in made.ends("r1")] == [SAY]


def test_a_conversation_does_not_rest_before_they_are_said() -> None:
    """Nor is nobody waited for."""
    made = call()
    made.begins("r1")
    says(made)
    assert made.arbiter.owes
    assert made.arbiter.rests_at == inf


def test_of_many_own_words_the_last_are_said() -> None:
    """The oldest are never said."""
    made = call()
    made.begins("r0")
    for number in range(MOST_SAYINGS + 2):
        says(made, f"No {number}.")
    said = []
    for number in range(MOST_SAYINGS):
        (own,) = made.ends(f"r{number}")
        said.append(own["response"]["instructions"].rpartition(": ")[2])
        made.begins(f"r{number + 1}")
    assert said == [f"No {number}." for number in range(2, MOST_SAYINGS + 2)]


def test_while_it_is_held_nothing_is_asked_for() -> None:
    """When it is let go, what was owed is."""
    made = call()
    made.arbiter.held = True
    assert made.asks() == []
    assert not made.arbiter.waiting
    assert plainly(made.arbiter.release()) == [create()]


def test_a_request_that_never_left_is_not_waited_for() -> None:
    """Nor is what the user wanted behind it; what a function wants, is."""
    made = call()
    made.asks()
    made.asks()
    made.arbiter.unasked(ASK)
    assert plainly(made.arbiter.release()) == []
    made.asks()
    made.asks(TOOL)
    made.arbiter.unasked(ASK)
    assert plainly(made.arbiter.release()) == [create(TOOL)]


def test_what_the_user_said_is_answered_in_voice_detections_place() -> None:
    """At once, though that would have the floor; unless they go on speaking."""
    made = call(VAD)
    made.starts()
    made.stops()
    made.commits()
    assert plainly(made.arbiter.answer()) == [create()]
    made.begins("r1")
    made.ends("r1")
    made.starts()
    assert plainly(made.arbiter.answer()) == []


def test_it_knows_how_much_of_a_voice_was_sent() -> None:
    """In milliseconds, item by item."""
    made = call()
    assert made.arbiter.sent_ms("a") == 0
    made.voice("a", 200)
    made.voice("a", 100)
    assert made.arbiter.sent_ms("a") == 300
