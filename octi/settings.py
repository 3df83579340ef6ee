"""How variables of an environment become a tree of frozen values: fields that know their variable, and the parsers."""

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import attrs

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Parse = Callable[[str], Any]  # a variable's text to its value; raises ValueError(what would be right)
SECRET_SHOWN = "***"


@attrs.frozen(kw_only=True)
class Setting:
    """One variable: its name, its meaning, how it is read, and its default as it would be written."""

    name: str
    meaning: str
    parse: Parse
    default: str = ""
    otherwise: str = ""  # what holds without it, in words, where that is no one text
    alias: str = ""
    secret: bool = False
    by_file: bool = False  # may be in a file, as every secret may

    @property
    def file_name(self) -> str:
        """The variable that may name a file with its value; "" for a setting that has none."""
        return f"{self.name}_FILE" if self.secret or self.by_file else ""

    def name_in(self, said: Mapping[str, str]) -> str | None:
        """The name under which it is set, if it is."""
        return next((name for name in (self.name, self.alias) if name in said), None)

    def shown(self, said: str) -> str:
        """A value as it may be printed."""
        return SECRET_SHOWN if self.secret else masked(repr(said))


def masked(url: str) -> str:
    """Text with an address in it, without the password in that, wherever it stands."""
    shown = re.sub(r"(://[^/@:]*):[^\s?]*@", rf"\1:{SECRET_SHOWN}@", url)
    return re.sub(r"([?&]\w*password=)[^&\s'\"]*", rf"\1{SECRET_SHOWN}", shown)


def setting(name: str, meaning: str, parse: Parse, default: str = "", **more: Any) -> Any:
    """A field of the tree that is read from one variable. Its value without a default is ""."""
    spec = Setting(name=name, meaning=meaning, parse=parse, default=default, **more)
    return attrs.field(
        default=parse(default) if default else "",
        repr=False if spec.secret else lambda value: masked(repr(value)),
        metadata={"setting": spec},
    )


def part(kind: type, **default: Any) -> Any:
    """A field of the tree that is a tree itself."""
    return attrs.field(metadata={"part": kind}, **(default or {"factory": kind}))


def all_settings(kind: type) -> Iterator[Setting]:
    """Every setting of a tree, in its order."""
    for field in attrs.fields(kind):
        if inner := field.metadata.get("part"):
            yield from all_settings(inner)
        else:
            yield field.metadata["setting"]


def secrets_in(tree: attrs.AttrsInstance) -> Iterator[str]:
    """What is secret in a tree that was read: secret settings, and passwords in addresses."""
    for field in attrs.fields(type(tree)):
        value, spec = getattr(tree, field.name), field.metadata.get("setting")
        if spec is None:
            yield from () if value is None else secrets_in(value)
        elif spec.secret:
            yield from [value] if isinstance(value, str) else [each for _, each in value]
        elif isinstance(value, str) and (password := re.search(r"://[^/@:]*:([^\s?]*)@", value)):
            yield password[1]


def read_part(kind: type, said: Mapping[str, str], problems: list[str]) -> dict[str, Any]:
    """The fields of a tree that are set, by name. What cannot be read is left out, and is a line in `problems`."""
    values: dict[str, Any] = {}
    for field in attrs.fields(kind):
        if inner := field.metadata.get("part"):
            if fields := read_part(inner, said, problems):
                values[field.name] = inner(**fields)
        else:
            values |= read_setting(field.name, field.metadata["setting"], said, problems)
    return values


def read_setting(field: str, spec: Setting, said: Mapping[str, str], problems: list[str]) -> dict[str, Any]:
    """One field and its value, or nothing."""
    if (name := spec.name_in(said)) is None:
        return {}
    try:
        return {field: spec.parse(said[name])}
    except ValueError as right:
        problems.append(f"{name}={spec.shown(said[name])}: should be {right}")
        return {}


def text(said: str) -> str:
    """Any text, without the space around it."""
    return said.strip()


def word(said: str) -> str:
    """Text without a space in it, as it may stand in a header or a query."""
    if not re.fullmatch(r"[!-~]+", said := said.strip()):
        raise ValueError("printable ASCII without spaces")
    return said


def host(said: str) -> str:
    """A host's name or IP address, without scheme, port or path."""
    if not is_ip_address(said := said.strip()) and not re.fullmatch(r"[\w-]+(\.[\w-]+)*\.?", said):
        raise ValueError("a host name or IP address alone, such as 127.0.0.1 or 0.0.0.0")
    return said


def is_ip_address(said: str) -> bool:
    """Whether this is an address of either version."""
    try:
        ipaddress.ip_address(said)
    except ValueError:
        return False
    return True


def networks(said: str) -> tuple[Network, ...]:
    """IP addresses and networks, with commas between."""
    try:
        return tuple(ipaddress.ip_network(each.strip()) for each in said.split(","))
    except ValueError:
        raise ValueError("addresses and networks with commas between, such as 127.0.0.1,10.0.0.0/8") from None


def web_address(said: str) -> str:
    """An address to which a path can be added; without its last slash."""
    if not re.fullmatch(r"(https?|wss?)://[^\s?#]+", said := said.strip()) or not has_host(said):
        raise ValueError("an http(s):// or ws(s):// address without a query, such as https://host/path")
    return said.rstrip("/")


def has_host(url: str) -> bool:
    """Whether an address names a host, and no impossible port."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def store_address(said: str) -> str:
    """Where a SQLite file or a PostgreSQL database is, as SQLAlchemy writes it."""
    if not re.fullmatch(r"sqlite:///[^?#]+", said := said.strip()) and not is_postgres_address(said):
        raise ValueError(
            "sqlite:///FILE, or with four slashes from the root: sqlite:////FOLDER/FILE; or "
            "postgresql://USER:PASSWORD@HOST/DATABASE, with %40 for an @ in the password"
        )
    return said


def is_postgres_address(said: str) -> bool:
    """Whether this names a PostgreSQL database; a password stands where it is masked, or in a passfile."""
    if not re.fullmatch(r"postgres(ql)?(\+psycopg)?://[^\s/@#]*(@[^\s/@#]*)?/[^\s#]*", said) or "password=" in said:
        return False
    try:
        return urlsplit(said).port != 0
    except ValueError:
        return False


def one_of(kinds: type[StrEnum]) -> Parse:
    """One name of an enumeration; capitals do not matter."""

    def parse(said: str) -> StrEnum:
        try:
            return kinds(said.strip().lower())
        except ValueError:
            raise ValueError(f"one of {', '.join(kinds)}") from None

    return parse


def switch(said: str) -> bool:
    """On or off."""
    match said.strip().lower():
        case "true" | "1" | "yes" | "on":
            return True
        case "false" | "0" | "no" | "off":
            return False
        case _:
            raise ValueError("true or false")


def whole(least: int, most: int) -> Parse:
    """A whole number, both bounds included."""

    def parse(said: str) -> int:
        if not re.fullmatch(r"\s*[0-9]{1,12}\s*", said) or not least <= int(said) <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return int(said)

    return parse


def seconds(most: int) -> Parse:
    """A time above zero, in seconds, with decimals if need be."""

    def parse(said: str) -> float:
        if not re.fullmatch(r"\s*[0-9]{1,9}(\.[0-9]{1,9})?\s*", said) or not 0 < float(said) <= most:
            raise ValueError(f"a number of seconds above 0, at most {most}")
        return float(said)

    return parse
