"""A run for hotline lists that is killed, or failed by the system, at any call: the old sealed set or the new one is in force, whole,
no name is anywhere, and the next run finishes the work."""
import os
import shutil

import pytest

from harness import BIN, kill_sweep, needs_kill_sweep
from sealed_rig import MARK, Hotline, SealedRig, listed

SWEEP = int(os.environ.get("STAIRGATE_SWEEP", 0))
CALLS = "openat,write,pwrite64,ftruncate,fsync,fdatasync,rename,symlink,unlink,clone,pipe2,close,memfd_create,mmap,mlock,fcntl"
USEFUL = {"kill": "write,pwrite64,ftruncate,fsync,rename,symlink,unlink,clone",
          "ENOSPC": "write,pwrite64,fsync,symlink,rename",
          "EIO": "pwrite64,ftruncate,fsync,fdatasync,unlink,rename",
          "EMFILE": "pipe2,clone,memfd_create,fcntl",
          "ENOMEM": "clone,mlock"}
USEFUL_MOST = 6


@needs_kill_sweep
@pytest.mark.parametrize("fault", USEFUL)
def test_a_sealed_run_broken_at_any_call_leaves_the_old_or_the_new_set(stairgate, feeds, tmp_path, fault):
    hot = Hotline(feeds, tmp_path / "publisher", host="lists.test")
    hot.put(listed(100))
    rig = SealedRig(stairgate, feeds.upstream, [hot])
    rig.sync(code=0)
    base, live = tmp_path / "base", rig.lists
    shutil.copytree(live, base, symlinks=True)
    hot.put(listed(101))
    sync = " ".join(rig.command("sync", "hot"))
    count = f"{BIN}/stairgate set info --json {live}/sealed/current.set | grep -Eq '\"entries\": *"
    is_one = f"({count}101\\b' || {count}102\\b')"  # with the canary
    # what was killed may have left plain text nowhere: not in a file, not in a name
    clean = f"! grep -rqa {MARK} {live} && ! find {live} | grep -q {MARK}"
    heals = f"{sync} >{tmp_path}/healed 2>&1 && {count}102\\b'"
    passed, failed, said = kill_sweep(
        fault, CALLS if SWEEP else USEFUL[fault], SWEEP or USEFUL_MOST, reset=f"rm -rf {live} && cp -a {base} {live}", run=sync,
        verify=f"{is_one} && {clean} && {heals} && {clean}")
    assert failed == 0 and passed > 1, said
