"""Labels of metrics: few values each, however many there are outside, for every one costs the scraper a series."""

from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar

OTHER = "other"
MOST_NAMES, LONGEST_NAME = 20, 64
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

Child = TypeVar("Child", covariant=True)


class Family(Protocol[Child]):
    """A metric of prometheus_client that has labels."""

    def labels(self, *values: str) -> Child:
        """The one with these labels."""


Bound = TypeVar("Bound")


class Children(Generic[Bound]):
    """A metric's children by their labels' values: to find one here is several times quicker than to ask for it."""

    def __init__(self, family: Family[Bound]) -> None:
        self._family = family
        self._known: dict[tuple[str, ...], Bound] = {}

    def __call__(self, *values: str) -> Bound:
        """The child with these values. They must be few."""
        child = self._known.get(values)
        if child is None:
            child = self._known[values] = self._family.labels(*values)
        return child


class Names:
    """Names that clients or providers choose: the first so many are told apart, the others are one."""

    def __init__(self, known: Iterable[str] = (), most: int = MOST_NAMES) -> None:
        self._known = {_short(name) for name in known}
        self._most = max(most, len(self._known))

    def label(self, name: str) -> str:
        """What a name is called in a label."""
        name = _short(name)
        if name not in self._known:
            if len(self._known) >= self._most:
                return OTHER
            self._known.add(name)
        return name


def method_label(method: str) -> str:
    """An HTTP method: anybody may make one up."""
    return method if method in METHODS else OTHER


def status_label(status: int | None) -> str:
    """A status' class, such as 2xx; none: there was no answer."""
    return "none" if status is None else f"{status // 100}xx"


def _short(name: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in name[:LONGEST_NAME]) or "unknown"
