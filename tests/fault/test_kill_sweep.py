"""C40, C42: `set build` killed, or failed by the system, at every call: what stands at FILE is the old set or the new one."""
import os
import shutil
import subprocess
import sys

import pytest

from harness import BIN, CHECKS, closing_counts, tool

pytestmark = [
    pytest.mark.skipif(not (CHECKS / "kill_sweep.py").exists(), reason="the folder of outside checks is not here"),
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
]


@pytest.mark.parametrize("fault", ["kill", "ENOSPC", "EIO"])
def test_set_build_leaves_the_old_or_the_new_set(tmp_path, fault):
    for name in ("old", "new"):
        (tmp_path / f"{name}.list").write_text("".join(f"{name}{i}.example\n" for i in range(50)))
        tool("set", "build", "--out", tmp_path / f"{name}.set", "--seed", 1, "--category", f"porn={tmp_path}/{name}.list")
    live, gate = tmp_path / "live.set", BIN / "stairgate"
    verify = f"cmp -s {live} {tmp_path}/old.set || cmp -s {live} {tmp_path}/new.set"
    env = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1"}
    done = subprocess.run(
        [sys.executable, CHECKS / "kill_sweep.py", "--reset", f"cp {tmp_path}/old.set {live}", "--verify", verify,
         "--run", f"{gate} set build --out {live} --seed 1 --category porn={tmp_path}/new.list", "--fault", fault,
         "--calls", "write,pwrite64,ftruncate,fsync,rename,unlink,close", "--limit", "60"],
        capture_output=True, text=True, timeout=800, env=env)
    passed, failed = closing_counts(done.stdout + done.stderr)
    assert failed == 0 and passed > 5, done.stdout
