"""One visit to a page of octi's, and what came of it."""

import re
import time
from pathlib import Path
from typing import Any

import attrs
from playwright.sync_api import Locator, Page, expect

from tests.browser.microphone import Sound

HERE = Path(__file__).parent
EARS = HERE / "ears.js"
SOON_S = 60.0  # what has to happen happens within it on a busy machine, too
LOOK_MS = 20
AUDIBLE = 0.02  # of full scale


@attrs.frozen
class Caption:
    """One turn as it stands on the page. `struck`: the words that are struck through."""

    who: str
    text: str
    is_partial: bool
    is_cut: bool
    struck: str


@attrs.define(eq=False)
class Visit:
    """A page that was opened. `sound`: what its microphone hears. `errors`: what its scripts threw.

    `asked`: every address that it asked for, of sockets none.
    """

    page: Page
    sound: Sound
    errors: list[str] = attrs.field(factory=list)
    asked: list[str] = attrs.field(factory=list)

    def find(self, selector: str) -> Locator:
        """An element; it need not be there yet."""
        return self.page.locator(selector)

    def talk(self) -> None:
        """Press the big button, and be listened to."""
        self.find("#talk").click()
        self.wait_state("listening")

    def talk_as_soon_as_possible(self) -> None:
        """Press it again while the server is full."""
        deadline = time.monotonic() + SOON_S
        while self.state != "listening":
            assert time.monotonic() < deadline, f"still {self.state}"
            self.find("#talk").click()
            self.wait_state("listening", "full")

    def type(self, words: str) -> None:
        """Say something with the keyboard."""
        self.find("#words").fill(words)
        self.find("#words").press("Enter")

    @property
    def state(self) -> str:
        """What the page says of itself now."""
        return self.find("body").get_attribute("data-state") or ""

    def wait_state(self, *states: str) -> None:
        """Until it is in one of them."""
        pattern = re.compile(rf"^({'|'.join(states)})$")
        expect(self.find("body")).to_have_attribute("data-state", pattern, timeout=SOON_S * 1000)

    def wait_words(self, who: str, pattern: str) -> None:
        """Until a turn of the `user` or the `agent` has, whole, these words."""
        words = self.find(f"#captions .turn.{who}:not([data-partial])").filter(
            has_text=re.compile(pattern, re.IGNORECASE)
        )
        expect(words.first).to_be_visible(timeout=SOON_S * 1000)

    def captions(self) -> list[Caption]:
        """All turns, as they stand there now."""
        turns = self.page.evaluate(
            """() => [...document.querySelectorAll("#captions .turn")].map((turn) => ({
                who: turn.classList.contains("user") ? "user" : "agent",
                text: turn.innerText,
                is_partial: "partial" in turn.dataset,
                is_cut: "cut" in turn.dataset,
                struck: [...turn.querySelectorAll("s")].map((words) => words.textContent).join(" "),
            }))"""
        )
        return [Caption(**turn) for turn in turns]

    def partials(self) -> list[tuple[str, str]]:
        """Who said what while it was not whole yet, as it ever stood there."""
        return [(who, text) for who, text in self.page.evaluate("ofTheTests.partials")]

    # What the page said of itself, by its events

    def states(self) -> list[str]:
        """All that it has been in, in order."""
        return list(self.page.evaluate("ofTheTests.states"))

    def messages(self, kind: str = "") -> list[dict[str, Any]]:
        """What the server said, of a type or all; `sound_s` and `at_ms`: when, by the sound's clock and the page's."""
        told = self.page.evaluate("ofTheTests.messages")
        return [message for message in told if kind in {"", message["type"]}]

    def wait_message(self, kind: str, count: int = 1) -> dict[str, Any]:
        """The count-th message of a type."""
        self.wait(f"ofTheTests.messages.filter(({{ type }}) => type === '{kind}').length >= {count}")
        return self.messages(kind)[count - 1]

    # What sounds

    def wait_voice(self) -> None:
        """Until a voice is heard from the loudspeaker."""
        self.wait(f"ofTheTests.loudest() > {AUDIBLE}")

    def wait_spoken(self, seconds: float) -> None:
        """Until the microphone has been open so long: what it heard up to there was said."""
        self.wait(f"ofTheTests.microphone !== null && performance.now() > ofTheTests.microphone + {seconds * 1000}")

    def microphone_open_s(self) -> float:
        """How long the microphone is open now."""
        return float(self.page.evaluate("(performance.now() - ofTheTests.microphone) / 1000"))

    def last_sound(self, from_s: float, to_s: float) -> float | None:
        """When it sounded for the last time between then and then, by the sound's clock; None: not at all."""
        self.wait(f"ofTheTests.heardUntil() > {to_s}")
        assert self.page.evaluate("ofTheTests.deaf") == 0, "the page was too busy to listen"
        found = self.page.evaluate(f"ofTheTests.lastSound({from_s}, {to_s})")
        return None if found is None else float(found)

    def wait(self, expression: str) -> None:
        """Until JavaScript holds on the page. (Playwright's own way would have the page's policy allow `eval`.)"""
        deadline = time.monotonic() + SOON_S
        while not self.page.evaluate(f"Boolean({expression})"):
            assert time.monotonic() < deadline, f"never so: {expression}; state {self.state}, {self.captions()}"
            self.page.wait_for_timeout(LOOK_MS)

    def violations(self) -> list[str]:
        """Where the page has broken its own Content-Security-Policy."""
        return list(self.page.evaluate("ofTheTests.violations"))

    def close(self) -> None:
        """Leave, having seen no error of the page's own scripts and nothing that its policy forbids. Once is enough."""
        if self.page.is_closed():
            return
        violations = self.violations()
        self.page.context.close()
        assert (self.errors, violations) == ([], [])
