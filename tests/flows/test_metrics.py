"""What the metrics say of conversations: the figures are those of what happened."""

from pathlib import Path

import httpx2
import pytest
from trio.testing import MockClock

from octi.observe.base import Observer
from octi.observe.metrics import Metrics
from octi.pricing.reading import parsed
from tests.exposed import Exposed, page
from tests.flows.test_spoken_conversation import SPOKEN, running, speak
from tests.providers import MORNING, VOICE, net_to
from tests.session.talks import talking

PRICES = parsed('["*"]\ninput = {text = 1, audio = 1}\ncached_input = {text = 1}\noutput = {text = 1, audio = 1}', "t")
REFUSED = """
[[faults]]
path = "/v1/realtime*"
times = 9
status = 401
body = { error = { message = "invalid api key" } }
"""


async def test_a_conversation_is_counted(autojump_clock: MockClock) -> None:
    """Its session, its leg, both turns, one answer and how long it took, what the provider counted and what it cost."""
    metrics = Metrics(prices=PRICES)
    observer = Observer(meter=metrics, counted=metrics.families)
    async with talking(f"latency = {{ first_audio_ms = 300 }}{MORNING}", observer=observer) as talk:
        await talk.client.wait_kind("ready")
        live = Exposed(metrics.families())
        talk.client.speak(VOICE)
        await talk.client.wait_kind("transcript")
    told = Exposed(metrics.families())
    assert live.value("octi_sessions_live", door="octi") == 1
    assert told.value("octi_sessions_live", door="octi") == 0
    assert told.value("octi_sessions_started_total", door="octi") == 1
    assert told.value("octi_sessions_ended_total", door="octi", by="client", reason="left") == 1
    assert told.value("octi_leg_setup_seconds_count") == 1
    assert told.sum("octi_leg_failures_total") == 0
    assert told.value("octi_turns_total", role="user") == told.value("octi_turns_total", role="assistant") == 1
    assert told.value("octi_answer_seconds_count", asked_by="speech") == 1
    waited = told.value("octi_answer_seconds_sum", asked_by="speech")
    assert waited is not None
    assert 0.8 <= waited < 1, "the half second of silence that ended the turn, and the simulator's latency"
    assert told.value("octi_audio_seconds_total", direction="out") == pytest.approx(0.4)
    assert (told.value("octi_audio_seconds_total", direction="in") or 0) > 0
    tokens = told.sum("octi_tokens_total")
    assert tokens > 0
    assert told.sum("octi_cost_total", currency="USD") == pytest.approx(tokens / 1_000_000)
    assert told.sum("octi_unpriced_tokens_total") == 0


async def test_a_provider_that_refuses_is_counted(autojump_clock: MockClock) -> None:
    """As a leg that did not come into use, and a session that ended for it."""
    metrics = Metrics()
    async with net_to(REFUSED, judge=False) as net, talking(net.upstream(), observer=Observer(meter=metrics)) as talk:
        await talk.end()
    told = Exposed(metrics.families())
    assert told.value("octi_leg_failures_total", reason="upstream_refused") == 1
    assert told.value("octi_sessions_ended_total", door="octi", by="provider", reason="upstream_refused") == 1
    assert told.value("octi_leg_setup_seconds_count") == 0


@pytest.mark.engine
@pytest.mark.slow
async def test_a_spoken_conversation_stands_on_the_page(tmp_path: Path) -> None:
    """Real speech, the real engine, the real server; read as Prometheus reads it."""
    async with running(tmp_path) as octi:
        result = await speak(f"{octi.base}/v1/realtime", *(recording.path for recording in SPOKEN[:2]))
        await octi.stored()
        async with httpx2.AsyncClient(trust_env=False) as http:
            answer = await http.get(f"http{octi.base.removeprefix('ws')}/metrics")
    told = page(answer.text)
    assert told.value("octi_sessions_ended_total", door="realtime", by="client", reason="left") == 1
    assert told.value("octi_turns_total", role="user") == told.value("octi_turns_total", role="assistant") == 2
    assert told.value("octi_answer_seconds_count", asked_by="speech") == 2
    heard_by_client = sum(spoken.latency_s or 0.0 for spoken in result.spoken)
    told_by_octi = told.value("octi_answer_seconds_sum", asked_by="speech")
    assert told_by_octi is not None
    assert 0.3 * heard_by_client < told_by_octi < 3 * heard_by_client
    assert (told.value("octi_audio_seconds_total", direction="out") or 0) > 1
    assert told.sum("octi_tokens_total", kind="transcription", direction="output", modality="text") > 0
    assert told.sum("octi_tokens_total", kind="response", direction="output", modality="audio") > 0
    assert told.sum("octi_cost_total") == told.sum("octi_unpriced_tokens_total") == 0
    assert told.value("octi_store_rows_total", outcome="kept") == told.sum("octi_store_rows_total") > 0
    assert (told.value("octi_speech_jobs_total") or 0) >= 4
    assert told.value("octi_speech_workers_ready") == 1
    assert told.sum("octi_scrape_failures_total") == 0
