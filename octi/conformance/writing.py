"""The list of rules as `docs/check.md` has it. Pure."""

from collections.abc import Iterator, Sequence

from octi.conformance.rule import Rule, Standing

BEGIN, END = "<!-- the rules: written by octi.conformance.writing -->", "<!-- the rules end here -->"


def rewritten(page: str, rules: Sequence[Rule]) -> str:
    """A page with its list of rules made anew. Raises ValueError where it has no place for one."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page should have {BEGIN} and {END}")
    lines = "\n".join(table(rules))
    return f"{before}{BEGIN}\n\n{lines}\n\n{END}{after}"


def table(rules: Sequence[Rule]) -> Iterator[str]:
    """Each rule in a row."""
    yield "| rule | what it says | part of the protocol | needs |"
    yield "|---|---|---|---|"
    for rule in rules:
        needs = rule.needs or ("all that is said" if isinstance(rule, Standing) else "")
        yield f"| `{rule.name}` | {rule.sentence.replace('|', chr(92) + '|')} | {rule.about} | {needs} |"
