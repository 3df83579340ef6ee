"""`octi serve` as a process that a test may kill and start again at the same address."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import attrs

from tests.origins.processes import END_S, KEY, PROMPT, ROOT, announced, wait_ready

READY = r"octi is ready: +(http://[^/]+)/"


@attrs.define(eq=False)
class Server:
    """An octi with its store in a folder. `base`: http://127.0.0.1:port, the same for each of its starts."""

    folder: Path
    settings: Mapping[str, str]
    base: str = ""
    _process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Return when it is ready."""
        self.folder.mkdir(exist_ok=True)
        printed, errors = self.folder / "printed.log", self.folder / "errors.log"
        port = {"PORT": self.base.rpartition(":")[2] or "0"}
        with printed.open("wb") as stdout, errors.open("ab") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "octi", "serve"],
                cwd=self.folder,
                env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **self.settings, **port},
                stdout=stdout,
                stderr=stderr,
            )
        self.base = announced(self._process, printed, errors, READY)
        wait_ready(self.base)

    def kill(self) -> None:
        """As a crash would; nothing listens at its address any more."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """As an operator would; it ends cleanly, and has logged no error. Nothing happens if it was killed."""
        process = self._process
        try:
            if process:
                process.send_signal(signal.SIGTERM)
                assert process.wait(END_S) == 0
        finally:
            self.kill()
        log = (self.folder / "errors.log").read_text(encoding="utf-8").splitlines()
        assert [line for line in log if re.search(r'"level": "(error|critical)"|Traceback', line)] == []


def settings_for(simulator: str | None, settings: Mapping[str, str]) -> dict[str, str]:
    """The settings of an octi over a simulated provider, or over the embedded engine with one worker."""
    upstream = {"OCTI_ENGINE_WORKERS": "1", "OCTI_MAX_SESSIONS": "100"}
    if simulator:
        upstream = {"OCTI_UPSTREAM": "openai", "OCTI_UPSTREAM_URL": simulator, "OPENAI_API_KEY": KEY}
    return {"OCTI_SYSTEM_PROMPT": PROMPT, **upstream, **settings}
