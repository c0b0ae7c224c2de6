#!/usr/bin/python3
"""Where the time of a query goes, by the file of the source that was running: a table in ns a query.

  tests/bench/hit_path.py [cached|blocked|mixed|forwarded] [--names 1M] [--seconds 3] [--tcp]
  tests/bench/hit_path.py --spine [cached|blocked|forwarded]    without sockets

The server is saturated on one core while `perf record -e cpu-clock` looks at it some 2000 times a second (no hardware counters
are needed). What runs in the kernel is told apart by the system call; what runs here by the file of the innermost function,
inlined ones included. Needs perf, a build with -g (the release preset has it), and the right to look into the kernel.
"""
import argparse
import collections
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import peer_table
import peers
import report
import rig
from rig import BIN

FOLDERS = re.compile(r"(?:^|/)((?:resolver|policy|blocklist|config|tests)/[^:]*):")  # absolute or not, as the compiler was called

# The first that fits: words in the chain of kernel functions, then prefixes of source files.
CALLS = [("sendmmsg", "kernel: send, the client's receive included"), ("recvmmsg", "kernel: receive"), ("epoll", "kernel: wait"),
         ("sys_sendto|sys_write|sys_sendmsg|sys_writev", "kernel: send on a stream"), ("sys_recvfrom|sys_read|sys_recvmsg", "kernel: receive on a stream"),
         ("", "kernel: other")]
FILES = [("read the question", ("resolver/stage_read", "resolver/wire/question", "resolver/wire/options")),
         ("hash, look up in the sets", ("resolver/stage_look", "blocklist/set/", "config/base/siphash")),
         ("check of what an answer leads to", ("policy/check", "policy/targets")),
         ("who asks, decide", ("resolver/stage_decide", "policy/")),
         ("cache: key", ("resolver/stage_cache", "resolver/cache/key")),
         ("answer from the entry", ("resolver/stage_serve", "resolver/cache/entry")),
         ("cache: find, copy, keep", ("resolver/cache/",)),
         ("block and local answers", ("resolver/stage_block", "resolver/stage_local", "resolver/stage_any")),
         ("read and write messages", ("resolver/wire/",)),
         ("upstream", ("resolver/upstream/", "resolver/stage_forward", "resolver/stage_reply", "resolver/pending")),
         ("batch in, batch out", ("resolver/listen/",)), ("worker, clocks, counters", ("resolver/daemon/",)),
         ("spine", ("resolver/",)), ("the bench's own", ("tests/",)), ("names, addresses", ("config/",)), ("C library, libuv: mostly copies", ("",))]
STAGE_OF = [(prefix, stage) for stage, prefixes in FILES for prefix in prefixes]


def samples(file):
    """Chains of (address, symbol, object), leaf first."""
    text = subprocess.run(["perf", "script", "-i", file, "-F", "ip,sym,dso"], capture_output=True, text=True, check=True).stdout
    for block in text.split("\n\n"):
        chain = [match.groups() for match in re.finditer(r"^\s+([0-9a-f]+) (.*) \((.*)\)$", block, re.M)]
        if chain:
            yield chain


def bias(pid, program):
    """Address of the first byte of PROGRAM in process PID."""
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        if line.endswith(f"/{program}"):
            return int(line.split("-")[0], 16)
    raise RuntimeError(f"{program} is gone")


def sources(addresses, start, program):
    """{address, in the process or in the program as perf chooses: file below the root}, of the innermost .c file that the compiler had at each."""
    words = ["addr2line", "-a", "-i", "-e", str(BIN / program)]
    text = subprocess.run(words, input="\n".join(hex(a - start if a >= start else a) for a in addresses), capture_output=True, text=True, check=True).stdout
    found = {}
    for address, block in zip(addresses, re.split(r"^0x[0-9a-f]+\n", text, flags=re.M)[1:]):
        files = [match[1] for match in map(FOLDERS.search, block.splitlines()) if match]
        found[address] = next((file for file in files if file.endswith(".c")), files[0] if files else "")
    return found


def stages(file, start, program):
    chains = list(samples(file))
    ours = sorted({int(chain[0][0], 16) for chain in chains if chain[0][2].endswith(f"/{program}")})
    where = sources(ours, start, program)
    count = collections.Counter()
    for chain in chains:
        address, _, owner = chain[0]
        if owner == "[kernel.kallsyms]" or owner == "[unknown]":
            calls = " ".join(symbol for _, symbol, _ in chain)
            count[next(stage for word, stage in CALLS if re.search(word, calls))] += 1
        else:
            source = where.get(int(address, 16), "") if owner.endswith(f"/{program}") else ""
            count[next(stage for prefix, stage in STAGE_OF if source.startswith(prefix))] += 1
    return count


def record(pid, program, folder, seconds):
    """Samples of process PID by stage."""
    start = bias(pid, program)
    done = subprocess.run(["perf", "record", "-q", "-e", "cpu-clock", "-F", "1999", "-g", "-p", str(pid), "-o", folder / "perf.data", "--",
                           "sleep", str(seconds)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"perf record: {done.stderr.strip()}")
    return stages(folder / "perf.data", start, program)


def spine(folder, options):
    """Samples of the spine alone, and ns a query."""
    kind = {"forwarded": "clean"}.get(options.mix, options.mix)
    words = ["taskset", "-c", str(rig.SERVER_CORE), str(BIN / "core_bench"), kind, str(options.seconds + 3)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as child:
        child.stdout.readline()
        count = record(child.pid, "core_bench", folder, options.seconds)
        return count, float(child.stdout.readline()), "without sockets"


def whole(folder, options):
    """Samples of the server under load, and CPU ns a query."""
    defaults = peers.options_of(["--sizes", options.names])
    size = defaults.sizes[0]
    bench = peers.Bench(folder, defaults)
    lists = peer_table.write_lists(folder / "lists", size, {"plain"})
    peer = next(p for p in peer_table.PEERS_TABLE if p.key == ("stairgate-tcp" if options.tcp else "stairgate"))
    server = peers.Server(peer, folder / "stairgate", size, bench.upstream, lists)
    try:
        server.start()
        files = bench.names(size)
        peers.warm(bench, server, options.mix, files)
        before = server.process.cpu_s()
        flood = rig.Flood(server.site.port, **bench.how(options.mix, files))
        count = record(server.process.pids()[-1], "stairgated", folder, options.seconds)
        result, _ = flood.stop()
        return count, (server.process.cpu_s() - before) / result["answered"] * 1e9, f"{result['qps'] / 1000:.0f} kq/s"
    finally:
        server.stop()
        bench.upstream.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mix", nargs="?", default="cached", choices=peers.MIXES)
    parser.add_argument("--names", default="1M")
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--tcp", action="store_true", help="ask the upstream by TCP")
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md, too")
    parser.add_argument("--spine", action="store_true", help="core_bench instead of the server: no sockets, a million names")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stairgate-path-") as folder:
        count, ns, words = (spine if options.spine else whole)(Path(folder), options)
    total = sum(count.values())
    rest = sum(hits for hits in count.values() if hits < total / 100)
    seen = [(stage, hits) for stage, hits in count.most_common() if hits >= total / 100] + [("the rest, each below 1 %", rest)]
    rows = [[stage, f"{hits / total * ns:.0f}", f"{hits / total * 100:.1f} %"] for stage, hits in seen]
    rows.append(["**whole**", f"**{ns:.0f}**", words])
    text = report.table([f"{options.mix}, {'1M' if options.spine else options.names} names, {total} samples", "ns a query", "share"], rows)
    print(text)
    if options.write:
        report.put(rig.ROOT / "docs/benchmarks.md", ("spine " if options.spine else "path ") + options.mix + (" tcp" if options.tcp else ""), text)


if __name__ == "__main__":
    main()
