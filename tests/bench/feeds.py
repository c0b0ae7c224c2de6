#!/usr/bin/python3
"""What it costs to keep lists fresh: `stairgate lists sync` on made-up lists, and what clients feel of it.

  tests/bench/feeds.py                     40 lists of 125,000 names each: first run, one changed list, nothing changed
  tests/bench/feeds.py --one 500k          a single list: the memory of a run on a small router
  tests/bench/feeds.py --latency           p99 of a server that answers while 5 M names are built, against idle, in pairs
  tests/bench/feeds.py --lists 4 --names 10k --pairs 1 ...   smaller

Lists come from file:// addresses, so that no network is measured. Memory is the largest resident set that any process of the
run had (wait4 of the whole group), beside that of the run itself; times are wall clock, processor seconds beside them.
"""
import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import peer_table
import peers
import report
import rig
from rig import BIN

CONFIG = """\
listen: ["{host}@{port}"]
upstreams: ["{host}@{upstream}"]
profiles: {{kid: {{block: [gambling]}}}}
control: {{operator: control.sock}}
feeds: {{dir: lists, timer: no}}
lists:
"""
LIST = '  list{number}: {{url: "file://{path}", format: plain, category: gambling, jitter: 0s}}\n'


def count_of(text):
    return int(float(text.rstrip("kM")) * {"k": 1e3, "M": 1e6}.get(text[-1], 1))


class Lists:
    """A folder with a configuration and its lists."""

    def __init__(self, folder, lists, names, config=CONFIG, port=5300, upstream=5301):
        self.folder, self.names = folder, names
        self.paths = [folder / f"list{number}.txt" for number in range(lists)]
        for number, path in enumerate(self.paths):
            self.write(number)
        text = config.format(host=rig.HOST, port=port, upstream=upstream)
        text += "".join(LIST.format(number=number, path=path) for number, path in enumerate(self.paths))
        self.config = folder / "stairgate.yaml"
        self.config.write_text(text)

    def write(self, number, more=0):
        """List NUMBER, with MORE names that it did not have before."""
        first = number * self.names
        with open(self.paths[number], "w", buffering=1 << 20, encoding="ascii") as file:
            file.writelines(f"{rig.listed(at)}\n" for at in range(first, first + self.names))
            file.writelines(f"more{at}.list{number}.example\n" for at in range(more))

    def words(self, *more):
        return [str(BIN / "stairgate"), "lists", "sync", "--config", str(self.config), *more]

    def sync(self, *more):
        """Runs it; returns wall seconds, processor seconds, peak of the run and of any process below it, in octets."""
        begun = time.monotonic()
        child = os.fork()
        if child == 0:
            out = os.open(self.folder / "sync.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            os.dup2(out, 1)
            os.dup2(out, 2)
            words = self.words(*more)
            os.execv(words[0], words)
        peaks = {}
        while True:
            done, status, used = os.wait4(child, os.WNOHANG)
            if done:
                break
            watch(child, peaks)
            time.sleep(0.005)
        if status != 0:
            sys.exit(f"lists sync failed: {(self.folder / 'sync.log').read_text()[-2000:]}")
        own = peaks.pop(child, 0)
        return time.monotonic() - begun, used.ru_utime + used.ru_stime, own, max(peaks.values(), default=0)


def watch(root, peaks):
    """Raises PEAKS, by pid, to what ROOT and all below it have been at most."""
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        peaks[pid] = max(peaks.get(pid, 0), rig.memory_of(pid, "status", "VmHWM:"))
        try:
            waiting += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        except (OSError, ValueError):
            pass


def mib(octets):
    return f"{octets / (1 << 20):.1f}"


def row(words, figures):
    wall, cpu, own, below = figures
    return [words, f"{wall:.2f}", f"{cpu:.2f}", mib(own), mib(below)]


def costs(folder, lists, names):
    """Rows of the table: what a run costs in each situation."""
    made = Lists(folder, lists, names)
    rows = [row("first run: all of them", made.sync())]
    rows.append(row("all asked, nothing has changed", made.sync(*(f"list{number}" for number in range(lists)))))
    rows.append(row("all read anew, nothing has changed", made.sync("--force")))
    rows.append(row("nothing is due", made.sync()))
    one = []
    for turn in range(3):
        made.write(0, more=turn + 1)
        one.append(made.sync("list0"))
    rows.append(row("one list has changed (median of 3)", sorted(one)[1]))
    return rows


def table(options):
    with tempfile.TemporaryDirectory(prefix="stairgate-feeds-") as folder:
        rows = costs(Path(folder), options.lists, options.names)
    head = (f"{options.lists} lists of {options.names} names each, from files. {time.strftime('%Y-%m-%d', time.gmtime())}, {rig.machine()}")
    return f"{head}\n\n{report.table(['', 's', 'processor s', 'the run, peak MiB', 'its children, peak MiB'], rows)}"


def p99(server, files, rate, seconds):
    return rig.flood(server.site.port, names=files, rate=rate, seconds=seconds)["p99_us"]


def pair(server, files, rate, made):
    """p99 with nothing beside, and while lists are built, one after the other; the build is started anew while it is too short."""
    idle = p99(server, files, rate, 5)
    process = rig.Process(["sh", "-c", f"while :; do rm -rf {made.folder}/lists; {' '.join(made.words())}; done"], made.folder / "log")
    try:
        time.sleep(0.2)
        return idle, p99(server, files, rate, 5)
    finally:
        for pid in process.pids():
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                pass
        process.child.wait()


def latency(options):
    defaults = peers.options_of(["--sizes", "100k"])
    with tempfile.TemporaryDirectory(prefix="stairgate-feeds-") as folder:
        folder = Path(folder)
        (folder / "made").mkdir()
        made = Lists(folder / "made", options.lists, options.names)
        bench = peers.Bench(folder, defaults)
        lists = peer_table.write_lists(folder / "lists", 100_000, {"plain"})
        peer = next(p for p in peer_table.PEERS_TABLE if p.key == "stairgate")
        server = peers.Server(peer, folder / "stairgate", 100_000, bench.upstream, lists)
        pairs = []
        try:
            server.start()
            files = bench.names(100_000)
            peers.warm(bench, server, "mixed", files)
            for _ in range(options.pairs):
                pairs.append(pair(server, files["mixed"], options.rate, made))
                rig.say(f"idle {pairs[-1][0]:.0f} us, beside a build {pairs[-1][1]:.0f} us")
        finally:
            server.stop()
            bench.upstream.stop()
    ratio = statistics.median(busy / idle for idle, busy in pairs)
    rows = [[f"{idle:.0f}", f"{busy:.0f}", f"{busy / idle:.2f}"] for idle, busy in pairs]
    head = (f"p99 at {options.rate:.0f} q/s (10 % blocked, the rest cached), idle and while {options.lists * options.names} names are built. "
            f"Median of the ratios: {ratio:.2f} (aim 1.3). {time.strftime('%Y-%m-%d', time.gmtime())}, {rig.machine()}")
    return f"{head}\n\n{report.table(['idle, µs', 'beside a build, µs', 'ratio'], rows)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lists", type=int, default=40)
    parser.add_argument("--names", type=count_of, default=125_000)
    parser.add_argument("--one", type=count_of, help="one list of so many names")
    parser.add_argument("--latency", action="store_true")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--rate", type=float, default=20_000)
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md, too")
    options = parser.parse_args()
    if options.one:
        options.lists, options.names = 1, options.one
    text = latency(options) if options.latency else table(options)
    print(text)
    if options.write:
        part = "feeds-latency" if options.latency else "feeds-one" if options.one else "feeds"
        report.put(rig.ROOT / "docs/benchmarks.md", part, text)


if __name__ == "__main__":
    main()
