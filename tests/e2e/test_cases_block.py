"""Cases of missed blocks and wrong blocks, over the real daemon; each test is named by its case in docs/cases.md."""
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import pytest

from harness import addresses, ask, build_set, ede

BLOCKED = {"porn": "ads.example\n", "gambling": "casino.example\n"}
ALL_TYPES = ["A", "AAAA", "HTTPS", "SVCB", "MX", "TXT", "CAA", "NS", "SOA", "CNAME", "DNAME", "DS", "DNSKEY", "NSEC", "RRSIG"]


def style(word):
    return f"block: {{style: {word}}}"


@pytest.mark.parametrize("word,rcode", [("nodata", "NOERROR"), ("nxdomain", "NXDOMAIN"), ("null", "NOERROR")])
def test_C07_C11_every_type_of_a_blocked_name_is_blocked_alike(stairgate, upstream, word, rcode):
    upstream.set("*", "*", "192.0.2.1")
    gate = stairgate(upstreams=[upstream], lists=BLOCKED, more=style(word))
    for name in ("ads.example", "cdn.ads.example"):
        for rdtype in ALL_TYPES:
            reply = gate.ask(name, rdtype)
            assert dns.rcode.to_text(reply.rcode()) == rcode, (name, rdtype)
            if not (word == "null" and rdtype in ("A", "AAAA")):
                assert not reply.answer, (name, rdtype)
                assert [rrset.rdtype for rrset in reply.authority] == [dns.rdatatype.SOA], (name, rdtype)
            assert not reply.flags & dns.flags.AD
    assert upstream.total() == 0


def test_C11_the_parent_of_a_blocked_name_is_forwarded(stairgate, upstream):
    upstream.set("example", "DS", "1 13 2 " + "ab" * 32)
    gate = stairgate(upstreams=[upstream], lists=BLOCKED)
    assert gate.ask("example", "DS", dnssec=True).answer
    assert upstream.count("example", "DS") == 1


def test_C09_letter_case_opens_no_door(stairgate, upstream):
    upstream.set("good.test", "A", "192.0.2.7")
    gate = stairgate(upstreams=[upstream], lists={"porn": "0.0.0.0 Bad.Example\n", "malware": "||WORSE.example^\n"},
                     more="records: {names: [{name: Nas.Home.Test, address: [192.168.1.5]}]}")
    for name in ("bad.example", "BAD.EXAMPLE", "bAd.eXaMpLe", "x.WoRsE.ExAmPlE"):
        reply = gate.ask(name)
        assert not reply.answer and ede(reply) == [17], name
        assert reply.question[0].name.to_text() == name + ".", "the question comes back in the client's letter case"
    assert addresses(gate.ask("nAS.home.tEST")) == ["192.168.1.5"]
    reply = gate.ask("gOOD.tEST")
    assert addresses(reply) == ["192.0.2.7"] and reply.question[0].name.to_text() == "gOOD.tEST."
    assert upstream.count("bad.example") == 0


def test_C05_inside_own_rules_the_longest_name_wins(stairgate, upstream):
    upstream.set("*", "A", "192.0.2.1")
    gate = stairgate(upstreams=[upstream], lists={"porn": "portal.example\n"}, config="""\
listen: [{listen}]
clients: {{allow: [127.0.0.0/8]}}
upstreams: [{upstreams}]
profiles:
  child:
    extends: primary
    deny: [chat.portal.example]
    allow: ["=help.chat.portal.example", portal.example]
default_profile: child
special: {{test: forward}}
sets: {{public: lists.set}}
control: {{operator: control.sock}}
server: {{workers: {workers}}}
{more}
""")
    wanted = {"portal.example": True, "www.portal.example": True, "chat.portal.example": False,
              "x.chat.portal.example": False, "help.chat.portal.example": True, "y.help.chat.portal.example": False}
    for name, open_ in wanted.items():
        assert bool(addresses(gate.ask(name))) is open_, name


def test_C06_an_own_allow_stands_above_every_list(stairgate, upstream):
    upstream.set("docs.vendor.example", "A", ("docs.vendor.example", "CNAME", "edge.vendor.example."),
                 ("edge.vendor.example", "A", "192.0.2.9"))
    gate = stairgate(upstreams=[upstream], lists={"porn": "vendor.example\n", "gambling": "0.0.0.0 docs.vendor.example\n"},
                     config="""\
listen: [{listen}]
clients: {{allow: [127.0.0.0/8]}}
upstreams: [{upstreams}]
profiles:
  child: {{extends: primary, allow: ["=docs.vendor.example"]}}
default_profile: child
special: {{test: forward}}
sets: {{public: lists.set}}
control: {{operator: control.sock}}
server: {{workers: {workers}}}
{more}
""")
    for name in ("docs.vendor.example", "DOCS.Vendor.Example"):
        reply = gate.ask(name)
        assert addresses(reply) == ["192.0.2.9"] and len(reply.answer) == 2, name
    for name in ("a.docs.vendor.example", "vendor.example"):
        assert not gate.ask(name).answer, name


def test_two_clients_get_two_verdicts_for_one_name(stairgate, upstream):
    upstream.set("casino.example", "A", "192.0.2.67")
    gate = stairgate(upstreams=[upstream], lists=BLOCKED)
    for tcp in (False, True):
        child = ask(gate.port, "casino.example", source="127.0.0.1", tcp=tcp)
        adult = ask(gate.port, "casino.example", source="127.0.0.2", tcp=tcp)
        assert not child.answer and ede(child) == [17]
        assert addresses(adult) == ["192.0.2.67"] and not ede(adult)


def test_a_client_outside_clients_allow_is_refused_with_ede_18(stairgate, upstream):
    gate = stairgate(upstreams=[upstream], lists=BLOCKED, config="""\
listen: [{listen}]
clients: {{allow: [127.0.0.1]}}
upstreams: [{upstreams}]
profiles: {{child: {{extends: primary}}}}
default_profile: child
sets: {{public: lists.set}}
control: {{operator: control.sock}}
server: {{workers: {workers}}}
{more}
""")
    reply = ask(gate.port, "www.test", source="127.0.0.2")
    assert reply.rcode() == dns.rcode.REFUSED and ede(reply) == [18]
    assert upstream.total() == 0


def test_operator_legal_and_hotline_blocks_look_alike_to_the_adult_too(stairgate, upstream):
    upstream.set("*", "*", "192.0.2.1")
    gate = stairgate(upstreams=[upstream], lists={"csam": "abuse.example\n", "legal_order": "ordered.example\n"},
                     more="operator: {deny: [operator.example]}")
    shapes = set()
    for name in ("abuse.example", "ordered.example", "operator.example"):
        for source in ("127.0.0.1", "127.0.0.2"):
            reply = ask(gate.port, name, source=source)
            assert not reply.answer
            shapes.add((reply.rcode(), tuple(ede(reply)), reply.authority[0].ttl, len(reply.to_wire()) - 2 * len(name)))
    assert {shape[:3] for shape in shapes} == {(dns.rcode.NOERROR, (15,), 10)}
    assert upstream.total() == 0


def test_C30_private_and_special_names_stay_at_home(stairgate, upstream):
    gate = stairgate(upstreams=[upstream], lists=BLOCKED)
    home = ["192.168.1.20", "10.1.2.3", "172.16.9.9", "169.254.1.1", "127.0.0.1"]
    for address in home:
        name = ".".join(reversed(address.split("."))) + ".in-addr.arpa"
        reply = gate.ask(name, "PTR")
        assert reply.rcode() == dns.rcode.NXDOMAIN and reply.authority, name
    for name, rdtype, rcode in [("x.invalid", "A", "NXDOMAIN"), ("tv.local", "A", "NXDOMAIN"), ("printer", "A", "NOERROR"),
                                ("168.192.in-addr.arpa", "SOA", "NOERROR"), ("_dns.resolver.arpa", "SVCB", "NOERROR")]:
        reply = gate.ask(name, rdtype)
        assert dns.rcode.to_text(reply.rcode()) == rcode, name
    assert addresses(gate.ask("localhost")) == ["127.0.0.1"]
    assert addresses(gate.ask("foo.localhost", "AAAA")) == ["::1"]
    assert upstream.total() == 0
    gate.ask("1.0.32.172.in-addr.arpa", "PTR")
    assert upstream.total() == 1, "172.32.0.0 is public"


def test_canaries_answer_nxdomain_only_where_bypasses_are_blocked(stairgate, upstream):
    upstream.set("*", "A", "192.0.2.1")
    gate = stairgate(upstreams=[upstream], lists=BLOCKED)
    for name in ("use-application-dns.net", "mask.icloud.com", "mask-h2.icloud.com"):
        assert ask(gate.port, name, source="127.0.0.1").rcode() == dns.rcode.NXDOMAIN
        assert addresses(ask(gate.port, name, source="127.0.0.2")) == ["192.0.2.1"]


def test_a_pinned_help_site_answers_though_a_list_holds_it(stairgate, upstream):
    upstream.set("*", "A", "192.0.2.1")
    gate = stairgate(upstreams=[upstream], lists={"porn": "childhelplineinternational.org\n"})
    assert addresses(gate.ask("childhelplineinternational.org")) == ["192.0.2.1"]
    assert addresses(gate.ask("www.childhelplineinternational.org")) == ["192.0.2.1"]


def test_nxdomain_never_denies_what_a_list_excepts_below(stairgate, upstream):
    upstream.set("*", "A", "192.0.2.1")
    gate = stairgate(upstreams=[upstream], more=style("nxdomain"),
                     lists={"gambling": "||casino.example^\n@@||ok.sub.casino.example^\n", "porn": "||adult.example^\n"})
    assert addresses(gate.ask("ok.sub.casino.example")) == ["192.0.2.1"]
    for name, rcode in (("casino.example", "NOERROR"), ("sub.casino.example", "NOERROR"), ("adult.example", "NXDOMAIN")):
        reply = gate.ask(name)
        assert (dns.rcode.to_text(reply.rcode()), reply.answer, ede(reply)) == (rcode, [], [17]), name


def test_what_a_reload_blocks_reaches_nobody_who_asked_before(stairgate, upstream):
    """The upstream answers only after the reload: the child must not get the address that is blocked by now."""
    asked, reloaded, replies = threading.Event(), threading.Event(), []
    upstream.set("late.example", "A", "192.0.2.66")
    answer = upstream.answers[("late.example", "A")]

    def hold(query):
        asked.set()
        assert reloaded.wait(20)
        return answer(query)
    upstream.answers[("late.example", "A")] = hold
    gate = stairgate(upstreams=[upstream], lists=BLOCKED, more="queries: {timeout: 10s, deadline: 15s}")
    child = threading.Thread(target=lambda: replies.append(gate.ask("late.example", timeout=20)))
    child.start()
    assert asked.wait(20)
    build_set(gate.folder / "lists.set", {"porn": "late.example\n"})
    gate.control("reload")
    reloaded.set()
    child.join()
    assert not replies[0].answer and ede(replies[0]) == [17]
