"""A profile's missing fields: which one to ask for, and when it does not disturb."""

from collections.abc import Mapping

from octi.engine.brains import recall
from octi.engine.brains.language import Phrase
from octi.engine.brains.profile import Profile, is_first_name
from octi.engine.brains.talk import Scene, meaning, phrase
from octi.engine.brains.words import plain, spaced, unaccented

# What may be said before a question of the agent's own, by what the user said. After anything else it would disturb.
LEADS: Mapping[Phrase, Phrase] = {
    Phrase.STATEMENT: Phrase.NOTED,
    Phrase.YES: Phrase.NOTED,
    Phrase.NO: Phrase.NOTED,
    Phrase.NAME_TOLD: Phrase.NAME_NOTED,
    Phrase.THANKS: Phrase.THANKS,
    Phrase.GREETING: Phrase.GREETING,
}
REPLIES = frozenset({Phrase.STATEMENT, Phrase.YES, Phrase.NAME_TOLD})  # may hold what a field was asked for
REFUSALS = frozenset({Phrase.NO, Phrase.THANKS, Phrase.STOP})


def aside(profile: Profile, instructions: str, scene: Scene) -> str | None:
    """A question for a field that is missing, or the answer to what came of the last one. None if neither fits.

    Each field is asked for once. That it was is read from the history, or from one that the instructions tell.
    """
    meant = meaning(scene)
    asked_now = any(_just_asked(field, scene) for field in profile.missing)
    if asked_now and (meant in REFUSALS or _called_off(scene)):
        return phrase(scene, Phrase.GIVE_UP)
    lead = _lead(meant, asked_now=asked_now)
    if not lead or not recall.last_answer(scene.said):
        return None
    field = next((field for field in profile.missing if _is_open(field, instructions, scene)), None)
    if field:
        return f"{_said(lead, scene)} {question(field, scene)}"
    return phrase(scene, lead) if lead is Phrase.FIELD_GIVEN else None


def question(field: str, scene: Scene) -> str:
    """How to ask for a field. It must read the same in every turn: that it was asked is recognised by it."""
    written, language = spaced(field), scene.language
    name = language.fields.get(unaccented(written), written)
    return language.replies[Phrase.ASK_FIELD][0].format(param=name)


def _lead(meant: Phrase, *, asked_now: bool) -> Phrase | None:
    if asked_now and meant in REPLIES and meant is not Phrase.NAME_TOLD:
        return Phrase.FIELD_GIVEN
    return LEADS.get(meant)


def _said(lead: Phrase, scene: Scene) -> str:
    """The words before the question. A greeting brings a question of its own: of that, only the greeting stays."""
    return scene.hello if lead is Phrase.GREETING else phrase(scene, lead)


def _called_off(scene: Scene) -> bool:
    return bool(scene.language.cancels.search(plain(scene.heard, scene.language)))


def _just_asked(field: str, scene: Scene) -> bool:
    return recall.last_answer(scene.said).endswith(question(field, scene))


def _is_open(field: str, instructions: str, scene: Scene) -> bool:
    """Whether nobody asked for a field yet, and the user did not tell it by the way."""
    asked, told = question(field, scene), is_first_name(field) and scene.user
    turns = any(asked in turn.text for turn in scene.said if turn.role == recall.AGENT)
    return not (told or turns or asked in instructions)
