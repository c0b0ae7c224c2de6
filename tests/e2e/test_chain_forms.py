"""C08 in every form that a chain can take, and what an own allow covers of it; with test_cases_chain.py."""
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from harness import addresses, ask, ede

LISTS = {"porn": "cloak.example\n"}
ADULT = "127.0.0.2"


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
    gate = stairgate(upstreams=[upstream], lists=LISTS)
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
    gate = stairgate(upstreams=[upstream], lists=LISTS)
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
