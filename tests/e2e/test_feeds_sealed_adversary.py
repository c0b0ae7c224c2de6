"""What somebody would try against the run of legal and hotline lists: old versions again, lists whose class changes, deliveries that
never go, and lists that are there no more. Beside test_feeds_sealed.py and test_feeds_signed.py, which have what goes wrong by itself."""
import gzip
import io
import os
import shutil
import time
import zipfile

import pytest

from feed_rig import event_of
from harness import tool, wait_for
from sealed_rig import MARK, Hotline, SealedRig, listed
from test_feeds_signed import Inbox, fails, in_force


@pytest.fixture
def hot(feeds, tmp_path):
    one = Hotline(feeds, tmp_path / "publisher")
    one.put(listed(100))
    return one


# ---- versions

def test_the_same_octets_signed_anew_are_a_newer_version(stairgate, feeds, hot):
    rig = in_force(stairgate, feeds, hot)
    first = hot.version
    hot.put(listed(100), version=first + 7200)
    rig.sync("hot", code=0)
    assert rig.status_of()["version"] == first + 7200
    hot.put(listed(101), version=first + 3600)  # what was signed in between, and never came
    fails(rig, hot, "replayed")
    assert not rig.blocks(f"{MARK}100.example")


def test_the_same_octets_delivered_anew_are_wiped_too(stairgate, feeds, tmp_path):
    court = Inbox(feeds, tmp_path / "court")
    court.deliver(listed(10))
    rig = SealedRig(stairgate, feeds.upstream, [court])
    rig.sync(code=0)
    court.deliver(listed(10), "again.txt")
    rig.sync("court", code=0)
    assert court.lies() == [] and rig.status_of("court")["version"] == court.version


def old_database(rig, hot):
    kept = rig.folder / "kept.db"
    shutil.copy(rig.lists / "feeds.db", kept)
    yield
    for path in rig.lists.glob("feeds.db*"):
        path.unlink()
    shutil.copy(kept, rig.lists / "feeds.db")
    yield


def lost_database(rig, hot):
    yield
    for path in rig.lists.glob("feeds.db*"):
        path.unlink()
    yield


def damaged_database(rig, hot):
    yield
    (rig.lists / "feeds.db").write_bytes(b"no database at all" * 999)
    yield


def rekeyed(rig, hot):
    yield
    rig.run("rekey", code=0)
    yield


def another_key(rig, hot):
    yield
    rig.key.unlink()
    tool("set", "key", rig.key)
    yield


def lost_parts(rig, hot):
    yield
    for path in rig.place.glob("*.part"):
        path.unlink()
    yield


@pytest.mark.parametrize("step", [old_database, lost_database, damaged_database, rekeyed, another_key, lost_parts],
                         ids=lambda step: step.__name__)
def test_an_old_version_is_a_replay_whatever_happened_here(stairgate, feeds, hot, step):
    rig = in_force(stairgate, feeds, hot)
    old = [feeds.pages[hot.path], feeds.pages[hot.path + ".minisig"]]
    steps = step(rig, hot)
    next(steps)
    hot.put(listed(101))
    rig.sync("hot", code=0)
    next(steps)
    feeds.at(hot.path, old[0])
    feeds.at(hot.path + ".minisig", old[1])
    _, lines = rig.sync("hot", code=1)
    assert "replayed" in event_of(lines, "failed", "hot") and rig.leaks(rig.stderr, str(lines)) == []
    assert rig.blocks(f"{MARK}0.example") and rig.blocks(f"{MARK}100.example")


def test_a_rekey_that_some_list_has_nothing_for_says_so(stairgate, feeds, hot, tmp_path):
    court = Inbox(feeds, tmp_path / "court")
    court.deliver(listed(10, 1000))
    rig = SealedRig(stairgate, feeds.upstream, [hot, court])
    rig.sync(code=0)
    salt, body = rig.current()[16:32], listed(11, 1000)
    assert "keeps its salt: nothing came to be read anew of list court" in rig.run("rekey", code=1)
    assert rig.current()[16:32] == salt
    hot.put(listed(101))
    due = (rig.place / "deadlines").read_text()
    rig.run("rekey", code=1)  # what else came is in force, and the deadlines begin anew
    assert (rig.place / "deadlines").read_text() != due
    court.deliver(body)
    rig.run("rekey", code=0)
    assert rig.current()[16:32] != salt


# ---- classes

def public_list(feeds, name="hot"):
    return f'  {name}: {{url: "{feeds.url("/hot.txt")}", format: plain, category: porn, auth: {{ca: {feeds.ca}}}, allow_private: yes}}\n'


def kept_of(rig, name="hot"):
    return [path.name for path in (*(rig.lists / "segments").iterdir(), *(rig.lists / "incoming").iterdir())
            if path.name.startswith(f"{name}.")] + [path.name for path in (rig.lists / "sets").iterdir()
                                                    if name.encode() + b"\0" in path.read_bytes()]


def test_a_public_list_that_becomes_a_hotline_list_leaves_no_name_behind(stairgate, feeds, hot):
    other = f'  ads: {{url: "{feeds.url("/ads.txt")}", format: plain, category: ads, auth: {{ca: {feeds.ca}}}, allow_private: yes}}\n'
    feeds.put("/ads.txt", b"ads.example\n")
    rig = SealedRig(stairgate, feeds.upstream, [], public=other + public_list(feeds))
    rig.sync(code=0)
    rig.start()
    (rig.lists / "incoming" / "hot.part").write_bytes(listed(3))
    assert rig.blocked(f"{MARK}0.example") and kept_of(rig)
    body = feeds.pages[hot.path]
    feeds.remove(hot.path)
    rig.public, rig.hotlines = other, [hot]
    rig.configure()
    rig.sync(code=1)
    assert rig.blocked(f"{MARK}0.example")  # what nobody has sealed yet stays as it was
    feeds.at(hot.path, body)
    rig.sync("hot", code=0)
    assert kept_of(rig) == [] and rig.leaks() == []
    assert not rig.blocked(f"{MARK}0.example") and rig.blocks(f"{MARK}0.example") and rig.blocked("ads.example")
    assert "no generation before" in rig.run("rollback", code=None)
    rig.sync(code=0)
    assert rig.blocks(f"{MARK}0.example") and rig.blocked("ads.example")


def test_a_hotline_list_that_becomes_public_leaves_the_sealed_set(stairgate, feeds, hot):
    rig = in_force(stairgate, feeds, hot)
    rig.public, rig.hotlines = public_list(feeds), []
    rig.configure()
    rig.sync(code=0)
    assert not rig.place.exists() and rig.blocked(f"{MARK}0.example")


# ---- lists that are there no more

def test_the_last_list_that_is_removed_blocks_nothing_any_more(stairgate, feeds, hot):
    rig = in_force(stairgate, feeds, hot)
    assert rig.blocks(f"{MARK}0.example")
    rig.hotlines = []
    rig.configure()
    rig.sync(code=0)
    assert not rig.place.exists() and not rig.blocks(f"{MARK}0.example")
    assert "sealed set" not in rig.run("status")


# ---- inboxes

def test_a_delivery_of_next_year_stands_in_nobodys_way(stairgate, feeds, tmp_path):
    court = Inbox(feeds, tmp_path / "court")
    court.deliver(listed(10))
    court.deliver(listed(99), "slip.txt", version=int(time.time()) + 366 * 86400)
    rig = SealedRig(stairgate, feeds.upstream, [court])
    _, lines = rig.sync(code=0)
    rig.start()
    assert rig.blocks(f"{MARK}0.example") and not rig.blocks(f"{MARK}98.example")
    assert court.lies() == ["slip.txt", "slip.txt.minisig"]
    assert "1 signed at a time that is yet to come" in event_of(lines, "refused", "court")


def test_a_file_without_an_end_keeps_nothing_else_from_being_wiped(stairgate, feeds, tmp_path):
    court = Inbox(feeds, tmp_path / "court")
    court.deliver(listed(10))
    court.deliver(b"", "huge.txt")
    os.truncate(court.path / "huge.txt", 1 << 42)
    rig = SealedRig(stairgate, feeds.upstream, [court])
    begun = time.monotonic()
    rig.sync(code=0, patience=60)
    assert time.monotonic() - begun < 50 and court.lies() == ["huge.txt", "huge.txt.minisig"]


def test_names_of_files_are_in_no_output(stairgate, feeds, tmp_path):
    court = Inbox(feeds, tmp_path / "court")
    court.deliver(listed(10), f"{MARK}\n\x1b[2J.txt")
    (court.path / f"{MARK}.pdf").write_bytes(b"x")
    rig = SealedRig(stairgate, feeds.upstream, [court])
    _, lines = rig.sync(code=0)
    court.deliver(listed(11), f"{MARK}\n.txt", signature=b"nothing")
    _, more = rig.sync("court", code=1)
    assert event_of(more, "failed", "court")
    assert rig.leaks(str(lines), str(more), rig.stderr, rig.run("status"), rig.run("history")) == []


# ---- sizes

def test_a_list_that_is_too_large_is_told_of_with_the_right_cure(stairgate, feeds, hot):
    rig = in_force(stairgate, feeds, hot)
    hot.put(b"#" * (17 << 20))
    fails(rig, hot, "a list of this class may have 16 MiB")
    hot.put(b"#" * (17 << 20), until_close=True)
    fails(rig, hot, "a list of this class may have 16 MiB")


def bomb(kind):
    octets = b"\n" * (8 << 20)
    if kind == "gzip":
        return gzip.compress(octets, 9)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{MARK}.txt", octets)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["gzip", "zip"])
def test_a_bomb_fails_its_list_and_no_other(stairgate, feeds, hot, tmp_path, kind):
    more = Hotline(feeds, tmp_path / "more", "more")
    more.put(listed(10, 1000))
    rig = SealedRig(stairgate, feeds.upstream, [hot, more], feeds="  limits: {unpacked: 1MiB}")
    rig.sync(code=0)
    rig.start()
    hot.put(bomb(kind))
    more.put(listed(11, 1000))
    _, lines = rig.sync("hot", "more", code=1)
    assert "over a bound of feeds.limits" in event_of(lines, "failed", "hot")
    assert rig.leaks(str(lines), rig.stderr, rig.run("status")) == []
    assert rig.blocks(f"{MARK}0.example") and rig.blocks(f"{MARK}1010.example")
