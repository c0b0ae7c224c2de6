"""How upstreams are asked, with real ones: TCP to unbound, one that dies under way and comes back, one without TCP."""
import threading

import dns.message
import dns.name
import dns.rcode
import dns.rrset
import pytest

import wire
from harness import CONFIG_OWN_UPSTREAMS, Recursive, Upstream, addresses, ede, wait_for



def over(upstream, transport, timeout="9s"):
    """UPSTREAM alone, and waited for as long as a busy machine may need."""
    return f"upstreams: [{{address: {upstream}, transport: {transport}}}]\nqueries: {{timeout: {timeout}, deadline: 9s}}"


@pytest.fixture
def own(tmp_path):
    """A recursive upstream that a test may stop; it answers fast.test itself, so that nsd on a busy machine plays no part."""
    folder = tmp_path / "own"
    folder.mkdir()
    one = Recursive(folder, more='  local-zone: "fast.test." redirect\n  local-data: "fast.test. 300 A 192.0.2.50"\n')
    yield one
    one.stop()


def good(query):
    reply = dns.message.make_response(query, recursion_available=True)
    reply.answer.append(dns.rrset.from_text(query.question[0].name, 300, "IN", "A", "198.51.100.1"))
    return reply


def fresh(label, count):
    """COUNT questions that nothing has cached."""
    return [wire.question(dns.name.from_text(f"{label}{i}.fast.test.").to_wire(), 1, payload=1232) for i in range(count)]


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_an_upstream_that_dies_under_load_loses_no_question_and_is_back_at_once(stairgate, own, transport):
    gate = stairgate(config=CONFIG_OWN_UPSTREAMS, more=over(own, transport, "2s"))
    client = wire.Client(gate.port)
    assert {wire.read(one).rcode for one in client.ask(fresh("before", 300))} == {dns.rcode.NOERROR}
    replies = []
    load = threading.Thread(target=lambda: replies.extend(client.ask(fresh("during", 300))))
    load.start()
    own.resolver.stop()
    load.join()
    assert None not in replies, "each client hears something"
    assert {wire.read(one).rcode for one in replies} <= {dns.rcode.NOERROR, dns.rcode.SERVFAIL}
    own.start_resolver()
    wait_for(lambda: gate.ask("mail.test", "MX", timeout=20).answer, "fresh answers")
    assert {wire.read(one).rcode for one in client.ask(fresh("after", 300))} == {dns.rcode.NOERROR}
    client.close()


def test_over_tcp_no_datagram_is_sent_and_one_connection_carries_all(stairgate, upstream):
    upstream.answers[("*", "A")] = good
    gate = stairgate(config=CONFIG_OWN_UPSTREAMS, more=over(upstream, "tcp"))
    wait_for(lambda: addresses(gate.ask("first.test", timeout=20)), "the connection")
    client = wire.Client(gate.port)
    assert {wire.read(one).rcode for one in client.ask(fresh("n", 200))} == {0}
    client.close()
    assert {transport for name, _, transport, _ in upstream.seen if name.startswith("n")} == {"tcp"}


def test_over_tcp_to_a_server_without_tcp_udp_serves(stairgate, upstream):
    upstream.answers[("*", "A")] = good
    upstream.tcp.close()
    gate = stairgate(config=CONFIG_OWN_UPSTREAMS, more=over(upstream, "tcp"))
    assert addresses(gate.ask("x.test", timeout=20)) == ["198.51.100.1"]


def test_letters_of_a_question_upstream_are_random_and_a_server_that_cannot_keep_them_serves(stairgate, upstream):
    gate = stairgate(config=CONFIG_OWN_UPSTREAMS, more=over(upstream, "udp"))
    upstream.answers[("*", "A")] = good
    assert addresses(gate.ask("a-long-name-with-letters.test", timeout=20)) == ["198.51.100.1"]
    asked = [query.question[0].name.to_text() for name, *_, query in upstream.seen if name == "a-long-name-with-letters.test"]
    assert asked[0] != asked[0].lower() and asked[0] != asked[0].upper()

    def lower(query):
        reply = good(query)
        small = dns.name.from_text(query.question[0].name.to_text().lower())
        reply.question[0].name = small
        reply.answer[0].name = small
        return reply
    upstream.answers[("*", "A")] = lower
    for i in range(5):
        reply = gate.ask(f"Another-long-name-{i}.test", timeout=20)
        assert addresses(reply) == ["198.51.100.1"] and reply.question[0].name.to_text() == f"Another-long-name-{i}.test."


def test_when_unbound_is_gone_old_answers_bridge_it_and_new_names_get_an_error(stairgate, own, tmp_path):
    gate = stairgate(config=CONFIG_OWN_UPSTREAMS, more=over(own, "udp", "2s") + "\ncache: {max_ttl: 1s, prefetch: no}")
    assert addresses(gate.ask("www.test")) == ["192.0.2.1"] and len(gate.ask("chain0.test").answer) == 9
    assert gate.ask("no.test").rcode() == dns.rcode.NXDOMAIN
    own.resolver.stop()
    for name, code in (("www.test", 3), ("chain0.test", 3), ("no.test", 19)):
        reply = wait_for(lambda: [one for one in [gate.ask(name, timeout=20)] if ede(one)], "the end of a TTL of 1 s")[0]
        assert ede(reply) == [code], name
        assert (reply.rcode() == dns.rcode.NXDOMAIN) if code == 19 else addresses(reply), name
    reply = gate.ask("new.test", timeout=20)
    assert reply.rcode() == dns.rcode.SERVFAIL and ede(reply)[0] in (22, 23)
    own.start_resolver()
    wait_for(lambda: not ede(gate.ask("www.test", timeout=20)), "a fresh answer")


def test_two_upstreams_over_two_transports_back_each_other(stairgate, upstream):
    second = Upstream()
    for one in (upstream, second):
        one.answers[("*", "A")] = good
    gate = stairgate(config=CONFIG_OWN_UPSTREAMS, more=f"upstreams: [{{address: {upstream}, transport: tcp}}, {{address: {second}}}]\nqueries: {{deadline: 9s}}")
    assert addresses(gate.ask("one.test", timeout=20)) == ["198.51.100.1"]
    upstream.stop()
    assert [addresses(gate.ask(f"two{i}.test", timeout=20)) for i in range(20)] == [["198.51.100.1"]] * 20
    second.stop()
