"""Starts what end-to-end tests need: stairgated on free ports, real upstreams (nsd behind unbound), a scripted upstream.

Everything listens on loopback, is bounded in time, and is stopped by its process id.
"""
import contextlib
import json
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import dns.edns
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("STAIRGATE_BIN", ROOT / "build/asan/bin"))
PEERS = ROOT / "build/peers/root"
DATA = Path(os.environ.get("STAIRGATE_DATA", ROOT.parent / "shared/data"))
CHECKS = Path(os.environ.get("STAIRGATE_CHECKS", ROOT.parent / "shared/checks"))
PATIENCE_S = 60.0  # sanitizer builds on a busy machine


# Below what the system gives to outgoing connections (ip_local_port_range): one of those, of any test that runs beside, would
# take a port between here and the daemon's start.
PORTS = range(10240, 32768)
GIVEN = set()


def is_free(host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as udp, socket.socket(family, socket.SOCK_STREAM) as tcp:
        try:
            udp.bind((host, port))
            tcp.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host="127.0.0.1"):
    """A port that is free for UDP and TCP at HOST now, and where that is 127.0.0.1 at 127.0.0.2 too, as many a config has both."""
    hosts = [host, "127.0.0.2"] if host == "127.0.0.1" else [host]
    for _ in range(1000):
        port = random.SystemRandom().choice(PORTS)
        if port not in GIVEN and all(is_free(each, port) for each in hosts):
            GIVEN.add(port)
            return port
    raise RuntimeError("no free port")


def wait_for(condition, what, patience=PATIENCE_S):
    """Calls CONDITION until it returns something true; the value is returned."""
    until = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"waited {patience} s for {what}")
        time.sleep(0.02)


def tool(*arguments, check=True, **more):
    """Runs `stairgate ARGUMENTS`; returns the finished process with text output."""
    done = subprocess.run([BIN / "stairgate", *map(str, arguments)], capture_output=True, text=True, timeout=120, **more)
    if check and done.returncode != 0:
        raise AssertionError(f"stairgate {' '.join(map(str, arguments))} -> {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def build_set(out, sources, *more):
    """Builds a set at OUT from {category: text or path}; text is written beside it first."""
    words = []
    for key, source in sources.items():
        if not isinstance(source, Path):
            path = out.parent / f"{key}.list"
            path.write_text(source)
            source = path
        words += ["--category", f"{key}={source}"]
    tool("set", "build", "--out", out, *words, *more)
    return out


def seal(folder, name, names, *more):
    """Makes FOLDER/NAME.key, unless it is there, and FOLDER/NAME.set of NAMES: lines of a list, with what is below each; returns
    both paths. MORE goes to `stairgate set seal`."""
    key, out, source = (folder / f"{name}.{end}" for end in ("key", "set", "list"))
    if not key.exists():
        tool("set", "key", key)
    source.write_text("".join(f"{one}\n" for one in names))
    tool("set", "seal", "--key", key, "-o", out, *more, source)
    source.unlink()
    return key, out


def ask(port, name, rdtype="A", *, host="127.0.0.1", source=None, tcp=False, timeout=5.0, edns=True, dnssec=False, **more):
    """One question as a stub resolver asks it; returns the dnspython message."""
    query = dns.message.make_query(name, rdtype, use_edns=0 if edns else False, payload=1232 if edns else None,
                                   want_dnssec=dnssec, **more)
    send = dns.query.tcp if tcp else dns.query.udp
    return send(query, host, timeout=timeout, port=port, source=source)


def addresses(reply):
    return sorted(r.address for rrset in reply.answer if rrset.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA) for r in rrset)


def ede(reply):
    return [option.code for option in reply.options if option.otype == dns.edns.EDE]


# What runs in the background of a shell ignores SIGINT, and passes that on.
STARTS = ["env", "--default-signal=INT", "setpriv", "--pdeathsig", "TERM", "--"]


class Process:
    """A child with its output in a file; stopped by its id."""

    def __init__(self, words, log, **more):
        self.log_path = log
        self.words = [str(word) for word in words]
        with open(log, "ab") as out:
            self.child = subprocess.Popen(self.words, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **more)

    @property
    def pid(self):
        return self.child.pid

    def log(self):
        return self.log_path.read_text(errors="replace")

    def stop(self, how=signal.SIGTERM, patience=PATIENCE_S):
        if self.child.poll() is None:
            self.child.send_signal(how)
            try:
                self.child.wait(patience)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
                raise AssertionError(f"{self.words[0]} did not stop\n{self.log()}") from None
        return self.child.returncode


CONFIG = """\
listen: [{listen}]
clients: {{allow: [127.0.0.0/8, "::1"]}}
upstreams: [{upstreams}]
profiles:
  child: {{extends: primary}}
  adult: {{extends: legal_only}}
networks:
  - {{prefix: 127.0.0.2, profile: adult}}
default_profile: child
special: {{test: forward}}
sets: {{public: lists.set}}
control: {{operator: control.sock, portal: portal.sock}}
server: {{workers: {workers}}}
{more}
"""

# One profile, and upstreams that the test writes itself, in `more`.
CONFIG_OWN_UPSTREAMS = """\
listen: [{listen}]
clients: {{allow: [127.0.0.0/8]}}
profiles: {{child: {{extends: primary}}}}
default_profile: child
special: {{test: forward}}
sets: {{public: lists.set}}
control: {{operator: control.sock}}
server: {{workers: {workers}}}
{more}
"""

LISTS = {"porn": "adult-site.example\nblocked.test\n", "gambling": "casino.example\n"}


class Clock:
    """The file that `stairgated --clock` maps: Unix time in eight octets, least first, and milliseconds that times to wait are
    ahead of the system's."""

    def __init__(self, path, wall_s):
        self.path = path
        path.write_bytes(wall_s.to_bytes(8, "little") + bytes(8))

    def set(self, wall_s):
        with open(self.path, "r+b") as file:
            file.write(wall_s.to_bytes(8, "little"))

    def pass_ms(self, ms):
        with open(self.path, "r+b") as file:
            file.seek(8)
            ahead = int.from_bytes(file.read(8), "little") + ms
            file.seek(8)
            file.write(ahead.to_bytes(8, "little"))


class Stairgate:
    """One stairgated with a directory of its own. CONFIG may be replaced; `more` is added YAML; with AT, Unix time, its clock stands
    there until `clock` is set."""

    def __init__(self, folder, *, upstreams=(), config=CONFIG, more="", workers=1, lists=None, listen=None, start=True,
                 prefix=(), at=None):
        self.folder = folder
        self.port = free_port()
        self.listen = listen or [f"127.0.0.1@{self.port}", f"127.0.0.2@{self.port}", f"::1@{self.port}"]
        self.config_path = folder / "stairgate.yaml"
        self.socket = folder / "control.sock"
        self.prefix = list(prefix)
        self.clock = Clock(folder / "clock", at) if at is not None else None
        self.arguments = ["--clock", self.clock.path] if self.clock else []  # more of stairgated's
        self.process = None
        build_set(folder / "lists.set", lists or LISTS)
        self.write(config, upstreams, workers, more)
        if start:
            self.start()

    def write(self, config=CONFIG, upstreams=(), workers=1, more=""):
        text = config.format(listen=", ".join(f'"{one}"' for one in self.listen), workers=workers, more=more,
                             upstreams=", ".join(f'"{one}"' for one in upstreams))
        self.config_path.write_text(text)

    def start(self, wait=True):
        self.process = Process([*self.prefix, BIN / "stairgated", "--config", self.config_path, *self.arguments], self.folder / "log")
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self):
        def ready():
            if self.process.child.poll() is not None:
                raise AssertionError(f"stairgated ended with {self.process.child.returncode}\n{self.process.log()}")
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as one:  # a tool under sanitizers takes long to start
                one.settimeout(PATIENCE_S)
                one.connect(str(self.socket))
                one.sendall(b'{"v":1,"id":1,"do":"status"}\n')
                return one.recv(1)
        return wait_for(ready, f"stairgated to answer on {self.socket}")

    def control(self, *words, check=True):
        return tool(*words, "--socket", self.socket, check=check)

    def status(self, check=True):
        done = self.control("status", "--json", check=check)
        return json.loads(done.stdout) if done.returncode in (0, 1) and done.stdout else None

    def server_pid(self):
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0]) if children else None

    def kill_server(self):
        """Kills the server with -9; returns when its keeper has started another."""
        before = wait_for(self.server_pid, "a server")
        os.kill(before, signal.SIGKILL)
        wait_for(lambda: self.server_pid() not in (None, before), "the next server")

    def ask(self, name, rdtype="A", **more):
        return ask(self.port, name, rdtype, **more)

    def stop(self):
        code = self.process.stop() if self.process else 0
        log = self.process.log() if self.process else ""
        assert "Sanitizer" not in log and "runtime error" not in log, log
        return code


class Upstream:
    """A scripted upstream on UDP and TCP: `answers` maps (name, type) to a function(query) -> message, bytes or None."""

    def __init__(self, host="127.0.0.1", port=None):
        self.host = host
        self.port = port or free_port(host)
        self.answers = {}
        self.seen = []  # (name, type, transport, query) in order
        self.lock = threading.Lock()
        self.running = True
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((host, self.port))
        self.tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.tcp.bind((host, self.port))
        self.tcp.listen(64)
        self.udp.settimeout(0.1)
        self.tcp.settimeout(0.1)
        self.threads = [threading.Thread(target=target, daemon=True) for target in (self._serve_udp, self._serve_tcp)]
        for thread in self.threads:
            thread.start()

    def __str__(self):
        return f"{self.host}@{self.port}"

    def set(self, name, rdtype, *records, ttl=300, rcode=0, authority=()):
        """Answers NAME RDTYPE with RECORDS: strings `owner type data`, or data of the type itself."""
        def make(query):
            reply = dns.message.make_response(query, recursion_available=True)
            reply.set_rcode(rcode)
            asked = query.question[0]
            kind_asked = dns.rdatatype.to_text(asked.rdtype) if rdtype == "*" else rdtype
            for record in records:
                owner, kind, data = record if isinstance(record, tuple) else (asked.name.to_text(), kind_asked, record)
                if kind == "AAAA" and ":" not in data or kind not in ("A", "AAAA") and rdtype == "*":
                    continue  # an address stands for "any answer at all"; other types have none
                reply.answer.append(dns.rrset.from_text(owner.rstrip(".") + ".", ttl, "IN", kind, data))
            for owner, kind, data in authority:
                reply.authority.append(dns.rrset.from_text(owner, ttl, "IN", kind, data))
            return reply
        self.answers[(name.rstrip(".").lower(), rdtype)] = make

    def count(self, name, rdtype=None):
        with self.lock:
            return sum(1 for n, t, *_ in self.seen if n == name.rstrip(".").lower() and rdtype in (None, t))

    def total(self):
        with self.lock:
            return len(self.seen)

    def _reply(self, wire, transport):
        query = dns.message.from_wire(wire)
        question = query.question[0]
        key = (question.name.to_text().rstrip(".").lower(), dns.rdatatype.to_text(question.rdtype))
        with self.lock:
            self.seen.append((*key, transport, query))
        make = self.answers.get(key) or self.answers.get(("*", key[1])) or self.answers.get(("*", "*"))
        if make is None:
            reply = dns.message.make_response(query, recursion_available=True)
            reply.set_rcode(dns.rcode.NXDOMAIN)
            reply.authority.append(dns.rrset.from_text("test.", 60, "IN", "SOA", "ns.test. admin.test. 1 3600 600 86400 60"))
        else:
            reply = make(query)
        return reply.to_wire() if hasattr(reply, "to_wire") else reply

    def _serve_udp(self):
        while self.running:
            try:
                wire, peer = self.udp.recvfrom(65535)
            except socket.timeout:
                continue
            except OSError:
                return
            with contextlib.suppress(Exception):
                reply = self._reply(wire, "udp")
                if reply is not None:
                    self.udp.sendto(reply, peer)

    def _serve_tcp(self):
        while self.running:
            try:
                peer, _ = self.tcp.accept()
            except socket.timeout:
                continue
            except OSError:
                return
            threading.Thread(target=self._serve_stream, args=(peer,), daemon=True).start()

    def _serve_stream(self, peer):
        with peer, contextlib.suppress(Exception):
            peer.settimeout(5)
            while self.running:
                head = self._exactly(peer, 2)
                wire = self._exactly(peer, struct.unpack("!H", head)[0])
                reply = self._reply(wire, "tcp")
                if reply is not None:
                    peer.sendall(struct.pack("!H", len(reply)) + reply)

    @staticmethod
    def _exactly(sock, count):
        data = b""
        while len(data) < count:
            more = sock.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def stop(self):
        self.running = False
        for thread in self.threads:
            thread.join()
        self.udp.close()
        self.tcp.close()


ZONE = """\
$ORIGIN .
$TTL 300
@ SOA ns.test. admin.test. 1 3600 600 86400 60
@ NS ns.test.
ns.test. A 127.0.0.1
www.test. A 192.0.2.1
www.test. AAAA 2001:db8::1
www.test. HTTPS 1 . alpn=h2
mail.test. MX 10 www.test.
alias.test. CNAME www.test.
{chain}
{big}
{many}
clean.example. A 192.0.2.9
adult-site.example. A 192.0.2.66
casino.example. A 192.0.2.67
blocked.test. A 192.0.2.68
"""


def zone_text():
    chain = "\n".join(f"chain{i}.test. CNAME chain{i + 1}.test." for i in range(8)) + "\nchain8.test. A 192.0.2.8"
    big = "\n".join(f'big.test. TXT "{chr(97 + i % 26) * 250}{i:04}"' for i in range(24))
    many = "\n".join(f"many.test. A 192.0.2.{i}" for i in range(1, 61))
    return ZONE.format(chain=chain, big=big, many=many)


def peer(name):
    """Where the unpacked server NAME is (tests/peers), else the installed one."""
    unpacked = PEERS / "usr/sbin" / name
    return unpacked if unpacked.exists() else Path(shutil.which(name) or f"/usr/sbin/{name}")


class Authority:
    """nsd with ZONES, texts by name, on loopback."""

    def __init__(self, folder, zones):
        self.folder = folder
        self.port = free_port()
        blocks = []
        for number, (name, text) in enumerate(zones.items()):
            (folder / f"zone{number}").write_text(text)
            blocks.append(f"zone:\n  name: {name}\n  zonefile: zone{number}\n")
        (folder / "nsd.conf").write_text(f"""\
server:
  ip-address: 127.0.0.1@{self.port}
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  database: ""
  pidfile: ""
  xfrdfile: "{folder}/xfrd.state"
  zonelistfile: "{folder}/zone.list"
  server-count: 1
remote-control:
  control-enable: no
{"".join(blocks)}""")
        self.process = None
        self.start()

    def start(self):
        self.process = Process([peer("nsd"), "-d", "-c", self.folder / "nsd.conf"], self.folder / "nsd.log")

    def __str__(self):
        return f"127.0.0.1@{self.port}"

    def stop(self):
        self.process.stop()


class Recursive:
    """An Authority, and unbound as the resolver in front of it. ANCHORS are DS records of zones to validate, MORE lines of
    unbound's section `server`."""

    def __init__(self, folder, zones=None, anchors=(), more="", probe="www.test"):
        self.folder = folder
        self.probe = probe
        self.port = free_port()
        zones = zones or {".": zone_text()}
        self.authority = Authority(folder, zones)
        stubs = "".join(f"stub-zone:\n  name: {name}\n  stub-addr: {self.authority}\n" for name in zones)
        trust = "".join(f"  trust-anchor: \"{anchor}\"\n" for anchor in anchors)
        (folder / "unbound.conf").write_text(f"""\
server:
  interface: 127.0.0.1@{self.port}
  access-control: 127.0.0.0/8 allow
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: ""
  use-syslog: no
  logfile: ""
  do-not-query-localhost: no
  do-ip6: no
  local-zone: "test." nodefault
  module-config: "{"validator iterator" if anchors else "iterator"}"
  num-threads: 1
{trust}{more}remote-control:
  control-enable: no
{stubs}""")
        self.resolver = None
        self.start_resolver()

    def start_resolver(self):
        self.resolver = Process([peer("unbound"), "-d", "-c", self.folder / "unbound.conf"], self.folder / "unbound.log")

        def answers():
            with contextlib.suppress(Exception):
                return addresses(ask(self.port, self.probe, timeout=1))
        wait_for(answers, "unbound to answer")

    def __str__(self):
        return f"127.0.0.1@{self.port}"

    def stop(self):
        self.resolver.stop()
        self.authority.stop()


def run_client(*words, timeout=20, env=None, prefix=()):
    """Runs a real client (dig, kdig, drill); returns its output."""
    done = subprocess.run([*prefix, *map(str, words)], capture_output=True, text=True, timeout=timeout, env=env)
    return done.stdout + done.stderr


def closing_counts(output):
    """(passed, failed) of a program that ends in `N passed, M failed`."""
    found = re.findall(r"^(\d+) passed, (\d+) failed$", output, re.M)
    assert found, output
    return tuple(map(int, found[-1]))


KILL_SWEEP = CHECKS / "kill_sweep.py"
KILL_SWEEP_LACKS = ("the folder of outside checks is not here" if not KILL_SWEEP.exists()
                    else "strace is not installed" if shutil.which("strace") is None else "")
needs_kill_sweep = pytest.mark.skipif(KILL_SWEEP_LACKS != "", reason=KILL_SWEEP_LACKS)


def kill_sweep(fault, calls, limit, *, reset, run, verify, timeout=3600):
    """Runs the command RUN with FAULT at each of the first LIMIT of each of CALLS, RESET before and VERIFY after it; returns
    how many passed, how many failed, and what was said of them."""
    done = subprocess.run(
        [sys.executable, KILL_SWEEP, "--reset", reset, "--verify", verify, "--run", run, "--fault", fault, "--calls", calls,
         "--limit", str(limit)],
        capture_output=True, text=True, timeout=timeout,
        env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1"})
    return *closing_counts(done.stdout + done.stderr), done.stdout
