"""octi/engine_opening.py: the embedded engine, as configured."""

import os
import re
from pathlib import Path

import attrs
import pytest

from octi.config import read_config
from octi.engine.brains.chat_link import ChatModel
from octi.engine.pool import Statistics
from octi.engine_config import EngineConfig
from octi.engine_opening import chat_model, cores, scenario_brain, trouble_in, workers_for
from octi.errors import BadConfig

KEY = "sk-very-secret"


def test_an_engine_without_a_ready_worker_is_in_trouble() -> None:
    """One that is ready is enough: it does the work of the others."""
    figures = Statistics(workers=2, ready=1, queued=0, done=9, restarts=3, last_loss="was killed by signal 9")
    assert trouble_in(figures) is None
    assert trouble_in(attrs.evolve(figures, ready=0)) == (
        "no speech worker is ready: the last one was killed by signal 9"
    )


def test_a_language_model_is_opened_as_configured() -> None:
    """Without an address there is none."""
    env = {"OCTI_CHAT_URL": "http://h/v1", "OCTI_CHAT_MODEL": "m", "OCTI_CHAT_KEY": KEY, "OCTI_CHAT_SECONDS": "7"}
    assert chat_model(read_config(env).engine.chat) == ChatModel(url="http://h/v1", name="m", key=KEY, answer_s=7)
    for lacking in ({}, {"OCTI_CHAT_URL": "http://h/v1"}):
        assert chat_model(read_config(lacking).engine.chat) is None


async def test_a_scenario_is_read_from_its_file(tmp_path: Path) -> None:
    """What cannot be played is told with the setting, the file and the line."""
    file = tmp_path / "s.toml"
    assert await scenario_brain("") is None
    file.write_text('[[turn]]\nsay = "Hello."', encoding="utf-8")
    assert await scenario_brain(str(file))
    file.write_text('\nnetwork = "4g"', encoding="utf-8")
    for path, why in ((file, f"{file}:2: network: does nothing"), (tmp_path, "Is a directory")):
        with pytest.raises(BadConfig, match=re.escape(f"OCTI_SCENARIO='{path}': ") + ".*" + re.escape(why)):
            await scenario_brain(str(path))


def test_there_is_a_worker_for_each_core_that_octi_may_use() -> None:
    """A container's or a scheduler's limit counts, up to four; a number that is set counts more."""
    mine = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(mine)})
        assert (cores(), workers_for(EngineConfig())) == (1, 1)
    finally:
        os.sched_setaffinity(0, mine)
    assert workers_for(EngineConfig()) == min(len(mine), 4)
    assert workers_for(EngineConfig(workers=3)) == 3
