"""What must stay true of octi's shape: imports point down, what is pure stays pure, every module has its test."""

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "octi"

# From the bottom up. A part imports parts of lower layers, never one above or beside it.
LAYERS = (
    "errors units clock loop_clock alarm nesting pauses settings vitals",
    "error_replies records pricing secret_files surface crowd commands",
    "engine_config listen_config log_config record_config redact_config metrics_config trace_config "
    "guard_config limit_config policy_config access_config budget_config hook_config",
    "config",
    "advice",
    "realtime accounts redaction",
    "observe guard",
    "websocket store",
    "engine http accepting spending",
    "upstream jwks",
    "hooks",
    "session talk extraction",
    "conformance",
    "steering simulator",
    "cassette",
    "recording",
    "testing",
    "pytest_plugin",
    "directory limiting budgeting",
    "services observing answerer descriptors",
    "engine_opening",
    "answering",
    "web front opening drain certificate",
    "serve transcripts census health api_keys",
    "serve_command talk_command simulate_command replay_command",
    "cli",
    "__main__",
)
RANK = {part: rank for rank, parts in enumerate(LAYERS) for part in parts.split()}

# What is said and what is kept: values and functions, to be read and tested without a clock or a socket.
PURE = (
    "realtime/",
    "extraction/",
    "redaction/",
    "guard/",
    "pricing/",
    "errors.py",
    "error_replies.py",
    "units.py",
    "clock.py",
    "nesting.py",
    "surface.py",
    "settings.py",
    "secret_files.py",
    "records.py",
    "config.py",
    "engine_config.py",
    "listen_config.py",
    "log_config.py",
    "record_config.py",
    "redact_config.py",
    "metrics_config.py",
    "trace_config.py",
    "guard_config.py",
    "hook_config.py",
    "limit_config.py",
    "policy_config.py",
    "access_config.py",
    "budget_config.py",
    "accounts.py",
    "advice.py",
)
PURE_TALK = tuple(f"talk/{name}.py" for name in ("wav", "tape", "latency", "dialect", "playback", "conversation"))
WAITING = {"trio", "trio_websocket", "quart", "quart_trio", "hypercorn", "httpx", "httpx2", "asyncio", "anyio"}


def python_files() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)


def place(path: Path) -> str:
    """A file as the messages name it: its path below octi/."""
    return path.relative_to(PACKAGE).as_posix()


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(path): path for path in python_files()}


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def imports(path: Path) -> Iterator[str]:
    """Every name that a file imports, at its top and inside functions, with the module that it comes from."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ("." * node.level + f"{node.module or ''}.{alias.name}" for alias in node.names)


def imported_modules(path: Path) -> Iterator[str]:
    """The modules of octi that a file imports: `octi.a.b` for `from octi.a import b` if b is one, else `octi.a`."""
    for name in imports(path):
        if name == "octi" or name.startswith("octi."):
            yield name if name in MODULES else name.rpartition(".")[0]


def part_of(module: str) -> str:
    """The file or folder directly below octi/ that a module is in; "" for the package itself."""
    return [*module.split("."), ""][1]


def uphill_imports() -> Iterator[tuple[str, str]]:
    for module, path in MODULES.items():
        for used in imported_modules(path):
            own, other = part_of(module), part_of(used)
            if other not in {"", own} and RANK.get(other, -1) >= RANK.get(own, -1):
                yield place(path), used


def test_every_part_has_its_layer() -> None:
    """A new folder or file directly below octi/ is put into LAYERS, so that its imports can be judged."""
    assert {part_of(module) for module in MODULES} - {""} - RANK.keys() == set()


def test_imports_point_down() -> None:
    """Imports inside functions count as well."""
    assert sorted(uphill_imports()) == []


def test_the_package_itself_imports_nothing() -> None:
    """`octi/__init__.py` holds the version, so that any part may import it."""
    assert list(imports(PACKAGE / "__init__.py")) == []


def test_no_two_modules_import_each_other() -> None:
    """There is no cycle between modules, inside a folder either."""
    graph = {module: set(imported_modules(path)) - {module} for module, path in MODULES.items()}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_a_port_imports_no_variant_of_it() -> None:
    """A folder's `base` imports nothing from its own folder."""
    bases = {module: path for module, path in MODULES.items() if module.endswith(".base")}
    uses = [(module, used) for module, path in bases.items() for used in imported_modules(path)]
    assert [(module, used) for module, used in uses if used.startswith(module.removesuffix("base"))] == []


def test_imports_are_absolute() -> None:
    """So that an import reads the same everywhere, and this file understands it."""
    assert [(place(path), name) for path in python_files() for name in imports(path) if name.startswith(".")] == []


def test_nothing_is_imported_for_types_alone() -> None:
    """Where an import under TYPE_CHECKING is wanted, the order is wrong."""
    assert [
        place(path) for path in python_files() if any(is_named(node, "TYPE_CHECKING") for node in nodes(path))
    ] == []


def is_named(node: ast.AST, name: str) -> bool:
    """Whether a node reads or imports a name, alone or as an attribute."""
    match node:
        case ast.Name(id=said) | ast.Attribute(attr=said) | ast.alias(name=said):
            return said == name
        case _:
            return False


def test_what_is_said_imports_nothing_that_waits() -> None:
    """The wire and the records know no Trio, no server, no client."""
    pure = [path for path in python_files() if place(path).startswith(PURE + PURE_TALK)]
    assert pure
    assert [(place(path), name) for path in pure for name in imports(path) if name.split(".")[0] in WAITING] == []


def test_only_the_command_line_reads_the_environment() -> None:
    """Everything else is given what it needs. One module sets a variable, before it loads the library that reads it."""
    names = ("environ", "environb", "getenv", "putenv")
    readers = {place(path) for path in python_files() for name in names if any(is_named(n, name) for n in nodes(path))}
    assert readers - {"cli.py", "engine/onnx.py"} == set()


def test_every_module_has_its_tests() -> None:
    """At the same path below tests/; a port is tested by its contract, over every variant."""
    tested = [path for path in python_files() if path.stem not in {"__init__", "__main__"}]
    assert [
        place(path) for path in tested if not any((ROOT / "tests" / name).is_file() for name in where_tests_stand(path))
    ] == []


def where_tests_stand(path: Path) -> Iterator[str]:
    """Where a module's tests may stand."""
    folder = path.relative_to(PACKAGE).parent
    yield f"{folder.as_posix()}/test_{path.stem}.py"
    if path.stem == "base":
        yield f"contract/test_{folder.name}.py"
