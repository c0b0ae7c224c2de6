"""What a validating resolver behind us makes of a safe search: fine in zones that are not signed, nothing in those that are."""
import contextlib

import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

import zones
from harness import Process, Recursive, addresses, ask, free_port, peer, wait_for

ZONE = """\
$ORIGIN {name}.
$TTL 300
@ SOA ns.{name}. admin.{name}. 1 3600 600 86400 60
@ NS ns.{name}.
ns A 127.0.0.1
www A 203.0.113.50
www HTTPS 1 . alpn=h2 ipv4hint=203.0.113.50
safe A 203.0.113.51
"""
SIGNED, PLAIN = "signed.test", "plain.test"

CONFIG = """\
listen: [{listen}]
clients: {{allow: [127.0.0.0/8]}}
upstreams: [{upstreams}]
safe_search_maps:
  - {{engine: seek, name: www.plain.test, strict: safe.plain.test}}
  - {{engine: find, name: www.signed.test, strict: safe.signed.test}}
profiles: {{child: {{safe_search: all}}}}
default_profile: child
special: {{test: forward}}
sets: {{public: lists.set}}
control: {{operator: control.sock}}
server: {{workers: {workers}}}
{more}
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    signed, anchor = zones.sign(folder, SIGNED, ZONE.format(name=SIGNED))
    recursive = Recursive(folder, {SIGNED: signed, PLAIN: ZONE.format(name=PLAIN)}, probe="www.plain.test")
    yield recursive, anchor
    recursive.stop()


@pytest.fixture
def validator(stairgate, world, tmp_path):
    """The port of an unbound that validates, before a daemon with safe search, before the world."""
    recursive, anchor = world
    gate = stairgate(upstreams=[recursive], config=CONFIG)
    port = free_port()
    (tmp_path / "validator.conf").write_text(f"""\
server:
  interface: 127.0.0.1@{port}
  access-control: 127.0.0.0/8 allow
  username: ""
  chroot: ""
  directory: "{tmp_path}"
  pidfile: ""
  use-syslog: no
  logfile: ""
  do-not-query-localhost: no
  do-ip6: no
  local-zone: "test." nodefault
  module-config: "validator iterator"
  num-threads: 1
  trust-anchor: "{anchor}"
remote-control:
  control-enable: no
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@{gate.port}
""")
    process = Process([peer("unbound"), "-d", "-c", tmp_path / "validator.conf"], tmp_path / "validator.log")

    def answers():
        with contextlib.suppress(Exception):
            return addresses(ask(port, "safe.plain.test", timeout=2))
    wait_for(answers, "the validator to answer")
    yield port
    process.stop()


def test_an_engine_in_a_zone_that_is_not_signed_is_safe_behind_a_validator(validator):
    reply = ask(validator, "www.plain.test", timeout=10)
    assert addresses(reply) == ["203.0.113.51"] and reply.answer[0][0].target.to_text() == "safe.plain.test."
    reply = ask(validator, "www.plain.test", "HTTPS", timeout=10)
    assert reply.rcode() == dns.rcode.NOERROR and "203.0.113.50" not in reply.to_text()


def test_an_engine_in_a_signed_zone_is_not_reached_behind_a_validator(validator):
    reply = ask(validator, "www.signed.test", timeout=20)
    assert reply.rcode() == dns.rcode.SERVFAIL and not reply.answer, "the alias has no signature: it fails, and never unsafely"
    reply = ask(validator, "safe.signed.test", timeout=20, dnssec=True)
    assert addresses(reply) == ["203.0.113.51"] and reply.flags & dns.flags.AD, "the safe name itself is whole"
    query = dns.message.make_query("www.signed.test", "A")
    query.flags |= dns.flags.CD
    reply = dns.query.udp(query, "127.0.0.1", port=validator, timeout=20)
    assert addresses(reply) == ["203.0.113.51"], "who does not ask for validation is led to the safe side"
