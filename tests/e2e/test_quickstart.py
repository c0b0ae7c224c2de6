"""The first command of the README, typed as a stranger would."""
import os
import re
import signal
import subprocess
import time

import pytest

from harness import DATA, ROOT, Process, addresses, ask, ede, free_port, wait_for


def start(tmp_path, *words):
    """Runs tools/quickstart until it serves; returns the process and its port."""
    port = free_port()
    process = Process([ROOT / "tools/quickstart", *words, "--port", port], tmp_path / "quickstart.log")

    def serves():
        assert process.child.poll() is None, process.log()
        try:
            return ask(port, "casino.example", timeout=1)
        except Exception:  # noqa: BLE001  (not yet)
            return None
    wait_for(serves, "the quickstart to serve", 300)
    return process, port


def interrupt(process):
    process.child.send_signal(signal.SIGINT)
    return process.child.wait(20)


def test_sample_lists_block_for_the_child_and_not_for_the_adult(tmp_path, upstream):
    upstream.set("*", "A", "192.0.2.1")
    process, port = start(tmp_path, "--upstream", str(upstream))
    try:
        reply = ask(port, "casino.example")
        assert not reply.answer and ede(reply) == [17]
        assert addresses(ask(port, "casino.example", source="127.0.0.2")) == ["192.0.2.1"]
        assert addresses(ask(port, "www.example")) == ["192.0.2.1"]
        lines = re.findall(r"^  (dig .*)$", process.log(), re.M)
        assert len(lines) == 3, process.log()
        for line in lines:
            assert "status: NOERROR" in subprocess.run(line.split(), capture_output=True, text=True, timeout=20).stdout
    finally:
        assert interrupt(process) == 0, process.log()


def test_the_second_run_prints_its_lines_within_3_seconds(tmp_path, upstream):
    first, _ = start(tmp_path, "--upstream", str(upstream))
    interrupt(first)
    (tmp_path / "quickstart.log").unlink()
    begun = time.monotonic()
    second = Process([ROOT / "tools/quickstart", "--upstream", str(upstream), "--port", str(free_port())], tmp_path / "quickstart.log")
    try:
        wait_for(lambda: second.log().count("  dig -p") == 3, "three dig lines", 30)
        took = time.monotonic() - begun
    finally:
        interrupt(second)
    assert took < 3 or os.environ.get("CI"), f"{took:.1f} s"


@pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real lists is not here (STAIRGATE_DATA names it)")
def test_real_lists_are_compiled_and_other_things_are_not_read_as_blocks(tmp_path, upstream):
    upstream.set("*", "A", "192.0.2.1")
    process, port = start(tmp_path, str(DATA), "--upstream", str(upstream))
    try:
        log = process.log()
        assert "skipped" in log
        assert addresses(ask(port, "www.google.com")) == ["192.0.2.1"], "a safe-search table is no block list"
    finally:
        assert interrupt(process) == 0, process.log()


def test_unknown_words_are_refused_with_the_usage(tmp_path):
    done = subprocess.run([ROOT / "tools/quickstart", "--wrong"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and "--upstream" in done.stdout + done.stderr
    done = subprocess.run([ROOT / "tools/quickstart", tmp_path / "nowhere"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and "no such directory" in done.stderr
    for words, said in ((["--port", "0"], "not a port"), (["--port", "65536"], "not a port"), (["--port", "dns"], "not a port")):
        done = subprocess.run([ROOT / "tools/quickstart", *words], capture_output=True, text=True, timeout=20)
        assert done.returncode == 2 and said in done.stderr


def test_a_second_one_beside_the_first_changes_nothing_and_says_so(tmp_path, upstream):
    first, port = start(tmp_path, "--upstream", str(upstream))
    try:
        done = subprocess.run([ROOT / "tools/quickstart", "--port", str(free_port())], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and "another one runs" in done.stderr and "dig" not in done.stdout
        assert ede(ask(port, "casino.example")) == [17]
    finally:
        assert interrupt(first) == 0, first.log()


def test_the_test_runner_refuses_words_that_it_does_not_know():
    for words, said in ((["nonsense"], "no such part"), (["-k"], "-k needs a word"), (["--nonsense"], "unknown option")):
        done = subprocess.run([ROOT / "tests/run", *words], capture_output=True, text=True, timeout=20)
        assert done.returncode == 2 and said in done.stderr
