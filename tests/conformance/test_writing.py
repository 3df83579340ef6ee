"""The list of rules in `docs/check.md` is the list of rules."""

from pathlib import Path

import pytest

from octi.conformance.rules import RULES
from octi.conformance.writing import BEGIN, END, rewritten, table

PAGE = Path(__file__).parent.parent.parent / "docs" / "check.md"


def test_the_page_is_current() -> None:
    """Else `python -m tests.conformance.test_writing` writes it anew."""
    page = PAGE.read_text(encoding="utf-8")
    assert page == rewritten(page, RULES)
    assert f"\n{len(RULES)} rules: " in page


def test_a_page_keeps_what_stands_around_the_list() -> None:
    """And the list is made anew."""
    page = rewritten(f"before {BEGIN} old {END} after", RULES[:1])
    assert page.startswith(f"before {BEGIN}\n\n| rule |")
    assert page.endswith(f"{END} after")
    assert "old" not in page


def test_a_page_without_a_place_for_it_is_refused() -> None:
    """Rather than left as it is."""
    with pytest.raises(ValueError, match="the page should have"):
        rewritten("nothing", RULES)


def test_each_rule_has_a_row() -> None:
    """With its name, its sentence, and what it needs."""
    rows = list(table(RULES))[2:]
    assert len(rows) == len(RULES)
    assert all(f"`{rule.name}`" in row and row.count(" | ") == 3 for rule, row in zip(RULES, rows, strict=True))


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8"), RULES), encoding="utf-8")
