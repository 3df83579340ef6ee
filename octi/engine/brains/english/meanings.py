"""What English sentences mean, as patterns over levelled text."""

import re

from octi.engine.brains.language import Meaning, Phrase


def _meanings(*patterns: tuple[Phrase, str]) -> tuple[Meaning, ...]:
    return tuple((phrase, re.compile(pattern)) for phrase, pattern in patterns)


LOOKED_UP = (
    r"weather|forecast|temperature|rain|raining|snow|sunny|news|headlines|stocks?|shares?|traffic|restaurants?|flights?|"
    r"trains?|bus|score|near me|nearby"
)

MANNERS = _meanings(
    (
        Phrase.STOP,
        r"^(?:(?:no|okay|ok) )*(?:stop(?: it| that| talking| now)*|be quiet|quiet|shut up|enough|that's enough|"
        r"never ?mind|forget it|cancel(?: that)?|hold on|wait)$",
    ),
    (
        Phrase.REPEAT,
        r"^(?:repeat(?: (?:that|it|the last .*))?(?: again)?|(?:say|tell me) (?:that|it) (?:again|once more)|"
        r"pardon(?: me)?|come again|what did you (?:just )?say|i didn't (?:hear|catch|get) (?:that|you|it)|"
        r"(?:can|could|would|will) you (?:repeat|say) (?:that|it|yourself)(?: again| once more)?|once more|again)$",
    ),
    (
        Phrase.SLOWER,
        r"\b(?:speak|talk|go|say it|say that) (?:a (?:bit|little) |much )?(?:more slowly|slower|slow)\b|"
        r"\bslow down\b|^(?:slower|more slowly)$|\btoo (?:fast|quick(?:ly)?)\b",
    ),
    (
        Phrase.FASTER,
        r"\b(?:speak|talk|go) (?:a (?:bit|little) |much )?(?:faster|more quickly|quicker)\b|\bspeed up\b|"
        r"^(?:faster|quicker)$|\btoo slow(?:ly)?\b",
    ),
    (
        Phrase.LOUDER,
        r"\b(?:speak|talk) (?:a (?:bit|little) |much )?(?:up|louder|more loudly)\b|^(?:louder|volume up)$|"
        r"\bi can(?:'t|not)(?: really| hardly)? hear you\b|\btoo quiet\b",
    ),
    (
        Phrase.QUIETER,
        r"\b(?:speak|talk) (?:a (?:bit|little) |much )?(?:quieter|more quietly|softer)\b|"
        r"^(?:quieter|softer|volume down)$|\btoo loud\b|\bnot so loud\b",
    ),
    (
        Phrase.NAME_ASKED,
        r"\bwhat(?:'s| is| was) my name\b|\bwho am i\b(?! (?:talking|speaking))|"
        r"\b(?:know|remember|tell me|say) my name\b",
    ),
    (Phrase.THANKS, r"^(?:no |okay |ok |great |good )*(?:(?:many )?thanks|thank you|cheers)\b(?: \w+){0,5}$"),
    (
        Phrase.GOODBYE,
        r"^(?:(?:okay|ok|thanks|thank you|no|all right|well) )*(?:good ?bye|bye|bye bye|see you|good night|"
        r"so long|farewell|have a (?:nice|good|great) (?:day|evening|one|weekend))\b(?: \w+){0,4}$",
    ),
    (Phrase.HOW_ARE_YOU, r"^(?:and )?how(?:'s it going| are (?:you|things)| do you do| are you doing)\b"),
    (
        Phrase.GREETING,
        r"^(?:hi|hello|hey|howdy|greetings|good (?:morning|afternoon|evening|day))(?: there| everyone| "
        r"again| you)*(?: \w+)?$",
    ),
)

TOPICS = _meanings(
    (Phrase.STOP, r"^(?:stop|don't (?!you|i |we |they)|do not)\b"),
    (
        Phrase.WHO_ARE_YOU,
        r"\bwho(?: are|'re) you\b|\bwhat(?: are|'re) you$|\bwhat(?:'s| is) your name\b|"
        r"\bare you (?:a |an |really |even )*(?:robot|human|person|machine|computer|bot|ai|real|program)\b|"
        r"\bwho am i (?:talking|speaking) (?:to|with)\b|\b(?:tell me about|introduce) yourself\b",
    ),
    (
        Phrase.ABILITIES,
        r"\bwhat (?:can|could|do) you do\b|\bwhat are you able to do\b|^(?:help|help me|i need help)$|"
        r"\bhow can you help\b|\bwhat can i (?:ask|say)\b",
    ),
    (
        Phrase.TIME,
        r"\bwhat(?:'s| is)? (?:the )?(?:current )?time(?: is it| it is)?(?: now| right now)?$|"
        r"\b(?:have you got|do you have|tell me|know) the (?:current )?time(?: now)?$|^(?:the )?time$|"
        r"\bhow late is it$",
    ),
    (
        Phrase.DATE,
        r"\bwhat(?:'s| is)? (?:the |today's )?(?:current )?(?:date|day)(?: is it| it is| is)?(?: today| now)?$|"
        r"\b(?:tell me|know) (?:the|today's) (?:date|day)(?: today)?$|\bwhat (?:weekday|month|year) is it\b|"
        r"\bwhich day is (?:it|today)\b|^(?:the |today's )?date$",
    ),
    (Phrase.YES, r"^(?:(?:yes|yeah|yep|yup|sure|okay|ok|right|exactly|correct|of course|absolutely|great|fine) ?)+$"),
    (Phrase.NO, r"^(?:no|nope|nah|not really|not at all)(?: (?:no|nope|not really))*$"),
    (
        Phrase.LOOK_UP,
        rf"^(?:(?:and|but) )?(?:what|how|is|are|will|when|where|which|tell|show|find|do|does|give|can|could)"
        rf"(?:'s)?\b.*\b(?:{LOOKED_UP})\b|"
        rf"^(?:the )?(?:{LOOKED_UP})(?: (?:in|for|at|of|near|today|tomorrow|tonight|this|next)\b.*)?$",
    ),
    (
        Phrase.REQUEST,
        r"^(?:can|could|would|will) you\b|^(?:i want you|i need you|i would like you|i'd like you) to\b|"
        r"^(?:tell|show|find|play|book|order|send|set|remind|open|close|turn|switch|call|search|look|get|buy|translate|give|"
        r"sing|read|write|make|put|start|schedule)\b",
    ),
    (
        Phrase.QUESTION,
        r"^(?:(?:and|but|so) )?(?:who|what|when|where|why|how|which|whose|is|are|do|does|did|can|could|"
        r"will|would|should|have|has|was|were|am|may|isn't|aren't|won't|"
        r"don't (?:you|i|we|they))(?:'s|'re)?\b",
    ),
)

REFLECTIONS = tuple(
    (re.compile(pattern), reply)
    for pattern, reply in (
        (r"^i (?:really )?(?:need|want|would like) to (.+)$", "Why do you want to {0}?"),
        (r"^i (?:really )?(?:need|want|would like|wish for) (.+)$", "What would it mean to you to have {0}?"),
        (r"^i (?:feel|am feeling) (.+)$", "Why do you feel {0}?"),
        (r"^i'm feeling (.+)$", "Why do you feel {0}?"),
        (
            r"^(?:i'm|i am) (?:so |very |really )?(sad|tired|angry|lonely|afraid|bored|worried|sick|upset)\b.*$",
            "I am sorry to hear that you are {0}.",
        ),
        (
            r"^(?:i'm|i am) (?:so |very |really )?(happy|glad|excited|well|fine|good)\b.*$",
            "I am glad that you are {0}.",
        ),
        (r"^(?:i'm|i am) (.+)$", "How does it feel to be {0}?"),
        (r"^i (?:think|believe|guess) (?:that )?(.+)$", "What makes you think that {0}?"),
        (r"^i (?:can't|cannot) (.+)$", "What keeps you from it, if you cannot {0}?"),
        (r"^because (.+)$", "Is that the only reason?"),
        (r"^my (\w+)\b.*$", "Tell me more about your {0}."),
        (r"^(?:you are|you're) (.+)$", "What makes you say that I am {0}?"),
        (r"^(i .+)$", "So {0}. Please tell me more."),
    )
)
