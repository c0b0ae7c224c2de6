"""C40, C42: a run that is killed, or failed by the system, at any call or instant: the old set or the new one is in force, DNS
answers, and the next run finishes the work.

A round costs more than a second of processor time: a run under strace, and one that heals. So each fault is tried where it
can do something of its own; STAIRGATE_SWEEP=N tries every fault at the first N calls of every kind (the first forty openat
and close are the loader's), STAIRGATE_KILLS (instants, 10) asks for more of those."""
import os
import random
import shutil
import subprocess
import time

import pytest

from feed_rig import FeedRig, Watcher, event_of
from harness import BIN, kill_sweep, needs_kill_sweep, tool

SWEEP = int(os.environ.get("STAIRGATE_SWEEP", 0))
KILLS = int(os.environ.get("STAIRGATE_KILLS", 10))
CALLS = "openat,write,pwrite64,ftruncate,fsync,fdatasync,rename,symlink,unlink,fork,clone,pipe2,close"
USEFUL = {"kill": "pwrite64,ftruncate,fsync,fdatasync,rename,symlink,unlink,clone",
          "ENOSPC": "write,pwrite64,fsync,symlink,rename",
          "EIO": "pwrite64,ftruncate,fsync,fdatasync,unlink,rename",
          "EMFILE": "pipe2,clone",
          "ENOMEM": "clone"}
USEFUL_MOST = 10


def names(count, label="n"):
    return "".join(f"{label}{number}.example\n" for number in range(count))


@pytest.fixture
def local(stairgate, upstream, tmp_path):
    """One list from a file, 1000 names, in force."""
    source = tmp_path / "a.txt"
    source.write_text(names(1000))
    one = FeedRig(stairgate, upstream, f'  a: {{url: "file://{source}", category: porn, gate: {{shrink: 100}}}}\n')
    one.a = source
    one.sync(code=0)
    return one


@needs_kill_sweep
@pytest.mark.parametrize("fault", USEFUL)
def test_a_run_broken_at_any_call_leaves_the_old_or_the_new_set(local, tmp_path, fault):
    base, new, live = tmp_path / "base", tmp_path / "new.set", local.lists
    (tmp_path / "old.set").write_bytes(local.current())
    shutil.copytree(live, base, symlinks=True)
    local.a.write_text(names(1100))
    local.sync("a", code=0)
    new.write_bytes(local.current())
    sync = " ".join(local.command("sync", "a"))
    is_one = f"(cmp -s {live}/current.set {tmp_path}/old.set || cmp -s {live}/current.set {new})"
    heals = f"{sync} >{tmp_path}/healed 2>&1 && cmp -s {live}/current.set {new}"
    passed, failed, said = kill_sweep(
        fault, CALLS if SWEEP else USEFUL[fault], SWEEP or USEFUL_MOST, reset=f"rm -rf {live} && cp -a {base} {live}", run=sync,
        verify=f"{is_one} && {heals}")
    assert failed == 0 and passed > 1, said


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="prlimit is not installed")
def test_a_run_short_of_descriptors_leaves_the_old_or_the_new_set(local):
    """strace counts calls from the start, where the loader's are: here every descriptor in turn is the one too many."""
    local.a.write_text(names(1100))
    before, failed = local.current(), 0
    for most in range(4, 40):
        code, _ = local.sync("a", "--force", prefix=["prlimit", f"--nofile={most}"])
        assert code >= 0, f"{most} descriptors: signal {-code}"
        failed += code != 0
        if local.current() != before:
            break
    assert failed > 2 and local.current() != before
    tool("set", "verify", local.lists / "current.set")
    local.sync("a", "--force", code=0)
    assert local.leavings() == []


def test_kill_9_at_random_instants_under_load(local):
    local.start()
    dice = random.Random(5)
    count, longest = 1000, 0.0
    with Watcher(local.one.port, ["n0.example", "n500.example", "n999.example"], "free.test", pause=0.002) as watcher:
        begun = time.monotonic()
        local.sync("a", "--force", code=0)
        longest = time.monotonic() - begun
        for _ in range(KILLS):
            count += 1
            local.a.write_text(names(count))
            one = subprocess.Popen(local.command("sync", "a"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                one.wait(dice.uniform(0, longest * 1.2))
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()
            tool("set", "verify", local.lists / "current.set")
        local.sync("a", code=0)
        assert local.blocked(f"n{count - 1}.example")
    assert watcher.wrong == [] and watcher.asked > 50
    assert local.leavings() == []


def mounted(folder, options):
    """A tmpfs at FOLDER; skips the test where that is not allowed."""
    folder.mkdir(exist_ok=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True).returncode != 0:
        pytest.skip("no right to mount a small file system")


@pytest.fixture
def small(stairgate, upstream, tmp_path):
    """A run whose directory is a file system of 4 MiB and 200 files."""
    folder = tmp_path / "small"
    mounted(folder, "size=4m,nr_inodes=200,mode=755")
    source = tmp_path / "a.txt"
    source.write_text(names(1000))
    one = FeedRig(stairgate, upstream, f'  a: {{url: "file://{source}", category: porn, gate: {{growth: 1000000}}}}\n')
    one.one.write(config=open_config(), upstreams=[upstream], more=f"lists:\n"
                  f'  a: {{url: "file://{source}", category: porn, gate: {{growth: 1000000}}}}\n'
                  f"feeds: {{dir: {folder}, timer: no}}\n")
    one.lists, one.a = folder, source
    one.sync(code=0)
    one.start()
    yield one
    one.one.stop()
    subprocess.run(["umount", "-l", folder], check=True)


def open_config():
    from feed_rig import CONFIG
    return CONFIG


def test_c42_no_room_no_inodes_read_only(small):
    before = small.current()
    with Watcher(small.one.port, ["n0.example", "n999.example"]) as watcher:
        small.a.write_text(names(1001))
        # (a) no room, known before anything is fetched
        filler = small.lists / "filler"
        with open(filler, "wb") as out:
            try:
                while True:
                    out.write(bytes(65536))
                    out.flush()
            except OSError:
                pass
        small.sync("a", code=1)
        assert str(small.lists) in small.stderr, small.stderr
        filler.unlink()
        assert small.current() == before
        # (b) room for octets, none for another file
        fillers = []
        try:
            for number in range(400):
                fillers.append(small.lists / f"f{number}")
                fillers[-1].touch()
        except OSError:
            pass
        small.sync("a", code=1)
        assert str(small.lists) in small.stderr, small.stderr
        for one in fillers:
            one.unlink(missing_ok=True)
        assert small.current() == before
        # (c) read-only
        subprocess.run(["mount", "-o", "remount,ro", small.lists], check=True)
        small.sync("a", code=1)
        assert "read" in small.stderr.lower(), small.stderr
        subprocess.run(["mount", "-o", "remount,rw", small.lists], check=True)
        assert small.current() == before
        # a list that fits nowhere fails, whatever was known before
        small.a.write_text(names(500_000))
        small.sync("a", code=1)
        assert small.current() == before
        # and then there is room again
        small.a.write_text(names(1001))
        small.sync("a", code=0)
        assert small.blocked("n1000.example")
    assert watcher.wrong == []
    assert small.leavings() == []


def is_sanitized():
    return b"libasan" in subprocess.run(["ldd", BIN / "stairgate"], capture_output=True).stdout


@pytest.mark.skipif(is_sanitized(), reason="a sanitizer build cannot be bounded in memory")
def test_c40_a_reader_without_memory_fails_its_list(local):
    before = local.current()
    local.a.write_text(names(1_500_000))
    _, lines = local.sync("a", code=1, prefix=["prlimit", f"--data={16 << 20}"])
    assert "memory" in event_of(lines, "failed", "a")
    assert local.current() == before and local.leavings() == []
    local.a.write_text(names(2000))
    local.sync("a", code=0)
