"""The C programs against the oracle on lists of every shape that lines can have: made up, seeded, none of them real."""
import json
import random
import subprocess

import pytest

from harness import BIN, ROOT
from oracle import Lists
from test_oracle import counts_of

NAMES = [
    "a.example", "B.Example", "www.a.example", "c.a.example", "deep.er.c.a.example", "_x._y.test", "xn--tda.example", "a.example.",
    "com", "co.uk", "github.io", "x.github.io", "kawasaki.jp", "city.kawasaki.jp", "z.kawasaki.jp", "single", "localhost",
    "localhost.localdomain", "ip6-loopback", "a..example", ".a.example", "a-.example", "1.example", "a.1", "1.2.3", "bücher.example",
    "faß.example", "例え。テスト", "ü_b.example", "x" * 63 + ".example", "x" * 64 + ".example", "a," + "b.example", "*.w.example", "*.*.example",
    "=e.example", "=com", "a.example/x", "http://a.example/", "a.example:80", "a(b).example", "^a.example", "a|b.example", "a?.example",
]
ADDRESSES = ["0.0.0.0", "127.0.0.1", "::", "::1", "0", "0:0:0:0:0:0:0:1", "192.0.2.7", "198.51.100.0/24", "198.51.100.1/24", "2001:db8::/32",
             "2001:DB8::7", "::ffff:192.0.2.9", "::ffff:127.0.0.1", "fe80::1%lo0", "255.255.255.255", "8.0.0.0/7", "0.0.0.0/0", "01.2.3.4", "1.2.3.4.5",
             "10.0.0.0/8", "2000::/3", "192.0.2.7/33", "192.0.2.7/032", "127.0.0.2"]
MARKS = ["", "", "", "", "||", "@@||", "@@", "|", ".", "*.", "=", "!", "#", "##", "[", ";", "//", "$", "/", "! ", "# "]
ENDS = ["", "", "", "^", "^", "^", "^|", "^$third-party", "$important", "##.ad", "#@#.ad", "#?#x", "#$?#x", "#%#x", "#@%#//x", "$$x", "$@$x", "#x", " # remark",
        "\t#r", " #", "]", "/", " ! x", " more.example", "  ", "\t"]
LINE_ENDS = ["\n", "\n", "\n", "\n", "\r\n", "\r", "\n\n", "\n \n"]
FORMATS = ["plain", "hosts", "adblock", "wildcard", "ut1", "dnsmasq", "unbound", "surge", "csv"]
# What the formats say beyond names; `{}` is a name, `<>` an address.
SAYINGS = [
    "||{}^$important", "@@||{}^$important", "||{}^$dnstype=AAAA", "||{}^$dnstype=~A|~mx", "||{}^$dnstype=~A|TXT", "||{}^$dnstype=NONE", "||{}^$dnstype=",
    "||{}^$badfilter", "||{}^$important,badfilter", "@@||{}^$badfilter", "||{}^$denyallow=www.{}", "||{}^$denyallow={}|x.{}", "||{}^$denyallow=*.{}",
    "||{}^$dnsrewrite=NXDOMAIN", "||{}^$dnsrewrite=<>", "||{}^$dnsrewrite={}", "||{}^$dnsrewrite=NOERROR;MX;10 {}", "||{}^$dnsrewrite=NOERROR;A;<>", "@@||{}^$dnsrewrite",
    "||{}^$dnsrewrite=REFUSED;;", "||{}^$dnsrewrite=NOERROR;TXT;a b", "||{}^$dnstype=A,dnsrewrite=NOERROR", "||{}^$client=<>", "@@||{}^$ctag=x", "||{}^$", "|{}^", "@@|{}^", "|{}|",
    "||*.{}^", "@@||*.{}^", "@@||{}^$dnstype=A", "||<>^$important", "@@||{}^", "||{}^|", "||{}^$important,important", "||{}^$dnstype=TYPE64|65",
    "address=/{}/", "address=/{}/#", "address=/{}/<>", "address=/{}/{}/", "address=/*.{}/#", "address=/.{}/", "address=/*{}/", "address=//", "address=/{}", "address=<>",
    "local=/{}/", "server=/{}/", "server=/{}/#", "server=/{}/<>", "server=<>", "address = /{}/ # x", "ipset=/{}/x", "address=/#/<>", "local=/{}/{}/#",
    'local-zone: "{}" always_null', "local-zone: {} always_nxdomain", "local-zone: '{}' refuse", 'local-zone: "{}" transparent', 'local-zone: "{}" redirect', 'local-zone: "{}" block_a',
    'local-zone: "{}" nodefault', 'local-zone: "{}." deny', 'local-data: "{} A 0.0.0.0"', 'local-data: "{} 60 IN A <>"', 'local-data: "{} CNAME {}"', "local-data: '{} TXT \"x\"'",
    'local-data: "{} SOA x"', 'local-data-ptr: "<> {}"', 'local-zone-tag: "{}" "x"', 'local-zone-override: "{}" <> deny', "server:", "view:", "do-ip6: no", 'local-zone: "{}"',
    "DOMAIN,{}", "DOMAIN-SUFFIX,{},REJECT", "host-suffix, {} , reject", "IP-CIDR,<>,no-resolve", "IP-CIDR,{}", "DOMAIN-SUFFIX,{},DIRECT", "DOMAIN,{},Proxy", "DOMAIN-KEYWORD,{}",
    "USER-AGENT,{}", "RULE-SET,{},REJECT", "FINAL,REJECT", "NONSENSE,{}", "- '+.{}'", "- DOMAIN,{}", "payload:", "// {}", "DOMAIN,{},", "+.{}",
    "{},x", "x,{}", "https://{}/,x", "http://{},x", "http://{}/page,x", "https://{}:8080/,x", "http://u@{}/,x", "ftp://{}/,x", '"{}","y"', '"{}', 'x"', "{};y", "<>,x", "http://<>/,x",
    "http://[2001:db8::9]/,x", "http://*.{}/,x", "HTTPS://{}?q,x", "{}/,x", "url,category", "domain;note",
]


CLEAN_NAMES = [f"{start}{number}.example" for start in ("a", "b.a", "c.b.a") for number in range(4)]


def line(dice):
    """A line that looks like one of some format, or nearly."""
    kind = dice.random()
    if dice.random() < 0.5:
        saying = dice.choice(SAYINGS)
        while "{}" in saying or "<>" in saying:
            mark = "{}" if "{}" in saying else "<>"
            saying = saying.replace(mark, dice.choice([*NAMES, *CLEAN_NAMES, *CLEAN_NAMES]) if mark == "{}" else dice.choice(ADDRESSES), 1)
        return saying
    if kind < 0.25:
        return " ".join([dice.choice(ADDRESSES), *dice.choices(NAMES + ADDRESSES, k=dice.randint(0, 3))]) + dice.choice(ENDS[-8:] + [""] * 8)
    word = dice.choice(NAMES if kind < 0.9 else ADDRESSES)
    return dice.choice(["", "", "", " "]) + dice.choice(MARKS) + word + dice.choice(ENDS)


CLEAN = ["{}", "0.0.0.0 {} www.{}", "||{}^", "*.{}", "address=/{}/#", 'local-zone: "{}" always_null', "DOMAIN-SUFFIX,{}", "{},1"]


def list_of(dice):
    """Lines of every shape, among more or fewer clean ones of one format, with exceptions."""
    clean, share = dice.choice(CLEAN), dice.choice([0, 0.6, 0.9])
    text = ""
    for _ in range(dice.randint(20, 300)):
        name = f"{dice.choice(['a', 'b.a', 'c.b.a'])}{dice.randint(0, 9)}.example"
        shape = "@@||{}^" if dice.random() < 0.05 else clean
        text += dice.choice(["", "", "", "", "", "\ufeff"])
        text += (shape.replace("{}", name) if dice.random() < share else line(dice)) + dice.choice(LINE_ENDS)
    return (text if dice.random() < 0.7 else text.rstrip("\r\n \t")).encode()


@pytest.fixture(scope="module", params=range(6))
def both(request, tmp_path_factory):
    """The oracle's reading of some lists, and the program's, each list in every format and guessed."""
    dice, folder = random.Random(request.param), tmp_path_factory.mktemp("lists")
    lists, words = Lists(), []
    for number in range(8):
        data = list_of(dice)
        for form in [*FORMATS, None]:
            path = folder / f"{number}-{form}"
            path.write_bytes(data)
            options = {"tld": dice.random() < 0.3, "private": dice.random() < 0.3, "match": dice.choice([None, None, "exact", "subtree"]), "rewrites": dice.random() < 0.3}
            category = dice.choice(lists.keys)
            lists.add_file(path, category, form, **options)
            words += ["--category", f"{category}={path}" + (f":{form}" if form else "") + (",tld=yes" if options["tld"] else "")
                      + (",private_suffixes=yes" if options["private"] else "") + (f",match={options['match']}" if options["match"] else "")
                      + (",rewrites=yes" if options["rewrites"] else "")]
    out = folder / "x.set"
    done = subprocess.run([BIN / "stairgate", "set", "build", "--out", out, "--seed", "1", "--json", "--skip-failed", *words],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return lists.settle(), out, json.loads(done.stdout)


def test_both_count_the_same(both):
    lists, _, report = both
    rows = {row["feed"]: row for row in report["sources"]}
    assert len(rows) == len(lists.sources) == 8 * (len(FORMATS) + 1)
    for source in lists.sources:
        row, expected = rows[source.feed], counts_of(source)
        assert ("fault" in row) == (source.fault is not None), (source.feed, source.fault, row.get("fault"))
        if source.format is None:
            continue
        skipped = ("names", "duplicates") if source.fault or source.excepted or source.termed else ()
        expected = {key: value for key, value in expected.items() if key not in skipped}
        assert {key: row[key] for key in expected} == expected, source.feed


def test_both_say_the_same_of_every_name_around(both):
    lists, out, _ = both
    names = set().union(*(source.spelled for source in lists.sources))
    names |= {f"{more}.{name}" for name in names for more in ("www", "a.b")} | {name.partition(".")[2] for name in names}
    names = sorted(name for name in names if name and len(name) <= 253)
    done = subprocess.run([BIN / "stairgate", "set", "lookup", out, "-"], input="\n".join(names) + "\n", capture_output=True, text=True, timeout=60)
    answers = [answer.split("\t") for answer in done.stdout.splitlines()]
    assert len(answers) == len(names) > 60
    for name, (asked, categories, _, feeds) in zip(names, answers):
        bits = lists.listed_by(name)
        assert (asked, categories) == (name, lists.categories(bits))
        expected = {source.feed for number, source in enumerate(lists.sources) if bits >> number & 1}
        assert set(feeds.split(",")) - {"-"} == expected, name


def test_the_sample_lists_are_read_alike(tmp_path):
    lists, out = Lists(), tmp_path / "x.set"
    lists.add_lists(ROOT / "config/examples/lists")
    lists.settle()
    done = subprocess.run([BIN / "stairgate", "set", "build", "--out", out, "--json", "--lists", ROOT / "config/examples/lists"],
                          capture_output=True, text=True, timeout=60)
    rows = {row["feed"]: row for row in json.loads(done.stdout)["sources"]}
    for source in lists.sources:
        expected = counts_of(source)
        assert {key: rows[source.feed][key] for key in expected} == expected
    names = sorted(set().union(*(source.spelled for source in lists.sources)))
    done = subprocess.run([BIN / "stairgate", "set", "lookup", out, *names], capture_output=True, text=True, timeout=60)
    assert [row.split("\t")[:2] for row in done.stdout.splitlines()] == [[name, lists.categories(lists.listed_by(name))] for name in names]
