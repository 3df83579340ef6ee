"""Names of people, as they introduce themselves, answer, and correct what was understood."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

from octi.extraction.wording import CORRECTION, Said, after_fillers, folded, is_asking, sentences, vocabulary


class Name(NamedTuple):
    """Parts of a name that were said, and where."""

    first: str
    last: str
    start: int
    end: int
    unsure: bool = False


_BOTH = re.compile(
    r"\b(?:my (?:full )?name is|my name's|the name is|the name's|i am called|i'm called|call me|they call me|i go by"
    r"|je m'appelle|on m'appelle|appelez-moi|appelle-moi|je me nomme|je me prenomme|moi,? c'est|mon nom complet est)\s+"
)
_FIRST = re.compile(r"\b(?:(?:my )?(?:first|given) name(?: is|'s|,? it's)|(?:mon )?prenom(?: est|,? c'est))\s+")
_LAST = re.compile(
    r"\b(?:(?:my )?(?:last name|family name|surname)(?: is|'s|,? it's)|(?:mon )?nom de famille(?: est|,? c'est))\s+"
)
_NOM = re.compile(r"\bmon nom(?: est|,? c'est)\s+")
_WEAK = re.compile(r"(?:\b(?:i'm|i am|this is|je suis|ici|c'est)\s+)")
_TITLE = re.compile(
    r"\b(?:i'm|i am|this is|je suis|c'est|my name is|it's)\s+(?:mr|mrs|ms|miss|dr|monsieur|madame|mme|m)\.?\s+"
)
_NOT = re.compile(r"\b(?:not|pas)\s+")
_ASKS_FIRST = re.compile(r"\b(?:first|given) name|prenom")
_ASKS_LAST = re.compile(r"\b(?:last|family) name|surname|nom de famille")
_ASKS_NAME = re.compile(
    r"\b(?:your (?:full )?name|who am i (?:speaking|talking)|who's calling|what should i call you|how (?:should"
    r"|may) i (?:call|address)"
    r"|votre nom|ton nom|vous appelez-vous|vous vous appelez|t'appelles|a qui ai-je|qui est a l'appareil|qui etes-vous)"
)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_PARTICLES = {
    "de",
    "du",
    "da",
    "di",
    "del",
    "della",
    "des",
    "van",
    "von",
    "der",
    "den",
    "la",
    "le",
    "el",
    "al",
    "bin",
    "ben",
    "dos",
    "ter",
}
_SPACE = re.compile(r"\.?[^\S\n]+")
# No names: they end a name said in lower case, and none begins with them.
_STOPWORDS = frozenset(
    vocabulary(
        "i i'm my me you your he she it it's its we they the a an and or but so not no yes yeah is are was am be been "
        "on in at of to from for with by as that this here there what why who how when where which if then than very "
        "too also just only really quite still already now today please thanks thank sorry hello hi well um uh fine "
        "good great okay ok sure calling calls speaking looking trying going interested happy glad sad tired hungry "
        "busy ready late early afraid able retired married single divorced living working employed unemployed self- "
        "employed doing having getting making new old young none nothing nobody never difficult hard easy important "
        "spelled spelt written pronounced short common private secret actually maybe perhaps probably wait let can "
        "could will would because about over under french english german american british spanish italian belgian "
        "swiss canadian student teacher doctor monsieur madame mister mr mrs ms miss dr je j'ai j'habite tu il elle "
        "on nous vous ils elles le la les un une des et ou mais donc car ni que qui quoi ce ca c'est oui non pas ne "
        "est suis es etre ai as avoir dans chez a au aux avec pour par sur sous sans tres trop aussi bien mal merci "
        "bonjour desole desolee content contente fatigue fatiguee marie mariee celibataire francais francaise anglais "
        "anglaise belge suisse etudiant etudiante interesse interessee retraite retraitee pret prete sur alors enfin "
        "voila comme mon ma mes difficile complique s'ecrit moi vrai dommage parfait possible impossible correct "
        "right wrong all both same different none right-handed tout tous aucune aucun rien jamais peut-etre d'accord "
        "entendu appelle earn gagne i've i'd i'll don't can't d'abord monday tuesday wednesday thursday friday "
        "saturday sunday lundi mardi mercredi jeudi vendredi samedi dimanche "
    )
)
# Said of oneself with a capital letter in front, and yet no name.
_NO_WEAK_NAMES = re.compile(r".*(?:ish|ian|ese|ing)$")


def names_in(said: Said, first: str, last: str) -> Iterator[Name]:
    """What a turn says of its speaker's name, in order. `first` and `last` are what is known so far, or empty."""
    stated = [
        name for pattern, part in _RULES for match in pattern.finditer(said.plain) if (name := _said(said, match, part))
    ]
    seen = stated or [*_asked(said, first), *_corrected(said, first, last)]
    seen += list(_denied(said, first, last))
    if not seen:
        seen = list(_weak(said))
    yield from sorted(seen, key=lambda name: name.end)


_RULES = ((_BOTH, "both"), (_FIRST, "first"), (_LAST, "last"), (_NOM, "nom"), (_TITLE, "last"))


def _said(said: Said, match: re.Match[str], part: str) -> Name | None:
    if _is_foreign(said, match.start()):
        return None
    words, end, cut = name_words(said.text, match.end())
    return _name(words, part, match.start(), end, unsure=cut) if words else None


def _is_foreign(said: Said, at: int) -> bool:
    """Whether the introduction is of somebody else ("my wife's first name is"), or asked, or denied."""
    start = max((span.start for span in sentences(said.plain) if span.start <= at), default=0)
    before = said.plain[start:at]
    asking = any(span.start <= at < span.end and is_asking(said.plain, span) for span in sentences(said.plain))
    return asking or bool(re.search(r"(?:\w's|\b(?:his|her|their|your|votre|son|leur|if|don't|ne))\s*$", before))


def name_words(text: str, at: int) -> tuple[list[str], int, bool]:
    """The words of a name that begins at a place, where they end, and whether the end is a guess.

    With a capital letter in front the name goes on while capitals do, over particles; in lower case, as some
    recognisers write, for two words.
    """
    words: list[str] = []
    end, upper = at, False
    match = _WORD.match(text, at)
    while match and len(words) < 5 and not _is_no_name(match.group()):
        word = match.group()
        upper = upper or (not words and word[0].isupper())
        if words and not _goes_on(word, words, upper):
            break
        words.append(word)
        end = match.end()
        gap = _SPACE.match(text, end)
        match = _WORD.match(text, gap.end()) if gap and "." not in gap.group() else None
    while words and folded(words[-1]) in _PARTICLES and len(words) > 1:
        words.pop()
        end = at + len(_upto(text, at, len(words)))
    open_end = bool(match) and not upper and bool(words) and not _is_no_name(match.group() if match else "")
    return words, end, open_end


def _upto(text: str, at: int, count: int) -> str:
    matches = list(_WORD.finditer(text, at))[:count]
    return text[at : matches[-1].end()]


def _is_no_name(word: str) -> bool:
    return folded(word) in _STOPWORDS - _PARTICLES


def _goes_on(word: str, words: list[str], upper: bool) -> bool:
    if upper:
        return word[0].isupper() or folded(word) in _PARTICLES
    return len([known for known in words if folded(known) not in _PARTICLES]) < 2


def _name(words: list[str], part: str, start: int, end: int, unsure: bool = False) -> Name:
    """The name that words make: the first is the first name, what follows is the last; a middle name is a guess."""
    spelled = [_spelled(word) for word in words]
    if part == "last" or (part == "nom" and len(words) == 1):
        return Name("", " ".join(spelled), start, end, unsure or part == "nom")
    if part == "first":
        return Name(" ".join(spelled), "", start, end, unsure)
    particle = next((at for at, word in enumerate(words) if at and folded(word) in _PARTICLES), len(words) - 1)
    split = max(particle, 1)
    return Name(spelled[0], " ".join(spelled[split:]), start, end, unsure or split > 1)


def _spelled(word: str) -> str:
    """A name with its capital, if a recogniser wrote it without."""
    if word != word.lower() or folded(word) in _PARTICLES:
        return word
    return "-".join(part[:1].upper() + part[1:] for part in word.split("-"))


def _asked(said: Said, first: str) -> Iterator[Name]:
    """The answer to a question for a name: the name, and little else."""
    part = asked_part(said.asked)
    if not part:
        return
    at = after_fillers(said.plain)
    words, end, cut = name_words(said.text, at)
    rest = re.match(r"\s*(?:$|[,.!;:]|(?:and|et|but|mais|here|speaking)\b)", said.plain[end:])
    if not words or not rest or said.plain[at:end] in {"not", "rien"} or len(words) > 4:
        return
    if part == "first" and len(words) > 1:
        part = "both"
    if part == "last" and len(words) > 1 and folded(words[0]) == folded(first):
        part = "both"
    yield _name(words, part, at, end, unsure=cut)


def asked_part(question: str) -> str:
    """Which part of a name a folded question asks for: "first", "last", "both", or "" for none."""
    first, last = bool(_ASKS_FIRST.search(question)), bool(_ASKS_LAST.search(question))
    if first or last:
        return "both" if first and last else "first" if first else "last"
    return "both" if _ASKS_NAME.search(question) else ""


_IT_IS = re.compile(
    r"(?:\s|[,.!…-])*(?:it's|it is|that's|i'm|i am|c'est|je suis|i said|i meant|j'ai dit|plutot|name is)?\s*"
)


def _corrected(said: Said, first: str, last: str) -> Iterator[Name]:
    """ "No, it's Bert": a name behind a correction, where a name was just spoken of or is known."""
    match = CORRECTION.search(said.plain)
    if not match or not (first or last) or after_fillers(said.plain) < match.start():
        return
    at = match.end()
    while following := CORRECTION.match(said.plain, _gap(said.plain, at)):
        at = following.end()
    lead = _IT_IS.match(said.plain, at)
    at = lead.end() if lead else at
    words, end, cut = name_words(said.text, at)
    spoken_of = any(word and folded(word) in said.agent for word in (first, last)) or asked_part(said.agent)
    clean = re.match(r"\s*(?:$|[,.!;]|(?:not|pas|with|avec)\b)", said.plain[end:])
    if not words or cut or not clean or not (spoken_of or words[0][0].isupper()):
        return
    part = "both" if len(words) > 1 else part_meant(_spelled(words[0]), said.agent, first, last)
    yield _name(words, part, match.start(), end, unsure=not spoken_of and not lead)


def _gap(plain: str, at: int) -> int:
    match = re.compile(r"[\s,.!-]*").match(plain, at)
    return match.end() if match else at


def part_meant(word: str, agent: str, first: str, last: str) -> str:
    """Which part one word corrects: the one that the agent just said or asked for, or else the one it is most like."""
    said_first = bool(first) and folded(first) in agent
    said_last = bool(last) and folded(last) in agent
    if said_first != said_last:
        return "first" if said_first else "last"
    asked = asked_part(agent)
    if asked in {"first", "last"}:
        return asked
    return "last" if _likeness(word, last) > max(_likeness(word, first), 0.5) else "first"


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, folded(one), folded(other)).ratio() if other else 0.0


def _denied(said: Said, first: str, last: str) -> Iterator[Name]:
    """ "Not Bart, Bert" and "it's Bert, not Bart": what is denied says which part is meant."""
    for match in _NOT.finditer(said.plain):
        for part, known in (("first", first), ("last", last)):
            end = match.end() + len(known)
            if known and said.plain[match.end() : end] == folded(known):
                yield from _instead(said, part, match.start(), end)


def _instead(said: Said, part: str, start: int, end: int) -> Iterator[Name]:
    """The word behind a denied one, or else before it."""
    words, stop, _ = name_words(said.text, _after_denied(said.plain, end))
    before = re.search(r"([^\W\d_]+)[\s,]*$", said.text[:start])
    if words and re.match(r"\s*(?:$|[,.!;])", said.plain[stop:]):
        yield _name(words, part, start, stop)
    elif before and not _is_no_name(before[1]):
        yield _name([before[1]], part, before.start(1), end)


def _after_denied(plain: str, at: int) -> int:
    match = re.compile(r"[\s,.;-]*(?:(?:but|mais|it's|c'est)\s+)*").match(plain, at)
    return match.end() if match else at


def _weak(said: Said) -> Iterator[Name]:
    """ "I'm Paul": a capital letter, the end of a clause behind it, and still it may be no name."""
    for match in _WEAK.finditer(said.plain):
        words, end, _ = name_words(said.text, match.end())
        ends = re.match(r"\s*(?:$|[,.!;]|(?:and|et|from|de|speaking|here|calling|a l'appareil)\b)", said.plain[end:])
        capital = all(word[0].isupper() or folded(word) in _PARTICLES for word in words)
        own = not re.search(
            r"\b(?:wife|husband|he|she|friend|femme|mari|ami|il|elle)\b", said.plain[: match.start()][-30:]
        )
        if words and ends and capital and own and not _NO_WEAK_NAMES.match(folded(words[0])):
            yield _name(words, "both", match.start(), end, unsure=True)
