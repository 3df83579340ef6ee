"""What a page may do at all, and that whatever is said to it stays text."""

from collections.abc import Callable

import httpx2
import msgspec
import pytest
from playwright.sync_api import Page

from tests.browser.scripted import ScriptedOcti
from tests.browser.servers import Server
from tests.browser.visit import Visit

pytestmark = [pytest.mark.slow, pytest.mark.engine]

HOSTILE = '<img src=x onerror="hacked()"> <script>hacked()</script> </p><b>bold</b> &lt; {{ 7 * 7 }}'
HACKED = "window.hacked = () => { window.wasHacked = true; };"
MARKUP = "document.querySelectorAll('img, b, #captions script, #profile script, body > script').length"


def is_text(visit: Visit) -> bool:
    """Has nothing of it become an element or run?"""
    return bool(visit.page.evaluate(f"!window.wasHacked && {MARKUP} === 0"))


@pytest.mark.parametrize("path", ["/", "/console"])
def test_a_page_says_what_it_may_do_and_inline_scripts_are_not_among_it(octi: Server, path: str) -> None:
    """Nor inline styles, nor anything of another server, nor being framed."""
    answer = httpx2.get(octi.base + path, headers={"Accept": "text/html"}, trust_env=False)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    policy = dict(each.strip().partition(" ")[::2] for each in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] in {"'self'", "'none'"}
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "'none'" in policy.get("object-src", policy["default-src"]) or policy["default-src"] == "'self'"
    sources = {source for each in policy.values() for source in each.split()}
    assert sources <= {"'self'", "'none'", "data:", "blob:", "ws:", "wss:", f"ws://{octi.base[7:]}"}
    assert not {"data:", "blob:"} & set(policy.get("script-src", policy["default-src"]).split())


def test_an_inline_script_does_not_run(octi: Server, page_for: Callable[..., Visit]) -> None:
    """The browser sees to it, should one ever get in."""
    visit = page_for(octi, script=HACKED)
    visit.page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "hacked()";
            const image = document.createElement("div");
            image.innerHTML = "<img src=x onerror='hacked()'>";
            document.body.append(script, image);
        }"""
    )
    visit.wait("ofTheTests.violations.length >= 2")
    assert not visit.page.evaluate("Boolean(window.wasHacked)")
    visit.page.evaluate("ofTheTests.violations.length = 0")


def test_a_page_asks_nobody_but_its_own_octi_and_keeps_no_cookie(octi: Server, page_for: Callable[..., Visit]) -> None:
    """In a whole conversation."""
    visit = page_for(octi)
    visit.talk()
    visit.type("What is two plus three?")
    visit.wait_words("agent", r"\b5\b|five")
    assert [url for url in visit.asked if not url.startswith(f"{octi.base}/")] == []
    assert visit.page.context.cookies() == []


def test_hostile_words_of_both_sides_are_shown_as_they_are(
    octi_server: Callable[..., Server], simulator: Callable[..., str], page_for: Callable[..., Visit]
) -> None:
    """Typed by the user, and said by a provider: while they come, whole, and struck through."""
    turns = [{"hear": "", "say": HOSTILE}, {"hear": "", "say": f"{HOSTILE} " * 20}, {"hear": "", "say": "Yes."}]
    octi = octi_server(simulator({"turn": turns}))
    visit = page_for(octi, script=HACKED)
    visit.talk()
    visit.type(HOSTILE)
    visit.wait_message("transcript")
    assert [turn.text for turn in visit.captions()] == [HOSTILE, HOSTILE]
    visit.type(HOSTILE)
    visit.wait_state("speaking")
    visit.type(HOSTILE)
    visit.wait("document.querySelector('#captions [data-cut] s')")
    assert "<script>" in " ".join(turn.struck for turn in visit.captions())
    assert is_text(visit)


def test_hostile_words_of_octis_own_messages_are_shown_as_they_are(
    octi: Server, page_for: Callable[..., Visit]
) -> None:
    """What it heard, its complaints, and a profile: names, values and quotes."""
    field = {"value": HOSTILE, "evidence": {"quote": HOSTILE}}
    event = {"profile": {HOSTILE: field, "first_name": {**field, "value": [HOSTILE]}}}
    stream = f"event: profile\ndata: {msgspec.json.encode(event).decode()}\n\n"
    scripted = ScriptedOcti()

    def prepare(page: Page) -> None:
        scripted.prepare(page)
        page.route("**/sessions/*/events", lambda route: route.fulfill(body=stream, content_type="text/event-stream"))

    visit = page_for(octi, script=HACKED, prepare=prepare)
    visit.talk()
    visit.wait("document.querySelector('#profile').textContent.includes('<img')")
    scripted.say("user_speech_started")
    scripted.say("user_transcript_delta", text=HOSTILE)
    visit.wait("document.querySelector('#captions').textContent.includes('<img')")
    scripted.say("user_transcript", text=HOSTILE)
    scripted.say("transcript_delta", text=HOSTILE)
    scripted.say("transcript", text="<img")
    scripted.say("error", message=HOSTILE)
    visit.wait_message("error")
    assert is_text(visit)
    assert HOSTILE in visit.find("body").inner_text()
