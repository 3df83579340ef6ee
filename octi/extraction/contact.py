"""E-mail addresses and telephone numbers, written, or spoken: "anna dot berg at example dot com"."""

import re
from collections.abc import Iterator, Sequence

from octi.extraction.numbers import Number, numbers_in
from octi.extraction.subjects import Subject
from octi.extraction.wording import Said, Sighting, sentences

_WRITTEN = re.compile(r"[a-z0-9][a-z0-9._%+-]{0,63}@(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,24}\b")
_PART = r"[a-z0-9]+(?:[._+-][a-z0-9]+)*"
_JOINT = r"\s+(?:dot|point|underscore|under score|dash|hyphen|minus|tiret bas|tiret|plus)\s+"
_SPOKEN = re.compile(
    rf"(?<![\w@])(?P<local>{_PART}(?:{_JOINT}{_PART}){{0,5}})\s*(?:\b(?P<at>at|arobase|arobas)\b|@)\s*"
    rf"(?P<domain>{_PART}(?:\s+(?:dash|hyphen|tiret)\s+{_PART}){{0,2}}(?:(?:\s+(?:dot|point)\s+|\.){_PART}){{0,4}})"
)
_SIGNS = {
    "dot": ".", "point": ".", "underscore": "_", "under score": "_", "tiret bas": "_", "dash": "-", "hyphen": "-",
    "minus": "-", "tiret": "-", "plus": "+",
}  # fmt: skip
_SAID_SIGN = re.compile(r"\s+(" + "|".join(sorted(_SIGNS, key=len, reverse=True)) + r")\s+")
_LEAD = re.compile(
    r"(?:^|[,:.!;]|\b(?:is|it's|that's|est|c'est|to|a|at|sur|yes|oui|sure|address|adresse|email|mail))\s*$"
)
_MAIL = re.compile(r"\b(?:e-?mails?|mail|courriel|address|adresse)\b")

_CALL = re.compile(
    r"\b(?:phone|number|call|reach|mobile|cell|telephone|numero|portable|joindre|joignable|rappeler|appeler"
    r"|rappelez|tel)\b"
)
_DIGITS = re.compile(r"(?<![\w+])\+?\(?\d(?:[ .()/-]{0,2}\d){7,14}(?![\w])")
_FRENCH = re.compile(r"(?:\+33|0)[1-9]\d{8}")
_DATE = re.compile(r"(?:\d{4}-\d\d?-\d\d?|\d\d?[/.-]\d\d?[/.-]\d{4})(?!\d)")
_SAID_GAP = re.compile(r"[\s,.-]{1,3}(?:double|triple)?\s?")
_OH = re.compile(r"\b(?:oh|o)\b")
_REPEATS = {"double": 2, "triple": 3}


def email_in(said: Said, subject: Subject) -> Sighting | None:
    """The last e-mail address of a turn. A spoken "at" needs talk of an address; "arobase" is one."""
    spoken_of = bool(_MAIL.search(said.plain)) or subject.is_asked(said.asked)
    seen = [Sighting(match.group(), *match.span()) for match in _WRITTEN.finditer(said.plain)]
    if not seen:
        seen = [found for match in _SPOKEN.finditer(said.plain) if (found := _spoken(said.plain, match, spoken_of))]
    return seen[-1] if seen else None


def _spoken(plain: str, match: re.Match[str], spoken_of: bool) -> Sighting | None:
    address = f"{_unspoken(match['local'])}@{_unspoken(match['domain'])}"
    if not _WRITTEN.fullmatch(address) or (match["at"] == "at" and not spoken_of):
        return None
    return Sighting(address, *match.span(), unsure=not _LEAD.search(plain[max(match.start() - 12, 0) : match.start()]))


def _unspoken(words: str) -> str:
    return _SAID_SIGN.sub(lambda sign: _SIGNS[sign[1]], words)


def phone_in(said: Said, subject: Subject) -> Sighting | None:
    """The last telephone number of a turn, as its digits, with the plus of an international one."""
    spoken_of = bool(_CALL.search(said.plain)) or subject.is_asked(said.asked)
    seen = [*_written_numbers(said.plain, spoken_of), *_spoken_numbers(said.plain, spoken_of)]
    return max(seen, key=lambda sighting: sighting.end, default=None)


def _written_numbers(plain: str, spoken_of: bool) -> Iterator[Sighting]:
    for match in _DIGITS.finditer(plain):
        digits = re.sub(r"[^\d+]", "", match.group())
        if (spoken_of or _FRENCH.fullmatch(digits) or digits[0] == "+") and not _DATE.match(match.group()):
            yield Sighting(digits, *match.span())


def _spoken_numbers(plain: str, spoken_of: bool) -> Iterator[Sighting]:
    """Digits and pairs of digits said one after another. Eight digits at least, else they are amounts."""
    plain = _OH.sub(lambda oh: "0".ljust(len(oh.group())), plain) if spoken_of else plain
    for sentence in sentences(plain):
        for run in _runs(plain, list(_digits(plain, sentence.start, sentence.end))):
            digits = "".join(_repeated(plain, number) for number in run)
            if 8 <= len(digits) <= 15 and len(run) >= 3 and any(plain[number.start].isalpha() for number in run):
                yield Sighting(digits, run[0].start, run[-1].end, unsure=not spoken_of)


def _digits(plain: str, start: int, end: int) -> Iterator[Number]:
    yield from (number for number in numbers_in(plain, start, end) if number.value < 100 and number.value % 1 == 0)


def _runs(plain: str, numbers: Sequence[Number]) -> list[list[Number]]:
    runs: list[list[Number]] = []
    for number in numbers:
        if runs and _SAID_GAP.fullmatch(plain, runs[-1][-1].end, number.start):
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def _repeated(plain: str, number: Number) -> str:
    """A number's digits: as they are written, or as the words say, "double five" twice."""
    written = plain[number.start : number.end]
    digits = written if written.isdigit() else f"{number.value:.0f}"
    before = re.search(r"\b(double|triple)\s$", plain[max(number.start - 8, 0) : number.start])
    return digits * (_REPEATS[before[1]] if before else 1)
