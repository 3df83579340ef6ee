"""French, heard and answered: the whole brain."""

from datetime import datetime
from typing import Any

import pytest

from octi.engine.base import FRENCH, Call, Called, Line, Prompt, Say, Tool
from octi.engine.brains.rules import think

FRIDAY = datetime(2026, 10, 2, 14, 5)  # noqa: DTZ001 -- the local time of day
STRING: dict[str, Any] = {"type": "string"}
INTEGER: dict[str, Any] = {"type": "integer"}


def tool(called: str, description: str = "", required: tuple[str, ...] = (), /, **properties: dict[str, Any]) -> Tool:
    """A declared function."""
    return Tool(called, description, {"type": "object", "properties": properties, "required": list(required)})


TOOLS = (
    tool("get_weather", "Get the current weather for a city, such as Paris.", ("city",), city=STRING),
    tool(
        "book_table",
        "Books a table at the restaurant.",
        ("people", "name"),
        people=INTEGER,
        name=STRING,
        outdoor={"type": "boolean"},
        when=STRING,
    ),
    tool("get_current_time", "Tells the time in a time zone.", zone=STRING),
    tool("end_call", "Hangs up."),
    tool("fx7", "Joue de la musique."),
    tool("set_light", "Allume ou éteint la lumière.", ("state",), state={"type": "boolean"}),
    tool("send_message", "", ("recipient", "message"), recipient=STRING, message=STRING),
    tool("order_pizza", "", ("size",), size={"enum": ["small", "large"]}),
    tool("suivi_colis", "Indique où se trouve un colis.", ("numero",), numero=STRING),
    tool("rappel", "Crée un rappel.", ("task",), task=STRING, date={"type": "string", "format": "date"}),
)
PEOPLE, NAME = "Il me manque un nombre : nombre de personnes ?", "Il me manque une précision : nom ?"


def answer(*history: str | Called, tools: tuple[Tool, ...] = ()) -> tuple[Say | Call, ...]:
    """What the brain says or calls after lines of user and agent in turn."""
    lines = tuple(
        Line(("user", "assistant")[place % 2], entry) if isinstance(entry, str) else entry
        for place, entry in enumerate(history)
    )
    return think(Prompt(instructions="", history=lines, tools=tools, language=FRENCH, now=FRIDAY))


def talk(*history: str | Called, tools: tuple[Tool, ...] = ()) -> str:
    """The words alone."""
    return " ".join(part.text for part in answer(*history, tools=tools) if isinstance(part, Say))


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        ("Bonjour.", "Bonjour ! Que puis-je faire pour vous ?"),
        ("Salut !", "Bonjour ! Que puis-je faire pour vous ?"),
        ("Bonjour, quelle heure est-il ?", "Bonjour. Il est 14 heures 5."),
        ("Il est quelle heure ?", "Il est 14 heures 5."),
        ("Peux-tu me dire l'heure, s'il te plaît ?", "Il est 14 heures 5."),
        ("Pourriez-vous me donner l’heure s’il vous plaît ?", "Il est 14 heures 5."),
        ("Quel jour sommes-nous ?", "Nous sommes le vendredi 2 octobre 2026."),
        ("On est quel jour aujourd’hui ?", "Nous sommes le vendredi 2 octobre 2026."),
        ("Quelle est la date d'aujourd'hui ?", "Nous sommes le vendredi 2 octobre 2026."),
        ("Combien font sept fois huit ?", "Cela fait 56."),
        ("quatre-vingt-dix-neuf plus un", "Cela fait 100."),
        ("3 000 plus 500", "Cela fait 3500."),
        ("Dix divisé par quatre ?", "Cela fait 2,5."),
        ("dix divisé par zéro", "On ne peut pas diviser par zéro."),
        ("la racine carrée de moins un", "Je ne sais pas calculer cela."),
        ("Je m’appelle Élise.", "Bienvenue, Élise. Que puis-je faire pour vous ?"),
        ("Comment je m'appelle ?", "Je ne connais pas encore votre nom. Comment vous appelez-vous ?"),
        ("Répète, s'il te plaît.", "Je n'ai encore rien dit."),
        ("Parlez moins vite", "Je ne peux pas parler plus lentement, mais je répète."),
        ("Plus vite !", "Je ne peux pas parler plus vite, mais je ferai court."),
        (
            "Je ne vous entends pas",
            "Je ne peux pas régler le volume d'ici. Montez le son de votre côté, s'il vous plaît.",
        ),
        ("Moins fort", "Je ne peux pas régler le volume d'ici. Baissez le son de votre côté, s'il vous plaît."),
        ("Arrête.", "D'accord."),
        ("Ne fais pas ça", "D'accord."),
        ("Merci beaucoup !", "Je vous en prie."),
        ("Merci, au revoir.", "Au revoir. Bonne continuation."),
        ("Bonne soirée", "Au revoir. Bonne continuation."),
        ("Comment vas-tu ?", "Je fonctionne comme il faut, merci. Et vous, comment allez-vous ?"),
        ("ça va", "Je fonctionne comme il faut, merci. Et vous, comment allez-vous ?"),
        (
            "Qui êtes-vous ?",
            "Je suis la voix hors ligne d'octi. Je suis un programme qui suit des règles simples, pas une personne.",
        ),
        (
            "T'es un robot ?",
            "Je suis la voix hors ligne d'octi. Je suis un programme qui suit des règles simples, pas une personne.",
        ),
        (
            "Qu'est-ce que tu sais faire ?",
            "Je peux donner l'heure et la date, faire des calculs simples et retenir votre nom. "
            "Je ne sais pas grand-chose d'autre.",
        ),
        ("Oui.", "Très bien. Que voulez-vous faire ensuite ?"),
        ("D'accord", "Très bien. Que voulez-vous faire ensuite ?"),
        ("Non.", "D'accord. Que préférez-vous ?"),
        ("Quel temps fait-il à Paris ?", "Je ne peux pas chercher cela, donc je ne le sais pas."),
        ("Quelle heure est-il à Tokyo ?", "Je ne sais pas, et je préfère ne pas deviner."),
        ("Le ciel est bleu ?", "Je ne sais pas, et je préfère ne pas deviner."),
        ("Tu peux chanter une chanson ?", "Je regrette, je ne sais pas faire cela."),
        ("J'ai besoin d'une pause", "Pourquoi avez-vous besoin d'une pause ?"),
        ("Je veux aller à l'église", "Pourquoi voulez-vous aller à l'église ?"),
        ("Je suis très fatigué", "Je regrette que vous soyez fatigué."),
        ("Je pense qu’il va pleuvoir", "Qu'est-ce qui vous fait penser qu'il va pleuvoir ?"),
        ("Ma mère m'appelle souvent", "Parlez-moi davantage de votre mère."),
        ("Le train était en retard", "Je vois. Dites-m'en plus, s'il vous plaît."),
        ("Euh...", "Je n'ai rien entendu. Répétez, s'il vous plaît."),
        ("", "Je n'ai rien entendu. Répétez, s'il vous plaît."),
    ],
)
def test_what_is_heard_has_an_answer(heard: str, said: str) -> None:
    """Polite or familiar, with either apostrophe, and nothing is made up."""
    assert talk(heard) == said


@pytest.mark.parametrize(
    ("heard", "call"),
    [
        ("Quel temps fait-il à Paris ?", Call("get_weather", {"city": "Paris"})),
        ("météo Lyon", Call("get_weather", {"city": "Lyon"})),
        ("Quelle est la météo à Aix-en-Provence demain ?", Call("get_weather", {"city": "Aix-en-Provence"})),
        ("Donne-moi la météo pour demain à La Rochelle s'il te plaît", Call("get_weather", {"city": "La Rochelle"})),
        (
            "Je voudrais réserver une table pour quatre personnes au nom de Dupont demain à huit heures et demie",
            Call("book_table", {"people": 4, "name": "Dupont", "when": "demain huit heures et demie"}),
        ),
        (
            "Réservez une table en terrasse pour vingt et une personnes au nom d'Élise",
            Call("book_table", {"people": 21, "name": "Élise", "outdoor": True}),
        ),
        (
            "réserve une table au nom de Curie pour une personne ce soir à 20h30",
            Call("book_table", {"people": 1, "name": "Curie", "when": "ce soir 20h30"}),
        ),
        ("Quelle heure est-il ?", Call("get_current_time", {})),
        ("Raccroche.", Call("end_call", {})),
        ("Mets de la musique", Call("fx7", {})),
        ("Allume la lumière", Call("set_light", {"state": True})),
        ("Éteignez la lumière, s’il vous plaît", Call("set_light", {"state": False})),
        (
            "Envoie un message à Paul pour dire que j'arrive à l'heure s'il te plaît",
            Call("send_message", {"recipient": "Paul", "message": "j'arrive à l'heure"}),
        ),
        ("Je voudrais commander une grande pizza", Call("order_pizza", {"size": "large"})),
        ("Où est mon colis numéro 06 12 34 ?", Call("suivi_colis", {"numero": "061234"})),
        (
            "Rappelle-moi d'acheter du lait après-demain",
            Call("rappel", {"task": "acheter du lait", "date": "2026-10-04"}),
        ),
    ],
)
def test_a_function_is_called_whichever_language_names_it(heard: str, call: Call) -> None:
    """By its name or its description, English or French, with the arguments that the words hold."""
    assert answer(heard, tools=TOOLS) == (call,)


@pytest.mark.parametrize(
    "heard", ["Bonjour", "Ne réserve pas de table", "Je ne veux pas de pizza", "J'ai lu un bon livre", "deux plus deux"]
)
def test_no_function_is_called_for_anything_else(heard: str) -> None:
    """Small talk, refusals and sums are answered."""
    assert all(isinstance(part, Say) for part in answer(heard, tools=TOOLS))


def test_what_is_missing_is_asked_for_one_by_one() -> None:
    """In French names; "une" is a number here."""
    said = ["Réserve une table"]
    for question, reply in ((PEOPLE, "nous serons une"), (NAME, "c'est Marie Curie")):
        assert answer(*said, tools=TOOLS) == (Say(question),)
        said += [question, reply]
    assert answer(*said, tools=TOOLS) == (Call("book_table", {"people": 1, "name": "Marie Curie"}),)
    assert answer("Réserve une table", PEOPLE, "laisse tomber", tools=TOOLS) == (Say("D'accord, n'en parlons plus."),)
    assert talk("une pizza", tools=TOOLS) == "Choisissez, s'il vous plaît, pour taille : petit ou grand."


def test_results_are_said_in_french() -> None:
    """With the names that a French speaker knows."""
    output = '{"temperature": 21.5, "sky": "bleu", "ok": true}'
    assert talk("météo", Called("1", "get_weather", {}, output)) == "Température : 21,5 et ciel : bleu."
    assert talk("météo", Called("1", "get_weather", {}, "[]")) == "Il n'y en a aucun."
    assert talk("météo", Called("1", "x", {}, '{"error": "panne"}')) == "Je regrette, cela n'a pas marché. Panne."
    assert talk("météo", Called("1", "order_pizza", {})) == "J'attends encore le résultat de order pizza."


def test_a_name_is_remembered_and_an_answer_repeated() -> None:
    """For as long as they are in the history."""
    assert (
        talk("Je m'appelle Anna", "Bienvenue.", "quel est mon nom ?") == "Vous m'avez dit que vous vous appelez Anna."
    )
    assert talk("je m'appelle anna", "Bienvenue.", "au revoir") == "Au revoir, Anna, à bientôt."
    assert talk("Quelle heure est-il ?", "Il est midi.", "Pardon ?") == "J'ai dit : Il est midi."
    assert talk("l'heure", "J'ai dit : Il est midi.", "encore une fois") == "J'ai dit : Il est midi."
