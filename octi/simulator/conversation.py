"""A scripted conversation as the Realtime wire tells it: client events and turns in, server events out.

Pure: nothing here waits. What takes time in a real conversation happens in beats: `advance` does the next one of
everything under way, and whoever holds the conversation decides how much time lies between two beats.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

from octi.engine import requests as ask
from octi.engine.base import Called, Say
from octi.engine.items import Conversation, Entry, entry_from, sounds_in, truncate, user_voice
from octi.engine.listener import Listener
from octi.engine.settings import Settings, updated, voice_is_locked
from octi.engine.turn_taking import Change
from octi.errors import BadMessage
from octi.realtime.saying import words_to_say
from octi.simulator.agent import Agent, Answering, Asked
from octi.simulator.answer import Answer, Manner, manner_of, tokens
from octi.simulator.hearing import LoudnessEar, Receiver
from octi.simulator.ids import Ids
from octi.simulator.mischief import Event, Out
from octi.simulator.opening import Opening
from octi.simulator.refusals import binary, error_of, not_answering, still_answering, too_little
from octi.simulator.script import AgentStep, Says
from octi.simulator.transcription import Transcription

REFUSED = "refused"
SMALLEST_COMMIT_MS = 100
SPOKEN_WORD_MS = 300  # of the caller's voice in a call
BETWEEN_TURNS_MS = 500


class Told(NamedTuple):
    """What a client's event leads to: for its sender alone, and for everybody who listens.

    `kind`: the event's type, or REFUSED.
    """

    kind: str
    sender: list[Out]
    everybody: list[Out]


class ScriptedConversation:
    """One conversation, by a script. `call`: its media runs elsewhere, and several clients may listen in.

    Raises BadMessage for an opening that cannot be.
    """

    def __init__(
        self, opening: Opening, ids: Ids, agent: Iterable[AgentStep], said: Iterable[Says], *, call: bool
    ) -> None:
        self.opening, self.ids, self.call = opening, ids, call
        self.settings = Settings(opening.values(ids.next("sess")))
        self.items, self.id = Conversation(), ids.next("conv")
        self.answered = 0  # answers that called no function
        self.instructed: list[str] = []  # each text that an update brought, where it was another one
        self._agent: Answering = Agent(deque(agent), deque(said))
        self._receiver, self._listener = Receiver(), Listener(LoudnessEar(), self.settings.patience)
        self._clock_ms = 0  # of a call's media
        self._turn: Iterator[None] | None = None  # of the caller, begun and not over
        self._answers: list[Answer] = []  # one in band at most
        self._words = Transcription()
        self._owed = False  # another answer is due after the active one
        self._voice_locked = False
        self._events, self._beats = 0, 0
        self._out: list[Out] = []

    # In and out

    @property
    def active(self) -> Answer | None:
        """The response that writes the conversation."""
        return next((answer for answer in self._answers if answer.items), None)

    @property
    def busy(self) -> bool:
        """Will `advance` do anything?"""
        return bool(self._turn or self._answers or self._words)

    def pending(self) -> dict[str, float | None]:
        """What `advance` would do, by name, and in how many seconds; None: in as many as whoever holds this thinks."""
        return {f"beat.{self._beats}": None} if self.busy else {}

    def greeting(self) -> list[Out]:
        """What a socket of its own hears first; one that joins a call hears nothing (peers 5.2)."""
        self._emit("session.created", session=self.settings.values)
        return self._taken()

    def take(self, data: bytes, *, text: bool = True) -> Told:
        """A client's event, done or refused."""
        alone: list[Out] = []
        kind, event_id = REFUSED, None
        try:
            if not text:
                raise binary()
            request = ask.read_request(data)
            event_id = request.event_id
            if isinstance(request, ask.RetrieveItem):
                item = self.items.get(request.item_id, "retrieve")
                alone.append(self._event("conversation.item.retrieved", item=item.wire()))
            else:
                self._do(request)
            kind = str(request.__struct_config__.tag)
        except BadMessage as error:
            alone.append(self._event("error", error=error_of(error, event_id or ask.client_event_id(data))))
        return Told(kind, alone, self._taken())

    def hear(self, said: Says) -> list[Out]:
        """The caller of a call begins a turn; the rest of it is the next beat."""
        while self._turn:
            self._end_turn()
        self._turn = self._spoken(said)
        next(self._turn)
        return self._taken()

    def advance(self, due: Collection[str] = ()) -> list[Out]:
        """The next beat of everything under way. `due`: of what is pending; here it is all one."""
        self._beats += 1
        self._end_turn()
        for answer in list(self._answers):
            if not answer.done:
                self._step(answer)
        self._words.tell(self._emit, answering=self.active is not None, asked_for=self.settings.transcribes)
        return self._taken()

    def _next_id(self, kind: str) -> str:
        """The next id; not one that a client chose, as one does that replays what an earlier simulator told it."""
        while self.items.find(fresh := self.ids.next(kind)):
            pass
        return fresh

    def _taken(self) -> list[Out]:
        out, self._out = self._out, []
        return out

    def _event(self, kind: str, **fields: Any) -> Event:
        self._events += 1
        return {"type": kind, "event_id": f"event_{self._events:06d}", **fields}

    def _emit(self, kind: str, **fields: Any) -> None:
        self._out.append(self._event(kind, **fields))

    # Requests

    def _do(self, request: ask.Request) -> None:
        match request:
            case ask.Append():
                self._append(request.audio)
            case ask.Commit():
                self._commit()
            case ask.Clear():
                self.items.announced = None
                self._listener.take()
                self._emit("input_audio_buffer.cleared")
            case ask.Update():
                self._update(request.session)
            case ask.CreateItem():
                self._create(request)
            case ask.TruncateItem():
                truncate(self.items.get(request.item_id, "truncate"), request.audio_end_ms)
                place = {"content_index": request.content_index, "audio_end_ms": request.audio_end_ms}
                self._emit("conversation.item.truncated", item_id=request.item_id, **place)
            case ask.DeleteItem():
                self.items.remove(self.items.get(request.item_id, "delete"))
                self._emit("conversation.item.deleted", item_id=request.item_id)
            case ask.CreateResponse():
                self._respond(request.response or ask.ResponseWish())
            case ask.CancelResponse():
                self._cancel(request.response_id)
            case ask.RetrieveItem() | ask.ClearOutput():
                raise AssertionError("`take` does the one, `read_request` refuses the other")

    def _update(self, change: dict[str, Any]) -> None:
        before = self.settings.values["instructions"]
        self.settings = Settings(updated(self.settings.values, change, voice_locked=self._voice_locked))
        self._listener.listen(self.settings.patience)
        if (text := self.settings.values["instructions"]) != before:
            self.instructed.append(text)
        self._emit("session.updated", session=self.settings.values)

    def _create(self, request: ask.CreateItem) -> None:
        request.item.id = request.item.id or self._next_id("item")
        if request.item.type == "function_call":
            request.item.call_id = request.item.call_id or self.ids.next("call")
        entry, voice = entry_from(request.item), sounds_in(request.item, kind=self.settings.input_format)
        self._added(entry, self.items.add_from_client(entry, request.previous_item_id))
        if voice and not entry.words:
            self._words.know(entry, self._agent.words())

    def _added(self, entry: Entry, previous: str | None) -> None:
        self._emit("conversation.item.added", previous_item_id=previous, item=entry.wire())
        self._emit("conversation.item.done", previous_item_id=previous, item=entry.wire())

    # The caller of a call

    def _spoken(self, said: Says) -> Iterator[None]:
        """A turn: its beginning is told at once, its end with the next beat."""
        began, item = self._clock_ms, self._next_id("item")
        length = SPOKEN_WORD_MS * len(said.say.split())
        self._clock_ms += length + BETWEEN_TURNS_MS
        detected = self.settings.detection is not None  # else the browser commits, and asks for the answer
        if detected:
            self._begin_speech(item, began)
        yield
        if detected and self.items.announced == item:
            self._emit("input_audio_buffer.speech_stopped", item_id=item, audio_end_ms=began + length)
        self._commit_turn(said, length, item)
        if detected:
            self._turn_over()
        elif not self.active:
            self._respond(ask.ResponseWish())

    def _end_turn(self) -> None:
        turn, self._turn = self._turn, None
        if turn:
            next(turn, None)

    # The voice of a socket's client

    def _append(self, audio: str) -> None:
        pcm = self._receiver.take(audio, self.settings.input_format)
        for change in self._listener.hear(pcm, over_agent=False):
            if change is Change.STARTED:
                self._begin_speech(self._next_id("item"), self._listener.speech_began_ms)
            elif change is Change.STOPPED:
                end = {"item_id": self.items.announced, "audio_end_ms": self._listener.now_ms}
                self._emit("input_audio_buffer.speech_stopped", **end)
                self._take_turn()
                self._turn_over()

    def _commit(self) -> None:
        buffered = self._listener.buffered_ms
        if buffered < SMALLEST_COMMIT_MS:
            raise too_little(buffered)
        self._take_turn()

    def _take_turn(self) -> None:
        said = self._agent.words()
        self._commit_turn(said, self._listener.buffered_ms, self.items.announced or self._next_id("item"))
        self._listener.take()

    # Turns

    def _begin_speech(self, item: str, at_ms: int) -> None:
        self.items.announced = item
        self._emit("input_audio_buffer.speech_started", item_id=item, audio_start_ms=at_ms)
        if self.settings.detects("interrupt_response"):
            self._owed = False
            if self.active:
                self._end(self.active, "cancelled", {"reason": "turn_detected"})

    def _commit_turn(self, said: Says, length_ms: int, item: str) -> None:
        entry = user_voice(item)
        self.items.announced = None
        previous = self.items.add(entry)
        self._emit("input_audio_buffer.committed", item_id=item, previous_item_id=previous)
        self._added(entry, previous)
        self._words.add(entry, said, length_ms, self._heard_s(said))

    def _turn_over(self) -> None:
        if self.settings.detects("create_response"):
            self._owed = self.active is not None
            if not self._owed:
                self._respond(ask.ResponseWish())

    # The agent

    def _respond(self, wish: ask.ResponseWish) -> None:
        in_band = wish.conversation == "auto"
        if in_band and (active := self.active):
            raise still_answering(active.id)
        entries = self._context(wish)
        prompt = self.settings.prompt(wish, entries, self.opening.now)
        asked = Asked(
            instructions=prompt.instructions,
            turns=self._words.turns(entries),
            functions=[tool.name for tool in prompt.tools],
            tool_choice=prompt.tool_choice,
            outputs=[line for line in prompt.history if isinstance(line, Called) and line.output is not None],
        )
        manner = self._manner(wish, asked, in_band=in_band)  # may be refused, before the script's step is used up
        told = words_to_say(prompt.instructions)  # as a model does that does what it is told
        plan = Say(told) if told else self._agent.answer(asked, scripted=in_band)
        answer = Answer(
            self.ids.next("resp"),
            plan,
            self._timed(manner),
            self.items if in_band else None,
            self.id if in_band else None,
            self._emit,
            self._next_id,
        )
        self._answers.append(answer)
        answer.begin()

    def _timed(self, manner: Manner) -> Manner:
        return manner  # as fast as whoever holds this has it

    def _heard_s(self, said: Says) -> float:
        return 0.0

    def _manner(self, wish: ask.ResponseWish, asked: Asked, *, in_band: bool) -> Manner:
        if in_band and self._voice_locked and self.settings.voice_for(wish) != self.settings.voice:
            raise voice_is_locked("response.audio.output.voice")
        read = tokens(asked.instructions) + sum(tokens(turn.text) for turn in asked.turns)
        return manner_of(self.settings, wish, sounds=not self.call, input_tokens=read)

    def _context(self, wish: ask.ResponseWish) -> list[Entry]:
        if wish.input is None:
            return list(self.items.entries)
        for item in wish.input:
            item.id = item.id or self._next_id("item")
        return self.items.input_of(wish.input)

    def _step(self, answer: Answer) -> None:
        answer.step()
        self._voice_locked |= answer.spoken and answer.items is not None
        if answer.done:
            self._over(answer)

    def _cancel(self, response_id: str | None) -> None:
        found = [answer for answer in self._answers if response_id in {None, answer.id}]
        answer = self.active if response_id is None else next(iter(found), None)
        if answer is None:
            raise not_answering()
        self._end(answer, "cancelled", {"reason": "client_cancelled"})

    def _end(self, answer: Answer, status: str, details: dict[str, Any]) -> None:
        answer.end(status, details)
        self._over(answer)

    def _over(self, answer: Answer) -> None:
        self._answers.remove(answer)
        if answer.items is None:
            return
        self.answered += all(entry.type != "function_call" for entry in answer.output)
        if self._owed:
            self._owed = False
            self._respond(ask.ResponseWish())

    def transcript(self) -> list[dict[str, str]]:
        """What was said, as the conversation itself knows it."""
        turns = self._words.turns(self.items.entries)
        return [{"item": turn.item, "role": str(turn.role), "text": turn.text} for turn in turns]
