"""What the benches share: folders, made-up names, processes with their CPU time and memory, the load generator.

Everything listens on loopback at ports that are free now, and is stopped by its process id.
"""
import contextlib
import json
import os
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("STAIRGATE_BIN", ROOT / "build/release/bin"))
PEERS = ROOT / "build/peers/root"
HOST, UPSTREAM_HOST = "127.0.0.1", "127.0.0.2"  # apart, or a client's question would look like the upstream's: a loop
ADDRESS = bytes((192, 0, 2, 53))  # what upstream_stub answers
TICK_S = 1 / os.sysconf("SC_CLK_TCK")

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[-1], CORES[0]


def say(text):
    print(text, file=sys.stderr, flush=True)


def free_port():
    """A port that is free for UDP and TCP on both hosts now."""
    while True:
        with contextlib.ExitStack() as stack:
            port = 0
            try:
                for host in (HOST, UPSTREAM_HOST):
                    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                        sock = stack.enter_context(socket.socket(socket.AF_INET, kind))
                        sock.bind((host, port))
                        port = sock.getsockname()[1]
                return port
            except OSError:
                continue


# Names: NUMBER x 2654435761 modulo 2^32 is another number for each, so that names are unique and in no order.

def listed(number):
    mixed = number * 2654435761 & 0xFFFFFFFF
    return f"n{mixed:x}.d{number % 5000}.example" if number & 1 else f"n{mixed:x}.example"


def listed_chunks(count, template, size=100_000):
    """The text of COUNT names through TEMPLATE (% once or twice), in pieces."""
    double = template.count("%s") == 2
    for start in range(0, count, size):
        names = map(listed, range(start, min(count, start + size)))
        yield "".join([template % ((name, name) if double else name) for name in names])


def write_names(path, names):
    path.write_text("".join(f"{name}\n" for name in names))
    return path


def clean_names(count):
    return [f"www.clean{number}.example" for number in range(count)]


def listed_sample(count, size, seed=1):
    dice = random.Random(seed)
    return [listed(dice.randrange(size)) for _ in range(count)]


# Questions by hand, for "does it answer yet".

def question(name, ident=0x5354):
    labels = b"".join(bytes((len(label),)) + label.encode() for label in name.split("."))
    return struct.pack("!6H", ident, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", 1, 1)


def asked(host, port, name, timeout=0.1):
    """The answer's octets, or None."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(timeout)
        with contextlib.suppress(OSError):
            sock.connect((host, port))
            sock.send(question(name))
            return sock.recv(4096)
    return None


def is_blocked(reply):
    """NXDOMAIN, no data, or an address of zeros; every resolver has its own way."""
    if reply is None or len(reply) < 12:
        return False
    rcode, answers = reply[3] & 15, struct.unpack("!H", reply[6:8])[0]
    return rcode == 3 or (rcode == 0 and (answers == 0 or b"\0\4\0\0\0\0" in reply))


def is_forwarded(reply):
    return reply is not None and len(reply) > 12 and b"\0\4" + ADDRESS in reply


def wait_until(condition, what, patience=300.0, pause=0.002):
    """Calls CONDITION until it is true; returns how long that took."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > patience:
            raise TimeoutError(f"waited {patience:.0f} s for {what}")
        time.sleep(pause)
    return time.monotonic() - begun


# Processes.

class Process:
    """A child on one core, its output in a file, with all that it starts."""

    def __init__(self, words, log, core=None, env=None, cwd=None):
        self.log = log
        core = core if isinstance(core, (set, type(None))) else {core}
        with open(log, "ab") as out:
            self.child = subprocess.Popen([str(word) for word in words], stdout=out, stderr=subprocess.STDOUT, env=env, cwd=cwd,
                                          stdin=subprocess.DEVNULL,
                                          preexec_fn=(lambda: os.sched_setaffinity(0, core)) if core else None)

    @property
    def pid(self):
        return self.child.pid

    def alive(self):
        return self.child.poll() is None

    def pids(self):
        """This process and all below it."""
        found, waiting = [], [self.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            with contextlib.suppress(OSError):
                for task in os.listdir(f"/proc/{pid}/task"):
                    waiting += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
        return found

    def signal(self, number):
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def cpu_s(self):
        """User and system seconds of every thread so far."""
        total = 0.0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                total += cpu_of(pid)
        return total

    def pss_bytes(self):
        return sum(memory_of(pid, "smaps_rollup", "Pss:") for pid in self.pids())

    def reset_peak(self):
        for pid in self.pids():
            with contextlib.suppress(OSError):
                Path(f"/proc/{pid}/clear_refs").write_text("5")

    def peak_bytes(self):
        return sum(memory_of(pid, "status", "VmHWM:") for pid in self.pids())

    def stop(self):
        if self.alive():
            self.signal(signal.SIGCONT)
            self.child.terminate()
            try:
                self.child.wait(20)
            except subprocess.TimeoutExpired:
                self.signal(signal.SIGKILL)
                self.child.wait()


def cpu_of(pid):
    """To the nanosecond where the kernel keeps schedstat, else by the clock's tick."""
    try:
        return sum(int(Path(f"/proc/{pid}/task/{task}/schedstat").read_text().split()[0]) for task in os.listdir(f"/proc/{pid}/task")) / 1e9
    except FileNotFoundError:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * TICK_S


def memory_of(pid, file, key):
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
            if line.startswith(key):
                return int(line.split()[1]) * 1024
    return 0


def memory_free():
    return next(int(line.split()[1]) * 1024 for line in open("/proc/meminfo") if line.startswith("MemAvailable"))


# Load.

def flood_words(port, *, names=None, unique=None, seconds=1.0, rate=None, count=None, window=128, more=()):
    words = [BIN / "flood", "--to", f"{HOST}@{port}", "--cpu", LOAD_CORE, "--seconds", seconds, "--window", window]
    words += ["--names", names] if names else ["--unique", unique]
    words += ["--rate", f"{rate:.0f}"] if rate else []
    words += ["--count", count] if count else []
    return [str(word) for word in [*words, *more]]


def flood(port, **how):
    """Runs the generator to its end; returns its last line as a dict. Nothing answered is a result too."""
    done = subprocess.run(flood_words(port, **how), capture_output=True, text=True)
    if done.returncode not in (0, 1) or not done.stdout:
        raise RuntimeError(f"flood: {done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def dnsperf(port, *, names, seconds=1.0, count=None):
    """The same by dnsperf; -q 150, since more would overflow a receive buffer of the default size at the start."""
    words = ["taskset", "-c", LOAD_CORE, "dnsperf", "-s", HOST, "-p", port, "-d", names.with_suffix(".dnsperf"), "-l", max(1, round(seconds)), "-c", 8, "-q", 150]
    names.with_suffix(".dnsperf").write_text("".join(f"{name} A\n" for name in names.read_text().split()))
    text = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=True).stdout
    value = {key: float(match[1]) for key, match in ((key, re.search(key + r":\s+([\d.]+)", text)) for key in
             ("Queries completed", "Queries lost", "Queries per second", r"Run time \(s\)")) if match}
    return {"qps": value["Queries per second"], "answered": value["Queries completed"], "lost": value["Queries lost"],
            "seconds": value[r"Run time \(s\)"], "rcodes": {}}


class Flood:
    """The generator in the background; stop() ends it and returns its result."""

    def __init__(self, port, **how):
        self.child = subprocess.Popen(flood_words(port, seconds=3600, **how), stdout=subprocess.PIPE, text=True)

    def stop(self):
        self.child.terminate()
        lines = self.child.communicate()[0].splitlines() or ['{"lost": 0, "sent": 0, "answered": 0}']
        return json.loads(lines[-1]), [json.loads(line) for line in lines[:-1]]


class Upstream:
    """The stub that every resolver forwards to."""

    def __init__(self, folder):
        self.port = free_port()
        self.process = Process([BIN / "upstream_stub", f"{UPSTREAM_HOST}@{self.port}", 3600], folder / "upstream.log", LOAD_CORE)
        wait_until(lambda: self.asked() is not None, "the upstream stub", 10)

    def asked(self):
        """How many questions it has seen."""
        reply = asked(UPSTREAM_HOST, self.port, "stubcount.example")
        return struct.unpack("!I", reply[-4:])[0] if reply else None

    def stop(self):
        self.process.stop()


def machine():
    """What the figures were taken on, in a line."""
    info = Path("/proc/cpuinfo").read_text()
    model = next((line.split(":", 1)[1].strip() for line in info.splitlines() if line.startswith("model name")), "unknown processor")
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = "Linux"
    with contextlib.suppress(OSError, StopIteration):
        system = next(line.split("=", 1)[1].strip().strip('"') for line in open("/etc/os-release") if line.startswith("PRETTY_NAME"))
    guest = ", a virtual machine" if " hypervisor" in info else ""
    return f"{model}, {len(CORES)} cores{guest}, {gib:.0f} GiB, {system}, Linux {os.uname().release}"
