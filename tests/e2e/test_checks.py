"""The outside judges, where they are at hand: protocol compliance, malformed messages, lying upstreams, slow clients."""
import re
import resource
import subprocess
import sys

import pytest

from harness import CHECKS, closing_counts, free_port

pytestmark = pytest.mark.skipif(not CHECKS.is_dir(), reason="the folder of outside checks is not here (STAIRGATE_CHECKS names it)")


def check(script, *words, timeout=600):
    done = subprocess.run([sys.executable, CHECKS / script, *map(str, words)], capture_output=True, text=True, timeout=timeout)
    output = done.stdout + done.stderr
    print(output)
    passed, failed = closing_counts(output)
    assert failed == 0 and passed > 0, output
    return output


def test_compliance(stairgate, recursive):
    gate = stairgate(upstreams=[recursive])
    output = check("compliance.py", "127.0.0.1", gate.port, "--blocked", "blocked.test", "-v")
    assert "note" not in output.replace("notes (SHOULD)", ""), output


def test_malformed(stairgate, recursive):
    gate = stairgate(upstreams=[recursive], more="cache: {size: 8MiB}")  # what the cache fills is no leak
    check("malformed.py", "127.0.0.1", gate.port, "--count", 100000, "--seed", 1, "--pid", gate.server_pid())


def test_upstream_faults(stairgate):
    port = free_port()
    gate = stairgate(upstreams=[f"127.0.0.1@{port}"])
    output = check("upstream_faults.py", "127.0.0.1", gate.port, port, "--blocked")
    assert len(re.findall(r"^note ", output, re.M)) <= 2, output


def test_slow_clients(stairgate, recursive):
    gate = stairgate(upstreams=[recursive], more="tcp: {connections: 4096, connections_per_client: 4096}")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    connections = min(2000, hard - 100)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    words = ["127.0.0.1", gate.port, "--connections", connections, "--seconds", 2, "--pid", gate.server_pid()]
    try:
        # The judge gives the others a second; on a busy machine that may pass once, but who starves starves each time.
        try:
            check("slow_clients.py", *words)
        except AssertionError:
            check("slow_clients.py", *words)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
