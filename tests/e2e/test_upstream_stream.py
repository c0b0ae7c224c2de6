"""Upstreams that are asked over TCP: out of order, closing, stalling, gone and back, over the real daemon."""
import select
import struct
import threading
import time

import dns.message
import dns.rrset
import pytest

from harness import CONFIG, Upstream, addresses, wait_for

GOOD = "198.51.100.1"


def good(query):
    reply = dns.message.make_response(query, recursion_available=True)
    reply.answer.append(dns.rrset.from_text(query.question[0].name, 300, "IN", "A", GOOD))
    return reply


class Streams(Upstream):
    """An upstream that does with its connections as `how` says."""

    how = "good"
    connections = 0

    def _serve_stream(self, peer):
        self.connections += 1
        number = self.connections
        with peer:
            held, answered = [], 0
            while self.running:
                if not select.select([peer], [], [], 0.1)[0]:
                    if held and not self._send(peer, reversed(held)):
                        return
                    held = []
                    continue
                try:
                    wire = self._exactly(peer, struct.unpack("!H", self._exactly(peer, 2))[0])
                except (EOFError, OSError):
                    return
                reply = self._reply(wire, "tcp")
                if self.how == "stalls" and number == 1 and answered >= 3:
                    continue
                if self.how == "reversed":
                    held.append(reply)
                    continue
                answered += 1
                if not self._send(peer, [reply]) or self.how == "closes" and answered == 100:
                    return

    @staticmethod
    def _send(peer, replies):
        try:
            for reply in replies:
                peer.sendall(struct.pack("!H", len(reply)) + reply)
        except OSError:
            return False
        return True


@pytest.fixture
def streams():
    one = Streams()
    one.answers[("*", "A")] = one.answers[("*", "NS")] = good
    yield one
    one.stop()


def over_tcp(*upstreams):
    listed = ", ".join(f'{{{{address: "{one}", transport: tcp}}}}' for one in upstreams)
    return CONFIG.replace("upstreams: [{upstreams}]", f"upstreams: [{listed}]")


def transports(upstream):
    with upstream.lock:
        return {transport for _, _, transport, _ in upstream.seen}


def ask_all(gate, count, tag):
    """COUNT different questions at once; the answers' addresses, in order."""
    got = [None] * count

    def one(i):
        got[i] = addresses(gate.ask(f"{tag}{i}.test", timeout=8))
    threads = [threading.Thread(target=one, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


@pytest.mark.parametrize("how", ["good", "reversed", "closes"])
def test_every_question_is_answered_over_tcp(stairgate, streams, how):
    streams.how = how
    gate = stairgate(config=over_tcp(streams))
    assert ask_all(gate, 150, how) == [[GOOD]] * 150
    assert transports(streams) == {"tcp"}
    assert streams.connections == (2 if how == "closes" else 1)
    assert gate.status()["upstreams"][0]["up"]


def test_a_connection_that_stalls_is_left_for_a_new_one(stairgate, streams):
    streams.how = "stalls"
    gate = stairgate(config=over_tcp(streams))
    assert ask_all(gate, 40, "stalls") == [[GOOD]] * 40
    assert streams.connections == 2 and transports(streams) == {"tcp"}


def test_without_tcp_questions_go_by_udp_until_it_is_back(stairgate, upstream):
    upstream.answers[("*", "A")] = good
    upstream.tcp.close()
    gate = stairgate(config=over_tcp(upstream))
    begun = time.monotonic()
    assert addresses(gate.ask("first.test")) == [GOOD]
    assert time.monotonic() - begun < 1 and transports(upstream) == {"udp"}
    assert gate.process.log().count("event=upstream_tcp_lost") == 1
    back = Streams(port=free_for_tcp(upstream))
    back.answers[("*", "A")] = back.answers[("*", "NS")] = good
    wait_for(lambda: "event=upstream_tcp_back" in gate.process.log(), "TCP to be used again")
    assert addresses(gate.ask("later.test")) == [GOOD]
    assert transports(back) == {"tcp"}
    back.stop()


def free_for_tcp(upstream):
    """Stops UPSTREAM and returns its port."""
    upstream.stop()
    return upstream.port
