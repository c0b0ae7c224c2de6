"""`stairgate cache`: what is kept is shown to the operator, counted for everybody, and forgotten on demand."""
import json

import pytest

from harness import addresses, tool


@pytest.fixture
def gate(stairgate, upstream):
    upstream.set("www.school.test", "A", "192.0.2.10")
    upstream.set("www.school.test", "AAAA", "2001:db8::10")
    upstream.set("mail.school.test", "A", "192.0.2.11")
    upstream.set("www.other.test", "A", "192.0.2.12")
    gate = stairgate(upstreams=[upstream], workers=2)
    for name, rdtype in (("www.school.test", "A"), ("www.school.test", "AAAA"), ("mail.school.test", "A"), ("www.other.test", "A")):
        gate.ask(name, rdtype)
    gate.upstream = upstream
    return gate


def cache(gate, *words, check=False):
    return gate.control("cache", *words, check=check)


def kept(gate, *words):
    done = cache(gate, "lookup", *words, "--json")
    return {(row["name"], row["type"]) for row in json.loads(done.stdout)["entries"]}


def test_a_lookup_shows_what_is_kept_of_a_name(gate):
    done = cache(gate, "lookup", "WWW.school.test")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["NAME", "TYPE", "SAYS", "RECORDS", "TTL", "AGE", "OCTETS"]
    rows = {tuple(line.split()[:4]) for line in lines[1:]}
    assert rows == {("www.school.test", "A", "NOERROR", "1"), ("www.school.test", "AAAA", "NOERROR", "1")}
    assert len({line.index("NOERROR") for line in lines[1:]} | {lines[0].index("SAYS")}) == 1, "aligned"
    row = json.loads(cache(gate, "lookup", "mail.school.test", "--json").stdout)["entries"][0]
    assert 0 < row["ttl_s"] <= 300 and row["age_s"] <= 60 and row["zone"] is None and not row["failure"]


def test_a_lookup_below_shows_all_names_there_and_no_other(gate):
    assert kept(gate, "school.test") == set()
    assert {name for name, _ in kept(gate, "school.test", "--below")} == {"www.school.test", "mail.school.test"}
    assert ("www.other.test", "A") in kept(gate, ".", "--below")


def test_nothing_kept_is_exit_1_and_nonsense_is_exit_2(gate):
    done = cache(gate, "lookup", "never.asked.test")
    assert done.returncode == 1 and done.stdout == "nothing is kept of it\n" and not done.stderr
    assert json.loads(cache(gate, "lookup", "never.asked.test", "--json").stdout) == {"found": 0, "entries": []}
    for words in (["lookup"], ["lookup", "a", "b"], ["lookup", "--all"], ["flush"], ["flush", "a.test", "--all"], ["flush", "a..test"],
                  ["lookup", ""], ["stats", "x"]):
        assert cache(gate, *words).returncode == 2, words


def test_a_flush_forgets_that_name_only(gate):
    done = cache(gate, "flush", "www.school.test")
    assert done.returncode == 0 and done.stdout == "forgotten: 2\n"
    assert kept(gate, "www.school.test") == set() and kept(gate, "mail.school.test") and kept(gate, "www.other.test")
    before = gate.upstream.count("www.school.test", "A")
    gate.ask("mail.school.test")
    assert addresses(gate.ask("www.school.test")) == ["192.0.2.10"]
    assert gate.upstream.count("www.school.test", "A") == before + 1
    assert gate.upstream.count("mail.school.test") == 1


def test_a_flush_below_and_of_all(gate):
    assert json.loads(cache(gate, "flush", "school.test", "--below", "--json").stdout) == {"flushed": 3}
    assert {name for name, _ in kept(gate, ".", "--below")} == {"www.other.test"}
    assert cache(gate, "flush", "--all").returncode == 0
    assert kept(gate, ".", "--below") == set()
    assert json.loads(cache(gate, "stats", "--json").stdout)["entries"] == 0


def test_stats_and_status_count_hits_and_show_no_name(gate):
    for _ in range(4):
        gate.ask("www.school.test")
    stats = json.loads(cache(gate, "stats", "--json").stdout)
    assert stats["hits"] == 4 and stats["misses"] == 4 and stats["entries"] == 4 and 0 < stats["used"] <= stats["octets"]
    text = cache(gate, "stats").stdout
    assert "4 of 8 questions answered from it (50.0 %)" in text
    status = gate.control("status", check=False).stdout
    assert "  cache      4 answers in " in status and "50.0 %" in status
    assert json.loads(gate.control("status", "--json", check=False).stdout)["cache"] == stats
    assert "school" not in text + status + gate.process.log()


def test_who_may_only_read_sees_counts_and_no_names(gate):
    portal = gate.folder / "portal.sock"
    assert tool("cache", "stats", "--socket", portal).returncode == 0
    for words in (["lookup", "www.school.test"], ["flush", "--all"]):
        done = tool("cache", *words, "--socket", portal, check=False)
        assert done.returncode == 5 and not done.stdout
    assert kept(gate, "www.school.test")


def test_names_with_odd_octets_are_shown_escaped_and_found_again(stairgate, upstream):
    upstream.set("*", "A", "192.0.2.1")
    gate = stairgate(upstreams=[upstream])
    gate.ask(r"a\027\010b.odd.test")
    rows = json.loads(cache(gate, "lookup", "odd.test", "--below", "--json").stdout)["entries"]
    assert [row["name"] for row in rows] == [r"a\027\010b.odd.test"]
    assert cache(gate, "lookup", r"a\027\010b.odd.test").returncode == 0
    assert cache(gate, "flush", r"a\027\010b.odd.test").stdout == "forgotten: 1\n"


def test_a_cache_that_is_off_says_so(stairgate, upstream):
    upstream.set("www.school.test", "A", "192.0.2.10")
    gate = stairgate(upstreams=[upstream], more="cache: {size: 0}")
    gate.ask("www.school.test")
    assert cache(gate, "stats").stdout == "off\n"
    assert cache(gate, "lookup", "www.school.test").returncode == 1
    assert cache(gate, "flush", "--all").stdout == "forgotten: 0\n"
    assert "  cache      off\n" in gate.control("status", check=False).stdout


def test_flushing_under_load_loses_nothing(gate):
    for turn in range(30):
        assert addresses(gate.ask("www.school.test")) == ["192.0.2.10"]
        assert cache(gate, "flush", "--all" if turn % 2 else "www.school.test").returncode == 0


def test_a_name_that_does_not_exist_stands_for_all_below_it(stairgate, upstream):
    gate = stairgate(upstreams=[upstream])
    gate.ask("gone.test")
    rows = json.loads(cache(gate, "lookup", "gone.test", "--json").stdout)["entries"]
    assert ("*", "NXDOMAIN") in {(row["type"], row["rcode"]) for row in rows}
    asked = upstream.total()
    gate.ask("below.gone.test")
    assert upstream.total() == asked, "RFC 8020"
    cache(gate, "flush", "gone.test")
    gate.ask("below.gone.test")
    assert upstream.total() == asked + 1
