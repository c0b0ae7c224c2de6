"""Cases about the shape of answers, over the real daemon; each test is named by its case in docs/cases.md."""
import socket
import struct

import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdatatype
import pytest

from harness import CONFIG_OWN_UPSTREAMS, addresses, ask, ede, wait_for

LISTS = {"porn": "ads.example\n"}


def raw(port, wire, timeout=0.5):
    """One datagram; the answer's octets, or None."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(timeout)
        sock.sendto(wire, ("127.0.0.1", port))
        try:
            return sock.recv(65535)
        except socket.timeout:
            return None


def soa(reply):
    (rrset,) = reply.authority
    assert rrset.rdtype == dns.rdatatype.SOA and len(rrset) == 1
    return rrset


@pytest.mark.parametrize("style,rcode,rdtype", [("nxdomain", dns.rcode.NXDOMAIN, "A"), ("nodata", dns.rcode.NOERROR, "AAAA")])
def test_C12_a_blocked_answer_can_be_kept_for_its_time(stairgate, upstream, style, rcode, rdtype):
    gate = stairgate(upstreams=[upstream], lists=LISTS, more=f"block: {{style: {style}, ttl: 5m}}")
    for edns in (True, False):
        reply = gate.ask("t.ads.example", rdtype, edns=edns)
        assert reply.rcode() == rcode and not reply.answer
        assert soa(reply).ttl == 300 and soa(reply)[0].minimum == 300
        owner = soa(reply).name
        assert reply.question[0].name.is_subdomain(owner), "an SOA that is not at or above the question is ignored"
        assert (reply.edns >= 0) is edns


def test_C13_a_name_with_one_type_has_nodata_for_the_others(stairgate, upstream):
    gate = stairgate(upstreams=[upstream], lists=LISTS,
                     more="records: {names: [{name: gate.home.test, address: [192.0.2.53]}]}")
    assert addresses(gate.ask("gate.home.test")) == ["192.0.2.53"]
    for rdtype in ("AAAA", "HTTPS"):
        reply = gate.ask("gate.home.test", rdtype)
        assert reply.rcode() == dns.rcode.NOERROR and not reply.answer and soa(reply)
    assert gate.ask("x.gate.home.test").rcode() == dns.rcode.NXDOMAIN


def test_C14_eight_addresses_fit_into_512_octets_and_forty_are_cut(stairgate, upstream):
    name = "many.addresses.in-a-rather-long-zone.delegated.under.test"
    gate = stairgate(upstreams=[upstream], lists=LISTS)
    for count in (8, 40):
        upstream.set(f"n{count}.{name}", "A", *[f"192.0.2.{i + 1}" for i in range(count)])
        wire = raw(gate.port, dns.message.make_query(f"n{count}.{name}", "A").to_wire(), 5)
        reply = dns.message.from_wire(wire, ignore_trailing=False, raise_on_truncation=False)
        assert len(wire) <= 512 and reply.edns == -1
        if count == 8:
            assert not reply.flags & dns.flags.TC and len(addresses(reply)) == 8
        else:
            assert reply.flags & dns.flags.TC
            assert len(addresses(gate.ask(f"n{count}.{name}", tcp=True))) == 40


def test_C15_null_style_has_the_flags_of_a_resolver(stairgate, upstream):
    gate = stairgate(upstreams=[upstream], lists=LISTS, more="block: {style: null}")
    for options in ({}, {"tcp": True}, {"edns": False}):
        reply = gate.ask("ads.example", **options)
        assert addresses(reply) == ["0.0.0.0"] and reply.answer[0].ttl == 10
        assert reply.answer[0].name.to_text() == "ads.example."
        assert reply.flags & dns.flags.RA and reply.flags & dns.flags.RD
        assert not reply.flags & (dns.flags.AA | dns.flags.AD)
    assert addresses(gate.ask("ads.example", "AAAA")) == ["::"]
    assert ede(gate.ask("ads.example")) == [17, 4], "a forged address says so beside the reason"
    query = dns.message.make_query("ads.example", "A", use_edns=0, options=[dns.edns.GenericOption(65001, b"x")])
    query.flags &= ~dns.flags.RD
    reply = dns.message.from_wire(raw(gate.port, query.to_wire(), 5))
    assert not reply.flags & dns.flags.RD and 65001 not in [o.otype for o in reply.options]
    chaos = raw(gate.port, dns.message.make_query("ads.example", "A", rdclass="CH").to_wire(), 5)
    assert dns.message.from_wire(chaos).rcode() in (dns.rcode.REFUSED, dns.rcode.NOTIMP)


def test_C16_ad_goes_only_to_those_who_asked_and_only_from_trusted_upstreams(stairgate, upstream):
    def signed(query):
        reply = dns.message.make_response(query, recursion_available=True)
        reply.flags |= dns.flags.AD
        reply.answer.append(dns.rrset.from_text("s.test.", 300, "IN", "A", "192.0.2.1"))
        if query.ednsflags & dns.flags.DO:
            reply.answer.append(dns.rrset.from_text("s.test.", 300, "IN", "RRSIG",
                                                    "A 13 2 300 20300101000000 20200101000000 1 test. " + "AA" * 43 + "A="))
        return reply
    upstream.answers[("s.test", "A")] = signed
    for trusted in (True, False):
        gate = stairgate(upstreams=[], lists=LISTS, more=f"upstreams: [{{address: {upstream}, trusted: {'yes' if trusted else 'no'}}}]",
                         config=CONFIG_OWN_UPSTREAMS)
        plain = gate.ask("s.test", edns=False, flags=dns.flags.RD)
        assert not plain.flags & dns.flags.AD and len(plain.answer) == 1
        with_ad = gate.ask("s.test", edns=False, flags=dns.flags.RD | dns.flags.AD)
        assert bool(with_ad.flags & dns.flags.AD) is trusted and len(with_ad.answer) == 1
        with_do = gate.ask("s.test", dnssec=True)
        assert bool(with_do.flags & dns.flags.AD) is trusted and len(with_do.answer) == 2
        with_cd = gate.ask("s.test", dnssec=True, flags=dns.flags.RD | dns.flags.CD)
        assert with_cd.flags & dns.flags.CD
        blocked = gate.ask("ads.example", dnssec=True, flags=dns.flags.RD | dns.flags.AD)
        assert not blocked.flags & dns.flags.AD
        assert not any(r.rdtype == dns.rdatatype.RRSIG for r in blocked.answer + blocked.authority)
    assert all(query.flags & dns.flags.AD for *_, query in upstream.seen)


def header(qid=7, flags=0x0100, counts=(1, 0, 0, 0)):
    return struct.pack("!6H", qid, flags, *counts)


QUESTION = b"\x03www\x04test\x00\x00\x01\x00\x01"
BROKEN = {
    "header only": (header(counts=(0, 0, 0, 0)), 1),
    "two questions": (header(counts=(2, 0, 0, 0)) + QUESTION * 2, 1),
    "no octets of the question": (header(), 1),
    "eleven octets": (header()[:11], None),
    "a response": (header(flags=0x8180) + QUESTION, None),
    "label length 0x40": (header() + b"\x40abc\x00\x00\x01\x00\x01", 1),
    "pointer to itself": (header() + b"\xc0\x0c\x00\x01\x00\x01", 1),
    "nothing": (b"", None),
}


@pytest.mark.parametrize("title", BROKEN)
def test_C17_a_broken_question_gets_formerr_or_nothing(stairgate, upstream, title):
    upstream.set("www.test", "A", "192.0.2.1")
    gate = stairgate(upstreams=[upstream], lists=LISTS)
    wire, rcode = BROKEN[title]
    reply = raw(gate.port, wire, 5 if rcode is not None else 0.3)
    if rcode is None:
        assert reply is None
    else:
        assert reply[:2] == wire[:2] and reply[3] & 15 == rcode
    assert addresses(gate.ask("www.test")) == ["192.0.2.1"]
    with socket.create_connection(("127.0.0.1", gate.port), 5) as stream:
        stream.sendall(struct.pack("!H", len(wire)) + wire)
        stream.shutdown(socket.SHUT_WR)
        stream.settimeout(10)
        while stream.recv(4096):
            pass
    assert addresses(gate.ask("www.test", tcp=True)) == ["192.0.2.1"]


def test_C18_notimp_is_for_opcodes_only(stairgate, upstream):
    upstream.set("*", "*", "192.0.2.1")
    upstream.set("www.test", "TYPE65280", r"\# 4 c0000201")
    gate = stairgate(upstreams=[upstream], lists=LISTS)
    assert gate.ask("www.test", "TYPE65280").answer
    for rdtype in ("AXFR", "IXFR"):
        query = dns.message.make_query("www.test", rdtype)
        reply = dns.message.from_wire(raw(gate.port, query.to_wire(), 5))
        assert reply.rcode() in (dns.rcode.REFUSED, dns.rcode.NOTIMP), rdtype
    for rdtype in (0, 41, 250):
        wire = header() + b"\x03www\x04test\x00" + struct.pack("!HH", rdtype, 1)
        assert raw(gate.port, wire, 5)[3] & 15 in (1, 5), rdtype
    seen = upstream.total()
    for opcode in (1, 2, 4, 5, 15):
        reply = raw(gate.port, header(flags=opcode << 11) + QUESTION, 5)
        assert reply[3] & 15 == 4 and (reply[2] >> 3) & 15 == opcode
    assert upstream.total() == seen, "no other opcode is forwarded"


def test_C20_our_own_opt_once_and_only_where_asked(stairgate, upstream):
    def answer(query):
        reply = dns.message.make_response(query, recursion_available=True, our_payload=4096)
        reply.answer.append(dns.rrset.from_text("s.test.", 300, "IN", "A", "192.0.2.1"))
        reply.use_edns(0, 0, 4096, options=[dns.edns.GenericOption(10, b"c" * 16)])
        return reply
    upstream.answers[("s.test", "A")] = answer
    gate = stairgate(upstreams=[upstream], lists=LISTS)
    for options, do in (({"dnssec": True}, True), ({"dnssec": True}, True), ({}, False)):
        reply = gate.ask("s.test", **options)
        assert reply.edns == 0 and bool(reply.ednsflags & dns.flags.DO) is do
        assert reply.payload == 1232 and not reply.options
    assert gate.ask("s.test", edns=False).edns == -1


def test_C24_C21_no_option_of_a_client_goes_upstream_or_to_another_client(stairgate, upstream):
    upstream.set("p.test", "A", "192.0.2.1")
    gate = stairgate(upstreams=[upstream], lists=LISTS)
    for code, data in ((10, b"12345678"), (12, b"\0" * 40), (65001, b"mac"), (8, b"\0\1\x18\0\xc0\0\2")):
        query = dns.message.make_query("p.test", "A", use_edns=0, options=[dns.edns.GenericOption(code, data)])
        reply = dns.message.from_wire(raw(gate.port, query.to_wire(), 5))
        assert addresses(reply) == ["192.0.2.1"] and code not in [o.otype for o in reply.options]
    assert all(not query.options for *_, query in upstream.seen)


def test_C27_each_client_gets_its_own_id_and_question(stairgate, upstream):
    upstream.set("race.test", "A", "192.0.2.1")
    gate = stairgate(upstreams=[upstream], lists=LISTS)
    sockets = {}
    for qid, name in ((0x0000, "race.test"), (0x0001, "RACE.test"), (0xD1E3, "race.TEST"), (0xFFFF, "Race.Test")):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        query = dns.message.make_query(name, "A")
        query.id = qid
        sock.sendto(query.to_wire(), ("127.0.0.1", gate.port))
        sockets[sock] = query
    for sock, query in sockets.items():
        sock.settimeout(5)
        wire = sock.recv(4096)
        assert wire[:2] == query.to_wire()[:2]
        assert wire[12:12 + 11] == query.to_wire()[12:12 + 11]
        sock.close()


def test_any_is_small_and_minimal(stairgate, upstream):
    upstream.set("*", "*", "192.0.2.1")
    gate = stairgate(upstreams=[upstream], lists=LISTS)
    reply = gate.ask("www.test", "ANY")
    assert reply.rcode() == dns.rcode.NOERROR and len(reply.to_wire()) < 200
    assert not gate.ask("ads.example", "ANY").answer


def test_chaos_names_answer_as_configured(stairgate, upstream):
    gate = stairgate(upstreams=[upstream], lists=LISTS, config="""\
listen: [{listen}]
upstreams: [{upstreams}]
profiles: {{child: {{extends: primary}}}}
default_profile: child
sets: {{public: lists.set}}
control: {{operator: control.sock}}
server: {{workers: {workers}, id: node-7}}
{more}
""")
    reply = dns.message.from_wire(raw(gate.port, dns.message.make_query("id.server", "TXT", rdclass="CH").to_wire(), 5))
    assert reply.answer and reply.answer[0][0].strings == (b"node-7",)
    other = dns.message.from_wire(raw(gate.port, dns.message.make_query("secret.bind", "TXT", rdclass="CH").to_wire(), 5))
    assert other.rcode() == dns.rcode.REFUSED


def test_without_an_upstream_blocked_names_answer_and_others_get_ede_22(stairgate):
    gate = stairgate(lists=LISTS, more="")
    gate_reply = gate.ask("ads.example")
    assert not gate_reply.answer and ede(gate_reply) == [17]
    other = gate.ask("www.test")
    assert other.rcode() == dns.rcode.SERVFAIL and ede(other) == [22]
    gate.ask("other.test")
    wait_for(lambda: "no upstream is configured" in gate.process.log(), "the log to say that there is no upstream")
    assert gate.process.log().count("no upstream is configured") == 1


def test_trailing_clients_without_edns_get_no_ede(stairgate, upstream):
    gate = stairgate(upstreams=[upstream], lists=LISTS)
    reply = gate.ask("ads.example", edns=False)
    assert reply.edns == -1 and not reply.options
    assert ede(ask(gate.port, "ads.example")) == [17]
