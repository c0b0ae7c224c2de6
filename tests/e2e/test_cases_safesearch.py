"""Cases of safe search: an engine's name leads to its safe name, whole, coherent over types and transports, and in no way back.

The map is synthetic; the built-in table is gone through with a scripted upstream that answers for every name of it.
"""
import dns.flags
import dns.rcode
import dns.rdatatype
import pytest

from harness import ROOT, addresses, ask, ede, tool

KID, ADULT, TEEN, HALF = "127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"
UNSAFE, SAFE, MILD = "203.0.113.50", "203.0.113.51", "203.0.113.52"
OF_NAME = ("A", "AAAA", "HTTPS", "SVCB", "ANY", "CNAME", "MX", "TXT")

CONFIG = """\
listen: [{listen}]
clients: {{allow: [127.0.0.0/8]}}
upstreams: [{upstreams}]
safe_search_ttl: 90s
safe_search_maps:
  - {{engine: seek, name: search.example, strict: safe.search.example}}
  - {{engine: seek, name: www.search.example, strict: safe.search.example}}
  - {{engine: find, name: find.example, strict: safe.find.example}}
  - {{engine: youtube, name: www.video.example, strict: restrict.video.example, moderate: moderate.video.example}}
  - {{engine: wild, name: wild.example}}
profiles:
  kid: {{style: STYLE, block: [search_unsafe], KID}}
  adult: {{}}
  teen: {{safe_search: [seek], youtube: moderate}}
  half: {{youtube: strict}}
networks:
  - {{prefix: 127.0.0.2, profile: adult}}
  - {{prefix: 127.0.0.3, profile: teen}}
  - {{prefix: 127.0.0.4, profile: half}}
default_profile: kid
special: {{test: forward}}
sets: {{public: lists.set}}
control: {{operator: control.sock}}
server: {{workers: {workers}}}
{more}
"""


def config(style="nodata", kid="safe_search: all, youtube: strict"):
    return CONFIG.replace("STYLE", style).replace("KID", kid)


def fill(upstream, names=("search.example", "www.search.example", "find.example", "www.video.example"), target=SAFE):
    """The unsafe side in every type, and a safe side with addresses alone."""
    for name in names:
        upstream.set(name, "A", UNSAFE)
        upstream.set(name, "AAAA", "2001:db8::50")
        for rdtype in ("HTTPS", "SVCB"):
            upstream.set(name, rdtype, f"1 . alpn=h2 ipv4hint={UNSAFE} ech=AAA=")
        upstream.set(name, "MX", "10 mail.search.example.")
        upstream.set(name, "TXT", '"unsafe"')
    for name, address in (("safe.search.example", target), ("safe.find.example", target), ("restrict.video.example", target),
                          ("moderate.video.example", MILD)):
        upstream.set(name, "A", address)
        for rdtype in ("AAAA", "MX", "TXT", "CNAME"):
            upstream.set(name, rdtype, authority=[("example.", "SOA", "ns.example. admin.example. 1 3600 600 86400 300")])
        upstream.set(name, "HTTPS", "1 . alpn=h2")


def leads_to(reply, name, target):
    """The alias stands first, and belongs to the asked name."""
    first = reply.answer[0]
    return (first.name.to_text(), first.rdtype, first[0].target.to_text()) == (f"{name}.", dns.rdatatype.CNAME, f"{target}.")


def is_clean(reply):
    text = reply.to_text()
    return UNSAFE not in text and "2001:db8::50" not in text and "ech" not in text and "mail.search" not in text and "unsafe" not in text


def test_C52_the_alias_comes_with_what_is_known_of_its_target(stairgate, upstream):
    fill(upstream)
    gate = stairgate(upstreams=[upstream], config=config())
    for _ in range(2):  # from the upstream, then from the cache
        reply = gate.ask("search.example")
        assert leads_to(reply, "search.example", "safe.search.example") and addresses(reply) == [SAFE]
        assert 0 < reply.answer[0].ttl <= 90 and not ede(reply)
        for rdtype in ("AAAA", "MX", "TXT"):
            reply = gate.ask("search.example", rdtype)
            assert leads_to(reply, "search.example", "safe.search.example") and len(reply.answer) == 1, rdtype
            assert reply.rcode() == dns.rcode.NOERROR and reply.authority[0].rdtype == dns.rdatatype.SOA, rdtype
        reply = gate.ask("search.example", "HTTPS")
        assert leads_to(reply, "search.example", "safe.search.example") and len(reply.answer) == 1 and is_clean(reply)
        assert reply.authority[0].rdtype == dns.rdatatype.SOA
    assert upstream.count("search.example") == 0, "the unsafe side is never even asked for"
    assert addresses(gate.ask("x.search.example")) == [], "a name below the engine's is not the engine's"


def test_C52_a_silent_target_is_a_failure_and_never_the_unsafe_address(stairgate, upstream):
    fill(upstream)
    for rdtype in OF_NAME:
        upstream.answers[("safe.search.example", rdtype)] = lambda query: None
    gate = stairgate(upstreams=[upstream], config=config(), more="queries: {timeout: 100ms, deadline: 400ms}")
    for rdtype in ("A", "AAAA", "MX"):
        reply = gate.ask("search.example", rdtype, timeout=20)
        assert reply.rcode() == dns.rcode.SERVFAIL and not reply.answer and is_clean(reply)


@pytest.mark.parametrize("style", ["nodata", "nxdomain", "null", "refused"])
def test_C53_a_rewrite_is_an_answer_in_every_style_of_blocks(stairgate, upstream, style):
    fill(upstream)
    gate = stairgate(upstreams=[upstream], config=config(style), lists={"search_unsafe": "search.example\nfind.example\n"})
    reply = gate.ask("search.example")
    assert leads_to(reply, "search.example", "safe.search.example") and addresses(reply) == [SAFE] and not ede(reply)
    counters = gate.status()["counters"]
    assert counters["rewritten"] == 1 and counters["blocked"] == 0
    assert addresses(ask(gate.port, "search.example", source=ADULT)) == [UNSAFE], "off: forwarded"


def test_C53_a_block_stands_above_a_rewrite(stairgate, upstream):
    fill(upstream)
    gate = stairgate(upstreams=[upstream], lists={"games": "search.example\n"},
                     config=config(kid="safe_search: all, deny: [find.example]").replace("[search_unsafe]", "[games]"))
    for name in ("search.example", "find.example"):
        reply = gate.ask(name)
        assert not reply.answer and ede(reply) == [17], name
    assert gate.status()["counters"]["rewritten"] == 0


def test_C53_only_a_rule_that_names_it_lifts_a_rewrite(stairgate, upstream):
    fill(upstream)
    gate = stairgate(upstreams=[upstream], config=config(kid='safe_search: all, allow: [search.example, "=find.example"]'))
    assert addresses(gate.ask("www.search.example")) == [SAFE], "an allow of a name above speaks of blocks"
    assert addresses(gate.ask("search.example")) == [SAFE], "it admits the engine, on its safe side"
    assert addresses(gate.ask("find.example")) == [UNSAFE]


def test_C54_all_types_and_transports_say_the_same(stairgate, upstream):
    fill(upstream)
    gate = stairgate(upstreams=[upstream], config=config())
    for rdtype in OF_NAME:  # the cache is full of the unsafe side
        before = ask(gate.port, "www.video.example", rdtype, source=ADULT)
        assert rdtype in ("ANY", "CNAME") or not is_clean(before), rdtype
    for _ in range(2):
        for options in ({}, {"tcp": True}, {"dnssec": True}, {"edns": False}):
            for rdtype in OF_NAME:
                reply = gate.ask("www.video.example", rdtype, **options)
                assert is_clean(reply) and reply.rcode() == dns.rcode.NOERROR, (rdtype, options)
                assert not reply.flags & dns.flags.AD
                if rdtype == "ANY":
                    assert [one.rdtype for one in reply.answer] == [dns.rdatatype.HINFO]
                    continue
                assert leads_to(reply, "www.video.example", "restrict.video.example"), (rdtype, options)
                assert len(reply.answer) == (2 if rdtype == "A" else 1), (rdtype, options)
                assert bool(reply.authority) is (rdtype not in ("A", "CNAME")), (rdtype, options)
    assert addresses(ask(gate.port, "www.video.example", source=ADULT)) == [UNSAFE]


def test_C54_no_answer_leads_back_to_the_unsafe_side(stairgate, upstream):
    fill(upstream)
    chain = [("safe.search.example", "CNAME", "search.example."), ("search.example", "A", UNSAFE)]
    upstream.set("safe.search.example", "A", *chain)
    upstream.set("mirror.example", "A", ("mirror.example", "CNAME", "search.example."), ("search.example", "A", UNSAFE))
    gate = stairgate(upstreams=[upstream], config=config())
    for name in ("search.example", "mirror.example"):
        reply = gate.ask(name)
        assert not addresses(reply) and is_clean(reply), name
    assert addresses(ask(gate.port, "mirror.example", source=ADULT)) == [UNSAFE]


def test_C55_each_profile_has_its_own_engines_and_levels(stairgate, upstream):
    fill(upstream)
    gate = stairgate(upstreams=[upstream], config=config(kid="safe_search: all"))
    want = {KID: (SAFE, SAFE, UNSAFE), ADULT: (UNSAFE, UNSAFE, UNSAFE), TEEN: (SAFE, UNSAFE, MILD), HALF: (UNSAFE, UNSAFE, SAFE)}
    for _ in range(2):
        for source, found in want.items():
            for name, address in zip(("search.example", "find.example", "www.video.example"), found):
                assert addresses(ask(gate.port, name, source=source)) == [address], (source, name)
    reply = gate.ask("www.wild.example")
    assert not reply.answer and ede(reply) == [17], "an engine that cannot be made safe, without any list"


def test_C55_wrong_engines_and_levels_are_refused_with_what_there_is(tmp_path):
    path = tmp_path / "stairgate.yaml"
    for option, told in (("youtube: very strict", "known here: off, moderate, strict"), ("safe_search: [gogle]", "did you mean 'google'?"),
                         ("safe_search: strict", "known here: all, off, google, bing, duckduckgo"),
                         ("safe_search: [yahoo]", "block the category search_unsafe instead"),
                         ("safe_search: [youtube]", "youtube: strict")):
        path.write_text("profiles: {kid: {%s}}\n" % option)
        done = tool("config", "check", path, check=False)
        assert done.returncode != 0 and told in done.stdout + done.stderr, (option, done.stdout, done.stderr)


def table():
    rows = (ROOT / "config/data/safesearch.tsv").read_text().splitlines()
    return [line.split("\t") for line in rows if line and not line.startswith("#")]


def test_every_engine_of_the_table_is_led_to_its_safe_side(stairgate, upstream):
    rows = table()
    for target in {row[2] for row in rows} | {row[3] for row in rows}:
        upstream.set(target, "A", SAFE)
        upstream.set(target, "AAAA", "2001:db8::51")
    gate = stairgate(upstreams=[upstream], config=config())
    for engine, host, strict, moderate, *_ in rows:
        for rdtype in ("A", "AAAA", "HTTPS", "ANY"):
            reply = gate.ask(host, rdtype)
            if strict == "-":
                assert not reply.answer and ede(reply) == [17], (host, rdtype)
            elif rdtype == "ANY":
                assert [one.rdtype for one in reply.answer] == [dns.rdatatype.HINFO], host
            else:
                assert leads_to(reply, host, strict) and len(reply.answer) == (1 if rdtype == "HTTPS" else 2), (host, rdtype)
        assert upstream.count(host) == 0, host
        if moderate != "-":
            assert leads_to(ask(gate.port, host, source=TEEN), host, moderate)
    assert len({row[0] for row in rows if row[2] != "-"}) >= 9
