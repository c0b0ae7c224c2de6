#!/usr/bin/python3
"""What the real lists and each preset do to the names that most people visit: every block with its list and category.

    tests/e2e/popular.py          prints docs/popular.md (needs a build, and the data set: STAIRGATE_DATA)

Only counts are printed: among popular names are those that the lists are there for.
"""
import collections
import csv
import gzip
import json
import sys
import tempfile
from pathlib import Path

from harness import DATA, ROOT, tool

MOST = 10000
NOON = "2026-11-26T12:00:00Z"
COLUMNS = 12  # categories that the page shows one by one

PAGE = """\
# Popular names under each preset

What the {names} names that most questions are for (the Umbrella list of {year_questions}), and the {names} sites that most people visit
(Tranco of {year_sites}), come to under each preset, with every list of the developers' data set in one set ({entries} names and ranges), at
noon, without own rules. Made by `tests/e2e/popular.py`; tests/e2e/test_popular.py holds every block against the lists: each has a list
that names it in a category that the preset blocks. Counts only: popular is not clean, and most blocks are what the lists are for.

{tables}
## By list

Of the names above, how many each list blocks for `lower_sec` and for `legal_only` (a name may be on several lists).

{lists}
A name may be in several categories and counts in each; *other* holds the rest of them. `early` opens only what positive lists hold: the column
*by default* is what no list had to name. What is blocked for `legal_only` is what public lists call an attack on the device; with names this
popular each is worth a look before that list goes live (`stairgate lists add` shows it, `feeds.protect` holds it back).
"""


def presets():
    lines = (ROOT / "config/data/presets.tsv").read_text().splitlines()
    return [line.split("\t")[0] for line in lines if line and not line.startswith("#")]


def by_questions():
    """The first names of the Umbrella list: what is asked most."""
    text = gzip.open(DATA / "popular/umbrella-top-100k-2026.txt.gz", "rt", encoding="utf-8").read()
    return plain(text.split())


def by_sites():
    """The first names of Tranco: sites that most people visit."""
    with gzip.open(DATA / "popular/tranco-top-65535-2023.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return plain(row[-1] for row in csv.reader(file) if row)


def plain(words):
    """The first MOST of WORDS that are names of at least two labels."""
    seen = {}
    for word in words:
        if "." in word and word.isascii():
            seen.setdefault(word.lower().rstrip("."))
        if len(seen) == MOST:
            break
    return list(seen)


def build(folder):
    """A set of all real lists in FOLDER, and how many entries it has."""
    done = tool("set", "build", "--lists", DATA, "--out", folder / "all.set", "--seed", "1", "--json")
    told = json.loads(done.stdout)["set"]
    return told["names"] + told["ranges"]


def blocked(folder, preset, names):
    """The names of NAMES that PRESET blocks: {name: (rule, categories that decided, feeds)}."""
    (folder / "popular.yaml").write_text(f"profiles: {{only: {{extends: {preset}}}}}\ndefault_profile: only\nupstreams: [192.0.2.53]\n"
                                         "sets: {public: all.set}\n")
    (folder / "names.yaml").write_text("".join(f"- {{name: {json.dumps(name)}, expect: allowed}}\n" for name in names))
    done = tool("test", folder / "names.yaml", "--config", folder / "popular.yaml", "--json", "--at", NOON, check=False)
    assert done.returncode in (0, 1), done.stderr
    told = json.loads(done.stdout)
    assert told["checked"] == len(names)
    return {one["name"]: (one["came"]["rule"], [] if one["came"]["matched"] == "-" else one["came"]["matched"].split(","), one["came"]["feeds"])
            for one in told["failures"]}


def by_table(name):
    """What NAME is in without any list: search engines that cannot be made safe."""
    rows = (ROOT / "config/data/safesearch.tsv").read_text().splitlines()
    unsafe = {row.split("\t")[1] for row in rows if row and not row.startswith("#") and row.split("\t")[2] == "-"}
    labels = name.split(".")
    return {"search_unsafe"} if unsafe & {".".join(labels[i:]) for i in range(len(labels))} else set()


def counts(found):
    """(blocked, by default, {category: count}) of what blocked() returned."""
    categories = collections.Counter(key for _, matched, _ in found.values() for key in matched)
    return len(found), sum(rule == "default" for rule, *_ in found.values()), categories


def by_list(found):
    """{list: how many of FOUND it explains}."""
    return collections.Counter(feed for _, matched, feeds in found.values()
                               for feed in {one["feed"] for one in feeds if one["category"] in matched and not one["exception"]})


def list_table(columns):
    """COLUMNS: {heading: what by_list returned}."""
    lines = ["| list | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    total = collections.Counter()
    for column in columns.values():
        total.update(column)
    for feed in sorted(total, key=lambda feed: (-total[feed], feed)):
        lines.append(f"| {feed} | " + " | ".join(str(column[feed] or "–") for column in columns.values()) + " |")
    return "\n".join(lines) + "\n"


def table(title, rows):
    total = collections.Counter()
    for _, _, categories in rows.values():
        total.update(categories)
    shown = [key for key, _ in total.most_common(COLUMNS)]
    lines = [f"## {title}", "", "| preset | blocked | by default | " + " | ".join(shown) + " | other |", "|---" * (len(shown) + 4) + "|"]
    for preset, (count, default, categories) in rows.items():
        cells = [preset, count, default or "–", *(categories[key] or "–" for key in shown),
                 sum(n for key, n in categories.items() if key not in shown) or "–"]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n"


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        entries = build(folder)
        tables, columns = [], {}
        for title, names in (("By questions", by_questions()), ("By sites", by_sites())):
            found = {preset: blocked(folder, preset, names) for preset in presets()}
            tables.append(table(title, {preset: counts(one) for preset, one in found.items()}))
            columns.update({f"{preset}, {title.lower()}": by_list(found[preset]) for preset in ("lower_sec", "legal_only")})
        sys.stdout.write(PAGE.format(names=MOST, entries=entries, year_questions=2026, year_sites=2023, tables="\n".join(tables),
                                     lists=list_table(columns)))


if __name__ == "__main__":
    main()
