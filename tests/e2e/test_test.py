"""`stairgate test`: an operator's expectations held against the config and a set, without a server."""
import json

import pytest

from harness import build_set, tool

CONFIG = """\
profiles:
  child: {extends: primary, deny: [mine.example]}
  adult: {extends: legal_only}
networks: [{prefix: 127.0.0.2, profile: adult}]
default_profile: child
upstreams: [192.0.2.53]
sets: {public: lists.set}
operator: {deny: [order.example]}
"""


@pytest.fixture
def rules(tmp_path):
    (tmp_path / "rules.yaml").write_text(CONFIG)
    build_set(tmp_path / "lists.set", {"gambling": "casino.example\nschool.example\n", "porn": "adult-site.example\n"})
    return tmp_path


def run(rules, text, *more):
    (rules / "expect.yaml").write_text(text)
    return tool("test", rules / "expect.yaml", "--config", rules / "rules.yaml", *more, check=False)


def test_what_holds_is_counted_and_exits_0(rules):
    done = run(rules, """\
- {name: [casino.example, Www.Casino.Example.], profile: child, type: [A, HTTPS, TYPE65280], expect: blocked, category: gambling}
- {name: casino.example, client: [127.0.0.2], expect: allowed}
- {name: [clean.example, b\u00fccher.example], profile: all, expect: allowed, rule: default}
- {name: mine.example, expect: blocked, rule: own_deny}
- {name: order.example, profile: all, expect: blocked, rule: operator_policy}
- {name: childline.org.uk, profile: all, expect: allowed, rule: pin}
""")
    assert (done.returncode, done.stdout, done.stderr) == (0, "16 expectations, 16 hold, 0 do not\n", "")


def test_what_does_not_hold_is_told_with_its_place_its_list_and_its_cure(rules):
    done = run(rules, """\
- name: school.example
  profile: [adult, child]
  expect: allowed
- {name: gone.example, expect: blocked}
- {name: adult-site.example, profile: child, expect: blocked, category: gambling}
- {name: casino.example, client: 127.0.0.2, type: AAAA, expect: blocked, rule: category}
""")
    lines = done.stdout.splitlines()
    assert done.returncode == 1 and lines[-1] == "5 expectations, 1 hold, 4 do not" and len(lines) == 5
    wanted = [("expect.yaml:1:9: 'school.example' A for profile 'child': expected allowed, came blocked by rule category",
               "list 'gambling.list' has it as gambling", "allow list of profile 'child'"),
              ("expect.yaml:4:10: 'gone.example' A for profile 'child': expected blocked, came allowed by rule default",
               "no list has it", "lists diff"),
              ("expect.yaml:5:10: 'adult-site.example' A for profile 'child': expected blocked as gambling, came blocked", "as porn",
               "stairgate why adult-site.example"),
              ("expect.yaml:6:10: 'casino.example' AAAA for client '127.0.0.2': expected blocked by rule category, came allowed",
               "list 'gambling.list' has it", "let profile 'adult' block gambling")]
    for line, words in zip(lines, wanted):
        assert all(word in line for word in words), line


def test_another_set_and_json(rules):
    build_set(rules / "other.set", {"gambling": "other.example\n"})
    text = "- {name: casino.example, expect: blocked}\n"
    assert run(rules, text).returncode == 0
    done = run(rules, text, "--set", rules / "other.set", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 1 and (told["checked"], told["failed"]) == (1, 1)
    failure, = told["failures"]
    assert (failure["line"], failure["column"], failure["name"], failure["profile"]) == (1, 10, "casino.example", "child")
    assert failure["expected"]["verdict"] == "blocked" and failure["came"]["verdict"] == "allowed" and failure["cure"]


def test_what_came_of_each_is_told_with_its_time(rules):
    done = run(rules, """\
- {name: casino.example, at: [2026-01-31T20:00:00Z, 1790000000], listen: 127.0.0.1@5353, expect: blocked}
- {name: clean.example, expect: blocked}
""", "--json", "--all", "--at", "2026-02-01T00:00:00Z")
    told = json.loads(done.stdout)
    assert done.returncode == 1 and (told["checked"], told["failed"]) == (3, 1)
    assert [(one["line"], one["name"], one["verdict"], one["answer"]["ede"]) for one in told["came"]] == [
        (1, "casino.example", "block", [17]), (1, "casino.example", "block", [17]), (2, "clean.example", "forward", [])]
    assert told["failures"][0]["at"] is None


@pytest.mark.parametrize("text, said", [
    ("", "expectations are a sequence"),
    ("name: x.example\n", "expectations are a sequence"),
    ("- x.example\n", "1:3: an expectation is a mapping"),
    ("- {name: x.example}\n", "1:3: missing key: 'expect'"),
    ("- {expect: blocked}\n", "1:3: missing key: 'name'"),
    ("- {name: x..example, expect: blocked}\n", "1:10: not a name: 'x..example'"),
    ("- {name: x.example, expect: bloked}\n", "1:29: not a verdict: 'bloked'; did you mean 'blocked'?"),
    ("- {name: x.example, expect: blocked, profil: child}\n", "1:38: unknown key: 'profil'; did you mean 'profile'?"),
    ("- {name: x.example, expect: blocked, profile: childs}\n", "1:47: no such profile: 'childs'"),
    ("- {name: x.example, expect: blocked, client: somebody}\n", "1:46: not an address: 'somebody'"),
    ("- {name: x.example, expect: blocked, type: AX}\n", "1:44: not a record type, such as A or HTTPS: 'AX'"),
    ("- {name: x.example, expect: blocked, rule: categry}\n", "1:44: not a rule: 'categry'; did you mean 'category'?"),
    ("- {name: x.example, expect: blocked, category: gamblin}\n", "1:48: not a category: 'gamblin'; did you mean 'gambling'?"),
    ("- {name: x.example, expect: blocked, at: tomorrow}\n", "1:42: not a time: 'tomorrow'"),
    ("- {name: x.example, expect: blocked, listen: here}\n", "1:46: not an address to be asked at: 'here'"),
    ("- {name: x.example, expect: blocked, told: 00:00}\n", "1:44: not what a device is known by, such as 00:00:5e:00:53:0a: '00:00'"),
    ("- {name: {a: b}, expect: blocked}\n", "1:10: a single word is expected here"),
    ("- {name: [], expect: blocked}\n", "1:10: nothing is named here"),
    ("- {name: [x.example, [y.example]], expect: blocked}\n", "1:22: a single word is expected here"),
    ("- {name: x.example, expect: blocked\n", "expect.yaml:2:1"),
])
def test_a_file_that_is_wrong_is_held_against_nothing(rules, text, said):
    done = run(rules, text)
    assert done.returncode == 2 and said in done.stderr and done.stdout == "", done.stderr


def test_all_that_is_wrong_is_told_at_once(rules):
    done = run(rules, "- {name: x..example, expect: blocked}\n- {name: casino.example, expect: allowed}\n- {nam: y.example}\n")
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 4 and done.stdout == ""


def test_what_cannot_be_decided_on_is_no_success(rules):
    text = "- {name: clean.example, expect: allowed}\n"
    assert run(rules, text).returncode == 0
    assert run(rules, text, "--set", rules / "nowhere.set").returncode == 2
    (rules / "lists.set").write_text("no set")
    done = run(rules, text)
    assert done.returncode == 2 and "lists.set" in done.stderr
    assert tool("test", rules / "nowhere.yaml", "--config", rules / "rules.yaml", check=False).returncode == 2
    assert tool("test", check=False).returncode == 2


def test_the_example_is_right(rules):
    from harness import ROOT
    build_set(rules / "some.set", {"gambling": "casino.example\n"})
    done = tool("test", ROOT / "config/examples/expect.yaml", "--config", ROOT / "config/examples/family.yaml", "--set", rules / "some.set")
    assert done.stdout.endswith(" 0 do not\n")
