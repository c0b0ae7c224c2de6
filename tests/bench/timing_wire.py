#!/usr/bin/python3
"""Does a clock at a client tell what a hotline blocks from what the operator blocks?

    tests/bench/timing_wire.py [COUNT]      questions over the wire; 100000 unless told

One stairgated on loopback, names of one shape drawn at random for the two classes, asked one at a time in random order; Welch's t of the
two classes, whole and with the longest cropped, as parts/welch.c takes it. The control is the same for names that nobody blocks, from the
cache, against blocked ones: those must be told apart. Exit code 0: alike, and the control seen."""
import math
import os
import random
import socket
import statistics
import string
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("STAIRGATE_BIN", str(Path(__file__).resolve().parents[2] / "build/release/bin"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))

import dns.message  # noqa: E402

from harness import Stairgate, Upstream, seal  # noqa: E402

NAMES = 4096
MOST = 4.5
KEPT = (100, 99, 95, 90, 75, 50)
CONFIG = """\
listen: [{listen}]
clients: {{allow: [127.0.0.0/8]}}
upstreams: [{upstreams}]
special: {{test: forward}}
sets: {{public: lists.set, hotline: hotline.set}}
sealed: {{key: hotline.key, budget: {{hits: 0}}}}
control: {{operator: control.sock}}
server: {{workers: {workers}}}
profiles: {{adult: {{extends: legal_only}}}}
default_profile: adult
{more}
"""


def welch(timings):
    """The t of the largest size over all crops of TIMINGS, pairs of class and nanoseconds; and the means of the shorter 95 %."""
    ordered, worst, means = sorted(timings, key=lambda one: one[1]), 0.0, (0.0, 0.0)
    for kept in KEPT:
        classes = [[], []]
        for number, took in ordered[:len(ordered) * kept // 100]:
            classes[number].append(took)
        if min(map(len, classes)) < 2:
            continue
        error = math.sqrt(sum(statistics.variance(one) / len(one) for one in classes))
        found = (statistics.fmean(classes[0]) - statistics.fmean(classes[1])) / error
        worst = found if abs(found) > abs(worst) else worst
        if kept == 95:
            means = tuple(statistics.fmean(one) for one in classes)
    return worst, means


def query_of(name):
    return dns.message.make_query(name, "A", use_edns=0, payload=1232, id=0).to_wire()


def measure(port, questions, count):
    """Asks COUNT of QUESTIONS, pairs of class and octets, drawn at random; returns pairs of class and nanoseconds."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.settimeout(5)
        one.connect(("127.0.0.1", port))
        for _, octets in questions[:200]:
            one.send(octets)
            one.recv(4096)
        timings = []
        for _ in range(count):
            number, octets = random.choice(questions)
            begin = time.perf_counter_ns()
            one.send(octets)
            one.recv(4096)
            timings.append((number, time.perf_counter_ns() - begin))
    return timings


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100000
    names = ["".join(random.choices(string.ascii_lowercase, k=12)) + ".example" for _ in range(2 * NAMES)]
    classes = [random.randrange(2) for _ in names]
    operator = [name for name, number in zip(names, classes) if number == 0]
    hotline = [name for name, number in zip(names, classes) if number == 1]
    with tempfile.TemporaryDirectory() as folder:
        upstream = Upstream()
        upstream.set("*", "*", "192.0.2.1", ttl=3600)
        gate = Stairgate(Path(folder), upstreams=[upstream], config=CONFIG, more=f"operator: {{deny: [{', '.join(operator)}]}}", start=False)
        seal(gate.folder, "hotline", hotline)
        gate.start()
        try:
            blocked = [(number, query_of(f"www.{name}")) for name, number in zip(names, classes)]
            clean = [(1, query_of(f"www.clean{i:07}.example")) for i in range(64)]
            alike, means = welch(measure(gate.port, blocked, count))
            mixed = [(0, octets) for _, octets in blocked[:64]] + clean
            measure(gate.port, clean, len(clean))
            control, _ = welch(measure(gate.port, mixed, max(count // 2, 20000)))
        finally:
            gate.stop()
            upstream.stop()
    print("| | questions | operator, µs | hotline, µs | t |\n|---|---|---|---|---|")
    print(f"| over the wire | {count} | {means[0] / 1000:.2f} | {means[1] / 1000:.2f} | {alike:.2f} |")
    print(f"| control: blocked against from the cache | {max(count // 2, 20000)} | | | {control:.2f} |")
    return 0 if abs(alike) < MOST <= abs(control) else 1


if __name__ == "__main__":
    sys.exit(main())
