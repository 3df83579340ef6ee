"""The scenes that are cut everywhere: one for each thing that goes on in a session, through whichever door has it."""

from collections.abc import Mapping
from functools import partial

from octi.hook_config import HookMode
from octi.hooks.base import Action, Verdict
from octi.hooks.judge import Judge
from octi.records import Extraction
from tests.proofs.matrix.caller import OCTI, REALTIME
from tests.proofs.matrix.storing import Troubled
from tests.proofs.plays import (
    calls_on,
    comes_late,
    cuts_in,
    has_a_table,
    is_called,
    is_drained,
    is_noted,
    is_noted_and_asks,
    is_renewed,
    is_slow,
    loses_its_store,
    speaks,
    speaks_loudly,
    starts_again,
    stops,
    survives,
    talk,
    types,
)
from tests.proofs.scene import Scene
from tests.proofs.workplace import Speaking
from tests.proofs.world import SESSION
from tests.providers import QUIET
from tests.session.hooking import Listening, judging

HELLO = """
[[turn]]
hear = "hello"
say = "Good day."
"""
SPOKEN = """
[[turn]]
heard = "Hello?"
say = "Good day."
"""
CUT_SHORT = """
[[turn]]
heard = "Well?"
say = "one two three four"
latency = { pace = 1.0 }

[[turn]]
heard = "Stop!"
say = "As you like."
"""
STORY = """
[[turn]]
hear = "story"
say = "one two three four five six"
latency = { pace = 1.0 }
optional = true
"""
HELLO_IN_EACH = f"{STORY}{HELLO}optional = true"  # of two legs, each of which begins at the first turn
TABLE = """
[[turn]]
hear = "table"
call = { name = "find_table", arguments = { people = 2 } }

[[turn]]
on = "find_table"
say = "There is one."
"""
NOTED = """
[[turn]]
hear = "name"
call = { name = "extract_profile" }

[[turn]]
on = "extract_profile"
say = "Hello Anna."
"""
BOTH = """
[[turn]]
hear = "name"
call = { name = "extract_profile" }

[[turn]]
hear = "weather"
say = "one two three four"
latency = { pace = 1.0 }

[[turn]]
on = "extract_profile"
say = "Hello Anna."
"""
BREAKS_OFF = HELLO_IN_EACH.replace(
    "optional = true", 'faults = [{ kind = "close", after_audio_ms = 400 }]\noptional = true', 1
)
CALL = """
limit_s = 86400
caller = [
    { wait_for = "sideband" },
    { wait_for = "session.update" },
    { say = "My name is Anna Berg." },
]

[[turn]]
say = "Hello Anna."
"""
CALL_LOST = """
limit_s = 86400
caller = [
    { wait_for = "sideband" },
    { wait_for = "session.update" },
    { say = "Hello." },
    { wait_for = "sideband" },
    { wait_for = "session.update" },
    { say = "Are you still there?" },
]
turn = [{ say = "Good day." }, { say = "I am." }]
faults = [{ kind = "close", on = "response.done" }]
"""
SPEAKING = Speaking()
SORRY = "Not that."


def strict(mode: HookMode) -> Judge:
    """Has something against hellos, after a while."""
    return judging(Listening({"ello": Verdict(action=Action.BLOCK, say=SORRY)}, takes_s=0.3), mode=mode)


SCENES: Mapping[str, Scene] = {
    "realtime, typed": Scene(provider=HELLO, play=talk(REALTIME, types), kept=["hello", "Good day."]),
    "realtime, voice": Scene(provider=SPOKEN, play=talk(REALTIME, speaks), kept=["Hello?", "Good day."]),
    "realtime, barge-in": Scene(
        provider=CUT_SHORT, play=talk(REALTIME, cuts_in), kept=["Well?", "one", "Stop!", "As you like."]
    ),
    "realtime, client's function": Scene(
        provider=TABLE, play=talk(REALTIME, has_a_table), kept=["a table", "There is one."]
    ),
    "realtime, octi's function": Scene(
        provider=NOTED,
        play=talk(REALTIME, is_noted, query=f"session={SESSION}"),
        kept=["My name is Anna Berg.", "Hello Anna."],
        extraction=Extraction.TOOL,
    ),
    "octi, typed": Scene(provider=HELLO, play=talk(OCTI, types), kept=["hello", "Good day."]),
    "realtime, on a leg that waited": Scene(
        provider=f"{HELLO}optional = true", play=comes_late(talk(REALTIME, types)), kept=["hello", "Good day."], warm=2
    ),
    "octi, on a leg that waited, lost and found": Scene(
        provider=BREAKS_OFF,
        play=comes_late(talk(OCTI, survives)),
        kept=["story", "one two", "hello", "Good day."],
        warm=1,
    ),
    "octi, drained with legs that wait": Scene(
        provider=STORY,
        play=comes_late(is_drained(OCTI)),
        kept=["story", "one two three four five six"],
        closes=[1012],
        warm=2,
    ),
    "octi, voice": Scene(provider=SPOKEN, play=talk(OCTI, speaks), kept=["Hello?", "Good day."]),
    "octi, barge-in": Scene(
        provider=CUT_SHORT, play=talk(OCTI, cuts_in), kept=["Well?", "one two", "Stop!", "As you like."]
    ),
    "realtime, judged before": Scene(
        provider=f"{HELLO}optional = true",
        play=talk(REALTIME, types),
        judge=partial(strict, HookMode.BEFORE),
        kept=["hello", SORRY],
    ),
    "octi, judged beside": Scene(
        provider=SPOKEN,
        play=talk(OCTI, speaks),
        judge=partial(strict, HookMode.BESIDE),
        kept=["Hello?", "Good"],  # it leaves as it is interrupted
    ),
    "octi, interrupted": Scene(
        provider=STORY + HELLO, play=talk(OCTI, stops), kept=["story", "one", "hello", "Good day."]
    ),
    "octi, octi's function": Scene(
        provider=NOTED,
        play=talk(OCTI, is_noted, query=f"session={SESSION}"),
        kept=["My name is Anna Berg.", "Hello Anna."],
        extraction=Extraction.TOOL,
    ),
    "octi, octi's function beside an answer": Scene(
        provider=BOTH,
        play=talk(OCTI, is_noted_and_asks, query=f"session={SESSION}"),
        kept=["My name is Anna Berg.", "And the weather?", "one two three four", "Hello Anna."],
        extraction=Extraction.TOOL,
    ),
    "octi, extraction after each turn": Scene(
        provider=SPOKEN.replace("Hello?", "My name is Anna."),
        play=talk(OCTI, speaks, query=f"session={SESSION}"),
        kept=["My name is Anna.", "Good day."],
        extraction=Extraction.TURNS,
    ),
    "octi, reset": Scene(
        provider=HELLO_IN_EACH, play=talk(OCTI, starts_again), kept=["story", "one two", "hello", "Good day."]
    ),
    "octi, provider lost and found": Scene(
        provider=BREAKS_OFF, play=talk(OCTI, survives), kept=["story", "one two", "hello", "Good day."]
    ),
    "a call": Scene(
        provider=CALL,
        play=is_called,
        kept=["My name is Anna Berg.", "Hello Anna."],
        closes=[],
        calls=True,
        ends_within_s=17.0,
        look=calls_on,
        store=lambda: Troubled(slow_s=0.1),
    ),
    "a call, its sideband lost and found": Scene(
        provider=CALL_LOST,
        play=is_called,
        kept=["Hello.", "Good day.", "Are you still there?", "I am."],
        closes=[],
        calls=True,
        ends_within_s=17.0,
        look=calls_on,
    ),
    "a fresh secret": Scene(provider=HELLO, play=is_renewed, kept=["hello", "Good day."] * 2, closes=[1000, 1000]),
    "realtime, drained": Scene(
        provider=STORY, play=is_drained(REALTIME), kept=["story", "one two three four five six"], closes=[1012]
    ),
    "octi, drained": Scene(
        provider=STORY, play=is_drained(OCTI), kept=["story", "one two three four five six"], closes=[1012]
    ),
    "realtime, slow client": Scene(provider=HELLO, play=is_slow(REALTIME), kept=["hello", "Good day."], window=1024),
    "octi, slow client": Scene(provider=HELLO, play=is_slow(OCTI), kept=["hello", "Good day."], window=1024),
    "engine, a worker dies": Scene(
        provider=QUIET,
        play=talk(OCTI, speaks_loudly),
        kept=["Hello?", "Yes indeed."],
        engine=SPEAKING.open,
        look=SPEAKING.look,
    ),
    "slow store": Scene(
        provider=HELLO,
        play=talk(REALTIME, types),
        kept=["hello", "Good day."],
        store=lambda: Troubled(slow_s=6.0),  # longer than an ended session may still be storing
    ),
    "store that fails": Scene(provider=HELLO * 3, play=loses_its_store, kept=["hello", "Good day."] * 3),
}
