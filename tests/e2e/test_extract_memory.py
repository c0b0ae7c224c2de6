"""What legal and hotline lists name is not to be had from the disk, the memory, the swap or a core file of the server. Real daemon,
synthetic names."""
import ctypes
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from harness import Stairgate, ask, ede, seal, tool, wait_for

# Words that stand nowhere else, so that a hit is one.
WORDS = [f"quagga{i:03}zyzzyva" for i in range(120)]
LISTED = [f"{word}.example" for word in WORDS]
ASKED = LISTED[:60]
CONTROL = "okapi777zyzzyva"  # a word that must be found: the config names it, and a client asks for it
CONFIG = """\
listen: [{listen}]
clients: {{allow: [127.0.0.0/8, "::1"]}}
upstreams: [{upstreams}]
profiles:
  child: {{extends: primary, deny: [""" + CONTROL + """.test]}}
default_profile: child
special: {{test: forward}}
sets: {{public: lists.set, hotline: hotline.set}}
control: {{operator: control.sock}}
operator: {{deny: [ordered.example]}}
state: {{path: state.db}}
server: {{workers: {workers}}}
tier: school
sealed: {{key: hotline.key, budget: {{hits: 0}}}}
{more}
"""
PIECE = 1 << 24
MOST = 4 << 30  # of one mapping: a sanitizer's shadow is larger, and holds no names

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="another process's memory needs root")


def found(octets, words=None):
    """Which of the words stand in OCTETS, whatever the letter case."""
    hits = set(re.findall(rb"quagga\d{3}zyzzyva", octets, re.IGNORECASE))
    return {hit.decode().lower() for hit in hits}


def maps(pid):
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        span, rights, *_ = line.split()
        start, end = (int(one, 16) for one in span.split("-"))
        if rights[0] == "r" and end - start <= MOST and "[vvar" not in line and "[vsyscall" not in line:
            yield start, end, line


def memory_words(pid):
    """The words in all readable memory of process PID, each with where; and whether the control word is."""
    words, control = {}, False
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for start, end, line in maps(pid):
            tail = b""
            for at in range(start, end, PIECE):
                try:
                    memory.seek(at)
                    piece = tail + memory.read(min(PIECE, end - at))
                except OSError:
                    break  # a guard page
                for word in found(piece):
                    words[word] = line
                control |= CONTROL.encode() in piece
                tail = piece[-64:]
    return words, control


@pytest.fixture
def gate(stairgate, upstream):
    made = stairgate(config=CONFIG, upstreams=[upstream], start=False)
    seal(made.folder, "hotline", LISTED)
    return made.start()


def ask_all(gate):
    for i, name in enumerate(ASKED):
        assert ede(gate.ask(name, tcp=i % 2 == 1)) == [15]


# --- the disk ---

def test_no_file_beside_the_set_names_any(gate):
    ask_all(gate)
    for name in ASKED[:5]:
        tool("why", name, "--config", gate.config_path)
    gate.stop()
    read, control = 0, False
    for path in sorted(gate.folder.rglob("*")):
        if not path.is_file():
            continue
        octets = path.read_bytes()
        read += 1
        assert not found(octets), path
        control |= CONTROL.encode() in octets
    assert read >= 5 and control, "this test can fail"
    out = subprocess.run(["strings", "-a", "-n", "6", gate.folder / "hotline.set"], capture_output=True, check=True, timeout=60).stdout
    assert not re.search(rb"example|quagga|zyzzyva", out)


# --- memory ---

@needs_root
def test_the_memory_of_the_server_names_none(gate):
    words, control = memory_words(gate.server_pid())
    assert words == {} and control, "before any was asked for"
    ask_all(gate)
    words, control = memory_words(gate.server_pid())
    assert words == {} and control, "after half of them were, over UDP and TCP"


@needs_root
def test_the_memory_of_the_server_names_none_after_why(gate):
    for name in ASKED[:10]:
        assert "operator" in gate.control("why", name, check=False).stdout
    words, control = memory_words(gate.server_pid())
    assert words == {} and control


def smaps(pid):
    """The mappings of process PID, each a dict of what smaps says."""
    all_ = []
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            all_.append({})
        else:
            key, _, value = line.partition(":")
            all_[-1][key] = value.split()
    return all_


@needs_root
def test_the_table_is_locked_and_left_out_of_dumps(gate):
    locked = [one for one in smaps(gate.server_pid()) if "lo" in one["VmFlags"]]
    assert locked and all("dd" in one["VmFlags"] for one in locked)
    assert all(one["Swap"] == ["0", "kB"] for one in locked)
    assert re.search(r"VmSwap:\s+0 kB", Path(f"/proc/{gate.server_pid()}/status").read_text())
    assert "out of swap" not in str(gate.status(check=False)["warnings"])


def test_a_table_that_cannot_be_locked_is_a_warning(stairgate, upstream):
    made = stairgate(config=CONFIG, upstreams=[upstream], start=False,
                     prefix=["setpriv", "--bounding-set", "-all", "--inh-caps", "-all", "--", "prlimit", "--memlock=65536:65536"]
                     if os.geteuid() == 0 else ["prlimit", "--memlock=65536:65536"])
    seal(made.folder, "hotline", [f"n{i}.{word}.example" for word in WORDS for i in range(100)])
    made.start()
    status = made.status(check=False)
    assert status["health"] == "warning" and "out of swap" in str(status["warnings"])


# --- core files ---

def core_pattern():
    return Path("/proc/sys/kernel/core_pattern").read_text().strip()


@pytest.mark.parametrize("how", [signal.SIGABRT, signal.SIGQUIT])
def test_no_core_file_is_written(gate, how):
    pid = gate.server_pid()
    status = Path(f"/proc/{pid}/limits").read_text()
    assert re.search(r"Max core file size\s+0\s+0\s", status)
    # Not dumpable: the files of /proc are root's, and no program of core_pattern is started either (core(5)).
    if os.geteuid() == 0:
        assert os.stat(f"/proc/{pid}/mem").st_uid == 0
    if core_pattern().startswith("|") or "/" in core_pattern():
        pytest.skip(f"core files go elsewhere here: {core_pattern()}")
    for place in (Path(os.readlink(f"/proc/{pid}/cwd")),):
        before = set(place.glob("core*"))
        os.kill(pid, how)
        wait_for(lambda: gate.server_pid() not in (None, pid), "the next server")
        assert set(place.glob("core*")) == before


def test_a_process_that_may_be_dumped_does_write_one(tmp_path):
    """The control for the test above."""
    if core_pattern().startswith("|") or "/" in core_pattern():
        pytest.skip(f"core files go elsewhere here: {core_pattern()}")
    subprocess.run(["bash", "-c", "ulimit -c unlimited; kill -ABRT $$"], cwd=tmp_path, timeout=60)
    if not list(tmp_path.glob("core*")):
        pytest.skip("no core file is written here by anybody")


@needs_root
def test_the_server_cannot_be_dumped(gate):
    """gcore and a debugger of the server's own user are refused: the kernel says so of a process that is not dumpable."""
    libc = ctypes.CDLL(None, use_errno=True)
    child = os.fork()
    if child == 0:
        os.setuid(65534)
        os._exit(0 if libc.ptrace(16, gate.server_pid(), 0, 0) < 0 else 1)  # PTRACE_ATTACH
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
