"""Debian's Chromium, driven by Playwright, with a fake microphone."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.microphone import Microphone, Part
from tests.browser.visit import EARS, SOON_S, Visit

FLAGS = (
    "--no-sandbox",  # CI is root
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
)


def chromium_path() -> str:
    """Where Chromium is. Skips the test where there is none; in CI it fails."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("Chromium is not installed (Debian: chromium)")
    return str(path)


@attrs.define(eq=False)
class Chromium:
    """A browser under way. Each of its pages has a fresh profile, and all hear the same microphone."""

    browser: Browser
    microphone: Microphone

    def open(
        self,
        address: str,
        *,
        audio: Sequence[Part] = (),
        allowed: bool = True,
        script: str = "",
        prepare: Callable[[Page], object] = bool,
        **profile: Any,
    ) -> Visit:
        """Open an address. allowed: the microphone; script: runs in the page first; prepare: is done to it before.

        profile: as Playwright names it.
        """
        context = self.browser.new_context(
            **{"locale": "en-GB", "viewport": {"width": 1024, "height": 768}, "service_workers": "block", **profile}
        )
        context.set_default_timeout(SOON_S * 1000)
        context.grant_permissions(["microphone"] if allowed else [], origin="/".join(address.split("/", 3)[:3]))
        context.add_init_script(path=EARS)
        context.add_init_script(script)
        page = context.new_page()
        visit = Visit(page, self.microphone.hears(audio))
        page.on("pageerror", lambda error: visit.errors.append(str(error)))
        page.on("request", lambda request: visit.asked.append(request.url))
        prepare(page)
        page.goto(address)
        return visit


@contextmanager
def chromium(folder: Path) -> Iterator[Chromium]:
    """A browser, until the block ends."""
    microphone = Microphone(folder / "microphone.wav")
    microphone.hears([])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(),
            args=[*FLAGS, f"--use-file-for-fake-audio-capture={microphone.path}"],
        )
        yield Chromium(browser, microphone)
        browser.close()
