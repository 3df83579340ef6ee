"""Secrets given by a file: NAME_FILE is the path of a file with NAME's value, as containers have their secrets.

Pure, as `octi.config` is: the caller passes what reads a file.
"""

from collections.abc import Callable, Iterable, Mapping

from octi.settings import Setting, masked

MOST_BYTES = 1 << 16
Read = Callable[[str], bytes]  # a path to what is in the file, or its first MOST_BYTES + 1 bytes; raises OSError


def with_files(said: Mapping[str, str], specs: Iterable[Setting], read: Read, problems: list[str]) -> dict[str, str]:
    """The variables, with the values in files under their own names. What cannot be read is a line in `problems`."""
    found = dict(said)
    for spec in specs:
        if (name := spec.file_name) not in said:
            continue
        path = found.pop(name).strip()
        try:
            found[spec.name] = value_in(path, spec, said, read)
        except ValueError as right:
            problems.append(f"{name}={shown(path)}: should {right}")
            found.setdefault(spec.name, spec.default or "unread")  # so that nothing is said to be missing as well
    return found


def value_in(path: str, spec: Setting, said: Mapping[str, str], read: Read) -> str:
    """A file's text without its last line's end. Raises ValueError: what should be."""
    if other := spec.name_in(said):
        raise ValueError(f"not be set beside {other}")
    try:
        content = read(path)
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise ValueError(f"be a file that octi can read ({error.strerror or error})") from error
    except UnicodeDecodeError:
        raise ValueError("be a file of UTF-8 text") from None
    if len(content) > MOST_BYTES:
        raise ValueError(f"be a file of at most {MOST_BYTES} bytes")
    if not text.strip():
        raise ValueError("be a file with something in it")
    return text.removesuffix("\n").removesuffix("\r")


def shown(path: str) -> str:
    """A path as it may be printed: what has no slash, or is an address, may be the secret itself, set by mistake."""
    return masked(repr(path)) if "/" in path else "***"


def no_files(path: str) -> bytes:
    """For whoever has none to read. Raises OSError."""
    raise OSError("no files are read here")
