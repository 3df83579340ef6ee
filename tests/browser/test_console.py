"""The operators' page against fifty live sessions of a simulated provider: followed, steered, ended, found again."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest
from playwright.sync_api import Locator, expect

from octi.guard.caller import Scope
from octi.guard.keys import ServerKey, digest
from tests.browser.accessibility import focused, tab_to
from tests.browser.console_crowd import Crowd, crowd_at
from tests.browser.servers import Server
from tests.browser.visit import SOON_S, Visit

pytestmark = pytest.mark.slow

MANY = 50
SCRIPT = {
    "caller": [{"say": "Where is my order?"}],
    "agent": [
        {"say": "Good morning, it is on its way."},
        {"say_from_instructions": "offer them (.+)", "template": "May I offer you {0}", "otherwise": "I do not know."},
    ],
}
HOSTILE = "<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script> ${1}"
SOON_MS = SOON_S * 1000
KEY = "octi_sk_" + "k" * 43


@attrs.frozen
class House:
    """An octi full of people, and its console."""

    octi: Server
    crowd: Crowd
    console: Visit

    def rows(self) -> Locator:
        return self.console.find("#live-rows tr")


@pytest.fixture
def house(
    octi_server: Callable[..., Server], simulator: Callable[..., str], page_for: Callable[..., Visit]
) -> Iterator[House]:
    octi = octi_server(simulator(SCRIPT), OCTI_MAX_SESSIONS="100")
    with crowd_at(octi.base, MANY) as crowd:
        console = page_for(octi, "/console", viewport={"width": 1440, "height": 900})
        expect(console.find("#live-rows tr")).to_have_count(MANY, timeout=SOON_MS)
        yield House(octi, crowd, console)


@pytest.fixture
def alone(
    octi_server: Callable[..., Server], simulator: Callable[..., str], page_for: Callable[..., Visit]
) -> Iterator[House]:
    """The same with one client, whose session is open."""
    octi = octi_server(simulator(SCRIPT))
    with crowd_at(octi.base, 1) as crowd:
        console = page_for(octi, "/console", viewport={"width": 1440, "height": 900})
        console.find("#live-rows a").click()
        yield House(octi, crowd, console)


def test_fifty_sessions_are_seen_and_one_is_followed_steered_and_ended(house: House) -> None:
    """Its words come as they are said; a note is obeyed in its next answer; its client is told that it is over."""
    console, page = house.console, house.console.page
    assert page.locator("#live-count").inner_text() == str(MANY)
    row = house.rows().first
    for cell, pattern in {
        ".state": "listening",
        ".door": "octi",
        ".upstream": "openai",
        ".turns": "0",
        ".since": r"\d\d:\d\d:\d\d",
    }.items():
        expect(row.locator(cell)).to_have_text(re.compile(pattern))

    house.crowd.type(7, "Hello, I am the seventh.")
    expect(house.rows().filter(has=page.locator(".turns", has_text="2"))).to_have_count(1, timeout=SOON_MS)
    page.select_option("#live-order", "turns")
    house.rows().first.locator("a").click()
    transcript = console.find("#transcript")
    expect(transcript.locator(".turn.user")).to_contain_text("Hello, I am the seventh.")
    expect(transcript.locator(".turn.agent")).to_contain_text("Good morning, it is on its way.")
    expect(console.find("[data-layer=base]")).to_contain_text("version 1")

    console.find("#note").fill("Please offer them a callback.")
    console.find("#note-push").click()
    expect(console.find("#note-result")).to_have_text("The note is in the live session.")
    expect(console.find("[data-layer=note]")).to_have_attribute("data-version", "1")
    house.crowd.type(7, "What can you do for me?")
    expect(transcript.locator(".turn.agent").last).to_contain_text("May I offer you a callback", timeout=SOON_MS)

    console.find("#end").click()
    console.find("#end-yes").click()
    expect(console.find("#session-state")).to_have_text("ended", timeout=SOON_MS)
    expect(console.find("#live-count")).to_have_text(str(MANY - 1), timeout=SOON_MS)
    expect(transcript).to_contain_text("ended by an operator")
    console.wait("document.querySelector('#end').hidden")
    assert house.crowd.closed == [7]

    console.find("#to-ended").click()
    console.find("#search").fill("SEVENTH")
    console.find("#search").press("Enter")
    expect(console.find("#ended-rows tr")).to_have_count(1)
    console.find("#search").fill("nobody said this")
    console.find("#search").press("Enter")
    expect(console.find("#ended-told")).to_have_text("Nothing found.")


def test_a_spoken_turn_is_drawn_with_its_silence_and_first_sound(alone: House) -> None:
    """And says in words what it shows."""
    alone.crowd.speak(0)
    picture = alone.console.find("#timeline svg")
    expect(picture.locator("rect.agent")).to_have_count(1, timeout=SOON_MS)
    for part in ("rect.user", "line.silence", "circle.first"):
        expect(picture.locator(part)).to_have_count(1)
    expect(picture).to_have_attribute("aria-label", re.compile(r"^Timeline of 2 turns over 0:0\d: 0 interrupted"))
    user, agent = (box(picture.locator(f"rect.{who}")) for who in ("user", "agent"))
    assert user["x"] + user["width"] < agent["x"]


def box(part: Locator) -> dict[str, float]:
    return {name: float(part.get_attribute(name) or 0) for name in ("x", "y", "width")}


def test_a_timeline_lies_as_the_turns_do(alone: House) -> None:
    """Silence is what passes until somebody answers; what is typed has no length and overlaps nothing."""
    said = [
        {"item": "u1", "role": "user", "startMs": 1000, "endMs": 3000},
        {"item": "a1", "role": "assistant", "startMs": 3800, "endMs": 6000, "interrupted": True},
        {"item": "u2", "role": "user", "startMs": 5900, "endMs": 7000},
        {"item": "a2", "role": "assistant", "startMs": 7500, "endMs": 8000},
        {"item": "u3", "role": "user", "startMs": 7600, "endMs": 7600},
        {"item": "a3", "role": "assistant", "startMs": 7600, "endMs": 9600},
    ]
    turns = [{"interrupted": False, "position": place, **turn} for place, turn in enumerate(said)]
    drawn = alone.console.page.evaluate(
        "async (turns) => (await import('/static/console/timeline.js')).layOut(turns)", turns
    )
    assert [(bar["kind"], bar["fromMs"], bar["toMs"], bar["cut"]) for bar in drawn["bars"]] == [
        ("user", 1000, 3000, False),
        ("silence", 3000, 3800, False),
        ("agent", 3800, 6000, True),
        ("user", 5900, 7000, False),
        ("silence", 7000, 7500, False),
        ("agent", 7500, 8000, False),
        ("typed", 8000, 8000, False),
        ("agent", 8000, 10000, False),
    ]
    assert (drawn["lengthMs"], drawn["waits"]) == (10000, [800, 500])


def test_what_somebody_said_is_never_markup(alone: House) -> None:
    """Neither in the transcript nor in a note."""
    page = alone.console.page
    alone.crowd.type(0, HOSTILE)
    expect(alone.console.find("#transcript .turn.user .words")).to_have_text(HOSTILE, timeout=SOON_MS)
    alone.console.find("#note").fill(HOSTILE)
    alone.console.find("#note-push").click()
    layer = alone.console.find("[data-layer=note]")
    layer.locator("summary").click()
    expect(layer.locator("pre")).to_have_text(HOSTILE)
    assert page.locator("main img, main script").count() == 0
    assert page.title() == "octi console"


def test_a_transcript_can_be_downloaded(alone: House, tmp_path: Path) -> None:
    """In each of its formats, under the session's name."""
    alone.crowd.type(0, "Keep this.")
    expect(alone.console.find("#transcript .turn.agent")).to_have_count(1, timeout=SOON_MS)
    formats = {"text": "user: Keep this", "srt": "-->", "jsonl": '"role": ?"user"', "json": '"turns"'}
    for format_, pattern in formats.items():
        with alone.console.page.expect_download() as waiting:
            alone.console.find(f"#downloads [data-format={format_}]").click()
        path = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(path)
        assert re.search(pattern, path.read_text(encoding="utf-8")), format_
        assert re.fullmatch(r"[0-9a-f-]{36}\.\w+", path.name)


def test_a_recording_is_played_where_there_is_one(
    octi_server: Callable[..., Server], simulator: Callable[..., str], page_for: Callable[..., Visit], alone: House
) -> None:
    """A session without one shows no player."""
    alone.crowd.type(0, "Hello.")
    expect(alone.console.find("#transcript .turn.agent")).to_have_count(1, timeout=SOON_MS)
    expect(alone.console.find("#recording")).to_be_hidden()
    octi = octi_server(simulator(SCRIPT), OCTI_RECORD="audio")
    with crowd_at(octi.base, 1) as crowd:
        console = page_for(octi, "/console")
        console.find("#live-rows a").click()
        crowd.speak(0)
        expect(console.find("#transcript .turn.agent")).to_have_count(1, timeout=SOON_MS)
        console.page.reload()
        expect(console.find("#player")).to_be_visible(timeout=SOON_MS)
        console.wait("document.querySelector('#player').duration > 0")


def test_the_page_comes_back_when_octi_does(alone: House) -> None:
    """It says that it has lost it, and then shows what there is."""
    alone.octi.kill()
    expect(alone.console.find("#link")).to_have_text("connection lost, trying again", timeout=SOON_MS)
    alone.octi.start()
    expect(alone.console.find("#link")).to_have_text("connected", timeout=SOON_MS)
    expect(alone.console.find("#live-rows tr")).to_have_count(0)


def test_an_operator_needs_no_mouse(alone: House) -> None:
    """From the list to a session, a note, and its end; a question is asked first, and Escape says no."""
    page = alone.console.page
    page.goto(f"{alone.octi.base}/console")
    expect(alone.console.find("#live-rows tr")).to_have_count(1)
    alone.console.find("#live-rows a").focus()
    page.keyboard.press("Enter")
    alone.console.wait("document.activeElement.id === 'session-title'")
    tab_to(page, "note")
    page.keyboard.type("Please offer them tea.")
    tab_to(page, "note-push")
    page.keyboard.press("Enter")
    expect(alone.console.find("#note-result")).not_to_be_empty()
    tab_to(page, "end")
    page.keyboard.press("Enter")
    assert focused(page) == "end-no"
    page.keyboard.press("Escape")
    expect(alone.console.find("#end-dialog")).to_be_hidden()
    assert focused(page) == "end"
    page.keyboard.press("Enter")
    tab_to(page, "end-yes")
    page.keyboard.press("Enter")
    expect(alone.console.find("#session-state")).to_have_text("ended", timeout=SOON_MS)


def test_it_speaks_french_as_well(alone: House) -> None:
    """All that stands there, and what comes later; the page says in which language it is."""
    page = alone.console.page
    page.select_option("#language", "fr")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(alone.console.find("#live-title")).to_have_text("Sessions en cours")
    expect(alone.console.find("#live-rows .state")).to_have_text("écoute")
    alone.crowd.type(0, "Bonjour.")
    expect(alone.console.find("#transcript .turn.user .head")).to_contain_text("Usager", timeout=SOON_MS)
    assert "{" not in page.locator("main").inner_text()


def test_a_node_tells_how_it_is_and_what_it_holds(alone: House) -> None:
    """Its health, what waits in its parts, and a census when it is asked for."""
    console = alone.console
    console.find("#to-node").click()
    expect(console.find("#node-health")).to_have_text("ready for new sessions", timeout=SOON_MS)
    expect(console.find("#node-parts")).to_contain_text("rows_waiting")
    expect(console.find("#node-facts")).to_contain_text("1 live")
    console.find("#census-take").click()
    expect(console.find("#census")).to_contain_text("(session) client-reader")


def test_where_keys_are_asked_for_the_page_asks_for_one_and_keeps_it_in_its_tab(
    octi_server: Callable[..., Server], simulator: Callable[..., str], page_for: Callable[..., Visit]
) -> None:
    """A wrong one is refused with a reason; a good one opens everything, is in no address, and is gone with the tab."""
    key = ServerKey(name="desk", tenant="", scopes=frozenset({Scope.OPERATE, Scope.SESSIONS}), digest=digest(KEY))
    octi = octi_server(simulator(SCRIPT), OCTI_API_KEYS=key.line)
    console = page_for(octi, "/console")
    expect(console.find("#key")).to_be_visible()
    expect(console.find("main")).to_be_hidden()
    asked: list[str] = []
    console.page.on("request", lambda request: asked.append(request.url))
    console.find("#key-field").fill("octi_sk_" + "x" * 43)
    console.find("#key-field").press("Enter")
    expect(console.find("#refusal")).not_to_be_empty()
    console.find("#key-field").fill(KEY)
    console.find("#key-field").press("Enter")
    expect(console.find("#link")).to_have_text("connected")
    expect(console.find("#live-none")).to_have_text("Nobody talks just now.")
    console.page.reload()
    expect(console.find("#link")).to_have_text("connected")
    assert not [url for url in asked if KEY in url]
    assert KEY not in console.page.evaluate("document.cookie + JSON.stringify(localStorage)")
    expect(page_for(octi, "/console").find("#key")).to_be_visible()
    console.find("#forget").click()
    expect(console.find("#key")).to_be_visible()
