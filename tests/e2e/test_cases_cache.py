"""Cases about the cache, over the real daemon; each test is named by its case in docs/cases.md.

Time passes here as it does for a user, so lifetimes are a second or two and waits end with what they wait for. What needs hours is
in tests/scenario, where the clock is made.
"""
import socket
import time

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from harness import CONFIG_OWN_UPSTREAMS, addresses, ask, ede, wait_for

LISTS = {"porn": "ads.example\n"}
EXPIRED = (22, 23)  # no upstream could be reached


def ttls(reply):
    return [rrset.ttl for rrset in reply.answer + reply.authority]


def exchange(port, query, timeout=5):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(timeout)
        sock.sendto(query.to_wire(), ("127.0.0.1", port))
        return dns.message.from_wire(sock.recv(65535))


def failing(query):
    reply = dns.message.make_response(query, recursion_available=True)
    reply.set_rcode(dns.rcode.SERVFAIL)
    return reply


def silent(query):
    return None


def test_C19_ttls_are_the_time_left(stairgate, upstream):
    upstream.set("a.test", "A", "198.51.100.1")
    upstream.answers[("b.test", "A")] = chain
    gate = stairgate(upstreams=[upstream], lists=LISTS)
    for name, first in (("a.test", [300]), ("b.test", [60, 300]), ("no.test", [60])):
        assert ttls(gate.ask(name)) == first
        later = wait_for(lambda: [ttl for ttl in [ttls(gate.ask(name))] if ttl != first], "TTLs to count down")[0]
        passed = first[0] - later[0]
        assert 1 <= passed <= 20 and later == [ttl - passed for ttl in first]
        with_do = gate.ask(name, dnssec=True)
        assert with_do.edns == 0 and with_do.ednsflags == dns.flags.DO, "the TTL field of OPT holds flags"
        assert upstream.count(name, "A") == 2, "one without DO, one with it"


def chain(query):
    reply = dns.message.make_response(query, recursion_available=True)
    reply.answer = [dns.rrset.from_text("b.test.", 60, "IN", "CNAME", "a.test."),
                    dns.rrset.from_text("a.test.", 300, "IN", "A", "198.51.100.1")]
    return reply


def test_C19_at_its_end_a_name_is_asked_again_and_its_ttl_is_whole(stairgate, upstream):
    upstream.set("short.test", "A", "198.51.100.1", ttl=2)
    gate = stairgate(upstreams=[upstream], lists=LISTS, more="cache: {prefetch: no}")
    assert ttls(gate.ask("short.test")) == [2]
    seen = []

    def asked_twice():
        seen.append(ttls(gate.ask("short.test"))[0])
        return upstream.count("short.test") == 2
    wait_for(asked_twice, "the end of a TTL of 2 s")
    assert seen[-1] == 2 and set(seen[:-1]) <= {2, 1, 0} and sorted(seen[:-1], reverse=True) == seen[:-1]


def test_C19_a_least_ttl_counts_down_too(stairgate, upstream):
    upstream.set("five.test", "A", "198.51.100.1", ttl=5)
    gate = stairgate(upstreams=[upstream], lists=LISTS, more="cache: {min_ttl: 60s}")
    assert ttls(gate.ask("five.test")) == [60]
    wait_for(lambda: 40 < ttls(gate.ask("five.test"))[0] < 60, "the TTL to count down")
    assert upstream.count("five.test") == 1


def signed(query):
    """What a validating upstream says: AD, and with DO a signature; its own OPT has its own size and a cookie."""
    reply = dns.message.make_response(query, recursion_available=True)
    reply.flags |= dns.flags.AD
    reply.answer.append(dns.rrset.from_text("s.test.", 300, "IN", "A", "192.0.2.1"))
    if query.ednsflags & dns.flags.DO:
        reply.answer.append(dns.rrset.from_text("s.test.", 300, "IN", "RRSIG",
                                                "A 13 2 300 20300101000000 20200101000000 1 test. " + "AA" * 43 + "A="))
    reply.use_edns(0, query.ednsflags & dns.flags.DO, 4096, options=[dns.edns.GenericOption(10, b"c" * 16)])
    return reply


def test_C20_each_gets_the_opt_that_it_sent_also_from_the_cache(stairgate, upstream):
    upstream.answers[("s.test", "A")] = signed
    gate = stairgate(upstreams=[upstream], lists=LISTS)
    shapes = []
    for options in ({"dnssec": True}, {"dnssec": True}, {}, {"edns": False}) * 2:
        reply = gate.ask("s.test", **options)
        assert not reply.options, "no option of the upstream's"
        assert reply.edns == (-1 if options.get("edns") is False else 0)
        assert reply.payload == (1232 if reply.edns == 0 else 0)
        assert bool(reply.ednsflags & dns.flags.DO) is bool(options.get("dnssec"))
        shapes.append((len(reply.answer), len(reply.authority), len(reply.additional)))
    assert shapes == [(2, 0, 0), (2, 0, 0), (1, 0, 0), (1, 0, 0)] * 2
    assert upstream.count("s.test") == 2, "one with DO, one without"


@pytest.mark.parametrize("trusted", ["yes", "no"])
def test_C16_ad_from_the_cache_goes_to_those_who_asked(stairgate, upstream, trusted):
    upstream.answers[("s.test", "A")] = signed
    gate = stairgate(lists=LISTS, config=CONFIG_OWN_UPSTREAMS, more=f"upstreams: [{{address: {upstream}, trusted: {trusted}}}]")
    for _ in range(2):
        for edns, flags, dnssec, records in ((False, 0, False, 1), (False, dns.flags.AD, False, 1), (True, 0, True, 2),
                                             (True, dns.flags.CD, True, 2)):
            reply = gate.ask("s.test", edns=edns, dnssec=dnssec, flags=dns.flags.RD | flags)
            wants = trusted == "yes" and (dnssec or bool(flags & dns.flags.AD))
            if not flags & dns.flags.CD:
                assert bool(reply.flags & dns.flags.AD) is wants, (edns, flags, dnssec)
            assert len(reply.answer) == records and (reply.flags & dns.flags.CD) == (flags & dns.flags.CD)
    assert upstream.count("s.test") == 3, "plain, DO, and DO with CD: an unvalidated answer serves nobody else"


def subnet(text, prefix):
    return dns.edns.ECSOption(text, prefix)


def test_C21_no_client_gets_anothers_subnet(stairgate, upstream):
    upstream.set("e.test", "A", "198.51.100.1")
    gate = stairgate(upstreams=[upstream], lists=LISTS)
    for options in ([subnet("192.0.2.0", 24)], [subnet("2001:db8:5::", 56)], []):
        query = dns.message.make_query("e.test", "A", use_edns=0, options=options)
        reply = exchange(gate.port, query)
        assert addresses(reply) == ["198.51.100.1"] and not reply.options
    assert upstream.count("e.test") == 1
    assert all(not query.options for *_, query in upstream.seen)
    assert "192.0.2." not in gate.process.log()


def test_C22_a_failure_hides_no_answer_and_is_soon_forgotten(stairgate, upstream):
    upstream.set("w.test", "A", "198.51.100.1", ttl=1)
    good = upstream.answers[("w.test", "A")]
    gate = stairgate(upstreams=[upstream], lists=LISTS, more="cache: {prefetch: no}")
    assert addresses(gate.ask("w.test")) == ["198.51.100.1"]
    upstream.answers[("w.test", "A")] = failing
    reply = wait_for(lambda: [one for one in [gate.ask("w.test", timeout=8)] if ede(one)], "an answer after its time")[0]
    assert addresses(reply) == ["198.51.100.1"] and ede(reply) == [3] and ttls(reply) == [30]
    upstream.answers[("w.test", "A")] = good
    wait_for(lambda: not ede(gate.ask("w.test", timeout=8)), "a fresh answer after the failure's 1 to 5 s", 6)


def test_C22_without_stale_answers_a_failure_is_a_failure_for_seconds(stairgate, upstream):
    upstream.set("w.test", "A", "198.51.100.1", ttl=1)
    good = upstream.answers[("w.test", "A")]
    gate = stairgate(upstreams=[upstream], lists=LISTS, more="cache: {stale: 0s, min_ttl: 1s, prefetch: no}")
    assert addresses(gate.ask("w.test")) == ["198.51.100.1"]
    upstream.answers[("w.test", "A")] = failing
    wait_for(lambda: gate.ask("w.test", timeout=8).rcode() == dns.rcode.SERVFAIL, "the end of the answer's TTL")
    asked = upstream.count("w.test")
    assert [gate.ask("w.test").rcode() for _ in range(10)] == [dns.rcode.SERVFAIL] * 10
    assert upstream.count("w.test") <= asked + 3, "a failure is kept for a moment"
    upstream.answers[("w.test", "A")] = good
    wait_for(lambda: addresses(gate.ask("w.test", timeout=8)), "a fresh answer", 6)


def test_C22_a_failure_is_not_kept_for_the_least_ttl(stairgate, upstream):
    upstream.answers[("x.test", "A")] = failing
    gate = stairgate(upstreams=[upstream], lists=LISTS, more="cache: {min_ttl: 60s}")
    assert gate.ask("x.test", timeout=8).rcode() == dns.rcode.SERVFAIL
    upstream.set("x.test", "A", "198.51.100.1")
    wait_for(lambda: addresses(gate.ask("x.test", timeout=8)), "the right answer", 6)


def test_C22_a_failure_with_do_leaves_the_answer_without(stairgate, upstream):
    upstream.set("second.test", "A", "198.51.100.1")
    good = upstream.answers[("second.test", "A")]
    upstream.answers[("second.test", "A")] = lambda query: failing(query) if query.ednsflags & dns.flags.DO else good(query)
    gate = stairgate(upstreams=[upstream], lists=LISTS)
    assert addresses(gate.ask("second.test")) == ["198.51.100.1"]
    assert gate.ask("second.test", dnssec=True, timeout=8).rcode() == dns.rcode.SERVFAIL
    reply = gate.ask("second.test")
    assert addresses(reply) == ["198.51.100.1"] and not ede(reply) and 200 < ttls(reply)[0] <= 300


def test_C23_a_dead_upstream_is_bridged_within_a_clients_patience_and_not_for_ever(stairgate, upstream):
    upstream.set("lb.test", "A", "198.51.100.1", ttl=1)
    gate = stairgate(upstreams=[upstream], lists=LISTS, more="cache: {stale: 4s, prefetch: no}")
    assert addresses(gate.ask("lb.test")) == ["198.51.100.1"]
    upstream.answers[("*", "NS")] = upstream.answers[("lb.test", "A")] = silent
    replies = []

    def stale():
        begun = time.monotonic()
        reply = gate.ask("lb.test", timeout=8)
        replies.append((reply, time.monotonic() - begun))
        return 3 in ede(reply)
    wait_for(stale, "an answer after its time", 8)
    reply, took = replies[-1]
    assert addresses(reply) == ["198.51.100.1"] and ttls(reply) == [30] and took < 3, "within 1.8 s and what a busy machine adds"
    over = wait_for(lambda: [one for one in [gate.ask("lb.test", timeout=8)] if one.rcode() == dns.rcode.SERVFAIL], "the end of patience", 20)
    assert ede(over[0])[0] in EXPIRED


def crowd(port, name, count):
    """COUNT clients ask for NAME at once; their answers."""
    sockets = []
    for number in range(count):
        query = dns.message.make_query(name, "A", use_edns=0, payload=1232)
        query.id = number
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.connect(("127.0.0.1", port))
        sockets.append((sock, query.to_wire()))
    for sock, wire in sockets:
        sock.send(wire)
    replies = []
    for sock, _ in sockets:
        sock.settimeout(8)
        replies.append(dns.message.from_wire(sock.recv(4096)))
        sock.close()
    return replies


def test_C23_a_hundred_clients_at_a_names_end_are_one_query(stairgate, upstream):
    upstream.set("lb.test", "A", "198.51.100.1", ttl=1)
    gate = stairgate(upstreams=[upstream], lists=LISTS, more="cache: {prefetch: no}")
    gate.ask("lb.test")
    begun = time.monotonic()
    upstream.set("lb.test", "A", "198.51.100.2")
    wait_for(lambda: time.monotonic() > begun + 1.2, "a TTL of 1 s to pass")
    replies = crowd(gate.port, "lb.test", 100)
    assert [addresses(reply) for reply in replies] == [["198.51.100.2"]] * 100 and {reply.id for reply in replies} == set(range(100))
    assert upstream.count("lb.test") == 2 and not any(map(ede, replies))


def test_C24_what_clients_add_to_a_question_is_no_other_question(stairgate, upstream):
    upstream.set("p.test", "A", "198.51.100.1")
    gate = stairgate(upstreams=[upstream], lists=LISTS)
    option = dns.edns.GenericOption
    for i, (name, payload, flags, options) in enumerate((
            ("p.test", 1232, 0, [option(10, b"cookie-1")]), ("p.test", 1232, 0, [option(10, b"cookie-2")]),
            ("P.TEST", 512, 0, [option(12, b"\0" * 9)]), ("p.TesT", 4096, dns.flags.AD, [option(12, b"\0" * 40)]),
            ("p.test", 1232, 0, [option(65001, b"random"), option(10, b"cookie-3")]),
            ("p.test", 1232, 0, [option(10, b"cookie-4"), option(65001, b"other")]),
            ("p.test", 1232, 0, []), ("p.test", 1400, dns.flags.AD, []), ("P.test", None, 0, []), ("p.test", None, dns.flags.AD, []))):
        query = dns.message.make_query(name, "A", use_edns=False if payload is None else 0, payload=payload, options=options)
        query.flags |= flags
        query.id = 1000 + i
        reply = exchange(gate.port, query)
        assert addresses(reply) == ["198.51.100.1"] and not reply.options and reply.id == query.id
        assert reply.question[0].name.to_text() == name + ".", "each has its own letters"
    assert upstream.count("p.test") == 1
    for _ in range(2):
        gate.ask("p.test", dnssec=True)
        gate.ask("p.test", flags=dns.flags.RD | dns.flags.CD)
    assert upstream.count("p.test") == 3, "DO and CD are questions of their own"


def test_C09_one_entry_for_all_letter_cases(stairgate, upstream):
    upstream.set("good.test", "A", "192.0.2.7")
    gate = stairgate(upstreams=[upstream], lists=LISTS)
    for name in ("Good.Test.", "gOOD.tEST.", "good.test.", "GOOD.TEST."):
        reply = gate.ask(name)
        assert addresses(reply) == ["192.0.2.7"]
        assert reply.question[0].name.to_text() == name == reply.answer[0].name.to_text()
    assert upstream.count("good.test") == 1
    for name in ("x[y.test", "x{y.test"):
        upstream.set(name, "A", "192.0.2.8" if "[" in name else "192.0.2.9")
    assert addresses(gate.ask("x[y.test")) == ["192.0.2.8"] and addresses(gate.ask("x{y.test")) == ["192.0.2.9"]


def test_C26_what_was_cut_is_kept_whole(stairgate, upstream):
    whole = [f"192.0.2.{i}" for i in range(1, 41)]

    def make(query):
        reply = dns.message.make_response(query, recursion_available=True)
        if upstream.seen[-1][2] == "udp":
            reply.flags |= dns.flags.TC
            reply.answer.append(dns.rrset.from_text("long.test.", 300, "IN", "A", *whole[:3]))
        else:
            reply.answer.append(dns.rrset.from_text("long.test.", 300, "IN", "A", *whole))
        return reply
    upstream.answers[("long.test", "A")] = make
    gate = stairgate(upstreams=[upstream], lists=LISTS)
    small = gate.ask("long.test", edns=False)
    assert small.flags & dns.flags.TC, "40 addresses are more than 512 octets"
    assert len(addresses(gate.ask("long.test", tcp=True))) == 40
    assert len(addresses(gate.ask("long.test"))) == 40
    assert upstream.count("long.test") == 2, "once over UDP and once over TCP, for all three clients"


def test_what_is_kept_below_a_name_that_does_not_exist_is_not_asked_for(stairgate, upstream):
    gate = stairgate(upstreams=[upstream], lists=LISTS)
    assert gate.ask("no.test").rcode() == dns.rcode.NXDOMAIN
    for name in ("a.no.test", "b.a.no.test"):
        reply = gate.ask(name, "AAAA")
        assert reply.rcode() == dns.rcode.NXDOMAIN and reply.authority[0].rdtype == dns.rdatatype.SOA
        assert upstream.count(name) == 0
    upstream.set("yes.test", "A", "192.0.2.1")
    assert addresses(gate.ask("yes.test")) == ["192.0.2.1"]


def test_an_alias_to_nowhere_denies_nothing_below_itself(stairgate, upstream):
    """NXDOMAIN is about the end of the chain (RFC 6604 §3): what is below the alias may well be there."""
    upstream.set("gone.test", "A", ("gone.test", "CNAME", "nowhere.test."), rcode=dns.rcode.NXDOMAIN,
                 authority=[("test.", "SOA", "ns.test. admin.test. 1 3600 600 86400 60")])
    upstream.set("x.gone.test", "A", "192.0.2.1")
    gate = stairgate(upstreams=[upstream], lists=LISTS)
    for _ in range(2):
        reply = gate.ask("gone.test")
        assert reply.rcode() == dns.rcode.NXDOMAIN and len(reply.answer) == 1
        assert addresses(gate.ask("x.gone.test")) == ["192.0.2.1"]
    assert upstream.count("gone.test") == 1


def test_a_popular_name_is_renewed_before_its_end(stairgate, upstream):
    """While somebody asks all the time, nobody ever waits: each answer comes from the cache, and the upstream is asked early."""
    upstream.set("hot.test", "A", "198.51.100.1", ttl=10)
    gate = stairgate(upstreams=[upstream], lists=LISTS)
    left = []

    def renewed():
        left.append(ttls(gate.ask("hot.test"))[0])
        return upstream.count("hot.test") == 2
    wait_for(renewed, "a second query for a name with a TTL of 10 s", 12)
    assert min(left) >= 1, "it was renewed before its end"


def test_a_childs_answer_is_short_lived_and_an_adults_is_not(stairgate, upstream):
    upstream.set("www.test", "A", "192.0.2.1", ttl=7200)
    gate = stairgate(upstreams=[upstream], lists=LISTS)
    for _ in range(2):
        assert ttls(ask(gate.port, "www.test", source="127.0.0.1"))[0] <= 300
        assert 7000 < ttls(ask(gate.port, "www.test", source="127.0.0.2"))[0] <= 7200
    assert upstream.count("www.test") == 1


def test_a_name_flushed_is_asked_again(stairgate, upstream):
    for name in ("a.test", "x.a.test", "b.test"):
        upstream.set(name, "A", "192.0.2.1")
    gate = stairgate(upstreams=[upstream], lists=LISTS)

    def asked():
        for name in ("a.test", "x.a.test", "b.test"):
            assert addresses(gate.ask(name)) == ["192.0.2.1"]
        return [upstream.count(name) for name in ("a.test", "x.a.test", "b.test")]
    assert asked() == [1, 1, 1]
    assert "A" in gate.control("cache", "lookup", "a.test").stdout
    gate.control("cache", "flush", "A.test")
    assert asked() == [2, 1, 1]
    gate.control("cache", "flush", "a.test", "--below")
    assert asked() == [3, 2, 1]
    gate.control("cache", "flush", "--all")
    assert asked() == [4, 3, 2]
