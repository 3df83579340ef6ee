"""French numbers, sums, days and hours."""

from datetime import datetime
from fractions import Fraction

import pytest

from octi.engine.brains.french import FRENCH, numbers
from octi.engine.brains.moments import dates_in, spoken_date, spoken_time, times_in
from octi.engine.brains.numerals import numbers_in, spoken_digits, spoken_number
from octi.engine.brains.sums import BINARY, UNARY, solve
from octi.engine.brains.words import lower_words

FRIDAY = datetime(2026, 10, 2, 14, 5)  # noqa: DTZ001 -- the local time of day


def test_every_number_below_a_hundred_has_its_words() -> None:
    """Those of France and, from seventy on, those of Belgium and Switzerland too."""
    known = numbers.below_hundred()
    assert set(known.values()) == set(range(100))
    assert max(len(run.split()) for run in known) <= 4


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("quatre-vingt-dix-neuf", [99]),
        ("soixante et onze", [71]),
        ("soixante-dix-sept", [77]),
        ("quatre-vingts", [80]),
        ("quatre-vingt-un", [81]),
        ("septante-deux", [72]),
        ("nonante et un", [91]),
        ("vingt et un", [21]),
        ("vingt-et-une personnes", [21]),
        ("cent", [100]),
        ("deux cents", [200]),
        ("cent quatre-vingt-trois", [183]),
        ("mille neuf cent quatre-vingt-dix-huit", [1998]),
        ("deux mille cent", [2100]),
        ("douze cents", [1200]),
        ("trois millions deux cent mille", [3_200_000]),
        ("un million cent mille", [1_100_000]),
        ("3 000 euros", [3000]),
        ("3000 euros", [3000]),
        ("3.000 euros", [3000]),
        ("1 234 567,5", [1_234_567.5]),
        ("2,5 millions", [2_500_000]),
        ("deux virgule cinq", [2.5]),
        ("trois virgule vingt-cinq", [3.25]),
        ("deux heures et demie", [2]),
        ("deux et demi", [2.5]),
        ("une douzaine", [12]),
        ("moins sept", [-7]),
        ("au moins deux", [2]),
        ("sept huit", [7, 8]),
        ("la table", []),
    ],
)
def test_numbers_are_read_however_a_recogniser_writes_them(text: str, values: list[float]) -> None:
    """Digits in groups, words with and without hyphens, and both together."""
    assert [number.value for number in numbers_in(lower_words(text, FRENCH), FRENCH)] == values


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("06 12 34 56 78", "0612345678"),
        ("zéro six douze trente-quatre cinquante-six soixante-dix-huit", "0612345678"),
        ("quatre sept un un", "4711"),
        ("cent", ""),
    ],
)
def test_digits_are_spelled_in_pairs(text: str, digits: str) -> None:
    """As the French tell their telephone numbers."""
    tokens = lower_words(text, FRENCH)
    assert spoken_digits(tokens, FRENCH) == (digits, len(tokens) if digits else 0)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Fraction(-5), "moins 5"),
        (Fraction(12000), "12000"),
        (Fraction(5, 2), "2,5"),
        (Fraction(1, 3), "environ 0,333"),
    ],
)
def test_numbers_are_said_as_french_writes_them(value: Fraction, words: str) -> None:
    """With a comma, and nothing between thousands that a synthesiser could stumble on."""
    assert spoken_number(value, FRENCH) == words


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Combien font sept fois huit ?", 56),
        ("combien font douze plus trente", 42),
        ("c'est combien, dix moins quatre moins trois", 3),
        ("quatre-vingt-dix-neuf plus un", 100),
        ("neuf divisé par deux", Fraction(9, 2)),
        ("multiplie six par sept", 42),
        ("six multiplié par sept", 42),
        ("Divisez dix par quatre", Fraction(5, 2)),
        ("ajoute deux à trois", 5),
        ("enlève trois de dix", 7),
        ("la différence entre dix et quatre", 6),
        ("le produit de six et sept", 42),
        ("combien font deux et deux ?", 4),
        ("deux et deux font combien", 4),
        ("vingt pour cent de cinquante", 10),
        ("20 % de 50", 10),
        ("la moitié de dix", 5),
        ("la moitié d'un million", 500_000),
        ("le double de 21", 42),
        ("la racine carrée de seize", 4),
        ("cinq au carré", 25),
        ("deux puissance dix", 1024),
        ("2,5 fois 2", 5),
        ("3 000 plus 500", 3500),
    ],
)
def test_sums_are_solved(text: str, value: Fraction) -> None:
    """In words, digits and signs."""
    assert solve(text, FRENCH) == value


@pytest.mark.parametrize(
    "text", ["", "trois fois", "au moins deux", "plus ou moins", "06 12 34 56 78", "une fois de plus", "deux et deux"]
)
def test_what_is_no_sum_has_no_value(text: str) -> None:
    """Telephone numbers and figures of speech are left alone."""
    assert solve(text, FRENCH) is None


@pytest.mark.parametrize("written", numbers.OPERATORS.values())
def test_operators_are_written_in_symbols(written: str) -> None:
    """Those that sums know, and numbers."""
    for symbol in written.split():
        assert symbol in BINARY or symbol in UNARY or Fraction(symbol)


@pytest.mark.parametrize(
    ("hour", "minute", "said"),
    [
        (14, 5, "14 heures 5"),
        (1, 0, "une heure"),
        (0, 30, "minuit 30"),
        (12, 0, "midi"),
        (21, 0, "vingt et une heures"),
    ],
)
def test_the_time_is_said_by_the_day_of_twenty_four_hours(hour: int, minute: int, said: str) -> None:
    """Where "une" would be read as "un", in words."""
    assert spoken_time(FRIDAY.replace(hour=hour, minute=minute), FRENCH) == said
    assert len(numbers.HOURS) == 24


def test_the_date_is_said_with_its_weekday() -> None:
    """The first of a month is an ordinal."""
    assert spoken_date(FRIDAY, FRENCH) == "vendredi 2 octobre 2026"
    assert spoken_date(FRIDAY.replace(month=8, day=1), FRENCH) == "samedi 1er août 2026"


@pytest.mark.parametrize(
    ("text", "words", "iso"),
    [
        ("demain", "demain", "2026-10-03"),
        ("demain matin", "demain matin", "2026-10-03"),
        ("après-demain", "apres demain", "2026-10-04"),
        ("aujourd’hui", "aujourd'hui", "2026-10-02"),
        ("ce soir", "ce soir", "2026-10-02"),
        ("lundi", "lundi", "2026-10-05"),
        ("lundi prochain", "lundi prochain", None),
        ("la semaine prochaine", "semaine prochaine", None),
        ("ce week-end", "ce week", None),
        ("le 5 mai", "5 mai", "2027-05-05"),
        ("le premier août", "premier aout", "2027-08-01"),
        ("le 1er décembre 2026", "1 er decembre 2026", "2026-12-01"),
        ("le vingt et un décembre", "vingt et un decembre", "2026-12-21"),
        ("mardi 6 octobre", "mardi 6 octobre", "2026-10-06"),
        ("mardi le 6 octobre", "mardi le 6 octobre", "2026-10-06"),
        ("le 05/11/2026", "05/11/2026", "2026-11-05"),
        ("le 5/11", "5/11", "2026-11-05"),
        ("le 5/11/27", "5/11/27", "2027-11-05"),
        ("le 31/2", "31/2", None),
    ],
)
def test_dates_are_found_as_they_were_said(text: str, words: str, iso: str | None) -> None:
    """The day comes before the month."""
    tokens = lower_words(text, FRENCH)
    [moment] = dates_in(tokens, FRIDAY, FRENCH)
    assert " ".join(tokens[moment.start : moment.end]) == words
    assert (moment.day and moment.day.isoformat()) == iso


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("à huit heures et demie", "huit heures et demie"),
        ("à 20h30", "20 h30"),
        ("à 20 h 30", "20 h 30"),
        ("vers 8 h du soir", "8 h du soir"),
        ("à vingt heures trente", "vingt heures trente"),
        ("à neuf heures moins le quart", "neuf heures moins le quart"),
        ("à vingt et une heures quinze", "vingt et une heures quinze"),
        ("une heure de l'après-midi", "une heure de l apres midi"),
        ("à midi", "midi"),
        ("à midi et demi", "midi et demi"),
        ("8:30 serait bien", "8:30"),
        ("à huit heures quatre personnes", "huit heures"),
    ],
)
def test_times_are_found_as_they_were_said(text: str, words: str) -> None:
    """With the half and the quarters around the hour."""
    tokens = lower_words(text, FRENCH)
    [moment] = times_in(tokens, FRENCH)
    assert " ".join(tokens[moment.start : moment.end]) == words


@pytest.mark.parametrize(
    "text", ["une table pour quatre", "pendant deux heures", "dans une heure", "mai deux", "à lui"]
)
def test_not_every_number_is_a_moment(text: str) -> None:
    """Hours may also just pass."""
    tokens = lower_words(text, FRENCH)
    assert [*times_in(tokens, FRENCH), *dates_in(tokens, FRIDAY, FRENCH)] == []
