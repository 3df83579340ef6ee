"""What an agent is told to say when a budget comes to its end, and when it has come. Pure."""

import attrs

ENGLISH, FRENCH = "en", "fr"
WARNINGS = {
    ENGLISH: (
        "Tell the user now, in one short and friendly sentence, that the time for this conversation is nearly used up "
        "and that it will end soon. Then go on where you were."
    ),
    FRENCH: (
        "Dis maintenant à l'utilisateur, en une phrase courte et aimable, que le temps prévu pour cette conversation "
        "est presque épuisé et qu'elle se terminera bientôt. Puis reprends là où vous en étiez."
    ),
}
GOODBYES = {
    ENGLISH: (
        "The time for this conversation is used up. Tell the user so in one short sentence, and say goodbye. Do not "
        "ask anything."
    ),
    FRENCH: (
        "Le temps prévu pour cette conversation est épuisé. Dis-le à l'utilisateur en une phrase courte et dis-lui "
        "au revoir. Ne pose aucune question."
    ),
}


@attrs.frozen(kw_only=True)
class Words:
    """The operator's own; "": octi's."""

    warning: str = ""
    goodbye: str = ""

    def warning_in(self, language: str) -> str:
        """When a budget comes to its end. language: the session's, as ISO 639-1 has it; "": whatever is spoken."""
        return self.warning or WARNINGS.get(language, WARNINGS[ENGLISH])

    def goodbye_in(self, language: str) -> str:
        """When it has come."""
        return self.goodbye or GOODBYES.get(language, GOODBYES[ENGLISH])
