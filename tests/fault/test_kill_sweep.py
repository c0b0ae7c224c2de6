"""C40, C42: `set build` killed, or failed by the system, at every call: what stands at FILE is the old set or the new one."""
import pytest

from harness import BIN, kill_sweep, needs_kill_sweep, tool

pytestmark = needs_kill_sweep


@pytest.mark.parametrize("fault", ["kill", "ENOSPC", "EIO"])
def test_set_build_leaves_the_old_or_the_new_set(tmp_path, fault):
    for name in ("old", "new"):
        (tmp_path / f"{name}.list").write_text("".join(f"{name}{i}.example\n" for i in range(50)))
        tool("set", "build", "--out", tmp_path / f"{name}.set", "--seed", 1, "--category", f"porn={tmp_path}/{name}.list")
    live, gate = tmp_path / "live.set", BIN / "stairgate"
    verify = f"cmp -s {live} {tmp_path}/old.set || cmp -s {live} {tmp_path}/new.set"
    passed, failed, said = kill_sweep(
        fault, "write,pwrite64,ftruncate,fsync,rename,unlink,close", 60, reset=f"cp {tmp_path}/old.set {live}", verify=verify,
        run=f"{gate} set build --out {live} --seed 1 --category porn={tmp_path}/new.list", timeout=800)
    assert failed == 0 and passed > 5, said
