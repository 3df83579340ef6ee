"""What a brain must know of a language, as one value: a new language is new data, not new code."""

import re
from collections.abc import Mapping
from enum import StrEnum

import attrs


class Phrase(StrEnum):
    """Everything the brain can say. What a pattern in `manners` or `topics` names, it also understands."""

    OPENING = "opening"
    STILL_THERE = "still there"
    SILENCE = "silence"
    GREETING = "greeting"
    STOP = "stop"
    REPEAT = "repeat"
    NOTHING_TO_REPEAT = "nothing to repeat"
    SLOWER = "slower"
    FASTER = "faster"
    LOUDER = "louder"
    QUIETER = "quieter"
    NAME_TOLD = "name told"
    NAME_ASKED = "name asked"
    NAME_UNKNOWN = "name unknown"
    WHO_ARE_YOU = "who are you"
    ABILITIES = "abilities"
    HOW_ARE_YOU = "how are you"
    THANKS = "thanks"
    GOODBYE = "goodbye"
    TIME = "time"
    DATE = "date"
    SUM = "sum"
    BY_ZERO = "by zero"
    TOO_HARD = "too hard"
    YES = "yes"
    NO = "no"
    LOOK_UP = "look up"
    REQUEST = "request"
    QUESTION = "question"
    STATEMENT = "statement"
    ASK_WORDS = "ask words"
    ASK_NUMBER = "ask number"
    ASK_CHOICE = "ask choice"
    ASK_FLAG = "ask flag"
    ASK_FIELD = "ask field"
    NOTED = "noted"
    NAME_NOTED = "name noted"
    FIELD_GIVEN = "field given"
    GIVE_UP = "give up"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    ABOUT = "about"
    MINUS = "minus"
    PAIR = "pair"
    ONE_ITEM = "one item"
    ALL_ITEMS = "all items"
    FIRST_ITEMS = "first items"
    NO_ITEMS = "no items"
    MORE = "more"
    TRUE = "true"
    FALSE = "false"
    NOTHING = "nothing"
    ECHO = "echo"
    NOTHING_HEARD = "nothing heard"


Meaning = tuple[Phrase, re.Pattern[str]]


@attrs.frozen(kw_only=True)
class Language:
    """One language. Words are in lower case, without accents; what is spoken has them.

    Patterns meet text that `words.plain` has levelled, or else they say so.
    """

    replies: Mapping[Phrase, tuple[str, ...]]
    """Templates, in variants to take in turn; the questions of ASK_… have one. Fields: see `talk` and `results`."""
    manners: tuple[Meaning, ...]
    """Patterns of talk about the talk itself, tried in order. A function must match fully to come before them."""
    topics: tuple[Meaning, ...]
    """Patterns of everything else, tried in order, after the functions."""
    reflections: tuple[tuple[re.Pattern[str], str], ...]
    """Statements worth a reply of their own: `{0}` is the pattern's group with the persons swapped."""
    swaps: Mapping[str, str]
    """The other side's words for the same thing: "i am" is "you are"."""
    elisions: re.Pattern[str]
    """In raw text: the apostrophe behind a word that lost its end, as in French "l'heure". It stands for a blank."""
    elided: re.Pattern[str]
    """In levelled text: the blank behind such a word (group 1), where an apostrophe belongs when it is said back."""
    fillers: re.Pattern[str]
    """Politeness and hesitation that mean nothing."""
    lead_greeting: re.Pattern[str]
    """A greeting with something else behind it."""

    user_names: tuple[re.Pattern[str], ...]
    """How a user says their name, in raw text: group 1 is the name."""
    agent_names: tuple[re.Pattern[str], ...]
    """How instructions name the agent, in raw text: group 1 is the name."""
    not_names: frozenset[str]
    """Words that stand where a name could and are none."""
    abilities: str
    """What stands before the names of the declared functions."""
    hello: str
    """What is said first to somebody who greets and then goes on."""
    default_name: str
    """The agent's name where the instructions give none."""

    suffixes: Mapping[str, str]
    """Endings that do not change a word's meaning much, longest first, and what stands there in the bare word."""
    stop_words: frozenset[str]
    """Words that say nothing about the subject."""
    concepts: Mapping[str, str]
    """Bare words that mean another one: whoever names functions in English is understood in French."""
    labels: Mapping[str, str]
    """By the whole name of a parameter or a result, in words: how it is called when it is spoken."""
    fields: Mapping[str, str]
    """By the whole name of a field of the user's profile, in words: how it is called where `ASK_FIELD` asks for it."""
    vague_words: frozenset[str]
    """Bare words that do not tell one function from another."""
    wishes: re.Pattern[str]
    """In lower-case words: what is said asks for something, and does not just tell."""
    negations: frozenset[str]
    """Words that turn a wish into its opposite."""
    cancels: re.Pattern[str]
    """The user no longer wants what they were asked about."""

    grouped: re.Pattern[str]
    """In raw text: digits that belong together, with signs between them that only group them."""
    decimal_mark: str
    """The sign in 2.5."""
    thousands_mark: str
    """What is said to a synthesiser between groups of three digits."""
    numbers: Mapping[tuple[str, ...], int]
    """Runs of words below a hundred, but for those that follow from "twenty" and "one"."""
    weak_numbers: frozenset[str]
    """Numbers that mostly are none: French "une"."""
    digits_below: int
    """Spelled digits are numbers below this one: French telephone numbers are said in pairs."""
    multipliers: Mapping[str, int]
    """Words that multiply what stands before them: hundred, thousand."""
    number_joint: str
    """The word inside "one hundred and five"."""
    one_words: frozenset[str]
    """Words for one before a multiplier: "a hundred"."""
    decimal_point: str
    """The word inside "two point five"."""
    fractions: Mapping[tuple[str, ...], str]
    """What may follow a whole number: "and a half"."""
    negative: frozenset[str]
    """Words before a number below zero."""
    hedges: frozenset[str]
    """Words before those after which they mean no such thing: French "au moins"."""
    operators: Mapping[tuple[str, ...], str]
    """Words of sums as symbols and numbers, blank separated."""
    sum_forms: tuple[tuple[re.Pattern[str], str], ...]
    """Sums in another order ("subtract two from five") and how they read in order."""

    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    hours: tuple[str, ...]
    """How each hour of the day is said, from midnight on."""
    clock: str
    """How to say a time. Fields: hour, minute, half."""
    clock_sharp: str
    """The same on the hour."""
    halves: tuple[str, str]
    """The day's halves in `clock`."""
    calendar: str
    """How to say a date. Fields: weekday, month, day, year."""
    first: str
    """The first day of a month in `calendar`."""
    days: Mapping[tuple[str, ...], int]
    """Runs of words for days near today, as a distance in days, the longest first."""
    spans: frozenset[str]
    """Units after "next": week, weekend."""
    nexts: frozenset[str]
    """Words before a weekday or a span: next, this."""
    nexts_behind: frozenset[str]
    """Words of that kind behind it."""
    month_first: bool
    """Whether a month may stand before its day: May 5."""
    day_first: bool
    """Whether 5/10 is surely a day of October, and not one of May."""
    ordinals: Mapping[str, int]
    ordinal_marks: frozenset[str]
    """Tokens behind a day's digits: st, th."""
    day_joints: frozenset[str]
    """Words inside "the fifth of May"."""
    times: re.Pattern[str]
    """A time of day in lower-case words; the time itself is the group that matched last."""

    articles: frozenset[str]
    prepositions: frozenset[str]
    breaks: frozenset[str]
    """Words besides prepositions at which a phrase ends."""
    joints: frozenset[str]
    """Words between the items of a list."""
    conjunction: str
    alternative: str
    leads: Mapping[str, tuple[str, ...]]
    """By a word of a parameter's name: the words its value stands behind, each one or a run."""
    default_leads: tuple[str, ...]
    free_text: Mapping[str, tuple[str, ...]]
    """Parameters that take the rest of the sentence, and the words it starts behind."""
    code_hints: frozenset[str]
    """Parameters whose value holds digits though it is a string."""
    date_hints: frozenset[str]
    time_hints: frozenset[str]
    moment_hints: frozenset[str]
    """Parameters that take a date with a time."""
    switches: Mapping[str, bool]
    """Words that turn something on or off."""
    switch_hints: frozenset[str]
    """Parameters that `switches` decide."""
    answers: Mapping[str, bool]
    """Yes and no."""
