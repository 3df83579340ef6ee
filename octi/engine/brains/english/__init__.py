"""English, as data."""

import re

from octi.engine.brains.english import vocabulary
from octi.engine.brains.english.meanings import MANNERS, REFLECTIONS, TOPICS
from octi.engine.brains.english.replies import REPLIES
from octi.engine.brains.english.vocabulary import runs, words
from octi.engine.brains.language import Language

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
    vague_words=vocabulary.VAGUE_WORDS,
    wishes=re.compile(
        r"^(?:what|what's|who|where|when|which|how|is|are|do|does|can|could|will|would|may|shall)\b|"
        r"\b(?:please|want|need|i'd|would like|can you|could you|let's|help me)\b"
    ),
    negations=words("don't dont never not without no didn't doesn't won't shouldn't"),
    cancels=re.compile(
        r"^(?:no )?(?:never ?mind|forget (?:it|that|about it)|cancel(?: that| it)?|stop(?: it| that)?|leave it|"
        r"i don't (?:know|care|want to)(?: \w+)*)$"
    ),
    numbers=vocabulary.NUMBERS,
    multipliers={"dozen": 12, "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9},
    number_joint="and",
    one_words=words("a an"),
    decimal_point="point",
    fractions=runs({"and a half": "1/2", "and a quarter": "1/4", "and three quarters": "3/4"}),
    negative=words("minus negative"),
    operators=runs(vocabulary.OPERATORS),
    sum_forms=vocabulary.SUM_FORMS,
    weekdays=vocabulary.WEEKDAYS,
    months=vocabulary.MONTHS,
    clock="{hour12}:{minute:02} {half}",
    halves=("AM", "PM"),
    calendar="{weekday}, {month} {day}, {year}",
    days={"today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1},
    spans=words("week weekend month year"),
    nexts=words("next this coming last"),
    ordinals=vocabulary.ORDINALS,
    ordinal_marks=words("st nd rd th"),
    day_joints=words("of the"),
    clock_words=words("noon midnight midday"),
    clock_leads=words("at around by"),
    clock_marks=words("am pm a.m p.m o'clock oclock"),
    clock_parts=words("half quarter past to"),
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
