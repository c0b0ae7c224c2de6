"""What keeps the resolver from being an index of what it may not tell: a client that meets too much of it hears nothing, a person
who asks too often is told to wait, and no number moves around one query. Real daemon, synthetic names."""
import json
import os
import re
import signal
import socket

import dns.exception
import dns.message
import dns.rcode
import pytest

from harness import addresses, ask, ede, seal, tool, wait_for

HITS = 5
LISTED = [f"n{i}.listed.example" for i in range(40)]
ORDERED = [f"n{i}.ordered.example" for i in range(40)]
CONFIG = """\
listen: [{listen}]
clients: {{allow: [127.0.0.0/8, 192.0.2.0/24, "::1"]}}
upstreams: [{upstreams}]
profiles:
  child: {{extends: primary, observe: [gambling]}}
default_profile: child
special: {{test: forward}}
sets: {{public: lists.set, hotline: hotline.set}}
control: {{operator: control.sock}}
operator: {{deny: [ordered.example]}}
state: {{path: state.db}}
server: {{workers: {workers}}}
{more}
"""
NOW = 1_800_000_000


def sealed(hits=HITS, per="10m", drop="10m"):
    return f"tier: school\nsealed: {{key: hotline.key, budget: {{hits: {hits}, per: {per}, drop: {drop}}}}}\n"


@pytest.fixture
def gate(stairgate, upstream):
    def make(more=None, **options):
        made = stairgate(config=CONFIG, upstreams=[upstream], start=False, more=sealed() if more is None else more, at=NOW, **options)
        seal(made.folder, "hotline", ["listed.example"])
        return made.start()
    return make


def is_silent(made, name="open.test", *, source="127.0.0.1", tcp=False):
    """Whether nothing comes back. That it stays so cannot be waited for: a second is long on loopback, and another client's answer
    that came meanwhile shows that the server was not merely slow."""
    try:
        ask(made.port, name, source=source, tcp=tcp, timeout=1.0)
    except (dns.exception.Timeout, EOFError, ConnectionError):
        assert ask(made.port, "localhost", source="127.0.0.77").rcode() == dns.rcode.NOERROR
        return True
    return False


def put_out(made, source="127.0.0.1", *, tcp=False, names=None):
    for name in (names or LISTED[:HITS - 2] + ORDERED[:2]):
        assert ede(ask(made.port, name, source=source, tcp=tcp)) == [15]
    assert is_silent(made, LISTED[-1], source=source, tcp=tcp), "the name after the last that the budget has"


# --- clients ---

@pytest.mark.parametrize("tcp", [False, True])
def test_one_client_is_silenced_while_others_are_served(gate, upstream, tcp):
    made = gate()
    upstream.set("open.test", "A", "192.0.2.7")
    put_out(made, tcp=tcp)
    for by_tcp in (False, True):
        assert is_silent(made, "open.test", tcp=by_tcp)
        assert is_silent(made, ORDERED[9], tcp=by_tcp)
        assert is_silent(made, "localhost", tcp=by_tcp)
        for source in ("127.0.0.2", "127.0.0.3"):
            assert ask(made.port, "open.test", source=source, tcp=by_tcp).rcode() == dns.rcode.NOERROR
            assert ede(ask(made.port, LISTED[0], source=source, tcp=by_tcp)) == [15]


def test_silence_ends(gate):
    made = gate()
    put_out(made)
    made.clock.pass_ms(590_000)
    assert is_silent(made)
    made.clock.pass_ms(12_000)
    assert ede(made.ask(LISTED[0], source="127.0.0.1")) == [15]
    put_out(made, names=LISTED[:HITS])


def test_a_program_that_repeats_itself_is_not_silenced(gate):
    made = gate()
    for _ in range(10):
        for rdtype in ("A", "AAAA", "HTTPS", "TXT"):
            for name in LISTED[:HITS]:
                assert ede(made.ask(name, rdtype, source="127.0.0.1")) == [15]


def test_a_reload_changes_the_bound_at_once(gate, upstream):
    made = gate()
    put_out(made)
    made.write(CONFIG, [upstream], more=sealed(hits=0))
    made.control("reload")
    for name in LISTED:
        assert ede(made.ask(name, source="127.0.0.1")) == [15]


def test_names_of_public_lists_cost_nothing(gate):
    made = gate()
    for i in range(4 * HITS):
        assert ede(made.ask(f"n{i}.adult-site.example", source="127.0.0.1")) == [17]


def test_who_is_behind_a_trusted_proxy_is_silenced_alone(gate):
    made = gate(sealed() + "proxies: [127.0.0.9]\n")

    def by_proxy(name, client):
        body = socket.inet_aton(client) + socket.inet_aton("198.51.100.5") + (4711).to_bytes(2, "big") + (53).to_bytes(2, "big")
        wire = b"\r\n\r\n\0\r\nQUIT\n" + bytes([0x21, 0x12]) + len(body).to_bytes(2, "big") + body + \
            dns.message.make_query(name, "A", use_edns=0).to_wire()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.bind(("127.0.0.9", 0))
            one.settimeout(1.0)
            one.sendto(wire, ("127.0.0.1", made.port))
            try:
                return ede(dns.message.from_wire(one.recv(4096)))
            except TimeoutError:
                return None
    for name in LISTED[:HITS]:
        assert by_proxy(name, "192.0.2.20") == [15]
    assert by_proxy(LISTED[-1], "192.0.2.20") is None
    assert by_proxy("localhost", "192.0.2.20") is None
    assert by_proxy(LISTED[-1], "192.0.2.30") == [15]


# --- people ---

def why(made, name, **more):
    return made.control("why", name, "--json", check=False, **more)


def test_why_costs_the_same_and_says_so_of_every_name(gate):
    made = gate()
    for name in LISTED[:HITS - 1] + ORDERED[:1] + LISTED[:2]:
        assert json.loads(why(made, name).stdout)["rule"] == "operator_policy"
    for name in (LISTED[20], ORDERED[20], "nowhere.example", "open.test", LISTED[0]):
        done = why(made, name)
        assert done.returncode == 6 and "asked too often; wait 10 min" in done.stderr, done
        assert name not in done.stderr + done.stdout
    made.clock.pass_ms(600_000)
    assert json.loads(why(made, "nowhere.example").stdout)["verdict"] == "forward"


def test_why_of_a_rewrite_costs_what_it_leads_to(gate):
    """Who may write a list that leads names elsewhere has no index for nothing, with or without the server."""
    made = gate()
    rules = made.folder / "rules.txt"
    rules.write_text("".join(f"||w{i}.example^$dnsrewrite=NOERROR;CNAME;{name}\n" for i, name in enumerate(LISTED)))
    tool("set", "build", "--out", made.folder / "lists.set", "--category", f"porn={rules}:adblock,rewrites=yes")
    made.control("reload")
    for ask_why in (lambda name: why(made, name), lambda name: tool("why", name, "--json", "--config", made.config_path, check=False)):
        for i in range(HITS):
            assert "which is blocked itself" in ask_why(f"w{i}.example").stdout
        done = ask_why(f"w{HITS}.example")
        assert done.returncode == 6 and "asked too often" in done.stderr and "w5" not in done.stdout, done


def test_a_grant_costs_as_why_does(gate):
    made = gate()
    for name in LISTED[:HITS]:
        done = made.control("allow", name, "--profile", "child", "--as", "guardian", check=False)
        assert "operator policy" in done.stderr, done
    done = made.control("allow", LISTED[-1], "--profile", "child", "--as", "guardian", check=False)
    assert done.returncode == 6 and "asked too often" in done.stderr, done
    assert "asked too often" in why(made, "nowhere.example").stderr


def test_why_without_a_server_pays_too_and_its_account_names_nobody(gate):
    made = gate()
    config = ["--config", made.config_path]
    for name in LISTED[:HITS]:
        assert json.loads(tool("why", name, "--json", *config).stdout)["rule"] == "operator_policy"
    for name in (LISTED[20], "nowhere.example"):
        done = tool("why", name, *config, check=False)
        assert done.returncode == 6 and "asked too often; wait 10 min" in done.stderr
    account = made.folder / "asked"
    assert account.stat().st_mode & 0o777 == 0o600
    assert b"listed" not in account.read_bytes()


def test_an_account_that_cannot_be_written_leaves_the_set_alone(gate):
    made = gate()
    (made.folder / "asked").mkdir()
    done = tool("why", LISTED[0], "--json", "--config", made.config_path)
    assert "legal and hotline lists are not looked into" in done.stderr
    assert json.loads(done.stdout)["rule"] != "operator_policy"


def expectations(folder, names, expect="blocked"):
    path = folder / "expect.yaml"
    path.write_text("".join(f"- {{name: {name}, profile: child, expect: {expect}}}\n" for name in names))
    return path


def test_expectations_of_a_few_such_names_hold_again_and_again(gate):
    made = gate()
    path = expectations(made.folder, LISTED[:2] + ORDERED[:HITS - 2])
    for _ in range(4):
        assert "5 hold" in tool("test", "--config", made.config_path, path).stdout


def test_a_dictionary_of_expectations_is_no_index(gate):
    made = gate()
    words = [f"w{i}.nowhere.example" for i in range(2000)]
    path = expectations(made.folder, words[:1000] + LISTED + words[1000:], "allowed")
    done = tool("test", "--config", made.config_path, "--json", path, check=False)
    assert done.returncode == 6 and "asked too often" in done.stderr
    assert not any(name in done.stdout for name in LISTED + ORDERED + words), "a refused run tells of no name"


# --- numbers ---

def verb(made, do):
    with socket.socket(socket.AF_UNIX) as one, one.makefile() as lines:
        one.settimeout(30)
        one.connect(str(made.socket))
        one.sendall(json.dumps({"v": 1, "id": 1, "do": do}).encode() + b"\n")
        return json.loads(lines.readline())["result"]


def status_lines(made):
    return re.findall(r"event=status (.*)", made.process.log())


def numbers(made):
    """All that can be read of numbers, but for those that time alone changes."""
    status, *more = (verb(made, do) for do in ("status", "cache_stats", "observed", "devices"))
    for key in ("uptime_s", "pid", "started", "loaded"):
        status.pop(key)
    lines = len(status_lines(made))
    os.kill(made.server_pid(), signal.SIGUSR1)
    return status, more, wait_for(lambda: status_lines(made)[lines:], "a status line")


@pytest.mark.parametrize("tcp", [False, True])
def test_no_number_moves_around_one_query(gate, upstream, tcp):
    made = gate(sealed(hits=0), workers=1)
    upstream.set("open.test", "A", "192.0.2.7")
    wait_for(lambda: numbers(made) == numbers(made), "numbers that stand still")
    idle = numbers(made)
    for name in (LISTED[0], ORDERED[0], LISTED[1]):
        assert ede(made.ask(name, source="127.0.0.1", tcp=tcp)) == [15]
        assert numbers(made) == idle, name
    made.ask("open.test", source="127.0.0.1", tcp=tcp)
    assert numbers(made) != idle, "an ordinary query is seen: this test can fail"


def test_what_answers_lead_to_moves_what_any_answer_does(gate, upstream):
    made = gate(sealed(hits=0))
    for alias, target in (("one.test", "open.test"), ("two.test", LISTED[0]), ("six.test", ORDERED[0])):
        upstream.set(alias, "A", (alias, "CNAME", f"{target}."), (target, "A", "198.51.100.7"))
    moved = []
    for alias in ("one.test", "two.test", "six.test"):
        before = made.status(check=False)["counters"]
        reply = made.ask(alias, source="127.0.0.1")
        assert (addresses(reply), ede(reply)) == ((["198.51.100.7"], []) if alias == "one.test" else ([], [15]))
        after = made.status(check=False)["counters"]
        moved.append({key: (value, before[key]) for key, value in after.items() if value != before[key]})
    keys = [sorted(one) for one in moved]
    assert keys[0] == keys[1] == keys[2] == ["forwarded", "queries"], moved


def test_they_are_let_out_hourly_in_tens(gate):
    made = gate(sealed(hits=0))
    for name in LISTED[:17]:
        made.ask(name, source="127.0.0.1")
    assert made.status(check=False)["counters"]["protected_blocks"] == 0
    made.clock.pass_ms(2 * 3600 * 1000)
    wait_for(lambda: made.status(check=False)["counters"]["protected_blocks"] == 10, "the hour's number")
    counters = made.status(check=False)["counters"]
    assert counters["queries"]["udp"] == counters["blocked"] == 10 and counters["chain_blocked"] == 0
    for name in LISTED[:3]:
        made.ask(name, source="127.0.0.1")
    made.clock.pass_ms(2 * 3600 * 1000)
    wait_for(lambda: made.status(check=False)["counters"]["protected_blocks"] == 20, "the rest, with what came since")


def test_the_log_at_its_most_verbose_says_nothing(stairgate, upstream):
    made = stairgate(config=CONFIG, upstreams=[upstream], start=False, more=sealed(hits=3), at=NOW)
    seal(made.folder, "hotline", ["listed.example"])
    made.arguments += ["--log-level", "debug"]
    made.start()
    before = len(made.process.log())
    for name in (*LISTED[:2], ORDERED[0]):
        made.ask(name, source="127.0.0.1")
        made.ask(name, source="127.0.0.1", tcp=True)
    assert is_silent(made, LISTED[5])
    assert made.process.log()[before:].strip() == ""
