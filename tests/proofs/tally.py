"""What the proofs of a run went through, and what they found; printed at its end."""

from collections.abc import Iterator, Mapping

import attrs

Figures = Mapping[str, int]


@attrs.define
class Proof:
    """One kind of proof: what it did, and what it saw of that of which there must be none."""

    done: dict[str, int] = attrs.field(factory=dict)
    found: dict[str, int] = attrs.field(factory=dict)

    def __str__(self) -> str:
        return f"{listed(self.done)}; {listed(self.found)}"


@attrs.define
class Proofs:
    """All of a run, by name."""

    by_name: dict[str, Proof] = attrs.field(factory=dict)

    def add(self, name: str, done: Figures, found: Figures) -> None:
        """So much was done, and so much of that found of which there must be none: all is summed up."""
        proof = self.by_name.setdefault(name, Proof())
        for sums, more in ((proof.done, done), (proof.found, found)):
            for what, count in more.items():
                sums[what] = sums.get(what, 0) + count

    def merge(self, others: "Proofs") -> None:
        """Add what another process did."""
        for name, proof in others.by_name.items():
            self.add(name, proof.done, proof.found)

    def lines(self) -> Iterator[str]:
        """A line for each kind."""
        width = max(map(len, self.by_name), default=0)
        yield from (f"{name:{width}}  {proof}" for name, proof in sorted(self.by_name.items()))


def listed(figures: Figures) -> str:
    """`3 scenes, 1200 steps`."""
    return ", ".join(f"{count} {what}" for what, count in figures.items())
