"""What a page says and offers when something is missing: the microphone, a free place, the server."""

from collections.abc import Callable

import pytest

from tests.browser.scripted import NO_MICROPHONE
from tests.browser.servers import Server
from tests.browser.visit import Visit

pytestmark = [pytest.mark.slow, pytest.mark.engine]


def test_a_server_that_is_killed_and_comes_back_is_found_again(
    octi_server: Callable[..., Server], page_for: Callable[..., Visit]
) -> None:
    """The page says that it tries, and goes on by itself; what was said stays."""
    octi = octi_server()
    visit = page_for(octi)
    visit.talk()
    visit.type("What is two plus three?")
    visit.wait_words("agent", r"\b5\b|five")
    octi.kill()
    visit.wait_state("reconnecting")
    octi.start()
    visit.wait_state("listening")
    visit.type("What is two plus seven?")
    visit.wait_words("agent", r"\b9\b|nine")
    assert "What is two plus three?" in [turn.text for turn in visit.captions()]


def test_a_server_that_stays_away_is_given_up_and_may_be_tried_again(
    octi_server: Callable[..., Server], page_for: Callable[..., Visit]
) -> None:
    """By the same button; the conversation goes on where it was."""
    octi = octi_server()
    visit = page_for(octi)
    visit.talk()
    visit.type("What is two plus three?")
    visit.wait_words("agent", r"\b5\b|five")
    octi.kill()
    visit.wait_state("gone")
    octi.start()
    visit.talk()
    assert "What is two plus three?" in [turn.text for turn in visit.captions()]


def test_where_the_microphone_is_refused_one_can_type(octi: Server, page_for: Callable[..., Visit]) -> None:
    """The page says what became of it."""
    visit = page_for(octi, allowed=False)
    visit.find("#talk").click()
    visit.wait_state("refused")
    assert "microphone" in visit.find("#status").inner_text().lower()
    visit.type("What is two plus three?")
    visit.wait_words("agent", r"\b5\b|five")


def test_where_there_is_no_microphone_one_can_type(octi: Server, page_for: Callable[..., Visit]) -> None:
    """The page says what became of it."""
    visit = page_for(octi, script=NO_MICROPHONE)
    visit.find("#talk").click()
    visit.wait_state("no-microphone")
    assert "microphone" in visit.find("#status").inner_text().lower()
    visit.type("What is two plus three?")
    visit.wait_words("agent", r"\b5\b|five")


def test_a_full_server_says_so_and_takes_the_next_when_a_place_is_free(
    octi_server: Callable[..., Server], page_for: Callable[..., Visit]
) -> None:
    """Who is talking is not disturbed."""
    octi = octi_server(OCTI_MAX_SESSIONS="1")
    first, second = page_for(octi), page_for(octi)
    first.talk()
    second.find("#talk").click()
    second.wait_state("full")
    assert "full" in second.find("#status").inner_text()
    assert first.state == "listening"
    first.find("#talk").click()
    first.wait_state("ended")
    second.talk_as_soon_as_possible()
