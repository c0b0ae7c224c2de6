"""`stairgate lists sync` from the config to what the daemon answers: cases C38, C39, C41 of docs/cases.md, and what a run is."""
import hashlib
import json
import os
import signal
import subprocess
import threading
import time

import pytest

import feed_server
from feed_rig import FeedRig, Watcher, event_of
from feed_server import names
from harness import wait_for

LIST = """\
  ads: {{url: "{url}", category: porn, auth: {{ca: {ca}}}, allow_private: yes}}
"""


@pytest.fixture
def rig(stairgate, feeds):
    """One list over HTTPS, in force."""
    feeds.put("/ads.txt", names(1000))
    one = FeedRig(stairgate, feeds.upstream, LIST.format(url=feeds.url("/ads.txt"), ca=feeds.ca))
    one.sync(code=0)
    one.start()
    return one


@pytest.fixture
def local(stairgate, upstream, tmp_path):
    """Two lists from files, in force."""
    (tmp_path / "a.txt").write_bytes(names(1000))
    (tmp_path / "b.txt").write_bytes(names(1000, label="m"))
    one = FeedRig(stairgate, upstream, f'  a: {{url: "file://{tmp_path}/a.txt", category: porn}}\n'
                                       f'  b: {{url: "file://{tmp_path}/b.txt", category: gambling}}\n')
    one.a, one.b = tmp_path / "a.txt", tmp_path / "b.txt"
    one.sync(code=0)
    one.start()
    return one


def test_a_run_brings_lists_into_force_and_the_daemon_takes_them(rig, feeds):
    assert rig.blocked("n0.example") and not rig.blocked("n1000.example")
    feeds.put("/ads.txt", names(1001))
    _, lines = rig.sync("ads", code=0)
    assert event_of(lines, "published").startswith("generation 2, 1001 names: ads")
    assert rig.blocked("n1000.example")


def test_a_run_with_nothing_due_asks_nobody(rig, feeds):
    seen, before = len(feeds.requests), rig.current()
    _, lines = rig.sync(code=0)
    assert len(lines) == 1 and lines[0]["due"] == 0
    assert len(feeds.requests) == seen and rig.current() == before


def test_an_unchanged_list_costs_a_question_and_no_set(rig, feeds):
    set_file = (rig.lists / "current.set").stat()
    _, lines = rig.sync("ads", code=0)
    assert event_of(lines, "unchanged", "ads")
    assert "if-none-match" in feeds.requests_for("/ads.txt")[-1].headers
    assert (rig.lists / "current.set").stat() == set_file


def test_force_fetches_without_conditions(rig, feeds):
    _, lines = rig.sync("--force", code=0)
    assert "if-none-match" not in feeds.requests_for("/ads.txt")[-1].headers
    assert "1000 entries (+0)" in event_of(lines, "read", "ads")
    assert rig.generation() == "sets/1.set"


def test_a_dry_run_keeps_nothing(local):
    local.a.write_bytes(names(1100))
    before = local.current()
    _, lines = local.sync("--force", "--dry-run", code=0)
    assert "1100 entries (+100)" in event_of(lines, "read", "a")
    assert lines[-1]["names"] == 2100 and lines[-1]["generation"] == 0
    assert local.current() == before and local.leavings() == []
    assert len(list((local.lists / "segments").iterdir())) == 2
    _, lines = local.sync("a", code=0)
    assert lines[-1]["generation"] == 2


def test_one_changed_list_is_the_only_one_read(local):
    segment = next((local.lists / "segments").glob("b.*"))
    before = segment.stat()
    local.a.write_bytes(names(1001))
    _, lines = local.sync("a", "b", code=0)
    assert event_of(lines, "read", "a") and not event_of(lines, "read", "b")
    assert segment.stat() == before
    assert local.blocked("n1000.example") and local.blocked("m0.example")


def test_a_list_taken_out_of_the_config_leaves_the_set(local):
    local.write(f'  a: {{url: "file://{local.a}", category: porn}}\n')
    _, lines = local.sync(code=0)
    assert "no longer in the configuration" in event_of(lines, "dropped", "b")
    assert local.generation() == "sets/2.set"
    assert local.blocked("n0.example") and not local.blocked("m0.example")


def test_another_category_is_in_force_at_once(local):
    local.write(f'  a: {{url: "file://{local.a}", category: malware}}\n  b: {{url: "file://{local.b}", category: gambling}}\n')
    _, lines = local.sync(code=0)
    assert lines[-1]["due"] == 1 and event_of(lines, "read", "a")
    assert local.generation() == "sets/2.set"


def test_a_set_that_breaks_expectations_is_refused_and_its_list_held(local, tmp_path):
    (tmp_path / "expect.yaml").write_text("- {name: free.example, profile: child, expect: allowed}\n")
    local.write(f'  a: {{url: "file://{local.a}", category: porn}}\n  b: {{url: "file://{local.b}", category: gambling}}\n',
                f"  expect: {tmp_path}/expect.yaml\n")
    before = local.current()
    local.a.write_bytes(names(1000) + b"free.example\n")
    local.b.write_bytes(names(1001, label="m"))
    _, lines = local.sync("a", "b", code=1)
    assert "free.example" in event_of(lines, "refused")
    assert event_of(lines, "held", "a") and event_of(lines, "held", "b")
    assert local.current() == before and not local.blocked("free.example")
    # the innocent one comes by itself; the other one is refused again
    local.a.write_bytes(names(1002))
    local.sync("a", code=0)
    assert local.blocked("n1001.example")


def test_a_pin_or_a_protected_name_holds_a_list(local, tmp_path):
    (tmp_path / "protect.txt").write_text("www.school.example\n")
    local.write(f'  a: {{url: "file://{local.a}", category: porn}}\n  b: {{url: "file://{local.b}", category: gambling}}\n',
                f"  protect: [{tmp_path}/protect.txt]\n")
    local.a.write_bytes(names(1000) + b"school.example\n")
    _, lines = local.sync("a", code=1)
    text = event_of(lines, "held", "a")
    assert "line 1001 lists 'www.school.example'" in text and "lists accept a" in text
    local.b.write_bytes(b"childline.org.uk\n" + names(1000, label="m"))
    _, lines = local.sync("b", code=1)
    assert "line 1 lists 'childline.org.uk', which is pinned: help is never blocked anyway" in event_of(lines, "held", "b")


def test_failures_pause_longer_and_longer(rig, feeds):
    feeds.remove("/ads.txt")
    pauses = []
    for _ in range(4):
        _, lines = rig.sync("ads", code=1)
        pauses.append(event_of(lines, "failed", "ads").rpartition("next try in ")[2])
    minutes = [int(pause.partition("m")[0].replace("h", "")) if "m" in pause else 0 for pause in pauses]
    assert 4 <= minutes[0] <= 5 and 8 <= minutes[1] <= 10 and 16 <= minutes[2] <= 20 and 32 <= minutes[3] <= 40, pauses
    seen = len(feeds.requests_for("/ads.txt"))
    rig.sync(code=0)  # by the timer: not due
    assert len(feeds.requests_for("/ads.txt")) == seen


def test_whoever_was_named_is_told_once(local, tmp_path):
    script = tmp_path / "tell"
    script.write_text(f'#!/bin/sh\necho "$STAIRGATE_EVENT $STAIRGATE_LIST $STAIRGATE_TEXT" >> {tmp_path}/told\ncat >> {tmp_path}/json\n')
    script.chmod(0o755)
    lists = f'  a: {{url: "file://{local.a}", category: porn}}\n  b: {{url: "file://{local.b}", category: gambling}}\n'
    local.write(lists, f"  notify: {{command: {script}}}\n")
    local.a.unlink()
    local.sync("a", code=1)
    local.sync("a", code=1)  # the second failure in a row is no news
    told = (tmp_path / "told").read_text().splitlines()
    assert len(told) == 1 and told[0].startswith("failed a ")
    local.b.write_bytes(names(10, label="m"))
    local.sync("b", code=1)
    assert (tmp_path / "told").read_text().splitlines()[1].startswith("held b b: shrank from 1000")
    assert [json.loads(line)["event"] for line in (tmp_path / "json").read_text().splitlines()] == ["failed", "held"]


def test_a_command_that_fails_or_is_missing_fails_nothing(local, tmp_path):
    lists = f'  a: {{url: "file://{local.a}", category: porn}}\n  b: {{url: "file://{local.b}", category: gambling}}\n'
    local.write(lists, "  notify: {command: /bin/false}\n")
    local.a.unlink()
    _, lines = local.sync("a", "b", code=1)
    assert any(line["event"] == "failed" and "feeds.notify_command failed" in line["text"] for line in lines)
    assert lines[-1]["failed"] == 1


def test_a_webhook_gets_json(local, feeds, tmp_path):
    got = []

    def take(request, client):
        got.append((request.method, request.headers.get("content-type")))
        client.head(204)
    feeds.at("/hook", take)
    lists = f'  a: {{url: "file://{local.a}", category: porn}}\n  b: {{url: "file://{local.b}", category: gambling}}\n'
    url = f"http://127.0.0.1:{feeds.plain_port}/hook"
    local.write(lists, f"  notify: {{url: '{url}'}}\n")
    local.a.unlink()
    local.sync("a", code=1)
    assert got == [("POST", "application/json")]


def test_another_run_is_told_that_one_is_going(rig, feeds):
    event = threading.Event()
    feeds.at("/ads.txt", feed_server.waits_for(event, feed_server.page(names(1001))))
    first = subprocess.Popen(rig.command("sync", "ads"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: len(feeds.requests_for("/ads.txt")) > 1, "the first run to ask")
        rig.sync("ads", code=6)
        assert str(first.pid) in rig.stderr
    finally:
        event.set()
        assert first.wait(60) == 0
    assert rig.generation() == "sets/2.set"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_and_its_children(rig, feeds, number):
    feeds.at("/ads.txt", feed_server.stalled())
    one = subprocess.Popen(["env", "--default-signal=INT", *rig.command("sync", "ads")], stdout=subprocess.DEVNULL,
                           stderr=subprocess.PIPE, text=True)
    wait_for(lambda: len(feeds.requests_for("/ads.txt")) > 1, "the run to ask")
    children = [int(pid) for pid in open(f"/proc/{one.pid}/task/{one.pid}/children").read().split()]
    assert children
    one.send_signal(number)
    _, told = one.communicate(timeout=60)
    assert one.returncode == -number and "the last good lists are in force" in told
    for child in children:
        wait_for(lambda: not os.path.exists(f"/proc/{child}") or " Z " in open(f"/proc/{child}/stat").read(), "a child to end")
    feeds.put("/ads.txt", names(1001))
    rig.sync("ads", code=0)
    assert rig.blocked("n1000.example") and rig.leavings() == []


def test_a_server_that_was_not_told_is_told_by_the_next_run(local):
    socket = local.folder / "control.sock"
    hidden = local.folder / "hidden.sock"
    socket.rename(hidden)
    local.a.write_bytes(names(1001))
    local.sync("a", code=0)
    assert not local.blocked("n1000.example")
    hidden.rename(socket)
    local.sync(code=0)
    assert local.blocked("n1000.example")


def test_a_damaged_database_is_made_again(local):
    before = local.current()
    (local.lists / "feeds.db").write_bytes(b"no database at all" * 500)
    with Watcher(local.one.port, ["n0.example", "m999.example"], "free.test") as watcher:
        local.sync(code=0)
    assert watcher.wrong == []
    assert local.current() == before
    local.a.write_bytes(names(1001))
    local.sync("a", code=0)
    assert local.blocked("n1000.example") and local.blocked("m0.example")


def test_c38_a_local_list_rewritten_in_place(local):
    with Watcher(local.one.port, ["n500.example"]) as watcher:
        local.a.write_bytes(b"")
        local.sync("a", code=1)
        local.a.write_bytes(names(400))  # half-way
        _, lines = local.sync("a", code=1)
        assert event_of(lines, "held", "a")
        local.a.unlink()
        _, lines = local.sync("a", code=1)
        assert "missing; the last good list stays" in event_of(lines, "failed", "a")
        local.a.write_bytes(names(1000))
        local.sync("a", code=0)
        new = local.a.with_suffix(".new")
        new.write_bytes(names(1001))
        new.rename(local.a)
        local.sync("a", code=0)
    assert watcher.wrong == [] and watcher.asked > 10
    assert local.blocked("n1000.example")


def test_c39_what_a_304_says_is_checked(rig, feeds):
    body, other = names(1000), names(1001)
    tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    # (1) the 304 names another tag: fetched once without conditions
    asked = []

    def lie(request, client):
        asked.append(request.headers.get("if-none-match"))
        if "if-none-match" in request.headers:
            return client.head(304, {"ETag": '"b2"'})
        return feed_server.page(other, etag='"b2"')(request, client)
    feeds.at("/ads.txt", lie)
    _, lines = rig.sync("ads", code=0)
    assert asked == [tag, None] and rig.blocked("n1000.example")
    # (2), (3) unchanged
    for etag in (None, 'W/"b2"'):
        feeds.at("/ads.txt", feed_server.not_modified(etag=etag))
        _, lines = rig.sync("ads", code=0)
        assert event_of(lines, "unchanged", "ads")
    # (4) a 304 that nobody asked for
    _, lines = rig.sync("ads", "--force", code=1)
    assert "304" in event_of(lines, "failed", "ads")
    # (5) the same tag and another body: the body decides
    feeds.put("/ads.txt", names(1002), etag='"b2"', conditions=False)
    rig.sync("ads", code=0)
    assert rig.blocked("n1001.example")
    # (6) no validators, the same body
    generation = rig.generation()
    feeds.put("/ads.txt", names(1002), etag=None, modified=None)
    _, lines = rig.sync("ads", code=0)
    assert event_of(lines, "unchanged", "ads") == "the same octets as last time" and rig.generation() == generation
    # (7) from the future
    feeds.put("/ads.txt", names(1003), etag=None, modified=feed_server.http_date(time.time() + 1e6))
    rig.sync("ads", code=0)
    assert rig.blocked("n1002.example")


def test_c41_a_boot_without_a_network_keeps_the_filter(stairgate, feeds):
    feeds.put("/ads.txt", names(1000))
    one = FeedRig(stairgate, feeds.upstream, LIST.format(url=feeds.url("/ads.txt"), ca=feeds.ca))
    one.sync(code=0)
    address = feeds.dns.answers.pop(("lists.test", "A"))
    feeds.dns.answers[("lists.test", "A")] = lambda query: None  # silence
    feeds.dns.answers[("lists.test", "AAAA")] = lambda query: None
    one.start()
    assert one.blocked("n0.example")
    feeds.put("/ads.txt", names(1001))
    _, lines = one.sync("ads", code=1)
    assert "lists.test" in event_of(lines, "failed", "ads") and one.blocked("n0.example")
    feeds.dns.answers[("lists.test", "A")] = address
    feeds.dns.set("lists.test", "AAAA")
    one.sync("ads", code=0)
    assert one.blocked("n1000.example")
