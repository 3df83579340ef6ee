"""axe-core, which finds much of what keeps people from using a page; and what they would have to do without a mouse."""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

AXE = Path(__file__).parent / "axe" / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = ("serious", "critical")
RUN = """async () => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations.flatMap(({ id, impact, help, nodes }) =>
        nodes.map(({ target, failureSummary }) => ({ id, impact, help, where: target.join(" "), failureSummary })));
}"""


def serious_findings(page: Page) -> list[dict[str, Any]]:
    """What axe-core finds on a page as it stands that is serious or critical. Skips the test where axe is not there."""
    if not AXE.exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("axe-core is not installed: make test does it")
    page.evaluate(AXE.read_text(encoding="utf-8"))  # not as a script element, which the page's policy would forbid
    found: list[dict[str, Any]] = page.evaluate(RUN)
    return [finding for finding in found if finding["impact"] in SERIOUS]


def scrolls_sideways(page: Page) -> bool:
    """Is the page wider than what shows it?"""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def focused(page: Page) -> str:
    """The id of what has the keyboard, or its element's name."""
    return str(page.evaluate("document.activeElement?.id || document.activeElement?.localName"))


def tab_to(page: Page, wanted: str, at_most: int = 40) -> None:
    """Press Tab until the element of an id has the keyboard."""
    for _ in range(at_most):
        if focused(page) == wanted:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"#{wanted} is not reached by {at_most} times Tab")
