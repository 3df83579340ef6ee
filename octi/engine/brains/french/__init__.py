"""French, as data."""

import re

from octi.engine.brains.english import ENGLISH
from octi.engine.brains.english import vocabulary as english
from octi.engine.brains.french import numbers, vocabulary
from octi.engine.brains.french.concepts import CONCEPTS, FIELDS, LABELS
from octi.engine.brains.french.meanings import MANNERS, REFLECTIONS, TOPICS
from octi.engine.brains.french.replies import REPLIES
from octi.engine.brains.language import Language
from octi.engine.brains.lists import runs, words
from octi.engine.brains.words import bare

NAME = r"([^\W\d_]+(?:['’-][^\W\d_]+)*)"
PROPER = r"([A-ZÀ-ÖØ-ÞŒ][^\W\d_]+(?:['’-][^\W\d_]+)*)"
QUOTE = r"[\"'“‘«]?\s?"
NAME_ENDS = r"(?=[\"'”’»]?\s*(?:[.,;:!–—\n(-]|$| et | l[ea]s? | l['’]))"
ENDS = r"(?=\W*$|[.,!?]|\s+et\b)"
HAIL = r"\b(?:bonjour|bonsoir|salut|coucou|allô|allo),? "


def _bare(word: str) -> str:
    return bare(word, vocabulary.WORD_SUFFIXES)


def _concepts() -> dict[str, str]:
    """Whole words before bare ones: a timer is not a time."""
    by_ending = {_bare(word): _bare(meant) for word, meant in CONCEPTS.items()}
    return by_ending | {word: _bare(meant) for word, meant in CONCEPTS.items()}


_CONCEPTS = _concepts()

FRENCH = Language(
    replies=REPLIES,
    manners=MANNERS,
    topics=TOPICS,
    reflections=REFLECTIONS,
    swaps=vocabulary.SWAPS,
    elisions=re.compile(r"(?i:(?<=\b[cdjlmnst])|(?<=\bqu)|(?<=\bjusqu)|(?<=\blorsqu)|(?<=\bpuisqu))['’ʼ](?=[^\W\d_])"),
    elided=re.compile(r"\b([cdjlmnst]|qu|jusqu|lorsqu|puisqu) (?=[^\W\d_])"),
    fillers=re.compile(
        r"\b(?:s il (?:te|vous) plait|svp|stp|je (?:te|vous) prie|euh+|heu+|hum+|hm+|ben|bah|hein)\b|"
        r"^(?:alors|donc|bon|et|mais|ah|oh|eh bien|en fait|du coup) (?!(?:toi|vous)\b)"
    ),
    lead_greeting=re.compile(
        r"^(?:bonjour|bonsoir|salut|coucou|hello|allo)(?: (?:madame|monsieur|a (?:toi|vous)|encore))? "
        r"(?=\w+ \w+|aide|repete|stop|arrete)"
    ),
    user_names=(
        re.compile(rf"(?i:(?<!comment )\bje m['’ ]appelle ){NAME}"),
        re.compile(rf"(?i:\bmon (?:pré|pre)?nom (?:est|c['’]est) ){NAME}"),
        re.compile(rf"(?i:\b(?:appelle|appelez)[ -]moi |\bm['’]appeler ){NAME}"),
        re.compile(rf"(?i:\bmoi,? c['’]est |{HAIL}c['’]est ){PROPER}{ENDS}"),
        re.compile(rf"(?i:(?:^|[.,!?] ?|{HAIL})(?:je suis|ici) ){PROPER}{ENDS}"),
    ),
    agent_names=(
        re.compile(rf"(?i:\b(?:tu t['’ ]appelles|vous vous appelez) ){QUOTE}{PROPER}"),
        re.compile(rf"(?i:\b(?:ton|votre) (?:pré|pre)?nom est ){QUOTE}{PROPER}"),
        re.compile(rf"(?i:\b(?:tu es|vous êtes|vous etes) ){QUOTE}{PROPER}{NAME_ENDS}"),
        *ENGLISH.agent_names,  # who writes in English for French speakers is understood
    ),
    not_names=vocabulary.NOT_NAMES | english.NOT_NAMES,
    abilities="Je peux aussi utiliser :",
    hello="Bonjour{you}.",
    default_name="la voix hors ligne d'octi",
    suffixes=vocabulary.WORD_SUFFIXES,
    stop_words=vocabulary.STOP_WORDS | english.STOP_WORDS,  # functions are often named and described in English
    concepts=_CONCEPTS,
    labels=LABELS,
    fields=FIELDS,
    vague_words=frozenset(
        _CONCEPTS.get(word, _CONCEPTS.get(_bare(word), _bare(word)))
        for word in vocabulary.VAGUE_WORDS | english.VAGUE_WORDS - {"people"}
    ),
    wishes=re.compile(
        r"^(?:qui|que|qu|quoi|quel|quelle|quels|quelles|quand|ou|comment|combien|pourquoi|est ce|peux|pouvez|pourrais|"
        r"pourriez|puis je|y a t|va t|merci de|"
        r"(?:reserve|commande|cherche|trouve|appelle|allume|ouvre|ferme|montre|donne|envoie|ajoute|annule|joue|lance)"
        r"z?|dis moi|dites moi|mets|mettez|eteins|eteignez|rappelle|rappelez|appelez|envoyez|fais|faites)\b|"
        r"\b(?:s il (?:te|vous) plait|svp|stp|je (?:veux|voudrais|souhaite|souhaiterais|desire)|j aimerais|"
        r"il me faut|il me faudrait|j ai (?:besoin|envie)|(?:tu|vous) (?:peux|pourrais|pouvez|pourriez)|"
        r"(?:peux|pourrais) tu|(?:pouvez|pourriez) vous|"
        r"aide moi|aidez moi|on voudrait|nous (?:voudrions|aimerions|voulons))\b"
    ),
    negations=vocabulary.NEGATIONS,
    cancels=re.compile(
        r"^(?:non )?(?:laissez? tomber|oubliez?(?: (?:ca|cela|tout))?|annulez?(?: (?:ca|cela|tout))?|"
        r"(?:stop|arretez?)(?: (?:ca|cela|tout))?|tant pis|peu importe|rien|"
        r"(?:non )?je (?:ne )?(?:sais|veux) (?:pas|plus)(?: \w+){0,12}|"
        r"(?:c est )?pas la peine|ca ne fait rien|je prefere ne pas(?: \w+){0,6})$"
    ),
    grouped=re.compile(r"(?<![\d.,/-])(?<!\d )\d{1,3}(?:[ \xa0\u202f.]\d{3})+(?![\d/-]|[ \xa0\u202f.]\d)"),
    decimal_mark=",",
    thousands_mark="",
    numbers=runs(numbers.NUMBERS),
    weak_numbers=words("un une"),
    digits_below=100,
    multipliers=numbers.MULTIPLIERS,
    number_joint="",
    one_words=words("un une"),
    decimal_point="virgule",
    fractions=runs(numbers.FRACTIONS),
    negative=words("moins"),
    hedges=words("au du ou le les"),
    operators=runs(numbers.OPERATORS),
    sum_forms=numbers.SUM_FORMS,
    weekdays=numbers.WEEKDAYS,
    months=numbers.MONTHS,
    hours=numbers.HOURS,
    clock="{hour} {minute}",
    clock_sharp="{hour}",
    halves=("", ""),
    calendar="{weekday} {day} {month} {year}",
    first="1er",
    days=runs(numbers.DAYS),
    spans=numbers.SPANS,
    nexts=words("ce cette prochain prochaine"),
    nexts_behind=words("prochain prochaine dernier derniere suivant suivante"),
    month_first=False,
    day_first=True,
    ordinals={"premier": 1},
    ordinal_marks=words("er"),
    day_joints=words("de"),
    times=numbers.TIMES,
    articles=words("le la les l un une mon ma mes ton ta tes son sa ses notre nos votre vos quelques cet"),
    prepositions=words(
        "a au aux de d du des en dans pour avec sur chez vers par sans sous depuis jusqu jusque entre pendant avant "
        "apres contre"
    ),
    breaks=words("et s svp stp merci ou mais puis est sont qui que qu quand comme disant plutot pas nomme appele"),
    joints=words("et puis plus"),
    conjunction="et",
    alternative="ou",
    leads=vocabulary.LEADS,
    default_leads=("nomme", "appele", "pour", "dans", "a", "au", "sur", "avec", "chez", "de"),
    free_text=vocabulary.FREE_TEXT,
    code_hints=words(
        "phone number id code zip account postcode telephone pin order flight numero tel portable compte commande vol"
    ),
    date_hints=words("date day jour"),
    time_hints=words("time hour clock heure horaire"),
    moment_hints=words("when datetime moment timestamp quand"),
    switches={
        **dict.fromkeys(("allume", "allumez", "allumer", "active", "activez", "activer", "marche", "on"), True),
        **dict.fromkeys(("eteins", "eteignez", "eteindre", "desactive", "desactivez", "coupe", "coupez", "off"), False),
    },
    switch_hints=words("on off enabled enable power active state allume actif etat marche"),
    answers=dict.fromkeys(
        ("oui", "ouais", "si", "ok", "okay", "accord", "vrai", "exact", "volontiers", "parfait", "absolument"), True
    )
    | dict.fromkeys(("non", "nan", "pas", "faux", "jamais", "aucun", "sans"), False),
)
