"""Cases of what an answer leads to: aliases, hints and addresses, over the real daemon; `why` tells by what it was."""
import json

import dns.rcode
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


def test_C08_a_listed_name_anywhere_in_the_chain_blocks(stairgate, upstream):
    for rdtype, last in (("A", "198.51.100.20"), ("AAAA", "2001:db8::20"), ("HTTPS", "1 . alpn=h2")):
        chain = [("metrics.shop.test", "CNAME", "m.track.example."), ("m.track.example", "CNAME", "edge.cdn.test."),
                 ("edge.cdn.test", rdtype, last)]
        upstream.set("metrics.shop.test", rdtype, *chain)
        upstream.set("shuffled.test", rdtype, *[("shuffled.test", "CNAME", "m.track.example.") if record[0] == "metrics.shop.test" else record
                                                for record in reversed(chain)])
    upstream.set("last.test", "A", ("last.test", "CNAME", "track.example."), ("track.example", "A", "198.51.100.20"))
    upstream.set("x.moved.test", "A", ("moved.test", "DNAME", "track.example."), ("x.moved.test", "CNAME", "x.track.example."),
                 ("x.track.example", "A", "198.51.100.20"))
    hops = [(f"h{i}.test", "CNAME", f"h{i + 1}.test.") for i in range(16)]
    upstream.set("h0.test", "A", *hops, ("h16.test", "CNAME", "track.example."), ("track.example", "A", "198.51.100.20"))
    upstream.set("beside.test", "A", "198.51.100.21", authority=[("track.example.", "NS", "ns.track.example.")])
    gate = stairgate(upstreams=[upstream], lists=LISTS)
    for name in ("metrics.shop.test", "shuffled.test"):
        for rdtype in ("A", "AAAA", "HTTPS"):
            for _ in range(2):
                reply = gate.ask(name, rdtype)
                assert not reply.answer and ede(reply) == [17], (name, rdtype)
                assert reply.authority[0].name.to_text() == name + "."
    for name in ("last.test", "x.moved.test", "h0.test"):
        assert not gate.ask(name).answer, name
    assert addresses(gate.ask("beside.test")) == ["198.51.100.21"]
    told = why(gate, "metrics.shop.test")
    assert told["chain"]["by"] == "m.track.example" and "metrics.shop.test" in told["sentence"]
    assert why(gate, "metrics.shop.test", CHILD, "--type", "HTTPS")["chain"]["by"] == "m.track.example"


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


@pytest.mark.parametrize("address, rdtype", [("192.168.1.1", "A"), ("127.0.0.1", "A"), ("0.0.0.0", "A"), ("fd00::1", "AAAA"),
                                             ("::1", "AAAA"), ("64:ff9b::10.0.0.1", "AAAA"), ("::ffff:192.168.1.1", "AAAA")])
def test_an_inner_address_from_outside_is_dropped(stairgate, upstream, address, rdtype):
    for name in ("attacker.example", "tv.devices.example"):
        upstream.set(name, rdtype, address)
    gate = stairgate(upstreams=[upstream], lists=LISTS, more="rebind_allow: [devices.example]")
    for source in (CHILD, ADULT):
        for _ in range(2):
            reply = ask(gate.port, "attacker.example", rdtype, source=source)
            assert reply.rcode() == dns.rcode.NOERROR and not reply.answer and ede(reply) == [15]
        assert ask(gate.port, "tv.devices.example", rdtype, source=source).answer
    told = why(gate, "attacker.example", ADULT, "--type", rdtype)
    assert told["rule"] == "rebind_guard" and "rebind_allow" in told["lift"]


def test_the_guard_can_be_switched_off(stairgate, upstream):
    upstream.set("attacker.example", "A", "192.168.1.1")
    gate = stairgate(upstreams=[upstream], lists=LISTS, more="rebind_guard: no")
    assert addresses(gate.ask("attacker.example")) == ["192.168.1.1"]
