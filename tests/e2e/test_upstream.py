"""Upstreams that lie, fail, stall and come back, over the real daemon; with test_cases_upstream.py these are C25 to C29."""
import socket
import struct
import threading
import time
from pathlib import Path

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from harness import Upstream, addresses, ede, wait_for

GOOD, EVIL = "198.51.100.1", "203.0.113.66"


@pytest.fixture
def second():
    one = Upstream()
    yield one
    one.stop()


def good(query, address=GOOD):
    reply = dns.message.make_response(query, recursion_available=True)
    reply.answer.append(dns.rrset.from_text(query.question[0].name, 300, "IN", "A", address))
    return reply


def failure(code=None):
    def make(query):
        reply = dns.message.make_response(query, recursion_available=True)
        reply.set_rcode(dns.rcode.SERVFAIL)
        if code is not None:
            reply.use_edns(0, payload=1232, options=[dns.edns.EDEOption(code)])
        return reply
    return make


def timed(call):
    begun = time.monotonic()
    return call(), time.monotonic() - begun


def state_of(gate, upstream):
    return next(one for one in gate.status()["upstreams"] if str(upstream.port) in one["address"])


def test_C25_a_lame_upstream_costs_no_client_a_second(stairgate, upstream, second):
    upstream.answers[("*", "A")] = failure()
    second.answers[("*", "A")] = good
    gate = stairgate(upstreams=[upstream, second])
    for i in range(20):
        reply, took = timed(lambda: gate.ask(f"n{i}.test"))
        assert addresses(reply) == [GOOD] and took < 1
    assert upstream.total() < 10, "an upstream that only fails is asked last"


def test_C25_a_validators_judgement_is_not_repaired_by_another(stairgate, upstream, second):
    upstream.answers[("*", "A")] = failure(6)
    second.answers[("*", "A")] = good
    reply = stairgate(upstreams=[upstream, second]).ask("bogus.test")
    assert reply.rcode() == dns.rcode.SERVFAIL and 6 in ede(reply)
    assert second.total() == 0


def test_C25_a_failure_is_forgotten_within_five_seconds(stairgate, upstream, second):
    for one in (upstream, second):
        one.answers[("*", "A")] = failure()
    gate = stairgate(upstreams=[upstream, second])
    assert gate.ask("x.test").rcode() == dns.rcode.SERVFAIL
    second.answers[("*", "A")] = good
    wait_for(lambda: addresses(gate.ask("x.test")) == [GOOD], "the right answer", 6)


def crowd(gate, wires, patience):
    """Sends WIRES from a socket each, all at once; returns all that comes to each within PATIENCE, and a little after."""
    sockets = []
    for wire in wires:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.connect(("127.0.0.1", gate.port))
        sockets.append(sock)
        sock.send(wire)
    got = []
    for sock in sockets:
        sock.settimeout(patience)
        replies = [sock.recv(4096)]
        sock.settimeout(0.1)
        try:
            while True:
                replies.append(sock.recv(4096))
        except TimeoutError:
            got.append(replies)
        sock.close()
    return got


@pytest.mark.parametrize("how", ["late", "twice", "servfail", "silent", "blocked"])
def test_C27_each_client_gets_one_reply_with_its_own_id_and_letters(stairgate, upstream, how):
    def make(query):
        if how == "silent":
            return None
        if how == "servfail":
            return failure()(query)
        time.sleep(0.01)
        reply = good(query)
        if how == "twice":
            wire = reply.to_wire()
            for sock_peer in list(peers):
                upstream.udp.sendto(wire, sock_peer)
        return reply
    peers = set()
    receive = upstream.udp.recvfrom

    class Noting:
        def __getattr__(self, name):
            return getattr(plain, name)

        def recvfrom(self, size):
            wire, peer = receive(size)
            peers.add(peer)
            return wire, peer
    plain, upstream.udp = upstream.udp, Noting()
    upstream.answers[("*", "A")] = make
    gate = stairgate(upstreams=[upstream])
    name = "adult-site.example" if how == "blocked" else "same.test"
    wires = []
    for qid, text in zip((0, 1, 0xD1E3, 0xFFFF), (name, name.upper(), name.title(), name)):
        query = dns.message.make_query(text, "A", use_edns=0, payload=1232)
        query.id = qid
        wires.append(query.to_wire())
    for wire, replies in zip(wires, crowd(gate, wires, 7)):
        assert len(replies) == 1, "exactly one reply"
        reply, asked = replies[0], dns.message.from_wire(wire)
        end = 12 + len(asked.question[0].name.to_wire()) + 4
        assert reply[:2] == wire[:2] and reply[12:end] == wire[12:end], "its own id and its own question, octet by octet"
        rcode = dns.message.from_wire(reply).rcode()
        assert rcode == (dns.rcode.SERVFAIL if how in ("servfail", "silent") else dns.rcode.NOERROR)


def changed(change):
    def make(query):
        return change(query, bytearray(good(query, EVIL).to_wire()))
    return make


def question_end(query):
    return 12 + len(query.question[0].name.to_wire())


def as_type(query, wire):
    wire[question_end(query):question_end(query) + 2] = struct.pack("!H", 28)
    return bytes(wire)


def as_class(query, wire):
    wire[question_end(query) + 2:question_end(query) + 4] = struct.pack("!H", 3)
    return bytes(wire)


def without_question(query, wire):
    return bytes(wire[:4] + b"\0\0" + wire[6:12] + wire[question_end(query) + 4:])


def as_update(query, wire):
    wire[2] = wire[2] & 0x87 | 5 << 3
    return bytes(wire)


def other_id(query, wire):
    wire[1] ^= 1
    return bytes(wire)


@pytest.mark.parametrize("change", [as_type, as_class, without_question, as_update, other_id])
def test_C28_a_reply_to_something_else_is_counted_and_another_upstream_asked(stairgate, upstream, second, change):
    upstream.answers[("a.test", "A")] = changed(change)
    second.answers[("a.test", "A")] = good
    gate = stairgate(upstreams=[upstream, second])
    assert addresses(gate.ask("a.test")) == [GOOD]
    assert state_of(gate, upstream)["mismatched"] >= 1


@pytest.mark.parametrize("source", ["port", "address"])
def test_C28_a_reply_from_elsewhere_is_not_seen_and_the_right_one_waited_for(stairgate, upstream, source):
    other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    other.bind(("127.0.0.1", 0) if source == "port" else ("127.0.0.3", upstream.port))
    receive, peers = upstream.udp.recvfrom, []
    plain = upstream.udp

    class Noting:
        def __getattr__(self, name):
            return getattr(plain, name)

        def recvfrom(self, size):
            wire, peer = receive(size)
            peers.append(peer)
            return wire, peer
    upstream.udp = Noting()

    def make(query):
        other.sendto(good(query, EVIL).to_wire(), peers[-1])
        time.sleep(0.05)
        return good(query)
    upstream.answers[("a.test", "A")] = make
    gate = stairgate(upstreams=[upstream], more="queries: {timeout: 9s, deadline: 9s}")
    assert addresses(gate.ask("a.test", timeout=20)) == [GOOD]
    assert upstream.count("a.test") == 1
    other.close()


def test_a_silent_upstream_ends_in_servfail_within_five_seconds_and_six_queries(stairgate, upstream):
    upstream.answers[("*", "A")] = lambda query: None
    gate = stairgate(upstreams=[upstream])
    reply, took = timed(lambda: gate.ask("x.test", timeout=8))
    assert reply.rcode() == dns.rcode.SERVFAIL and ede(reply) == [22] and took < 5
    assert 2 <= upstream.count("x.test") <= 6


def test_a_dead_upstream_costs_one_retry_time_once(stairgate, upstream, second):
    upstream.answers[("*", "A")] = upstream.answers[("*", "NS")] = lambda query: None
    second.answers[("*", "A")] = good
    gate = stairgate(upstreams=[upstream, second])
    times = [timed(lambda: gate.ask(f"n{i}.test"))[1] for i in range(20)]
    assert times[0] < 2 and max(times[1:]) < 0.5, times


def load(gate, stop, failed):
    """20 questions a second, as a house asks; only the ends are looked at."""
    number = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", gate.port))
        sock.setblocking(False)
        while not stop.wait(0.05):
            number += 1
            try:
                sock.send(dns.message.make_query(f"load{number}.test", "A", use_edns=0, payload=1232).to_wire())
                while True:
                    failed.append(sock.recv(4096)[3] & 15 == dns.rcode.SERVFAIL)
            except OSError:
                continue


@pytest.mark.parametrize("how", ["silent", "refused"])
def test_C29_an_outage_ends_when_the_line_is_back_without_a_trace(stairgate, how):
    upstreams = [Upstream(), Upstream()]
    gate = stairgate(upstreams=upstreams)
    for one in upstreams:
        one.answers[("*", "A")] = good
    assert addresses(gate.ask("before.test")) == [GOOD]
    server = gate.server_pid() or gate.process.pid
    descriptors = len(list(Path(f"/proc/{server}/fd").iterdir()))
    if how == "silent":
        for one in upstreams:
            one.answers[("*", "A")] = one.answers[("*", "NS")] = lambda query: None
    else:
        for one in upstreams:
            one.stop()
    stop, failed = threading.Event(), []
    house = threading.Thread(target=load, args=(gate, stop, failed))
    house.start()
    reply, took = timed(lambda: gate.ask("during1.test", timeout=8))
    assert reply.rcode() == dns.rcode.SERVFAIL and ede(reply)[0] in (22, 23) and took < 4.5
    wait_for(lambda: gate.process.log().count("event=upstream_down") == 2, "both upstreams to be down", 10)
    reply, took = timed(lambda: gate.ask("during2.test", timeout=8))
    assert reply.rcode() == dns.rcode.SERVFAIL and took < 4
    if how == "silent":
        for one in upstreams:
            one.answers = {("*", "A"): good}
    else:
        upstreams = [Upstream(port=one.port) for one in upstreams]
        for one in upstreams:
            one.answers[("*", "A")] = good
    wait_for(lambda: addresses(gate.ask("after.test", timeout=6)) == [GOOD], "fresh answers", 5)
    stop.set()
    house.join()
    wait_for(lambda: all(one["up"] for one in gate.status()["upstreams"]), "both upstreams to be up", 5)
    assert gate.process.log().count("event=upstream_down") == 2, "one line when an upstream goes down"
    assert gate.process.log().count("event=upstream_up") == 2, "one line when it comes back"
    assert any(failed), "the house was told so"
    few = descriptors + 2 * 64 + 8  # each upstream keeps at most 64 sockets
    wait_for(lambda: len(list(Path(f"/proc/{server}/fd").iterdir())) <= few, "sockets to be closed")
    for one in upstreams:
        one.stop()


@pytest.mark.parametrize("how", ["formerr", "drops"])
def test_an_upstream_without_edns_still_serves(stairgate, upstream, how):
    def make(query):
        if query.edns < 0:
            return good(query)
        if how == "drops":
            return None
        reply = dns.message.make_response(query, recursion_available=True)
        reply.use_edns(False)
        reply.set_rcode(dns.rcode.FORMERR)
        return reply
    upstream.answers[("*", "A")] = make
    assert addresses(stairgate(upstreams=[upstream]).ask("x.test", timeout=8)) == [GOOD]


def folding(query):
    """Answers as a resolver does that lower-cases what it is asked."""
    wire = bytearray(good(query).to_wire())
    end = question_end(query)
    wire[12:end] = bytes(wire[12:end]).lower()
    return bytes(wire)


def test_letters_are_mixed_and_must_come_back(stairgate, upstream):
    asked = []

    def make(query):
        asked.append(query.question[0].name.to_text())
        return good(query)
    upstream.answers[("*", "A")] = make
    gate = stairgate(upstreams=[upstream])
    for i in range(10):
        reply = gate.ask(f"mixed-letters-{i}.test")
        assert addresses(reply) == [GOOD] and reply.answer[0].name.to_text() == f"mixed-letters-{i}.test."
    assert sum(name != name.lower() for name in asked) >= 9 and sum(name != name.upper() for name in asked) >= 9
    assert state_of(gate, upstream)["mismatched"] == 0


def test_an_upstream_that_folds_case_costs_one_retry_once(stairgate, upstream):
    upstream.answers[("*", "A")] = folding
    gate = stairgate(upstreams=[upstream])
    for i in range(10):
        reply, took = timed(lambda: gate.ask(f"folded-letters-{i}.test"))
        assert addresses(reply) == [GOOD] and took < 0.9
    assert upstream.total() == 11 and state_of(gate, upstream)["folded"] == 1


def test_a_loop_is_recognised_logged_once_and_ended(stairgate, upstream):
    gates, ended = [], []

    def back(query):
        """Asks of its own upstream, which is the gate, what the gate asks of it."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.connect(("127.0.0.1", gates[0].port))
            sock.settimeout(0.2)
            for _ in range(4):
                sock.send(query.to_wire())
            try:
                ended.append(dns.message.from_wire(sock.recv(4096), ignore_trailing=True).rcode())
            except TimeoutError:
                pass  # it was not mixed enough to be told from a client: next time
        return failure()(query)
    upstream.answers[("*", "A")] = back
    gates.append(stairgate(upstreams=[upstream]))
    for i in range(3):
        reply, took = timed(lambda: gates[0].ask(f"goes-round-and-round-{i}.test", timeout=6))
        assert reply.rcode() == dns.rcode.SERVFAIL and took < 4
    assert ended and set(ended) == {dns.rcode.SERVFAIL}
    assert gates[0].process.log().count("event=upstream_loop") == 1


def test_a_crowd_on_this_machine_is_no_loop(stairgate, upstream):
    def slowly(query):
        time.sleep(0.3)
        return good(query)
    upstream.answers[("*", "A")] = slowly
    gate = stairgate(upstreams=[upstream])
    wire = dns.message.make_query("all-ask-this.test", "A", use_edns=0, payload=1232).to_wire()
    for replies in crowd(gate, [wire] * 100, 5):
        assert addresses(dns.message.from_wire(replies[0])) == [GOOD]
    assert upstream.total() == 1 and "upstream_loop" not in gate.process.log()
