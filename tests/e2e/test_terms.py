"""Listings with terms through a real daemon, asked by dig over UDP and TCP: each action, types, rewrites, observed lists."""
import json
import subprocess

import dns.flags
import pytest

from harness import addresses, ede, tool, wait_for

ZONE = """\
$TTL 60
@ SOA localhost. admin.localhost. 1 3600 600 86400 60
@ NS localhost.
nd.example CNAME *.
drop.example CNAME rpz-drop.
tcp.example CNAME rpz-tcp-only.
addr.example A 192.0.2.7
addr.example AAAA 2001:db8::7
text.example TXT "blocked by the house"
mail.example MX 10 mx.example.
alias.example CNAME safe.example.
toblocked.example CNAME nd.example.
"""
ADBLOCK = """\
||typed.example^$dnstype=AAAA
||but.example^$dnstype=~AAAA
||refused.example^$dnsrewrite=REFUSED
||nx.example^$dnsrewrite=NXDOMAIN
||softened.example^$dnsrewrite=NXDOMAIN,dnstype=A
"""


def dig(gate, name, kind="A", *words):
    """Returns status, flags and the lines of the answer section; None where dig got no answer."""
    done = subprocess.run(["dig", "-p", str(gate.port), "@127.0.0.1", "+time=2", "+tries=1", "+ignore", name, kind, *words],
                          capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        return None
    head = next(line for line in done.stdout.splitlines() if "status:" in line)
    flags = next(line for line in done.stdout.splitlines() if line.startswith(";; flags:"))
    answers = [" ".join(line.split()) for line in done.stdout.splitlines() if line and not line.startswith(";")]
    return head.split("status: ")[1].split(",")[0], flags.split(":")[1].split(";")[0].split(), [a for a in answers if " SOA " not in a]


@pytest.fixture
def gate(stairgate, upstream):
    upstream.set("*", "A", "192.0.2.1")
    upstream.set("safe.example", "A", "192.0.2.9")
    made = stairgate(upstreams=[upstream], start=False)
    files = {"zone.rpz": ZONE, "rules.txt": ADBLOCK, "watch.txt": "seen.example\n"}
    for name, text in files.items():
        (made.folder / name).write_text(text)
    tool("set", "build", "--out", made.folder / "lists.set", "--category", f"gambling={made.folder}/zone.rpz:rpz,rewrites=yes",
         "--category", f"porn={made.folder}/rules.txt:adblock,rewrites=yes",
         "--category", f"social={made.folder}/watch.txt:plain,observe=yes,feed=watched")
    return made.start()


@pytest.mark.parametrize("tcp", [False, True])
def test_each_action_over_udp_and_tcp(gate, tcp):
    way = ["+tcp"] if tcp else []
    plain = ["qr", "rd", "ra"]
    assert dig(gate, "nx.example", "A", *way) == ("NXDOMAIN", plain, [])
    assert dig(gate, "a.nx.example", "TXT", *way) == ("NXDOMAIN", plain, [])
    assert dig(gate, "softened.example", "A", *way) == ("NOERROR", plain, []), "other types may be there (RFC 8020)"
    assert dig(gate, "nd.example", "A", *way) == ("NOERROR", plain, [])
    assert dig(gate, "refused.example", "A", *way) == ("REFUSED", plain, [])
    assert dig(gate, "drop.example", "A", *way) is None
    assert dig(gate, "addr.example", "A", *way) == ("NOERROR", plain, ["addr.example. 10 IN A 192.0.2.7"])
    assert dig(gate, "addr.example", "AAAA", *way) == ("NOERROR", plain, ["addr.example. 10 IN AAAA 2001:db8::7"])
    assert dig(gate, "addr.example", "MX", *way) == ("NOERROR", plain, [])
    assert dig(gate, "text.example", "TXT", *way) == ("NOERROR", plain, ['text.example. 10 IN TXT "blocked by the house"'])
    assert dig(gate, "mail.example", "MX", *way) == ("NOERROR", plain, ["mail.example. 10 IN MX 10 mx.example."])
    assert dig(gate, "toblocked.example", "A", *way) == ("NOERROR", plain, [])


def test_tcp_alone_is_truncated_over_udp_and_clean_over_tcp(gate, upstream):
    assert dig(gate, "tcp.example") == ("NOERROR", ["qr", "tc", "rd", "ra"], [])
    assert upstream.count("tcp.example") == 0
    status, flags, answers = dig(gate, "tcp.example", "A", "+tcp")
    assert (status, flags) == ("NOERROR", ["qr", "rd", "ra"]) and answers[0].endswith("IN A 192.0.2.1")
    assert gate.status()["counters"]["blocked"] == 0


@pytest.mark.parametrize("tcp", [False, True])
def test_a_rewrite_to_a_name_gives_its_live_answer(gate, upstream, tcp):
    status, _, answers = dig(gate, "alias.example", "A", *(["+tcp"] if tcp else []))
    assert status == "NOERROR" and answers == ["alias.example. 10 IN CNAME safe.example.", answers[1]]
    assert answers[1].startswith("safe.example. ") and answers[1].endswith("IN A 192.0.2.9")
    assert upstream.count("alias.example") == 0 and upstream.count("safe.example", "A") == 1
    reply = gate.ask("Alias.Example")
    assert reply.answer[0].name.to_text() == "Alias.Example." and addresses(reply) == ["192.0.2.9"] and ede(reply) == [17, 4]
    assert not reply.flags & dns.flags.AD
    gate.ask("safe.example")
    assert upstream.count("safe.example", "A") == 1, "the target's answer is kept for all"


def test_types(gate):
    assert ede(gate.ask("typed.example", "AAAA")) == [17] and addresses(gate.ask("typed.example")) == ["192.0.2.1"]
    assert ede(gate.ask("but.example")) == [17] and ede(gate.ask("but.example", "AAAA")) == []


def test_an_observed_list_counts_and_blocks_nothing(gate):
    assert addresses(gate.ask("x.seen.example")) == ["192.0.2.1"]
    told = json.loads(gate.control("why", "seen.example", "--json").stdout)
    assert not told["blocked"] and told["observed"] == ["social"] and "'watched', which is only observed" in told["sentence"]
    counters = gate.status()["counters"]
    assert counters["blocked"] == 0 and counters["observed"] == 1 and counters["category_observed"] == {"social": 1}


@pytest.mark.parametrize("name, words", [
    ("nx.example", ["blocked", "NXDOMAIN", "action nxdomain"]), ("drop.example", ["without an answer", "action drop", "answer      none"]),
    ("tcp.example", ["passes over TCP", "action tcp"]), ("addr.example", ["records of its own", "A 192.0.2.7", "AAAA 2001:db8::7"]),
    ("alias.example", ["leads to 'safe.example'", "CNAME safe.example"]), ("toblocked.example", ["which is blocked itself"]),
    ("typed.example", ["for some types"])])
def test_why_tells_of_the_action(gate, name, words):
    online = gate.control("why", name, "--type", "A").stdout
    assert all(word in online for word in words), online
    assert tool("why", name, "--config", gate.config_path).stdout == online


def test_the_log_names_nobody(gate):
    gate.ask("alias.example")
    gate.ask("nx.example")
    wait_for(lambda: gate.status()["counters"]["blocked"] == 2, "the counts")
    assert "alias" not in gate.process.log() and "nx.example" not in gate.process.log()
