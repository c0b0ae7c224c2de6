"""Cases of what an answer leads to: aliases in every form, hints and addresses, over the real daemon; `why` tells by what it was.

Addresses of the house itself are test_rebind.py.
"""
import json

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from harness import addresses, ask, ede

CHILD, ADULT = "127.0.0.1", "127.0.0.2"
LISTS = {"gambling": "track.example\n203.0.113.0/24\n2001:db8:66::/48\n", "legal_order": "ordered.example\n198.51.100.99\n"}


def why(gate, name, client=CHILD, *words):
    return json.loads(gate.control("why", name, "--client", client, *words, "--json").stdout)


def test_C03_each_check_uses_the_clients_own_profile(stairgate, upstream):
    upstream.set("shop.example", "A", ("shop.example", "CNAME", "c.track.example."), ("c.track.example", "A", "198.51.100.8"))
    gate = stairgate(upstreams=[upstream], lists=LISTS)
    assert why(gate, "shop.example")["chain"] == {"known": False, "items": 0, "by": None, "suffix": None, "feeds": []}
    assert "not known here yet: ask it once" in gate.control("why", "shop.example").stdout
    for source in (CHILD, ADULT, CHILD, ADULT):
        reply = ask(gate.port, "shop.example", source=source)
        if source == CHILD:
            assert reply.rcode() == dns.rcode.NOERROR and not reply.answer and ede(reply) == [17]
        else:
            assert len(reply.answer) == 2 and addresses(reply) == ["198.51.100.8"] and not ede(reply)
    assert upstream.count("shop.example") == 1
    told = why(gate, "shop.example")
    assert told["verdict"] == "block" and told["blocked"] and told["matched"] == ["gambling"]
    assert told["sentence"].startswith("blocked: category gambling by 'c.track.example' in the chain of 'shop.example'")
    assert told["chain"]["by"] == "c.track.example" and told["chain"]["suffix"] == "track.example"
    assert told["chain"]["feeds"][0]["category"] == "gambling"
    assert told["answer"]["ede"] == [17] and told["answer"]["style"] == "nodata"
    told = why(gate, "shop.example", ADULT)
    assert told["verdict"] == "forward" and told["chain"]["known"] and told["chain"]["items"] == 2


def test_C08_why_tells_by_which_name_of_the_chain_it_was(stairgate, upstream):
    for rdtype, last in (("A", "198.51.100.20"), ("HTTPS", "1 . alpn=h2")):
        upstream.set("metrics.shop.test", rdtype, ("metrics.shop.test", "CNAME", "m.track.example."),
                     ("m.track.example", "CNAME", "edge.cdn.test."), ("edge.cdn.test", rdtype, last))
    gate = stairgate(upstreams=[upstream], lists=LISTS)
    for rdtype in ("A", "HTTPS"):
        reply = gate.ask("metrics.shop.test", rdtype)
        assert not reply.answer and reply.authority[0].name.to_text() == "metrics.shop.test."
        told = why(gate, "metrics.shop.test", CHILD, "--type", rdtype)
        assert told["chain"]["by"] == "m.track.example" and "metrics.shop.test" in told["sentence"]


CLOAK = {"porn": "cloak.example\n"}


def records(*lines, authority=(), additional=()):
    """An answer maker: lines as in a zone file, in this order."""
    def make(query):
        reply = dns.message.make_response(query, recursion_available=True)
        for section, texts in ((reply.answer, lines), (reply.authority, authority), (reply.additional, additional)):
            for text in texts:
                owner, rdtype, data = text.split(None, 2)
                section.append(dns.rrset.from_text(owner + ".", 300, "IN", rdtype, data))
        return reply
    return make


def long_chain(first, hops):
    names = [first, *[f"h{i}.{first}" for i in range(1, hops)], "m.cloak.example"]
    return [f"{one} CNAME {following}." for one, following in zip(names, names[1:])] + ["m.cloak.example A 198.51.100.20"]


CHAINS = {
    "middle.test": ["middle.test CNAME m.cloak.example.", "m.cloak.example CNAME edge.cdn.test.", "edge.cdn.test A 198.51.100.20"],
    "last.test": ["last.test CNAME edge.cdn.test.", "edge.cdn.test CNAME m.cloak.example.", "m.cloak.example A 198.51.100.20"],
    "shuffled.test": ["edge.cdn.test A 198.51.100.20", "m.cloak.example CNAME edge.cdn.test.", "shuffled.test CNAME m.cloak.example."],
    "x.dname.test": ["dname.test DNAME cloak.example.", "x.dname.test CNAME x.cloak.example.", "x.cloak.example A 198.51.100.20"],
    "capitals.test": ["capitals.test CNAME M.CLOAK.EXAMPLE.", "M.CLOAK.EXAMPLE A 198.51.100.20"],
    "fifteen.test": long_chain("fifteen.test", 15),
    "eighteen.test": long_chain("eighteen.test", 18),  # longer than any that is followed
    "bare.test": ["bare.test CNAME m.cloak.example."],
}


def test_C08_in_no_form_does_a_record_of_the_chain_reach_the_child(stairgate, upstream):
    gate = stairgate(upstreams=[upstream], lists=CLOAK)
    for name, lines in CHAINS.items():
        for rdtype in ("A", "AAAA", "HTTPS"):
            upstream.answers[(name, rdtype)] = records(*[line for line in lines if rdtype == "A" or " A " not in line])
        for options in ({}, {"tcp": True}, {"dnssec": True}) * 2:  # the second time from the cache
            for rdtype in ("A", "AAAA", "HTTPS"):
                reply = gate.ask(name, rdtype, timeout=8, **options)
                assert not reply.answer and "cloak" not in reply.to_text(), name
                if name == "eighteen.test":
                    assert reply.rcode() == dns.rcode.SERVFAIL
                else:
                    assert ede(reply) == [17] and reply.authority[0].rdtype == dns.rdatatype.SOA, name
        reply = ask(gate.port, name, source=ADULT, timeout=8)
        assert bool(addresses(reply)) is (name not in ("eighteen.test", "bare.test")), "an adult gets the chain"


def test_C08_a_listed_name_outside_the_chain_is_of_no_interest(stairgate, upstream):
    upstream.answers[("www.shop.test", "A")] = records("www.shop.test A 198.51.100.21", "m.cloak.example A 198.51.100.22",
                                                       authority=["shop.test NS ns.cloak.example."],
                                                       additional=["ns.cloak.example A 198.51.100.53"])
    gate = stairgate(upstreams=[upstream], lists=CLOAK)
    for _ in range(2):
        reply = gate.ask("www.shop.test")
        assert addresses(reply) == ["198.51.100.21"] and "cloak" not in reply.to_text()


ALLOWING = """\
listen: [{listen}]
clients: {{allow: [127.0.0.0/8]}}
upstreams: [{upstreams}]
profiles:
  kid: {{extends: primary}}
  lifted: {{extends: primary, allow: [shop.test]}}
networks: [{{prefix: 127.0.0.2, profile: lifted}}]
default_profile: kid
special: {{test: forward}}
sets: {{public: lists.set}}
control: {{operator: control.sock}}
server: {{workers: {workers}}}
{more}
"""


def test_C06_C03_an_own_allow_covers_its_chain_but_not_what_is_grave(stairgate, upstream):
    for name, leads in (("shop.test", "cloak"), ("www.shop.test", "virus"), ("abuse.shop.test", "abuse")):
        upstream.answers[(name, "A")] = records(f"{name} CNAME c.{leads}.example.", f"c.{leads}.example A 198.51.100.8")
    gate = stairgate(upstreams=[upstream], config=ALLOWING,
                     lists={"porn": "cloak.example\n", "malware": "virus.example\n", "csam": "abuse.example\n"})
    for _ in range(2):
        assert not addresses(gate.ask("shop.test"))
        assert addresses(ask(gate.port, "shop.test", source="127.0.0.2")) == ["198.51.100.8"], "or an allow were useless behind a CDN"
        for name in ("www.shop.test", "abuse.shop.test"):
            for source in ("127.0.0.1", "127.0.0.2"):
                assert not addresses(ask(gate.port, name, source=source)), "what is grave is lifted for no chain"
    assert upstream.count("shop.test") == 1

def test_C07_hints_and_targets_of_services_are_checked(stairgate, upstream):
    upstream.set("hint.test", "HTTPS", "1 . alpn=h2 ipv4hint=203.0.113.9")
    upstream.set("hint6.test", "HTTPS", "1 . alpn=h2 ipv6hint=2001:db8:66::9")
    upstream.set("target.test", "HTTPS", "1 h.track.example. alpn=h2")
    upstream.set("mail.test", "MX", "10 mx.track.example.")
    upstream.set("_x._tcp.test", "SRV", "0 0 443 s.track.example.")
    upstream.set("open.test", "HTTPS", "1 h.other.example. ipv4hint=198.51.100.1")
    gate = stairgate(upstreams=[upstream], lists=LISTS)
    for name, rdtype in (("hint.test", "HTTPS"), ("hint6.test", "HTTPS"), ("target.test", "HTTPS"), ("mail.test", "MX"),
                         ("_x._tcp.test", "SRV")):
        for _ in range(2):
            reply = gate.ask(name, rdtype)
            assert not reply.answer and ede(reply) == [17], name
        assert ask(gate.port, name, rdtype, source=ADULT).answer, name
    assert gate.ask("open.test", "HTTPS").answer
    told = why(gate, "hint.test", CHILD, "--type", "HTTPS")
    assert told["chain"]["by"] == "203.0.113.9" and told["chain"]["suffix"] == "203.0.113.0/24"


@pytest.mark.parametrize("address, rdtype", [("203.0.113.9", "A"), ("2001:db8:66::1", "AAAA"), ("64:ff9b::203.0.113.9", "AAAA")])
def test_a_listed_address_blocks_as_a_name_does(stairgate, upstream, address, rdtype):
    upstream.set("shop.test", rdtype, address)
    gate = stairgate(upstreams=[upstream], lists=LISTS)
    assert not gate.ask("shop.test", rdtype).answer
    assert ask(gate.port, "shop.test", rdtype, source=ADULT).answer


def test_what_the_operator_blocks_in_a_chain_is_one_word_to_all(stairgate, upstream):
    upstream.set("a.test", "A", ("a.test", "CNAME", "x.ordered.example."), ("x.ordered.example", "A", "198.51.100.8"))
    upstream.set("b.test", "A", "198.51.100.99")
    upstream.set("c.test", "A", ("c.test", "CNAME", "order.example."), ("order.example", "A", "198.51.100.8"))
    gate = stairgate(upstreams=[upstream], lists=LISTS, more="operator: {deny: [order.example, d.test]}")
    texts, shapes = set(), set()
    for name in ("a.test", "b.test", "c.test", "d.test"):
        for source in (CHILD, ADULT):
            reply = ask(gate.port, name, source=source)
            assert not reply.answer and ede(reply) == [15]
            shapes.add((reply.rcode(), len(reply.to_wire())))
        told = why(gate, name, ADULT)
        assert told.pop("name") == name
        texts.add(json.dumps(told))
    assert len(shapes) == 1 and len(texts) == 1
    assert "operator policy" in texts.pop()
