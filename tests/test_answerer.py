"""octi/answerer.py: who answers, as configured."""

import pytest
from structlog.testing import capture_logs

from octi.answerer import (
    dialled,
    note,
)
from octi.config import read_config
from octi.observe.base import Meter
from octi.observe.metrics import Metrics
from octi.upstream.asking import Exchange
from tests.exposed import Exposed

KEY = "sk-very-secret"
COMPATIBLE = {"OCTI_UPSTREAM": "compatible", "OCTI_SYSTEM_PROMPT": "Be kind.", "OPENAI_API_KEY": KEY}
NOWHERE_NEAR = {"OCTI_UPSTREAM_URL": "http://127.0.0.1:9"}


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
