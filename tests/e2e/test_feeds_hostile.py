"""Whatever a publisher does: nothing enforced changes, each case has its own clear message, DNS answers throughout.

C44 (a page, a cut, an empty or shrunk list in place of a list), C43 (what a server says of a packing), and the issue's own list."""
import gzip
import re

import pytest

import feed_server
from feed_rig import FeedRig, Watcher, event_of
from feed_server import LIST_PAGE, names, page, redirect, status

GOOD = names(1000)
FEEDS = """\
  limits: {size: 1MiB, unpacked: 4MiB, time: 60s, slow: 1KiB, slow_time: 6s, entries: 100000}
"""
LIST = """\
  ads: {{url: "{url}", category: porn, auth: {{ca: {ca}}}, allow_private: yes}}
"""

# name, handler(server) or None, kind of the event, words that the message must hold
CASES = [
    ("404", lambda s: status(404), "failed", ["404"]),
    ("429", lambda s: status(429, retry_after=3600), "failed", ["429", "next try in 1h"]),
    ("500", lambda s: status(500), "failed", ["500"]),
    ("403_page", lambda s: status(403, body=LIST_PAGE, media="text/html"), "failed", ["403"]),
    ("slow", lambda s: feed_server.drip(GOOD, octets=2, pause=0.1), "failed", ["octets/s"]),
    ("stalled", lambda s: feed_server.stalled(), "failed", ["octets/s"]),
    ("cut", lambda s: feed_server.cut(GOOD, 4000), "failed", []),
    ("cut_chunked", lambda s: feed_server.cut_chunked(GOOD, 4000), "failed", []),
    ("reset", lambda s: feed_server.reset(), "failed", []),
    ("no_http", lambda s: feed_server.garbage(), "failed", []),
    ("page", lambda s: page(LIST_PAGE, media="text/html"), "failed", ["page"]),
    ("page_as_text", lambda s: page(LIST_PAGE, media="text/plain"), "failed", ["page"]),
    ("wrong_type", lambda s: page(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, media="image/png"), "failed", []),
    ("redirect_to_file", lambda s: redirect("file:///etc/passwd"), "failed", ["file"]),
    ("redirect_to_http", lambda s: redirect(s.url("/plain.txt", scheme="http")), "failed", ["http"]),
    ("redirect_in_a_loop", lambda s: redirect(s.url("/ads.txt")), "failed", ["redirect"]),
    ("zip_bomb", lambda s: feed_server.zip_bomb(256), "failed", []),
    ("endless", lambda s: feed_server.endless_body(), "failed", []),
    ("endless_line", lambda s: feed_server.endless_line(), "failed", []),
    ("one_long_line", lambda s: page(b"x" * 900_000), "failed", []),
    ("no_octets", lambda s: page(b""), "failed", []),
    ("header_only", lambda s: feed_server.header_only(), "failed", []),
    ("cut_gzip", lambda s: page(gzip.compress(GOOD)[:-20], media="application/gzip"), "failed", []),
    ("half", lambda s: page(names(500)), "held", ["shrank from 1000 entries to 500", "lists accept ads"]),
    ("tenfold", lambda s: page(names(10000)), "held", ["grew from 1000 entries to 10000", "lists accept ads"]),
]


@pytest.fixture
def rig(stairgate, feeds):
    feeds.put("/ads.txt", GOOD)
    one = FeedRig(stairgate, feeds.upstream, LIST.format(url=feeds.url("/ads.txt"), ca=feeds.ca), FEEDS)
    one.sync(code=0)
    one.start()
    return one


def test_whatever_comes_nothing_enforced_changes(rig, feeds):
    before, messages, unclear = rig.current(), {}, []
    with Watcher(rig.one.port, ["n0.example", "n500.example", "n999.example"], "free.test") as watcher:
        for name, make, kind, words in CASES:
            feeds.at("/ads.txt", make(feeds))
            _, lines = rig.sync("ads", code=1)
            text = event_of(lines, kind, "ads") or f"no event of kind {kind} in {lines}"
            if not all(word in text for word in [*words, "; "]):
                unclear.append((name, text))
            messages[name] = re.sub("; next try.*", "", text)
            assert rig.current() == before, name
            assert rig.leavings() == [], name
            feeds.put("/ads.txt", GOOD)
            _, lines = rig.sync("ads", code=0)
            assert rig.current() == before, name
    print(*messages.items(), sep="\n")
    assert unclear == []
    assert watcher.asked > 100 and watcher.wrong == []
    assert rig.generation() == "sets/1.set"
    # a message that two faults share is clear for one of them at most; these say the same by right
    alike = [{"slow", "stalled"}, {"page", "page_as_text"}, {"endless", "endless_line"}]
    for a in messages:
        for b in messages:
            assert a == b or messages[a] != messages[b] or {a, b} in alike, (a, b, messages[a])


def test_certificates_and_names(rig, feeds):
    before = rig.current()
    for host, words in (("expired.test", "certificate"), ("wrong.test", "certificate"), ("stranger.test", "certificate"),
                        ("nobody.test", "nobody.test")):
        feeds.put("/ads.txt", names(900))
        rig.write(LIST.format(url=feeds.url("/ads.txt", host=host), ca=feeds.ca), FEEDS)
        _, lines = rig.sync("ads", code=1)
        text = event_of(lines, "failed", "ads")
        assert text and words in text, (host, text)
        assert rig.current() == before, host


def test_an_inner_address_is_refused_without_leave(rig, feeds):
    before = rig.current()
    feeds.put("/ads.txt", names(900))
    rig.write(LIST.format(url=feeds.url("/ads.txt"), ca=feeds.ca).replace("allow_private: yes", "allow_private: no"), FEEDS)
    _, lines = rig.sync("ads", code=1)
    assert "127.0.0.1" in event_of(lines, "failed", "ads")
    assert rig.current() == before


def test_a_bad_signature_is_a_failure(rig, feeds, tmp_path):
    signer = feed_server.Signer(tmp_path)
    before = rig.current()
    text = names(900)
    feeds.put("/ads.txt", text)
    feeds.put("/ads.txt.minisig", signer.sign(names(899)))
    rig.write(LIST.format(url=feeds.url("/ads.txt"), ca=feeds.ca).replace(
        "category: porn", f"category: porn, signature: {{type: minisign, key: {signer.public_key}}}"), FEEDS)
    _, lines = rig.sync("ads", code=1)
    assert "signature" in event_of(lines, "failed", "ads")
    assert rig.current() == before
    feeds.put("/ads.txt.minisig", signer.sign(text))
    rig.sync("ads", code=0)
    assert rig.current() != before


def test_a_good_list_that_is_called_a_page_is_taken(rig, feeds):
    """C44 (4): content decides."""
    feeds.put("/ads.txt", names(1001), media="text/html")
    rig.sync("ads", code=0)
    assert rig.generation() == "sets/2.set"
    assert rig.blocked("n1000.example")


def test_what_is_held_goes_live_by_hand_or_by_time(rig, feeds):
    """C44 (10), (11)."""
    feeds.put("/ads.txt", names(300))
    rig.sync("ads", code=1)
    rig.sync("ads", code=1)  # still the same, and the hold is not over
    assert rig.generation() == "sets/1.set"
    rig.write(LIST.format(url=feeds.url("/ads.txt"), ca=feeds.ca), FEEDS + "  hold: 0s\n")
    _, lines = rig.sync("ads", code=0)
    assert "the same octets still came" in event_of(lines, "accepted", "ads")
    assert rig.generation() == "sets/2.set"
    assert rig.blocked("n299.example") and not rig.blocked("n300.example")
    assert rig.leavings() == []


def test_retry_after_is_obeyed(rig, feeds):
    """C44 (12): not before an hour."""
    feeds.at("/ads.txt", status(429, retry_after=3600))
    rig.sync("ads", code=1)
    seen = len(feeds.requests_for("/ads.txt"))
    feeds.put("/ads.txt", names(1001))
    _, lines = rig.sync(code=0)
    assert lines[-1]["due"] == 0
    assert len(feeds.requests_for("/ads.txt")) == seen
