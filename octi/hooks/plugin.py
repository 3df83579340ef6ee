"""A hook that is a Python function: found by name among the entry points of the packages that are installed."""

from collections.abc import Awaitable, Callable, Iterable
from importlib.metadata import EntryPoint, entry_points

import attrs

from octi.errors import BadConfig
from octi.hooks.base import ALLOWED, HookFailed, Said, Verdict

GROUP = "octi.hooks"

Judging = Callable[[Said], Awaitable[Verdict | None]]


@attrs.frozen
class Plugin:
    """Somebody's function. It runs on octi's own loop: one that does not wait where it could holds up everybody."""

    name: str
    function: Judging

    async def judge(self, said: Said) -> Verdict:
        """See `Hook.judge`. None allows."""
        verdict = await self.function(said)
        if verdict is None:
            return ALLOWED
        if not isinstance(verdict, Verdict):
            raise HookFailed(f"it gave {type(verdict).__name__}, and no Verdict")
        return verdict


def installed() -> Iterable[EntryPoint]:
    """The hooks of the packages that are installed."""
    return entry_points(group=GROUP)


def plugin_named(name: str, found: Iterable[EntryPoint]) -> Plugin:
    """The hook of that name, loaded. Raises BadConfig."""
    points = {point.name: point for point in found}
    if name not in points:
        there = ", ".join(sorted(points)) or "none"
        raise _bad(name, f"should be the name of an entry point in the group {GROUP}; there are: {there}")
    try:
        function = points[name].load()
    except Exception as error:  # whatever somebody's module does when it is imported
        raise _bad(name, f"{points[name].value} cannot be loaded: {type(error).__name__}: {error}") from error
    if not callable(function):
        raise _bad(name, f"{points[name].value} should be an async function")
    return Plugin(name, function)


def _bad(name: str, problem: str) -> BadConfig:
    return BadConfig([f"OCTI_HOOK={name!r}: {problem}"])
