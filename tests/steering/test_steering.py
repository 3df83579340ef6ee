"""Extraction and instructions of a session: what changes, who is told, and that it is durable by then."""

import json

import attrs
import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from octi.error_replies import reply_to
from octi.errors import NothingSaid, Stopping, StoreFailed, UnknownSession, UpstreamBusy, UpstreamLost
from octi.extraction.composer import EXTRACT_PROFILE, LayerName
from octi.records import DevelopmentKind, Extraction, Role
from octi.steering.steering import EXTRACTING_S, SETTLING_S, Steered, Steering
from octi.units import SessionId
from tests.steering.scenes import COOLDOWN_S, ME, NOW, PROMPT, Scene, body, record, steered, turn

ANNA = "My name is Anna Berg."
INCOME = "I earn 3,000 euros a month."
HANNA = "No, my first name is Hanna."
NOBODY = {"first_name": None, "last_name": None, "income": None}
IS_ANNA = {"first_name": "Anna", "last_name": "Berg", "income": None}


# Extraction


async def test_a_profile_follows_what_is_said(autojump_clock: MockClock) -> None:
    """Given, completed, corrected: each time one layer changes, and the live session receives it."""
    scene = Scene()
    async with steered(scene) as steering:
        await scene.begin(steering, record(), ANNA)
        first = await steering.extract(ME)
        await scene.say(INCOME)
        second = await steering.extract(ME)
        await scene.say(HANNA)
        third = await steering.extract(ME)
    assert [each.profile for each in (first, second, third)] == [
        IS_ANNA,
        IS_ANNA | {"income": 3000},
        IS_ANNA | {"income": 3000, "first_name": "Hanna"},
    ]
    assert [each.changed for each in (first, second, third)] == [(LayerName.PROFILE,)] * 3
    assert scene.pushed == [each.instructions.text for each in (first, second, third)]
    assert third.instructions.versions == {"base": 1, "session": 1, "profile": 3, "history": 0, "note": 0}
    assert scene.announced == 3


async def test_a_correction_cites_both_utterances(autojump_clock: MockClock) -> None:
    """The evidence has the new words, when they were said, and the value that they replaced; the history the old."""
    scene = Scene()
    async with steered(scene) as steering:
        await scene.begin(steering, record(), ANNA)
        await steering.extract(ME)
        await scene.say(HANNA)
        await steering.extract(ME)
        evidence = await steering.evidence(record())
    assert evidence["first_name"] == {
        "value": "Hanna",
        "evidence": {"item": "i1", "quote": "my first name is Hanna", "at": NOW + 1, "unsure": False},
        "replaced": "Anna",
    }
    *_, profile, instructions = await scene.kept()
    assert profile["changes"] == [
        {
            "field": "first_name",
            "old": "Anna",
            "new": "Hanna",
            "item": "i1",
            "quote": "my first name is Hanna",
            "oldItem": "i0",
            "oldQuote": "My name is Anna Berg",
        }
    ]
    assert instructions["changed"] == ["profile"]
    assert instructions["text"] == scene.pushed[-1]


async def test_what_changes_nothing_is_neither_kept_nor_pushed(autojump_clock: MockClock) -> None:
    """Extracted again, with nothing new said."""
    scene = Scene()
    async with steered(scene) as steering:
        await scene.begin(steering, record(), ANNA)
        await steering.extract(ME)
        kept = await scene.kept()
        again = await steering.extract(ME)
        assert (again.changed, again.pushed, again.profile) == ((), False, IS_ANNA)
        assert await scene.kept() == kept
    assert len(scene.pushed) == scene.announced == 1


async def test_a_user_who_gave_nothing_away_is_asked_once(autojump_clock: MockClock) -> None:
    """The first extraction tells the agent what is missing, though there is no profile to keep."""
    scene = Scene()
    async with steered(scene) as steering:
        await scene.begin(steering, record(), "Hello.")
        first, second = await steering.extract(ME), await steering.extract(ME)
    assert (first.profile, first.changed, second.changed) == (NOBODY, (LayerName.PROFILE,), ())
    assert "Still missing: first_name, last_name, income." in scene.pushed[0]
    assert len(scene.pushed) == 1
    assert {row.kind for row in scene.store.durable} == {DevelopmentKind.INSTRUCTIONS}


async def test_nothing_said_is_nothing_to_extract(autojump_clock: MockClock) -> None:
    """The agent's words and silence are nothing."""
    scene = Scene()
    async with steered(scene) as steering:
        await scene.begin(steering, record(), " ")
        await scene.store.save([turn(1, "My name is octi.", Role.ASSISTANT)])
        with pytest.raises(NothingSaid):
            await steering.extract(ME)
    assert scene.extractor.runs == 0


async def test_the_words_on_their_way_to_the_store_are_waited_for(autojump_clock: MockClock) -> None:
    """But not for long."""
    scene = Scene(settling_s=SETTLING_S / 2, late=[turn(1, INCOME)])
    async with steered(scene) as steering:
        await scene.begin(steering, record(), ANNA)
        assert (await steering.extract(ME)).profile == IS_ANNA | {"income": 3000}
    scene = Scene(settling_s=SETTLING_S * 2, late=[turn(1, INCOME)])
    async with steered(scene) as steering:
        await scene.begin(steering, record(), ANNA)
        assert (await steering.extract(ME)).profile == IS_ANNA


async def test_a_session_has_its_own_schema(autojump_clock: MockClock) -> None:
    """Each of its fields is answered."""
    scene, made = Scene(), record(schema='{"properties":{"city":{"type":"string"},"age":{"type":"integer"}}}')
    async with steered(scene) as steering:
        await scene.begin(steering, made, "I am 34 years old.")
        assert await steering.profile(made) == {"city": None, "age": None}
        await steering.extract(ME)
        assert await steering.profile(made) == {"city": None, "age": 34}


async def test_a_session_that_is_not_here_is_steered_all_the_same(autojump_clock: MockClock) -> None:
    """It is told that it was not pushed; the next leg begins with it."""
    scene = Scene(live=False)
    async with steered(scene) as steering:
        await scene.begin(steering, record(), ANNA)
        assert not (await steering.extract(ME)).pushed
        assert '"Anna"' in (await steering.instructions(ME)).text


async def test_another_octi_knows_what_this_one_extracted(autojump_clock: MockClock) -> None:
    """What is known is in the store, nowhere else."""
    scene = Scene()
    async with steered(scene) as steering:
        await scene.begin(steering, record(), ANNA)
        before = await steering.extract(ME)
    async with steered(scene) as steering:
        assert await steering.profile(record()) == IS_ANNA
        assert await steering.instructions(ME) == before.instructions
        await scene.say(INCOME)
        assert (await steering.extract(ME)).profile == IS_ANNA | {"income": 3000}


# One at a time


async def test_a_second_caller_joins_the_extraction_under_way(autojump_clock: MockClock) -> None:
    """Both get the one result."""
    scene, results = Scene(), list[Steered]()

    async def caller(delay: float) -> None:
        await trio.sleep(delay)
        results.append(await steering.extract(ME))

    async with steered(scene) as steering:
        await scene.begin(steering, record(), ANNA)
        async with trio.open_nursery() as callers:
            callers.start_soon(caller, 0)
            callers.start_soon(caller, 1)
    assert results[0] is results[1]
    assert (results[0].profile, scene.extractor.runs, len(scene.pushed)) == (IS_ANNA, 1, 1)


async def test_who_joins_an_extraction_is_told_what_was_said_since_it_began(autojump_clock: MockClock) -> None:
    """Another follows, one for all who joined; what the agent said meanwhile needs none."""
    scene, profiles = Scene(), list[object]()

    async def caller() -> None:
        profiles.append((await steering.extract(ME)).profile)

    async with steered(scene) as steering:
        await scene.begin(steering, record(), ANNA)
        async with trio.open_nursery() as callers:
            callers.start_soon(caller)
            await trio.sleep(1)
            await scene.store.save([turn(1, "Hello Anna!", Role.ASSISTANT)])
            callers.start_soon(caller)
        assert (profiles, scene.extractor.runs) == ([IS_ANNA] * 2, 1)
        async with trio.open_nursery() as callers:
            callers.start_soon(caller)
            await trio.sleep(1)
            await scene.say(INCOME)
            for _ in range(3):
                callers.start_soon(caller)
    assert profiles[2:] == [IS_ANNA] + [IS_ANNA | {"income": 3000}] * 3
    assert scene.extractor.runs == 3


async def test_a_first_caller_who_leaves_takes_nothing_away(autojump_clock: MockClock) -> None:
    """Who joined gets the profile, and the agent is told."""
    scene = Scene()
    async with steered(scene) as steering:
        await scene.begin(steering, record(), ANNA)
        with trio.move_on_after(1) as left:
            await steering.extract(ME)
        assert left.cancelled_caught
        assert (await steering.extract(ME)).profile == IS_ANNA
    assert (scene.extractor.runs, len(scene.pushed)) == (1, 1)


async def test_an_extraction_whose_caller_left_is_finished_all_the_same(autojump_clock: MockClock) -> None:
    """A provider has been paid for it: whoever asks next finds it."""
    scene = Scene()
    async with steered(scene) as steering:
        await scene.begin(steering, record(), ANNA)
        with trio.move_on_after(1):
            await steering.extract(ME)
        await trio.sleep(10)
        assert await steering.profile(record()) == IS_ANNA


async def test_an_octi_that_stops_says_so(autojump_clock: MockClock) -> None:
    """A caller who is still there is not left waiting, and nothing is told that is not kept."""
    scene = Scene()

    async def waits(steering: Steering) -> None:
        with pytest.raises(Stopping):
            await steering.extract(ME)

    async with trio.open_nursery() as outside, steered(scene) as steering:
        await scene.begin(steering, record(), ANNA)
        outside.start_soon(waits, steering)  # noqa: ASYNC111  the caller is to outlive it
        await trio.sleep(1)
    assert scene.pushed == []


async def test_a_note_during_an_extraction_is_not_undone_by_it(autojump_clock: MockClock) -> None:
    """Both layers are told in the end."""
    scene = Scene()
    async with steered(scene) as steering:
        await scene.begin(steering, record(), ANNA)
        async with trio.open_nursery() as callers:
            callers.start_soon(steering.extract, ME)
            await trio.sleep(1)
            for number in range(4):
                callers.start_soon(steering.note, ME, f"note {number}")
        instructions = await steering.instructions(ME)
    assert instructions.versions[LayerName.NOTE] == 4
    assert '"Anna"' in instructions.text
    assert scene.pushed[-1] == instructions.text


# What the model is answered


async def test_the_model_gets_the_profile_that_it_called_for(autojump_clock: MockClock) -> None:
    """Every field."""
    scene = Scene()
    async with steered(scene) as steering:
        await scene.begin(steering, record(), ANNA)
        assert await steering.tool_call(ME) == {"ok": True, "profile": IS_ANNA}


async def test_the_model_is_told_of_an_extraction_under_way(autojump_clock: MockClock) -> None:
    """It does not wait for it."""
    scene = Scene()
    async with steered(scene) as steering:
        await scene.begin(steering, record(), ANNA)
        async with trio.open_nursery() as callers:
            callers.start_soon(steering.extract, ME)
            await trio.sleep(1)
            assert await steering.tool_call(ME) == {"ok": False, "reason": "in_progress"}


async def test_the_model_may_not_ask_again_at_once(autojump_clock: MockClock) -> None:
    """The cooldown counts from the end of the last extraction that worked, and a request over HTTP need not wait."""
    scene = Scene()
    async with steered(scene) as steering:
        await scene.begin(steering, record(), ANNA)
        await steering.tool_call(ME)
        cooling = {"ok": False, "reason": "cooldown", "retryAfterSeconds": 60}
        assert await steering.tool_call(ME) == cooling
        await trio.sleep(COOLDOWN_S - 0.5)
        assert await steering.tool_call(ME) == cooling | {"retryAfterSeconds": 1}
        await steering.extract(ME)
        assert await steering.tool_call(ME) == cooling
        await trio.sleep(COOLDOWN_S)
        assert await steering.tool_call(ME) == {"ok": True, "profile": IS_ANNA}


async def test_one_sessions_cooldown_is_not_anothers(autojump_clock: MockClock) -> None:
    """And it is forgotten once it is over."""
    scene, you = Scene(), SessionId("you")
    async with steered(scene) as steering:
        await scene.begin(steering, record(), ANNA)
        await scene.store.save([record(session=you), turn(0, ANNA, session=you)])
        await steering.extract(ME)
        await trio.sleep(COOLDOWN_S + 1)
        assert await steering.tool_call(you) == {"ok": True, "profile": IS_ANNA}
        assert await steering.tool_call(ME) == {"ok": True, "profile": IS_ANNA}


async def test_the_model_is_told_that_nothing_was_said(autojump_clock: MockClock) -> None:
    """That starts no cooldown."""
    scene = Scene()
    async with steered(scene) as steering:
        await scene.begin(steering, record())
        assert await steering.tool_call(ME) == {"ok": False, "reason": "no_transcript"}
        await scene.say(ANNA)
        assert (await steering.tool_call(ME))["ok"]


@pytest.mark.parametrize("failure", [UpstreamBusy("p", "too many", 7.0), ZeroDivisionError()])
async def test_the_model_is_told_of_a_failure(autojump_clock: MockClock, failure: Exception) -> None:
    """Not of which one; even a bug does not end the conversation. It may ask again at once."""
    scene = Scene()
    async with steered(scene) as steering:
        await scene.begin(steering, record(), ANNA)
        scene.extractor.failure = failure
        with capture_logs() as logs:
            assert await steering.tool_call(ME) == {"ok": False, "reason": "error"}
        scene.extractor.failure = None
        assert (await steering.tool_call(ME))["ok"]
    assert [line["event"] for line in logs] == ["extraction", "no profile was extracted"]
    assert logs[0]["outcome"] == reply_to(failure).code


# What fails


async def test_whoever_asks_gets_the_providers_failure(autojump_clock: MockClock) -> None:
    """With the time that it names; nothing was changed."""
    scene = Scene()
    scene.extractor.failure = UpstreamBusy("p", "too many", 7.0)
    async with steered(scene) as steering:
        await scene.begin(steering, record(), ANNA)
        with pytest.raises(UpstreamBusy, match="again in 7 s"):
            await steering.extract(ME)
        assert await steering.profile(record()) == NOBODY
    assert scene.pushed == []


async def test_an_extractor_that_never_comes_back_is_given_up(autojump_clock: MockClock) -> None:
    """So that nobody waits behind it for ever."""
    scene = Scene()
    scene.extractor.seconds = 1e6
    async with steered(scene) as steering:
        await scene.begin(steering, record(), ANNA)
        began = trio.current_time()
        with pytest.raises(UpstreamLost, match="no profile within 45 s"):
            await steering.extract(ME)
        assert trio.current_time() - began == EXTRACTING_S


async def test_what_cannot_be_kept_is_not_pushed(autojump_clock: MockClock) -> None:
    """Once the store is back, asking again is all that is needed."""
    scene = Scene()
    async with steered(scene) as steering:
        await scene.begin(steering, record(), ANNA)
        scene.store.failing = True
        for call in (steering.extract(ME), steering.note(ME, "Be brief.")):
            with pytest.raises(StoreFailed):
                await call
        assert (scene.pushed, scene.announced) == ([], 0)
        scene.store.failing = False
        assert (await steering.extract(ME)).pushed


async def test_no_session_is_nobody_to_steer(autojump_clock: MockClock) -> None:
    """For each way to do so; who only reads gets the base prompt."""
    scene = Scene()
    async with steered(scene) as steering:
        for call in (steering.extract(ME), steering.note(ME, "x"), steering.set_session(ME, "x"), steering.renew(ME)):
            with pytest.raises(UnknownSession):
                await call
        assert (await steering.instructions(ME)).text == PROMPT


# The other layers


async def test_a_new_session_has_the_base_prompt_and_what_its_maker_gave(autojump_clock: MockClock) -> None:
    """And where its agent calls for extraction, the sentence that tells it when, from the beginning."""
    scene = Scene()
    async with steered(scene) as steering:
        asked, plain = (
            steering.first(record(extraction), " Speak French. ")
            for extraction in (Extraction.TOOL, Extraction.REQUEST)
        )
        empty = attrs.evolve(steering, prompt="").first(record(Extraction.REQUEST))
    assert body(plain)["text"] == f"{PROMPT}\n\nSpeak French."
    assert EXTRACT_PROFILE in str(body(asked)["text"])
    assert "(first_name, last_name, income)" in str(body(asked)["text"])
    assert (asked.session, asked.at, asked.kind, body(asked)["changed"]) == (
        ME,
        NOW,
        "instructions",
        ["base", "session"],
    )
    assert (body(empty)["text"], body(empty)["changed"]) == ("", [])


async def test_an_operators_note_is_kept_and_pushed(autojump_clock: MockClock) -> None:
    """The same note again is no change; "" takes it away."""
    scene = Scene()
    async with steered(scene) as steering:
        await scene.begin(steering, record(), ANNA)
        first, second, third = [await steering.note(ME, text) for text in ("Be brief.", "Be brief.", "")]
    assert first.instructions.text.endswith("\n\nBe brief.")
    assert [each.changed for each in (first, second, third)] == [(LayerName.NOTE,), (), (LayerName.NOTE,)]
    assert [each.pushed for each in (first, second, third)] == [True, False, True]
    assert first.profile == NOBODY
    assert scene.pushed == [first.instructions.text, third.instructions.text]


async def test_a_client_may_give_its_agent_other_instructions(autojump_clock: MockClock) -> None:
    """They replace what it was told to be, not what octi knows; and the agent goes on calling for extraction."""
    scene = Scene()
    async with steered(scene) as steering:
        await scene.begin(steering, record())
        await steering.note(ME, "Be brief.")
        scene.pushed.clear()
        told = await steering.set_session(ME, "Speak German.")
    assert told.changed == (LayerName.BASE, LayerName.SESSION)
    assert told.instructions.text.startswith("Speak German.\n\n")
    assert told.instructions.text.endswith("\n\nBe brief.")
    assert EXTRACT_PROFILE in told.instructions.text
    assert scene.pushed == [told.instructions.text]


@attrs.define(eq=False)
class LateScene(Scene):
    """A session whose own row becomes durable while somebody waits for that."""

    async def settle(self, session: SessionId) -> None:
        await trio.sleep(1)
        await self.store.save([record()])


async def test_a_client_that_speaks_before_its_session_is_stored_is_heard(autojump_clock: MockClock) -> None:
    """Libraries configure a session with their first words, and its own row may still be on its way."""
    async with steered(LateScene()) as steering:
        told = await steering.set_session(ME, "Speak German.")
    assert told.instructions.text.startswith("Speak German.")


async def test_a_renewed_session_is_told_its_history(autojump_clock: MockClock) -> None:
    """It is kept, and not pushed: whoever is live has heard it."""
    scene = Scene(settling_s=1, late=[turn(1, INCOME)])
    async with steered(scene) as steering:
        await scene.begin(steering, record(), ANNA)
        renewed = await steering.renew(ME)
        assert (renewed.changed, renewed.pushed) == ((LayerName.HISTORY,), False)
        assert f"User: {ANNA}\nUser: {INCOME}" in renewed.instructions.text
        assert await steering.instructions(ME) == renewed.instructions
        assert (await steering.renew(ME)).changed == ()
    assert scene.pushed == []


async def test_a_renewed_session_is_told_its_profile(autojump_clock: MockClock) -> None:
    """Also after a restart, and if its layer said nothing."""
    scene = Scene()
    async with steered(scene) as steering:
        await scene.begin(steering, record(), ANNA)
        await steering.extract(ME)
    async with steered(scene) as steering:
        text = (await steering.renew(ME)).instructions.text
    assert json.dumps("Anna") in text
    assert text.index("# The user's profile") < text.index("# The conversation so far")
