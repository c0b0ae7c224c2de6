"""`stairgate lists status | history | diff | rollback | accept`: what is known of lists, shown and taken back."""
import json
import os
import shutil
import signal
import subprocess

import pytest

from feed_rig import FeedRig
from feed_server import names
from harness import BIN

LISTS = '  a: {{url: "file://{0}/a.txt", category: porn}}\n  b: {{url: "file://{0}/b.txt", category: gambling}}\n'


@pytest.fixture
def rig(stairgate, upstream, tmp_path):
    """Two lists from files; nothing fetched yet, no server."""
    one = FeedRig(stairgate, upstream, LISTS.format(tmp_path))
    one.a, one.b = tmp_path / "a.txt", tmp_path / "b.txt"
    one.a.write_bytes(names(100))
    one.b.write_bytes(names(100, label="m"))
    return one


def tool(rig, *words, code=0, prefix=()):
    done = subprocess.run([*prefix, *rig.command(*words)], capture_output=True, text=True, timeout=120)
    assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr
    assert code is None or done.returncode == code, f"{words} -> {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def status(rig, *words, code=0, **more):
    found = json.loads(tool(rig, "status", "--json", *words, code=code, **more).stdout)
    return found, {one["id"]: one for one in found["lists"]}


def two_generations(rig):
    rig.sync(code=0)
    rig.a.write_bytes(names(110))
    rig.sync("a", "--force", code=0)


def test_before_the_first_run_status_says_what_to_do(rig):
    done = tool(rig, "status", code=1)
    assert "lists sync" in done.stderr and "never" in done.stdout and "in force: nothing yet" in done.stdout
    assert "lists sync" in tool(rig, "history", code=4).stderr
    assert "lists sync" in tool(rig, "diff", code=4).stderr
    assert not rig.lists.exists()


def test_status_tells_age_size_and_result_of_each_list(rig):
    rig.sync(code=0)
    found, lists = status(rig)
    assert found["ok"] and found["generation"]["number"] == 1 and found["generation"]["names"] == 200
    assert lists["a"]["state"] == "ok" and lists["a"]["entries"] == 100
    assert 0 <= found["now"] - lists["a"]["fetched"] < 600 and lists["a"]["next"] > found["now"]
    assert [one for one in status(rig, "b")[1]] == ["b"]
    for verb in ("status", "history", "sync", "accept", "show", "remove"):
        assert "no list of that name: 'c'" in tool(rig, verb, "c", code=4).stderr, verb
    text = tool(rig, "status").stdout
    assert "in force: generation 1, 200 names" in text


def test_a_list_that_failed_makes_status_fail_and_say_why(rig):
    rig.sync(code=0)
    rig.a.unlink()
    rig.sync("a", "--force", code=1)
    _, lists = status(rig, code=1)
    assert lists["a"]["state"] == "failed" and lists["a"]["failures"] == 1 and lists["a"]["entries"] == 100
    text = tool(rig, "status", code=1).stdout
    assert "a: failed 1 times" in text and "the last good one is in force" in text


def test_history_shows_generations_and_the_record(rig):
    two_generations(rig)
    text = tool(rig, "history").stdout
    assert "in force" in text and "published" in text and "2, 210 names" in text.replace("generation ", "")
    found = json.loads(tool(rig, "history", "--json").stdout)
    assert [one["number"] for one in found["generations"]] == [2, 1]
    assert [one["current"] for one in found["generations"]] == [True, False]
    numbers = [one["number"] for one in found["record"]]
    assert numbers == sorted(numbers)
    of_b = json.loads(tool(rig, "history", "b", "--json").stdout)["record"]
    assert of_b and {one["list"] for one in of_b} == {"b"}
    assert len(json.loads(tool(rig, "history", "--json", "--last", "1").stdout)["record"]) == 1


def test_diff_counts_by_category_and_names_only_when_asked(rig):
    two_generations(rig)
    text = tool(rig, "diff").stdout
    assert "example" not in text and "porn" in text and "gambling" not in text
    found = json.loads(tool(rig, "diff", "1", "2", "--json", "--names").stdout)
    assert found["categories"] == [{"category": "porn", "before": 100, "after": 110, "added": 10, "removed": 0}]
    assert {one["name"] for one in found["names"]} == {f"n{i}.example" for i in range(100, 110)}
    assert all(one["added"] for one in found["names"])
    back = json.loads(tool(rig, "diff", "CURRENT", "PREVIOUS", "--json").stdout)
    assert back["categories"][0]["removed"] == 10 and "names" not in back
    assert "same entries" in tool(rig, "diff", "2", "2").stdout
    assert "lists history" in tool(rig, "diff", "1", "7", code=4).stderr


def test_a_rollback_is_in_force_at_once_and_the_next_run_does_not_undo_it(rig):
    two_generations(rig)
    rig.start()
    assert rig.blocked("n105.example")
    done = tool(rig, "rollback")
    assert "in force: generation 1, 200 names" in done.stdout and not done.stderr
    assert not rig.blocked("n105.example") and rig.blocked("n99.example") and rig.blocked("m5.example")
    _, lists = status(rig, code=1)
    assert lists["a"]["state"] == "held" and lists["a"]["rolled_back"] and lists["a"]["held_entries"] == 110
    assert lists["b"]["state"] == "ok"
    rig.sync("--force", code=1)
    assert not rig.blocked("n105.example") and status(rig, code=1)[1]["a"]["state"] == "held"
    assert "lists accept a" in tool(rig, "status", code=1).stdout

    tool(rig, "accept", "a")
    assert rig.blocked("n105.example")
    assert status(rig)[1]["a"]["state"] == "ok"
    rig.sync("--force", code=0)
    assert rig.blocked("n105.example")


def test_what_its_publisher_changed_ends_a_rollback(rig):
    two_generations(rig)
    done = tool(rig, "rollback", "previous")
    assert "no server runs here" in done.stderr
    rig.a.write_bytes(names(105))
    rig.sync("--force", code=0)
    found, lists = status(rig)
    assert lists["a"]["state"] == "ok" and lists["a"]["entries"] == 105 and not lists["a"]["rolled_back"]
    assert found["generation"]["number"] == 3 and found["generation"]["before"] == 1


def test_a_rollback_to_nowhere_changes_nothing(rig):
    rig.sync(code=0)
    before = rig.generation()
    assert "no generation before" in tool(rig, "rollback", code=4).stderr
    assert "lists history" in tool(rig, "rollback", "9", code=4).stderr
    assert "not 'x'" in tool(rig, "rollback", "x", code=2).stderr
    assert rig.generation() == before


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("unshare") is None, reason="mounting wants root")
def test_readers_work_on_a_file_system_that_is_read_only(rig):
    two_generations(rig)
    read_only = ["unshare", "--mount", "sh", "-c",
                 f'mount --bind {rig.folder} {rig.folder} && mount -o remount,ro,bind {rig.folder} && exec "$@"', "sh"]
    assert status(rig, prefix=read_only)[0]["generation"]["number"] == 2
    assert "published" in tool(rig, "history", prefix=read_only).stdout
    assert "porn" in tool(rig, "diff", prefix=read_only).stdout
    done = tool(rig, "rollback", code=1, prefix=read_only)
    assert "Read-only file system" in done.stderr and rig.generation() == "sets/2.set"


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("setpriv") is None, reason="becoming somebody else wants root")
def test_readers_need_no_right_to_write(rig):
    two_generations(rig)
    for folder in [rig.folder, *rig.folder.parents]:
        if folder.stat().st_uid == 0 and folder.parts[1:2] == ("tmp",) and len(folder.parts) > 2:
            folder.chmod(0o755)
    nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--"]
    if subprocess.run([*nobody, BIN / "stairgate", "help"], capture_output=True).returncode not in (0, 2):
        pytest.skip("the program itself is not everybody's to run")
    assert status(rig, prefix=nobody)[0]["generation"]["number"] == 2
    assert "cannot write" in tool(rig, "rollback", code=1, prefix=nobody).stderr


def test_a_second_writer_is_told_who_is_at_work(rig):
    rig.sync(code=0)
    holder = subprocess.Popen(["flock", rig.lists / "lock", "sh", "-c", "echo held; exec sleep 100"], stdout=subprocess.PIPE,
                              text=True)
    try:
        assert holder.stdout.readline() == "held\n"
        assert "at work on the lists" in tool(rig, "rollback", code=6).stderr
        assert status(rig)[0]["generation"]["number"] == 1
    finally:
        holder.send_signal(signal.SIGTERM)
        holder.wait(30)
