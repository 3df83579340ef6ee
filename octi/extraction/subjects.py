"""What a field is about, by the words of its name and description, in English and French."""

import re
from collections.abc import Iterator, Mapping
from enum import Enum, auto
from functools import lru_cache

import attrs

from octi.extraction.schema import Field, Kind
from octi.extraction.wording import Span, folded, vocabulary


class Topic(Enum):
    """How a field's value is recognised."""

    FIRST_NAME = auto()
    LAST_NAME = auto()
    FULL_NAME = auto()
    EMAIL = auto()
    PHONE = auto()
    DATE = auto()
    NUMBER = auto()
    FLAG = auto()
    CHOICE = auto()
    LIST = auto()
    WORDS = auto()


FIRST = {"first name", "firstname", "given name", "forename", "prenom"}
LAST = {"last name", "lastname", "surname", "family name", "nom de famille", "nom"}
FULL = {"name", "full name", "fullname", "user name", "customer name", "client name", "caller name", "nom complet"}
EMAILS = {"email", "mail", "courriel", "emails"}
PHONES = {"phone", "telephone", "mobile", "cell", "tel", "portable"}
DATES = {"date", "birthday", "birthdate", "birth", "dob", "naissance", "anniversaire"}

# Words that say the same. A field with one of them in its name, or only in its description, is about all of them.
GROUPS = tuple(
    frozenset(words.split())
    for words in (
        "income salary earn earning earnings wage wages pay paid make makes revenue revenu"
        " revenus salaire gagne gagner gagnez touche percois paie paye remuneration",
        "age aged old years ans",
        "child children kid kids enfant enfants",
        "rent loyer",
        "budget spend depenser",
        "born birth birthday birthdate dob naissance ne nee anniversaire",
        "married marie mariee",
        "smoker smoke smoking fume fumez fumer fumeur fumeuse",
        "pet pets animal animaux",
        "dog dogs chien chiens",
        "cat cats chat chats",
        "car cars voiture voitures",
        "hobby hobbies loisir loisirs",
        "size height tall taille mesure",
        "weight weigh poids pese",
        "contact channel",
        "people persons guests personnes",
        "email mail e-mail courriel adresse address",
        "phone telephone mobile number numero portable tel call joindre rappeler appeler reach",
    )
)
# Of names and descriptions, the words that any field may have.
GENERAL = frozenset(
    vocabulary(
        "the a an of in on at to for and or is are was has have own owns if as by with it its his her their they this "
        "that whether per user users person caller customer client value amount total count date time preferred "
        "current name what which who how many much month monthly year yearly annual week le la les un une de du des "
        "en au aux et ou est son sa ses par nombre combien quel quelle utilisateur client valeur montant mois mensuel "
        "an annuel string text number numbers numeric field given said full short any not no only "
    )
)
MONEY = GROUPS[0] | GROUPS[3] | GROUPS[4] | {"price", "prix", "cost", "cout", "loan", "debt", "amount", "montant"}
SUFFIXES = ("ings", "ing", "euse", "eurs", "eur", "ers", "ees", "er", "ed", "es", "ee", "s", "e")
WORD = re.compile(r"[a-z0-9]+")


@attrs.frozen
class Subject:
    """A field with its topic and the stems of the words that bring it up: `cues` surely, `hints` perhaps."""

    field: Field
    topic: Topic
    cues: frozenset[str]
    hints: frozenset[str]
    is_money: bool = False

    def mentions(self, plain: str, start: int = 0, end: int | None = None) -> tuple[list[Span], bool]:
        """Where a folded text brings the field up, and whether only by hints."""
        words = list(WORD.finditer(plain, start, len(plain) if end is None else end))
        sure = [Span(*word.span()) for word in words if stem(word.group()) in self.cues]
        weak = [] if sure else [Span(*word.span()) for word in words if stem(word.group()) in self.hints]
        return sure or weak, not sure

    def is_asked(self, question: str) -> bool:
        """Whether an agent's question is about the field."""
        return bool(self.mentions(question)[0])


@lru_cache(maxsize=512)
def subject_of(field: Field) -> Subject:
    """What a field is about."""
    name = words_of(field.name)
    described = {word for word in words_of(field.description) - GENERAL if len(word) > 2}
    topic = _topic(field)
    own = name - GENERAL
    related = {word for group in GROUPS if group & own or (group & described and not own) for word in group}
    cues = frozenset(map(stem, own | related))
    money = bool(MONEY & (own | described)) and topic is Topic.NUMBER
    return Subject(field, topic, cues, frozenset(map(stem, described)) - cues, money)


def _topic(field: Field) -> Topic:
    match field.kind:
        case Kind.INTEGER | Kind.NUMBER:
            return Topic.NUMBER
        case Kind.FLAG:
            return Topic.FLAG
        case Kind.LIST:
            return Topic.CHOICE if field.choices else Topic.LIST
        case Kind.TEXT:
            return Topic.CHOICE if field.choices else _topic_of_text(field)


def _topic_of_text(field: Field) -> Topic:
    words = words_of(field.name)
    name = " ".join(_split(field.name))
    named: Mapping[Topic, bool] = {
        Topic.FIRST_NAME: name in FIRST,
        Topic.LAST_NAME: name in LAST,
        Topic.FULL_NAME: name in FULL,
        Topic.EMAIL: field.format == "email" or bool(words & EMAILS) or name in {"e mail", "e-mail"},
        Topic.DATE: field.format == "date" or bool(words & DATES),
        Topic.PHONE: bool(words & PHONES),
    }
    return next((topic for topic, is_it in named.items() if is_it), Topic.WORDS)


def words_of(text: str) -> set[str]:
    """The folded words of a name ("firstName", "first_name") or of a sentence."""
    return set(_split(text))


def _split(text: str) -> Iterator[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text).replace("_", " ").replace("-", " ")
    yield from WORD.findall(folded(spaced))


def stem(word: str) -> str:
    """A word without its ending, so that "earns" is "earning". Rough: three letters stay at least."""
    for suffix in SUFFIXES:
        least = 3 if suffix == "s" else 4
        if word.endswith(suffix) and len(word) - len(suffix) >= least:
            return word.removesuffix(suffix)
    return word
