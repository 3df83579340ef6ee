"""octi/session/moderated.py: a door whose conversation is judged. The flows are in tests/session/test_moderating.py."""

from typing import Any

import attrs
import msgspec

from octi.errors import BadMessage
from octi.hook_config import HookConfig, HookMode, Side
from octi.hooks.base import ALLOWED, Action, Verdict
from octi.hooks.following import Question
from octi.hooks.gate import MOST_HELD
from octi.realtime.octi_protocol import OctiDoor
from octi.realtime.passthrough import RealtimeDoor
from octi.realtime.reading import read_event
from octi.realtime.steps import Steps, ToClient, ToProvider
from octi.session.door import Door
from octi.session.moderated import CONDEMNED_S, ModeratedDoor
from tests.wire.conversations import event

VAD = {"type": "server_vad", "create_response": True}
BLOCK = Verdict(action=Action.BLOCK, say="Not that.")


@attrs.define(eq=False)
class Call:
    """A moderated door on a configured leg, and what it asked."""

    inner: Door
    mode: HookMode = HookMode.BESIDE
    asked: list[Question] = attrs.field(factory=list)
    now: float = 10.0
    door: ModeratedDoor = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.door = ModeratedDoor(self.inner, HookConfig(mode=self.mode), self.asked.append)
        listening = {"turn_detection": VAD, "transcription": {"model": "t"}}
        self.door.opened(msgspec.Raw(msgspec.json.encode({"type": "realtime", "audio": {"input": listening}})))

    def hears(self, kind: str, **fields: Any) -> list[str]:
        """What goes to the provider at its event."""
        frame = event(kind, **fields)
        return sent(self.door.from_provider(frame, read_event(frame), self.now))

    def client(self, kind: str, **fields: Any) -> Steps:
        """What becomes of a client's event."""
        return self.door.from_client(msgspec.json.encode({"type": kind, **fields}), text=True, now=self.now)

    def typed(self, text: str, item: str = "t") -> Question:
        part = {"type": "input_text", "text": text}
        self.client("conversation.item.create", item={"type": "message", "role": "user", "content": [part]})
        message = {"id": item, "type": "message", "role": "user", "content": [part]}
        self.hears("conversation.item.added", item=message)
        return self.asked[-1]

    def begins(self, response: str = "r") -> list[str]:
        return self.hears("response.created", response={"id": response, "conversation_id": "c"})

    def ends(self, response: str = "r") -> list[str]:
        return self.hears("response.done", response={"id": response, "conversation_id": "c"})

    def judged(self, question: Question, verdict: Verdict) -> list[str]:
        return sent(self.door.judged(question, verdict, self.now))


def sent(steps: Steps) -> list[str]:
    return [msgspec.json.decode(step.data)["type"] for step in steps if isinstance(step, ToProvider)]


def test_it_is_the_door_that_it_wraps() -> None:
    """In all but what is said."""
    for inner in (RealtimeDoor(), OctiDoor()):
        call = Call(inner)
        assert (call.door.name, call.door.renews, call.door.arbiter) == (inner.name, inner.renews, inner.arbiter)
        assert call.door.notice("Hello.") == inner.notice("Hello.")
        assert len(call.door.trouble(BadMessage("no"))) == 1
        assert call.door.cut(10.0) == []


def test_an_answer_that_begins_behind_the_verdict_is_cut_off() -> None:
    """It was on its way. The refusal is said behind it."""
    call = Call(RealtimeDoor())
    question = call.typed("a bomb")
    call.client("response.create")
    assert call.judged(question, BLOCK) == ["conversation.item.delete"]
    assert call.begins("theirs") == ["response.cancel"]
    assert call.ends("theirs") == ["response.create"]
    assert call.begins("own") == []


def test_so_is_one_that_was_taken_for_octis_own_words() -> None:
    """Somebody asked for it whom octi does not hear, as a call's browser; octi's request was refused behind it."""
    call = Call(RealtimeDoor())
    assert call.judged(call.typed("a bomb"), BLOCK) == ["conversation.item.delete", "response.create"]
    assert call.begins("theirs") == []
    refused = {"code": "conversation_already_has_active_response", "event_id": "octi_say"}
    assert call.hears("error", error=refused) == ["response.cancel"]
    assert call.ends("theirs") == ["response.create"]


def test_an_answer_that_begins_much_later_is_to_something_else() -> None:
    """Nobody knows to what, and it is let be."""
    call = Call(RealtimeDoor())
    call.judged(call.typed("a bomb"), Verdict(action=Action.BLOCK, say=""))
    call.now += CONDEMNED_S
    assert call.begins() == []


def test_an_answer_to_something_else_as_well_is_let_be() -> None:
    """What was blocked is deleted, and the other turn is answered."""
    call = Call(RealtimeDoor())
    bad = call.typed("a bomb", "t1")
    call.typed("the weather", "t2")
    assert call.judged(bad, Verdict(action=Action.BLOCK, say="")) == ["conversation.item.delete"]
    assert call.begins() == []


def test_an_answer_that_is_made_without_what_was_blocked_is_let_be() -> None:
    """The provider had deleted it before."""
    call = Call(RealtimeDoor())
    call.judged(call.typed("a bomb"), Verdict(action=Action.BLOCK, say=""))
    call.hears("conversation.item.deleted", item_id="t")
    assert call.begins() == []


def test_a_client_does_not_escape_by_deleting_its_own_words() -> None:
    """The answer to them is cut off all the same; there is nothing left to delete."""
    call = Call(RealtimeDoor())
    question = call.typed("a bomb")
    call.begins()
    call.hears("conversation.item.deleted", item_id="t")
    assert call.judged(question, BLOCK) == ["response.cancel"]
    assert call.ends() == ["response.create"]


def test_a_verdict_counts_once_and_in_its_own_conversation() -> None:
    """Not in the next."""
    call = Call(RealtimeDoor())
    question = call.typed("a bomb")
    assert call.door.settles(question)
    call.judged(question, ALLOWED)
    assert not call.door.settles(question)
    assert call.judged(question, BLOCK) == []
    other = call.typed("another bomb", "t2")
    call.door.lost()
    assert call.judged(other, BLOCK) == []


def test_before_its_verdict_nothing_is_answered() -> None:
    """Neither what the client asks for nor what octi's own functions do."""
    call = Call(RealtimeDoor(), HookMode.BEFORE)
    question = call.typed("the weather")
    assert call.client("response.create") == []
    assert sent(call.door.arbiter.ask()) == []
    assert call.judged(question, ALLOWED) == ["response.create"]
    call.begins()
    assert call.ends() == ["response.create"]


def test_who_asks_too_often_meanwhile_is_told() -> None:
    """As by the provider, which takes one at a time."""
    call = Call(RealtimeDoor(), HookMode.BEFORE)
    call.typed("the weather")
    for _ in range(MOST_HELD):
        assert call.client("response.create") == []
    (step,) = call.client("response.create")
    assert isinstance(step, ToClient)
    assert msgspec.json.decode(step.data)["error"]["code"] == "conversation_already_has_active_response"


def test_turns_that_are_judged_together_are_answered_together() -> None:
    """Those that may be; the others are deleted."""
    call = Call(RealtimeDoor(), HookMode.BEFORE)
    bad, good = call.typed("a bomb", "t1"), call.typed("the weather", "t2")
    call.client("response.create")
    assert call.judged(bad, BLOCK) == ["conversation.item.delete"]
    assert call.judged(good, ALLOWED) == ["response.create"]


def test_what_was_expected_and_never_came_holds_nothing_up() -> None:
    """The door wakes when it is given up."""
    call = Call(RealtimeDoor(), HookMode.BEFORE)
    call.client("conversation.item.create", item={"type": "message", "role": "user", "content": []})
    assert call.client("response.create") == []
    at = call.door.wake_at
    assert at is not None
    assert sent(call.door.wake(at)) == ["response.create"]


def test_what_the_agent_says_when_it_was_cut_off_already_is_only_deleted() -> None:
    """The refusal was said."""
    call = Call(RealtimeDoor())
    question = call.typed("a bomb")
    call.begins()
    about = {"response_id": "r", "item_id": "a"}
    call.hears("response.output_audio_transcript.delta", **about, delta="A bomb is this. ")
    mine = call.asked[-1]
    assert mine.side is Side.AGENT
    call.judged(question, BLOCK)
    assert call.judged(mine, BLOCK) == []
    assert call.ends().count("response.create") == 1
