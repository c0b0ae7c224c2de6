"""Reads tests/decisions/*.yaml: a config, lists, clients, and rows of name x type x client x time -> verdict, rule, answer.

tests/decisions/README.md tells how they are written. A row with several names, types, clients or times is one row for each.
"""
import itertools
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from harness import ROOT

FOLDER = ROOT / "tests/decisions"
KEYS = {"name", "type", "client", "at", "expect", "rule", "category", "rcode", "ede", "ttl", "max_ttl", "answer", "observed", "profile",
        "do", "fails"}
VERDICTS = {"forward", "block", "answer", "refuse"}
NOW = "2037-11-26 12:00 UTC"  # a Thursday


def unix_time(text):
    """`2026-11-01 18:00[:30] [Zone]`, on the clock of a wall there (of two such moments the first, or with ` again` the second), or
    Unix seconds."""
    text = str(text)
    if text.isdigit():
        return int(text)
    day, clock, *rest = text.split()
    fold = 1 if rest[-1:] == ["again"] else 0
    zone = rest[0] if rest[:1] and rest[0] != "again" else "UTC"
    made = datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=ZoneInfo(zone), fold=fold)
    return int(made.timestamp())


@dataclass
class Row:
    table: str
    line: int
    name: str
    type: str
    client: str
    at: int
    expected: dict

    def __str__(self):
        when = datetime.fromtimestamp(self.at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        return f"{self.table}:{self.line}: {self.name} {self.type} for {self.client} at {when}"


@dataclass
class Step:
    """Something a person does between rows."""
    table: str
    line: int
    words: str
    at: int
    fails: object  # the exit code; "any": it may fail or not


@dataclass
class Table:
    path: Path
    about: str
    config: str
    lists: dict
    hotline: list
    clients: dict  # word -> {address, listen, told, trusted}
    items: list = field(default_factory=list)  # rows and steps in order
    files: dict = field(default_factory=dict)

    @property
    def rows(self):
        return [item for item in self.items if isinstance(item, Row)]

    @property
    def has_steps(self):
        return any(isinstance(item, Step) for item in self.items)


def value_of(text):
    """Texts are as they are written (no 1e3, no `no`); whole numbers are numbers, `none` is None."""
    if isinstance(text, list):
        return [value_of(one) for one in text]
    return None if text == "none" else int(text) if text.isdigit() else text


def several(value):
    return value if isinstance(value, list) else [value]


def line_of(node):
    return node.start_mark.line + 1


def client_of(value):
    made = dict(value) if isinstance(value, dict) else {"address": value}
    assert set(made) <= {"address", "listen", "told", "trusted"}, made
    return made


def add_item(table, default, entry, line):
    assert set(entry) <= KEYS, f"{table.path.name}:{line}: {set(entry) - KEYS}"
    ats = [unix_time(at) for at in several(entry.get("at", default["at"]))]
    if "do" in entry:
        table.items.append(Step(table.path.name, line, entry["do"], ats[0], value_of(entry.get("fails", "0"))))
        return
    expected = {key: value_of(value) for key, value in entry.items() if key not in ("name", "type", "client", "at")}
    assert expected.get("expect") in VERDICTS, f"{table.path.name}:{line}: expect"
    for client, at, name, kind in itertools.product(several(entry.get("client", default["client"])), ats, several(entry["name"]),
                                                    several(entry.get("type", "A"))):
        assert client in table.clients, f"{table.path.name}:{line}: no such client: {client}"
        table.items.append(Row(table.path.name, line, str(name), str(kind), client, at, expected))


def read(path):
    """The table of the file at PATH."""
    text = path.read_text()
    loader = yaml.BaseLoader(text)
    root = loader.get_single_node()
    value = loader.construct_document(root)
    nodes = {key.value: node for key, node in root.value}
    unknown = set(value) - {"about", "config", "lists", "hotline", "clients", "client", "at", "rows", "files"}
    assert not unknown, f"{path.name}: {unknown}"
    table = Table(path, value["about"], value["config"], value.get("lists") or {}, value.get("hotline") or [],
                  {word: client_of(client) for word, client in value["clients"].items()}, files=value.get("files") or {})
    default = {"client": value.get("client", next(iter(table.clients))), "at": value.get("at", NOW)}
    for entry, node in zip(value["rows"], nodes["rows"].value):
        add_item(table, default, entry, line_of(node))
    return table


def all_tables():
    return [read(path) for path in sorted(FOLDER.glob("*.yaml"))]
