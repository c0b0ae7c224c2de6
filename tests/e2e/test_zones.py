"""Zones with servers of their own: a school's, .local, and the way back from its addresses, each served by a real nsd."""
import dns.flags
import dns.rcode
import pytest

from harness import Authority, addresses, ask, ede, run_client, wait_for

HEAD = "$TTL 300\n@ SOA ns admin 1 3600 600 86400 60\n@ NS ns\nns A 10.1.0.53\n"
ZONES = {
    "school.internal": HEAD + "intranet A 10.1.2.3\nintranet AAAA fd00::3\nwww CNAME intranet\nout CNAME www.test.\n"
                              "casino A 10.1.2.4\n_ldap._tcp SRV 0 0 389 intranet\nbig TXT " + " ".join(['"' + "x" * 250 + '"'] * 12) + "\n",
    "local": HEAD + "printer A 192.168.1.20\n",
    "1.168.192.in-addr.arpa": HEAD + "20 PTR printer.local.\n",
}


@pytest.fixture
def school(tmp_path):
    folder = tmp_path / "nsd"
    folder.mkdir()
    one = Authority(folder, ZONES)
    yield one
    one.stop()


def zones(school, transport="udp"):
    lines = "".join(f"  - {{name: {name}, upstreams: [{{address: {school}, transport: {transport}}}]}}\n" for name in ZONES)
    return "zones:\n" + lines


def answers(gate):
    return wait_for(lambda: gate.ask("intranet.school.internal").answer, "the school's server")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_schools_own_zone_keeps_working(stairgate, upstream, school, transport):
    upstream.set("www.test", "A", "192.0.2.1")
    gate = stairgate(upstreams=[upstream], more=zones(school, transport))
    answers(gate)
    for _ in range(2):
        for name in ("intranet.school.internal", "INTRANET.School.Internal"):
            assert addresses(gate.ask(name)) == ["10.1.2.3"], "an inner address is no attack here"
        reply = gate.ask("www.school.internal")
        assert addresses(reply) == ["10.1.2.3"] and len(reply.answer) == 2
        assert addresses(gate.ask("intranet.school.internal", "AAAA")) == ["fd00::3"]
        assert gate.ask("_ldap._tcp.school.internal", "SRV").answer
        assert gate.ask("no.school.internal").rcode() == dns.rcode.NXDOMAIN
        assert gate.ask("big.school.internal", "TXT").flags & dns.flags.TC
        assert len(gate.ask("big.school.internal", "TXT", tcp=True).answer[0][0].strings) == 12
        assert addresses(gate.ask("www.test")) == ["192.0.2.1"]
        assert gate.ask("intranet.school.internal").flags & dns.flags.RA
    assert {name for name, *_ in upstream.seen if name} == {"www.test"}, "nothing of the school's leaves it"


def test_C30_the_way_back_goes_to_its_own_server_and_only_there(stairgate, upstream, school):
    gate = stairgate(upstreams=[upstream], more=zones(school))
    answers(gate)
    out = run_client("dig", "-p", gate.port, "@127.0.0.1", "+short", "-x", "192.168.1.20")
    assert out.strip() == "printer.local."
    assert gate.ask("21.1.168.192.in-addr.arpa", "PTR").rcode() == dns.rcode.NXDOMAIN
    assert gate.ask("20.2.168.192.in-addr.arpa", "PTR").rcode() == dns.rcode.NXDOMAIN, "another network's is answered here"
    assert not [name for name, *_ in upstream.seen if name]


def test_a_local_zone_that_is_configured_beats_the_special_name(stairgate, upstream, school):
    gate = stairgate(upstreams=[upstream], more=zones(school))
    answers(gate)
    assert addresses(gate.ask("printer.local")) == ["192.168.1.20"]
    assert gate.ask("other.local").rcode() == dns.rcode.NXDOMAIN
    assert not [name for name, *_ in upstream.seen if name]


def test_a_zone_is_for_every_profile_and_an_operators_deny_stands_above_it(stairgate, upstream, school):
    gate = stairgate(upstreams=[upstream], lists={"gambling": "casino.school.internal\n"},
                     more=zones(school) + "operator: {deny: [www.school.internal]}")
    answers(gate)
    for source in ("127.0.0.1", "127.0.0.2"):
        assert addresses(ask(gate.port, "casino.school.internal", source=source)) == ["10.1.2.4"], "the operator's zone counts as an allow"
        assert not ask(gate.port, "www.school.internal", source=source).answer


def test_a_dead_server_of_a_zone_asks_no_other(stairgate, upstream, school):
    upstream.set("*", "A", "192.0.2.66")
    gate = stairgate(upstreams=[upstream], more=zones(school))
    answers(gate)
    school.stop()
    reply = gate.ask("other.school.internal", timeout=8)
    assert reply.rcode() == dns.rcode.SERVFAIL and ede(reply)[0] in (22, 23)
    assert addresses(gate.ask("www.test")) == ["192.0.2.66"], "the others do not notice"
    assert not [name for name, *_ in upstream.seen if "internal" in name]
    school.start()
    wait_for(lambda: gate.ask("other.school.internal", timeout=8).rcode() == dns.rcode.NXDOMAIN, "the zone to be back", 6)
