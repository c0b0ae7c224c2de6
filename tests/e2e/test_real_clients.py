"""Real daemon, real upstream (unbound before nsd), real clients: dig, kdig, drill, getent."""
import os
import signal
import subprocess
import threading
import time

import dns.flags
import dns.rcode
import pytest

from harness import addresses, ede, free_port, run_client, tool, wait_for
from lan import ip, needs_namespaces

CLIENTS = {
    "dig": lambda port, name, *more: ["dig", "-p", port, "@127.0.0.1", "+time=5", "+tries=1", name, *more],
    "kdig": lambda port, name, *more: ["kdig", "-p", port, "@127.0.0.1", "+timeout=5", "+retry=0", name, *more],
    "drill": lambda port, name, *more: ["drill", "-p", port, "@127.0.0.1", name, *more],
}


@pytest.mark.parametrize("client", CLIENTS)
def test_clean_names_resolve_and_blocked_ones_do_not(stairgate, recursive, client):
    gate = stairgate(upstreams=[recursive])
    words = CLIENTS[client]
    assert "192.0.2.1" in run_client(*words(gate.port, "www.test"))
    assert "192.0.2.8" in run_client(*words(gate.port, "chain0.test"))
    for name in ("blocked.test", "casino.example", "deep.er.blocked.test"):
        out = run_client(*words(gate.port, name))
        assert "NOERROR" in out and "192.0.2.6" not in out and "SOA" in out, out
    assert "NXDOMAIN" in run_client(*words(gate.port, "nothere.test"))


def test_dig_shows_the_extended_error(stairgate, recursive):
    gate = stairgate(upstreams=[recursive])
    out = run_client(*CLIENTS["dig"](gate.port, "casino.example"))
    assert "EDE: 17 (Filtered)" in out, out


def test_two_profiles_over_udp_tcp_ipv4_and_ipv6(stairgate, recursive):
    gate = stairgate(upstreams=[recursive])
    dig = CLIENTS["dig"]
    for transport in ("+notcp", "+tcp"):
        assert "192.0.2.67" not in run_client(*dig(gate.port, "casino.example", transport))
        assert "192.0.2.67" in run_client(*dig(gate.port, "casino.example", transport, "-b", "127.0.0.2"))
        out = run_client("dig", "-p", gate.port, "@::1", "+time=5", "+tries=1", transport, "casino.example")
        assert "NOERROR" in out and "192.0.2.67" not in out, out
        out = run_client("dig", "-p", gate.port, "@::1", "+time=5", "+tries=1", transport, "www.test", "AAAA")
        assert "2001:db8::1" in out, out


def test_a_big_answer_is_cut_over_udp_and_whole_over_tcp(stairgate, recursive):
    gate = stairgate(upstreams=[recursive])
    cut = gate.ask("big.test", "TXT")
    assert cut.flags & dns.flags.TC and len(cut.to_wire()) <= 1232
    whole = gate.ask("big.test", "TXT", tcp=True)
    assert not whole.flags & dns.flags.TC and sum(len(rrset) for rrset in whole.answer) == 24
    out = run_client(*CLIENTS["dig"](gate.port, "big.test", "TXT"))
    assert "retrying in TCP mode" in out and out.count("\tTXT\t") == 24, out


def test_an_upstream_that_dies_and_comes_back(stairgate, recursive):
    gate = stairgate(upstreams=[recursive])
    assert addresses(gate.ask("www.test")) == ["192.0.2.1"]
    recursive.resolver.stop()
    try:
        failed = gate.ask("mail.test", "MX", timeout=8)
        assert failed.rcode() == dns.rcode.SERVFAIL and ede(failed)[0] in (22, 23)
        assert not gate.ask("casino.example").answer, "what is blocked needs no upstream"
    finally:
        recursive.start_resolver()
    wait_for(lambda: gate.ask("mail.test", "MX", timeout=8).answer, "fresh answers after the upstream's return", 5)


def test_a_second_upstream_takes_over(stairgate, recursive):
    gate = stairgate(upstreams=[f"127.0.0.1@{free_port()}", recursive])
    for name in ("www.test", "alias.test", "chain0.test"):
        assert addresses(gate.ask(name, timeout=5)), name


def test_reload_takes_a_good_config_and_keeps_the_old_one_before_a_broken_one(stairgate, recursive):
    gate = stairgate(upstreams=[recursive])
    good = gate.config_path.read_text()
    gate.config_path.write_text(good.replace("default_profile: child", "default_profile: kids"))
    done = gate.control("reload", check=False)
    assert done.returncode == 1
    assert "stairgate.yaml:" in done.stderr and "'kids'" in done.stderr, done.stderr
    assert not gate.ask("casino.example").answer
    gate.config_path.write_text(good.replace("default_profile: child", "default_profile: adult"))
    gate.control("reload")
    assert addresses(gate.ask("casino.example")) == ["192.0.2.67"]
    gate.config_path.write_text(good)
    os.kill(gate.process.pid, signal.SIGHUP)
    wait_for(lambda: not gate.ask("casino.example").answer, "the reload after HUP")


def test_kill_9_of_the_server_under_load_costs_one_client_retry_at_most(stairgate, recursive):
    gate = stairgate(upstreams=[recursive])
    stop, late = threading.Event(), []

    def load():
        while not stop.is_set():
            begun = time.monotonic()
            for _ in range(3):  # a stub asks again after a second or two
                try:
                    reply = gate.ask("casino.example", timeout=2)
                    assert not reply.answer
                    break
                except Exception:  # noqa: BLE001  (no answer: that is what a retry is for)
                    continue
            else:
                late.append(time.monotonic() - begun)

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    gate.kill_server()
    assert not gate.ask("casino.example", timeout=5).answer
    stop.set()
    for thread in threads:
        thread.join()
    assert not late
    assert gate.process.child.poll() is None


def test_why_says_the_same_with_and_without_the_server(stairgate, recursive):
    gate = stairgate(upstreams=[recursive])
    for words in (["casino.example"], ["casino.example", "--profile", "adult"], ["www.test"], ["x.blocked.test", "--client", "127.0.0.2"]):
        asked = gate.control("why", *words, "--json", check=False)
        alone = tool("why", *words, "--config", gate.config_path, "--json", check=False)
        assert asked.returncode == alone.returncode
        assert asked.stdout == alone.stdout
    text = gate.control("why", "a.casino.example").stdout
    assert "gambling" in text and "casino.example" in text and "child" in text


def test_status_tells_running_from_not_running(stairgate, recursive):
    gate = stairgate(upstreams=[recursive])
    assert gate.control("status", check=False).returncode == 0
    gate.control("stop")
    wait_for(lambda: gate.process.child.poll() is not None, "the daemon to end")
    assert gate.process.child.returncode == 0
    assert gate.control("status", check=False).returncode == 3


@pytest.fixture
def namespaces():
    """Two hosts on one link: `server` and `client`, each a network namespace; yields (server, client) names."""
    tag = f"sg{os.getpid()}"
    server, client = f"{tag}s", f"{tag}c"

    made = []
    try:
        for name in (server, client):
            ip("netns", "add", name)
            made.append(name)
            ip("-n", name, "link", "set", "lo", "up")
        ip("link", "add", "lan0", "netns", server, "type", "veth", "peer", "name", "lan0", "netns", client)
        for name, address in ((server, "10.53.0.1/24"), (client, "10.53.0.2/24")):
            ip("-n", name, "address", "add", address, "dev", "lan0")
            ip("-n", name, "link", "set", "lan0", "up")
        yield server, client
    finally:
        for name in made:
            ip("netns", "delete", name, check=False)


def link_local(namespace):
    def find():
        out = ip("-n", namespace, "-6", "-o", "address", "show", "dev", "lan0", "scope", "link")
        return None if "tentative" in out or "fe80" not in out else out.split()[3].split("/")[0]
    return wait_for(find, "a link-local address")


LINK_CONFIG = """\
listen: [{listen}]
clients: {{allow: [10.0.0.0/8, "fe80::/10", 127.0.0.0/8]}}
upstreams: []
records: {{names: [{{name: nas.home.test, address: [10.53.0.9]}}]}}
profiles:
  child: {{extends: primary}}
  adult: {{extends: legal_only}}
networks:
  - {{prefix: "fe80::/10", profile: adult}}
default_profile: child
special: {{test: forward}}
sets: {{public: lists.set}}
control: {{operator: control.sock}}
server: {{workers: {workers}}}
{more}
"""


@needs_namespaces
def test_a_link_local_client_is_answered_and_has_its_profile(stairgate, namespaces):  # C49
    server, client = namespaces
    address = link_local(server)
    link_local(client)
    inside = ["ip", "netns", "exec", client]
    gate = stairgate(config=LINK_CONFIG, listen=["0.0.0.0@5300", "::@5300"], prefix=["ip", "netns", "exec", server])
    out = run_client("dig", "-p", 5300, f"@{address}%lan0", "+time=5", "+tries=1", "casino.example", prefix=inside)
    assert "SERVFAIL" in out and "EDE: 22" in out, f"the adult's query is forwarded, and there is no upstream\n{out}"
    out = run_client("dig", "-p", 5300, "@10.53.0.1", "+time=5", "+tries=1", "casino.example", prefix=inside)
    assert "EDE: 17" in out, f"the child's is blocked\n{out}"
    assert gate.process.child.poll() is None


@needs_namespaces
def test_getent_resolves_through_the_daemon(stairgate, namespaces, tmp_path):
    server, client = namespaces
    stairgate(config=LINK_CONFIG, listen=["0.0.0.0@53"], prefix=["ip", "netns", "exec", server])
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "resolv.conf").write_text("nameserver 10.53.0.1\noptions timeout:2 attempts:2\n")
    (folder / "nsswitch.conf").write_text("hosts: dns\n")
    script = f"mount --bind {folder}/resolv.conf /etc/resolv.conf && mount --bind {folder}/nsswitch.conf /etc/nsswitch.conf && "
    inside = ["unshare", "--mount", "ip", "netns", "exec", client, "sh", "-c"]
    assert "10.53.0.9" in run_client(*inside, script + "getent ahostsv4 nas.home.test")
    assert "STREAM" not in run_client(*inside, script + "getent ahosts casino.example")


@needs_namespaces
@pytest.mark.parametrize("over", ["+notcp", "+tcp"])
def test_an_interface_that_comes_late_or_comes_back_has_its_profile(stairgate, namespaces, over):
    server, client = namespaces
    rules = LINK_CONFIG.replace('{{prefix: "fe80::/10", profile: adult}}', "{{interface: kids0, profile: child}}")
    gate = stairgate(config=rules.replace("default_profile: child", "default_profile: adult"),
                     listen=["0.0.0.0@5300"], prefix=["ip", "netns", "exec", server])

    def dig():
        return run_client("dig", "-p", 5300, "@10.54.0.1", "+time=5", "+tries=1", over, "casino.example",
                          prefix=["ip", "netns", "exec", client])
    for _ in range(2):
        ip("link", "add", "kids0", "netns", server, "type", "veth", "peer", "name", "kids0", "netns", client)
        for name, address in ((server, "10.54.0.1/24"), (client, "10.54.0.2/24")):
            ip("-n", name, "address", "add", address, "dev", "kids0")
            ip("-n", name, "link", "set", "kids0", "up")
        wait_for(lambda: "EDE: 17" in dig(), "the child's profile on the interface that has just come")
        ip("-n", server, "link", "delete", "kids0")
    assert gate.process.child.poll() is None
