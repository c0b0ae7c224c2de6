"""What the operator denies, what the law orders and what a hotline names get one answer: compared octet for octet over the wire, for
every type, flag, transport and profile, in chains, and in `why`. Only the id and the name that was asked may differ."""
import itertools
import json
import socket
import struct

import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import pytest

from harness import addresses, ask, ede, seal, tool

# One length, one shape. The first is the operator's own, two are sealed, as legal and hotline lists are; the last is of a public list
# in a category of severity S4, which shares the rule.
NAMES = {"operator": "name-aa.example", "legal": "name-bb.example", "hotline": "name-cc.example", "public": "name-dd.example"}
TYPES = ["A", "AAAA", "HTTPS", "SVCB", "TXT", "MX", "NS", "SOA", "DS", "ANY", "CNAME", "PTR", "TYPE65300"]
BEDTIME = 2142890400  # 2037-11-26 22:00 UTC

CONFIG = """\
listen: [{listen}]
clients: {{allow: [127.0.0.0/8]}}
upstreams: [{upstreams}]
zone: UTC
special: {{test: forward}}
sets: {{public: lists.set, hotline: hotline.set}}
sealed: {{key: hotline.key, budget: {{hits: 0}}}}
state: {{path: state.db}}
control: {{operator: control.sock}}
server: {{workers: {workers}}}
operator: {{deny: [name-aa.example]}}
profiles:
  child: {{extends: primary}}
  adult: {{extends: legal_only, style: nxdomain}}
  closed: {{default: deny, style: "null"}}
  asleep: {{extends: primary, bedtime: ["20:00-06:30"]}}
  allows: {{extends: primary, allow: [name-aa.example, name-bb.example, name-cc.example, name-dd.example]}}
  denies: {{deny: [name-aa.example, name-bb.example, name-cc.example, name-dd.example], style: refused}}
  paused: {{extends: primary}}
  granted: {{extends: primary}}
networks:
  - {{prefix: 127.0.0.2, profile: adult}}
  - {{prefix: 127.0.0.3, profile: closed}}
  - {{prefix: 127.0.0.4, profile: asleep}}
  - {{prefix: 127.0.0.5, profile: allows}}
  - {{prefix: 127.0.0.6, profile: denies}}
  - {{prefix: 127.0.0.7, profile: paused}}
  - {{prefix: 127.0.0.8, profile: granted}}
default_profile: child
{more}
"""
CLIENTS = [f"127.0.0.{i}" for i in range(1, 9)]


def query_of(name, rdtype, *, edns=None, do=False, cd=False, ad=False):
    query = dns.message.make_query(name, rdtype, use_edns=0 if edns else False, payload=edns, want_dnssec=do, id=0x5347)
    query.flags |= (dns.flags.CD if cd else 0) | (dns.flags.AD if ad else 0)
    return query.to_wire()


WAYS = [{}, {"edns": 1232}, {"edns": 512}, {"edns": 4096, "do": True}, {"edns": 1232, "do": True, "cd": True}, {"cd": True}, {"ad": True},
        {"edns": 1232, "cd": True}]


class Wire:
    """Octets in, octets out, from one address."""

    def __init__(self, port, source):
        self.port, self.source = port, source
        self.udp = self.open(socket.SOCK_DGRAM)

    def open(self, kind):
        made = socket.socket(socket.AF_INET, kind)
        made.settimeout(20)
        made.bind((self.source, 0))
        made.connect(("127.0.0.1", self.port))
        return made

    def ask(self, octets, tcp):
        if not tcp:
            self.udp.send(octets)
            return self.udp.recv(65535)
        with self.open(socket.SOCK_STREAM) as one, one.makefile("rb") as stream:
            one.sendall(struct.pack("!H", len(octets)) + octets)
            return stream.read(struct.unpack("!H", stream.read(2))[0])

    def close(self):
        self.udp.close()


def nameless(octets, name):
    """OCTETS with NAME, asked for, taken out wherever it stands."""
    return octets.replace(dns.name.from_text(name).to_wire(), b"\0NAME\0")


@pytest.fixture(params=["", "country: XE"], ids=["nodata", "stop_page"])
def gate(stairgate, upstream, request):
    for name, kind in itertools.product(NAMES.values(), TYPES):  # aliases of each, and of addresses
        label = name.split(".")[0][-2:]
        upstream.set(f"alias{label}.example", kind, (f"alias{label}.example", "CNAME", f"{name}."), (name, "A", "192.0.2.1"))
        upstream.set(f"twice{label}.example", kind, (f"twice{label}.example", "CNAME", "clean.example."),
                     ("clean.example", "CNAME", f"www.{name}."), (f"www.{name}", "A", "192.0.2.1"))
    upstream.set("hostzz.example", "A", "198.51.100.9")
    upstream.set("hostyy.example", "A", "198.51.100.77")
    upstream.set("*", "*", "192.0.2.1")
    lists = {"csam": "name-dd.example\n198.51.100.77\n", "gambling": "name-bb.example\nname-aa.example\n"}
    made = stairgate(upstreams=[upstream], config=CONFIG, lists=lists, more=request.param, at=BEDTIME, start=False)
    seal(made.folder, "hotline", ["name-bb.example", "name-cc.example", "198.51.100.0/28"])
    made.start()
    made.control("allow", "--category", "gambling", "--profile", "granted", "--for", "1h")
    refusals = {(done.returncode, done.stdout, done.stderr.replace(name, "")) for name in NAMES.values()
                for done in [made.control("allow", name, "--profile", "granted", "--for", "1h", check=False)]}
    assert len(refusals) == 1, refusals
    made.control("pause", "--profile", "paused", "--for", "1h")
    made.has_page = bool(request.param)
    return made


def compare(gate, names, types, clients=CLIENTS, ways=WAYS):
    """Asks for each of NAMES alike; returns the answers to the first, by type and way."""
    kept = {}
    for client in clients:
        wire = Wire(gate.port, client)
        for rdtype, (number, way), tcp in itertools.product(types, enumerate(ways), (False, True)):
            answers = {name: nameless(wire.ask(query_of(name, rdtype, **way), tcp), name) for name in names}
            assert len(set(answers.values())) == 1, (client, rdtype, way, tcp, answers)
            kept[client, rdtype, number, tcp] = next(iter(answers.values()))
        wire.close()
    return kept


def test_every_question_gets_octets_that_tell_nothing(gate, upstream):
    answers = compare(gate, NAMES.values(), TYPES)
    assert upstream.total() == 0, "nothing of it goes outside"
    # nor does the profile matter, but for its own TTL, which is one here
    for (client, *rest), octets in answers.items():
        assert octets == answers[(CLIENTS[0], *rest)], (client, rest)


def test_what_lies_below_a_name_is_answered_as_the_name_is(gate):
    compare(gate, [f"www.{name}" for name in NAMES.values()], ["A", "HTTPS", "DS"], ways=WAYS[:4])


def test_the_answer_is_the_one_that_the_country_sets(gate):
    for name, client in itertools.product(NAMES.values(), CLIENTS):
        for rdtype, page in (("A", "192.0.2.80"), ("AAAA", "2001:db8::80"), ("HTTPS", None), ("ANY", None)):
            reply = ask(gate.port, name, rdtype, source=client)
            assert reply.rcode() == 0
            if gate.has_page and page:
                assert (addresses(reply), ede(reply)) == ([page], [16, 4])
                assert reply.answer[0].ttl == 10
            else:
                assert (addresses(reply), ede(reply)) == ([], [16 if gate.has_page else 15])
                assert reply.authority[0].ttl == 10 and reply.authority[0].rdtype == dns.rdatatype.SOA


def test_chains_that_lead_to_one_are_answered_alike(gate):
    # what answers a question of its own (a closed profile, a bedtime) has no chain
    clients = [client for client in CLIENTS if client not in ("127.0.0.3", "127.0.0.4")]
    for prefix in ("alias", "twice"):
        names = [f"{prefix}{name.split('.')[0][-2:]}.example" for name in NAMES.values()]
        chained = compare(gate, names, TYPES, clients=clients, ways=WAYS[1:4])
        direct = compare(gate, NAMES.values(), TYPES, clients=clients, ways=WAYS[1:4])
        for key, octets in chained.items():
            # RFC 8482 answers ANY before anything is asked; a CNAME that is asked for is not followed
            if key[1] == "ANY" or (prefix, key[1]) == ("twice", "CNAME"):
                continue
            # an EDE, an SOA or an address each: but for the name, and what an upstream says of its own, one answer
            assert octets == direct[key], key


def test_an_address_of_a_range_is_answered_as_a_name_is(gate):
    clients = [client for client in CLIENTS if client not in ("127.0.0.3", "127.0.0.4")]
    by_range = compare(gate, ["hostzz.example", "hostyy.example"], ["A"], clients=clients)
    direct = compare(gate, NAMES.values(), ["A"], clients=clients)
    assert by_range == direct


def without(name, why):
    return json.dumps(why, sort_keys=True).replace(name, "NAME")


def why_of(gate, **arguments):
    with socket.socket(socket.AF_UNIX) as one, one.makefile("rwb") as stream:
        one.settimeout(60)
        one.connect(str(gate.socket))
        stream.write(json.dumps({"v": 1, "id": 1, "do": "why", **arguments}).encode() + b"\n")
        stream.flush()
        return json.loads(stream.readline())["result"]


def test_why_says_operator_policy_and_nothing_else(gate):
    ways = [{"client": client} for client in CLIENTS] + [{"profile": "adult"}, {"profile": "allows"}, {}]
    for way, rdtype in itertools.product(ways, ("A", "HTTPS")):
        told = {without(name, why_of(gate, name=name, type=rdtype, **way)) for name in NAMES.values()}
        assert len(told) == 1, told
        why = json.loads(told.pop())
        assert why["sentence"] == "blocked: operator policy"
        assert (why["rule"], why["rule_name"], why["place"], why["reason"]) == ("operator_policy", None, None, None)
        assert not why["feeds"] and not why["categories"] and not why["matched"] and why["suffix"] is None and why["chain"] is None
    for words in (["--json"], ["--profile", "allows"]):
        told = {tool("why", name, "--config", gate.config_path, *words).stdout.replace(name, "NAME") for name in NAMES.values()}
        assert len(told) == 1 and "operator policy" in next(iter(told)), told


def test_why_says_the_same_of_a_chain(gate):
    names = {name: f"alias{name.split('.')[0][-2:]}.example" for name in NAMES.values()}
    told = set()
    for name, alias in names.items():
        ask(gate.port, alias, source="127.0.0.1")
        told.add(without(alias, json.loads(gate.control("why", alias, "--client", "127.0.0.1", "--json").stdout)))
        assert name not in json.dumps(sorted(told))
    assert len(told) == 1, told
    direct = without(NAMES["operator"], json.loads(gate.control("why", NAMES["operator"], "--client", "127.0.0.1", "--json").stdout))
    assert told == {direct}


# --- entries that are URLs ---

DIVERTING = CONFIG.replace("budget: {{hits: 0}}", "budget: {{hits: 0}}{divert}")


def diverted(stairgate, upstream, divert):
    upstream.set("*", "A", "192.0.2.1")
    upstream.set("*", "AAAA", "2001:db8::1")
    upstream.set("*", "HTTPS", "1 . alpn=h2")
    upstream.set("alias.example", "A", ("alias.example", "CNAME", "pages.example."), ("pages.example", "A", "192.0.2.1"))
    made = stairgate(upstreams=[upstream], config=DIVERTING.replace("{divert}", divert), more="", start=False)
    seal(made.folder, "hotline", ["https://pages.example/one/two.html", "http://pages.example/three"], "--granularity", "url", "--divert")
    return made.start()


def test_a_host_of_listed_pages_gets_the_operators_proxies(stairgate, upstream):
    gate = diverted(stairgate, upstream, ", divert: [192.0.2.200, 192.0.2.201, '2001:db8::200']")
    for client in ("127.0.0.1", "127.0.0.2", "127.0.0.5"):
        reply = ask(gate.port, "pages.example", source=client)
        assert (addresses(reply), ede(reply)) == (["192.0.2.200", "192.0.2.201"], [15, 4])
        reply = ask(gate.port, "pages.example", "AAAA", source=client)
        assert (addresses(reply), ede(reply)) == (["2001:db8::200"], [15, 4])
        for rdtype in ("HTTPS", "SVCB", "ANY", "TXT"):  # no record leads past the proxies
            reply = ask(gate.port, "pages.example", rdtype, source=client)
            assert (len(reply.answer), ede(reply)) == (0, [15]), rdtype
    why = json.loads(gate.control("why", "pages.example", "--json").stdout)
    assert why["sentence"] == "blocked: operator policy"


def test_listed_pages_are_never_widened(stairgate, upstream):
    gate = diverted(stairgate, upstream, ", divert: [192.0.2.200]")
    for name in ("www.pages.example", "other.example", "alias.example"):
        reply = ask(gate.port, name)
        assert (addresses(reply)[-1:], ede(reply)) == (["192.0.2.1"], []), name


def test_without_proxies_a_list_of_pages_blocks_nothing(stairgate, upstream):
    gate = diverted(stairgate, upstream, "")
    for name in ("pages.example", "www.pages.example"):
        reply = ask(gate.port, name)
        assert (addresses(reply), ede(reply)) == (["192.0.2.1"], [])


# --- a set that is not there ---

def test_without_key_or_file_the_operators_own_rules_hold(stairgate, upstream):
    upstream.set("*", "*", "192.0.2.1")
    gate = stairgate(upstreams=[upstream], config=CONFIG, more="", start=False)
    gate.start()  # neither key nor set
    reply = ask(gate.port, "name-aa.example")
    assert (reply.answer, ede(reply)) == ([], [15])
    reply = ask(gate.port, "name-cc.example", source="127.0.0.2")
    assert (addresses(reply), ede(reply)) == (["192.0.2.1"], [14])
    status = gate.status(check=False)
    assert status["health"] != "ok" and "hotline" in json.dumps(status["warnings"])


@pytest.mark.parametrize("harm", ["damaged", "missing", "another_key", "readable"])
def test_the_last_good_set_stays_where_one_is_not_good(stairgate, upstream, harm):
    upstream.set("*", "*", "192.0.2.1")
    gate = stairgate(upstreams=[upstream], config=CONFIG, more="", start=False)
    key, path = seal(gate.folder, "hotline", ["name-cc.example"])
    path.rename(gate.folder / "hotline.set.previous")
    seal(gate.folder, "hotline", ["name-bb.example"])
    if harm == "damaged":
        octets = bytearray(path.read_bytes())
        octets[len(octets) // 2] ^= 1
        path.write_bytes(octets)
    elif harm == "missing":
        path.unlink()
    elif harm == "another_key":
        seal(gate.folder, "other", ["name-bb.example"])[1].rename(path)
    else:
        path.chmod(0o644)
    gate.start()
    for name in ("name-aa.example", "name-cc.example"):
        reply = ask(gate.port, name, source="127.0.0.2")
        assert (reply.answer, ede(reply)) == ([], [15]), name
    assert addresses(ask(gate.port, "name-bb.example", source="127.0.0.2")) == ["192.0.2.1"]
    told = json.dumps(gate.status(check=False))
    assert "sealed set before it is in force" in told and "name-" not in told
