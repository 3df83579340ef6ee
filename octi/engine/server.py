"""The engine's side of one leg: the Realtime protocol as a server speaks it, over the engine's own ears and voice."""

from contextlib import aclosing
from typing import Any

import attrs
import msgspec
import trio

from octi.alarm import Alarm
from octi.clock import Now
from octi.engine import requests as ask
from octi.engine.answer import Answer
from octi.engine.base import Brain, Call, Prompt, Say, Speech
from octi.engine.hearer import Hearer
from octi.engine.items import Conversation, Entry, entry_from, new_id, sounds_in, truncate
from octi.engine.listener import Listener
from octi.engine.settings import Settings, initial, updated, voice_is_locked
from octi.errors import BadMessage, EngineFailed
from octi.units import pcm_bytes, playing_time
from octi.websocket.base import Leg, LegClosed, LegStalled, Message

BREATH = 16  # requests that one conversation handles before the others have their turn
DELTA_BYTES = pcm_bytes(100)  # of voice in one event
STALLED = 1008  # as `errors.REPLIES` has it for a client that stalled
NO_VOICE = "The speech engine is not installed here: audio cannot be heard. Typed conversations work."


@attrs.frozen
class Engine:
    """The embedded engine: everything its conversations share. `speech` None: typed conversations only."""

    speech: Speech | None
    brain: Brain
    now: Now

    async def converse(self, leg: Leg, model: str) -> None:
        """Serve one leg until it is closed. One that takes nothing is closed here: its other end may still be read."""
        try:
            async with trio.open_nursery() as nursery:
                conversation = EngineConversation(self, leg, model, nursery)
                nursery.start_soon(conversation.keep_company, name="engine idle watch")
                try:
                    await conversation.serve()
                except LegClosed:
                    nursery.cancel_scope.cancel(reason="the leg was closed")
        except* LegStalled as stalled:  # of any task: they all send
            await leg.close(STALLED, str(stalled.exceptions[0]))


class EngineConversation:
    """One conversation of the engine's."""

    def __init__(self, engine: Engine, leg: Leg, model: str, nursery: trio.Nursery) -> None:
        self.engine, self.leg, self.nursery = engine, leg, nursery
        self.settings = Settings(initial(new_id("sess"), model, engine.now()))
        self.conversation, self.conversation_id = Conversation(), new_id("conv")
        self.hearer = self._open_hearer(engine.speech) if engine.speech else None
        self.answering: Answer | None = None  # in the conversation; others may run out of band
        self._active: dict[str, Answer] = {}  # all of them, by id
        self._owed = False  # another answer is due after the active one
        self._voice_locked = False  # from the agent's first sound on
        self._told_deaf = False  # audio that cannot be heard was refused, once
        self._played_until = 0.0  # when the agent's voice so far will have been heard
        self._idle = Alarm()
        self._events = 0

    def _open_hearer(self, speech: Speech) -> Hearer:
        return Hearer(
            speech,
            Listener(speech.open_ear(), self.settings.patience),
            self.conversation,
            self.nursery,
            self.emit,
            transcribes=lambda: self.settings.transcribes,
            on_speech=self._user_speaks,
            on_turn=self._user_spoke,
        )

    async def serve(self) -> None:
        """Greet, then answer the client's events. Raises LegClosed at the end."""
        self.emit("session.created", session=self.settings.values)
        while True:
            for number, message in enumerate(await self.leg.receive(), 1):
                await self._take(message)
                if number % BREATH == 0:
                    await trio.lowlevel.checkpoint()

    def emit(self, kind: str, **fields: Any) -> None:
        """Send an event."""
        self._events += 1
        event = {"type": kind, "event_id": f"event_{self._events:06d}", **fields}
        self.leg.send(msgspec.json.encode(event))

    # Requests

    async def _take(self, message: Message) -> None:
        """Do what an event asks, or say what is wrong with it; the conversation goes on either way."""
        event_id = None
        try:
            if not message.text:
                raise BadMessage(
                    "Expected a text WebSocket message; binary frames are not supported.", code="invalid_event"
                )
            request = ask.read_request(message.data)
            event_id = request.event_id
            await self._do(request)
        except BadMessage as error:
            self._refuse(error, event_id or ask.client_event_id(message.data))

    def _refuse(self, error: BadMessage, event_id: str | None) -> None:
        body = {"type": "invalid_request_error", "code": error.code, "message": error.problem, "param": error.param}
        self.emit("error", error={**body, "event_id": event_id})

    async def _do(self, request: ask.Request) -> None:
        match request:
            case ask.Append():
                await self._append(request)
            case ask.Update():
                self._update(request.session)
            case ask.Commit():
                self._told_deaf = False
                self._hearer().commit()
            case ask.Clear():
                self._clear()
            case ask.CreateItem():
                self._create_item(request)
            case ask.RetrieveItem():
                item = self.conversation.get(request.item_id, "retrieve")
                self.emit("conversation.item.retrieved", item=item.wire())
            case ask.TruncateItem():
                self._truncate(request)
            case ask.DeleteItem():
                self.conversation.remove(self.conversation.get(request.item_id, "delete"))
                self.emit("conversation.item.deleted", item_id=request.item_id)
            case ask.CreateResponse():
                self._respond(request.response or ask.ResponseWish())
            case ask.CancelResponse():
                self._cancel(request.response_id)
            case ask.ClearOutput():
                raise AssertionError("read_request refuses it")

    async def _append(self, request: ask.Append) -> None:
        """Hear; without ears, say so once, and not for every 20 ms of a microphone."""
        if self.hearer:
            await self.hearer.append(request.audio, over_agent=trio.current_time() < self._played_until)
        elif not self._told_deaf:
            self._told_deaf = True
            self._hearer()

    def _clear(self) -> None:
        self._told_deaf = False
        if self.hearer:
            self.hearer.clear()
        else:
            self.emit("input_audio_buffer.cleared")  # nothing was heard, so nothing is left

    def _hearer(self) -> Hearer:
        if self.hearer is None:
            raise BadMessage(NO_VOICE, "type", "engine_missing")
        return self.hearer

    def _update(self, change: dict[str, Any]) -> None:
        self.settings = Settings(updated(self.settings.values, change, voice_locked=self._voice_locked))
        self._told_deaf = False
        if self.hearer:
            self.hearer.listener.listen(self.settings.patience)
        self.emit("session.updated", session=self.settings.values)

    def _create_item(self, request: ask.CreateItem) -> None:
        entry, sounds = entry_from(request.item), sounds_in(request.item)
        hearer = self._hearer() if sounds else None
        previous = self.conversation.add_from_client(entry, request.previous_item_id)
        self.emit("conversation.item.added", previous_item_id=previous, item=entry.wire())
        self.emit("conversation.item.done", previous_item_id=previous, item=entry.wire())
        if hearer:
            hearer.read(entry, sounds)

    def _truncate(self, request: ask.TruncateItem) -> None:
        entry = self.conversation.get(request.item_id, "truncate")
        if request.content_index:
            raise BadMessage("The engine's items have one part: the only content_index is 0.", "content_index")
        truncate(entry, request.audio_end_ms)
        self._played_until = trio.current_time()  # whoever truncates has stopped playing
        self._await_user()
        place = {"content_index": request.content_index, "audio_end_ms": request.audio_end_ms}
        self.emit("conversation.item.truncated", item_id=request.item_id, **place)

    # The user

    def _user_speaks(self) -> None:
        if self.settings.detects("interrupt_response"):
            self._owed = False  # the turn that begins now will have an answer to all of it
            self._played_until = trio.current_time()  # whoever plays it stops now
            if self.answering:
                self._cut(self.answering, "turn_detected")
        self._idle.move(None)

    def _user_spoke(self) -> None:
        if self.settings.detects("create_response"):
            self._owed = self.answering is not None  # an answer that must not be interrupted comes first
            if not self._owed:
                self._respond(ask.ResponseWish())

    async def keep_company(self) -> None:
        """Speak up when the user says nothing for `idle_timeout_ms` after the agent was heard; returns never."""
        while True:
            await self._idle.wait()
            if self.hearer and not self._somebody_speaks() and (waited := self.settings.idle_timeout_ms):
                self.hearer.add_silence(waited)
                self._user_spoke()

    def _somebody_speaks(self) -> bool:
        return self.answering is not None or (self.hearer is not None and self.hearer.listener.speaking)

    # The agent

    def _respond(self, wish: ask.ResponseWish) -> None:
        """Begin an answer. Raises BadMessage if one is active already."""
        in_band = wish.conversation == "auto"
        if in_band and self.answering:
            raise BadMessage(
                f"Conversation already has an active response in progress: {self.answering.id}. "
                "Wait until the response is finished before creating a new one.",
                code="conversation_already_has_active_response",
            )
        answer, entries = self._answer(wish, in_band=in_band), self._context(wish)
        self._active[answer.id] = answer
        if in_band:
            self.answering = answer
            self._idle.move(None)
        answer.begin()
        self.nursery.start_soon(self._make, answer, wish, entries, name=f"engine answer {answer.id}")

    def _context(self, wish: ask.ResponseWish) -> list[Entry]:
        """What is answered to: the items as they stand now, or the wish's own. Words may still be missing in them."""
        if wish.input is None:
            return list(self.conversation.entries)
        entries = self.conversation.input_of(wish.input)
        sounds = [sounds_in(item, f"response.input[{index}]") for index, item in enumerate(wish.input)]
        for entry, found in zip(entries, sounds, strict=True):
            if found:
                self._hearer().read(entry, found)
        return entries

    def _answer(self, wish: ask.ResponseWish, *, in_band: bool) -> Answer:
        voice = self.settings.voice_for(wish)
        if in_band and self._voice_locked and voice != self.settings.voice:
            raise voice_is_locked("response.audio.output.voice")
        modalities = wish.output_modalities or self.settings.values["output_modalities"]
        return Answer(
            self.emit,
            self.conversation if in_band else None,
            self.conversation_id if in_band else None,
            audible=modalities == ["audio"] and self.engine.speech is not None,
            voice=voice,
            metadata=wish.metadata,
            max_output_tokens=wish.max_output_tokens or self.settings.values["max_output_tokens"],
        )

    async def _make(self, answer: Answer, wish: ask.ResponseWish, entries: list[Entry]) -> None:
        with answer.scope:
            try:
                if self.hearer:
                    await self.hearer.wait_heard(entries)
                await self._speak(answer, self._prompt(answer, wish, entries))
                self._end(answer, "completed")
            except EngineFailed as error:
                body = {"type": "server_error", "code": "engine_failed", "message": str(error)}
                self._end(answer, "failed", error=body)

    def _prompt(self, answer: Answer, wish: ask.ResponseWish, entries: list[Entry]) -> Prompt:
        prompt = self.settings.prompt(wish, entries, self.engine.now())
        answer.read(prompt.instructions, entries)
        return prompt

    async def _speak(self, answer: Answer, prompt: Prompt) -> None:
        async with aclosing(self.engine.brain.answer(prompt)) as sayings:
            space = ""  # between two sentences of one item
            async for piece in sayings:
                match piece:
                    case Say(text):
                        await self._say(answer, space + text)
                        space = " "
                    case Call(name, arguments):
                        answer.call(name, dict(arguments))
                        space = ""

    async def _say(self, answer: Answer, text: str) -> None:
        """One sentence: its words, then its sound in pieces, no faster than the leg takes them."""
        speech = self.engine.speech
        if speech is None or not answer.audible:
            answer.words(text)
            return
        pcm = await speech.synthesise(text.strip(), voice=answer.voice, speed=self.settings.speed)
        answer.words(text)
        for start in range(0, len(pcm), DELTA_BYTES):
            if answer.done:  # cut while it waited, and not yet told so by its scope
                return
            self._utter(answer, pcm[start : start + DELTA_BYTES])
            await self.leg.wait_room()

    def _utter(self, answer: Answer, pcm: bytes) -> None:
        answer.sound(pcm)
        self._voice_locked |= answer is self.answering
        self._played_until = max(self._played_until, trio.current_time()) + playing_time(len(pcm)) / 1000

    def _cancel(self, response_id: str | None) -> None:
        answer = self.answering if response_id is None else self._active.get(response_id)
        if answer is None:
            raise BadMessage("Cancellation failed: no active response found", code="response_cancel_not_active")
        self._cut(answer, "client_cancelled")

    def _cut(self, answer: Answer, reason: str) -> None:
        """Stop an answer: what is open is closed before anything else is said."""
        answer.scope.cancel(reason=reason)
        self._end(answer, "cancelled", reason)

    def _end(self, answer: Answer, status: str, reason: str | None = None, error: dict[str, str] | None = None) -> None:
        if self._active.pop(answer.id, None) is None:
            return
        answer.end(status, reason, error)
        limit = {"name": "tokens", "limit": 1_000_000, "remaining": 1_000_000, "reset_seconds": 0}
        self.emit("rate_limits.updated", rate_limits=[limit])
        if answer is self.answering:
            self.answering = None
            self._await_user()
            if self._owed:
                self._owed = False
                self._respond(ask.ResponseWish())

    def _await_user(self) -> None:
        """Speak up again some time after the voice so far was heard; not while the user is speaking."""
        timeout, over = self.settings.idle_timeout_ms, max(self._played_until, trio.current_time())
        self._idle.move(None if timeout is None or self._somebody_speaks() else over + timeout / 1000)
