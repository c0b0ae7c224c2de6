#!/usr/bin/env python3
"""What known devices cost a resolver, beside dnsdist's netmask groups and unbound's tags: start, memory, a query.

    tests/bench/devices.py [--ours 1000000] [--theirs 100000] [--queries 20000]

Each is started with one device and with many (IPv4 addresses, 127.0.0.1 among them), answers one blocked name by itself, and is
asked from 127.0.0.1. Processor time is read from /proc, so that others on the machine count little; start is wall time.
"""
import argparse
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import dns.message

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("STAIRGATE_BIN", ROOT / "build/release/bin"))
QUERY = dns.message.make_query("blocked.example", "A").to_wire()
TICK = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def addresses(count):
    draw = random.Random(1)
    return ["127.0.0.1", *(f"{10 + n // 0xfe0000}.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"
                           for n in draw.sample(range(1 << 24), count - 1))]


def stairgate(folder, port, clients):
    (folder / "list.txt").write_text("blocked.example\n")
    subprocess.run([BIN / "stairgate", "set", "build", "--out", folder / "lists.set", "--category",
                    f"games={folder / 'list.txt'}"], check=True,
                   stdout=subprocess.DEVNULL)
    (folder / "rows.csv").write_text("".join(f"{one},device {i},,child\n" for i, one in enumerate(clients)))
    subprocess.run([BIN / "stairgate", "devices", "import", folder / "rows.csv", "--state", folder / "state.db"], check=True,
                   stdout=subprocess.DEVNULL)
    (folder / "s.yaml").write_text(f"""listen: 127.0.0.1@{port}
clients: {{allow: [127.0.0.0/8]}}
upstreams: [127.0.0.1@1]
profiles: {{child: {{block: [games]}}, other: {{block: []}}}}
default_profile: other
sets: {{public: lists.set}}
state: {{path: state.db}}
server: {{workers: 1}}
""")
    return [BIN / "stairgated", "--config", folder / "s.yaml"]


def dnsdist(folder, port, clients):
    (folder / "masks").write_text("".join(f"{one}/32\n" for one in clients))
    (folder / "d.conf").write_text(f"""setLocal("127.0.0.1:{port}")
setSecurityPollSuffix("")
known = newNMG()
for mask in io.lines("{folder / 'masks'}") do known:addMask(mask) end
addAction(NetmaskGroupRule(known), RCodeAction(DNSRCode.NXDOMAIN))
addAction(AllRule(), RCodeAction(DNSRCode.REFUSED))
""")
    return ["dnsdist", "-C", folder / "d.conf", "--supervised", "--disable-syslog"]


def unbound(folder, port, clients):
    tags = "".join(f'access-control: {one}/32 allow\naccess-control-tag: {one}/32 "child"\n' for one in clients)
    (folder / "u.conf").write_text(f"""server:
interface: 127.0.0.1
port: {port}
do-daemonize: no
username: ""
chroot: ""
pidfile: ""
use-syslog: no
logfile: ""
define-tag: "child"
local-zone: blocked.example. always_nxdomain
local-zone-tag: blocked.example. "child"
{tags}""")
    return ["unbound", "-c", folder / "u.conf"]


def read(pid, what):
    if what == "rss":
        return next(int(line.split()[1]) * 1024 for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def server_of(pid):
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0]) if children else pid


def ask(sock, port, patience):
    sock.settimeout(patience)
    sock.sendto(QUERY, ("127.0.0.1", port))
    return sock.recv(512)


def measure(make, count, queries):
    with tempfile.TemporaryDirectory() as name, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        folder, port = Path(name), free_port()
        os.chmod(folder, 0o755)
        sock.bind(("127.0.0.1", 0))
        words = make(folder, port, addresses(count))
        began = time.monotonic()
        child = subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while True:
                try:
                    reply = ask(sock, port, 0.05)
                    break
                except OSError:
                    if child.poll() is not None or time.monotonic() - began > 120:
                        raise SystemExit(f"{words[0]} did not answer") from None
            start = time.monotonic() - began
            assert reply[3] & 15 != 5, f"{words[0]}: refused"
            pid = server_of(child.pid)
            before = read(pid, "cpu")
            for _ in range(queries):
                ask(sock, port, 5)
            return start, read(pid, "rss"), (read(pid, "cpu") - before) / queries * 1e6
        finally:
            child.terminate()
            child.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ours", type=int, default=1_000_000)
    parser.add_argument("--theirs", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=20_000)
    options = parser.parse_args()
    print("| | devices | start, s | memory, octets a device | a query, µs of processor | with one device |\n|---|---|---|---|---|---|")
    for make, count in [(stairgate, options.ours), (dnsdist, options.theirs), (unbound, options.theirs)]:
        if make is not stairgate and shutil.which(make.__name__) is None:
            print(f"| {make.__name__} | not installed | | | | |")
            continue
        one, many = measure(make, 1, options.queries), measure(make, count, options.queries)
        print(f"| {make.__name__} | {count} | {many[0]:.2f} | {(many[1] - one[1]) / count:.0f} | {many[2]:.1f} | {one[2]:.1f} |")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
