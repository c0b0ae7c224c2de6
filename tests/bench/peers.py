#!/usr/bin/python3
"""Compares stairgate with other resolvers in one run on one machine.

  tests/bench/peers.py --quick          at most 3 minutes: sizes 0 and 100 k, the peers that start fast
  tests/bench/peers.py                  sizes 0, 100 k, 1 M, 5 M, all peers (an hour; by hand)
  tests/bench/peers.py --write          the same, and docs/benchmarks.md and docs/benchmarks.svg are rewritten (with any of these)
  tests/bench/peers.py --report FILE    tables again from the figures of an earlier run (build/bench/peers.json)
  tests/bench/peers.py --dnsperf ...    dnsperf -q 150 in the generator's place, to check it; nothing is forwarded
  tests/bench/peers.py --workers        CPU a query with one worker and with two
  tests/bench/peers.py --growth         stairgate alone, from 100 k to 50 M names (by hand)
  tests/bench/peers.py --smoke          1000 questions, no timing: does the bench itself work

The server has the last core for itself, the generator and the upstream the first. At each size all servers are started, and
those that are not asked are stopped (SIGSTOP), so that rounds go from one to the next without loading lists again. A figure is
the median of its rounds; a ratio is to the echo of the same round.
"""
import argparse
import datetime
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import peer_table
import report
import rig
from peer_table import PEERS_TABLE, Site
from rig import BIN, HOST, ROOT, SERVER_CORE, say

MIXES = ("blocked", "cached", "mixed", "forwarded")
ASKED_NAMES = 20_000
RELOAD_RATE = 10_000  # questions a second while a list is reloaded
AROUND_S, SETTLE_S = 0.3, 0.3
PATIENCE_S = 600
MEMORY_SHARE = 0.7  # of what is free: what servers that run side by side may hold
ECHO = "echo"
FAULTS = (RuntimeError, TimeoutError, OSError, subprocess.SubprocessError)  # of one server; the run goes on without it


class Server:
    """One resolver at one size: started, measured, stopped."""

    def __init__(self, peer, folder, size, upstream, lists, workers=1, core=SERVER_CORE):
        self.peer, self.size = peer, size
        folder.mkdir()
        port, control = rig.free_port(), rig.free_port()
        self.site = Site(folder, port, control, upstream.port, size, lists, workers)
        self.core = core
        self.process = None
        self.prepare_s = 0.0
        if size and peer.prepare:
            begun = time.monotonic()
            peer.prepare(self.site)
            self.prepare_s = time.monotonic() - begun

    def launch(self):
        words = peer_table.start_words(self.peer, self.site)
        env = peer_table.environment() if self.peer.package and not self.peer.overlay else None
        self.process = rig.Process(words, self.site.folder / "log", self.core, env, self.site.folder)

    def start(self):
        """Starts it; returns seconds to the first answer: of a listed name that it is blocked."""
        begun = time.monotonic()
        self.launch()
        if self.peer.format and self.size:
            self.wait_blocked(rig.listed(self.size - 1))
        elif self.peer.format:
            self.wait(lambda: rig.is_forwarded(self.ask("first.example")))
        else:
            self.wait(lambda: self.ask("first.example"))
        return time.monotonic() - begun

    def ask(self, name):
        return rig.asked(HOST, self.site.port, name)

    def wait(self, condition):
        def ready():
            if not self.process.alive():
                raise RuntimeError(f"{self.peer.key} ended\n{self.process.log.read_text(errors='replace')[-2000:]}")
            return condition()
        return rig.wait_until(ready, f"{self.peer.key} to answer", PATIENCE_S)

    def wait_blocked(self, name):
        return self.wait(lambda: rig.is_blocked(self.ask(name)))

    def settle(self):
        """Waits until it is at rest: BIND goes on reading its list after the first answers."""
        def rests():
            before = self.process.cpu_s()
            time.sleep(SETTLE_S)
            return self.process.cpu_s() - before < SETTLE_S / 10
        self.wait(rests)

    def stop(self):
        if self.process:
            self.process.stop()


class Bench:
    """What is the same for all servers: folder, upstream, name files, and the figures so far."""

    def __init__(self, folder, options):
        self.folder, self.options = folder, options
        self.upstream = rig.Upstream(folder)
        self.tag = 0
        self.figures = []  # rows: size, peer, mix, round and what was measured
        self.lives = []  # rows: size, peer, and start, memory, reload
        self.left_out = {}

    def names(self, size):
        clean = rig.clean_names(self.options.names)
        files = {"cached": rig.write_names(self.folder / "cached.names", clean)}
        if size:
            bad = rig.listed_sample(ASKED_NAMES, size)
            files["blocked"] = rig.write_names(self.folder / f"blocked.{size}.names", bad)
            mixed = [bad[i] if i % 10 == 0 else clean[i % len(clean)] for i in range(ASKED_NAMES)]
            files["mixed"] = rig.write_names(self.folder / f"mixed.{size}.names", mixed)
        return files

    def how(self, mix, files):
        """The generator's arguments for MIX; forwarded names are new ones each time."""
        self.tag += 1
        return {"unique": f"t{self.tag}"} if mix == "forwarded" else {"names": files[mix]}


def warm(bench, server, mix, files):
    """Fills its cache, and wakes it after it has been stopped."""
    if mix in ("cached", "mixed"):
        rig.flood(server.site.port, names=files["cached"], count=bench.options.names, seconds=20)
    elif mix == "blocked":
        rig.flood(server.site.port, names=files["blocked"], count=2000, seconds=2)
    else:
        server.wait(lambda: server.ask("first.example"))


def measure(bench, server, mix, files, latency):
    """One round of one mix: saturated for CPU and rate, then at half of that rate for latency."""
    options = bench.options
    server.process.signal(signal.SIGCONT)
    warm(bench, server, mix, files)
    seen, before = bench.upstream.asked(), server.process.cpu_s()
    load = rig.dnsperf if options.dnsperf else rig.flood
    full = load(server.site.port, seconds=options.seconds, count=options.count, **bench.how(mix, files))
    used, forwarded = server.process.cpu_s() - before, bench.upstream.asked() - seen - 1
    row = {"size": server.size, "peer": server.peer.key, "mix": mix, "qps": full["qps"], "answered": full["answered"], "lost": full["lost"],
           "us": used / max(full["answered"], 1) * 1e6, "busy": used / max(full["seconds"], 1e-9), "rcodes": full["rcodes"],
           "upstream": forwarded, "failed": full["rcodes"].get("2", 0) + full["rcodes"].get("5", 0)}
    if latency and full["qps"] > 0:
        half = rig.flood(server.site.port, seconds=options.seconds, count=options.count, rate=max(full["qps"] / 2, 1), **bench.how(mix, files))
        row |= {"p50_us": half["p50_us"], "p99_us": half["p99_us"], "half_lost": half["lost"]}
    server.process.signal(signal.SIGSTOP)
    return row


def reload(bench, server, files):
    """Adds a name to the list and has it taken up, at a steady rate of questions."""
    server.process.signal(signal.SIGCONT)
    peer, site, process = server.peer, server.site, server.process
    fresh = f"fresh{time.monotonic_ns():x}.example"
    warm(bench, server, "mixed", files)
    peer_table.add_name(site.lists[peer.format], peer.format, fresh)
    prepared = time.monotonic()
    if peer.prepare:
        peer.prepare(site)
    prepared = time.monotonic() - prepared if peer.prepare else None
    before = process.pss_bytes()
    process.reset_peak()
    flood = rig.Flood(site.port, names=files["mixed"], rate=RELOAD_RATE)
    time.sleep(AROUND_S)  # before and after, so that what a reload loses stands beside what is not lost
    begun = time.monotonic()
    try:
        if peer.reload:
            peer.reload(site, process)
        else:
            server.stop()
            server.launch()
        server.wait_blocked(fresh)
        took = time.monotonic() - begun
        time.sleep(AROUND_S)
    finally:
        result, _ = flood.stop()
    return {"reload_s": took, "prepare_s": prepared, "peak": server.process.peak_bytes(), "before": before, "reload_lost": result["lost"],
            "reload_sent": result["sent"]}


def start_all(bench, size, peers, files):
    """Starts every peer at SIZE, one after the other; those that fail are named and left out."""
    formats = {peer.format for peer in peers if peer.format and size}
    lists = peer_table.write_lists(bench.folder / f"lists{size}", size, formats)
    servers = []
    for peer in peers:
        say(f"  {size} names: starting {peer.key}")
        server = None
        try:
            server = Server(peer, bench.folder / f"{peer.key}.{size}", size, bench.upstream, lists)
            life = {"size": size, "peer": peer.key, "start_s": server.start(), "prepare_s": server.prepare_s if peer.prepare else None}
            warm(bench, server, "cached", files)  # a cache in large pages takes its memory in steps: the same state at each size
            server.settle()
            life["pss"] = server.process.pss_bytes()
            bench.lives.append(life)
            server.process.signal(signal.SIGSTOP)
            servers.append(server)
        except FAULTS as fault:
            bench.left_out[peer.key] = f"does not start with {size} names"
            say(f"  left out: {peer.key}: {fault}")
            if server:
                server.stop()
    return servers


def groups(peers, size):
    """PEERS in groups that fit in memory together, with their reloads; the echo belongs to each."""
    budget, found = MEMORY_SHARE * rig.memory_free(), [[]]
    for peer in peers:
        held = sum(other.octets for other in found[-1]) + peer.octets * 2
        if held * size > budget and len(found[-1]) > 1:
            found.append([other for other in peers if other.key == ECHO])
        found[-1].append(peer)
    return found


def give_up(bench, server, what, fault):
    """Notes that SERVER failed at WHAT; the others go on."""
    say(f"  {server.peer.key}: {what}: {fault}")
    bench.left_out[server.peer.key] = f"{what} with {report.size_text(server.size)} names"


def run_rounds(bench, size, servers, files, first):
    mixes = [mix for mix in MIXES if (size or mix in ("cached", "forwarded")) and not (mix == "forwarded" and bench.options.dnsperf)]
    latency = size == max(bench.options.sizes) and not bench.options.dnsperf
    for number in range(first, first + bench.options.rounds):
        for mix in mixes:
            for server in list(servers):
                try:
                    bench.figures.append(measure(bench, server, mix, files, latency) | {"round": number})
                except FAULTS as fault:
                    give_up(bench, server, "ended under load", fault)
                    servers.remove(server)
                    server.stop()
        say(f"  {size} names: round {number - first + 1} of {bench.options.rounds} done")


def run_reloads(bench, size, servers, files):
    for server in servers:
        if not server.peer.format:
            continue
        say(f"  {size} names: {server.peer.key} takes up a new list")
        life = next(life for life in bench.lives if life["size"] == size and life["peer"] == server.peer.key)
        try:
            life |= reload(bench, server, files)
        except FAULTS as fault:
            give_up(bench, server, "no reload", fault)
        server.process.signal(signal.SIGSTOP)


def run_group(bench, size, peers, files, first):
    servers = start_all(bench, size, peers, files)
    started = list(servers)
    try:
        run_rounds(bench, size, servers, files, first)
        if size and not bench.options.no_reload:
            run_reloads(bench, size, servers, files)
    finally:
        for server in started:
            server.stop()
            shutil.rmtree(server.site.folder, ignore_errors=True)


def run_size(bench, size, peers):
    files = bench.names(size)
    for number, group in enumerate(groups(peers, size)):
        run_group(bench, size, group, files, number * bench.options.rounds)


def choose(options):
    """The peers of this run, and those that cannot be had with the reason."""
    wanted = options.peers.split(",") if options.peers else [p.key for p in PEERS_TABLE if p.quick or not options.quick]
    unknown = set(wanted) - {p.key for p in PEERS_TABLE}
    if unknown:
        sys.exit(f"no such peer: {', '.join(sorted(unknown))}; known: {', '.join(p.key for p in PEERS_TABLE)}")
    peers = [p for p in PEERS_TABLE if p.key in wanted or p.key == ECHO]
    packages = sorted({p.package for p in peers if p.package})
    if packages and not all((rig.PEERS.parent / f"{package}.whole").exists() for package in packages):
        subprocess.run([ROOT / "tests/bench/fetch_peers", *packages], check=False)
    missing = {p.key: f"no package {p.package}" for p in peers if p.package and not (rig.PEERS.parent / f"{p.package}.whole").exists()}
    return [p for p in peers if p.key not in missing], missing


def about(options, peers):
    done = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True)
    words = ["tests/bench/peers.py", *(word for word in sys.argv[1:] if word != "--write")]
    return {"command": " ".join(words), "machine": rig.machine(), "date": f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC",
            "commit": done.stdout.strip(), "rounds": options.rounds, "seconds": options.seconds, "sizes": options.sizes,
            "peers": [{"key": p.key, "title": p.title, "version": peer_table.version(p)} for p in peers],
            "load": os.getloadavg()[0], "generator": "dnsperf" if options.dnsperf else "flood"}


def run_all(folder, options):
    peers, missing = choose(options)
    bench = Bench(folder, options)
    bench.left_out |= missing
    for key, why in missing.items():
        say(f"left out: {key}: {why}")
    head = about(options, peers)
    try:
        for size in options.sizes:
            run_size(bench, size, peers)
            shutil.rmtree(folder / f"lists{size}", ignore_errors=True)
    finally:
        bench.upstream.stop()
    return head | {"left_out": bench.left_out, "figures": bench.figures, "lives": bench.lives}


def run_growth(folder, options):
    options.peers, options.no_reload = "echo,stairgate", True
    return run_all(folder, options)


def run_workers(folder, options):
    """CPU a query with one worker and with two, each asked at the same rate, so that batches are alike."""
    bench = Bench(folder, options)
    size = 100_000
    files = bench.names(size)
    lists = peer_table.write_lists(folder / "lists", size, {"plain"})
    peer = next(p for p in PEERS_TABLE if p.key == "stairgate")
    rows = []
    servers = [Server(peer, folder / f"workers{count}", size, bench.upstream, lists, count, set(rig.CORES[-count:])) for count in (1, 2)]
    for server in servers:
        server.start()
        server.process.signal(signal.SIGSTOP)
    for _ in range(options.rounds):
        for mix in ("blocked", "cached", "forwarded"):
            for server in servers:
                server.process.signal(signal.SIGCONT)
                warm(bench, server, mix, files)
                before = server.process.cpu_s()
                done = rig.flood(server.site.port, seconds=options.seconds, rate=options.rate * server.site.workers, more=["--sockets", "64"], **bench.how(mix, files))
                rows.append({"mix": mix, "workers": server.site.workers, "us": (server.process.cpu_s() - before) / done["answered"] * 1e6, "lost": done["lost"]})
                server.process.signal(signal.SIGSTOP)
    for server in servers:
        server.stop()
    bench.upstream.stop()
    return rows


def spine_of_workers():
    """The same without sockets, where two cores are enough: the generator takes none."""
    return subprocess.run([BIN / "core_bench", "threads"], capture_output=True, text=True, check=True).stdout.strip()


def smoke(folder, options):
    """Echo and stairgate answer every question of every mix, and the tables have every cell."""
    missing = [name for name in ("echo", "flood", "upstream_stub") if not (BIN / name).exists()]
    if missing:
        print(f"skipped: not built: {', '.join(missing)} (STAIRGATE_BENCH=ON)")
        return 77
    options.sizes, options.rounds, options.seconds, options.count, options.names = [0, 1000], 1, 20.0, 1000, 500
    options.peers = "echo,stairgate,stairgate-tcp"
    data = run_all(folder, options)
    text, chart = report.markdown(data), report.svg(data)
    faults = [f"{row['peer']} {row['mix']}: {row['lost']} lost, {row['failed']} failed" for row in data["figures"] if row["lost"] or row["failed"]]
    faults += [f"{row['peer']}: {row['upstream']} of {row['answered']} forwarded" for row in data["figures"]
               if row["mix"] == "forwarded" and row["peer"] != ECHO and row["upstream"] < row["answered"]]
    faults += [f"{life['peer']}: {life['reload_lost']} lost in the reload" for life in data["lives"] if life.get("reload_lost")]
    faults += [f"a cell is missing: {line}" for line in text.splitlines() if line.startswith("|") and "| |" in line]
    faults += [f"no chart of {mix}" for mix in MIXES if mix not in chart]
    expected = (2 + 4) * 3
    if len(data["figures"]) != expected or data["left_out"]:
        faults.append(f"{len(data['figures'])} figures instead of {expected}; left out: {data['left_out']}")
    print("\n".join(faults) or "smoke: every question answered, every cell filled")
    return 1 if faults else 0


def options_of(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for flag in ("--dnsperf", "--quick", "--write", "--workers", "--growth", "--smoke", "--no-reload"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--report", type=Path, metavar="FILE")
    parser.add_argument("--peers", metavar="KEY,KEY", help="only these, and the echo")
    parser.add_argument("--sizes", metavar="N,N", help="names on the list, such as 0,100k,1M")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float, help="of each measurement")
    parser.add_argument("--rate", type=float, default=40_000, help="questions a second to each worker, of --workers")
    options = parser.parse_args(words)
    options.count, options.names = None, 10_000
    sizes = options.sizes or ("0,100k" if options.quick else "100k,1M,10M,50M" if options.growth else "0,100k,1M,5M")
    options.sizes = [int(float(word.strip("kM")) * {"k": 1000, "M": 1_000_000}.get(word[-1], 1)) for word in sizes.split(",")]
    options.rounds = options.rounds or (3 if options.quick else 5)
    options.seconds = options.seconds or (0.3 if options.quick else 1.0)
    return options


def show(text, key, options):
    print(text)
    if options.write:
        report.put(ROOT / "docs/benchmarks.md", key, text)
    return 0


def main():
    options = options_of(sys.argv[1:])
    if options.report:
        data = json.loads(options.report.read_text())
    else:
        if len(rig.CORES) < 2 and not options.smoke:
            sys.exit("needs two cores: one for the server, one for the load")
        with tempfile.TemporaryDirectory(prefix="stairgate-bench-") as folder:
            folder = Path(folder)
            if options.smoke:
                return smoke(folder, options)
            if options.workers:
                text = report.workers(run_workers(folder, options), options) + "\n\n" + spine_of_workers()
                return show(text, "workers", options)
            data = (run_growth if options.growth else run_all)(folder, options)
        kept = ROOT / "build/bench" / ("growth.json" if options.growth else "peers.json")
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(data, indent=1))
    if options.growth:
        return show(f"{data['date']}, {data['machine']}\n\n{report.growth(data)}", "growth", options)
    if options.write:
        (ROOT / "docs/benchmarks.svg").write_text(report.svg(data))
    return show(report.markdown(data), "peers", options)


if __name__ == "__main__":
    sys.exit(main())
