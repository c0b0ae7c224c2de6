"""docs/sealed-set.md says what `stairgate set seal` writes: a reader written from the page alone finds every entry in it."""
import json

import pytest

from harness import seal, tool
from sealed_reader import BELOW, CANARY, DIVERT, HERE, RANGE4, RANGE6, Refused, Sealed, read


def sealed(folder, name, lines, *more):
    return read(*seal(folder, name, lines, *more))


def test_names_are_found_with_what_lies_below_them(tmp_path):
    one = sealed(tmp_path, "a", ["bad.example", "Worse.Example", "deep.er.test"])
    assert len(one.entries) == 3
    assert all(one.of_name(name) == HERE | BELOW for name in ("bad.example", "worse.example", "deep.er.test"))
    assert one.words("www.bad.example") == {"block"} and one.words("example") == set() and one.words("er.test") == set()


def test_exact_names_ranges_pages_and_the_canary_have_their_kinds(tmp_path):
    one = sealed(tmp_path, "a", ["bad.example", "192.0.2.64/26", "2001:db8:5::/48", "198.51.100.7"], "--granularity", "exact",
                 "--canary", "canary.test")
    assert one.of_name("bad.example") == HERE
    assert one.of_name("canary.test") == HERE | BELOW | CANARY
    assert one.of_range("192.0.2.64/26") == (RANGE4, 26)
    assert one.of_range("198.51.100.7/32") == (RANGE4, 32)
    assert one.of_range("2001:db8:5::/48") == (RANGE6, 48)
    assert len(one.entries) == 5


URLS = ["https://page.example/bad/page?x=1", "http://user@other.example:8080/", "https://third.example", "fourth.example/path"]


def test_a_list_of_pages_blocks_no_name(tmp_path):
    for more in ([], ["--granularity", "url"], ["--granularity", "exact"]):
        lines = URLS if more[:1] != [] and more[1] == "url" else URLS[:2] + URLS[3:]
        one = sealed(tmp_path, "a", lines, *more)
        assert one.entries == {}


def test_a_list_of_pages_diverts_their_hosts_where_the_operator_says_so(tmp_path):
    one = sealed(tmp_path, "a", URLS, "--granularity", "url", "--divert")
    hosts = ["page.example", "other.example", "third.example", "fourth.example"]
    assert [one.of_name(host) for host in hosts] == [DIVERT] * 4 and len(one.entries) == 4
    assert one.words("page.example") == {"divert"} and one.words("www.page.example") == set()


def test_a_table_of_pages_is_treated_alike(tmp_path):
    rows = ["url,since", *(f"{url},2026-01-01" for url in URLS)]
    one = sealed(tmp_path, "a", rows, "--granularity", "url", "--format", "csv")
    assert one.entries == {}
    one = sealed(tmp_path, "a", rows, "--granularity", "url", "--format", "csv", "--divert")
    assert len(one.entries) == 4 and one.of_name("other.example") == DIVERT
    # A URL without a path is a page too, whatever the list says of itself.
    one = sealed(tmp_path, "a", ["url,since", "https://third.example/,x", "https://third.example,x"], "--format", "csv")
    assert one.entries == {}


def test_another_key_and_another_octet_are_noticed(tmp_path):
    key, path = seal(tmp_path, "a", ["bad.example"])
    other, _ = seal(tmp_path, "b", ["bad.example"])
    with pytest.raises(Refused):
        read(other, path)
    octets = bytearray(path.read_bytes())
    octets[70] ^= 1
    with pytest.raises(Refused):
        Sealed(key.read_text(), bytes(octets))


def test_what_is_told_of_lines_is_number_and_reason(tmp_path):
    key = tmp_path / "a.key"
    tool("set", "key", key)
    lines = ["good.example", "http://secretpage.example/x", "@@||secretexception.example^", "secret label.example", "secretsingle",
             "/secret[0-9]+pattern/", "||secretnarrow.example^$third-party"]
    (tmp_path / "list").write_text("\n".join(lines))
    done = tool("set", "seal", "--key", key, "-o", tmp_path / "a.set", "--format", "plain", "--json", tmp_path / "list")
    one = json.loads(done.stdout)["lists"][0]
    assert one["taken"] == 1 and one["pages"] == 2  # what stands between slashes counts as a page, too
    assert sum(r["items"] for r in one["refused"].values()) == len(lines) - 1
    assert {r["first_line"] for r in one["refused"].values()} >= {2, 3}
    text = tool("set", "seal", "--key", key, "-o", tmp_path / "a.set", "--format", "plain", tmp_path / "list")
    assert "secret" not in done.stdout + done.stderr + text.stdout + text.stderr


BROKEN = {"rpz": "$ORIGIN secretzone.example.\n@ SOA secret.example. secret ( 1 2\nsecretname CNAME\n",
          "singbox": '{"version": 1, "rules": [{"domain": ["secretname.example", }]}', "csv": '"secretname.example,"x\n"a"b,c\n',
          "v2fly": "include:secretfile\ndomain:secretname.example @secret &\nregexp:secret(\n"}


@pytest.mark.parametrize("form", BROKEN)
def test_a_broken_list_is_not_quoted_and_leaves_what_stood_there(tmp_path, form):
    key, path = seal(tmp_path, "a", ["bad.example"])
    before = path.read_bytes()
    (tmp_path / "list").write_text(BROKEN[form])
    done = tool("set", "seal", "--key", key, "-o", path, "--format", form, tmp_path / "list", check=False)
    assert done.returncode == 1 and "secret" not in done.stdout + done.stderr
    assert path.read_bytes() == before


def test_a_sealed_set_is_not_looked_into(tmp_path):
    key, path = seal(tmp_path, "a", ["bad.example"])
    for words, code in ((["lookup", path, "bad.example"], 2), (["lookup", "--json", path, "bad.example"], 2), (["verify", path], 5),
                        (["verify", "--json", path], 5)):
        done = tool("set", *words, check=False)
        assert done.returncode == code
        assert "size, version and time are all that is told" in done.stdout + done.stderr
        assert "bad.example" not in done.stdout + done.stderr
    facts = json.loads(tool("set", "info", "--json", path).stdout)
    assert set(facts) == {"schema", "file", "sealed", "number", "entries", "octets", "made"}
    told = tool("set", "info", path).stdout
    assert [line.split()[0] for line in told.splitlines()] == ["file", "sealed", "number", "entries", "octets", "made"]
    assert facts["entries"] == 1 and facts["octets"] == path.stat().st_size
    again = seal(tmp_path, "a", ["bad.example", "worse.example"])[1]
    assert json.loads(tool("set", "info", "--json", again).stdout)["number"] == facts["number"] + 1


def test_neither_key_nor_set_is_used_while_others_may_read_it(tmp_path):
    key, path = seal(tmp_path, "a", ["bad.example"])
    path.chmod(0o640)
    done = tool("set", "info", path, check=False)
    assert done.returncode == 5 and "chmod 600" in done.stderr
    path.chmod(0o600)
    key.chmod(0o604)
    (tmp_path / "list").write_text("a.example\n")
    done = tool("set", "seal", "--key", key, "-o", path, tmp_path / "list", check=False)
    assert done.returncode == 5 and "chmod 600" in done.stderr


def test_no_file_but_a_sealed_set_is_replaced(tmp_path):
    key, _ = seal(tmp_path, "a", ["bad.example"])
    other = tmp_path / "precious"
    other.write_text("x" * 200)
    other.chmod(0o600)
    (tmp_path / "list").write_text("a.example\n")
    done = tool("set", "seal", "--key", key, "-o", other, tmp_path / "list", check=False)
    assert done.returncode == 1 and other.read_text() == "x" * 200
