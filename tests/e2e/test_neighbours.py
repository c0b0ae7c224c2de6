"""Devices by their MAC, with real neighbours: C50, and forwarders in front that tell whom they ask for.

Each profile blocks the same name in a style of its own, so that an answer tells whose it is.
"""
import re
import shutil
import socket
import time

import pytest

from harness import Process, wait_for
from lan import SERVER4, SERVER6, lan, needs_namespaces  # noqa: F401 (a fixture)

pytestmark = needs_namespaces

CONFIG = """\
listen: [{listen}]
clients: {{allow: [127.0.0.0/8, 192.0.2.0/24, 198.51.100.0/24, "2001:db8::/32"]}}
upstreams: []
profiles:
  kid: {{deny: [b.example], style: nodata}}
  adult: {{deny: [b.example], style: nxdomain}}
  strict: {{deny: [b.example], style: "null", block_ttl: 300s}}
  line: {{deny: [b.example], style: refused}}
devices:
  tablet: {{keys: [00-00-5E-00-53-0A], profile: kid}}
  laptop: {{keys: [0000.5e00.530b], profile: adult}}
  router: {{keys: ["00:00:5e:00:53:0c"], profile: adult}}
  flat: {{keys: ["cpe:line-7"], profile: line}}
networks:
  - {{prefix: [192.0.2.0/24, "2001:db8:1::/64", 198.51.100.0/24], profile: adult, unknown: strict}}
default_profile: adult
sets: {{public: lists.set}}
control: {{operator: control.sock}}
server: {{workers: {workers}}}
{more}
"""


@pytest.fixture
def gate(stairgate, lan):  # noqa: F811
    def make(more="", listen=("0.0.0.0@5300", "::@5300"), **options):
        return stairgate(config=CONFIG, listen=list(listen), more=more, prefix=["ip", "netns", "exec", lan.server], **options)
    return make


def verdict(answer):
    """Whose answer it is, and its TTL."""
    if "status: NXDOMAIN" in answer:
        return "adult", None
    if "status: REFUSED" in answer:
        return "line", None
    forged = re.search(r"^x\.b\.example\.\s+(\d+)\s+IN\s+(?:A|AAAA)\s+(?:0\.0\.0\.0|::)$", answer, re.M)
    if forged:
        return "strict", int(forged.group(1))
    assert "status: NOERROR" in answer and "SOA" in answer, f"no answer of ours: {answer!r}"
    return "kid", None


def ask(lan, host, *words, **more):  # noqa: F811
    return verdict(lan.dig(host, "x.b.example", *words, **more))


def settles(lan, host, wanted, never, *words, **more):  # noqa: F811
    """Asks until the answer is WANTED's. None may be NEVER's; those before are few. Returns how many came before."""
    before = []

    def settled():
        who, ttl = ask(lan, host, *words, **more)
        assert who != never, f"an answer of {never}'s, after {before}"
        if who != wanted:
            assert ttl is None or ttl <= 2, f"{who}'s answer may be kept {ttl} s"
            before.append(who)
        return who == wanted
    wait_for(settled, f"an answer of {wanted}'s, after {before}")
    return before


def test_a_phone_with_four_addresses_is_one_device(gate, lan):  # noqa: F811  C50
    gate()
    addresses = ["192.0.2.20", "2001:db8:1::aaaa", "2001:db8:1::bbbb", "2001:db8:1::cccc"]
    lan.join("phone", "192.0.2.20/24", *(f"{a}/64" for a in addresses[1:]))
    for address in addresses:
        server = SERVER6 if ":" in address else SERVER4
        settles(lan, "phone", "kid", "adult", server=server, source=address)
        settles(lan, "phone", "kid", "adult", "+tcp", server=server, source=address)
    lan.give("phone", "2001:db8:1::dddd/64")  # tomorrow's privacy address
    settles(lan, "phone", "kid", "adult", server=SERVER6, source="2001:db8:1::dddd")


def test_what_was_there_before_the_server_is_known_at_its_first_query(gate, lan):  # noqa: F811
    lan.join("phone", "192.0.2.20/24")
    one = gate()
    settles(lan, "phone", "kid", "adult")
    one.stop()
    lan.knows_server("phone")
    one.start()
    wait_for(lambda: "what=followed" in one.process.log(), "the table to be followed")
    settles(lan, "phone", "kid", "adult")


def test_without_an_entry_it_is_strict_for_two_seconds_at_most_then_right(gate, lan):  # noqa: F811
    gate()
    lan.join("phone", "192.0.2.20/24", "2001:db8:1::aaaa/64")
    lan.knows_server("phone")

    def first(server, source):
        who, ttl = ask(lan, "phone", server=server, source=source)
        assert who in ("strict", "kid")
        assert who == "kid" or ttl <= 2
        return who

    for server, source in ((SERVER4, "192.0.2.20"), (SERVER6, "2001:db8:1::aaaa")):
        seen = set()
        for _ in range(20):  # the kernel may tell before the query is read
            lan.forget(source)
            seen.add(first(server, source))
            settles(lan, "phone", "kid", "adult", server=server, source=source)
            if "strict" in seen:
                break
        assert "strict" in seen


def test_a_device_that_nobody_knows_is_strict_and_may_keep_that(gate, lan):  # noqa: F811
    gate()
    lan.join("far", "192.0.2.40/24")  # its MAC is in no device
    wait_for(lambda: ask(lan, "far") == ("strict", 300), "the answer for those whom nobody knows")


def test_an_address_that_changes_hands_has_its_new_owners_profile(gate, lan):  # noqa: F811  C50
    gate()
    lan.join("laptop", "192.0.2.20/24").join("phone")
    settles(lan, "laptop", "adult", "kid")
    lan.take("laptop", "192.0.2.20/24")
    lan.give("phone", "192.0.2.20/24")
    start = time.monotonic()
    wait_for(lambda: ask(lan, "phone")[0] == "kid", "the new owner's profile", patience=60)
    assert time.monotonic() - start < 60


def test_a_client_behind_a_router_is_not_the_router(gate, lan):  # noqa: F811  C50
    gate()
    lan.join("router", "192.0.2.2/24").join("far")
    far, router = f"{lan.tag}far", f"{lan.tag}router"
    from lan import ip
    ip("-n", far, "link", "set", "eth0", "down")  # not on the bridge, but behind the router
    ip("link", "add", "inner", "netns", router, "type", "veth", "peer", "name", "up0", "netns", far)
    lan.give("router", "198.51.100.1/24", device="inner")
    lan.give("far", "198.51.100.7/24", device="up0")
    for space, device in ((router, "inner"), (far, "up0")):
        ip("-n", space, "link", "set", device, "up")
    lan_exec = lan.inside("router")
    import subprocess
    subprocess.run([*lan_exec, "sysctl", "-qw", "net.ipv4.ip_forward=1"], check=True, timeout=20)
    ip("-n", far, "route", "add", "default", "via", "198.51.100.1")
    ip("-n", lan.server, "route", "add", "198.51.100.0/24", "via", "192.0.2.2")
    settles(lan, "router", "adult", "kid")
    for _ in range(3):
        assert ask(lan, "far", source="198.51.100.7")[0] == "strict"
    assert lan.known("198.51.100.7") == ""


def test_netlink_works_without_rights(stairgate, lan, tmp_path_factory):  # noqa: F811
    """The server as another user, as the unit has it: no capability is left when it asks."""
    folder = tmp_path_factory.mktemp("open")
    for path in (folder, *folder.parents):
        if path.name.startswith("pytest"):
            path.chmod(0o755)
    folder.chmod(0o777)
    from harness import Stairgate
    one = Stairgate(folder, config=CONFIG.replace("workers: {workers}", "workers: {workers}, user: nobody"),
                    listen=["0.0.0.0@5300"], prefix=["ip", "netns", "exec", lan.server])
    try:
        lan.join("phone", "192.0.2.20/24")
        settles(lan, "phone", "kid", "adult")
    finally:
        one.stop()


# --- forwarders in front ---

def listens(lan, host, port):  # noqa: F811
    def ready():
        return "status:" in lan.dig(host, "ready.example", "+time=1", "+tries=1", port=port)
    wait_for(ready, "the forwarder to answer")


def dnsmasq(lan, folder, *words):  # noqa: F811
    """dnsmasq on the server's address, in front of stairgate on loopback."""
    return Process([*lan.inside("server"), "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
                    "--bind-interfaces", f"--listen-address={SERVER4}", "--port=5353", "--server=127.0.0.1#5300", "--cache-size=0",
                    "--pid-file", "--user=root", "--log-facility=-", *words], folder / "dnsmasq.log")


@pytest.mark.skipif(not shutil.which("dnsmasq"), reason="no dnsmasq")
@pytest.mark.parametrize("how", ["--add-mac", "--add-mac=base64", "--add-mac=text"])
def test_dnsmasq_in_front_tells_the_mac(gate, lan, tmp_path, how):  # noqa: F811
    gate(more="trusted_forwarders: [127.0.0.1]", listen=["127.0.0.1@5300"])
    lan.join("phone", "192.0.2.20/24").join("laptop", "192.0.2.21/24").join("far", "192.0.2.40/24")
    front = dnsmasq(lan, tmp_path, how, "--strip-mac")
    try:
        listens(lan, "phone", 5353)
        assert ask(lan, "phone", port=5353)[0] == "kid"
        assert ask(lan, "laptop", port=5353)[0] == "adult"
    finally:
        front.stop()


@pytest.mark.skipif(not shutil.which("dnsmasq"), reason="no dnsmasq")
def test_dnsmasq_in_front_tells_the_line(gate, lan, tmp_path):  # noqa: F811
    gate(more="trusted_forwarders: [127.0.0.1]", listen=["127.0.0.1@5300"])
    lan.join("phone", "192.0.2.20/24").join("far", "192.0.2.40/24")
    front = dnsmasq(lan, tmp_path, "--add-cpe-id=line-7")
    try:
        listens(lan, "phone", 5353)
        assert ask(lan, "far", port=5353)[0] == "line"
    finally:
        front.stop()
    front = dnsmasq(lan, tmp_path, "--add-cpe-id=line-7", "--add-mac", "--strip-mac")
    try:
        listens(lan, "phone", 5353)
        assert ask(lan, "phone", port=5353)[0] == "kid", "the device stands above its line"
        assert ask(lan, "far", port=5353)[0] == "line", "and the line above nobody"
    finally:
        front.stop()


@pytest.mark.skipif(not shutil.which("dnsmasq"), reason="no dnsmasq")
def test_dnsmasq_in_front_tells_the_address(gate, lan, tmp_path):  # noqa: F811
    gate(more="trusted_forwarders: [127.0.0.1]", listen=["127.0.0.1@5300"])
    lan.join("phone", "192.0.2.20/24").join("far", "192.0.2.40/24")
    front = dnsmasq(lan, tmp_path, "--add-subnet=32,128", "--strip-subnet")
    try:
        listens(lan, "phone", 5353)
        settles(lan, "phone", "kid", "adult", port=5353)
        assert ask(lan, "far", port=5353)[0] == "strict"
    finally:
        front.stop()


@pytest.mark.skipif(not shutil.which("dnsmasq"), reason="no dnsmasq")
def test_dnsmasq_that_nobody_trusts_tells_nothing(gate, lan, tmp_path):  # noqa: F811
    gate(listen=["127.0.0.1@5300"])
    lan.join("phone", "192.0.2.20/24")
    front = dnsmasq(lan, tmp_path, "--add-mac", "--add-subnet=32,128", "--add-cpe-id=line-7")
    try:
        listens(lan, "phone", 5353)
        assert ask(lan, "phone", port=5353)[0] == "adult"  # 127.0.0.1's
    finally:
        front.stop()


@pytest.mark.skipif(not shutil.which("dnsdist"), reason="no dnsdist")
def test_dnsdist_in_front_speaks_proxy(gate, lan, tmp_path):  # noqa: F811
    gate(more="proxies: [127.0.0.1]", listen=["127.0.0.1@5300"])
    lan.join("phone", "192.0.2.20/24").join("laptop", "192.0.2.21/24")
    config = tmp_path / "dnsdist.conf"
    config.write_text(f'setLocal("{SERVER4}:5353")\nsetACL({{"0.0.0.0/0"}})\nsetSecurityPollSuffix("")\n'
                      'newServer({address="127.0.0.1:5300", useProxyProtocol=true, checkName="x.b.example."})\n')
    front = Process([*lan.inside("server"), "dnsdist", "--supervised", "--disable-syslog", "-C", config], tmp_path / "dnsdist.log")
    try:
        listens(lan, "phone", 5353)
        for over in ("+notcp", "+tcp"):
            settles(lan, "phone", "kid", "adult", over, port=5353)
            settles(lan, "laptop", "adult", "kid", over, port=5353)
    finally:
        front.stop()
