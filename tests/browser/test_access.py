"""The voice page for everybody: by keyboard alone, by screen reader, on a telephone, in the dark, without motion."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import focused, scrolls_sideways, serious_findings, tab_to
from tests.browser.scripted import NO_MICROPHONE, ScriptedOcti
from tests.browser.servers import Server
from tests.browser.visit import Visit

pytestmark = [pytest.mark.slow, pytest.mark.engine]

STATES = (
    "idle",
    "connecting",
    "listening",
    "thinking",
    "speaking",
    "reconnecting",
    "ended",
    "refused",
    "no-microphone",
    "full",
    "gone",
)
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen"
MOVING = """document.getAnimations().filter(({ effect }) => effect.getComputedTiming().duration > 50).length"""


class Stage:
    """Brings a page into a state, with something on it of all that there may be."""

    def __init__(self, octi: Server, page_for: Callable[..., Visit]) -> None:
        self.octi, self.page_for = octi, page_for

    def in_state(self, state: str) -> Visit:
        scripted = ScriptedOcti(answers=state != "connecting")

        def prepare(page: Page) -> None:
            scripted.prepare(page)
            if state == "full":
                full = {"error": "octi is full", "code": "full"}
                page.route("**/sessions", lambda route: route.fulfill(status=503, json=full))
            if state == "gone":
                page.route("**/sessions", lambda route: route.abort())

        script = NO_MICROPHONE if state == "no-microphone" else ""
        visit = self.page_for(self.octi, prepare=prepare, allowed=state != "refused", script=script)
        if state != "idle":
            visit.find("#talk").click()
        if state in {"listening", "thinking", "speaking", "reconnecting", "ended"}:
            self._talked(visit, scripted, state)
        visit.wait_state(state)
        return visit

    def _talked(self, visit: Visit, scripted: ScriptedOcti, state: str) -> None:
        visit.wait_state("listening")
        scripted.say("user_speech_started")
        scripted.say("user_transcript", text=f"Hello. {LONG}.")
        scripted.say("transcript_delta", text=f"Good morning, my name is {LONG}, and I talk a lot.")
        scripted.say("transcript", text="Good morning,")
        scripted.say("user_speech_started")
        scripted.say("user_transcript_delta", text="What is")
        if state in {"thinking", "speaking"}:
            scripted.say("user_speech_stopped")
        if state == "speaking":
            scripted.say("transcript_delta", text="I am speaking now, and for a long time.")
            scripted.speak(60)
        if state == "reconnecting":
            scripted.closes = 1012
            scripted.close(1012)
        if state == "ended":
            visit.find("#talk").click()


@pytest.fixture
def stage(octi: Server, page_for: Callable[..., Visit]) -> Stage:
    return Stage(octi, page_for)


@pytest.mark.parametrize("state", STATES)
def test_nothing_keeps_anybody_from_using_the_page(stage: Stage, state: str) -> None:
    """axe-core finds nothing serious in this state, light or dark; on a telephone nothing has to be scrolled sideways.

    Where motion is not wanted, nothing moves.
    """
    visit = stage.in_state(state)
    for scheme in ("light", "dark"):
        visit.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert serious_findings(visit.page) == []
    assert visit.page.evaluate(MOVING) == 0
    for width in (390, 320):
        visit.page.set_viewport_size({"width": width, "height": 844})
        assert not scrolls_sideways(visit.page), width
    assert visit.state == state


def test_the_state_is_told_to_a_screen_reader(stage: Stage) -> None:
    """In a live region, in words, each one different."""
    told = set()
    for state in STATES:
        visit = stage.in_state(state)
        told.add(visit.find("#status").inner_text())
        visit.close()
    assert "" not in told
    assert len(told) == len(STATES)


def test_a_conversation_is_had_without_a_mouse(octi: Server, page_for: Callable[..., Visit]) -> None:
    """Every control is reached by Tab, shows that it has the keyboard, and does by keys what it does by hand."""
    visit = page_for(octi)
    keyboard = visit.page.keyboard
    for control in ("voice", "language", "talk"):
        tab_to(visit.page, control)
        assert shows_focus(visit), control
    keyboard.press("Enter")
    visit.wait_state("listening")
    tab_to(visit.page, "mute")
    assert shows_focus(visit)
    keyboard.press("Space")
    assert visit.find("#mute").get_attribute("aria-pressed") == "true"
    keyboard.press("Space")
    assert visit.find("#mute").get_attribute("aria-pressed") == "false"
    tab_to(visit.page, "words")
    assert shows_focus(visit)
    keyboard.type("What is two plus three?")
    keyboard.press("Enter")
    visit.wait_words("agent", r"\b5\b|five")
    tab_to(visit.page, "talk")
    keyboard.press("Enter")
    visit.wait_state("ended")
    assert focused(visit.page) == "talk"


def test_push_to_talk_has_a_button_for_fingers_and_keys(stage: Stage) -> None:
    """Held, it says so; Space in the field for messages is a space."""
    visit = stage.in_state("listening")
    tab_to(visit.page, "hold")
    assert shows_focus(visit)
    visit.page.keyboard.down("Enter")
    expect(visit.find("#hold")).to_have_attribute("aria-pressed", "true")
    visit.page.keyboard.up("Enter")
    expect(visit.find("#hold")).to_have_attribute("aria-pressed", "false")
    visit.find("#words").focus()
    visit.page.keyboard.type("a b")
    assert visit.find("#words").input_value() == "a b"
    expect(visit.find("#hold")).to_have_attribute("aria-pressed", "false")


def shows_focus(visit: Visit) -> bool:
    """Can one see which element has the keyboard?"""
    return bool(
        visit.page.evaluate(
            """() => {
                const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement);
                return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 1) || boxShadow !== "none";
            }"""
        )
    )


@pytest.mark.parametrize("view", ["live", "ended", "node", "session"])
def test_nothing_keeps_an_operator_from_using_the_console(
    octi: Server, page_for: Callable[..., Visit], view: str
) -> None:
    """axe-core finds nothing serious in any of its views, light or dark; on a telephone nothing is wider than it."""
    talking = page_for(octi)
    talking.talk()
    talking.type("What is two plus three?")
    talking.wait_words("agent", r"\b5\b|five")
    console = page_for(octi, "/console")
    console.wait("document.querySelectorAll('#live-rows tr').length > 0")
    address = console.find("#live-rows tr [href], #live-rows tr a").first.get_attribute("href")
    console.page.evaluate("(to) => { location.hash = to; }", address if view == "session" else f"#/{view}")
    expect(console.find(f"#{view}")).to_be_visible()
    if view == "session":
        console.wait("/five|5/.test(document.querySelector('#transcript').textContent)")
    for scheme in ("light", "dark"):
        console.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert serious_findings(console.page) == []
    assert console.page.evaluate(MOVING) == 0
    for width in (390, 320):
        console.page.set_viewport_size({"width": width, "height": 844})
        assert not scrolls_sideways(console.page), width
