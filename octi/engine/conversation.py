"""The engine's side of one leg: the Realtime protocol as a server speaks it, over the engine's own ears and voice."""

from typing import Any

import attrs
import trio

from octi.engine import requests as ask
from octi.engine.answer import Answer
from octi.engine.base import Occasion, Prompt
from octi.engine.company import Company
from octi.engine.complaints import already_answering, too_many_answers
from octi.engine.deaf import Deaf
from octi.engine.delivery import Delivery
from octi.engine.dues import Dues
from octi.engine.exchange import Exchange
from octi.engine.formats import open_outlet
from octi.engine.hearer import Hearer
from octi.engine.items import Conversation, Entry, entry_from, new_id, sounds_in, truncate
from octi.engine.leaving import Leaving
from octi.engine.listener import Listener
from octi.engine.means import Means
from octi.engine.playback import Playback
from octi.engine.settings import Settings, initial, updated, voice_is_locked
from octi.engine.share import Share
from octi.errors import BadMessage, EngineFailed
from octi.websocket.base import Leg

MOST_ANSWERS = 32  # in the making, nearly all of them out of band


class EngineConversation:
    """One conversation of the engine's. `session`: its id."""

    def __init__(self, means: Means, leg: Leg, session: str, model: str, nursery: trio.Nursery) -> None:
        self.means, self.leg, self.nursery = means, leg, nursery
        self._exchange = Exchange(leg)
        self.emit = self._exchange.emit
        self.settings = Settings(initial(session, model, means.now()), means.language)
        self.conversation, self.conversation_id = Conversation(), new_id("conv")
        self.hearer = self._open_hearer(means.speech) if means.speech else Deaf(self.emit)
        self.answering: Answer | None = None  # in the conversation; others may run out of band
        self._active: dict[str, Answer] = {}  # all of them, by id
        self._dues, self._playback = Dues(), Playback()
        self._voice_locked = False  # from the agent's first sound on
        self._answered_at = trio.current_time()  # or, at first, when the conversation began
        self._company, self._leaving = Company(self._audio_ms, self._user_is_silent), Leaving(leg)
        self.keep_company, self.keep_leaving = self._company.keep, self._leaving.keep

    def _open_hearer(self, speech: Share) -> Hearer:
        return Hearer(
            speech,
            Listener(speech.open_ear(), self.settings.patience),
            self.conversation,
            self.nursery,
            self.emit,
            on_speech=self._user_speaks,
            on_turn=self._user_spoke,
            on_words=self._user_was_understood,
            listening=self.settings.listening,
        )

    async def serve(self) -> None:
        """Greet, then answer the client's events. Raises LegClosed at the end."""
        self.emit("session.created", session=self.settings.values)
        await self._exchange.serve(self._do)

    # Requests

    async def _do(self, request: ask.Request) -> None:
        match request:
            case ask.Append():
                await self._append(request)
            case ask.Update():
                self._update(request.session)
            case ask.Commit():
                self.hearer.commit()
            case ask.Clear():
                self.hearer.clear()
                self._answer_dues()  # which waited for the speech that is forgotten now
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
        over_agent = self._playback.heard(trio.current_time())
        await self.hearer.append(request.audio, over_agent=over_agent, echo=self._hears_itself)

    def _update(self, change: dict[str, Any]) -> None:
        values = updated(self.settings.values, change, voice_locked=self._voice_locked)
        self.settings = Settings(values, self.means.language)
        self.hearer.listen(self.settings.listening)
        self.emit("session.updated", session=self.settings.values)
        if self.means.brain.silence_s is not None:  # it may have the first word, once it knows in which voice
            self._await_user()

    def _create_item(self, request: ask.CreateItem) -> None:
        entry, sounds = entry_from(request.item), sounds_in(request.item, kind=self.settings.input_format)
        self.hearer.expect(sounds, param="item")
        previous = self.conversation.add_from_client(entry, request.previous_item_id)
        self.emit("conversation.item.added", previous_item_id=previous, item=entry.wire())
        self.emit("conversation.item.done", previous_item_id=previous, item=entry.wire())
        if sounds:
            self.hearer.read(entry, sounds)

    def _truncate(self, request: ask.TruncateItem) -> None:
        entry = self.conversation.get(request.item_id, "truncate")
        if request.content_index:
            raise BadMessage("The engine's items have one part: the only content_index is 0.", "content_index")
        truncate(entry, request.audio_end_ms)
        self._playback.truncate(request.item_id, trio.current_time())
        self._await_user()
        place = {"content_index": request.content_index, "audio_end_ms": request.audio_end_ms}
        self.emit("conversation.item.truncated", item_id=request.item_id, **place)

    # The user

    def _audio_ms(self) -> int:
        return self.hearer.now_ms

    def _hears_itself(self) -> bool:
        return self._playback.explains(tuple(self.hearer.loudness), trio.current_time())

    def _user_speaks(self) -> None:
        if self.settings.detects("interrupt_response"):
            self._playback.stop(trio.current_time())  # whoever plays it stops now
            if self.answering:
                self._cut(self.answering, "turn_detected")
        self._may_leave()
        self._company.cease()

    def _user_spoke(self, turn: Entry) -> None:
        if self.settings.detects("create_response"):
            self._dues.spoke(turn)

    def _user_was_understood(self, turn: Entry, answerable: bool) -> None:
        self._dues.understood(turn, answerable=answerable)
        self._answer_dues()
        if not answerable:
            self._await_user()  # noise is nobody's turn: they are still silent

    def _user_is_silent(self, since_ms: int) -> None:
        """Speak up: the user has said nothing for long enough, by the brain, or for `idle_timeout_ms`."""
        if self._somebody_speaks():
            return
        if self.means.brain.silence_s is not None:
            self._respond(ask.ResponseWish(), Occasion.SILENCE)
        elif self.means.speech and self.settings.idle_timeout_ms:
            self.hearer.add_silence(since_ms)
            if self.settings.detects("create_response"):
                self._respond(ask.ResponseWish())

    def _answer_dues(self) -> None:
        """Answer what was said, unless it is too early: the agent must not be interrupted, or would interrupt."""
        if self._dues.due and not self.answering and not self._user_has_the_floor():
            self._respond(ask.ResponseWish())

    def _user_has_the_floor(self) -> bool:
        return self.hearer.speaking and self.settings.detects("interrupt_response")

    def _somebody_speaks(self) -> bool:
        return self.hearer.speaking or self.answering is not None or self._dues.waiting

    # The agent

    def _respond(self, wish: ask.ResponseWish, occasion: Occasion = Occasion.TURN) -> None:
        """Begin an answer. Raises BadMessage if one is active already."""
        in_band = wish.conversation == "auto"
        if in_band and self.answering:
            raise already_answering(self.answering.id)
        if not in_band and len(self._active) >= MOST_ANSWERS:
            raise too_many_answers(MOST_ANSWERS)
        answer, entries = self._answer(wish, in_band=in_band), self._context(wish)
        self._active[answer.id] = answer
        if in_band:
            self.answering = answer
            self._dues.answered()
            self._company.cease()
            self._leaving.stay()
        answer.begin()
        why = occasion if in_band else Occasion.ASIDE
        self.nursery.start_soon(self._make, answer, wish, entries, why, name=f"engine answer {answer.id}")

    def _context(self, wish: ask.ResponseWish) -> list[Entry]:
        """What is answered to: the items as they stand now, or the wish's own. Words may still be missing in them."""
        if wish.input is None:
            return list(self.conversation.entries)
        entries = self.conversation.input_of(wish.input)
        sounds = [
            sounds_in(item, f"response.input[{index}]", kind=self.settings.input_format)
            for index, item in enumerate(wish.input)
        ]
        self.hearer.expect(*sounds, param="response.input")
        for entry, found in zip(entries, sounds, strict=True):
            if found:
                self.hearer.read(entry, found)
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
            audible=modalities == ["audio"] and self.means.speech is not None,
            voice=voice,
            metadata=wish.metadata,
            max_output_tokens=wish.max_output_tokens or self.settings.values["max_output_tokens"],
            format=self.settings.format_for(wish),
            encode=open_outlet(self.settings.format_for(wish)),
        )

    async def _make(self, answer: Answer, wish: ask.ResponseWish, entries: list[Entry], occasion: Occasion) -> None:
        with answer.scope:
            try:
                await self.hearer.wait_heard(entries)
                whole = await self._delivery(answer).deliver(self._prompt(answer, wish, entries, occasion))
                if whole:
                    self._end(answer, "completed")
                else:
                    self._end(answer, "incomplete", "max_output_tokens")
            except EngineFailed as error:
                body = {"type": "server_error", "code": "engine_failed", "message": str(error)}
                self._end(answer, "failed", error=body)

    def _prompt(self, answer: Answer, wish: ask.ResponseWish, entries: list[Entry], occasion: Occasion) -> Prompt:
        prompt = self.settings.prompt(wish, entries, self.means.now())
        answer.read(prompt.instructions, entries)
        quiet_s = trio.current_time() - max(self._answered_at, self._playback.until)
        return attrs.evolve(prompt, occasion=occasion, quiet_s=max(0.0, quiet_s))

    def _delivery(self, answer: Answer) -> Delivery:
        def heard(pcm: bytes) -> None:
            now = trio.current_time()
            self._voice_locked |= answer is self.answering
            self._playback.add(answer.speaks, pcm, now)

        return Delivery(
            answer=answer,
            brain=self.means.brain,
            speech=self.means.speech,
            speed=self.settings.speed,
            language=self.settings.language,
            on_sound=heard,
            on_hang_up=self._leaving.plan,
            wait_room=self.leg.wait_room,
        )

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
            self.answering, self._answered_at = None, trio.current_time()
            self._await_user()
            self._answer_dues()

    def _await_user(self) -> None:
        """Speak up again some time after the voice so far was heard; not while the user is speaking."""
        self._may_leave()
        silence_s = self.means.brain.silence_s
        timeout = self.settings.idle_timeout_ms if silence_s is None else round(silence_s * 1000)
        if timeout is None or self._somebody_speaks():
            self._company.cease()
        else:
            self._company.expect(self._playback.until, timeout)

    def _may_leave(self) -> None:
        if not self.answering:
            self._leaving.when_heard(self._playback.until)
