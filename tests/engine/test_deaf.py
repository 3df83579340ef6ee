"""Without a speech engine."""

from collections.abc import Callable

import pytest

from octi.engine.deaf import NO_VOICE, Deaf
from octi.engine.listening import Listening
from octi.errors import BadMessage

SOUND = {0: b"\0\0"}


def deaf() -> tuple[Deaf, list[str]]:
    """And the types of what it tells."""
    told: list[str] = []

    def emit(kind: str, **fields: object) -> None:
        told.append(kind)

    return Deaf(emit), told


async def test_a_microphone_is_told_once_that_nobody_hears_it() -> None:
    """And again when the client changes anything, as it may have heard of it meanwhile."""
    ear, told = deaf()
    changes: list[Callable[[], None]] = [lambda: None, lambda: ear.listen(Listening()), ear.clear]
    for change in changes:
        change()
        with pytest.raises(BadMessage, match="Typed conversations work") as refused:
            await ear.append("AAAA", over_agent=False)
        assert (refused.value.code, refused.value.problem) == ("engine_missing", NO_VOICE)
        await ear.append("AAAA", over_agent=False)
    assert told == ["input_audio_buffer.cleared"]


async def test_who_commits_is_told_each_time() -> None:
    """It is a request, and no stream."""
    ear, _ = deaf()
    for _ in range(2):
        with pytest.raises(BadMessage):
            ear.commit()
    with pytest.raises(BadMessage):
        await ear.append("AAAA", over_agent=False)


async def test_items_may_hold_anything_but_sound() -> None:
    """Nobody waits for words that are never to come."""
    ear, told = deaf()
    ear.expect({}, param="item")
    with pytest.raises(BadMessage):
        ear.expect({}, SOUND, param="response.input")
    ear.add_silence(0)
    await ear.wait_heard([])
    assert (told, ear.speaking, ear.now_ms) == ([], False, 0)
