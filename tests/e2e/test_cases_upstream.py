"""Cases about upstreams, over the real daemon; each test is named by its case in docs/cases.md."""
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from harness import Upstream, addresses, ede, wait_for


@pytest.fixture
def second():
    one = Upstream()
    yield one
    one.stop()


def a(name, address, owner=None):
    """An answer maker: NAME's question, one A record of OWNER."""
    def make(query):
        reply = dns.message.make_response(query, recursion_available=True)
        reply.answer.append(dns.rrset.from_text((owner or name) + ".", 300, "IN", "A", address))
        return reply
    return make


@pytest.mark.parametrize("rcode", ["SERVFAIL", "REFUSED"])
def test_C25_one_healthy_upstream_is_enough(stairgate, upstream, second, rcode):
    upstream.set("x.test", "A", rcode=dns.rcode.from_text(rcode))
    second.set("x.test", "A", "198.51.100.4")
    gate = stairgate(upstreams=[upstream, second])
    reply = gate.ask("x.test", timeout=2)
    assert addresses(reply) == ["198.51.100.4"]


def test_C25_when_all_fail_the_client_hears_so(stairgate, upstream, second):
    for one in (upstream, second):
        one.set("x.test", "A", rcode=dns.rcode.SERVFAIL)
    gate = stairgate(upstreams=[upstream, second])
    reply = gate.ask("x.test", timeout=6)
    assert reply.rcode() == dns.rcode.SERVFAIL and ede(reply)
    assert upstream.total() + second.total() <= 6


def cut(records):
    def make(query):
        reply = dns.message.make_response(query, recursion_available=True)
        reply.flags |= dns.flags.TC
        if records:
            reply.answer.append(dns.rrset.from_text("long.test.", 300, "IN", "A", *[f"192.0.2.{i}" for i in range(1, records + 1)]))
        return reply
    return make


@pytest.mark.parametrize("kept", [3, 0])
def test_C26_a_cut_reply_is_fetched_whole_over_tcp(stairgate, upstream, kept):
    whole = [f"192.0.2.{i}" for i in range(1, 31)]
    made = []

    def make(query):
        made.append(1)
        if upstream.seen[-1][2] == "udp":
            return cut(kept)(query)
        reply = dns.message.make_response(query, recursion_available=True)
        reply.answer.append(dns.rrset.from_text("long.test.", 300, "IN", "A", *whole))
        return reply
    upstream.answers[("long.test", "A")] = make
    gate = stairgate(upstreams=[upstream])
    reply = gate.ask("long.test")
    assert not reply.flags & dns.flags.TC and len(addresses(reply)) == 30
    small = gate.ask("long.test", edns=False)
    assert (small.flags & dns.flags.TC) or len(addresses(small)) == 30
    assert len(addresses(gate.ask("long.test", tcp=True))) == 30


def test_C26_without_tcp_the_cut_is_passed_on_never_a_part_as_the_whole(stairgate, upstream):
    upstream.answers[("long.test", "A")] = cut(3)
    upstream.tcp.close()
    gate = stairgate(upstreams=[upstream])
    reply = gate.ask("long.test", timeout=8)
    assert reply.flags & dns.flags.TC or reply.rcode() == dns.rcode.SERVFAIL


def other_question(query):
    other = dns.message.make_query("victim.test", "A")
    other.id = query.id
    return a("victim.test", "203.0.113.66")(other)


def not_a_response(query):
    reply = a("a.test", "203.0.113.66")(query)
    wire = bytearray(reply.to_wire())
    wire[2] &= 0x7F
    return bytes(wire)


def foreign_owner(query):
    return a("a.test", "203.0.113.66", owner="victim.test")(query)


def extra_record(query):
    reply = a("a.test", "198.51.100.1")(query)
    reply.answer.append(dns.rrset.from_text("victim.test.", 300, "IN", "A", "203.0.113.66"))
    return reply


@pytest.mark.parametrize("lie", [other_question, not_a_response, foreign_owner, extra_record])
def test_C28_what_was_not_asked_reaches_nobody(stairgate, upstream, second, lie):
    upstream.answers[("a.test", "A")] = lie
    second.set("a.test", "A", "198.51.100.1")
    upstream.set("victim.test", "A", "198.51.100.9")
    second.set("victim.test", "A", "198.51.100.9")
    gate = stairgate(upstreams=[upstream, second])
    reply = gate.ask("a.test", timeout=8)
    assert "203.0.113.66" not in addresses(reply)
    assert all(rrset.name.to_text() == "a.test." for rrset in reply.answer)
    assert addresses(gate.ask("victim.test")) == ["198.51.100.9"]


def test_C29_upstreams_that_were_all_dead_are_asked_again(stairgate, upstream, second):
    silent = [True]

    def make(query):
        return None if silent[0] else a("x.test", "198.51.100.1")(query)
    for one in (upstream, second):
        one.answers[("*", "A")] = make
    gate = stairgate(upstreams=[upstream, second])
    for _ in range(2):
        reply = gate.ask("x.test", timeout=6)
        assert reply.rcode() == dns.rcode.SERVFAIL and ede(reply)[0] in (22, 23)
    silent[0] = False
    wait_for(lambda: addresses(gate.ask("x.test", timeout=6)), "fresh answers", 5)
    assert gate.process.log().count("event=upstream_down") <= 2
