"""English words by what they do."""

import re

from octi.engine.brains.lists import in_order, words

WORD_SUFFIXES = {
    "ations": "", "ation": "", "ings": "", "ing": "", "ies": "y", "ied": "y", "ed": "", "es": "", "'s": "", "s": "",
}  # fmt: skip


UNITS = in_order("""
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen
""")
TENS = in_order("twenty thirty forty fifty sixty seventy eighty ninety")
FIRSTS = in_order("""
    first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth
    sixteenth seventeenth eighteenth nineteenth twentieth
""")
NUMBERS = {word: value for value, word in enumerate(UNITS)} | {word: 10 * ten for ten, word in enumerate(TENS, 2)}
ORDINALS = {word: value for value, word in enumerate(FIRSTS, 1)} | {"thirtieth": 30}
WEEKDAYS = in_order("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
MONTHS = in_order("January February March April May June July August September October November December")

DAYS = {
    "today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1, "the day after tomorrow": 2,
    "the day before yesterday": -2,
}  # fmt: skip

# "at eight", "eight thirty pm", "half past seven", "8:30": a number alone is a time only behind "at" or before "pm".
WRITTEN = r"\d\d?:\d\d(?::\d\d)?"
UNIT = rf"(?:{WRITTEN}|\d{{1,2}}(?:\.\d\d)?|{'|'.join(NUMBERS)})"
CLOCK = (
    rf"(?:(?:half|quarter)(?: (?:past|to))? {UNIT}|{UNIT}(?: {UNIT})? (?:past|to) {UNIT}|"
    rf"{UNIT}(?: {UNIT}){{0,3}})(?!\S)"
)
MARKS = r"(?: (?:am|pm|a\.m|p\.m|o'clock|oclock))"
TIMES = re.compile(
    rf"(?<!\S)(?:(?P<sure>noon|midnight|midday|{CLOCK}{MARKS}+|{WRITTEN}{MARKS}*)|"
    rf"(?:at|around|by) (?P<led>{CLOCK}{MARKS}*))(?!\S)"
)

STOP_WORDS = words("""
    a an the this that these those it its it's is are was were be been am i i'm i'd i'll i've you you're your my me mine
    we us our they them their he she his her him do does did done doing don't have has had having can can't could
    couldn't will would won't should shall may might must let let's of to in on at by for from with without about into
    onto and or but if then so than as not no yes what what's which who who's when where where's why how how's there
    there's here please thanks thank hello hi hey okay ok well just now some any all very really want need like know
    tell give say get got make go going one something anything
""")
VAGUE_WORDS = words("""
    function tool api call calls called use used uses using user users get gets fetch fetches retrieve retrieves return
    returns set sets do run given current currently information info data value values specific based provide provides
    provided request requests requested want wants ask asks when whenever example name number time date day people query
    parameter result results new add more
""")
NOT_NAMES = words("""
    a an the not no what who unknown back later tomorrow today when if at on in again now soon please by is so very just
    here there fine good well okay ok sorry sure ready tired happy sad hungry glad done lost ai an expert english french
    german spanish italian helpful friendly polite assistant agent bot really also my your his her it that this
""")
SWAPS = {
    "i am": "you are", "i was": "you were", "i'm": "you're", "i've": "you've", "i'll": "you'll", "i'd": "you'd",
    "i": "you", "me": "you", "my": "your", "mine": "yours", "myself": "yourself", "you are": "I am",
    "you were": "I was", "you're": "I'm", "you've": "I've", "you'll": "I'll", "that you": "that I",
    "because you": "because I", "if you": "if I", "when you": "when I", "you can": "I can", "you should": "I should",
    "you have": "I have", "you": "me", "your": "my", "yours": "mine", "yourself": "myself",
}  # fmt: skip

OPERATORS = {
    "plus": "+", "added to": "+", "minus": "-", "take away": "-", "less": "-", "negative": "-", "times": "*", "x": "*",
    "multiplied by": "*", "multiplied with": "*", "divided by": "/", "over": "/", "to the power of": "^",
    "to the power": "^", "squared": "^ 2", "cubed": "^ 3", "square root of": "√", "the square root of": "√",
    "half of": "1/2 *", "a half of": "1/2 *", "one half of": "1/2 *", "half": "1/2 *", "a third of": "1/3 *",
    "one third of": "1/3 *", "a quarter of": "1/4 *", "one quarter of": "1/4 *", "twice": "2 *", "double": "2 *",
    "triple": "3 *", "percent of": "* 1/100 *", "per cent of": "* 1/100 *", "% of": "* 1/100 *",
}  # fmt: skip
SUM_FORMS = tuple(
    (re.compile(form), said_in_order)
    for form, said_in_order in (
        (r"\b(?:add|adding) (.+?) to (.+)", r"\1 plus \2"),
        (r"\b(?:add|adding|sum of) (.+?) and (?=\S+$)(.+)", r"\1 plus \2"),
        (r"\b(?:subtract|take away|take) (.+?) from (.+)", r"\2 minus \1"),
        (r"\bdifference (?:between|of) (.+?) and (.+)", r"\1 minus \2"),
        (r"\bproduct of (.+?) and (.+)", r"\1 times \2"),
        (r"\bmultiply (.+?) (?:by|with|and) (.+)", r"\1 times \2"),
        (r"\bdivide (.+?) by (.+)", r"\1 divided by \2"),
        (r"^what(?:'s| is) (\w+) and (\w+)\W*$", r"\1 plus \2"),
    )
)

FIELDS = {
    "email": "e-mail address", "mail": "e-mail address", "phone": "phone number", "telephone": "phone number",
    "mobile": "mobile number", "dob": "date of birth", "birth date": "date of birth", "birthdate": "date of birth",
    "date of birth": "date of birth", "birthday": "date of birth", "firstname": "first name",
    "given name": "first name", "lastname": "last name", "surname": "last name", "family name": "last name",
    "fullname": "full name", "zip": "zip code", "zipcode": "zip code", "income eur": "income in euros",
    "income usd": "income in dollars", "job": "occupation", "nb children": "number of children",
    "children": "number of children",
}  # fmt: skip

LEADS = {
    "city": ("in", "for", "at", "near", "to"),
    "location": ("in", "at", "for", "near", "to"),
    "place": ("in", "at", "near", "to", "for"),
    "country": ("in", "for", "to"),
    "address": ("to", "at"),
    "destination": ("to", "for", "in"),
    "origin": ("from",),
    "from": ("from",),
    "source": ("from",),
    "to": ("to",),
    "name": ("named", "called", "for", "to", "is", "with"),
    "person": ("named", "with", "to", "for", "called"),
    "contact": ("to", "with", "call"),
    "recipient": ("to", "for"),
    "who": ("to", "with", "for"),
    "department": ("to", "with"),
}
FREE_TEXT = {
    "query": ("for", "about"),
    "search": ("for", "about"),
    "question": ("whether", "if", "about"),
    "message": ("saying", "says", "that"),
    "text": ("saying", "says", "that", "about"),
    "body": ("saying", "says", "that"),
    "content": ("saying", "says", "that"),
    "note": ("saying", "that", "about", "to"),
    "reminder": ("to", "about"),
    "task": ("to",),
    "topic": ("about", "on"),
    "subject": ("about", "on"),
    "title": ("called", "to"),
    "description": ("that", "about"),
    "reason": ("because",),
    "prompt": ("of", "about"),
}
