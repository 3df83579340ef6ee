"""octi/answerer.py: who answers, as configured."""

import os
import re
from pathlib import Path

import attrs
import pytest
from structlog.testing import capture_logs

from octi.answerer import (
    chat_model,
    cores,
    dialled,
    note,
    scenario_brain,
    trouble_in,
    workers_for,
)
from octi.config import read_config
from octi.engine.brains.chat_link import ChatModel
from octi.engine.pool import Statistics
from octi.engine_config import EngineConfig
from octi.errors import BadConfig
from octi.observe.base import Meter
from octi.observe.metrics import Metrics
from octi.upstream.asking import Exchange
from tests.exposed import Exposed

KEY = "sk-very-secret"
COMPATIBLE = {"OCTI_UPSTREAM": "compatible", "OCTI_SYSTEM_PROMPT": "Be kind.", "OPENAI_API_KEY": KEY}
NOWHERE_NEAR = {"OCTI_UPSTREAM_URL": "http://127.0.0.1:9"}


def test_an_engine_without_a_ready_worker_is_in_trouble() -> None:
    """One that is ready is enough: it does the work of the others."""
    figures = Statistics(workers=2, ready=1, queued=0, done=9, restarts=3, last_loss="was killed by signal 9")
    assert trouble_in(figures) is None
    assert trouble_in(attrs.evolve(figures, ready=0)) == (
        "no speech worker is ready: the last one was killed by signal 9"
    )


@pytest.mark.parametrize(
    ("env", "url"),
    [
        ({"OPENAI_API_KEY": KEY}, "wss://api.openai.com/v1/realtime?model=m"),
        (
            {"OPENAI_API_KEY": KEY, "OCTI_UPSTREAM": "azure", "OCTI_UPSTREAM_URL": "https://r.example"},
            "wss://r.example/openai/v1/realtime?model=m",
        ),
        (
            {"OCTI_UPSTREAM": "compatible", "OCTI_UPSTREAM_URL": "http://h.example:8000"},
            "ws://h.example:8000/v1/realtime?model=m",
        ),
    ],
)
def test_the_configured_provider_is_dialled(env: dict[str, str], url: str) -> None:
    """With the limits of the configuration."""
    config = read_config(
        {"OCTI_SYSTEM_PROMPT": "x", "OCTI_CONNECT_SECONDS": "3", "OCTI_MAX_MESSAGE_BYTES": "2000", **env}
    )
    upstream = dialled(config)
    assert upstream.provider.socket_url("m") == url
    assert upstream.provider.key == env.get("OPENAI_API_KEY")
    assert (upstream.connect_s, upstream.max_message_bytes) == (3, 2000)


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


def test_a_request_to_the_provider_is_one_line() -> None:
    """With the provider's own id, by which its support finds it."""
    with capture_logs() as lines:
        asked = Exchange(path="/responses", client_request_id="ours", seconds=0.0123, status=200, request_id="theirs")
        note(Meter(), asked)
    (line,) = lines
    assert (line["event"], line["path"], line["status"], line["duration_ms"]) == (
        "provider request",
        "/responses",
        200,
        12.3,
    )
    assert (line["provider_request"], line["client_request_id"]) == ("theirs", "ours")


def test_a_request_to_the_provider_is_counted_without_its_ids() -> None:
    """A call's name would be a metric of its own, one for each call."""
    metrics = Metrics()
    for path, status in (("/realtime/calls/rtc_1/hangup", 200), ("/realtime/calls/rtc_2/hangup", 404)):
        note(metrics, Exchange(path=path, client_request_id="c", seconds=0.1, status=status))
    note(metrics, Exchange(path="/responses", client_request_id="c", seconds=30.0))
    told, name = Exposed(metrics.families()), "octi_provider_http_seconds_count"
    assert {(sample.labels["what"], sample.labels["status"]) for sample in told.samples if sample.name == name} == {
        ("/realtime/calls/{call}/hangup", "2xx"),
        ("/realtime/calls/{call}/hangup", "4xx"),
        ("/responses", "none"),
    }


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
