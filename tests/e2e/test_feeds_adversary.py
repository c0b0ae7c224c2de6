"""What a hostile publisher, a bad disk and a hurried operator try against feeds: nothing enforced changes unless the gate says so."""
import hashlib
import json
import os
import sqlite3
import time

import pytest

from feed_rig import CONFIG, FeedRig, event_of
from feed_server import names
from test_feeds_state import status, tool

ONE = '  a: {{url: "file://{0}", category: porn{1}}}\n'


@pytest.fixture
def rig(stairgate, upstream, tmp_path):
    """One list of 100 names from a file, in force; no server."""
    path = tmp_path / "a.txt"
    path.write_bytes(names(100))
    one = FeedRig(stairgate, upstream, ONE.format(path, ""))
    one.a = path
    one.option = lambda text: one.write(ONE.format(path, text))
    one.sync(code=0)
    return one


def entries(rig):
    return status(rig, code=None)[1]["a"]["entries"]


def bring(rig, count):
    rig.a.write_bytes(names(count))
    rig.sync("a", code=0)


def age(rig, days, **columns):
    """Makes the list's last success so many days older, as if the machine had been away."""
    columns = {"tried": time.time() - days * 86400, "fetched": time.time() - days * 86400, "next": 0, **columns}
    with sqlite3.connect(rig.lists / "feeds.db") as db:
        db.execute("UPDATE list SET " + ", ".join(f"{key} = {int(value)}" for key, value in columns.items()))
    db.close()


def damage(path):
    octets = bytearray(path.read_bytes())
    octets[len(octets) // 2] ^= 0xff
    path.write_bytes(octets)


def test_after_two_rollbacks_the_next_run_brings_nothing_back(rig):
    bring(rig, 110)
    bring(rig, 120)
    tool(rig, "rollback")
    tool(rig, "rollback")
    assert entries(rig) == 100
    rig.sync("--force", code=1)
    assert entries(rig) == 100 and rig.generation() == "sets/1.set"
    tool(rig, "accept", "a")
    assert entries(rig) == 120
    rig.sync("--force", code=0)
    assert entries(rig) == 120


def test_a_rollback_of_a_list_that_was_found_again_holds_too(rig):
    bring(rig, 110)
    (rig.lists / "feeds.db").write_bytes(b"no database")
    tool(rig, "rollback")
    assert entries(rig) == 100
    rig.sync("--force", code=1)
    assert entries(rig) == 100


def test_another_licence_does_not_undo_a_rollback(rig):
    bring(rig, 110)
    tool(rig, "rollback")
    rig.option(", licence: MIT")
    _, lines = rig.sync(code=1)
    assert entries(rig) == 100 and "rolled back" in event_of(lines, "held", "a")
    tool(rig, "accept", "a")
    assert entries(rig) == 110


@pytest.mark.parametrize("what", ["segment", "database"])
def test_damage_does_not_let_half_a_list_through(rig, what):
    damage(next((rig.lists / "segments").iterdir()) if what == "segment" else rig.lists / "feeds.db")
    before = rig.current()
    rig.a.write_bytes(names(40))
    _, lines = rig.sync("--force", code=1)
    assert "shrank from 100 entries to 40" in event_of(lines, "held", "a")
    assert rig.current() == before


def test_a_rolled_back_list_that_is_dropped_for_its_age_does_not_come_back_by_itself(rig):
    bring(rig, 110)
    tool(rig, "rollback")
    rig.option(", on_stale: drop")
    age(rig, 30)
    rig.sync("--force", code=1)
    rig.sync("--force", code=1)
    assert entries(rig) != 110
    tool(rig, "accept", "a")
    assert entries(rig) == 110


def test_one_failure_after_a_long_absence_drops_no_list(rig):
    rig.option(", on_stale: drop")
    rig.sync(code=0)
    rig.a.rename(rig.a.with_suffix(".away"))
    age(rig, 60)
    _, lines = rig.sync(code=1)
    assert not event_of(lines, "dropped") and entries(rig) == 100
    rig.sync("a", code=1)
    _, lines = rig.sync("a", code=1)
    assert "taken out" in event_of(lines, "dropped", "a") and entries(rig) == 0


def test_a_clock_that_was_years_ahead_leaves_no_list_young_for_ever(rig):
    age(rig, -3650)
    rig.a.rename(rig.a.with_suffix(".away"))
    rig.sync(code=1)
    assert status(rig, code=1)[1]["a"]["fetched"] <= time.time() + 5


def test_what_others_put_beside_our_sets_stays(rig):
    own = rig.lists / "sets" / "house.set"
    own.write_text("mine")
    bring(rig, 110)
    assert own.read_text() == "mine"


def test_a_link_of_the_operator_is_not_replaced_by_ours(stairgate, upstream, tmp_path):
    (tmp_path / "a.txt").write_bytes(names(100))
    (tmp_path / "own.set").write_text("mine")
    rig = FeedRig(stairgate, upstream, ONE.format(tmp_path / "a.txt", ""))
    rig.one.write("sets: {{public: " + str(tmp_path / "link.set") + "}}\n" + CONFIG, [upstream], 1,
                  rig.more(ONE.format(tmp_path / "a.txt", "")))
    (tmp_path / "link.set").symlink_to(tmp_path / "own.set")
    rig.sync(code=1)
    assert "sets.public" in rig.stderr and os.readlink(tmp_path / "link.set") == str(tmp_path / "own.set")
    (tmp_path / "link.set").unlink()
    rig.sync("--force", code=0)
    assert os.readlink(tmp_path / "link.set").endswith("/lists/current.set")


def test_a_signature_that_is_asked_for_now_is_asked_of_what_is_in_force(rig):
    rig.option(", signature: {type: sha256}")
    _, lines = rig.sync(code=1)
    assert ".sha256" in event_of(lines, "failed", "a") and entries(rig) == 100
    digest = hashlib.sha256(rig.a.read_bytes()).hexdigest()
    (rig.a.parent / "a.txt.sha256").write_text(f"{digest}  a.txt\n")
    rig.sync("a", code=0)
    rig.option(", signature: {type: sha256, url: 'file:///nowhere'}")
    rig.sync(code=1)


def test_a_damaged_list_whose_publisher_is_away_is_named_and_stops_nothing_for_good(stairgate, upstream, tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.txt").write_bytes(names(100, label=name))
    lists = "".join(f'  {name}: {{url: "file://{tmp_path}/{name}.txt", category: porn}}\n' for name in "ab")
    rig = FeedRig(stairgate, upstream, lists)
    rig.sync(code=0)
    before = rig.current()
    damage(next((rig.lists / "segments").glob("a.*")))
    (tmp_path / "a.txt").rename(tmp_path / "away")
    (tmp_path / "b.txt").write_bytes(names(110, label="b"))
    rig.sync("--force", code=1)
    assert "list a: segments/a." in rig.stderr and "lists remove a" in rig.stderr and rig.current() == before
    (tmp_path / "away").rename(tmp_path / "a.txt")
    _, lines = rig.sync("a", code=0)
    assert lines[-1]["names"] == 210


@pytest.fixture
def given(stairgate, upstream, tmp_path):
    """A list that root syncs as nobody."""
    if os.geteuid() != 0:
        pytest.skip("only root gives folders away")
    (tmp_path / "a.txt").write_bytes(names(100))
    rig = FeedRig(stairgate, upstream, ONE.format(tmp_path / "a.txt", ""), "  user: nobody\n")
    for folder in (tmp_path, *tmp_path.parents[:3], rig.folder, *rig.folder.parents[:3]):
        folder.chmod(0o755)
    return rig


def test_root_gives_away_a_folder_behind_its_link_and_nothing_that_was_linked_into_it(given, tmp_path):
    rig = given
    there = tmp_path / "disk"
    (there / "incoming").mkdir(parents=True)
    rig.lists.symlink_to(there)
    secret = tmp_path / "secret"
    secret.write_text("root's")
    os.link(secret, there / "incoming" / "x")
    rig.sync(code=0)
    assert secret.stat().st_uid == 0
    assert (there / "feeds.db").stat().st_uid == there.stat().st_uid != 0


def test_root_follows_no_link_of_others(given, tmp_path):
    (tmp_path / "root's").mkdir()
    given.lists.symlink_to(tmp_path / "root's")
    os.chown(given.lists, 65534, 65534, follow_symlinks=False)
    given.sync(code=1)
    assert "not root's" in given.stderr
    assert (tmp_path / "root's").stat().st_uid == 0 and not list((tmp_path / "root's").iterdir())


def test_root_gives_away_no_folder_that_holds_other_things(given):
    given.lists.mkdir()
    (given.lists / "passwd").write_text("")
    given.sync(code=1)
    assert "other things than lists ('passwd')" in given.stderr
    assert given.lists.stat().st_uid == 0 and [path.name for path in given.lists.iterdir()] == ["passwd"]


@pytest.mark.parametrize("url", ["https://lists.example./a.txt?token=hunter2", f"https://{'a' * 300}.example/?token=hunter2",
                                 "https://lists.example:0/?token=hunter2"])
def test_no_message_shows_what_an_address_has_behind_its_question_mark(stairgate, upstream, url):
    rig = FeedRig(stairgate, upstream, f'  a: {{url: "{url}", category: porn}}\n')
    _, lines = rig.sync(code=1)
    assert event_of(lines, "failed", "a")
    assert "hunter2" not in json.dumps(lines) + rig.stderr
    assert b"hunter2" not in (rig.lists / "feeds.db").read_bytes()


def test_a_folder_that_everybody_may_write_is_refused(stairgate, upstream, tmp_path):
    (tmp_path / "a.txt").write_bytes(names(100))
    rig = FeedRig(stairgate, upstream, ONE.format(tmp_path / "a.txt", ""))
    rig.lists.mkdir()
    rig.lists.chmod(0o777)
    rig.sync(code=1)
    assert "chmod" in rig.stderr and not rig.current()
    rig.lists.chmod(0o755)
    rig.sync(code=0)
