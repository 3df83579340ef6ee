"""How a node is opened and put together."""

from pathlib import Path

import attrs
import pytest
import trio
from trio.testing import MockClock

from octi.answerer import (
    Answerer,
    dialled,
)
from octi.cassette.recording import Recorder
from octi.config import read_config
from octi.directory.wishes import Wish
from octi.engine.pool import Statistics
from octi.errors import BadConfig
from octi.observe.base import Meter
from octi.opening import (
    NO_CALLS,
    Parts,
    assemble,
    calls_for,
    extractor_for,
    gauges_of,
    open_background,
    open_services,
    redacting,
    steering_for,
    taping_for,
    warm_pool,
)
from octi.recording.recordings import Recordings
from octi.records import Extraction, SessionRecord
from octi.session.calls import Calls
from octi.session.taping import untaped
from octi.steering.toolbox import Toolbox
from octi.store.base import unredacted
from octi.store.memory import MemoryStore
from octi.units import SessionId
from octi.upstream.api import open_api
from tests.contract.test_store import make_turn
from tests.exposed import Exposed
from tests.parts import NOWHERE, node
from tests.providers import NOBODY

KEY = "sk-very-secret"
COMPATIBLE = {"OCTI_UPSTREAM": "compatible", "OCTI_SYSTEM_PROMPT": "Be kind.", "OPENAI_API_KEY": KEY}
NOWHERE_NEAR = {"OCTI_UPSTREAM_URL": "http://127.0.0.1:9"}


async def test_a_node_that_has_just_opened_has_no_speech_trouble() -> None:
    """A provider brings its own speech, and the engine opens when a worker is ready."""
    compatible_env = {"OCTI_STORE_URL": "sqlite:///:memory:", **COMPATIBLE, "OCTI_UPSTREAM_URL": "http://127.0.0.1:9"}
    for env in (compatible_env, {"OCTI_STORE_URL": "sqlite:///:memory:", "OCTI_ENGINE_WORKERS": "1"}):
        async with open_services(read_config(env)) as services:
            assert services.speech_trouble() is None


async def test_a_node_with_a_provider_listens_to_its_calls() -> None:
    """And asks it by HTTP; the embedded engine has neither, and says so."""
    config = read_config({**COMPATIBLE, "OCTI_UPSTREAM_URL": "http://127.0.0.1:9"})
    upstream = dialled(config)
    async with open_api(upstream.provider) as api:
        answerers = [Answerer(upstream=upstream, api=api), Answerer(upstream=NOBODY)]
        parts = [Parts(config=config, store=MemoryStore(), answerer=each, nursery=NOWHERE) for each in answerers]
        heard, deaf = (calls_for(each, steering_for(each), Toolbox(steering_for(each))) for each in parts)
    assert isinstance(heard, Calls)
    assert heard.problem is None
    assert deaf.problem == NO_CALLS


async def test_a_node_tells_what_waits_in_its_parts() -> None:
    """In the store; and for the engine's voice, where there is one."""
    figures = Statistics(workers=2, ready=1, queued=4, done=9, restarts=3, last_loss=None)
    answerers = [Answerer(upstream=NOBODY), Answerer(upstream=NOBODY, statistics=lambda: figures)]
    quiet, speaking = (gauges_of(MemoryStore(), answerer) for answerer in answerers)
    assert quiet == {"store": {"sessions": 0, "secrets": 0}}
    assert speaking == {**quiet, "speech": attrs.asdict(figures)}


def test_legs_wait_for_sessions_where_the_settings_say_so() -> None:
    """For as many as they say, of the model and with the prompt that they name; octi is ready without them."""
    env = {**COMPATIBLE, **NOWHERE_NEAR, "OPENAI_REALTIME_MODEL": "m-1"}
    cold, warm = read_config(env), read_config({**env, "OCTI_WARM_LEGS": "3"})
    answerer = Answerer(upstream=dialled(warm))
    pool = warm_pool(warm, answerer, Meter())
    assert pool is not None
    assert (pool.upstream, pool.model, pool.size) == (answerer.upstream, "m-1", 3)
    assert b"Be kind." in pool.update
    assert gauges_of(MemoryStore(), answerer, pool)["warm"] == {"waiting": 0}
    assert warm_pool(cold, answerer, Meter()) is None


async def test_profiles_are_read_by_whom_the_settings_name() -> None:
    """A provider's model, unless octi's own rules are wanted; the embedded engine has only those."""
    config = read_config({**COMPATIBLE, "OCTI_UPSTREAM_URL": "http://127.0.0.1:9"})
    rules = read_config({**COMPATIBLE, "OCTI_UPSTREAM_URL": "http://127.0.0.1:9", "OCTI_EXTRACTOR": "rules"})
    upstream = dialled(config)
    async with open_api(upstream.provider) as api:
        remote = Answerer(upstream=upstream, api=api)
        kinds = [
            extractor_for(config, remote),
            extractor_for(rules, remote),
            extractor_for(config, Answerer(upstream=upstream)),
        ]
    assert [kind.__qualname__.partition(".")[0] for kind in kinds] == ["by_model", "by_rules", "by_rules"]


async def test_a_node_counts_what_it_does(tmp_path: Path) -> None:
    """Its store's commits, to begin with."""
    config = read_config({"OCTI_STORE_URL": f"sqlite:///{tmp_path}/o.db", **COMPATIBLE, **NOWHERE_NEAR})
    async with open_services(config) as services:
        record = SessionRecord(id=SessionId("s"), door="octi", upstream="u", model="m", voice="v", created_at=1.0)
        await services.store.save([record])
        told = Exposed(services.observer.counted())
    assert told.value("octi_store_rows_total", outcome="kept") == 1


def test_a_node_takes_as_many_sessions_as_it_can_answer() -> None:
    """Or as many as its operator says; a provider's are not octi's to count."""
    for said, most in (({}, 24), ({"OCTI_MAX_SESSIONS": "5"}, 5)):
        answerer = Answerer(upstream=NOBODY, most_sessions=24)
        parts = Parts(config=read_config(said), store=MemoryStore(), answerer=answerer, nursery=NOWHERE)
        assert assemble(parts).live.most == most
    assert node(NOBODY).live.most == 0


async def test_what_runs_in_the_background_ends_with_the_node(autojump_clock: MockClock) -> None:
    """Whoever leaves does not wait for it."""
    with trio.fail_after(1):
        async with open_background() as nursery:
            nursery.start_soon(trio.sleep_forever)
            await trio.lowlevel.checkpoint()


async def test_a_node_is_put_together_over_what_was_opened() -> None:
    """Its parts know each other: what the directory makes, steering tells about."""
    services = node(NOBODY, config=read_config({"OCTI_SYSTEM_PROMPT": "Be kind."}))
    record = await services.directory.make(Wish(instructions="Be brief.", extraction=Extraction.TOOL))
    told = (await services.steering.instructions(record.id)).text
    assert told.startswith("Be kind.\n\nBe brief.")
    assert [tool["name"] for tool in services.tools.declarations(record)] == ["extract_profile"]
    assert (
        assemble(
            Parts(
                config=services.config,
                store=services.store,
                answerer=Answerer(upstream=services.upstream),
                nursery=NOWHERE,
            )
        ).api
        is None
    )


def test_sessions_are_recorded_if_that_is_asked_for() -> None:
    """On the shelf that is named; the sockets' and the calls'."""
    env = {"OCTI_RECORD": "wire", "OCTI_RECORD_FOLDER": "tapes", "OCTI_RECORD_VOICES": "off"}
    answerer = Answerer(upstream=NOBODY)
    off, on = (
        Parts(config=read_config(each), store=MemoryStore(), answerer=answerer, nursery=NOWHERE) for each in ({}, env)
    )
    taping = taping_for(on)
    assert taping_for(off) is untaped
    assert isinstance(taping, Recorder)
    assert (str(taping.shelf), taping.voices) == ("tapes", False)
    assert isinstance(assemble(on).taping, Recorder)


def test_sound_is_recorded_if_that_is_asked_for() -> None:
    """Alone or with all else; pages know of it, and the figures are there."""
    env = {"OCTI_RECORD": "audio", "OCTI_RECORD_AUDIO_FOLDER": "sound", "OCTI_RECORD_BUDGET_BYTES": "5000000"}
    answerer = Answerer(upstream=NOBODY)
    sound, both, wire = (
        Parts(config=read_config({**env, "OCTI_RECORD": each}), store=MemoryStore(), answerer=answerer, nursery=NOWHERE)
        for each in ("audio", "wire,audio", "wire")
    )
    assert taping_for(sound) is sound.recordings
    assert not isinstance(taping_for(both), Recorder | Recordings)
    services = assemble(sound)
    assert (str(services.recordings.folder), services.recordings.budget) == ("sound", 5_000_000)
    assert [assemble(each).records_audio for each in (sound, both, wire)] == [True, True, False]
    assert services.gauges()["recordings"]["live"] == 0


def test_rows_stay_as_they_are_unless_something_is_to_be_taken_out(tmp_path: Path) -> None:
    """By the kinds that are named and the rules of a file; a rule that cannot be used is a wrong setting."""
    rules = tmp_path / "rules.toml"
    rules.write_text("customer = 'C-[0-9]{6}'\n", encoding="utf-8")
    said = make_turn(text="C-123456, a@b.c")
    env = {"OCTI_REDACT": "email", "OCTI_REDACT_FILE": str(rules)}
    assert redacting(read_config({}).redact) is unredacted
    assert redacting(read_config(env).redact)(said) == attrs.evolve(said, text="[customer], [email]")
    rules.write_text("customer = '('\n", encoding="utf-8")
    with pytest.raises(BadConfig, match=r"rules\.toml', line 1: customer: is no regular expression"):
        redacting(read_config(env).redact)
