"""What the server is linked with: nothing that reads lists, fetches them or makes sets."""
import re
import subprocess

from harness import BIN

UNWANTED = ("zstd", "curl", "cares", "ldns", "archive", "idn2", "smartcols")
MAKERS = ("builder_merge", "segment_start", "segment_open", "format_read", "fetcher_start", "store_open")


def output(*words):
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout


def test_the_server_links_no_library_of_the_lists():
    needed = re.findall(r"NEEDED\s+lib(\S+)\.so", output("objdump", "-p", BIN / "stairgated"))
    assert needed and "sodium" in needed, needed
    assert not [name for name in needed if name.startswith(UNWANTED)], needed


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
