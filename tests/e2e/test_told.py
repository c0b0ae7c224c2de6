"""What a forwarder or a proxy says of who asks, over the real daemon: options, PROXY headers, and what goes upstream. C51."""
import shutil
import socket
import struct
import subprocess

import dns.edns
import dns.message
import dns.query
import dns.rcode
import pytest

from harness import Upstream, wait_for

CONFIG = """\
listen: [{listen}]
clients: {{allow: [127.0.0.0/8, 192.0.2.0/24]}}
upstreams: [{upstreams}]
profiles:
  kid: {{deny: [b.example], style: nodata}}
  adult: {{deny: [b.example], style: nxdomain}}
  own: {{deny: [b.example], style: refused}}
networks:
  - {{prefix: 192.0.2.20, profile: kid}}
  - {{prefix: 192.0.2.30, profile: adult}}
  - {{prefix: 127.0.0.0/8, profile: own}}
default_profile: own
special: {{test: forward}}
sets: {{public: lists.set}}
control: {{operator: control.sock}}
server: {{workers: {workers}}}
{more}
"""
PROFILES = {dns.rcode.NOERROR: "kid", dns.rcode.NXDOMAIN: "adult", dns.rcode.REFUSED: "own"}
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
QUERY = dns.message.make_query("x.b.example", "A", use_edns=0)


def subnet(address):
    return dns.edns.ECSOption(address, 32)


def with_options(gate, *options, name="x.b.example", source="127.0.0.1"):
    query = dns.message.make_query(name, "A", use_edns=0, options=list(options))
    return dns.query.udp(query, "127.0.0.1", port=gate.port, source=source, timeout=10)


def header(source="192.0.2.20", *, command=1, tail=b""):
    body = socket.inet_aton(source) + socket.inet_aton("198.51.100.5") + struct.pack("!HH", 4711, 53) + tail
    return SIGNATURE + bytes([0x20 | command, 0x11]) + struct.pack("!H", len(body)) + body


def by_udp(gate, octets, source="127.0.0.1", timeout=10):
    """The profile of what comes back for OCTETS; None where nothing does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind((source, 0))
        one.settimeout(timeout)
        one.sendto(octets, ("127.0.0.1", gate.port))
        try:
            return PROFILES[dns.message.from_wire(one.recv(4096)).rcode()]
        except socket.timeout:
            return None


def by_tcp(gate, octets, source="127.0.0.1"):
    """The profile of what comes back; None where the connection is closed."""
    with socket.create_connection(("127.0.0.1", gate.port), timeout=30, source_address=(source, 0)) as one:
        try:
            one.sendall(octets)
            head = one.recv(2, socket.MSG_WAITALL)
            if len(head) < 2:
                return None
            return PROFILES[dns.message.from_wire(one.recv(struct.unpack("!H", head)[0], socket.MSG_WAITALL)).rcode()]
        except ConnectionError:
            return None


def framed(wire=QUERY.to_wire()):
    return struct.pack("!H", len(wire)) + wire


def test_only_a_trusted_forwarder_says_who_asks(stairgate):
    gate = stairgate(config=CONFIG, more="trusted_forwarders: [127.0.0.1]")
    assert PROFILES[with_options(gate, subnet("192.0.2.20")).rcode()] == "kid"
    assert PROFILES[with_options(gate, subnet("192.0.2.30")).rcode()] == "adult"
    assert PROFILES[with_options(gate).rcode()] == "own"
    assert PROFILES[with_options(gate, subnet("192.0.2.20"), source="127.0.0.2").rcode()] == "own"
    # One that is not served is the forwarder's.
    assert PROFILES[with_options(gate, subnet("203.0.113.1")).rcode()] == "own"
    broken = dns.edns.GenericOption(8, b"\0\1\x18\0\xc0\0\2\x14")
    assert with_options(gate, broken).rcode() == dns.rcode.FORMERR
    assert PROFILES[with_options(gate, broken, source="127.0.0.2").rcode()] == "own"


def test_nothing_of_it_goes_upstream_or_back(stairgate):
    upstream = Upstream()
    try:
        upstream.set("a.example", "A", "192.0.2.99")
        gate = stairgate(config=CONFIG, upstreams=[upstream], more="trusted_forwarders: [127.0.0.1]")
        told = [subnet("192.0.2.20"), dns.edns.GenericOption(65001, bytes.fromhex("00005e00530a")),
                dns.edns.GenericOption(65073, b"AABeAFMK"), dns.edns.GenericOption(65074, b"line-7")]
        for source in ("127.0.0.1", "127.0.0.2"):
            reply = with_options(gate, *told, name="a.example", source=source)
            assert reply.rcode() == dns.rcode.NOERROR and reply.answer
            assert {option.otype for option in reply.options} & {8, 65001, 65073, 65074} == set()
        seen = [query for *_, query in upstream.seen if query.question[0].name.to_text().lower() == "a.example."]
        assert seen
        for query in seen:
            assert not query.options
            wire = query.to_wire()
            assert b"line-7" not in wire and b"AABeAFMK" not in wire and bytes.fromhex("00005e00530a") not in wire
    finally:
        upstream.stop()


def test_a_proxy_speaks_for_its_clients_over_udp(stairgate):
    gate = stairgate(config=CONFIG, more="proxies: [127.0.0.1]")
    wire = QUERY.to_wire()
    assert by_udp(gate, header("192.0.2.20") + wire) == "kid"
    assert by_udp(gate, header("192.0.2.30") + wire) == "adult"
    assert by_udp(gate, header("192.0.2.30", tail=b"\4\0\3abc") + wire) == "adult"
    assert by_udp(gate, header("192.0.2.20", command=0) + wire) == "own"  # LOCAL
    assert by_udp(gate, header("203.0.113.1") + wire) == "own"  # REFUSED: whom it speaks for is not served
    # Without a header, and with one from others, nothing comes back; what is sent behind it is answered.
    assert by_udp(gate, wire, timeout=1) is None
    assert by_udp(gate, header("192.0.2.20") + wire, source="127.0.0.2", timeout=1) is None
    assert by_udp(gate, wire, source="127.0.0.2") == "own"


def test_a_proxy_speaks_for_its_clients_over_tcp(stairgate):  # C51 (8) to (10)
    gate = stairgate(config=CONFIG, more="proxies: [127.0.0.1]\ntcp: {idle: 500ms}")
    assert by_tcp(gate, header("192.0.2.20") + framed()) == "kid"
    assert by_tcp(gate, header("192.0.2.30") + framed()) == "adult"
    assert by_tcp(gate, header("192.0.2.20", command=0) + framed()) == "own"
    assert by_tcp(gate, framed()) is None
    assert by_tcp(gate, header("192.0.2.20") + framed(), source="127.0.0.2") is None
    assert by_tcp(gate, framed(), source="127.0.0.2") == "own"
    assert by_tcp(gate, header("192.0.2.20")[:20]) is None


def test_a_reload_changes_who_must_speak(stairgate):
    gate = stairgate(config=CONFIG)
    assert by_udp(gate, QUERY.to_wire()) == "own"
    gate.write(CONFIG, more="proxies: [127.0.0.1]")
    gate.control("reload")
    wait_for(lambda: by_udp(gate, header("192.0.2.20") + QUERY.to_wire(), timeout=1) == "kid", "the proxy's word to be taken")
    assert by_udp(gate, QUERY.to_wire(), timeout=1) is None


@pytest.mark.skipif(not shutil.which("kdig"), reason="no kdig")
@pytest.mark.parametrize("over", ["+notcp", "+tcp"])
def test_kdig_speaks_proxy(stairgate, over):
    gate = stairgate(config=CONFIG, more="proxies: [127.0.0.1]")
    for client, status in (("192.0.2.20", "NOERROR"), ("192.0.2.30", "NXDOMAIN")):
        out = subprocess.run(["kdig", "@127.0.0.1", "-p", str(gate.port), over, "+time=5", f"+proxy={client}#4711-198.51.100.5#53",
                              "x.b.example"], capture_output=True, text=True, timeout=60).stdout
        assert f"status: {status}" in out, out
