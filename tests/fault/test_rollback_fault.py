"""C40, C42: `lists rollback` killed, or failed by the system, at any call: the old generation is in force or the one asked for.

STAIRGATE_SWEEP (10 calls of each kind) asks for more."""
import os
import shutil
import subprocess

import pytest

from harness import BIN, kill_sweep, needs_kill_sweep, tool

pytestmark = needs_kill_sweep

SWEEP = int(os.environ.get("STAIRGATE_SWEEP", 10))
CONFIG = """\
listen: ["127.0.0.1@5353"]
upstreams: ["127.0.0.1@5354"]
profiles: {{child: {{extends: primary}}}}
default_profile: child
lists: {{a: {{url: "file://{0}/a.txt", category: porn}}}}
feeds: {{dir: {0}/live, timer: no}}
"""


@pytest.fixture
def base(tmp_path):
    """A directory with two generations, to be copied."""
    (tmp_path / "c.yaml").write_text(CONFIG.format(tmp_path))
    for count in (50, 60):
        (tmp_path / "a.txt").write_text("".join(f"n{i}.example\n" for i in range(count)))
        tool("lists", "sync", "--force", "--config", tmp_path / "c.yaml")
    shutil.copytree(tmp_path / "live", tmp_path / "base", symlinks=True)
    return tmp_path


@pytest.mark.parametrize("fault,calls", [
    ("kill", "pwrite64,ftruncate,fdatasync,fsync,unlink,symlink,rename"),
    ("ENOSPC", "pwrite64,fsync,symlink,rename"),
    ("EIO", "pread64,pwrite64,ftruncate,fdatasync,fsync,unlink,rename"),
])
def test_a_rollback_leaves_the_old_or_the_new_generation(base, fault, calls):
    live, gate = base / "live", BIN / "stairgate"
    # one of the two, which are whole; and whoever comes next finds nothing in his way
    verify = (f"(cmp -s {live}/current.set {base}/base/sets/1.set || cmp -s {live}/current.set {base}/base/sets/2.set) && "
              f"{{ {gate} lists rollback 1 --config {base}/c.yaml; test $? -le 2; }} && "
              f"cmp {live}/current.set {base}/base/sets/1.set")
    passed, failed, said = kill_sweep(
        fault, calls, SWEEP, reset=f"rm -rf {live} && cp -a {base}/base {live}", verify=verify,
        run=f"{gate} lists rollback --config {base}/c.yaml")
    assert failed == 0 and passed > 5, said


def test_a_rollback_short_of_descriptors_leaves_the_old_or_the_new_generation(base):
    """strace counts calls from the start, where the loader's are: here every descriptor in turn is the one too many."""
    live, failed = base / "live", 0
    for most in range(4, 40):
        done = subprocess.run(["prlimit", f"--nofile={most}", BIN / "stairgate", "lists", "rollback", "--config", base / "c.yaml"],
                              capture_output=True, text=True, timeout=120)
        assert done.returncode >= 0, f"{most} descriptors: signal {-done.returncode}"
        if os.readlink(live / "current.set") != "sets/2.set":
            break
        assert done.returncode != 0
        failed += 1
    assert failed > 1 and os.readlink(live / "current.set") == "sets/1.set"
    tool("set", "verify", live / "current.set")
