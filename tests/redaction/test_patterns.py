"""octi/redaction/patterns.py: what is recognised, and what is not."""

import re
from random import Random
from time import thread_time

import pytest

from octi.redact_config import Redacted
from octi.redaction.patterns import BUILT_IN, OVERLAP, WINDOW, Rule, is_card, is_iban, is_phone, redacted

ALL = list(BUILT_IN.values())


def without(kind: Redacted, text: str) -> str:
    return redacted([BUILT_IN[kind]], text)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Write to ada.lovelace+octi@mail.example.co.uk, please.", "Write to [email], please."),
        ("jürgen@müller.example.", "[email]."),
        ("a@b.c and d@e.f", "[email] and [email]"),
        ("an @ sign, me@home, and 5@ a piece", "an @ sign, me@home, and 5@ a piece"),
    ],
)
def test_addresses_of_mail(said: str, kept: str) -> None:
    assert without(Redacted.EMAIL, said) == kept


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Call 06 12 34 56 78 today", "Call [phone] today"),
        ("+33 (0)6 12 34 56 78.", "[phone]."),
        ("(555) 123-4567 or 0044-20-7946-0018", "[phone] or [phone]"),
        ("06.12.34.56.78", "[phone]"),
        ("+14155550132,", "[phone],"),
        ("I earn 2500 euros, in 12 months 30 000", "I earn 2500 euros, in 12 months 30 000"),
        ("on 2026-11-22 10:30 and 22.11.2026", "on 2026-11-22 10:30 and 22.11.2026"),
        ("item_1234567890", "item_1234567890"),
    ],
)
def test_telephone_numbers(said: str, kept: str) -> None:
    """Nine to fifteen digits, however they are grouped."""
    assert without(Redacted.PHONE, said) == kept


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("4111 1111 1111 1111", "[card]"),
        ("it is 4111111111111111, 12/27", "it is [card], 12/27"),
        ("4111-1111-1111-1111 12 27 and 123", "[card] 12 27 and 123"),
        ("3782 822463 10005", "[card]"),
        ("4111 1111 1111 1111 5500 0000 0000 0004", "[card] [card]"),
        ("12 4111 1111 1111 1111", "12 [card]"),
        ("4111 1111 1111 1112", "4111 1111 1111 1112"),
        ("0000 0000 0000 0000", "0000 0000 0000 0000"),
    ],
)
def test_cards_have_the_right_last_digit(said: str, kept: str) -> None:
    """Whatever other digits stand beside them."""
    assert without(Redacted.CARD, said) == kept


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("FR76 3000 6000 0112 3456 7890 189 merci beaucoup", "[iban] merci beaucoup"),
        ("my iban is GB29NWBK60161331926819.", "my iban is [iban]."),
        ("de89 3704 0044 0532 0130 00", "[iban]"),
        ("BE68 5390 0754 7034 euro", "[iban] euro"),
        ("FR76 3000 6000 0112 3456 7890 188", "FR76 3000 6000 0112 3456 7890 188"),
        ("ab12 then we went to the sea and it was fine", "ab12 then we went to the sea and it was fine"),
    ],
)
def test_accounts_have_the_right_check_digits(said: str, kept: str) -> None:
    """Whatever words stand behind them."""
    assert without(Redacted.IBAN, said) == kept


def test_what_two_rules_see_is_marked_once() -> None:
    """By whichever sees more of it."""
    assert redacted(ALL, "4111 1111 1111 1111") == "[card]"
    assert redacted(ALL, "FR76 3000 6000 0112 3456 7890 189") == "[iban]"
    assert redacted([Rule("b", re.compile("bc")), Rule("a", re.compile("ab"))], "xabcx") == "x[a]x"


def test_a_text_without_anything_is_the_same() -> None:
    assert redacted(ALL, "Good morning.") == "Good morning."
    assert redacted(ALL, "") == ""
    assert redacted([], "a@b.c") == "a@b.c"


@pytest.mark.parametrize("at", [0, 1, WINDOW - OVERLAP - 5, WINDOW - 20, WINDOW - 3, WINDOW, 2 * WINDOW - 2 * OVERLAP])
def test_it_is_found_wherever_it_stands_in_a_long_text(at: int) -> None:
    """Also over the edge of a window."""
    before, behind = "x " * (at // 2), " y" * WINDOW
    for said, mark in (("ada@example.org", "[email]"), ("4111 1111 1111 1111", "[card]")):
        assert redacted(ALL, f"{before}{said}{behind}") == f"{before}{mark}{behind}"


def test_the_checks_alone() -> None:
    assert (is_card("4111-1111-1111-1111"), is_card("4111111111111112"), is_card("0" * 16)) == (True, False, False)
    assert (is_iban("GB82 WEST 1234 5698 7654 32"), is_iban("GB82"), is_iban("")) == (True, False, False)
    assert (is_phone("06 12 34 56 78"), is_phone("2026-11-22 10")) == (True, False)


def test_an_endless_text_is_not_kept_whole() -> None:
    """What was not looked through is not kept; without rules it is."""
    text = "a@b.c " * 50_000
    kept = redacted(ALL, text)
    assert kept.startswith("[email] [email]")
    assert kept.endswith("[…]")
    assert "a@b.c" not in kept
    assert redacted([], text) == text


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["1", "1 ", "1-", "a@", "a.", "a", "AB12 ", "ab12", "+1 (1) ", "@a."])
def test_hard_texts_are_looked_through_in_time(unit: str) -> None:
    """Ten thousand characters that nearly match everywhere."""
    text = (unit * 10_000)[:10_000]
    began = thread_time()
    redacted(ALL, text)
    assert thread_time() - began < 1


def test_whatever_is_said_nothing_of_it_is_lost_but_what_is_marked() -> None:
    """What stands between two marks is the text's own, in its order."""
    random = Random(1)
    for _ in range(300):
        text = "".join(random.choice("a1 @.-+(4") for _ in range(random.randrange(60)))
        pieces = re.split(r"\[(?:email|phone|card|iban)\]", redacted(ALL, text))
        at = 0
        for piece in pieces:
            at = text.index(piece, at) + len(piece)
