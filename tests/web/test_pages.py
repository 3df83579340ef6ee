"""The pages for people: who is given one, and what a browser is told to let it do."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import attrs
import pytest

from octi.config import read_config
from octi.guard.gate import Gate
from octi.web.pages import CSP, FOLDER, KINDS, read_files, spoken, voices
from tests.web.standins import StandIn

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
FILES = sorted(read_files(FOLDER))


@attrs.define
class Markup(HTMLParser):
    """What is in a page: its elements with their attributes, and the texts that are scripts or styles."""

    elements: list[tuple[str, dict[str, str | None]]] = attrs.field(factory=list)
    inline: list[str] = attrs.field(factory=list)
    _within: str = ""

    def __attrs_pre_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        self._within = tag

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within in {"script", "style"} and data.strip():
            self.inline.append(data)

    def named(self, name: str) -> dict[str, str | None]:
        """The element with an id."""
        (found,) = [attributes for _, attributes in self.elements if attributes.get("id") == name]
        return found

    @property
    def body(self) -> dict[str, str | None]:
        return next(attributes for tag, attributes in self.elements if tag == "body")


async def the_page(node: StandIn) -> Markup:
    """The voice page, as a browser is given it."""
    answer = await node.client.get("/", headers={"Accept": BROWSER})
    page = Markup()
    page.feed(await answer.get_data(as_text=True))
    return page


# Who is given the page


@pytest.mark.parametrize("accept", [BROWSER, "text/html", "text/html;q=0.9, application/json;q=0.1"])
async def test_who_prefers_html_is_given_the_page(accept: str) -> None:
    answer = await StandIn().client.get("/", headers={"Accept": accept})
    assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
    assert (await answer.get_data(as_text=True)).startswith("<!doctype html>")


@pytest.mark.parametrize("accept", ["", "*/*", "application/json", "application/json, text/html"])
async def test_whoever_takes_anything_is_told_what_is_here(accept: str) -> None:
    """curl, health checks, the origins' clients: as before there was a page."""
    headers = {"Accept": accept} if accept else {}
    answer = await StandIn().client.get("/", headers=headers)
    assert answer.content_type == "application/json"
    assert (await answer.get_json())["service"] == "octi"


@pytest.mark.parametrize("accept", [BROWSER, "*/*"])
async def test_a_cache_keeps_the_two_apart(accept: str) -> None:
    answer = await StandIn().client.get("/", headers={"Accept": accept})
    assert answer.headers["Vary"] == "Accept"


# What a browser lets it do


async def test_the_page_may_load_from_octi_alone_and_run_nothing_that_stands_in_it() -> None:
    """One policy; nothing is inline, evaluated or from elsewhere, and nobody may put the page into his own."""
    answer = await StandIn().client.get("/", headers={"Accept": BROWSER})
    policy = dict(each.strip().split(" ", 1) for each in answer.headers["Content-Security-Policy"].split(";"))
    assert answer.headers["Content-Security-Policy"] == CSP
    assert policy.pop("media-src") == "'self' blob:"
    assert policy.pop("default-src") == policy.pop("frame-ancestors") == policy.pop("base-uri") == "'none'"
    assert policy.pop("form-action") == "'none'"
    assert set(policy) == {"script-src", "style-src", "img-src", "connect-src"}
    assert set(policy.values()) == {"'self'"}
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers


async def test_no_script_or_style_stands_in_the_markup() -> None:
    """The policy would not let it run."""
    page = await the_page(StandIn())
    assert page.inline == []
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag


async def test_all_that_the_page_names_is_octis_own_and_there() -> None:
    """No outside address, and no broken link among its files."""
    node = StandIn()
    page = await the_page(node)
    named = {value for _, attributes in page.elements for name in ("src", "href") if (value := attributes.get(name))}
    assert all(path.startswith("/") and not path.startswith("//") for path in named)
    for path in named:
        assert (await node.client.get(path)).status_code == 200, path


@pytest.mark.parametrize("name", FILES)
def test_no_file_names_another_address_or_writes_markup(name: str) -> None:
    """What users say is put into pages as text; there is no other way in these files."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    addresses = set(re.findall(r"(?:https?:)?//[\w.-]+\.[a-z]{2,}", text))
    assert addresses <= {"https://octi.example", "http://www.w3.org"}  # the first in comments, the latter a namespace
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b|cookie", text)


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".js")])
def test_scripts_import_only_what_stands_beside_them(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    for imported in re.findall(r'^(?:import|export)\b[^;]*?from "([^"]+)"', text, re.MULTILINE):
        assert ((FOLDER / name).parent / imported).resolve().is_relative_to(FOLDER)
        assert ((FOLDER / name).parent / imported).is_file(), imported


def test_scripts_are_about_one_thing_each() -> None:
    """As for Python: never over 350 lines."""
    scripts = [FOLDER / name for name in FILES if name.endswith(".js")]
    assert [path.name for path in scripts if len(path.read_text(encoding="utf-8").splitlines()) > 350] == []


# What the page is told


async def settings(**env: str) -> dict[str, str | None]:
    """What stands on the page of an octi with these settings."""
    return (await the_page(StandIn(config=read_config(env)))).body


async def test_the_page_knows_how_long_a_silence_ends_a_turn() -> None:
    assert (await settings(OCTI_SILENCE_MS="350"))["data-silence"] == "350"


@pytest.mark.parametrize(("kinds", "told"), [("off", False), ("audio", True), ("wire", True), ("wire,audio", True)])
async def test_whoever_is_recorded_is_told(kinds: str, told: bool) -> None:
    assert ("data-recording" in await settings(OCTI_RECORD=kinds)) is told


async def test_a_cassette_without_voices_is_no_recording_of_them() -> None:
    assert "data-recording" not in await settings(OCTI_RECORD="wire", OCTI_RECORD_VOICES="off")


async def test_an_octi_that_asks_who_comes_has_its_page_ask_for_a_secret_and_leaves_no_choice_of_voice() -> None:
    """Whoever made the session for the client has chosen."""
    page = await the_page(StandIn(gate=Gate(guarded=True)))
    assert "data-guarded" in page.body
    assert "data-guarded" not in (await the_page(StandIn())).body
    assert not [attributes for tag, attributes in page.elements if tag == "option" and "lang" not in attributes]


async def test_the_configured_voice_is_chosen() -> None:
    page = await the_page(StandIn(config=read_config({"OCTI_DEFAULT_VOICE": "marin"})))
    assert sum("selected" in attributes for tag, attributes in page.elements if tag == "option") == 1


def test_voices_are_the_protocols_and_of_a_server_that_nobody_knows_the_configured_one() -> None:
    other = {"OCTI_UPSTREAM": "compatible", "OCTI_UPSTREAM_URL": "http://h.example", "OCTI_SYSTEM_PROMPT": "x"}
    assert len(voices(read_config({}))) == 10
    assert voices(read_config({"OCTI_DEFAULT_VOICE": "heart"}))[0] == "heart"
    assert voices(read_config({**other, "OCTI_DEFAULT_VOICE": "heart"})) == ("heart",)


def test_a_provider_is_told_either_language() -> None:
    """The embedded engine is told French only where it understands it."""
    assert spoken(read_config({"OPENAI_API_KEY": "sk-1", "OCTI_SYSTEM_PROMPT": "x"})) == ("en", "fr")
    assert spoken(read_config({}))[0] == "en"


async def test_an_engine_that_cannot_hear_is_known_before_anybody_speaks() -> None:
    """And what is wrong with it is text, whatever is in it."""
    node = StandIn(engine_problem="<b>no models</b>")
    answer = await node.client.get("/", headers={"Accept": BROWSER})
    assert "&lt;b&gt;no models&lt;/b&gt;" in await answer.get_data(as_text=True)


# Static files


@pytest.mark.parametrize("name", FILES)
async def test_a_file_comes_with_its_kind_and_to_pages_of_any_origin(name: str) -> None:
    """Other people's front ends import octi.js from here."""
    answer = await StandIn().client.get(f"/static/{name}")
    assert answer.content_type == KINDS[Path(name).suffix]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert await answer.get_data() == (FOLDER / name).read_bytes()


async def test_a_browser_asks_each_time_and_is_sent_nothing_that_it_has() -> None:
    client: Any = StandIn().client
    first = await client.get("/static/octi.js")
    again = await client.get("/static/octi.js", headers={"If-None-Match": first.headers["ETag"]})
    assert first.headers["Cache-Control"] == again.headers["Cache-Control"] == "no-cache"
    assert (again.status_code, await again.get_data(), again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    other = await client.get("/static/octi.js", headers={"If-None-Match": '"another"'})
    assert other.status_code == 200


def test_files_that_differ_have_tags_that_differ() -> None:
    assert len({file.tag for file in read_files(FOLDER).values()}) == len(FILES)


@pytest.mark.parametrize(
    "path",
    [
        "../pages.py",
        "..%2fpages.py",
        "%2e%2e/pages.py",
        "./../../config.py",
        "..\\pages.py",
        "octi.js/",
        "octi.js%00",
        "//etc/passwd",
        "%2fetc%2fpasswd",
        "OCTI.JS",
        "nothing.js",
    ],
)
async def test_no_path_leads_out_of_the_folder(path: str) -> None:
    """There is nothing but what was read at the start."""
    answer = await StandIn().client.get(f"/static/{path}", follow_redirects=True)  # of doubled slashes
    assert answer.status_code == 404
    assert (await answer.get_json()).keys() == {"error"}


def test_only_kinds_that_browsers_are_told_of_are_served(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    for name in ("page.js", "below/more.css", "secrets.env", "module.py"):
        (tmp_path / name).write_text("x")
    assert set(read_files(tmp_path)) == {"page.js", "below/more.css"}
