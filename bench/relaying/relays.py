"""The relays: how each is started, and which door of it is loaded."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

import attrs

from bench.relaying.kit import PEERS, Kit, Missing

REALTIME, OWN = "/v1/realtime?model=gpt-realtime", "/ws/realtime"
KEY = "sk-bench"
NOBODY = "none"
VERSION_S = 30.0


@attrs.frozen
class Place:
    """Where a relay is started: its port, its folder, the provider (`http://…` or `https://…`), whom to trust."""

    port: int
    folder: Path
    provider: str
    authority: Path | None = None

    @property
    def socket(self) -> str:
        """The provider's address as a WebSocket's."""
        return self.provider.replace("http", "ws", 1)


@attrs.frozen
class Command:
    """What starts a relay."""

    words: list[str]
    env: Mapping[str, str] = {}


@attrs.frozen
class Relay:
    """One relay. command: raises Missing. header: what clients send besides. tls: it speaks TLS to a provider."""

    name: str
    about: str
    command: Callable[[Kit, Place], Command]
    version: Callable[[Kit], str]
    path: str = REALTIME
    header: str = ""
    python: bool = True  # py-spy can look into it
    tls: bool = True

    @property
    def binary(self) -> bool:
        """Does its door take sound as it is?"""
        return self.path == OWN


# octi, as a user starts it


def octi(kit: Kit, place: Place) -> Command:
    """With everything on: a store, metrics, a log."""
    settings = {
        "HOST": "127.0.0.1",
        "PORT": str(place.port),
        "OCTI_UPSTREAM": "compatible",
        "OCTI_UPSTREAM_URL": f"{place.provider}/v1",
        "OPENAI_API_KEY": KEY,
        "OCTI_SYSTEM_PROMPT": "You are a friendly agent.",
        "OCTI_STORE_URL": f"sqlite:///{place.folder}/octi.db",
        "OCTI_LOG_FORMAT": "json",
        "OCTI_MAX_SESSIONS": "0",
        "PYTHONPATH": str(kit.octi),
    }
    return Command([sys.executable, "-m", "octi", "serve"], settings)


def octi_version(kit: Kit) -> str:
    """octi has one version while it is made; what it stands on has others."""
    libraries = ", ".join(f"{name} {version(name)}" for name in ("trio", "websockets", "msgspec"))
    return f"Python {sys.version.split()[0]}, {libraries}"


# The peers


def nothing(kit: Kit, place: Place) -> Command:
    """The clients talk with the provider itself."""
    return Command([])


def node(mode: str) -> Callable[[Kit, Place], Command]:
    """The Node relay: `raw`, or `parse`."""

    def command(kit: Kit, place: Place) -> Command:
        return Command([str(kit.node), str(PEERS / "node_ws.mjs"), str(place.port), place.socket, mode])

    return command


def peer(file: str) -> Callable[[Kit, Place], Command]:
    """One of the Python peers."""

    def command(kit: Kit, place: Place) -> Command:
        return Command([str(kit.python), str(PEERS / file), str(place.port), place.socket])

    return command


def nginx(kit: Kit, place: Place) -> Command:
    """With a configuration of its own, in the folder."""
    secure = place.authority is not None
    trust = f"proxy_ssl_verify on; proxy_ssl_trusted_certificate {place.authority};" if secure else ""
    file = filled_in("nginx.conf", place.folder, port=place.port, provider=place.provider, trust=trust)
    return Command([str(kit.nginx), "-p", str(place.folder), "-e", "stderr", "-c", str(file)])


def litellm(kit: Kit, place: Place) -> Command:
    """LiteLLM's proxy, with its realtime route alone."""
    file = filled_in("litellm.yaml", place.folder, provider=place.provider)
    words = ["--config", str(file), "--host", "127.0.0.1", "--port", str(place.port)]
    env = {"LITELLM_LOG": "ERROR", "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False"}
    return Command([str(kit.litellm), *words], env)


def filled_in(name: str, folder: Path, **values: object) -> Path:
    """A peer's configuration with its blanks filled in. The first line of what it is made from is for readers."""
    text = (PEERS / name).read_text(encoding="utf-8").partition("\n")[2]
    file = folder / name
    file.write_text(text.format(**values), encoding="utf-8")
    return file


def node_version(kit: Kit) -> str:
    """Node's, and those of ws and its native part."""
    node = said(kit.node, "--version").lstrip("v")  # first: it says what is missing
    files = {name: PEERS / "node_modules" / name / "package.json" for name in ("ws", "bufferutil")}
    found = [f"{name} {json.loads(file.read_text(encoding='utf-8'))['version']}" for name, file in files.items()]
    return f"Node {', '.join([node, *found])}"


def python_version(*packages: str) -> Callable[[Kit], str]:
    """The peers' Python and some of its packages."""
    code = f"import sys, importlib.metadata as m; print(sys.version.split()[0], *[m.version(p) for p in {packages}])"

    def look(kit: Kit) -> str:
        python, *versions = said(kit.python, "-c", code).split()
        return ", ".join([f"Python {python}", *map(" ".join, zip(packages, versions, strict=True))])

    return look


def nginx_version(kit: Kit) -> str:
    """As it says itself."""
    found = re.search(r"nginx/(\S+)", said(kit.nginx, "-v"))
    return f"nginx {found[1]}" if found else "nginx"


def litellm_version(kit: Kit) -> str:
    """Its package's."""
    code = "import importlib.metadata as m; print(m.version('litellm'))"
    return f"LiteLLM {said(kit.litellm.parent / 'python', '-c', code)}"


def said(*words: str | Path) -> str:
    """What a program prints. Raises Missing where it cannot be asked."""
    try:
        done = subprocess.run([*map(str, words)], capture_output=True, text=True, timeout=VERSION_S, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise Missing(f"{Path(words[0]).name} cannot be asked for its version: {error}") from None
    return (done.stdout + done.stderr).strip()


RELAYS = (
    Relay("octi", "octi, the Realtime API's door", octi, octi_version),
    Relay(
        "octi-own", "octi, its own door: sound as it is to the client, base64 to the provider", octi, octi_version, OWN
    ),
    Relay("node-raw", "Node, ws; no event is read", node("raw"), node_version, python=False),
    Relay("node-parse", "Node, ws; JSON.parse of each event", node("parse"), node_version, python=False),
    Relay(
        "aiohttp",
        "aiohttp on uvloop; json.loads of each event",
        peer("aiohttp_relay.py"),
        python_version("aiohttp", "uvloop"),
    ),
    Relay(
        "fastapi",
        "FastAPI on uvicorn, uvloop and websockets; json.loads of each event",
        peer("fastapi_relay.py"),
        python_version("fastapi", "uvicorn", "websockets", "uvloop"),
    ),
    Relay(
        "litellm",
        "LiteLLM's proxy, its realtime route",
        litellm,
        litellm_version,
        header=f"Authorization: Bearer {KEY}",
    ),
    Relay("nginx", "nginx as a proxy: the floor", nginx, nginx_version, python=False),
    Relay(NOBODY, "no relay: the clients at the provider", nothing, lambda kit: "-", python=False, tls=False),
)
BY_NAME = {relay.name: relay for relay in RELAYS}


def environment(place: Place, command: Command) -> dict[str, str]:
    """What a relay is started with; it trusts the provider's authority in the way of its kind."""
    trust = (
        {} if place.authority is None else dict.fromkeys(("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"), str(place.authority))
    )
    return {"PATH": os.environ["PATH"], "HOME": str(place.folder), **trust, **command.env}
