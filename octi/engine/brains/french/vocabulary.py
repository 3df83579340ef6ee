"""French words by what they do."""

from collections.abc import Mapping

from octi.engine.brains.lists import words

WORD_SUFFIXES = {
    "ations": "", "ements": "", "ation": "", "ement": "", "eaux": "eau", "ees": "", "aux": "al", "ee": "", "ez": "",
    "er": "", "ir": "", "es": "", "s": "", "x": "", "e": "",
}  # fmt: skip

STOP_WORDS = words("""
    a au aux du de des d le la les l un une ce cet cette ces ca cela c ceci celui celle je j me m moi tu te t toi il
    elle on nous vous ils elles lui leur leurs se s soi y en mon ma mes ton ta tes son sa ses notre nos votre vos et ou
    mais donc or ni car que qu qui quoi dont quel quelle quels quelles quand comment pourquoi combien lequel laquelle
    est sont suis es sommes etes etre ete etait ai as avons avez ont avoir eu fait fais faites faire font va vais vas
    allez allons aller veux veut voulez vouloir voudrais voudrait aimerais peux peut pouvez pouvoir pourrais pourriez
    pourrait puis dois doit devez faut falloir besoin envie souhaite souhaiterais sais sait savez savoir dire dis dit
    dites donne donnez donner prends prenez prendre obtenir avoir n ne pas plus moins jamais rien non oui si tres trop
    bien bon bonne aussi encore maintenant juste peu beaucoup tout toute tous toutes meme autre autres chose quelque
    quelques avec sans pour par dans sur sous chez vers entre depuis pendant avant apres jusque jusqu comme ici voici
    voila alors end ok okay accord merci bonjour bonsoir salut plait svp stp
""")
VAGUE_WORDS = words("""
    fonction outil utiliser utilise utilisateur usager retourner retourne renvoie renvoyer obtenir obtient recuperer
    recupere definir definit lancer lance donner donne indiquer indique permettre permet actuel actuelle courant
    information informations donnee donnees valeur precis base demande demander quand exemple nom numero heure date jour
    parametre resultat resultats nouveau nouvelle ajouter ajoute the for of to in at with by from about and or an user's
    is are this that it its their your
""")
NOT_NAMES = words("""
    un une le la les l de des du pas ne qui quoi que comment inconnu inconnue plus plutot demain aujourd'hui quand si a
    en sur dans encore maintenant bientot par est c tres trop juste ici la bien ok desole desolee pret prete fatigue
    fatiguee content contente heureux heureuse triste malade sur sure perdu perdue deja pour avec chez au ce cette mon
    ma mes ton ta tes votre vos notre il elle on nous vous je tu tout toute assistant assistante agent robot expert
    experte francais francaise anglais anglaise utile sympathique aimable serviable important secret vraiment seul seule
""")
SWAPS = {
    "je suis": "vous êtes", "j ai": "vous avez", "je vais": "vous allez", "je fais": "vous faites",
    "je peux": "vous pouvez", "je veux": "vous voulez", "je dois": "vous devez", "je m": "vous vous",
    "je me": "vous vous", "je": "vous", "j": "vous", "me": "vous", "moi": "vous", "mon": "votre", "ma": "votre",
    "mes": "vos", "vous etes": "je suis", "vous avez": "j'ai", "tu es": "je suis", "tu as": "j'ai", "t es": "je suis",
    "tu": "je", "toi": "moi", "te": "me", "ton": "mon", "ta": "ma", "tes": "mes", "votre": "mon", "vos": "mes",
}  # fmt: skip
NEGATIONS = words("ne n pas jamais sans non aucun aucune ni")

_TOWARDS = ("a", "au", "aux", "pour", "sur", "en", "dans", "vers", "de", "d")
_FROM = ("au depart de", "en partance de", "de", "d", "depuis", "du")
_TO = ("a destination de", "vers", "pour", "a", "au", "aux", "en")
_NAMED = (
    "au nom de", "au nom d", "nomme", "nommee", "appele", "appelee", "s appelle", "m appelle", "c est", "nom est",
    "avec", "pour", "a",
)  # fmt: skip
_WHOM = ("nomme", "avec", "appelle", "appelez", "appeler", "a", "pour")
LEADS: Mapping[str, tuple[str, ...]] = (
    dict.fromkeys(("city", "town", "ville", "location", "place", "lieu", "endroit", "region", "country", "pays"),
                  _TOWARDS)
    | dict.fromkeys(("address", "adresse"), ("au", "a", "chez"))
    | dict.fromkeys(("destination", "to", "arrival", "arrivee"), _TO)
    | dict.fromkeys(("origin", "from", "source", "depart", "departure", "origine", "provenance"), _FROM)
    | dict.fromkeys(("name", "nom", "prenom"), _NAMED)
    | dict.fromkeys(("person", "personne", "contact", "recipient", "destinataire", "who", "department", "service"),
                    _WHOM)
)  # fmt: skip

_SAYING = ("pour lui dire que", "pour dire que", "disant que", "lui dire que", "que", "qu", "disant", "dire")
_ABOUT = ("a propos de", "a propos d", "au sujet de", "concernant", "sur", "pour")
_DOING = ("de", "d", "que", "qu", "pour")
FREE_TEXT: Mapping[str, tuple[str, ...]] = (
    dict.fromkeys(("query", "search", "recherche", "requete"), _ABOUT)
    | dict.fromkeys(("message", "text", "texte", "body", "content", "contenu"), _SAYING)
    | dict.fromkeys(("note", "reminder", "rappel", "task", "tache"), _DOING)
    | dict.fromkeys(("topic", "sujet", "subject", "objet"), _ABOUT)
    | dict.fromkeys(("title", "titre"), ("intitule", "intitulee", "appele", "appelee"))
    | dict.fromkeys(("description",), _SAYING)
    | dict.fromkeys(("question",), ("si", "demander", "sur"))
    | dict.fromkeys(("reason", "raison", "motif"), ("parce que", "parce qu", "car", "a cause de"))
    | dict.fromkeys(("prompt",), ("de", "d", "sur"))
)
