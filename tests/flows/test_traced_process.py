"""An octi with a collector as a process of its own, and what one without a collector leaves alone."""

import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import trio
from trio_websocket import open_websocket_url

from tests.flows.parties import ROOT, octi_process, provider_env, simulating
from tests.observe.collector import collecting
from tests.simulator.talking import RESPOND, typed

pytestmark = pytest.mark.slow

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"
NAMED = "Hello, my name is Anna Berg."
PLAYED = {"agent": [{"call": "extract_profile"}, {"say": "Hello, Anna."}]}
TOOL = "execute_tool extract_profile"
CHAT = "chat gpt-realtime"
WITHOUT = """
import sys, trio
from octi.config import read_config
from octi.opening import open_services
import octi.cli
async def main():
    async with open_services(read_config({"OCTI_STORE_URL": "sqlite:///:memory:", "OCTI_UPSTREAM": "openai",
                                          "OPENAI_API_KEY": "k", "OCTI_SYSTEM_PROMPT": "p"})):
        pass
trio.run(main)
print(sorted(name for name in sys.modules if name.partition(".")[0] in {"opentelemetry", "requests", "google"}))
"""
MISSING = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name == "opentelemetry":
            raise ModuleNotFoundError(f"No module named {name!r}")
sys.meta_path.insert(0, Missing())
from octi.cli import main
sys.argv = ["octi", "serve"]
main()
"""


async def test_a_conversation_arrives_at_a_collector(tmp_path: Path) -> None:
    """In the client's trace, as far as it came when octi is stopped. The provider knows nothing of it."""
    with collecting() as (url, posted):
        more = {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_EXPORTER_OTLP_HEADERS": "authorization=sk-collector"}
        async with simulating(PLAYED) as provider:
            env = provider_env(provider.simulator.url, **more)
            async with octi_process(tmp_path, env) as octi:
                made = await octi.post("/sessions", {})
                target = f"{octi.base.replace('http', 'ws', 1)}/v1/realtime?session={made['id']}"
                bearer = f"Bearer {made['clientSecret']}"
                headers = [(b"authorization", bearer.encode()), (b"traceparent", PARENT.encode())]
                async with open_websocket_url(target, extra_headers=headers) as socket:
                    for event in (typed(NAMED), RESPOND):
                        await socket.send_message(msgspec.json.encode(event).decode())
                    answers = 0
                    with trio.fail_after(20):
                        while answers < 2:
                            event = msgspec.json.decode(await socket.get_message())
                            answers += event["type"] == "response.done"
                assert await octi.end(signal.SIGTERM) == 0
            asked = await provider.get("/_simulator/requests")
    ours = [span for span in posted.spans if span.trace_id.hex() == TRACE]
    names = [span.name for span in ours]
    assert sorted({*names}) == sorted(
        [
            "GET /v1/realtime",
            "session",
            "leg",
            "turn",
            "wait",
            CHAT,
            "execute_tool extract_profile",
            "extraction",
            "commit",
        ]
    )
    assert names.count(CHAT) == 2
    assert {name: posted.parent(name) for name in ("session", "leg", "turn", TOOL, "extraction")} == {
        "session": "GET /v1/realtime",
        "leg": "session",
        "turn": "session",
        TOOL: "turn",
        "extraction": TOOL,
    }
    assert set(posted.keys) == {"sk-collector"}
    told = b"".join(span.SerializeToString() for span in posted.spans)
    for secret in (b"Anna", b"friendly", b"sk-", b"traceparent", bearer[7:].encode()):
        assert secret not in told
    assert "traceparent" not in str(asked)
    assert [line["event"] for line in octi.log if line["logger"] == "octi.traces"] == ["traces are sent"]


def test_without_a_collector_nothing_of_opentelemetry_is_loaded() -> None:
    """It takes memory, and a fifth of a second."""
    done = subprocess.run([sys.executable, "-c", WITHOUT], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_collector_without_the_extra_is_refused_at_the_start(tmp_path: Path) -> None:
    """With what is to be installed."""
    env = {"PYTHONPATH": str(ROOT), "PORT": "0", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    command = [sys.executable, "-c", MISSING]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'octi[otel]'" in done.stderr
    assert "Traceback" not in done.stderr
