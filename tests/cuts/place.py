"""Where a cut falls: a step and a side of it, and what stood there when it was made."""

import enum
import os
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import FrameType

import attrs
import trio


class When(enum.Enum):
    """Which side of a step is cut."""

    PARKED = "parked"
    RESUMED = "resumed"


@attrs.frozen
class Spot:
    """A step, counted from 1, and a side of it. Step 0 is no cut at all."""

    step: int
    when: When = When.PARKED

    def __str__(self) -> str:
        return f"{self.step} {self.when.value}" if self.step else "uncut"

    @classmethod
    def parse(cls, text: str) -> "Spot":
        """The spot that is written as `17 parked`, `17:parked` or `uncut`."""
        words = text.replace(":", " ").split()
        if words == ["uncut"]:
            return UNCUT
        try:
            step, side = words
            return cls(int(step), When(side))
        except ValueError as error:
            raise ValueError(f"{text!r} is no cut; write '17 parked', '17 resumed' or 'uncut'") from error


UNCUT = Spot(0)
OWN = (f"{Path(__file__).parent}{os.sep}",)  # the tool itself
LEFT_OUT = (*OWN, trio.lowlevel.wait_task_rescheduled.__code__.co_filename)  # where all stacks end
Stack = tuple[str, ...]


@attrs.frozen
class Place:
    """A task, and the stack of its awaits, outermost first."""

    task: str
    stack: Stack

    def __str__(self) -> str:
        return "\n    ".join([self.task, *self.stack])


def stack_of(frames: Iterable[tuple[FrameType, int]]) -> Stack:
    """The frames of `Task.iter_await_frames`, each as folder/file.py:line function; not those of this package."""
    return tuple(line_of(frame, line) for frame, line in frames if not frame.f_code.co_filename.startswith(LEFT_OUT))


def line_of(frame: FrameType, line: int) -> str:
    """A line of a function: folder/file.py:line function."""
    code = frame.f_code
    return f"{short(code.co_filename)}:{line} {code.co_qualname}"


def short(filename: str) -> str:
    """A file by its folder and name."""
    return "/".join(filename.rsplit("/", 2)[-2:])


def said_by(error: BaseException) -> str:
    """What an error says, without its traceback; of a group, all of its members."""
    return "".join(traceback.format_exception_only(error)).strip() + "".join(
        f"\n     + {said_by(each)}" for each in getattr(error, "exceptions", ())
    )
