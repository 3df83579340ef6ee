"""Writes docs/clients.md from what `test_clients.py` tries.

python -m tests.clients.writing
"""

from pathlib import Path

from tests.clients.trying import CLIENTS, STEPS

DOCUMENT = Path(__file__).parents[2] / "docs" / "clients.md"
TITLES = {
    "text": "types",
    "voice": "speaks",
    "function_call": "has a function called",
    "barge_in": "interrupts",
    "close": "leaves cleanly",
}
HEAD = """# Clients

Who has code for the Realtime API points its base address at octi and changes nothing else. These official packages are
tried with every change of octi, unmodified, from their registries, in an environment of their own
(`requirements-clients.lock`, `tests/clients/js/package-lock.json`). Each holds one conversation over TLS: it types a
question, asks one aloud with a recording, has its function called, talks over a long answer, and closes. A cell is a
test, once with `octi serve` and its embedded engine, and once with the engine alone (`octi simulate --brain rules`).
This page is written by the tests (`python -m tests.clients.writing`).

"""
RECORDED = (
    ("livekit-plugins-openai", "`RealtimeModel`, without a room", "livekit_realtime.py"),
    ("pipecat-ai", "`OpenAIRealtimeLLMService`, without a transport", "pipecat_realtime.py"),
)
TAIL = """
**livekit-plugins-openai 1.8.9** and **pipecat-ai 1.14.0** bring 400 MB of packages each with them. They were tried by
hand, with octi's embedded engine, and did all of it:

{BY_HAND}
What both say to octi from the handshake to the end of a first turn is a cassette (`tests/clients/recorded/`), which
`octi replay --client` plays to octi with every change.

What they need of octi, and have:

- **openai-node** opens `wss:` whatever its base address says: give octi a certificate (`OCTI_TLS_CERT`,
  `OCTI_TLS_KEY`), on localhost as well, and Node its authority (`NODE_EXTRA_CA_CERTS`).
- **In browsers** a page can send no header: it has a client secret minted (`POST /v1/realtime/client_secrets`) and octi
  takes that as a sub-protocol.
- **openai-agents** and **agents-realtime** use the address as it stands: `ws://HOST/v1/realtime?model=NAME`. Both
  answer any event that is not exactly the protocol's with an error of their own; octi sends none.
- **pipecat-ai** asks for the answer to a function's result once the user's turn has ended for it: of a function that
  gave its result within milliseconds it did not ask at all (seen once; with half a second it always did).
- **openai-python** makes the address itself: `AsyncOpenAI(base_url="http://HOST/v1")`.
"""


def by_hand() -> str:
    """The table of those that are tried by hand."""
    lines = [f"| client | {' | '.join(TITLES[step] for step in STEPS)} | tried as |", "|---" * 7 + "|"]
    lines += [
        f"| {name} | {'yes | ' * len(STEPS)}{about} (`tests/clients/python/{program}`) |"
        for name, about, program in RECORDED
    ]
    return "\n".join(lines) + "\n"


def document() -> str:
    """The page."""
    lines = [f"| client | package | {' | '.join(TITLES[step] for step in STEPS)} | tried as |", "|---" * 8 + "|"]
    lines += [
        f"| {client.name} | {client.package} {client.version} | {'yes | ' * len(STEPS)}{client.about} |"
        for client in CLIENTS
    ]
    return HEAD + "\n".join(lines) + "\n" + TAIL.replace("{BY_HAND}", by_hand())


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
