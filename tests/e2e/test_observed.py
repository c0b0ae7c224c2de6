"""What would be blocked, as counts and on request as names; and signs that somebody looks for a way around."""

import json

import dns.rcode
import pytest

from harness import ask, seal, tool

CONFIG = """
listen: [{listen}]
upstreams: [{upstreams}]
server: {{workers: {workers}}}
sets: {{public: lists.set, hotline: hotline.set}}
sealed: {{key: hotline.key}}
control: {{operator: control.sock, portal: portal.sock}}
profiles:
  child: {{block: [bypass_doh, games], observe: [gambling]}}
  adult: {{extends: legal_only}}
networks: [{{prefix: 127.0.0.2, profile: adult}}]
default_profile: child
{more}
"""
LISTS = {"gambling": "casino.example\n", "bypass_doh": "resolver.example\n", "games": "game.example\n"}


@pytest.fixture
def gate(stairgate, upstream):
    upstream.set("*", "A", "192.0.2.1")
    made = stairgate(upstreams=[upstream], config=CONFIG, lists=LISTS, start=False)
    seal(made.folder, "hotline", ["held.example"])
    return made.start()


def observed(gate, *words):
    return json.loads(gate.control("observed", "--json", *words).stdout)


def counters(gate):
    return json.loads(gate.control("status", "--json", check=False).stdout)["counters"]


def test_what_is_observed_is_counted_by_category(gate):
    for name in ("casino.example", "casino.example", "www.casino.example", "plain.example"):
        gate.ask(name)
    told = observed(gate)
    assert told["observed"] == 3 and told["category_observed"] == {"gambling": 3} and told["names_left_s"] == 0
    assert "gambling         3" in gate.control("observed").stdout


def test_names_are_gathered_only_on_request_and_wiped_by_stop(gate):
    gate.ask("casino.example")
    assert observed(gate, "--names") == {"left_s": 0, "names": []}
    assert observed(gate, "--names", "--for", "10m")["left_s"] == 600
    for name in ("a.casino.example", "b.casino.example", "a.casino.example", "plain.example", "game.example"):
        gate.ask(name)
    told = observed(gate, "--names")
    assert told["names"] == [{"name": "a.casino.example", "count": 2}, {"name": "b.casino.example", "count": 1}]
    status = json.loads(gate.control("status", "--json", check=False).stdout)
    assert 0 < status["observed_names_left_s"] <= 600
    assert "names are gathered now" in tool("privacy", "--config", gate.config_path, "--socket", gate.socket).stdout
    assert observed(gate, "--names", "--stop")["left_s"] == 0
    assert observed(gate, "--names")["names"] == []
    assert "names are gathered now" not in tool("privacy", "--config", gate.config_path, "--socket", gate.socket).stdout


def test_names_of_confidential_lists_are_never_among_them(gate):
    observed(gate, "--names", "--for", "10m")
    gate.ask("held.example")
    gate.ask("casino.example")
    assert [row["name"] for row in observed(gate, "--names")["names"]] == ["casino.example"]


def test_names_are_for_the_operator_alone(gate):
    done = tool("observed", "--names", "--socket", gate.folder / "portal.sock", check=False)
    assert done.returncode == 5
    assert tool("observed", "--socket", gate.folder / "portal.sock").returncode == 0


def test_times_that_are_none_are_refused(gate):
    for words in (["--for", "10m"], ["--stop"], ["--names", "--for", "0s"], ["--names", "--for", "x"], ["--names", "--stop", "--for", "1m"],
                  ["--names", "--for", "2h"]):
        assert gate.control("observed", *words, check=False).returncode == 2, words


def test_signs_are_counted_for_profiles_that_care(gate):
    for name in ("resolver.example", "dns.resolver.example", "use-application-dns.net", "mask.icloud.com", "game.example"):
        gate.ask(name)
    assert counters(gate)["bypass_signs"] == 4
    assert "4 looked for a way around" in gate.control("status", check=False).stdout
    for name in ("resolver.example", "use-application-dns.net"):
        assert gate.ask(name, source="127.0.0.2").rcode() == dns.rcode.NOERROR
    assert counters(gate)["bypass_signs"] == 4


def test_signs_stand_beside_the_device_that_gave_them(stairgate, upstream):
    upstream.set("*", "A", "192.0.2.1")
    made = stairgate(upstreams=[upstream], config=CONFIG.replace("hotline: hotline.set", ""), lists=LISTS, more="state: {path: state.db}")
    made.control("devices", "name", "127.0.0.3", "phone")
    for name in ("resolver.example", "use-application-dns.net"):
        made.ask(name, source="127.0.0.3")
    made.ask("resolver.example")
    assert counters(made)["bypass_signs"] == 3
    shown = json.loads(made.control("devices", "show", "phone", "--json").stdout)
    assert shown["bypass"] == 2


def test_a_profile_that_only_observes_counts_what_no_category_would_block(stairgate, upstream):
    upstream.set("*", "A", "192.0.2.1")
    made = stairgate(upstreams=[upstream], config=CONFIG.replace("child: {{", "child: {{mode: observe, deny: [mine.example], "),
                     lists=LISTS, start=False)
    seal(made.folder, "hotline", ["held.example"])
    made.start()
    for name, count in (("clean.example", 0), ("mine.example", 1), ("game.example", 2)):
        assert ask(made.port, name).answer
        assert counters(made)["observed"] == count
    assert counters(made)["category_observed"]["games"] == 1
