"""On which line of a file a field stands, in TOML and in JSON, for complaints. Pure.

The files were parsed already: what is read here is right, and only its places are looked for.
"""

import re
from collections import Counter

Lines = dict[str, int]  # by path: `turn[1].branch[0].say`

STRING = r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\''
JSON = re.compile(r'(?P<string>"(?:[^"\\]|\\.)*")|(?P<mark>[\[\]{},:])|(?P<other>[^\s\[\]{},:"]+)')
HEADER = re.compile(r"^[ \t]*(\[\[?)([^\[\]\n]+)\]\]?[ \t]*(?:\#[^\n]*)?$", re.MULTILINE)
NAME = rf"(?:[A-Za-z0-9_-]+|{STRING})"
KEY = re.compile(rf"^[ \t]*({NAME}(?:[ \t]*\.[ \t]*{NAME})*)[ \t]*=", re.MULTILINE)


def line_of(lines: Lines, path: str) -> int | None:
    """The line of a field; of what it stands in, if it does not stand itself."""
    while path not in lines and path:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return lines.get(path)


def toml_lines(text: str) -> Lines:
    """Where the tables and the fields of a TOML file begin. Fields of an inline table count as the table's."""
    lines: Lines = {}
    tables: Counter[str] = Counter()
    prefix, at = "", 0
    while found := _next_statement(text, at):
        kind, match = found
        line = text.count("\n", 0, match.start(2 if kind == "header" else 1)) + 1
        if kind == "header":
            prefix = _table(match[2], match[1] == "[[", tables)
            lines[prefix] = line
            at = match.end()
        else:
            lines.setdefault(".".join(filter(None, (prefix, *_names(match[1])))), line)
            at = _after_value(text, match.end())
    return lines


def _next_statement(text: str, at: int) -> tuple[str, re.Match[str]] | None:
    header, key = HEADER.search(text, at), KEY.search(text, at)
    if header and (key is None or header.start() < key.start()):
        return "header", header
    return ("key", key) if key else None


def _table(dotted: str, array: bool, tables: Counter[str]) -> str:
    """A header's path: each array of tables on the way counts as its last one."""
    path = ""
    names = _names(dotted)
    for number, name in enumerate(names, 1):
        path = f"{path}.{name}".lstrip(".")
        if number == len(names) and array:
            tables[path] += 1
            for below in [each for each in tables if each.startswith(f"{path}[{tables[path] - 1}].")]:
                del tables[below]
        if tables[path]:
            path = f"{path}[{tables[path] - 1}]"
    return path


def _names(dotted: str) -> list[str]:
    return [each.strip("\"'") for each in re.findall(NAME, dotted)]


def _after_value(text: str, at: int) -> int:
    """Where a value ends: at its line's end, but not inside of brackets or of a text of several lines."""
    depth = 0
    for token in re.compile(rf"{STRING}|\#[^\n]*|[\[\]{{}}\n]", re.DOTALL).finditer(text, at):
        match token[0]:
            case "[" | "{":
                depth += 1
            case "]" | "}":
                depth -= 1
            case "\n" if depth <= 0:
                return token.end()
    return len(text)


def json_lines(text: str) -> Lines:
    """Where the fields and the elements of a JSON file begin. Without recursion: a deep file is no reason to fail."""
    lines: Lines = {"": 1}
    inside: list[tuple[str, int]] = []  # for each bracket that is open: its path, and an array's index (-1: an object)
    path, is_value = "", True
    for match in JSON.finditer(text):
        mark = match["mark"]
        if mark == ":":
            is_value = True
        elif mark in {"]", "}"}:
            inside.pop()
        elif mark == ",":
            inside[-1] = (inside[-1][0], inside[-1][1] + (inside[-1][1] >= 0))
            is_value = inside[-1][1] >= 0
        else:
            if not is_value:
                path = f"{inside[-1][0]}.{match['string'][1:-1]}".lstrip(".")
            elif inside and inside[-1][1] >= 0:
                path = f"{inside[-1][0]}[{inside[-1][1]}]"
            lines.setdefault(path, text.count("\n", 0, match.start()) + 1)
            if mark:
                inside.append((path, 0 if mark == "[" else -1))
                is_value = mark == "["
    return lines
