"""The watch over a silent user, on virtual time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import trio
from trio.testing import MockClock

from octi.engine.company import Company


@attrs.define
class Microphone:
    """As much audio as time passed, until it is switched off; and when somebody was spoken to."""

    off_at: float = 1e9
    silences: list[tuple[float, int]] = attrs.field(factory=list)

    def now_ms(self) -> int:
        return round(min(trio.current_time(), self.off_at) * 1000)

    def silent(self, since_ms: int) -> None:
        self.silences.append((trio.current_time(), since_ms))


@asynccontextmanager
async def watching(microphone: Microphone) -> AsyncIterator[Company]:
    company = Company(microphone.now_ms, microphone.silent)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(company.keep)
        yield company
        nursery.cancel_scope.cancel(reason="seen enough")


async def test_the_wait_begins_when_the_agent_was_heard(autojump_clock: MockClock) -> None:
    """And tells where in the user's audio that was; once."""
    microphone = Microphone()
    async with watching(microphone) as company:
        company.expect(4.0, 6000)
        await trio.sleep(60)
    assert microphone.silences == [(10.0, 4000)]


async def test_an_agent_that_is_silent_already_is_not_waited_for(autojump_clock: MockClock) -> None:
    """The wait begins now."""
    microphone = Microphone(off_at=2)
    async with watching(microphone) as company:
        await trio.sleep(5)
        company.expect(4.0, 6000)
        await trio.sleep(60)
    assert microphone.silences == [(11.0, 2000)]


async def test_the_wait_can_be_ended_and_begun_again(autojump_clock: MockClock) -> None:
    """In either of its steps."""
    microphone = Microphone()
    async with watching(microphone) as company:
        for pause in (1, 8):
            company.expect(trio.current_time() + 4, 6000)
            await trio.sleep(pause)
            company.cease()
            await trio.sleep(60)
        assert microphone.silences == []
        company.expect(trio.current_time() + 4, 6000)
        await trio.sleep(8)
        company.expect(trio.current_time() + 1, 5000)
        began = trio.current_time()
        await trio.sleep(60)
    assert microphone.silences == [(began + 6, round(began + 1) * 1000)]
