"""What a worker works with: recogniser and speaker, loaded and warm.

Imports the engine's libraries: only the worker does that.
"""

from typing import assert_never

import attrs

from octi.engine.models import Models
from octi.engine.pipe import Heard, Packet, Recognise, Request, Spoken, Synthesise
from octi.engine.samples import samples_of
from octi.engine.stt import Recogniser, open_recogniser
from octi.engine.tts import Speaker, open_speaker

WARM_UP = "Hello, Xanthippe."  # the name is in no dictionary: it loads the part that guesses how such words sound


@attrs.frozen(eq=False)
class Kit:
    """Does what the pool asks for."""

    recogniser: Recogniser
    speaker: Speaker

    def do(self, request: Request, sound: bytes) -> Packet:
        """The answer to one request. Raises whatever the models raise."""
        match request:
            case Recognise(job):
                return Packet(Heard(job, self.recogniser.recognise(samples_of(sound))))
            case Synthesise(job, text, voice, speed):
                return Packet(Spoken(job), self.speaker.speak(text, voice=voice, speed=speed))
            case _:
                assert_never(request)

    def warm_up(self) -> None:
        """Do each once: the first time loads dictionaries and takes half a second longer."""
        self.do(Recognise(0), self.do(Synthesise(0, WARM_UP, "alloy", 1.0), b"").sound)


def open_kit(models: Models) -> Kit:
    """Check, load and warm up the models: about 1.5 s. Raises EngineMissing."""
    kit = Kit(open_recogniser(models), open_speaker(models))
    kit.warm_up()
    return kit
