"""The set in force is missing or damaged: the one before it goes on protecting, and somebody is told (issue "Feeds")."""
import os

import pytest

from harness import build_set, ede, wait_for

OLD = {"gambling": "old.example\nboth.example\n"}
NEW = {"gambling": "new.example\nboth.example\n"}


def link(path, target):
    """Makes PATH a link to TARGET in one step, as a publisher does (blocklist/feed/place.h)."""
    beside = path.with_name(path.name + ".new")
    os.symlink(target, beside)
    os.rename(beside, path)


def publish(gate, number, lists):
    sets = gate.folder / "sets"
    sets.mkdir(exist_ok=True)
    folder = gate.folder / f"build{number}"
    folder.mkdir()
    build_set(folder / "lists.set", lists)
    target = sets / f"{number}.set"
    os.rename(folder / "lists.set", target)
    current = gate.folder / "lists.set"
    if current.is_symlink():
        link(gate.folder / "lists.set.previous", os.readlink(current))
    link(current, f"sets/{number}.set")
    return target


def harm(path, how):
    octets = bytearray(path.read_bytes())
    octets[len(octets) // 2] ^= 1
    path.unlink()
    if how == "flip":
        path.write_bytes(octets)
    if how == "cut":
        path.write_bytes(octets[:-100])
    if how == "rubbish":
        path.write_text("<html>no set</html>")


def is_blocked(gate, name):
    return ede(gate.ask(name)) == [17]


def warned(gate):
    status = gate.status(check=False)
    assert status["sets"]["public"]["previous"] == any(w.get("event") == "previous_set" for w in status["warnings"])
    return [w["text"] for w in status["warnings"] if w.get("event") == "previous_set"]


@pytest.fixture
def gate(stairgate, upstream):
    upstream.set("*", "A", "192.0.2.1")
    made = stairgate(upstreams=[upstream], start=False)
    publish(made, 1, OLD)
    publish(made, 2, NEW)
    return made


def test_a_reload_takes_the_generation_that_the_link_leads_to(gate):
    gate.start()
    assert is_blocked(gate, "new.example") and not is_blocked(gate, "old.example") and not warned(gate)
    publish(gate, 3, {"gambling": "newest.example\n"})
    gate.control("reload")
    assert is_blocked(gate, "newest.example") and not is_blocked(gate, "new.example") and not warned(gate)
    link(gate.folder / "lists.set", "sets/1.set")
    gate.control("reload")
    assert is_blocked(gate, "old.example") and not is_blocked(gate, "newest.example")


@pytest.mark.parametrize("how", ["flip", "cut", "rubbish", "gone"])
def test_a_start_with_a_damaged_set_takes_the_one_before(gate, how):
    harm(gate.folder / "sets/2.set", how)
    gate.start()
    assert is_blocked(gate, "old.example") and is_blocked(gate, "both.example")
    assert ede(gate.ask("clean.example")) == [], "lists are there: no EDE 14"
    text, = warned(gate)
    assert "lists sync --force" in text and "lists rollback" in text and "lists.set" in text
    assert gate.control("status", check=False).returncode == 1
    assert "event=previous_set" in gate.process.log()
    # a good one takes its place again, whatever was in force
    publish(gate, 3, {"gambling": "newest.example\n"})
    gate.control("reload")
    assert is_blocked(gate, "newest.example") and not is_blocked(gate, "old.example") and not warned(gate)


def test_a_reload_of_a_damaged_set_keeps_what_is_in_force_and_not_the_one_before(gate):
    gate.start()
    publish(gate, 3, {"gambling": "newest.example\n"})
    harm(gate.folder / "sets/3.set", "flip")
    done = gate.control("reload", check=False)
    assert done.returncode == 1 and "lists.set" in done.stderr
    assert is_blocked(gate, "new.example") and not warned(gate)


def test_both_damaged_is_no_set_and_says_so_in_each_answer(gate):
    harm(gate.folder / "sets/2.set", "flip")
    harm(gate.folder / "sets/1.set", "gone")
    gate.start()
    assert ede(gate.ask("both.example")) == [14]
    assert "lists.set" in gate.control("status", check=False).stdout and not warned(gate)


def test_a_config_that_changes_meanwhile_is_taken_beside_the_set_before(gate):
    harm(gate.folder / "sets/2.set", "flip")
    gate.start()
    text = gate.config_path.read_text()
    gate.config_path.write_text(text.replace("child: {extends: primary}", "child: {extends: primary, deny: [mine.example]}"))
    gate.control("reload")
    assert is_blocked(gate, "mine.example") and is_blocked(gate, "old.example") and warned(gate)


def test_a_set_cut_under_the_running_server_ends_in_the_one_before(gate):
    """Files are replaced, never written into; where somebody does, the kernel kills who reads (SIGBUS)."""
    gate.prefix = ["env", *(f"{name}=" + ":".join(filter(None, [os.environ.get(name), "handle_sigbus=0"]))
                            for name in ("ASAN_OPTIONS", "TSAN_OPTIONS"))]
    gate.start()
    assert is_blocked(gate, "new.example")
    server = gate.server_pid()
    os.truncate(gate.folder / "sets/2.set", 0)

    def ask():
        try:
            return is_blocked(gate, "both.example")
        except Exception:  # the one that was being answered
            return False
    wait_for(lambda: ask() and gate.server_pid() not in (None, server), "the keeper to start another server")
    assert is_blocked(gate, "old.example") and is_blocked(gate, "both.example")
    assert warned(gate) and "signal=7" in gate.process.log()
