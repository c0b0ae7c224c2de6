"""The C reader and the one written from docs/set-file.md say the same of every name."""
import ipaddress
import os
import random
import subprocess
from pathlib import Path

import pytest

import set_reader

STAIRGATE = Path(os.environ.get("STAIRGATE_BIN", Path(__file__).parents[2] / "build/asan/bin")) / "stairgate"
LABELS = ["a", "b", "c", "dd", "www", "longer-label"]


def stairgate(*arguments, **more):
    return subprocess.run([STAIRGATE, *map(str, arguments)], text=True, capture_output=True, timeout=120, **more)


def random_name(rng, least, most):
    return ".".join(rng.choice(LABELS) for _ in range(rng.randint(least, most))) + ".example"


def adblock_rule(rng, name):
    """A listing or an exception; a third of them has terms."""
    excepts = rng.random() < 0.3
    terms = ["", "", "", "", "$important", "$dnstype=A", "$dnstype=~A|~AAAA"] + [f"$denyallow=a.{name}"] * (not excepts)
    return ("@@" if excepts else "") + f"||{name}^" + rng.choice(terms)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Six small lists with exceptions, exact and subtree entries and addresses, and many names more."""
    folder = tmp_path_factory.mktemp("sets")
    rng = random.Random(1)
    arguments = []
    for number, (category, form) in enumerate([("porn", "adblock"), ("porn", "adblock"), ("gambling", "adblock"),
                                               ("malware", "hosts"), ("ads", "plain"), ("malware", "plain")]):
        lines = []
        for _ in range(40):
            name = random_name(rng, 2, 4)
            if form == "adblock":
                lines.append(adblock_rule(rng, name))
            else:
                lines.append(f"0.0.0.0 {name}" if form == "hosts" else name)
        if form == "plain":
            lines += [f"n{i}.many{number}.example" for i in range(3000)]
            lines += ["192.0.2.7", "2001:db8::7", f"198.51.100.{number}"]
        path = folder / f"list{number}.txt"
        path.write_text("\n".join(lines) + "\n")
        observe = ",observe=yes" if number == 3 else ""
        arguments += ["--category", f"{category}={path}:{form},feed=list{number}{observe}"]
    out = folder / "set"
    done = stairgate("set", "build", "--out", out, "--seed", 5, *arguments)
    assert done.returncode == 0, done.stderr
    return out


def rows_of(text):
    return [line.split("\t") for line in text.splitlines()]


def test_both_readers_agree_on_names(built):
    rng = random.Random(2)
    names = [random_name(rng, 1, 6) for _ in range(3000)]
    names += [f"{p}n{i}.many{k}.example" for i in range(0, 3100, 50) for k in (4, 5) for p in ("", "www.", "no")]
    the_set = set_reader.Set(built)
    assert len(the_set.variants) > len(the_set.feeds) + 4 and sum(observed for _, _, observed in the_set.feeds) == 1
    done = stairgate("set", "lookup", built, "-", input="\n".join(names) + "\n")
    assert done.returncode == 1, done.stderr
    rows = rows_of(done.stdout)
    assert [row[0] for row in rows] == names
    listed = 0
    for name, categories, suffix, feeds in rows:
        want = the_set.lookup(name)
        listed += bool(want[0])
        assert set(categories.split(",")) - {"-"} == want[0], name
        assert suffix == (want[1] or "-"), name
        assert feeds == (",".join(want[2]) or "-"), name
    assert 500 < listed < len(names) - 500


def test_both_readers_agree_on_addresses(built):
    the_set = set_reader.Set(built)
    addresses = ["192.0.2.7", "192.0.2.8", "2001:db8::7", "2001:db8::8", "198.51.100.4", "198.51.100.5"]
    rows = rows_of(stairgate("set", "lookup", built, *addresses).stdout)
    assert len(rows) == len(addresses)
    seen = set()
    for address, row in zip(addresses, rows):
        categories, _, feeds = the_set.lookup_address(ipaddress.ip_address(address))
        assert set(row[1].split(",")) - {"-"} == categories, address
        assert row[3] == (",".join(feeds) or "-"), address
        seen.add(row[1])
    assert len(seen) >= 3


def test_a_changed_octet_is_found_by_both(built, tmp_path):
    octets = bytearray(Path(built).read_bytes())
    octets[5000] ^= 1
    broken = tmp_path / "broken"
    broken.write_bytes(octets)
    with pytest.raises(set_reader.Refused):
        set_reader.Set(broken)
    done = stairgate("set", "verify", broken)
    assert done.returncode == 1 and "chunk 0" in done.stderr
    assert stairgate("set", "verify", built).returncode == 0


def test_exit_codes_are_those_of_grep(built):
    def code(*names):
        return stairgate("set", "lookup", built, *names).returncode

    assert code("n1.many4.example", "www.n2.many5.example.") == 0
    assert code("n1.many4.example", "clean.test") == 1
    assert code("n1.many4.example", "two..dots") == 2
    assert stairgate("set", "lookup", built.parent / "none", "a.test").returncode == 2
    done = stairgate("set", "lookup", built, "N1.Many4.EXAMPLE.")
    assert done.stdout.split("\t")[0] == "n1.many4.example"


def test_names_in_any_script_and_any_case_are_looked_up(tmp_path):
    listed = tmp_path / "list.txt"
    listed.write_text("xn--bcher-kva.example\n_service.example\n")
    out = tmp_path / "set"
    assert stairgate("set", "build", "--out", out, "--category", f"porn={listed}:plain").returncode == 0
    done = stairgate("set", "lookup", out, "B\u00fccher.example", "WWW.xn--BCHER-kva.example", "_service.example")
    assert done.returncode == 0, done.stdout
    assert [row[0] for row in rows_of(done.stdout)] == [
        "xn--bcher-kva.example", "www.xn--bcher-kva.example", "_service.example"]
    done = stairgate("set", "lookup", out, "\u2028.example")
    assert done.returncode == 2 and "\u2028" not in done.stderr


def test_json_says_the_same(built):
    import json

    done = stairgate("set", "lookup", "--json", built, "n1.many4.example", "clean.test")
    first, second = map(json.loads, done.stdout.splitlines())
    assert first["schema"] == 1 and first["listed"] and first["categories"] == ["ads"]
    assert first["suffix"] == "n1.many4.example" and first["feeds"][0]["feed"] == "list4"
    assert not second["listed"] and second["suffix"] is None
    info = json.loads(stairgate("set", "info", "--json", built).stdout)
    assert info["schema"] == 1 and len(info["feeds"]) == 6 and info["seed"] == "5"
    verified = json.loads(stairgate("set", "verify", "--json", built).stdout)
    assert verified["ok"] and verified["digest"] == info["digest"]
