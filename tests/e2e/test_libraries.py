"""What the server is linked with: nothing that reads lists, fetches them or makes sets."""
import re
import subprocess

from harness import BIN

LINKED = {"yaml-0", "sodium", "sqlite3", "uv", "jansson", "mnl", "c"}
OF_THE_BUILD = {"asan", "ubsan", "tsan", "m", "pthread", "dl", "rt", "gcc_s"}
MAKERS = ("builder_merge", "segment_start", "segment_open", "format_read", "fetcher_start", "store_open")


def output(*words):
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout


def test_the_server_links_these_libraries_and_no_others():
    """sqlite3 for state.db, mnl for the kernel's neighbours; what reads and fetches lists is not among them."""
    needed = set(re.findall(r"NEEDED\s+lib([^\s.]+)\.so", output("objdump", "-p", BIN / "stairgated")))
    assert needed - OF_THE_BUILD == LINKED


def test_the_server_keeps_its_own_state_and_nothing_of_the_lists():
    """sqlite3 is state.db's (policy/state); feeds.db is another process's."""
    symbols = set(re.findall(r" [Tt] (\w+)$", output("nm", BIN / "stairgated"), re.M))
    assert "state_db_open" in symbols and "store_open" not in symbols


def test_the_server_has_no_code_that_makes_sets():
    symbols = set(re.findall(r" [Tt] (\w+)$", output("nm", BIN / "stairgated"), re.M))
    assert "set_open" in symbols
    assert not symbols & set(MAKERS), symbols & set(MAKERS)
    client = set(re.findall(r" [Tt] (\w+)$", output("nm", BIN / "stairgate"), re.M))
    assert "builder_merge" in client  # so that the check above can fail
