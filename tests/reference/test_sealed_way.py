"""A look-up goes the same way whatever is listed: memcheck, told that every octet of the table is unknown, meets no branch and no
address that depends on one. With what the project is released with (-O2), by each compiler that is there."""
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ["tests/reference/sealed_way.c", *(f"blocklist/sealed/{name}.c" for name in
                                            ("locked", "sealed_file", "sealed_key", "sealed_names", "sealed_table")),
           *(f"config/base/{name}.c" for name in ("addr", "err", "file", "name", "siphash", "siphash128"))]
HAS_MEMCHECK = shutil.which("valgrind") and Path("/usr/include/valgrind/memcheck.h").exists()
pytestmark = pytest.mark.skipif(not HAS_MEMCHECK, reason="skipped: no valgrind")


def run(folder, compiler, *more):
    if shutil.which(compiler) is None:
        pytest.skip(f"skipped: no {compiler}")
    program = folder / f"way-{compiler}"
    subprocess.run([compiler, "-std=gnu11", "-O2", "-g", "-gdwarf-4", "-DNDEBUG", "-D_GNU_SOURCE", "-D_FILE_OFFSET_BITS=64",
                    "-fno-strict-aliasing", "-fstack-protector-strong", "-w", f"-I{ROOT}", "-o", program,
                    *(ROOT / source for source in SOURCES), "-lsodium"], check=True, timeout=120)
    return subprocess.run(["valgrind", "-q", "--error-exitcode=9", program, *more], capture_output=True, text=True, timeout=240)


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_no_branch_and_no_address_depends_on_what_is_listed(tmp_path, compiler):
    done = run(tmp_path, compiler)
    assert done.stdout == "600 of 600 answers depend on the table, found whole\n"  # so that there was something to hide
    assert done.returncode == 0 and done.stderr == ""


def test_a_look_up_that_stops_where_it_has_found_would_be_seen(tmp_path):
    done = run(tmp_path, "gcc", "early")
    assert done.returncode == 9
    assert "Conditional jump or move depends on uninitialised value" in done.stderr and "stops_early" in done.stderr
