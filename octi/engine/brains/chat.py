"""A brain that asks a language model: any OpenAI-compatible `/chat/completions`, spoken sentence by sentence."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

import attrs
import httpx2
import trio

from octi.engine.base import Call, Prompt, Say
from octi.engine.brains.chat_answer import Reply
from octi.engine.brains.chat_faults import ChatFault
from octi.engine.brains.chat_link import Budget, ChatModel, Exchange, open_client
from octi.engine.brains.chat_question import question
from octi.errors import EngineFailed

MOST_TRIES = 2
SHOWN = 400  # characters of what went wrong


@attrs.frozen(kw_only=True)
class ChatBrain:
    """Answers with what a model says, and calls the functions that it calls."""

    model: ChatModel
    client: httpx2.AsyncClient = attrs.field(repr=False)
    silence_s = None

    async def answer(self, prompt: Prompt) -> AsyncGenerator[Say | Call, None]:
        """See `Brain.answer`. Asks once more if that may help, nothing was said yet, and there is time for it."""
        budget = Budget(self.model.answer_s)
        for tries_left in reversed(range(MOST_TRIES)):
            said = False
            try:
                async with aclosing(self._try(prompt, budget)) as pieces:
                    async for piece in pieces:
                        said = True
                        yield piece  # noqa: ASYNC119  who asks a brain closes its answer, as the engine does
                return
            except ChatFault as fault:
                if fault.pause_s is None or said or not tries_left or fault.pause_s >= budget.left_s:
                    raise self._failed(fault) from None
                pause_s = fault.pause_s
            with budget.spend():
                await trio.sleep(pause_s)

    async def _try(self, prompt: Prompt, budget: Budget) -> AsyncGenerator[Say | Call, None]:
        """The answer to one request. Raises ChatFault."""
        reply = Reply(frozenset(tool.name for tool in prompt.tools))
        exchange = Exchange(self.client, self.model, budget)
        try:
            await exchange.begin(question(prompt, self.model.name))
            while not reply.over and (data := await exchange.next(begun=reply.heard)) is not None:
                for sentence in reply.take(data):
                    yield sentence
        finally:
            await exchange.aclose()  # noqa: ASYNC102  it closes before it waits
        for piece in reply.end():
            yield piece

    def _failed(self, fault: ChatFault) -> EngineFailed:
        """In words for a person, without the key."""
        # Hidden before it is cut: half of a key at the end would be found no more.
        words = " ".join(self.model.hide(fault.why).split())
        return EngineFailed(f"the language model at {self.model.place} {words[:SHOWN]}", retryable=fault.retryable)


@asynccontextmanager
async def open_chat(
    model: ChatModel, *, transport: httpx2.AsyncBaseTransport | None = None
) -> AsyncIterator[ChatBrain]:
    """The brain of a model, whose connections are closed at the end. transport: for who wants no sockets."""
    async with open_client(transport) as client:
        yield ChatBrain(model=model, client=client)
