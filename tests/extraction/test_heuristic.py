"""What octi's own extractor reads in plain speech, in English and French, and what it must leave alone."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.extraction.heuristic import heuristic_findings
from octi.extraction.schema import DEFAULT_SCHEMA, ProfileSchema, read_schema
from octi.records import Role, Turn
from octi.units import ItemId, Milliseconds, SessionId

WIDE = read_schema({
    "type": "object",
    "properties": {
        "email": {"type": "string", "format": "email"},
        "phone_number": {"type": "string"},
        "birth_date": {"type": "string", "format": "date"},
        "age": {"type": "integer"},
        "children": {"type": "integer", "description": "How many children the user has."},
        "rent": {"type": "number", "description": "Rent per month."},
        "annual_budget": {"type": "number"},
        "smoker": {"type": "boolean"},
        "has_dog": {"type": "boolean", "description": "Whether the user has a dog."},
        "contact_channel": {"type": "string", "enum": ["email", "phone", "post_office", "none"]},
        "plan": {"type": "string", "enum": ["basic", "premium", "none"]},
        "languages": {"type": "array", "items": {"type": "string", "enum": ["english", "french", "dutch"]}},
        "hobbies": {"type": "array", "items": {"type": "string"}},
        "city": {"type": "string"},
        "favourite_colour": {"type": "string"},
    },
})  # fmt: skip


def conversation(*lines: str) -> list[Turn]:
    """Turns in order: what the agent says begins with "> "."""
    return [
        Turn(
            session=SessionId("s"),
            item=ItemId(f"item_{at}"),
            position=at,
            role=Role.ASSISTANT if line.startswith("> ") else Role.USER,
            text=line.removeprefix("> "),
            start_ms=Milliseconds(0),
            end_ms=Milliseconds(0),
        )
        for at, line in enumerate(lines)
    ]


def read(schema: ProfileSchema, *lines: str) -> dict[str, object]:
    """What is found, with a question mark behind the name of what is unsure."""
    found = heuristic_findings(schema, conversation(*lines))
    return {name + "?" * seen.evidence.unsure: seen.value for name, seen in found.items()}


ANNA = {"first_name": "Anna"}
BERG = {"last_name": "Berg"}
BERT = {"first_name": "Bert"}


@pytest.mark.parametrize(
    ("lines", "values"),
    [
        ("My name is Anna Berg.", ANNA | BERG),
        ("Hello, my name is Anna.", ANNA),
        ("my name is anna berg", ANNA | BERG),
        ("my name's Anna and I live in Ghent", ANNA),
        ("Hi! My full name is Anna van der Berg.", ANNA | {"last_name": "van der Berg"}),
        ("My name is Jean-Pierre O'Neill", {"first_name": "Jean-Pierre", "last_name": "O'Neill"}),
        ("my first name is anna and my last name is berg", ANNA | BERG),
        ("My surname is Berg.", BERG),
        ("You can call me Bert.", BERT),
        ("I'm Paul.", {"first_name?": "Paul"}),
        ("Hello, this is Paul Durand.", {"first_name?": "Paul", "last_name?": "Durand"}),
        ("I'm Mr. Berg.", BERG),
        ("Je m'appelle Hélène Dupont.", {"first_name": "Hélène", "last_name": "Dupont"}),
        ("je m’appelle Anna", ANNA),
        ("Bonjour, je m'appelle anna berg et j'habite à Lyon", ANNA | BERG),
        ("Mon prénom est Anna.", ANNA),
        ("Mon prénom c'est Anna, mon nom de famille c'est Berg.", ANNA | BERG),
        ("Mon nom est Berg.", {"last_name?": "Berg"}),
        ("Mon nom est Anna Berg.", ANNA | BERG),
        ("Moi, c'est Paul.", {"first_name": "Paul"}),
        ("Je suis Paul, de Lyon.", {"first_name?": "Paul"}),
        ("Appelez-moi Bert.", BERT),
        ("Je suis monsieur Berg.", BERG),
    ],
)  # fmt: skip
def test_a_name_is_understood_when_it_is_introduced(lines: str, values: dict[str, object]) -> None:
    """Fully, in parts, in lower case as some recognisers write; a bare "I'm Paul" with less certainty."""
    assert read(DEFAULT_SCHEMA, lines) == values


@pytest.mark.parametrize(
    "words",
    [
        "I'm tired.",
        "I'm French.",
        "I'm Retired",
        "I'm fine, thanks.",
        "I am calling about my bill.",
        "Je suis fatigué.",
        "Je suis Français.",
        "C'est vrai.",
        "Je suis d'accord.",
        "My name is not important.",
        "My name is on the list.",
        "What is your name?",
        "Is my name Anna?",
        "My wife's name is Clara.",
        "My wife's first name is Clara.",
        "His name is Bert.",
        "Comment vous appelez-vous ?",
        "Ma femme s'appelle Clara.",
        "Her last name is Berg.",
        "Anna",
        "No, it's fine.",
        "Actually, it's Monday.",
        "",
        "…",
    ],
)
def test_what_introduces_nobody_is_no_name(words: str) -> None:
    """Feelings, nationalities, questions, other people."""
    assert read(DEFAULT_SCHEMA, words) == {}


@pytest.mark.parametrize(
    ("lines", "values"),
    [
        (("> What is your first name?", "Anna"), ANNA),
        (("> What is your first name?", "Anna."), ANNA),
        (("> What is your first name?", "It's Anna."), ANNA),
        (("> What is your first name?", "anna"), ANNA),
        (("> What is your first name?", "Um, sure, it's Anna, thanks."), ANNA),
        (("> What is your first name?", "Um…", "Anna"), ANNA),
        (("> What is your first name?", "Anna Berg"), ANNA | BERG),
        (("> And your last name?", "Berg"), BERG),
        (("> And your last name?", "van der Berg"), {"last_name": "van der Berg"}),
        (("> May I have your name?", "Anna Berg."), ANNA | BERG),
        (("> Quel est votre prénom ?", "Anna."), ANNA),
        (("> Quel est votre prénom ?", "Euh, c'est Anna."), ANNA),
        (("> Et votre nom de famille ?", "Berg"), BERG),
        (("> Comment vous appelez-vous ?", "Anna Berg"), ANNA | BERG),
        (("> What is your first name?", "Why do you ask?"), {}),
        (("> What is your first name?", "I'd rather not say."), {}),
        (("> What is your first name?", "No"), {}),
        (("> Quel est votre prénom ?", "Pourquoi ?"), {}),
        (("> Quel est votre prénom ?", "Je ne sais pas"), {}),
        (("> Hello Anna.", "Hello"), {}),
        (("> What is your first name?", "> It is a lovely day.", "Anna"), {}),
    ],
)
def test_an_answer_is_understood_by_its_question(lines: tuple[str, ...], values: dict[str, object]) -> None:
    """The agent's words just before say what a bare name is."""
    assert read(DEFAULT_SCHEMA, *lines) == values


@pytest.mark.parametrize(
    ("lines", "values"),
    [
        (("My name is Bart.", "> Nice to meet you, Bart.", "No, it's Bert."), BERT),
        (("My name is Bart.", "> Nice to meet you, Bart.", "Actually, it's Bert."), BERT),
        (("My name is Bart.", "> Nice to meet you, Bart.", "Sorry, Bert."), BERT),
        (("My name is Bart.", "> Nice to meet you, Bart.", "not Bart, Bert"), BERT),
        (("My name is Bart.", "> Nice to meet you, Bart.", "It's Bert, not Bart."), BERT),
        (("My name is Bart.", "Actually my name is Bert."), BERT),
        (("My name is Bert Barg.", "> Thank you, Mr Barg.", "No, Berg."), BERT | BERG),
        (("Je m'appelle Bart.", "> Enchantée, Bart.", "Non, c'est Bert."), BERT),
        (("Je m'appelle Bart.", "> Enchantée, Bart.", "En fait, c'est Bert."), BERT),
        (("Je m'appelle Bart.", "> Enchantée, Bart.", "Pas Bart, Bert."), BERT),
        (("Je m'appelle Bart.", "> Enchantée, Bart.", "Non, je m'appelle Bert."), BERT),
        (("Je m'appelle Bart.", "> Enchantée, Bart.", "Non, merci."), {"first_name": "Bart"}),
        (("My name is Bert.", "> Are you well, Bert?", "No, I'm tired."), BERT),
        (("My name is Bert.", "I'm Exhausted"), BERT),
        (("I'm Bart.", "My name is Bert."), BERT),
        (("My name is Bart. No wait, Bert.",), BERT),
        (("> What is your first name?", "Bart, no, sorry, Bert."), BERT),
        (("Je m'appelle Bart, non, pardon, Bert.",), BERT),
    ],
)
def test_a_correction_replaces_the_name(lines: tuple[str, ...], values: dict[str, object]) -> None:
    """The last word counts, where it corrects a name, and what is weak never overrides what is sure."""
    assert read(DEFAULT_SCHEMA, *lines) == values


@pytest.mark.parametrize(
    ("words", "income"),
    [
        ("I earn 3,000 euros a month.", 3000),
        ("I earn 3000 a month", 3000),
        ("I earn about €3,000 per month.", 3000),
        ("I make three thousand a month.", 3000),
        ("I make $4,200 every month before tax", 4200),
        ("My salary is 3.5k a month.", 3500),
        ("my income is three thousand five hundred euros a month", 3500),
        ("My monthly income is 2,500.50 euros.", 2500.5),
        ("I earn 36,000 a year.", 3000),
        ("I'm paid thirty-six thousand dollars a year", 3000),
        ("My annual salary is 48,000 dollars.", 4000),
        ("I get paid 1,200 every week", 5200),
        ("My name is on the list and I'm 34 years old and I earn 3000 a month.", 3000),
        ("I don't earn 5,000, I earn 3,000 a month.", 3000),
        ("I told my wife I earn 3000 a month.", 3000),
        ("I earn two thousand three hundred and fifty euros monthly.", 2350),
        ("Je gagne 3 000 euros par mois.", 3000),
        ("Je gagne 3\u202f000 € par mois", 3000),
        ("je gagne trois mille euros par mois", 3000),
        ("Mon salaire est de 2.500,50 euros par mois.", 2500.5),
        ("Je gagne 36 000 euros par an.", 3000),
        ("Je touche deux mille quatre cent quatre-vingt-dix euros net par mois.", 2490),
        ("Mon revenu mensuel est de trois mille cinq cents euros.", 3500),
        ("J'ai un salaire de 2 800 euros par mois.", 2800),
        ("Mon salaire annuel est de 36 000 euros brut.", 3000),
        ("Je gagne mille deux cents euros par mois", 1200),
    ],
)
def test_an_income_is_understood(words: str, income: float) -> None:
    """In digits and words, by the month whatever the period was."""
    assert read(DEFAULT_SCHEMA, words) == {"income": income}


@pytest.mark.parametrize(
    "words",
    [
        "I spend 900 euros a month.",
        "I have 3,000 friends.",
        "I'm 34 years old.",
        "I make three cakes a month.",
        "I have earned for 3 years.",
        "My wife earns 4,000 euros a month.",
        "He makes 5,000 a month.",
        "I would like to earn 5,000 a month.",
        "I used to earn 5,000 a month.",
        "If I earned 5,000 a month, I'd be happy.",
        "I don't earn 3,000 a month.",
        "Do I earn 3,000 a month?",
        "I earn 25 euros an hour.",
        "Ma femme gagne 4 000 euros par mois.",
        "Je voudrais gagner 5 000 euros par mois.",
        "Je ne gagne pas 3 000 euros par mois.",
        "Elle gagne 3 000 euros par mois.",
        "Je fais trois mille pas par jour.",
        "Combien je gagne ?",
        "Mon loyer est de 900 euros par mois.",
        "Call me at 0612345678.",
        "In 2020 I moved to Paris.",
    ],
)
def test_what_is_no_income_is_left_alone(words: str) -> None:
    """Other amounts, other people's, wished, past, denied, asked, or by the hour."""
    assert "income" not in {name.rstrip("?") for name in read(DEFAULT_SCHEMA, words)}


@pytest.mark.parametrize(
    ("lines", "values"),
    [
        (("I earn 3,000 euros.",), {"income?": 3000}),
        (("> What is your monthly income?", "3,000"), {"income": 3000}),
        (("> What is your monthly income?", "About three thousand euros."), {"income": 3000}),
        (("> How much do you earn in a year?", "36,000 a year"), {"income": 3000}),
        (("> What is your annual salary?", "36,000"), {"income": 3000}),
        (("> Quel est votre revenu mensuel ?", "Trois mille euros."), {"income": 3000}),
        (("> Combien gagnez-vous par mois ?", "3 000"), {"income": 3000}),
        (("> How many children do you have?", "3"), {}),
        (("I earn 3,000 a month.", "> Thanks.", "Actually, it's 3,200."), {"income": 3200}),
        (("I earn 3,000 a month.", "> So 3,000.", "No, 3,200 euros."), {"income": 3200}),
        (("I earn 36,000 a year.", "> Thanks.", "Sorry, I meant 38,400."), {"income": 3200}),
        (("I earn 3,000 a month.", "> Thanks.", "Now I earn 3,200 a month."), {"income": 3200}),
        (("I earn 3,000 a month.", "> Thanks.", "Actually, I have 2 children."), {"income": 3000}),
        (("Je gagne 3 000 euros par mois.", "> Merci.", "En fait, 3 200."), {"income": 3200}),
        (("I earn 3,000 a month, no, 3,200 a month.",), {"income": 3200}),
        (("I earn 3,000 euros a month. Actually 3,200.",), {"income": 3200}),
        (("Je gagne 3 000 euros par mois, enfin non, 3 200.",), {"income": 3200}),
        (("Je gagne 3 000 euros par mois.", "> Merci.", "Non, c'est trois mille deux cents."), {"income": 3200}),
    ],
)
def test_an_income_is_understood_by_what_was_said_before(lines: tuple[str, ...], values: dict[str, object]) -> None:
    """By the agent's question and its period; a correction keeps the period of what it corrects."""
    assert read(DEFAULT_SCHEMA, *lines) == values


@pytest.mark.parametrize(
    ("lines", "values"),
    [
        (("My email is anna.berg@example.com.",), {"email": "anna.berg@example.com"}),
        (("My email is anna dot berg at example dot com",), {"email": "anna.berg@example.com"}),
        (("> Your email?", "anna underscore berg at my dash mail dot co dot uk"), {"email": "anna_berg@my-mail.co.uk"}),
        (("Mon adresse e-mail est anna point berg arobase exemple point fr",), {"email": "anna.berg@exemple.fr"}),
        (("C'est anna tiret berg arobase exemple point fr.",), {"email": "anna-berg@exemple.fr"}),
        (("I work at google dot com",), {}),
        (("Look at that.",), {}),
        (("My phone number is 555-123-4567.",), {"phone_number": "5551234567"}),
        (("You can reach me on +32 470 12 34 56.",), {"phone_number": "+32470123456"}),
        (("My number is five five five one two three four five six seven",), {"phone_number": "5551234567"}),
        (("My number is oh seven double five one two three four five six",), {"phone_number": "0755123456"}),
        (("Mon numéro est le 06 12 34 56 78.",), {"phone_number": "0612345678"}),
        (("zéro six douze trente-quatre cinquante-six soixante-dix-huit, mon numéro",), {"phone_number": "0612345678"}),
        (("> Votre numéro ?", "zéro six, douze, quatre-vingt-dix, onze, trente"), {"phone_number": "0612901130"}),
        (("It costs 12345678 euros",), {}),
        (("I was born on 12 March 1985.",), {"birth_date": "1985-03-12"}),
        (("My birthday is March 12th, 1985",), {"birth_date": "1985-03-12"}),
        (("I was born on the third of May nineteen ninety",), {"birth_date": "1990-05-03"}),
        (("My birth date is 1985-03-12.",), {"birth_date": "1985-03-12"}),
        (("Je suis né le 12 mars 1985.",), {"birth_date": "1985-03-12"}),
        (("Je suis née le premier avril mille neuf cent quatre-vingt-dix",), {"birth_date": "1990-04-01"}),
        (("> Quelle est votre date de naissance ?", "le 25/12/1985"), {"birth_date": "1985-12-25"}),
        (("> What is your date of birth?", "03/04/1985"), {"birth_date?": "1985-04-03"}),
        (("My son was born on 12 March 2015.",), {}),
        (("I moved here on 12 March 2015.",), {}),
        (("I was born on 31 February 1985.",), {}),
        (("I'm 34 years old.",), {"age": 34}),
        (("I'm 34.",), {"age?": 34}),
        (("J'ai trente-quatre ans.",), {"age": 34}),
        (("> How old are you?", "Thirty-four"), {"age": 34}),
        (("I have two children and three cats.",), {"children": 2}),
        (("I have no children.",), {"children": 0}),
        (("J'ai un enfant.",), {"children": 1}),
        (("Je n'ai pas d'enfants.",), {"children": 0}),
        (("My sister has four children.",), {}),
        (("My rent is 900 euros a month.",), {"rent": 900}),
        (("Mon loyer est de 900 euros par mois.",), {"rent": 900}),
        (("My budget is 1,000 a month.",), {"annual_budget": 12000}),
        (("I smoke.",), {"smoker": True}),
        (("I don't smoke.",), {"smoker": False}),
        (("Je ne fume pas.",), {"smoker": False}),
        (("> Do you smoke?", "Yes, sometimes."), {"smoker": True}),
        (("> Do you smoke?", "No."), {"smoker": False}),
        (("> Do you smoke?", "I don't know."), {}),
        (("> Est-ce que vous fumez ?", "Non, pas du tout."), {"smoker": False}),
        (("> Avez-vous un chien ?", "Oui."), {"has_dog": True}),
        (("> Do you like music?", "Yes."), {}),
        (("My neighbour smokes.",), {}),
        (("Do you smoke?",), {}),
        (("I have a dog.",), {"has_dog": True}),
        (("The premium plan, please.",), {"plan": "premium"}),
        (("> Would you like the basic or the premium plan?", "Premium."), {"plan": "premium"}),
        (("> Would you like the basic or the premium plan?", "Not basic, premium."), {"plan": "premium"}),
        (("I want the basic plan.", "> Sure.", "Actually, the premium plan."), {"plan": "premium"}),
        (("> Which contact channel do you prefer?", "The post office"), {"contact_channel": "post_office"}),
        (("I need some basic help.",), {"plan?": "basic"}),
        (("There were none left.",), {}),
        (("> Which languages do you speak?", "French and Dutch"), {"languages": ("french", "dutch")}),
        (("My hobbies are chess, tennis and reading.",), {"hobbies?": ("chess", "tennis", "reading")}),
        (("I live in Ghent.",), {"city": "Ghent"}),
        (("J'habite à Lyon et je travaille.",), {"city": "Lyon"}),
        (("> Which city do you live in?", "Ghent."), {"city?": "Ghent"}),
        (("My favourite colour is blue.",), {"favourite_colour": "blue"}),
    ],
)  # fmt: skip
def test_fields_of_any_schema_are_understood_by_their_words(lines: tuple[str, ...], values: dict[str, object]) -> None:
    """By what the field is called, what it is described as, and what the agent just asked."""
    assert read(WIDE, *lines) == values


def test_the_evidence_is_the_turn_the_words_and_the_time() -> None:
    """The words stand in the turn as they were said."""
    turns = conversation("Hello.", "My name is Anna Berg, and I earn 3,000 euros a month.")
    found = heuristic_findings(DEFAULT_SCHEMA, turns, {ItemId("item_1"): 12.5})
    assert {name: seen.evidence.quote for name, seen in found.items()} == {
        "first_name": "My name is Anna Berg",
        "last_name": "My name is Anna Berg",
        "income": "earn 3,000 euros a month",
    }
    assert {(seen.evidence.item, seen.evidence.at) for seen in found.values()} == {("item_1", 12.5)}


def test_only_what_the_user_says_counts() -> None:
    """An agent may introduce itself, and a system message may hold anything."""
    turns = conversation("> My name is Anna and I earn 3,000 euros a month.")
    assert heuristic_findings(DEFAULT_SCHEMA, turns) == {}
    assert heuristic_findings(DEFAULT_SCHEMA, [attrs.evolve(turns[0], role=Role.SYSTEM)]) == {}


def test_saying_it_again_keeps_the_first_evidence() -> None:
    """As the profile does."""
    found = heuristic_findings(DEFAULT_SCHEMA, conversation("My name is Anna.", "Yes, my name is Anna."))
    assert found["first_name"].evidence.item == "item_0"


def test_a_whole_name_is_joined_from_its_parts() -> None:
    """Whatever order they come in."""
    whole = read_schema({"properties": {"name": {"type": "string"}}})
    assert read(whole, "My last name is Berg.", "My first name is Anna.") == {"name": "Anna Berg"}


def test_a_day_named_by_today_needs_the_time_at_which_it_was_said() -> None:
    """Without one, "tomorrow" is no date."""
    visit = read_schema({"properties": {"visit_date": {"type": "string", "format": "date"}}})
    turns = conversation("> When is your visit?", "Tomorrow.")
    assert heuristic_findings(visit, turns) == {}
    found = heuristic_findings(visit, turns, {ItemId("item_1"): 86_400.0 * 30})
    assert found["visit_date"].value == "1970-02-01"


def test_a_very_long_turn_is_read_at_its_beginning() -> None:
    """And takes no longer than that."""
    assert read(DEFAULT_SCHEMA, "My name is Anna. " + "1 2 " * 100_000) == ANNA
    assert read(DEFAULT_SCHEMA, "1 2 " * 100_000 + " My name is Anna.") == {}


SNIPPETS = (
    "my name is Anna Berg no it's actually I'm Paul je m'appelle not I earn 3,000 euros a month 36 000 par an"
    " trois mille k virgule point dot at arobase example com zéro six douze 06 12 34 56 78 born on 12 March 1985"
    " née le premier avril children smoke yes non basic premium . , ? ! \n d' İ ß ﬁ"
    " my hobbies are and I live in 's €3 . - … \ud800"
)
PIECES = st.sampled_from(SNIPPETS.split(" "))
SPEECH = st.lists(PIECES, max_size=25).map(" ".join) | st.text(max_size=40)
LINES = st.lists(st.tuples(st.booleans(), SPEECH).map(lambda line: "> " * line[0] + line[1]), max_size=4)


@given(LINES, st.sampled_from([DEFAULT_SCHEMA, WIDE]))
def test_whatever_is_said_the_findings_fit_and_cite_it(lines: list[str], schema: ProfileSchema) -> None:
    """Nothing raises; every value is one of its field's; every quote stands in the user's turn that it names."""
    turns = conversation(*lines)
    said = {turn.item: turn.text for turn in turns if turn.role is Role.USER}
    fields = {field.name: field for field in schema.fields}
    for name, found in heuristic_findings(schema, turns, {ItemId("item_0"): 1e9}).items():
        assert fields[name].fitting(found.value) == found.value
        assert found.evidence.quote
        assert found.evidence.quote in said[found.evidence.item]
