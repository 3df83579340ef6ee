"""What French sentences mean, as patterns over levelled text: no accents, and blanks for apostrophes and hyphens."""

import re

from octi.engine.brains.language import Meaning, Phrase


def _meanings(*patterns: tuple[Phrase, str]) -> tuple[Meaning, ...]:
    return tuple((phrase, re.compile(pattern)) for phrase, pattern in patterns)


CAN_YOU = (
    r"(?:est ce que )?(?:(?:peux|pourrais) tu|(?:pouvez|pourriez) vous|tu (?:peux|pourrais)|vous (?:pouvez|pourriez))"
)
TODAY = r"aujourd.hui"
BYES = (
    r"au revoir|adieu|bye(?: bye)?|ciao|tchao|bonne (?:journee|soiree|nuit|apres midi|fin de \w+)|bon week end|"
    r"a (?:bientot|demain|plus(?: tard)?|la prochaine|tout a l heure|lundi|mardi|mercredi|jeudi|vendredi)"
)
LOOKED_UP = (
    r"meteo|temps (?:fait|fera|il|qu il)|temperature|pluie|pleut|pleuvoir|neige|neiger|actualites?|infos?|nouvelles|"
    r"bourse|trafic|circulation|restaurants?|vols?|trains?|bus|metro|score|pres d ici|a proximite"
)

MANNERS = _meanings(
    (
        Phrase.STOP,
        r"^(?:(?:non|ok|okay|d accord) )*(?:stop(?: stop)*|"
        r"arretez?(?: (?:ca|cela|de parler|toi|vous|maintenant|tout))*|"
        r"tais toi|taisez vous|silence|chut|(?:ca )?suffit|assez|c est assez|laissez? tomber|tant pis|"
        r"annulez?(?: (?:ca|cela|tout))?|attends|attendez|oubliez?(?: (?:ca|cela))?|une (?:seconde|minute)|"
        r"un (?:instant|moment))$",
    ),
    (
        Phrase.REPEAT,
        rf"^(?:(?:{CAN_YOU} )?(?:me |le |la |nous ){{0,2}}(?:repete[rz]?|redis|redites|redire)"
        r"(?: (?:le|la|moi|nous|ca|cela|encore|une fois|la derniere \w+|ce que \w+ (?:viens|venez) de dire))*|"
        r"pardon|comment|quoi|plait il|encore(?: une fois)?|qu est ce que (?:tu as|vous avez|t as) dit|"
        r"(?:qu as tu|qu avez vous|tu as|vous avez) dit(?: quoi)?|"
        r"(?:je n ai|j ai) (?:pas|rien|mal) (?:bien )?(?:entendu|compris|saisi)(?: ce que .*)?)$",
    ),
    (
        Phrase.SLOWER,
        r"\b(?:parle[rz]?|va|allez|dis|dites|lis|lisez)(?: \w+){0,2} (?:moins vite|(?:plus )?lentement)\b|"
        r"\bralenti(?:s|r|ssez)\b|^(?:un peu )?(?:moins vite|plus lentement|lentement)$|"
        r"\btrop (?:vite|rapide(?:ment)?)\b",
    ),
    (
        Phrase.FASTER,
        r"\b(?:parle[rz]?|va|allez|dis|dites|lis|lisez)(?: \w+){0,2} plus (?:vite|rapidement)\b|\baccelere[rz]?\b|"
        r"^(?:un peu )?plus (?:vite|rapidement)$|\btrop lent(?:e|ement)?\b",
    ),
    (
        Phrase.LOUDER,
        r"\bparle[rz]?(?: \w+){0,2} plus (?:fort|haut)\b|^(?:un peu )?plus fort$|"
        r"\b(?:monte|montez|augmente|augmentez) le (?:son|volume)\b|\bpas assez fort\b|\btrop bas(?:se)?$|"
        r"\bje (?:ne )?(?:t |te |vous )?entends (?:pas|mal|a peine|presque pas|tres mal)\b(?! ce)",
    ),
    (
        Phrase.QUIETER,
        r"\bparle[rz]?(?: \w+){0,2} (?:moins fort|plus (?:bas|doucement))\b|"
        r"^(?:un peu )?(?:moins fort|plus bas|(?:plus )?doucement)$|"
        r"\b(?:baisse|baissez|diminue|diminuez) le (?:son|volume)\b|\btrop fort\b",
    ),
    (
        Phrase.NAME_ASKED,
        r"\bcomment (?:est ce que )?je m appelle\b|\bquel est mon (?:nom|prenom)\b|\bqui suis je\b|"
        r"\b(?:connais|connaissez|rappelles?|rappelez|souviens|souvenez|retenu|sais|savez|dis|dites)"
        r"(?: (?:tu|vous|toi|moi|de|bien|comment)){0,3} (?:mon (?:nom|prenom)|je m appelle)\b|"
        r"\bc est quoi mon (?:nom|prenom)\b",
    ),
    (
        Phrase.THANKS,
        rf"^(?!.*\b(?:{BYES})\b)(?:(?:non|ok|okay|d accord|super|parfait|tres bien|bien|genial|oui) )*"
        r"(?:(?:un )?(?:grand )?merci|(?:je )?(?:vous|te) remercie)\b(?! d(?:e|) \w+(?:er|ir|re)\b)(?: \w+){0,5}$",
    ),
    (
        Phrase.GOODBYE,
        r"^(?:(?:ok|okay|d accord|merci(?: beaucoup)?|non|bien|tres bien|parfait|super|allez) )*"
        rf"(?:{BYES}|je (?:dois y aller|(?:te|vous) laisse|raccroche))\b(?: \w+){{0,4}}$",
    ),
    (
        Phrase.HOW_ARE_YOU,
        r"^(?:(?:bonjour|bonsoir|salut|coucou) )?(?:comment (?:ca va|vas tu|allez vous|tu vas|vous allez)|"
        r"(?:est ce que )?(?:ca va|tu vas bien|vous allez bien)|quoi de neuf|et (?:toi|vous))"
        rf"(?: (?:et|toi|vous|{TODAY}|maintenant))*$",
    ),
    (
        Phrase.GREETING,
        r"^(?:bonjour|bonsoir|salut|coucou|hello|hey|allo|rebonjour)"
        r"(?: (?:bonjour|a tous|a toutes|tout le monde|a (?:toi|vous)|madame|monsieur|encore))*(?: \w+)?$",
    ),
)

TOPICS = _meanings(
    (
        Phrase.STOP,
        r"^(?:arretez?|stop)\b|"
        r"^ne? (?:(?:le|la|les|l|me|m|lui|leur|y|en) ){0,2}\w+ (?:moi )?(?:pas|plus|jamais|rien)\b",
    ),
    (
        Phrase.WHO_ARE_YOU,
        r"\bqui (?:es tu|etes vous|tu es|vous etes)\b|\b(?:tu es|t es|vous etes) qui\b|"
        r"\bcomment (?:(?:est ce que )?(?:tu t appelles|vous vous appelez)|t appelles tu|vous appelez vous)\b|"
        r"\b(?:tu t appelles|vous vous appelez) comment\b|"
        r"\b(?:quel est|c est quoi) (?:ton|votre) (?:nom|prenom)\b|"
        r"\b(?:es tu|etes vous|tu es|t es|vous etes)(?: (?:un|une|vraiment|bien|reellement|vrai|vraie)){0,3} "
        r"(?:robot|humaine?|personne|machine|ordinateur|bot|ia|intelligence artificielle|reelle?|programme)\b|"
        r"\ba qui (?:est ce que )?(?:je parle|parle je|ai je)\b|\b(?:presente toi|presentez vous)\b|"
        r"\b(?:parle moi de toi|parlez moi de vous)\b",
    ),
    (
        Phrase.ABILITIES,
        r"\bque (?:(?:sais|peux) tu|(?:savez|pouvez) vous) faire\b|"
        r"\bqu est ce que (?:tu (?:sais|peux)|vous (?:savez|pouvez)) faire\b|"
        r"\b(?:tu (?:sais|peux)|vous (?:savez|pouvez)) faire quoi\b|^(?:a l )?aide$|^(?:aide|aidez) moi$|"
        r"^j ai besoin d aide$|^au secours$|\bcomment (?:peux tu|pouvez vous|tu peux|vous pouvez) m aider\b|"
        r"\bque puis je (?:demander|dire)\b|\bquelles sont (?:tes|vos) (?:capacites|fonctions)\b",
    ),
    (
        Phrase.TIME,
        r"\bquelle heure(?: (?:est il|il est|est ce|c est|as tu|avez vous))?"
        r"(?: (?:maintenant|actuellement|exactement))*$|"
        r"\b(?:as tu|avez vous|auriez vous|tu as|vous avez|donne moi|donnez moi|dis moi|dites moi|me donner|me dire) "
        r"l heure(?: (?:actuelle|exacte|qu il est|maintenant))*$|^(?:l )?heure$",
    ),
    (
        Phrase.DATE,
        r"\b(?:on est|nous sommes|c est) (?:quel jour|le combien)(?: on est)?(?: "
        rf"{TODAY})?$|\bquel jour(?: (?:est on|sommes nous|on est|nous sommes|est ce|est il|c est))?(?: {TODAY})?$|"
        rf"\bquelle (?:est la )?date(?: (?:sommes nous|est on|on est|est ce|d {TODAY}|du jour|actuelle))?"
        rf"(?: {TODAY})?$|"
        r"\b(?:donne moi|donnez moi|dis moi|dites moi|me donner|me dire|connais tu|connaissez vous) la date"
        rf"(?: (?:du jour|d {TODAY}|{TODAY}))?$|\ben quel(?:le)? (?:annee|mois) (?:sommes nous|est on|on est)$|"
        rf"\ble combien (?:sommes nous|est on)(?: {TODAY})?$|^(?:la )?date(?: (?:du jour|d {TODAY}))?$",
    ),
    (
        Phrase.YES,
        r"^(?:oui|ouais|si|ok|okay|d accord|bien sur|exactement|exact|tout a fait|absolument|volontiers|avec plaisir|"
        r"parfait|super|tres bien|entendu|c est (?:ca|exact|bon)|certainement|evidemment|pourquoi pas|ca marche)"
        r"(?: (?:oui|bien sur|exactement|d accord|ok|tout a fait|absolument|volontiers|avec plaisir|super|parfait))*$",
    ),
    (
        Phrase.NO,
        r"^(?:non|nan|pas (?:du tout|vraiment|maintenant|encore)|(?:absolument|certainement|surtout) pas|jamais|"
        r"bien sur que non|rien)(?: (?:non|pas (?:du tout|vraiment|maintenant)))*$",
    ),
    (
        Phrase.LOOK_UP,
        r"^(?:quel|quelle|quels|quelles|que|qu|comment|combien|est ce|ou|quand|donnez?|dis|dites|montrez?|trouvez?|"
        r"cherchez?|peux|pouvez|pourrais|pourriez|va|y a|tu|vous)"
        rf"\b.*\b(?:{LOOKED_UP})\b|"
        rf"^(?:la |le |les |l )?(?:{LOOKED_UP})(?: (?:a|au|en|pour|de|du|d|pres|{TODAY}|demain|ce|cette)\b.*)?$",
    ),
    (
        Phrase.REQUEST,
        rf"^{CAN_YOU}\b|^(?:je (?:veux|voudrais|souhaite)|j aimerais) que (?:tu|vous)\b|"
        r"^(?:dis|dites|montrez?|trouvez?|cherchez?|jouez?|mets|mettez|reservez?|commandez?|envoie|envoyez|rappellez?|"
        r"rappelez|ouvrez?|fermez?|allumez?|eteins|eteignez|appelle|appelez|achetez?|traduis|traduisez|donnez?|"
        r"chantez?|lis|lisez|ecris|ecrivez|fais|faites|lancez?|demarrez?|prends|prenez|ajoutez?|reglez?|racontez?|"
        r"calculez?|expliquez?)\b",
    ),
    (
        Phrase.QUESTION,
        r"^(?:qui|que|qu|quoi|quel|quelle|quels|quelles|quand|ou|pourquoi|comment|combien|lequel|laquelle|est ce|"
        r"es tu|etes vous|as tu|avez vous|(?:sais|connais|aimes|penses|crois|veux|vas) tu|"
        r"(?:savez|connaissez|aimez|pensez|croyez|voulez|allez) vous|peut on|puis je|dois je|faut il|y a t il|"
        r"\w+ t (?:il|elle|on)|est (?:il|elle|on)|sont (?:ils|elles))\b|"
        r"\bc est (?:quoi|ou|quand|qui|combien)\b|\bn est ce pas$",
    ),
)

REFLECTIONS = tuple(
    (re.compile(pattern), reply)
    for pattern, reply in (
        (r"^j ai (?:vraiment |bien )?besoin (d(?:e|es|u)? .+)$", "Pourquoi avez-vous besoin {0} ?"),
        (r"^j ai (?:vraiment |bien |tres )?envie (d(?:e|es|u)? .+)$", "Pourquoi avez-vous envie {0} ?"),
        (r"^(?:je (?:veux|voudrais|souhaite)|j aimerais) (?:vraiment |bien )?(.+)$", "Pourquoi voulez-vous {0} ?"),
        (r"^je me sens (.+)$", "Pourquoi vous sentez-vous {0} ?"),
        (
            r"^(?:je suis|j suis) (?:si |tres |vraiment |trop |un peu )?"
            r"(tristes?|fatiguee?|fachee?|seule?|inquiete?|malade|decue?|enervee?|perdue?)\b.*$",
            "Je regrette que vous soyez {0}.",
        ),
        (
            r"^(?:je suis|j suis) (?:si |tres |vraiment |trop )?(heureux|heureuse|contente?|ravie?|en forme)\b.*$",
            "Je me réjouis que vous soyez {0}.",
        ),
        (r"^je suis (.+)$", "Qu'est-ce que cela vous fait d'être {0} ?"),
        (r"^je (?:pense|crois|trouve|suppose) (qu(?:e)? .+)$", "Qu'est-ce qui vous fait penser {0} ?"),
        (r"^(?:je (?:ne )?peux pas|je n arrive pas a|j arrive pas a) (.+)$", "Qu'est-ce qui vous en empêche ?"),
        (r"^parce qu(?:e)? (.+)$", "Est-ce la seule raison ?"),
        (r"^(?:mon|ma) (\w+)\b.*$", "Parlez-moi davantage de votre {0}."),
        (r"^mes (\w+)\b.*$", "Parlez-moi davantage de vos {0}."),
        (r"^(?:tu es|t es|vous etes) (.+)$", "Qu'est-ce qui vous fait dire que je suis {0} ?"),
    )
)
