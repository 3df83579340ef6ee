"""How variables become values, one parser at a time, and how a tree is read from its fields."""
# ruff: noqa: RUF009 - `part` makes an attrs field

from enum import StrEnum
from ipaddress import ip_network

import attrs
import pytest

from octi.settings import (
    Parse,
    all_settings,
    host,
    masked,
    networks,
    one_of,
    part,
    read_part,
    seconds,
    setting,
    store_address,
    switch,
    text,
    web_address,
    whole,
    word,
)


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


@attrs.frozen
class Room:
    name: str = setting("ROOM", "What it is called.", text, alias="CHAMBER")
    seats: int = setting("SEATS", "How many sit in it.", whole(1, 9), "2")


@attrs.frozen
class House:
    room: Room = part(Room)
    attic: Room | None = part(Room, default=None)
    code: str = setting("CODE", "What opens it.", word, secret=True)


@pytest.mark.parametrize(
    ("parse", "said", "value"),
    [
        (text, " two words ", "two words"),
        (word, " sk-1_A=/ ", "sk-1_A=/"),
        (host, "localhost", "localhost"),
        (host, "a.example.org", "a.example.org"),
        (host, "::1", "::1"),
        (host, "0.0.0.0", "0.0.0.0"),
        (networks, "127.0.0.1, 10.0.0.0/8,::1", tuple(map(ip_network, ("127.0.0.1/32", "10.0.0.0/8", "::1/128")))),
        (web_address, "https://h/v1/", "https://h/v1"),
        (web_address, "ws://[::1]:8000", "ws://[::1]:8000"),
        (store_address, "sqlite:///a b.db", "sqlite:///a b.db"),
        (store_address, " postgres://h/d", "postgres://h/d"),
        (
            store_address,
            "postgresql://u:p%40@[::1]:1/d?sslmode=require",
            "postgresql://u:p%40@[::1]:1/d?sslmode=require",
        ),
        (store_address, "postgresql+psycopg:///d?host=/run/pg", "postgresql+psycopg:///d?host=/run/pg"),
        (one_of(Size), " Large", Size.LARGE),
        (whole(0, 10), "10", 10),
        (seconds(10), "0.5", 0.5),
        (switch, " True ", True),
        (switch, "off", False),
    ],
)
def test_a_good_value_is_understood(parse: Parse, said: str, value: object) -> None:
    assert parse(said) == value


@pytest.mark.parametrize(
    ("parse", "said"),
    [
        (word, "two words"),
        (word, "naïve"),
        (networks, "nginx"),
        (networks, "127.0.0.1,"),
        (networks, "10.0.0.1/8"),
        (word, "line\nbreak"),
        (host, "http://h"),
        (host, "h:80"),
        (host, "1.2.3.4:80"),
        (host, "h/path"),
        (web_address, "h/path"),
        (web_address, "ftp://h"),
        (web_address, "https://"),
        (web_address, "https://:80"),
        (web_address, "https://h:0"),
        (web_address, "https://h:99999"),
        (web_address, "https://h/?query"),
        (web_address, "https://h /"),
        (web_address, "https://[::1"),
        (store_address, "octi.db"),
        (store_address, "sqlite://"),
        (store_address, "sqlite:///"),
        (store_address, "mysql://h/d"),
        (store_address, "postgresql://h:port/d"),
        (store_address, "postgresql://u:a@b@h/d"),
        (store_address, "postgresql://h/d?password=x"),
        (one_of(Size), "medium"),
        (whole(0, 10), "11"),
        (whole(0, 10), "-1"),
        (whole(0, 10), "1.0"),
        (whole(0, 10), "٣"),
        (whole(0, 10), "1" * 5000),
        (seconds(10), "0"),
        (seconds(10), "nan"),
        (seconds(10), "1e1"),
        (seconds(10), "10.1"),
        (switch, "maybe"),
    ],
)
def test_a_bad_value_is_told_what_would_be_right(parse: Parse, said: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse(said)


def test_only_what_is_said_is_read() -> None:
    """The rest keeps its default; an optional part of which nothing is said is None."""
    assert House(**read_part(House, {}, [])) == House(Room("", 2), None, "")
    assert read_part(House, {"SEATS": "3"}, []) == {"room": Room("", 3), "attic": Room("", 3)}


def test_what_cannot_be_read_is_a_line_and_the_rest_is_read() -> None:
    """The line names the variable as it was written, and hides a secret."""
    found: list[str] = []
    assert read_part(House, {"CHAMBER": "hall", "SEATS": "0", "CODE": "a b"}, found)["room"] == Room("hall", 2)
    assert set(found) == {
        "SEATS='0': should be a whole number from 1 to 9",
        "CODE=***: should be printable ASCII without spaces",
    }


def test_a_tree_knows_all_its_settings() -> None:
    assert [spec.name for spec in all_settings(House)] == ["ROOM", "SEATS", "ROOM", "SEATS", "CODE"]


def test_a_password_in_an_address_is_masked() -> None:
    assert masked("postgresql://me:p:w/x@host/db") == "postgresql://me:***@host/db"
    assert masked("https://host:80/a") == "https://host:80/a"
    assert masked("no address") == "no address"
    assert masked("postgresql://me:p@w@host/db") == "postgresql://me:***@host/db"
    assert masked("'postgresql://h/db?sslpassword=a&password=b'") == "'postgresql://h/db?sslpassword=***&password=***'"
