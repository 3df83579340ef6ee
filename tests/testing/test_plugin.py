"""The fixtures, as a test suite of somebody else's uses them."""

import pytest

from tests.testing.talking import plugin_args

pytest_plugins = ["pytester"]

SCENARIO = """
name = "greeting"
[[turn]]
hear = "hello"
say = "Good morning."
"""
# A client with nothing but the standard library: no event loop, as many suites have none.
CLIENT = '''
import base64, json, os, socket
from urllib.parse import urlsplit

def talk(simulator, text, key=""):
    """Says something; the types of the events up to the response's end."""
    address = urlsplit(simulator.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as wire:
        nonce = base64.b64encode(os.urandom(16)).decode()
        wire.sendall((
            "GET /v1/realtime?model=m HTTP/1.1\\r\\nHost: x\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n"
            f"Sec-WebSocket-Key: {nonce}\\r\\nSec-WebSocket-Version: 13\\r\\nAuthorization: Bearer {key}\\r\\n\\r\\n"
        ).encode())
        file = wire.makefile("rb")
        while file.readline() != b"\\r\\n":
            pass
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        for event in ({"type": "conversation.item.create", "item": item}, {"type": "response.create"}):
            data = json.dumps(event).encode()
            wire.sendall(bytes([0x81, 0x80 | 126]) + len(data).to_bytes(2, "big") + bytes(4) + data)
        kinds = []
        while kinds[-1:] != ["response.done"]:
            length = file.read(2)[1]
            length = int.from_bytes(file.read({126: 2, 127: 8}[length]), "big") if length > 125 else length
            kinds.append(json.loads(file.read(length))["type"])
        return kinds
'''


def ran(pytester: pytest.Pytester, tests: str, *args: str) -> pytest.RunResult:
    """A suite with these tests, in this process."""
    pytester.makefile(".toml", greeting=SCENARIO)
    pytester.makepyfile(client=CLIENT, test_it=tests)
    pytester.syspathinsert()
    return pytester.runpytest_inprocess(*plugin_args(), *args)


def test_a_simulator_plays_a_file_beside_the_test(pytester: pytest.Pytester) -> None:
    """A client that does what it should passes."""
    result = ran(
        pytester,
        """
        from client import talk

        def test_greeting(octi_simulator):
            simulator = octi_simulator("greeting.toml")
            assert "response.output_audio.delta" in talk(simulator, "Hello!")
            assert simulator.ws_url.startswith("ws://127.0.0.1:")
            assert simulator.report().passed
        """,
    )
    result.assert_outcomes(passed=1)


def test_a_failed_scenario_fails_the_test(pytester: pytest.Pytester) -> None:
    """With the report; one that nobody came to as well; not one that is not to be judged."""
    result = ran(
        pytester,
        """
        from client import talk

        def test_wrong(octi_simulator):
            talk(octi_simulator("greeting.toml"), "Go away")

        def test_nobody(octi_simulator):
            octi_simulator("greeting.toml")

        def test_unjudged(octi_simulator):
            octi_simulator("greeting.toml", judge=False)
        """,
    )
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["*turn 1: the client said 'Go away'; it should have said something like 'hello'*"])
    result.stdout.fnmatch_lines(["*no client came*"])


def test_a_scenario_that_cannot_be_read_says_where(pytester: pytest.Pytester) -> None:
    """The file and the line."""
    result = ran(
        pytester,
        '''
        def test_wrong(octi_simulator):
            octi_simulator("""
        [[turn]]
        sya = "Hello"
        """)
        ''',
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*scenario.toml:3: turn?0?.sya: unknown field; did you mean `say`?*"])


def test_a_provider_in_memory(pytester: pytest.Pytester) -> None:
    """For suites on Trio, on virtual time."""
    result = ran(
        pytester,
        """
        import json

        async def test_greeting(octi_memory, autojump_clock):
            async with octi_memory("greeting.toml") as provider, provider.open() as leg:
                content = [{"type": "input_text", "text": "Hello"}]
                item = {"type": "message", "role": "user", "content": content}
                leg.send(json.dumps({"type": "conversation.item.create", "item": item}).encode())
                leg.send(b'{"type": "response.create"}')
                seen = []
                while "response.done" not in seen:
                    seen += [json.loads(message.data)["type"] for message in await leg.receive()]
        """,
        "-o",
        "trio_mode=true",
    )
    result.assert_outcomes(passed=1)
