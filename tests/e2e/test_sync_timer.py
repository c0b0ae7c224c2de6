"""The keeper has lists fetched: what it starts, what that may touch, and how it ends."""

import os
import shutil
import signal
from pathlib import Path

import pytest

import harness
from harness import ede, tool, wait_for

LISTS = """
lists: {one: {url: 'file:///nowhere/list.txt', category: porn}}
feeds: {dir: lists}
"""

# Stands in for `stairgate`: notes how it was called and what it holds, then goes on until somebody ends it.
PROGRAM = """\
#!/bin/sh
ls -l /proc/$$/fd >{folder}/files
echo "$*" >>{folder}/calls
echo $$ >{folder}/pid.new
mv {folder}/pid.new {folder}/pid
exec sleep 300
"""


@pytest.fixture
def daemon(tmp_path, stairgate, monkeypatch):
    """A function that makes a daemon whose `stairgate` is PROGRAM."""
    def make(program=PROGRAM, **options):
        one = stairgate(start=False, **options)
        folder = tmp_path / "bin"
        folder.mkdir()
        shutil.copy(harness.BIN / "stairgated", folder)
        (folder / "stairgate").write_text(program.format(folder=folder))
        (folder / "stairgate").chmod(0o755)
        monkeypatch.setattr(harness, "BIN", folder)
        one.bin = folder
        return one.start()
    return make


def pid_of(folder):
    return wait_for(lambda: (folder / "pid").exists() and int((folder / "pid").read_text()), "a run")


def is_gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def without_sets(config=harness.CONFIG):
    return config.replace("sets: {{public: lists.set}}\n", "")


def test_a_daemon_with_lists_and_no_set_has_them_fetched_at_once(daemon):
    one = daemon(config=without_sets(), more=LISTS)
    pid = pid_of(one.bin)
    assert (one.bin / "calls").read_text() == f"lists sync --config {one.config_path}\n"
    held = (one.bin / "files").read_text()
    assert "socket:" not in held and "memfd" not in held and ".set" not in held
    assert one.ask("www.test") is not None
    one.stop()
    wait_for(lambda: is_gone(pid), "the run to be ended with the daemon")


def test_a_daemon_that_is_killed_takes_its_run_with_it(daemon):
    one = daemon(config=without_sets(), more=LISTS)
    pid = pid_of(one.bin)
    os.kill(one.process.pid, signal.SIGKILL)
    one.process.child.wait()
    wait_for(lambda: is_gone(pid), "the run to notice")


def test_no_run_where_there_are_no_lists_or_something_else_has_them_fetched(daemon):
    one = daemon(config=without_sets(), more=LISTS.replace("dir: lists", "dir: lists, timer: no"))
    assert one.ask("www.test") is not None
    # what a reload brings shows that the timer had its turn before
    one.write(config=without_sets(), more=LISTS)
    os.kill(one.process.pid, signal.SIGHUP)
    pid_of(one.bin)
    assert (one.bin / "calls").read_text().count("\n") == 1


def test_a_run_that_comes_to_nothing_is_told_and_waited_for(daemon):
    one = daemon(program="#!/bin/sh\necho x >>{folder}/calls\nexit 3\n", config=without_sets(), more=LISTS)
    wait_for(lambda: "event=sync_ended exit=3" in one.process.log(), "the end of the run")
    assert one.ask("www.test") is not None
    assert (one.bin / "calls").read_text() == "x\n"


def test_a_daemon_gets_a_set_of_its_lists_without_anybody_calling_sync(stairgate, upstream, tmp_path):
    (tmp_path / "one.txt").write_text("casino.example\npoker.example\n")
    lists = f"lists: {{one: {{url: 'file://{tmp_path}/one.txt', category: gambling}}}}\nfeeds: {{dir: lists}}\n"
    one = stairgate(config=without_sets(), upstreams=[upstream], more=lists)
    wait_for(lambda: ede(one.ask("poker.example", edns=True)) == [17], "the list to be in force")
    assert (one.folder / "lists/current.set").is_symlink()
    assert "event=sync_ended exit=0" in wait_for(lambda: "sync_ended" in one.process.log() and one.process.log(), "the end of the run")


def test_a_list_that_is_added_while_it_runs_is_fetched_after_a_reload(stairgate, upstream, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (tmp_path / "two.txt").write_text("late.example\n")
    one = stairgate(config=without_sets(), upstreams=[upstream], more="feeds: {dir: lists}\n")
    tool("lists", "add", f"file://{tmp_path}/two.txt", "--category", "gambling", "--config", one.config_path, "--yes")
    assert "no lists yet: the first `stairgate lists sync` brings them" in one.control("reload").stderr
    wait_for(lambda: ede(one.ask("late.example", edns=True)) == [17], "the new list to be in force")
