"""The C programs against the oracle: every list of the data set that is read, every name, no known differences."""
import gzip
import json
import os
import subprocess

import pytest

from harness import BIN, DATA, ROOT
from oracle import PSL, Lists

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the data set is not here (STAIRGATE_DATA)")


@pytest.fixture(scope="module")
def lists():
    """The oracle's reading of the data set."""
    lists = Lists()
    lists.add_lists(DATA)
    return lists.settle()


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The set that the program made of the data set, and its report."""
    out = tmp_path_factory.mktemp("set") / "all.set"
    done = subprocess.run([BIN / "stairgate", "set", "build", "--lists", DATA, "--out", out, "--seed", "1", "--json"],
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return out, json.loads(done.stdout)


def counts_of(source):
    """What the program's report should say of SOURCE."""
    exact = source.exact + [name for name, kind, _ in source.termed if kind == "exact"]
    others = source.subtree + source.below + [name for name, kind, _ in source.termed if kind != "exact"]
    names, ranges = set(exact) | set(others), set(source.ranges)
    repeated = len(exact) + len(others) + len(source.ranges) - len(names) - len(ranges)
    return {
        "category": source.category, "format": source.format, "lines": source.lines, "blank": source.blank,
        "comments": source.comments, "subtree": len(others), "exact": len(exact),
        "ranges": len(source.ranges) + len(source.excepted_ranges), "exceptions": len(source.excepted),
        "refused": {reason: {"count": count, "first_line": source.first[reason]}
                    for reason, count in source.refused.items()},
        "names": len(names), "duplicates": repeated,
    }


def test_both_count_the_same_for_every_list(lists, built):
    reported = {row["feed"]: row for row in built[1]["sources"]}
    assert sorted(reported) == sorted(source.feed for source in lists.sources)
    assert len(reported) > 60
    for source in lists.sources:
        expected, row = counts_of(source), reported[source.feed]
        assert ("fault" in row) == (source.fault is not None), source.feed
        assert {key: row[key] for key in expected} == expected, source.feed


@pytest.mark.skipif(not os.path.exists(PSL) or os.path.getsize(PSL) != 245996, reason="not Debian 12's public suffix list")
def test_the_page_has_these_counts(built):
    """docs/lists.md tells a reader what to expect; its table is that of this build."""
    page = {}
    for line in (ROOT / "docs/lists.md").read_text("utf-8").split("## Counts")[1].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 10 and cells[3].isdigit():
            page[cells[0]] = cells[1:]
    for row in built[1]["sources"]:
        refused = ", ".join(f"{key} {value['count']} ({value['first_line']})" for key, value in row["refused"].items())
        assert page.pop(row["feed"]) == [
            row["category"], row["format"], *(str(row[key]) for key in ("lines", "names")), str(row["exact"]),
            *(str(row[key]) for key in ("ranges", "exceptions", "duplicates")), refused or "–"]
    assert not page


HAGEZI = ("fake.adblock.txt", "fake.dnsmasq.txt", "fake.wildcard.txt", "fake.unbound.conf", "fake.domains.txt", "fake.hosts.txt")


def test_one_list_in_six_formats_lists_the_same_names(lists, built, tmp_path):
    """Its publisher folds names below a listed one away where the format can say "and below"; hosts cannot, and lists them exact."""
    feeds = [f"hagezi-{name}" for name in HAGEZI]
    rows = {row["feed"]: row for row in built[1]["sources"]}
    assert [rows[feed]["format"] for feed in feeds] == ["adblock", "dnsmasq", "wildcard", "unbound", "plain", "hosts"]
    assert len({rows[feed]["names"] for feed in feeds[:4]}) == 1 and rows[feeds[4]]["names"] == rows[feeds[5]]["names"]
    assert all(not rows[feed]["refused"] for feed in feeds)
    whole = next(source for source in lists.sources if source.feed == feeds[5])
    asked = [text for name in sorted(whole.exact) for text in (name, f"zz.{name}")]
    done = subprocess.run([BIN / "stairgate", "set", "lookup", built[0], "-"], input="\n".join(asked) + "\n", capture_output=True, text=True, timeout=120)
    found = [set(line.split("\t")[3].split(",")) & set(feeds) for line in done.stdout.splitlines()]
    assert len(found) == len(asked) > 28_000
    assert all(said == set(feeds) for said in found[::2])  # every name of the longest, by all six
    below = [said ^ set(feeds[:5]) for said in found[1::2]]  # what is below: by all but hosts
    assert sum(map(bool, below)) == 0


def test_both_pass_over_the_same(lists, built):
    skipped = {note["name"] for note in built[1]["passed_over"]}
    assert set(lists.skipped) <= skipped


def names_to_ask(lists):
    """Every name of every list, its www. child and its parent, and the popular names."""
    names = set()
    for source in lists.sources:
        names |= source.spelled
    names |= {f"www.{name}" for name in names} | {name.partition(".")[2] for name in names}
    names |= set(popular())
    names.discard("")
    return [name for name in names if len(name) <= 253]


def popular():
    text = gzip.open(DATA / "popular/umbrella-top-100k-2026.txt.gz", "rt", encoding="utf-8").read()
    return [line.strip().lower() for line in text.splitlines() if line.strip()]


def test_both_give_every_name_the_same_categories_and_feeds(lists, built, tmp_path):
    names = names_to_ask(lists)
    assert len(names) > 1_500_000
    asked = tmp_path / "names"
    asked.write_text("\n".join(names) + "\n")
    with open(asked, "rb") as stdin:
        done = subprocess.run([BIN / "stairgate", "set", "lookup", built[0], "-"], stdin=stdin, capture_output=True,
                              text=True, timeout=300)
    assert done.returncode in (0, 1), done.stderr
    answers = done.stdout.splitlines()
    assert len(answers) == len(names)
    feeds, wrong, listed = {}, 0, 0
    for name, answer in zip(names, answers):
        bits = lists.listed_by(name)
        if bits == 0:
            wrong += answer != f"{name}\t-\t-\t-"
            continue
        listed += 1
        if bits not in feeds:
            feeds[bits] = {source.feed for number, source in enumerate(lists.sources) if bits >> number & 1}
        asked_name, categories, _, said = answer.split("\t")
        wrong += asked_name != name or categories != lists.categories(bits) or set(said.split(",")) != feeds[bits]
    # Only counts: the names are nobody's business in a log.
    assert wrong == 0, f"{wrong} of {len(names)} names differ"
    assert listed > 1_000_000


def test_both_find_every_listed_address(lists, built, tmp_path):
    expected = {}
    for number, source in enumerate(lists.sources):
        for network in source.ranges:
            if network.prefixlen == network.max_prefixlen:
                expected[str(network.network_address)] = expected.get(str(network.network_address), 0) | 1 << number
    wide = [network for source in lists.sources for network in source.ranges + source.excepted_ranges
            if network.prefixlen < network.max_prefixlen]
    assert not wide  # else the oracle needs a longest-prefix match
    done = subprocess.run([BIN / "stairgate", "set", "lookup", built[0], "-"], input="\n".join(expected) + "\n",
                          capture_output=True, text=True, timeout=60)
    answers = [line.split("\t")[:2] for line in done.stdout.splitlines()]
    assert answers == [[address, lists.categories(bits)] for address, bits in expected.items()]
    assert len(answers) > 20_000
