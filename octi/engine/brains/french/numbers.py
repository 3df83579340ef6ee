"""French numbers, sums, days and hours."""

import re

from octi.engine.brains.lists import in_order, words

UNITS = in_order("""
    zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit
    dix-neuf
""")
TENS = {"vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "septante": 70, "huitante": 80, "octante": 80,
        "nonante": 90}  # fmt: skip
TWENTIES = {"soixante": 60, "quatre vingt": 80}  # on which one counts up to nineteen


def below_hundred() -> dict[str, int]:
    """Every number below a hundred as runs of words, in France's, Belgium's and Switzerland's French."""
    small = {word.replace("-", " "): value for value, word in enumerate(UNITS)} | {"une": 1}
    every = small | TENS | TWENTIES | {"quatre vingts": 80}
    for tens, base in (TENS | TWENTIES).items():
        for unit, value in small.items():
            if value and (value < 10 or tens in TWENTIES):
                every |= {f"{tens} {unit}": base + value}
                every |= {f"{tens} et {unit}": base + value} if value in (1, 11) else {}
    return every


NUMBERS = below_hundred()
MULTIPLIERS = {
    "douzaine": 12, "douzaines": 12, "cent": 100, "cents": 100, "centaine": 100, "centaines": 100, "mille": 1000,
    "millier": 1000, "milliers": 1000, "million": 10**6, "millions": 10**6, "milliard": 10**9, "milliards": 10**9,
}  # fmt: skip
FRACTIONS = {"et demi": "1/2", "et demie": "1/2", "et quart": "1/4", "et un quart": "1/4", "trois quarts": "3/4"}

PARTS_OF = {
    "la moitie": "1/2 *", "le tiers": "1/3 *", "un tiers": "1/3 *", "le quart": "1/4 *", "un quart": "1/4 *",
    "le double": "2 *", "le triple": "3 *", "pour cent": "* 1/100 *", "pourcent": "* 1/100 *", "%": "* 1/100 *",
    "racine carree": "√", "la racine carree": "√", "racine": "√", "la racine": "√",
}  # fmt: skip
OPERATORS = {
    "plus": "+", "ajoute a": "+", "moins": "-", "fois": "*", "x": "*", "multiplie par": "*", "multipliee par": "*",
    "divise par": "/", "divisee par": "/", "sur": "/", "puissance": "^", "a la puissance": "^", "exposant": "^",
    "au carre": "^ 2", "au cube": "^ 3",
} | {f"{part} {joint}": symbols for part, symbols in PARTS_OF.items() for joint in ("de", "d", "du")}  # fmt: skip
SUM_FORMS = tuple(
    (re.compile(form), said_in_order)
    for form, said_in_order in (
        (r"\b(?:ajoutez|ajoute|ajouter) (.+?) a (.+)", r"\1 plus \2"),
        (r"\b(?:additionnez|additionne|additionner|somme de) (.+?) et (?=\S+$)(.+)", r"\1 plus \2"),
        (r"\b(?:soustrais|soustrayez|enleve|enlevez|retire|retirez|otez|ote) (.+?) (?:de|a) (.+)", r"\2 moins \1"),
        (r"\bdifference entre (.+?) et (.+)", r"\1 moins \2"),
        (r"\bproduit de (.+?) (?:et|par) (.+)", r"\1 fois \2"),
        (r"\b(?:multiplie|multipliez|multiplier) (?!par )(.+?) par (.+)", r"\1 fois \2"),
        (r"\b(?:divise|divisez|diviser) (?!par )(.+?) par (.+)", r"\1 divise par \2"),
        (r"^(?:combien (?:font|fait)|(?:ca|cela) fait combien|que font) (\w+) et (\w+)\W*$", r"\1 plus \2"),
        (r"^(\w+) et (\w+),? (?:(?:ca|cela) )?(?:font|fait) combien\W*$", r"\1 plus \2"),
    )
)

WEEKDAYS = in_order("lundi mardi mercredi jeudi vendredi samedi dimanche")
MONTHS = in_order("janvier février mars avril mai juin juillet août septembre octobre novembre décembre")
HOURS = ("minuit", "une heure", *(f"{hour} heures" for hour in range(2, 12)),
         "midi", *(f"{hour} heures" for hour in range(13, 21)), "vingt et une heures", "22 heures",
         "23 heures")  # fmt: skip
PARTS_OF_DAY = ("matin", "apres midi", "soir", "midi")
DAYS = (
    {"aujourd'hui": 0, "aujourd hui": 0, "cette nuit": 0, "demain": 1, "hier": -1, "apres demain": 2, "avant hier": -2}
    | {f"{day} {part}": away for day, away in (("demain", 1), ("hier", -1)) for part in PARTS_OF_DAY}
    | {"ce matin": 0, "cet apres midi": 0, "ce soir": 0, "ce midi": 0}
)
SPANS = words("semaine mois annee an weekend week jours")

# "à huit heures et demie", "20 h 30", "midi moins le quart". Behind "pendant" or "dans" hours only last.
_LONGEST_FIRST = sorted(NUMBERS, key=len, reverse=True)
HOUR = rf"(?:\d\d?|{'|'.join(run for run in _LONGEST_FIRST if NUMBERS[run] <= 24)})"
MINUTES = rf"(?:\d\d?|{'|'.join(run for run in _LONGEST_FIRST if NUMBERS[run] < 60)})"
BY_THE_QUARTER = r"(?: et (?:demie?|quart)| moins (?:le quart|quart|dix|vingt|cinq|\d\d?))"
TIME_ENDS = r"(?: (?:du (?:matin|soir)|de l apres midi|pile|precises?))?"
TIMES = re.compile(
    r"(?<!\S)(?<!pendant )(?<!dans )(?<!durant )(?P<time>"
    rf"{HOUR} h\d\d|{HOUR} (?:heures?|h)(?:{BY_THE_QUARTER}| et {MINUTES}|"
    rf" {MINUTES}(?! (?:personnes?|adultes?|enfants?))"
    rf"| moins {MINUTES})?{TIME_ENDS}|"
    rf"(?:midi|minuit)(?:{BY_THE_QUARTER}| dix| quinze| vingt| trente| \d\d)?|\d\d?:\d\d(?::\d\d)?)(?!\S)"
)
