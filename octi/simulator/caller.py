"""The person in a simulated call: plays the script's steps, each within its time."""

from collections import Counter
from collections.abc import Callable, Sequence

import trio

from octi.simulator.script import CallerStep, Leaves, Says, Vanishes, Waits, WaitsFor
from octi.simulator.stage import Stage

ANSWER_S = 30.0  # a caller who is not answered for so long goes on


Left = Leaves | Vanishes | None  # None: still on the line


async def play_caller(steps: Sequence[CallerStep], stage: Stage, note: Callable[[str], None]) -> Left:
    """Play them; how the caller left. `note` is told what the script waited for in vain.

    Of what a step waits for, only what came since the last step that waited for the same counts: so a script can wait
    for each of several updates.
    """
    seen: Counter[str] = Counter()
    for number, step in enumerate(steps):
        match step:
            case Says():
                if not await _speak(step, stage):
                    note(f"caller[{number}]: no answer within {ANSWER_S:g} s")
            case Waits(wait_s=seconds):
                await trio.sleep(seconds)
            case WaitsFor(wait_for=kind, within_s=within_s):
                with trio.move_on_after(within_s) as patience:
                    await stage.wait_asked(kind, seen[kind])
                seen[kind] = stage.asked[kind]
                if patience.cancelled_caught:
                    note(f"caller[{number}]: no {kind} within {within_s:g} s")
            case Leaves() | Vanishes():
                return step
    return None


async def _speak(step: Says, stage: Stage) -> bool:
    """Speak, and wait for the answer where the script does; whether there was one."""
    stage.tell(stage.conversation.hear(step))
    before = stage.conversation.answered  # read after: a turn may cut an answer off, which is no answer to it
    if step.then_wait == "nothing":
        await trio.lowlevel.checkpoint()
        return True
    with trio.move_on_after(ANSWER_S) as patience:
        await stage.wait_answered(before)
    return not patience.cancelled_caught
