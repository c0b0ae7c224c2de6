"""Legal and hotline lists in `stairgate lists sync`: over the wire into the sealed set, last good through every fault, and nowhere a
name that a list holds."""
import json
import os
import random
import re
import stat
import subprocess
import threading
import time
from pathlib import Path

import pytest

import feed_server
from feed_rig import event_of
from feed_server import cut, status
from harness import BIN
from sealed_rig import CANARY, MARK, Hotline, SealedRig, listed, sync_process, wait_for_request


def is_sanitized():
    return b"libasan" in subprocess.run(["ldd", BIN / "stairgate"], capture_output=True).stdout


@pytest.fixture
def hot(feeds, tmp_path):
    one = Hotline(feeds, tmp_path / "publisher")
    one.put(listed(100))
    return one


@pytest.fixture
def rig(stairgate, feeds, hot):
    """One hotline list over mTLS, in force."""
    one = SealedRig(stairgate, feeds.upstream, [hot])
    one.sync(code=0)
    one.start()
    return one


def test_a_run_brings_a_hotline_list_into_force_for_every_profile(rig, hot):
    assert rig.blocks(f"{MARK}0.example") and rig.blocks(f"www.{MARK}99.example") and not rig.blocks(f"{MARK}100.example")
    assert rig.blocks(CANARY)
    hot.put(listed(101))
    _, lines = rig.sync("hot", code=0)
    assert event_of(lines, "published").startswith("sealed set 2, 102 entries")
    assert rig.blocks(f"{MARK}100.example")
    assert feed_server_saw_a_certificate(rig, hot)


def feed_server_saw_a_certificate(rig, hot):
    return all(request.certificate for request in hot.feeds.requests_for(hot.path))


def test_a_legal_list_behind_a_token_is_another_part_of_the_same_set(stairgate, feeds, hot, tmp_path):
    court = Hotline(feeds, tmp_path / "court", "court", host="lists.test", klass="legal")
    court.put(listed(10, 1000))
    body = feeds.pages[court.path]
    feeds.at(court.path, feed_server.needs("Authorization", "Bearer word-of-the-operator", body))
    rig = SealedRig(stairgate, feeds.upstream, [hot, court])
    _, lines = rig.sync(code=0)
    assert event_of(lines, "published").startswith("sealed set 1, 111 entries")
    rig.start()
    assert rig.blocks(f"{MARK}1000.example") and rig.blocks(f"{MARK}0.example")


def test_folder_and_files_are_for_their_owner_alone(rig):
    assert stat.S_IMODE(rig.place.stat().st_mode) == 0o700
    for path in rig.place.iterdir():
        wanted = 0o644 if path.name == "deadlines" else 0o600
        assert path.is_symlink() or stat.S_IMODE(path.stat().st_mode) == wanted, path
    assert [path for path in (rig.lists / "incoming").iterdir()] == []


def test_an_unchanged_list_is_fetched_whole_and_costs_no_set(rig, hot):
    before, number = rig.current(), rig.number()
    _, lines = rig.sync("hot", code=0)
    assert event_of(lines, "unchanged", "hot")
    asked = hot.feeds.requests_for(hot.path)[-1].headers
    assert "if-none-match" not in asked and "if-modified-since" not in asked and "range" not in asked
    assert rig.current() == before and rig.number() == number


def test_a_run_with_nothing_due_asks_nobody(rig, hot):
    seen = len(hot.feeds.requests)
    rig.sync(code=0)
    assert len(hot.feeds.requests) == seen


def wrong_signature(hot):
    hot.put(listed(101), signature=hot.signer.sign(listed(102), comment=f"timestamp:{hot.version + 60}"))


def another_key(hot):
    stranger = feed_server.Signer(hot.folder, "stranger")
    hot.put(listed(101), signature=stranger.sign(listed(101), comment=f"timestamp:{hot.version + 60}"))


def no_signature(hot):
    hot.put(listed(101))
    hot.feeds.at(hot.path + ".minisig", status(404))


def replayed(hot):
    hot.put(listed(101), version=hot.version - 3600)


def other_octets_of_the_same_version(hot):
    hot.put(listed(101), version=hot.version)


def half_delivered(hot):
    hot.put(listed(101))
    hot.feeds.at(hot.path, cut(listed(101), 700))


def cut_and_signed_whole(hot):
    whole = listed(101)
    hot.put(whole[:len(whole) // 2], signature=hot.signer.sign(whole, comment=f"timestamp:{hot.version + 60}"))


def web_page(hot):
    hot.put(feed_server.LIST_PAGE.replace(b"login.example", f"{MARK}5.example".encode()))


def empty(hot):
    hot.put(b"")


def no_entry(hot):
    hot.put(b"# nothing today\n\n")


def garbled(hot):
    hot.put(f"{MARK}: this is no name at all !!\n".encode() * 200)


def gone(hot):
    hot.feeds.remove(hot.path)


FAULTS = [
    (wrong_signature, "failed", "signature"), (another_key, "failed", "another key"), (no_signature, "failed", "404"),
    (replayed, "failed", "replayed"), (other_octets_of_the_same_version, "failed", "replayed"), (half_delivered, "failed", "cut|short|end"),
    (cut_and_signed_whole, "failed", "signature"), (web_page, "failed", "web page"), (empty, "failed", "empty"),
    (no_entry, "failed", "no entry|read as"), (garbled, "failed", "malformed|no entry"), (gone, "failed", "404"),
    (lambda hot: hot.put(listed(50)), "held", r"shrank from 100 entries to 50"),
    (lambda hot: hot.put(listed(500)), "held", r"grew from 100 entries to 500"),
    (lambda hot: hot.put(listed(100) + PIN), "held", r"line 101 covers a pinned name"),
]
PIN = b""


@pytest.fixture(scope="module", autouse=True)
def pin():
    """A name that is pinned: what such a list may never cover."""
    global PIN
    table = Path(__file__).parents[2] / "config" / "data" / "pins.tsv"
    name = next(line.split("\t")[0] for line in table.read_text().splitlines() if line and not line.startswith("#"))
    PIN = name.encode() + b"\n"


@pytest.mark.parametrize("fault, event, why", FAULTS, ids=lambda one: getattr(one, "__name__", None))
def test_last_good_stays_and_the_alert_says_why_without_a_name(rig, hot, tmp_path, fault, event, why):
    rig.options = f"  notify: {{command: {alert(tmp_path)}}}"
    rig.configure()
    before, number = rig.current(), rig.number()
    fault(hot)
    _, lines = rig.sync("hot", code=1)
    said = event_of(lines, event, "hot")
    assert said and re.search(why, said), lines
    assert rig.current() == before and rig.number() == number
    assert rig.blocks(f"{MARK}0.example") and not rig.blocks(f"{MARK}100.example")
    told = (tmp_path / "alerts").read_text()
    assert re.search(why, told) and "hot" in told
    shown = rig.run("status"), rig.run("history"), rig.run("history", "hot"), rig.stderr, json.dumps(lines), told
    assert rig.leaks(*shown) == []
    pinned = PIN.decode().strip()
    assert not any(pinned in text for text in shown)


def alert(folder):
    """A program for feeds.notify.command that keeps what it is told."""
    path = folder / "alert"
    path.write_text(f"#!/bin/sh\nenv | grep ^STAIRGATE_ >>{folder}/alerts\ncat >>{folder}/alerts\n")
    path.chmod(0o755)
    return path


def test_a_pin_conflict_is_let_through_by_no_time_and_nobody(rig, hot):
    rig.options = "  hold: 1s"
    rig.configure()
    hot.put(listed(100) + PIN)
    rig.sync("hot", code=1)
    before = rig.current()
    time.sleep(1.1)  # what `hold` counts is whole seconds of the wall clock
    _, lines = rig.sync("hot", code=1)
    assert "pinned" in event_of(lines, "held", "hot")
    assert "pinned" in rig.run("accept", "hot", code=1)
    assert rig.current() == before and rig.status_of()["state"] == "held"
    hot.put(listed(101))
    rig.sync("hot", code=0)
    assert rig.status_of()["state"] == "ok" and rig.blocks(f"{MARK}100.example")


def test_what_shrank_passes_by_hand_or_with_time(rig, hot):
    hot.put(listed(50))
    rig.sync("hot", code=1)
    rig.sync("hot", code=1)
    assert rig.blocks(f"{MARK}99.example")
    rig.run("accept", "hot", code=0)
    assert not rig.blocks(f"{MARK}99.example") and rig.blocks(f"{MARK}49.example")
    rig.options = "  hold: 1s"
    rig.configure()
    hot.put(listed(20))
    rig.sync("hot", code=1)
    time.sleep(1.1)  # as above
    rig.sync("hot", code=0)
    assert not rig.blocks(f"{MARK}49.example") and rig.blocks(f"{MARK}19.example")


def test_an_expired_certificate_fails_and_the_last_good_list_stays(stairgate, feeds, tmp_path):
    hot = Hotline(feeds, tmp_path / "publisher", host="lists.test")
    hot.put(listed(10))
    rig = SealedRig(stairgate, feeds.upstream, [hot])
    rig.sync(code=0)
    before = rig.current()
    hot.host = "expired.test"
    rig.configure()
    _, lines = rig.sync(code=1)
    assert "certificate" in event_of(lines, "failed", "hot") and rig.current() == before


def test_no_name_is_in_any_output_log_or_file(rig, hot):
    hot.put(listed(120))
    _, lines = rig.sync("hot", code=0)
    for name in (f"{MARK}0.example", f"{MARK}119.example"):
        assert rig.blocks(name)
    said = [json.dumps(lines), rig.stderr]
    for words in (("status",), ("status", "--json"), ("history",), ("history", "hot", "--json"), ("show",), ("show", "hot", "--json"),
                  ("diff",), ("diff", "--names")):
        said.append(rig.run(*words))
    rig.one.stop()
    assert rig.leaks(*said) == []
    strings = subprocess.run("find . -type f -exec strings -a -n 4 {} +", shell=True, cwd=rig.lists, capture_output=True,
                             text=True, check=True).stdout
    assert MARK not in strings and "canary-of-ours" not in strings


def test_a_url_only_feed_blocks_no_domain(stairgate, feeds, tmp_path):
    hot = Hotline(feeds, tmp_path / "publisher", more="granularity: url")
    hot.put(b"".join(f"https://{MARK}{n}.example/page/{n}\n".encode() for n in range(20)) + f"http://{MARK}20.example/\n".encode() +
            f"{MARK}21.example\n".encode())
    rig = SealedRig(stairgate, feeds.upstream, [hot])
    _, lines = rig.sync(code=0)
    assert "0 entries (+0), 22 pages" in event_of(lines, "read", "hot")
    rig.start()
    assert not any(rig.blocks(f"{MARK}{n}.example") for n in (0, 19, 20, 21)) and rig.blocks(CANARY)


def test_hosts_of_pages_are_diverted_where_that_is_permitted(stairgate, feeds, tmp_path):
    hot = Hotline(feeds, tmp_path / "publisher", more="granularity: url\n    url_action: divert")
    hot.put(f"https://{MARK}0.example/page\n".encode())
    rig = SealedRig(stairgate, feeds.upstream, [hot], sealed="  divert: [192.0.2.80]")
    rig.sync(code=0)
    rig.start()
    reply = rig.one.ask(f"{MARK}0.example")
    assert [str(one) for rrset in reply.answer for one in rrset] == ["192.0.2.80"]
    assert not rig.one.ask(f"www.{MARK}0.example").answer
    assert not rig.blocks(f"www.{MARK}0.example")


def deadlines(rig):
    return {line.split()[0]: [int(word) for word in line.split()[1:]] for line in (rig.place / "deadlines").read_text().splitlines()}


def test_the_deadline_moves_with_each_success_and_stands_while_the_publisher_is_away(rig, hot):
    due, version, checked = deadlines(rig)["hotline"]
    assert due == checked + 6 * 3600 and version == hot.version and abs(checked - time.time()) < 100
    gone(hot)
    rig.sync("hot", code=1)
    assert deadlines(rig)["hotline"] == [due, version, checked]
    hot.put(listed(101))
    rig.sync("hot", code=0)
    assert deadlines(rig)["hotline"][1] == hot.version and deadlines(rig)["hotline"][0] >= due


def test_a_list_that_is_removed_leaves_the_set_with_the_next_run(stairgate, feeds, hot, tmp_path):
    more = Hotline(feeds, tmp_path / "more", "more")
    more.put(listed(10, 1000))
    rig = SealedRig(stairgate, feeds.upstream, [hot, more])
    rig.sync(code=0)
    rig.start()
    assert rig.blocks(f"{MARK}1000.example")
    rig.hotlines = [hot]
    rig.configure()
    rig.sync(code=0)
    assert not rig.blocks(f"{MARK}1000.example") and rig.blocks(f"{MARK}0.example")
    assert [path.name for path in rig.place.iterdir() if path.name.startswith("more.")] == []
    rig.hotlines = []
    rig.configure()
    rig.sync(code=0)
    assert not rig.place.exists()


def test_one_list_that_fails_leaves_its_own_part_and_stops_no_other(stairgate, feeds, hot, tmp_path):
    more = Hotline(feeds, tmp_path / "more", "more")
    more.put(listed(10, 1000))
    rig = SealedRig(stairgate, feeds.upstream, [hot, more])
    rig.sync(code=0)
    rig.start()
    gone(hot)
    more.put(listed(11, 1000))
    rig.sync("hot", "more", code=1)
    assert rig.blocks(f"{MARK}1010.example") and rig.blocks(f"{MARK}0.example")


def salt(rig):
    return rig.current()[16:32]


def test_rekey_makes_all_anew_under_another_salt(rig, hot):
    first = salt(rig)
    rig.sync("hot", code=0)
    assert salt(rig) == first
    rig.run("rekey", code=0)
    assert salt(rig) != first and rig.blocks(f"{MARK}0.example")
    assert len([path for path in rig.place.iterdir() if path.suffix == ".part"]) == 1


def test_another_key_means_that_all_lists_come_anew(stairgate, feeds, hot, tmp_path):
    more = Hotline(feeds, tmp_path / "more", "more")
    more.put(listed(10, 1000))
    rig = SealedRig(stairgate, feeds.upstream, [hot, more])
    rig.sync(code=0)
    before = rig.current()
    rig.key.unlink()
    subprocess.run([BIN / "stairgate", "set", "key", rig.key], check=True, capture_output=True, timeout=60)
    gone(more)
    _, lines = rig.sync(code=1)
    assert event_of(lines, "failed", "hot") is None, lines
    assert rig.current() == before and "more" in event_of(lines, "refused")
    more.put(listed(10, 1000))
    rig.sync("more", code=0)
    rig.start()
    assert rig.current() != before and rig.blocks(f"{MARK}0.example") and rig.blocks(f"{MARK}1009.example")


def test_without_the_key_every_list_fails_and_the_set_stays(rig, hot):
    before = rig.current()
    rig.key.rename(rig.key.with_suffix(".away"))
    _, lines = rig.sync("hot", code=1)
    assert "sealed.key" in event_of(lines, "failed", "hot") and rig.current() == before


def test_a_damaged_part_or_set_is_made_anew(rig, hot):
    part = next(path for path in rig.place.iterdir() if path.suffix == ".part")
    part.write_bytes(part.read_bytes()[:-1] + b"\0")
    rig.sync(code=0)
    assert rig.blocks(f"{MARK}0.example")
    (rig.place / f"{rig.number()}.set").write_bytes(b"nothing")
    rig.sync(code=0)
    assert rig.blocks(f"{MARK}0.example") and len(rig.current()) > 64
    (rig.lists / "feeds.db").unlink()
    before = hot.version
    hot.put(listed(99), version=before - 7200)
    rig.sync(code=1)  # the part itself says which version it is
    hot.put(listed(101), version=before + 7200)
    rig.sync("hot", code=0)
    assert rig.blocks(f"{MARK}100.example")


def test_five_sets_are_kept(rig, hot):
    for count in range(101, 109):
        hot.put(listed(count))
        rig.sync("hot", code=0)
    sets = sorted(int(path.stem) for path in rig.place.iterdir() if path.suffix == ".set" and path.stem.isdigit())
    assert sets == list(range(rig.number() - 4, rig.number() + 1))
    assert os.readlink(rig.place / "current.set.previous") == f"{rig.number() - 1}.set"


def test_the_public_lists_and_these_do_not_wait_for_each_other(stairgate, feeds, hot):
    public = f'  ads: {{url: "{feeds.url("/ads.txt")}", category: porn, auth: {{ca: {feeds.ca}}}, allow_private: yes}}\n'
    feeds.put("/ads.txt", feed_server.names(100))
    rig = SealedRig(stairgate, feeds.upstream, [hot], public=public)
    rig.sync(code=0)
    rig.start()
    assert rig.blocks(f"{MARK}0.example") and rig.blocked("n0.example")
    feeds.remove("/ads.txt")
    hot.put(listed(101))
    rig.sync("ads", "hot", code=1)
    assert rig.blocks(f"{MARK}100.example")
    gone(hot)
    feeds.put("/ads.txt", feed_server.names(101))
    rig.sync("ads", "hot", code=1)
    assert rig.blocked("n100.example") and rig.blocks(f"{MARK}0.example")


SET_OCTETS = 64 + 32  # of a sealed set without entries (docs/sealed-set.md)
KILLS = int(os.environ.get("STAIRGATE_KILLS", 8))


def test_kill_9_at_random_instants_leaves_the_old_or_the_new_set(rig, hot):
    dice, count = random.Random(7), 100
    begun = time.monotonic()
    rig.sync("hot", "--force", code=0)
    longest = time.monotonic() - begun
    for _ in range(KILLS):
        count += 1
        hot.put(listed(count))
        before = rig.current()
        one = sync_process(rig, "hot")
        try:
            one.wait(dice.uniform(0, longest * 1.1))
        except subprocess.TimeoutExpired:
            one.kill()
        one.communicate()
        subprocess.run([BIN / "stairgate", "set", "info", rig.place / "current.set"], check=True, capture_output=True, timeout=60)
        assert rig.current() == before or len(rig.current()) == SET_OCTETS + 18 * (count + 1)
        assert rig.leaks() == []
    rig.sync("hot", code=0)
    assert rig.blocks(f"{MARK}{count - 1}.example")
    assert [path.name for path in rig.place.iterdir() if path.name.startswith(".") or path.name.endswith(".new")] == []


def memory_holds(pid, octets):
    """Where OCTETS stand in the memory of process PID."""
    found = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            ends, rights, *_ = line.split()
            if "r" not in rights or line.rstrip().endswith(("[vvar]", "[vsyscall]", "[vvar_vclock]")):
                continue
            start, end = (int(one, 16) for one in ends.split("-"))
            try:
                memory.seek(start)
                if octets in memory.read(end - start):
                    found.append(line.strip())
            except (OSError, ValueError):
                continue
    return found


def children_of(pid):
    return [int(word) for task in Path(f"/proc/{pid}/task").iterdir() for word in (task / "children").read_text().split()]


@pytest.mark.skipif(is_sanitized(), reason="a sanitizer keeps what was freed, and has no locked memory")
@pytest.mark.skipif(os.geteuid() != 0, reason="the memory of a process that hides is for root to look at")
def test_after_a_list_was_read_no_process_of_the_run_holds_it(stairgate, feeds, hot, tmp_path):
    slow, go = Hotline(feeds, tmp_path / "slow", "slow"), threading.Event()
    slow.put(listed(10, 1000))
    body = feeds.pages[slow.path]
    feeds.at(slow.path, feed_server.waits_for(go, body))
    rig = SealedRig(stairgate, feeds.upstream, [hot, slow])
    one = sync_process(rig)
    try:
        wait_for_request(feeds, slow.path)
        status_text = Path(f"/proc/{one.pid}/status").read_text()
        assert re.search(r"VmSwap:\s+0 kB", status_text)
        for pid in [one.pid, *children_of(one.pid)]:
            assert memory_holds(pid, MARK.encode()) == [], pid
        locked = [area for area in re.split(r"\n(?=[0-9a-f]+-[0-9a-f]+ )", Path(f"/proc/{one.pid}/smaps").read_text())
                  if "memfd:list" in area]
        assert len(locked) == 1 and re.search(r"VmFlags:.* lo\b", locked[0]) and re.search(r"VmFlags:.* dd\b", locked[0])
        assert "\nMax core file size        0                    0" in Path(f"/proc/{one.pid}/limits").read_text()
    finally:
        go.set()
        one.communicate(timeout=60)
    assert one.returncode == 0
    rig.start()
    assert rig.blocks(f"{MARK}0.example") and rig.blocks(f"{MARK}1000.example")


@pytest.mark.skipif(is_sanitized(), reason="a sanitizer does not lock memory")
def test_without_the_right_to_lock_memory_the_list_fails_with_the_cure(rig, hot):
    hot.put(listed(101))
    before = rig.current()
    prefix = ["prlimit", "--memlock=65536", "setpriv", "--bounding-set=-ipc_lock", "--inh-caps=-ipc_lock", "--"]
    _, lines = rig.sync("hot", code=1, prefix=prefix)
    assert "LimitMEMLOCK" in event_of(lines, "failed", "hot") and rig.current() == before


def test_status_tells_size_version_and_deadline_and_no_more(rig, hot):
    text = rig.run("status", code=0)
    row = rig.status_of()
    assert row["entries"] == 100 and row["version"] == hot.version and row["deadline"] > 0
    assert "hot" in text and MARK not in text
