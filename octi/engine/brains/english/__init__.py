"""English, as data."""

import re

from octi.engine.brains.english import vocabulary
from octi.engine.brains.english.meanings import MANNERS, REFLECTIONS, TOPICS
from octi.engine.brains.english.replies import REPLIES
from octi.engine.brains.language import Language
from octi.engine.brains.lists import runs, words
from octi.engine.brains.words import bare

NAME = r"([^\W\d_]+(?:['’-][^\W\d_]+)*)"
PROPER = r"([A-Z][^\W\d_]+(?:['’-][^\W\d_]+)*)"
QUOTE = r"[\"'“‘]?"
NAME_ENDS = r"(?=[\"'”’]?\s*(?:[.,;:!–—\n(-]|$| and | the ))"

ENGLISH = Language(
    replies=REPLIES,
    manners=MANNERS,
    topics=TOPICS,
    reflections=REFLECTIONS,
    swaps=vocabulary.SWAPS,
    elisions=re.compile(r"(?!)"),
    elided=re.compile(r"(?!)()"),
    fillers=re.compile(
        r"\b(?:please|um+|uh+|er+|erm+|kindly|actually)\b(?!')|^(?:well|so|and|now|oh) |"
        r"(?<!do )(?<!n't )(?<!what )\byou know\b(?!')(?! (?:the|my|me|what|who|how|where|when|why|if|any)\b)"
    ),
    lead_greeting=re.compile(
        r"^(?:hi|hello|hey|howdy|good (?:morning|afternoon|evening))(?: there| again)? (?=\w+ \w+|help|repeat|stop)"
    ),
    user_names=(
        re.compile(rf"(?i:\bmy name(?:['’]s| is)(?: actually)? ){NAME}"),
        re.compile(rf"(?i:\b(?:i am|i['’]m) called ){NAME}"),
        re.compile(rf"(?i:(?:^|\band |\bplease |\bjust |\bcan )(?:you )?call me ){NAME}"),
        re.compile(
            rf"(?i:(?:^|[.,!?] ?|\bhello |\bhi |\bhey )(?:i am|i['’]m|this is) ){PROPER}(?=\W*$|[.,!?]|\s+and\b)"
        ),
    ),
    agent_names=(
        re.compile(rf"(?i:\byour name(?:['’]s| is) ){QUOTE}{PROPER}"),
        re.compile(rf"(?i:\byou(?: are|['’]re)(?: called| named) ){QUOTE}{PROPER}"),
        re.compile(rf"(?i:\byou(?: are|['’]re) ){QUOTE}{PROPER}{NAME_ENDS}"),
    ),
    not_names=vocabulary.NOT_NAMES,
    abilities="I can also use",
    hello="Hello{you}.",
    default_name="the built-in offline voice",
    suffixes=vocabulary.WORD_SUFFIXES,
    stop_words=vocabulary.STOP_WORDS,
    concepts={},
    labels={},
    fields=vocabulary.FIELDS,
    vague_words=frozenset(bare(word, vocabulary.WORD_SUFFIXES) for word in vocabulary.VAGUE_WORDS),
    wishes=re.compile(
        r"^(?:what|what's|who|where|when|which|how|is|are|do|does|can|could|will|would|may|shall)\b|"
        r"\b(?:please|want|need|i'd|would like|can you|could you|let's|help me)\b"
    ),
    negations=words("don't dont never not without no didn't doesn't won't shouldn't"),
    cancels=re.compile(
        r"^(?:no )?(?:never ?mind|forget (?:it|that|about it)|cancel(?: that| it)?|stop(?: it| that)?|leave it|"
        r"i don't (?:know|care|want to)(?: \w+)*|(?:i'd|i would) rather not(?: \w+)*)$"
    ),
    grouped=re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])"),
    decimal_mark=".",
    thousands_mark=",",
    numbers=runs(vocabulary.NUMBERS),
    weak_numbers=frozenset(),
    digits_below=10,
    multipliers={"dozen": 12, "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9},
    number_joint="and",
    one_words=words("a an"),
    decimal_point="point",
    fractions=runs({"and a half": "1/2", "and a quarter": "1/4", "and three quarters": "3/4"}),
    negative=words("minus negative"),
    hedges=frozenset(),
    operators=runs(vocabulary.OPERATORS),
    sum_forms=vocabulary.SUM_FORMS,
    weekdays=vocabulary.WEEKDAYS,
    months=vocabulary.MONTHS,
    hours=("12", *map(str, range(1, 13)), *map(str, range(1, 12))),
    clock="{hour}:{minute:02} {half}",
    clock_sharp="{hour}:00 {half}",
    halves=("AM", "PM"),
    calendar="{weekday}, {month} {day}, {year}",
    first="1",
    days=runs(vocabulary.DAYS),
    spans=words("week weekend month year"),
    nexts=words("next this coming last"),
    nexts_behind=frozenset(),
    month_first=True,
    day_first=False,
    ordinals=vocabulary.ORDINALS,
    ordinal_marks=words("st nd rd th"),
    day_joints=words("of the"),
    times=vocabulary.TIMES,
    articles=words("the a an my our your some"),
    prepositions=words("in at on for from to with about near by of named called until into under"),
    breaks=words("and please or but then is are was thanks that which who when while as saying says"),
    joints=words("and plus also"),
    conjunction="and",
    alternative="or",
    leads=vocabulary.LEADS,
    default_leads=("named", "called", "for", "in", "to", "at", "about", "with", "from", "on"),
    free_text=vocabulary.FREE_TEXT,
    code_hints=words("phone number id code zip account room postcode telephone pin order flight"),
    date_hints=words("date day"),
    time_hints=words("time hour clock"),
    moment_hints=words("when datetime moment timestamp"),
    switches={"on": True, "off": False, "enable": True, "disable": False},
    switch_hints=words("on off enabled enable power active state"),
    answers=dict.fromkeys(("yes", "yeah", "yep", "sure", "okay", "true", "right", "yup"), True)
    | dict.fromkeys(("no", "nope", "false", "nah", "not"), False),
)
