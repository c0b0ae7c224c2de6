#!/usr/bin/python3
"""Swaps of a set under load: 20 in 60 s, at half the rate that is held without any.

  tests/bench/swap.py                          two lists of a million names in turn, renamed over the file, then `stairgate reload`
  tests/bench/swap.py --swaps 4 --seconds 8 --names 100k

Both lists hold the same names but for one that stands for the list, so that each swap is seen to be in force before the next.
Prints what the sender lost, what sockets of the server dropped, latency with and without swaps, and how long a swap took.
Exit: 0 when nothing was lost, 1 when something was.
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


PLAIN_S = 20  # without swaps, to compare with


def prepare(folder, count):
    """Two set files of COUNT names, each with one name of its own."""
    lists = peer_table.write_lists(folder, count, {"plain"})
    whole = lists["plain"].read_text()
    made = []
    for turn in range(2):
        lists["plain"].write_text(whole + f"turn{turn}.example\n")
        out = folder / f"set{turn}"
        peer_table.run(BIN / "stairgate", "set", "build", "--out", out, "--seed", "1", "--category", f"gambling={lists['plain']}:plain")
        made.append(out)
    return lists, made


def socket_drops(port):
    """Datagrams that sockets bound to PORT dropped since they were opened."""
    total = 0
    for file in ("/proc/net/udp", "/proc/net/udp6"):
        for line in Path(file).read_text().splitlines()[1:]:
            fields = line.split()
            if int(fields[1].rpartition(":")[2], 16) == port:
                total += int(fields[-1])
    return total


def renew(server, made):
    """Puts a copy of MADE in the place of the set file, as a build does: another file, renamed."""
    target = server.site.folder / "lists.set"
    copy = target.with_suffix(".new")
    copy.write_bytes(made.read_bytes())
    os.replace(copy, target)


def swap(server, made, turn):
    """One swap; returns seconds until the name of this list is blocked and the other's is not."""
    begun = time.monotonic()
    renew(server, made[turn])
    peer_table.stairgate_reload(server.site, server.process)
    server.wait_blocked(f"turn{turn}.example")
    server.wait(lambda: rig.is_forwarded(server.ask(f"turn{1 - turn}.example")))
    return time.monotonic() - begun


def run(server, made, how, options, swaps):
    """SECONDS at the rate of HOW with SWAPS in them, evenly spread; the generator's result and the swaps' times."""
    flood = rig.Flood(server.site.port, more=["--each-second"], **how)
    begun, took = time.monotonic(), []
    for number in range(swaps):
        due = begun + options.seconds * (number + 0.5) / swaps
        time.sleep(max(0.0, due - time.monotonic()))
        took.append(swap(server, made, number & 1))
    time.sleep(max(0.0, begun + options.seconds - time.monotonic()))
    result, seconds = flood.stop()
    return result, seconds, took


def held_rate(server, files):
    """The rate held without swaps: the median of three saturated runs."""
    return statistics.median(rig.flood(server.site.port, names=files["mixed"], seconds=1.0)["qps"] for _ in range(3))


def table(options, rate, plain, busy, drops):
    took = busy[2]
    rows = [[words, f"{plain[0][key]:.0f}", f"{busy[0][key]:.0f}"] for words, key in
            (("sent", "sent"), ("lost by the sender's count", "lost"), ("p50, µs", "p50_us"), ("p99, µs", "p99_us"), ("p99.9, µs", "p999_us"))]
    rows += [["slowest answer, ms", slowest(plain), slowest(busy)], ["dropped by the server's sockets", str(drops[0]), str(drops[1])],
             ["a swap, from renaming to in force: median, slowest, ms", report.NONE, f"{statistics.median(took) * 1000:.0f}, {max(took) * 1000:.0f}"]]
    head = (f"{len(took)} swaps of {options.names} names in {options.seconds:.0f} s at {rate:.0f} q/s, half of what is held without (10 % blocked, the rest "
            f"cached). {time.strftime('%Y-%m-%d', time.gmtime())}, {rig.machine()}")
    return f"{head}\n\n{report.table(['', 'no swap', 'swaps'], rows)}"


def slowest(one):
    return f"{max((second['slowest_us'] for second in one[1]), default=0) / 1000:.1f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swaps", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--names", default="1M")
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md, too")
    parser.add_argument("--rate", type=float, help="instead of half of the rate held without swaps")
    options = parser.parse_args()
    defaults = peers.options_of(["--sizes", options.names])
    size = defaults.sizes[0]
    with tempfile.TemporaryDirectory(prefix="stairgate-swap-") as folder:
        folder = Path(folder)
        bench = peers.Bench(folder, defaults)
        lists, made = prepare(folder / "lists", size)
        peer = next(p for p in peer_table.PEERS_TABLE if p.key == "stairgate")
        server = peers.Server(peer, folder / "stairgate", size, bench.upstream, lists)
        try:
            server.start()
            files = bench.names(size)
            peers.warm(bench, server, "mixed", files)
            rate = options.rate or held_rate(server, files) / 2
            how = {"names": files["mixed"], "rate": rate}
            marks = [socket_drops(server.site.port)]
            plain = run(server, made, how, argparse.Namespace(seconds=min(options.seconds, PLAIN_S)), 0)
            marks.append(socket_drops(server.site.port))
            busy = run(server, made, how, options, options.swaps)
            marks.append(socket_drops(server.site.port))
        finally:
            server.stop()
            bench.upstream.stop()
    drops = (marks[1] - marks[0], marks[2] - marks[1])
    text = table(options, rate, plain, busy, drops)
    print(text)
    if options.write:
        report.put(rig.ROOT / "docs/benchmarks.md", "swap", text)
    return 1 if busy[0]["lost"] or drops[1] else 0


if __name__ == "__main__":
    sys.exit(main())
