"""The rebinding guard, with real clients: a public name that leads into the house is dropped, and what the house itself names is not."""
import json

import dns.rcode
import pytest

from harness import addresses, ask, ede, run_client

INNER = {
    "192.168.1.1": "A", "10.0.0.1": "A", "172.16.9.9": "A", "127.0.0.1": "A", "169.254.1.1": "A", "0.0.0.0": "A",
    "::1": "AAAA", "fe80::1": "AAAA", "fd00::5": "AAAA", "64:ff9b::7f00:1": "AAAA", "64:ff9b::c0a8:101": "AAAA", "::ffff:192.168.1.1": "AAAA",
}
OUTER = {"192.0.2.1": "A", "172.32.0.1": "A", "100.64.0.1": "A", "2001:db8::1": "AAAA", "64:ff9b::c000:201": "AAAA"}


def dig(gate, name, rdtype, *more):
    return run_client("dig", "-p", gate.port, "@127.0.0.1", "+time=5", "+tries=1", name, rdtype, *more)


def kdig(gate, name, rdtype, *more):
    return run_client("kdig", "-p", gate.port, "@127.0.0.1", "+timeout=5", "+retry=0", name, rdtype, *more)


@pytest.mark.parametrize("client", [dig, kdig])
def test_an_address_of_the_house_from_outside_is_dropped(stairgate, upstream, client):
    gate = stairgate(upstreams=[upstream])
    for number, (address, rdtype) in enumerate([*INNER.items(), *OUTER.items()]):
        upstream.set(f"n{number}.evil.test", rdtype, "192.0.2.99" if rdtype == "A" else "2001:db8::99", address)
        out = client(gate, f"n{number}.evil.test", rdtype) + client(gate, f"n{number}.evil.test", rdtype, "+tcp")
        if address in INNER:
            assert "192.0.2.99" not in out and "2001:db8::99" not in out and out.lower().count("flags: qr") == 2, f"{address}: the whole answer goes\n{out}"
        else:
            assert out.count("192.0.2.99" if rdtype == "A" else "2001:db8::99") == 2, out


def test_hints_and_aliases_that_lead_into_the_house_are_dropped(stairgate, upstream):
    gate = stairgate(upstreams=[upstream])
    upstream.set("h4.evil.test", "HTTPS", "1 . alpn=h2 ipv4hint=192.168.1.1")
    upstream.set("h6.evil.test", "HTTPS", "1 . alpn=h2 ipv6hint=fe80::1")
    upstream.set("good.test", "HTTPS", "1 . alpn=h2 ipv4hint=192.0.2.1")
    upstream.set("alias.evil.test", "A", ("alias.evil.test", "CNAME", "nas.evil.test."), ("nas.evil.test", "A", "192.168.1.1"))
    for _ in range(2):
        assert "hint" not in dig(gate, "h4.evil.test", "HTTPS") + dig(gate, "h6.evil.test", "HTTPS")
        assert "ipv4hint" in dig(gate, "good.test", "HTTPS")
        assert "nas.evil.test" not in dig(gate, "alias.evil.test", "A")


CONFIG = """\
listen: [{listen}]
clients: {{allow: [127.0.0.0/8]}}
upstreams: [{upstreams}]
profiles:
  child: {{extends: primary}}
  adult: {{extends: legal_only}}
networks: [{{prefix: 127.0.0.2, profile: adult}}]
default_profile: child
special: {{test: forward}}
sets: {{public: lists.set}}
control: {{operator: control.sock}}
server: {{workers: {workers}}}
{more}
"""


def test_what_the_house_names_itself_may_lead_into_it(stairgate, upstream):
    for name in ("plex.vpn.test", "nas.corp.test", "evil.test"):
        upstream.set(name, "A", "192.168.1.9")
    gate = stairgate(upstreams=[upstream], config=CONFIG, more=f"""\
rebind_allow: [vpn.test]
zones: [{{name: corp.test, upstreams: ["{upstream}"]}}]
records: {{names: [{{name: tv.home.test, address: 192.168.1.9}}]}}
""")
    for _ in range(2):
        for name in ("plex.vpn.test", "nas.corp.test", "tv.home.test"):
            for source in ("127.0.0.1", "127.0.0.2"):
                assert addresses(ask(gate.port, name, source=source)) == ["192.168.1.9"], name
        for source in ("127.0.0.1", "127.0.0.2"):
            reply = ask(gate.port, "evil.test", source=source)
            assert reply.rcode() == dns.rcode.NOERROR and not reply.answer and ede(reply) == [15], "the guard is for everybody"
    told = json.loads(gate.control("why", "evil.test", "--client", "127.0.0.2", "--json").stdout)
    assert told["rule"] == "rebind_guard" and "rebind_allow" in told["lift"]


def test_the_guard_can_be_switched_off(stairgate, upstream):
    upstream.set("evil.test", "A", "192.168.1.9")
    gate = stairgate(upstreams=[upstream], config=CONFIG, more="rebind_guard: no")
    assert addresses(gate.ask("evil.test")) == ["192.168.1.9"]
    text = gate.config_path.read_text()
    gate.config_path.write_text(text.replace("rebind_guard: no", "rebind_guard: yes"))
    gate.control("reload")
    reply = gate.ask("evil.test")
    assert not addresses(reply) and reply.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN), "a kept answer meets the guard as well"
