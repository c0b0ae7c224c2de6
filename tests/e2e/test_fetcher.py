"""What the fetcher makes of publishers, honest and hostile (blocklist/feed/fetcher.h, by tests/bench/fetch_probe.c).

Each hostile answer must fail its own list, with a message that names what and the cure, and leave nothing at its place.
"""
import gzip
import hashlib
import json
import os
import signal
import subprocess
import threading
import time

import feed_server
import harness
import pytest
from feed_server import names

BODY = names(1000)
FEEDS = {"slow_s": 2, "slow_octets_s": 100, "time_most_s": 30, "size_most": 4 << 20}


class Fetch:
    """Runs the probe with what the server is."""

    def __init__(self, server, folder):
        self.server, self.folder = server, folder
        self.end = None

    def into(self, number=0):
        return self.folder / f"list{number}"

    def order(self, lists, feeds=None, upstreams=None, **more):
        for number, one in enumerate(lists):
            one.setdefault("into", str(self.into(number)))
            one.setdefault("ca", str(self.server.ca))
            one.setdefault("allow_private", True)
            for key, value in one.items():
                one[key] = str(value) if hasattr(value, "joinpath") else value
        return json.dumps({"upstreams": upstreams or [self.server.upstream], "feeds": {**FEEDS, **(feeds or {})}, "lists": lists, **more})

    def run(self, lists, env=None, prefix=(), **more):
        """Results by request; self.end is the last line, self.errors what was said besides."""
        done = subprocess.run([*prefix, harness.BIN / "fetch_probe"], input=self.order(lists, **more), capture_output=True, text=True,
                              timeout=120, env={**os.environ, **(env or {})})
        assert done.returncode == 0, done.stderr
        assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.errors, self.end = done.stderr, lines[-1]
        assert self.end["loop_closed"]
        return {line["request"]: line for line in lines if "request" in line}

    def one(self, path, host="lists.test", scheme="https", feeds=None, upstreams=None, env=None, **options):
        return self.run([{"url": self.server.url(path, host, scheme), **options}], feeds=feeds, upstreams=upstreams, env=env)[0]

    def fails(self, path, *words, **options):
        """PATH must fail with all WORDS in its message, and leave nothing in its place."""
        result = self.one(path, **options)
        assert result["outcome"] == "failed", result
        for word in words:
            assert word in result["fault"], result["fault"]
        assert len(result["fault"]) < 399 and "\n" not in result["fault"]
        assert not self.into().exists()
        return result


@pytest.fixture
def fetch(feeds, tmp_path):
    folder = tmp_path / "incoming"
    folder.mkdir()
    return Fetch(feeds, folder)


def blake(octets):
    return hashlib.blake2b(octets, digest_size=32).hexdigest()


# ---- what is right

def test_a_list_comes_with_its_validators(feeds, fetch):
    feeds.put("/a.txt", BODY, etag='"a1"')
    got = fetch.one("/a.txt")
    assert (got["outcome"], got["status"], got["octets"], got["etag"]) == ("new", 200, len(BODY), '"a1"')
    assert got["body"] == blake(BODY) and fetch.into().read_bytes() == BODY
    assert got["media_type"].startswith("text/plain") and got["final_url"] == feeds.url("/a.txt")
    assert got["progress"] >= 1 and got["got"] == got["of"] == len(BODY)
    assert sorted(path.name for path in fetch.folder.iterdir()) == ["list0"]
    assert feeds.requests[0].headers["accept-encoding"] == "zstd, gzip"


def test_unchanged_costs_no_body(feeds, fetch):
    feeds.put("/a.txt", BODY, etag='"a1"')
    got = fetch.one("/a.txt", etag='"a1"', modified=feed_server.http_date(1_700_000_000))
    assert (got["outcome"], got["status"], got["octets"], got["etag"]) == ("unchanged", 304, 0, '"a1"')
    assert not fetch.into().exists()


def test_many_lists_in_turns(feeds, fetch):
    lists = []
    for number in range(30):
        feeds.put(f"/{number}", names(200, label=f"l{number}-"))
        lists.append({"url": feeds.url(f"/{number}", host=("lists.test", "mirror.test")[number % 2])})
    lists.append({"url": feeds.url("/nowhere")})
    got = fetch.run(lists, feeds={"parallel": 5, "parallel_per_host": 2})
    assert [got[number]["outcome"] for number in range(31)] == ["new"] * 30 + ["failed"]
    assert all(fetch.into(number).read_bytes() == names(200, label=f"l{number}-") for number in range(30))


def test_limits_in_all_and_of_one_host(feeds, fetch):
    together, most = [0, 0], [0, 0]
    lock = threading.Lock()
    inner = feed_server.page(BODY)

    def handle(request, client):
        which = 0 if request.host.startswith("lists") else 1
        with lock:
            together[which] += 1
            most[which] = max(most[which], together[which])
            most[1] = max(most[1], sum(together)) if which else most[1]
        client.wait(0.1)
        with lock:
            together[which] -= 1
        return inner(request, client)
    for number in range(12):
        feeds.at(f"/{number}", handle)
    got = fetch.run([{"url": feeds.url(f"/{number}", host=("lists.test", "mirror.test")[number % 2])} for number in range(12)],
                    feeds={"parallel": 3, "parallel_per_host": 2})
    assert {one["outcome"] for one in got.values()} == {"new"}
    assert most[0] <= 2 and most[1] <= 3


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_codings_are_kept_as_they_come(feeds, fetch, coding):
    packed = gzip.compress(BODY, mtime=0) if coding == "gzip" else feed_server.zstd(BODY)
    if packed is None:
        pytest.skip("zstd, the tool, is not installed")
    feeds.put("/a.txt", packed, headers={"Content-Encoding": coding}, chunked=True)
    assert fetch.one("/a.txt")["outcome"] == "new" and fetch.into().read_bytes() == packed


def test_packed_files_are_asked_for_as_they_are(feeds, fetch):
    feeds.put("/a.tar.gz", gzip.compress(BODY, mtime=0), media="application/gzip")
    assert fetch.one("/a.tar.gz")["outcome"] == "new"
    assert feeds.requests[0].headers["accept-encoding"] == "identity"


def test_a_coding_that_nobody_asked_for(feeds, fetch):
    feeds.put("/a.txt", BODY, headers={"Content-Encoding": "br"})
    fetch.fails("/a.txt", "packed as 'br'")


def test_a_body_that_ends_with_its_connection(feeds, fetch):
    feeds.put("/a.txt", BODY, until_close=True)
    assert fetch.one("/a.txt")["outcome"] == "new" and fetch.into().read_bytes() == BODY


# ---- C39: validators are a saving, content is the truth

def test_c39_1_a_304_that_contradicts_itself_is_fetched_again(feeds, fetch):
    feeds.sequence("/a", feed_server.not_modified('"b2"'), feed_server.page(b"b.example\n", etag='"b2"'))
    got = fetch.one("/a", etag='"a1"')
    assert (got["outcome"], got["stale_validator"], got["etag"]) == ("new", True, '"b2"')
    assert "if-none-match" not in feeds.requests[1].headers and fetch.into().read_bytes() == b"b.example\n"


@pytest.mark.parametrize("etag", [None, 'W/"a1"', '"a1"'])
def test_c39_2_3_a_304_without_or_with_a_weak_tag_is_unchanged(feeds, fetch, etag):
    feeds.at("/a", feed_server.not_modified(etag))
    got = fetch.one("/a", etag='"a1"')
    assert (got["outcome"], got["stale_validator"]) == ("unchanged", False)


def test_c39_4_a_304_that_nobody_asked_for_is_a_failure(feeds, fetch):
    feeds.at("/a", feed_server.not_modified('"a1"'))
    fetch.fails("/a", "304", "without conditions", "last good list stays")
    feeds.at("/a", feed_server.not_modified('"b2"'))  # a contradiction, and again when asked without
    fetch.fails("/a", "304", "without conditions", etag='"a1"')


def test_c39_5_to_7_a_200_is_taken(feeds, fetch):
    feeds.put("/a", BODY, etag='"a1"', conditions=False)
    assert fetch.one("/a", etag='"a1"')["outcome"] == "new"
    feeds.put("/a", BODY, etag=None, modified=None)
    got = fetch.one("/a", etag='"a1"')
    assert (got["outcome"], got["etag"], got["modified"]) == ("new", "", "")
    later = feed_server.http_date(4_000_000_000)
    feeds.put("/a", BODY, etag=None, modified=later)
    got = fetch.one("/a")
    assert (got["outcome"], got["modified"]) == ("new", later)


def test_a_newer_date_in_a_304_contradicts_too(feeds, fetch):
    feeds.sequence("/a", feed_server.not_modified(modified=feed_server.http_date(1_700_009_999)), feed_server.page(BODY))
    got = fetch.one("/a", modified=feed_server.http_date(1_700_000_000))
    assert (got["outcome"], got["stale_validator"]) == ("new", True)


# ---- what publishers say

@pytest.mark.parametrize("code, words", [(401, "password"), (403, "refuses"), (404, "nothing is there"), (410, "gone"), (500, "fault"),
                                         (503, "busy"), (418, "address"), (204, "without a list")])
def test_each_status_has_its_message(feeds, fetch, code, words):
    feeds.at("/a", feed_server.status(code))
    got = fetch.fails("/a", f"status {code}", words, feeds.url("/a"))
    assert got["status"] == code and got["retry_after_s"] == 0


def test_retry_after_in_seconds_as_a_date_and_for_ever(feeds, fetch):
    for value, low, high in (("120", 120, 120), (feed_server.http_date(time.time() + 500), 400, 500), ("99999999", 86400, 86400),
                             (feed_server.http_date(1_000_000_000), 0, 0), ("soon", 0, 0), ("-5", 0, 0)):
        feeds.at("/a", feed_server.status(429, retry_after=value))
        got = fetch.fails("/a", "status 429", "every")
        assert low <= got["retry_after_s"] <= high, value


def test_empty_is_a_failure(feeds, fetch):
    feeds.put("/a", b"")
    fetch.fails("/a", "empty", "last good list stays")


@pytest.mark.parametrize("media", ["image/png", "application/pdf", "video/mp4", "multipart/byteranges"])
def test_a_picture_is_no_list(feeds, fetch, media):
    feeds.put("/a", BODY, media=media)
    fetch.fails("/a", media, "no list")


@pytest.mark.parametrize("media", ["text/html", "application/octet-stream", "application/json", None])
def test_c44_4_content_decides_where_the_type_may_be_a_list(feeds, fetch, media):
    feeds.put("/a", BODY, media=media)
    assert fetch.one("/a")["outcome"] == "new"


# ---- what breaks

@pytest.mark.parametrize("handler, words", [
    (feed_server.cut(BODY, 4000), "cut off"),
    (feed_server.cut_chunked(BODY, 4000), "cut off"),
    (feed_server.reset(BODY[:4000]), "broke"),
    (feed_server.reset(), "broke"),
    (feed_server.garbage(), "HTTP"),
    (feed_server.stalled(), "stalled"),
    (feed_server.silent(), "stalled"),
    (feed_server.drip(BODY, octets=1, pause=0.2), "stalled"),
    (feed_server.endless_body(), "larger than"),
    (feed_server.endless_line(), "larger than"),
    (feed_server.endless_chunks(), "larger than"),
    (feed_server.headers_without_end(), "header"),
    (feed_server.page(BODY, headers={"X-Long": "y" * 150_000}), "header"),
], ids=["cut", "cut-chunks", "reset", "reset-at-once", "garbage", "stalled", "silent", "drip", "endless-body", "endless-line",
        "endless-chunks", "header-without-end", "header-line"])
def test_each_way_to_break_has_its_message(feeds, fetch, handler, words):
    feeds.at("/a", handler)
    got = fetch.fails("/a", words, "lists.test")
    assert not list(fetch.folder.glob("*.part")), got


def test_an_announced_length_over_the_limit_is_refused_at_once(feeds, fetch):
    feeds.at("/a", feed_server.endless_body(length=1 << 40))
    got = fetch.fails("/a", "announces 1099511627776 octets")
    assert got["octets"] == 0


def test_the_whole_has_a_time(feeds, fetch):
    feeds.at("/a", feed_server.drip(BODY, octets=200, pause=0.3))
    began = time.monotonic()
    fetch.fails("/a", "longer than 2 s", feeds={"time_most_s": 2})
    assert time.monotonic() - began < 30


def test_nobody_listens(feeds, fetch):
    port = harness.free_port()
    got = fetch.run([{"url": f"https://lists.test:{port}/a"}])[0]
    assert got["outcome"] == "failed" and "cannot connect" in got["fault"]


def test_one_bad_list_does_not_hold_up_others(feeds, fetch):
    feeds.at("/stalled", feed_server.stalled())
    feeds.at("/endless", feed_server.endless_body())
    feeds.put("/good", BODY)
    got = fetch.run([{"url": feeds.url(path)} for path in ("/stalled", "/endless", "/good", "/gone")])
    assert [got[number]["outcome"] for number in range(4)] == ["failed", "failed", "new", "failed"]


# ---- redirects

def test_redirects_are_followed_and_named(feeds, fetch):
    feeds.at("/a", feed_server.redirect("/b?key=secret", 301))
    feeds.at("/b?key=secret", feed_server.redirect(feeds.url("/c?token=secret", host="mirror.test"), 307))
    feeds.put("/c?token=secret", BODY)
    got = fetch.one("/a")
    assert got["outcome"] == "new"
    assert got["final_url"] == feeds.url("/c?...", host="mirror.test") and "secret" not in json.dumps(got)


def test_ten_redirects_are_enough(feeds, fetch):
    for number in range(20):
        feeds.at(f"/{number}", feed_server.redirect(f"/{number + 1}"))
    feeds.put("/20", BODY)
    assert fetch.one("/10")["outcome"] == "new"
    fetch.into().unlink()
    fetch.fails("/0", "more than 10 redirects")
    feeds.at("/loop", feed_server.redirect("/loop"))
    fetch.fails("/loop", "more than 10 redirects")
    assert len(feeds.requests_for("/loop")) == 11


@pytest.mark.parametrize("to, words", [
    ("file:///etc/passwd", "a file of this machine"), ("ftp://lists.test/a", "scheme 'ftp'"), ("gopher://lists.test/", "scheme 'gopher'"),
    ("http://lists.test/a", "from https to http"), ("https://user:word@lists.test/a", "user or password"), ("", "redirect to nowhere"),
    ("https://b\u00fccher.test/", "ASCII"), ("javascript:alert(1)", "javascript"), ("https://lists.test:99999/", "address"),
], ids=range(9))
def test_redirects_that_are_refused(feeds, fetch, to, words):
    feeds.at("/a", feed_server.redirect(to.encode().decode("latin-1")))
    fetch.fails("/a", words)
    assert len(feeds.requests) == 1


def test_c44_6_https_to_http_needs_the_operators_word(feeds, fetch):
    feeds.at("/a", feed_server.redirect(feeds.url("/b", scheme="http")))
    feeds.put("/b", BODY)
    fetch.fails("/a", "from https to http", "allow_http")
    assert fetch.one("/a", allow_http=True)["outcome"] == "new"


def test_http_needs_the_operators_word(feeds, fetch):
    feeds.put("/a", BODY)
    fetch.fails("/a", "http is refused", "allow_http", scheme="http")
    assert not feeds.requests
    assert fetch.one("/a", scheme="http", allow_http=True)["outcome"] == "new"


# ---- addresses inside

@pytest.mark.parametrize("address, kind", [("127.0.0.1", "loopback"), ("10.1.2.3", "private"), ("192.168.1.1", "private"),
                                           ("169.254.169.254", "link-local"), ("100.64.0.1", "carrier"), ("0.0.0.0", "unspecified")])
def test_a_name_that_leads_inside_is_refused(feeds, fetch, address, kind):
    feeds.name("inside.test", address)
    fetch.fails("/a", address, kind, "allow_private", host="inside.test", allow_private=False)
    assert feeds.connections == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "2130706433", "0x7f.1", "127.1", "0177.0.0.1",
                                  "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "localhost", "[::127.0.0.1]"])
def test_no_spelling_of_an_inner_address_gets_past(feeds, fetch, host):
    feeds.put("/a", BODY)
    got = fetch.fails("/a", host=host, allow_private=False)
    assert "allow_private" in got["fault"] or "cannot resolve" in got["fault"], got["fault"]
    assert feeds.connections == 0


def test_of_several_addresses_only_those_outside_are_tried(feeds, fetch):
    feeds.name("mixed.test", "127.0.0.1", "203.0.113.1")
    fetch.fails("/a", host="mixed.test", allow_private=False)
    assert feeds.connections == 0


@pytest.fixture
def from_outside(tmp_path):
    """Runs a test with a server at an address of the internet, and a list that may not reach inside."""
    def run(test):
        def body(address):
            folders = [tmp_path / "server", tmp_path / "incoming"]
            for folder in folders:
                folder.mkdir()
            server = feed_server.FeedServer(folders[0], hosts=(address, "127.0.0.1"))
            try:
                test(server, Fetch(server, folders[1]))
            finally:
                server.stop()
        if not feed_server.outside(body):
            pytest.skip("no network namespace can be made here")
    return run


def test_a_list_from_outside_is_taken(from_outside):
    def test(feeds, fetch):
        feeds.put("/a", BODY)
        assert fetch.one("/a", allow_private=False)["outcome"] == "new"
    from_outside(test)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "inside.test", "0", "[::ffff:127.0.0.1]"])
def test_a_redirect_inside_is_refused(from_outside, host):
    def test(feeds, fetch):
        feeds.name("inside.test", "127.0.0.1")
        feeds.at("/a", feed_server.redirect(feeds.url("/b", host=host)))
        feeds.put("/b", BODY)
        fetch.fails("/a", "allow_private", allow_private=False)
        assert [request.path for request in feeds.requests] == ["/a"]
        assert fetch.one("/a", allow_private=True, ca=feeds.ca)["status"] in (0, 200)
    from_outside(test)


def test_a_name_that_moves_inside_between_two_requests_is_refused(from_outside):
    def test(feeds, fetch):
        def away(request):
            feeds.name("lists.test", "127.0.0.1")
            return "/b"
        feeds.at("/a", feed_server.redirect(away))
        feeds.put("/b", BODY)
        fetch.fails("/a", "127.0.0.1", "loopback", allow_private=False)
        assert not feeds.requests_for("/b")
    from_outside(test)


def test_of_two_addresses_the_one_inside_is_never_tried(from_outside):
    def test(feeds, fetch):
        feeds.put("/a", BODY)
        feeds.name("lists.test", "127.0.0.1", feed_server.OUTSIDE)
        assert fetch.one("/a", allow_private=False)["outcome"] == "new"
        assert [request.address for request in feeds.requests] == [feed_server.OUTSIDE] and feeds.connections == 1
    from_outside(test)


# ---- names

def test_names_are_asked_of_the_upstreams_alone(feeds, fetch):
    feeds.put("/a", BODY)
    assert fetch.one("/a", env={"LOCALDOMAIN": "test", "RES_OPTIONS": "ndots:5", "HOSTALIASES": "/dev/null"})["outcome"] == "new"
    assert {name for name, *_ in feeds.dns.seen} == {"lists.test"}


def test_a_name_that_nobody_has(feeds, fetch):
    fetch.fails("/a", "cannot resolve nobody.test: no such name", feeds.upstream, host="nobody.test")


def test_an_upstream_that_is_silent_ends_in_time(feeds, fetch):
    feeds.dns.answers[("lists.test", "A")] = feeds.dns.answers[("lists.test", "AAAA")] = lambda query: None
    fetch.fails("/a", "cannot resolve lists.test: no upstream answers")


def test_the_second_upstream_helps_out(feeds, fetch):
    feeds.put("/a", BODY)
    silent = harness.Upstream()
    silent.answers[("*", "*")] = lambda query: None
    assert fetch.one("/a", upstreams=[str(silent), feeds.upstream])["outcome"] == "new"
    silent.stop()


def test_an_answer_that_is_cut_short_is_asked_for_by_tcp(feeds, fetch):
    feeds.put("/a", BODY)
    whole = feeds.dns.answers[("lists.test", "A")]
    feeds.dns.answers[("lists.test", "A")] = \
        lambda query: whole(query) if feeds.dns.seen[-1][2] == "tcp" else feed_server.truncated_once(query)
    assert fetch.one("/a")["outcome"] == "new"


def test_no_proxy_of_the_environment_is_used(feeds, fetch):
    feeds.put("/a", BODY)
    proxy = f"http://127.0.0.1:{harness.free_port()}"
    env = {name: proxy for name in ("https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY")}
    assert fetch.one("/a", env=env)["outcome"] == "new"


# ---- TLS

@pytest.mark.parametrize("host, words", [("expired.test", "expired"), ("wrong.test", "another name's"), ("stranger.test", "nobody known signed"),
                                         ("old.test", "TLS 1.2"), ("mutual.test", "asks for a certificate of ours")])
def test_each_fault_of_tls_has_its_message(feeds, fetch, host, words):
    feeds.put("/a", BODY)
    fetch.fails("/a", words, host=host)
    assert not feeds.requests


def test_without_a_ca_of_its_own_the_systems_count(feeds, fetch):
    feeds.put("/a", BODY)
    fetch.fails("/a", "nobody known signed", "`auth.ca`", ca=None)


def test_a_client_certificate_is_shown(feeds, fetch):
    feeds.put("/a", BODY)
    assert fetch.one("/a", host="mutual.test", certificate=feeds.client_certificate, key=feeds.client_key)["outcome"] == "new"
    fetch.into().unlink()
    fetch.fails("/a", "our certificate", host="mutual.test", certificate=feeds.folder / "nothing.pem", key=feeds.client_key)


# ---- secrets

@pytest.fixture
def secret(tmp_path):
    def write(text, mode=0o600):
        path = tmp_path / "secret"
        path.write_text(text)
        path.chmod(mode)
        return path
    return write


def test_a_bearer_token_comes_from_its_file(feeds, fetch, secret):
    feeds.at("/a", feed_server.needs("Authorization", "Bearer t0ken", feed_server.page(BODY)))
    assert fetch.one("/a", bearer_file=secret("t0ken\n"))["outcome"] == "new"
    assert "secret_readable" not in fetch.errors
    assert fetch.one("/a", bearer_file=secret("t0ken\n", 0o644))["outcome"] == "new"
    assert "secret_readable" in fetch.errors and "t0ken" not in fetch.errors


def test_basic_and_headers_from_files(feeds, fetch, secret):
    feeds.put("/a", BODY)
    assert fetch.one("/a", basic_file=secret("user:pass word"), headers=["X-One: 1", f"X-Two: @{secret('user:pass word')}"])["outcome"] == "new"
    sent = feeds.requests[0].headers
    assert (sent["authorization"], sent["x-one"], sent["x-two"]) == ("Basic dXNlcjpwYXNzIHdvcmQ=", "1", "user:pass word")


@pytest.mark.parametrize("text, words", [("one\r\nX-Evil: 1", "line end"), ("", "empty"), ("a\0b", "control")])
def test_a_secret_cannot_add_headers(feeds, fetch, secret, text, words):
    feeds.put("/a", BODY)
    fetch.fails("/a", words, bearer_file=secret(text))
    assert not feeds.requests


def test_a_header_cannot_be_two(feeds, fetch):
    fetch.fails("/a", "line end", headers=["X-One: 1\r\nX-Two: 2"])
    fetch.fails("/a", "no header", headers=["X One: 1"])
    fetch.fails("/a", "cannot open", bearer_file="/nonexistent/token")


def test_secrets_stay_with_the_lists_own_server(feeds, fetch, secret):
    for to in (feeds.url("/b", host="mirror.test"), feeds.url("/b", scheme="http")):
        feeds.at("/a", feed_server.redirect(to))
        feeds.at("/b", feed_server.redirect(feeds.url("/c")))  # and back: not trusted again
        feeds.put("/c", BODY)
        before = len(feeds.requests)
        got = fetch.one("/a", bearer_file=secret("t0ken"), headers=["X-Key: k"], allow_http=True)
        assert got["outcome"] == "new"
        shown = [("authorization" in request.headers, "x-key" in request.headers) for request in feeds.requests[before:]]
        assert shown == [(True, True), (False, False), (False, False)]


def test_secrets_are_not_sent_in_the_clear(feeds, fetch, secret):
    fetch.fails("/a", "not sent by http", scheme="http", allow_http=True, bearer_file=secret("t0ken"))
    assert not feeds.requests


# ---- resuming

LONG = names(40_000)


def cut_then(feeds, path, then, etag='"v1"', at=200_000):
    feeds.sequence(path, feed_server.cut(LONG, at, etag=etag), *then)


def test_a_cut_list_goes_on_where_it_stopped(feeds, fetch):
    cut_then(feeds, "/a", [feed_server.page(LONG, etag='"v1"')])
    fetch.fails("/a", "cut off")
    got = fetch.one("/a", etag='"v0"')
    assert (got["outcome"], got["status"], got["body"]) == ("new", 206, blake(LONG))
    assert got["octets"] < len(LONG) and fetch.into().read_bytes() == LONG
    second = feeds.requests[1].headers
    assert second["if-range"] == '"v1"' and second["range"].startswith("bytes=") and "if-none-match" not in second
    assert sorted(path.name for path in fetch.folder.iterdir()) == ["list0"]


@pytest.mark.parametrize("then", [
    feed_server.page(names(40_000, label="m"), etag='"v2"'),
    feed_server.page(names(40_000, label="m"), etag='"v2"', ranges=False),
], ids=["another", "no-ranges"])
def test_another_version_is_fetched_whole(feeds, fetch, then):
    cut_then(feeds, "/a", [then])
    fetch.fails("/a", "cut off")
    got = fetch.one("/a")
    assert (got["outcome"], got["status"]) == ("new", 200) and fetch.into().read_bytes() == names(40_000, label="m")


@pytest.mark.parametrize("lie", [
    feed_server.partial(b"zzz.example\n", "bytes 5-16/17", etag='"v1"'),
    feed_server.partial(b"zzz.example\n", "bytes */5", etag='"v1"'),
    feed_server.partial(b"zzz.example\n", None, etag='"v1"'),
    feed_server.status(416),
], ids=["elsewhere", "nonsense", "nothing", "416"])
def test_a_part_that_does_not_fit_is_fetched_from_the_start(feeds, fetch, lie):
    cut_then(feeds, "/a", [lie, feed_server.page(LONG, etag='"v1"')])
    fetch.fails("/a", "cut off")
    got = fetch.one("/a")
    assert got["outcome"] == "new" and fetch.into().read_bytes() == LONG
    assert "range" in feeds.requests[1].headers and "range" not in feeds.requests[2].headers


def test_a_part_of_another_tag_is_not_put_behind_ours(feeds, fetch):
    cut_then(feeds, "/a", [lambda request, client: feed_server.partial(
        b"zzz.example\n", f"bytes {request.headers['range'][6:-1]}-{int(request.headers['range'][6:-1]) + 11}/"
        f"{int(request.headers['range'][6:-1]) + 12}", etag='"v2"')(request, client), feed_server.page(LONG, etag='"v1"')])
    fetch.fails("/a", "cut off")
    assert fetch.one("/a")["outcome"] == "new" and fetch.into().read_bytes() == LONG


@pytest.mark.parametrize("etag", ['W/"v1"', None])
def test_without_a_strong_validator_nothing_is_kept(feeds, fetch, etag):
    cut_then(feeds, "/a", [feed_server.page(LONG)], etag=etag)
    fetch.fails("/a", "cut off")
    assert not list(fetch.folder.iterdir()) and fetch.one("/a")["status"] == 200


def test_a_part_without_its_tag_or_changed_is_worth_nothing(feeds, fetch):
    for spoil in ("tag", "length"):
        cut_then(feeds, "/a", [feed_server.page(LONG, etag='"v1"')])
        fetch.fails("/a", "cut off")
        part = fetch.folder / "list0.part"
        if spoil == "tag":
            (fetch.folder / "list0.part.tag").unlink()
        else:
            part.write_bytes(part.read_bytes() + b"x")
        assert fetch.one("/a")["status"] == 200 and fetch.into().read_bytes() == LONG
        fetch.into().unlink()


def test_a_part_that_nobody_asked_for_is_a_failure(feeds, fetch):
    feeds.at("/a", feed_server.partial(BODY, f"bytes 0-{len(BODY) - 1}/{len(BODY)}"))
    fetch.fails("/a", "part of it that nobody asked for")


# ---- signatures

@pytest.fixture(scope="module")
def signer(tmp_path_factory):
    return feed_server.Signer(tmp_path_factory.mktemp("signer"))


def minisign(signer, by_file=False):
    return {"signature": "minisign", "public_key": str(signer.public_file) if by_file else signer.public_key}


@pytest.mark.parametrize("legacy", [False, True], ids=["prehashed", "legacy"])
def test_a_good_signature(feeds, fetch, signer, legacy):
    feeds.put("/a.txt", BODY)
    feeds.put("/a.txt.minisig", signer.sign(BODY, legacy=legacy))
    for by_file in (False, True):
        assert fetch.one("/a.txt", **minisign(signer, by_file))["outcome"] == "new"
    assert fetch.into().read_bytes() == BODY
    assert feeds.requests[0].headers["accept-encoding"] == "identity"


def test_http_with_a_signature_is_fine(feeds, fetch, signer):
    feeds.put("/a.txt", BODY)
    feeds.put("/sig", signer.sign(BODY))
    assert fetch.one("/a.txt", scheme="http", signature_url=feeds.url("/sig"), **minisign(signer))["outcome"] == "new"


@pytest.mark.parametrize("legacy", [False, True], ids=["prehashed", "legacy"])
def test_bad_signatures(feeds, fetch, signer, legacy, tmp_path):
    good = signer.sign(BODY, legacy=legacy)
    other = feed_server.Signer(tmp_path, "other")
    lines = good.split(b"\n")
    cases = {
        "does not fit the list": signer.sign(BODY + b"more.example\n", legacy=legacy),
        "another key": other.sign(BODY, legacy=legacy),
        "trusted comment was changed": b"\n".join([*lines[:2], b"trusted comment: another", *lines[3:]]),
        "not a signature": b"<html>",
        "no trusted comment": b"\n".join(lines[:2]) + b"\n",
        "second line": b"\n".join([lines[0], lines[1][:-4], *lines[2:]]),
        "behind the signature": good + b"more\n",
    }
    feeds.put("/a.txt", BODY)
    for words, text in cases.items():
        feeds.put("/a.txt.minisig", text)
        fetch.fails("/a.txt", words, **minisign(signer))
    feeds.remove("/a.txt.minisig")
    fetch.fails("/a.txt", "404", "/a.txt.minisig", **minisign(signer))
    fetch.fails("/a.txt", "public key", signature="minisign", public_key="nothing")
    assert not list(fetch.folder.glob("list0"))


def test_list_and_signature_of_different_age_are_fetched_once_more(feeds, fetch, signer):
    new = names(1200)
    feeds.sequence("/a.txt", feed_server.page(BODY), feed_server.page(new))
    feeds.put("/a.txt.minisig", signer.sign(new))
    assert fetch.one("/a.txt", **minisign(signer))["outcome"] == "new" and fetch.into().read_bytes() == new
    assert len(feeds.requests) == 4
    fetch.into().unlink()
    feeds.put("/a.txt", BODY)
    fetch.fails("/a.txt", "does not fit", **minisign(signer))
    assert len(feeds.requests) == 8


def test_a_signed_list_is_not_taken_in_a_coding(feeds, fetch, signer):
    feeds.put("/a.txt", BODY, coding="gzip")
    feeds.put("/a.txt.minisig", signer.sign(BODY))
    fetch.fails("/a.txt", "packed as 'gzip' on the way", **minisign(signer))


def test_sha256_sidecars(feeds, fetch):
    feeds.put("/a.txt", BODY)
    digest = hashlib.sha256(BODY).hexdigest().encode()
    for text in (feed_server.sha256_line(BODY, "a.txt"), digest, digest + b" *a.txt\r\n",
                 feed_server.sha256_line(b"", "b.txt") + feed_server.sha256_line(BODY, "lists/a.txt")):
        feeds.put("/a.txt.sha256", text)
        assert fetch.one("/a.txt", signature="sha256")["outcome"] == "new"
    fetch.into().unlink()
    for text, words in ((feed_server.sha256_line(b"", "a.txt"), "does not fit"), (feed_server.sha256_line(BODY, "b.txt"), "no line of"),
                        (feed_server.sha256_line(BODY, "xa.txt"), "no line of"), (b"", "no line of"), (digest[:-2], "no line of")):
        feeds.put("/a.txt.sha256", text)
        fetch.fails("/a.txt", words, signature="sha256")


# ---- files of this machine

def local(fetch, path, **options):
    return fetch.run([{"url": f"file://{path}", **options}])[0]


def test_a_file_is_copied_and_then_costs_nothing(fetch, tmp_path):
    path = tmp_path / "l.txt"
    path.write_bytes(LONG)
    got = local(fetch, path)
    assert (got["outcome"], got["octets"], got["body"]) == ("new", len(LONG), blake(LONG)) and fetch.into().read_bytes() == LONG
    again = local(fetch, path, modified=got["modified"])
    assert (again["outcome"], again["octets"], again["modified"]) == ("unchanged", 0, got["modified"])
    new = tmp_path / "new"
    new.write_bytes(LONG)
    new.rename(path)
    assert local(fetch, path, modified=got["modified"])["outcome"] == "new"


def test_c38_missing_and_empty_files_are_failures(fetch, tmp_path):
    path = tmp_path / "l.txt"
    for make, words in ((lambda: None, "missing; the last good list stays"), (lambda: path.write_bytes(b""), "empty; the last good list"),
                        (lambda: (path.unlink(), path.mkdir()), "not a regular file"), (lambda: (path.rmdir(), os.mkfifo(path)), "not a regular")):
        make()
        got = local(fetch, path)
        assert got["outcome"] == "failed" and words in got["fault"], got["fault"]
    assert "not a regular file" in local(fetch, "/dev/zero")["fault"]
    assert "larger than" in fetch.run([{"url": f"file://{harness.BIN}/fetch_probe"}], feeds={"size_most": 1000})[0]["fault"]
    assert not list(fetch.folder.iterdir())


def test_c38_a_file_that_grows_meanwhile_is_not_taken(fetch, tmp_path):
    path = tmp_path / "l.txt"
    path.write_bytes(names(100_000) * 2)
    stop = threading.Event()

    def writer():
        with open(path, "ab") as out:
            while not stop.wait(0.00005):  # for all tries together less than the size limit
                out.write(b"more.example\n")
                out.flush()
    thread = threading.Thread(target=writer)
    thread.start()
    try:
        # The writer may stand still for as long as one copy takes.
        faults = [local(fetch, path)["fault"] for _ in range(5)]
    finally:
        stop.set()
        thread.join()
    assert any("changed while it was read" in fault for fault in faults), faults
    assert local(fetch, path)["outcome"] == "new"


def test_a_file_has_its_signature_beside_it(fetch, tmp_path, signer):
    path = tmp_path / "l.txt"
    path.write_bytes(BODY)
    assert "missing" in local(fetch, path, **minisign(signer))["fault"]
    (tmp_path / "l.txt.minisig").write_bytes(signer.sign(BODY))
    assert local(fetch, path, **minisign(signer))["outcome"] == "new"


# ---- the two processes

def test_it_can_be_ended_early(feeds, fetch):
    feeds.put("/good", BODY)
    feeds.at("/stalled", feed_server.stalled())
    got = fetch.run([{"url": feeds.url("/good")}, {"url": feeds.url("/stalled")}], feeds={"slow_s": 60}, end_after=1)
    assert list(got) == [0] and fetch.end["loop_closed"]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV])
def test_a_fetcher_that_dies_fails_what_was_open(feeds, fetch, how):
    feeds.put("/good", BODY)
    feeds.at("/stalled", feed_server.stalled())
    order = fetch.order([{"url": feeds.url("/good")}, {"url": feeds.url("/stalled")}], feeds={"slow_s": 60})
    probe = subprocess.Popen([harness.BIN / "fetch_probe"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    probe.stdin.write(order)
    probe.stdin.close()
    first = json.loads(probe.stdout.readline())
    harness.wait_for(lambda: feeds.requests_for("/stalled"), "the second request")
    child = int(open(f"/proc/{probe.pid}/task/{probe.pid}/children").read().split()[0])
    os.kill(child, how)
    rest = [json.loads(line) for line in probe.stdout]
    assert probe.wait(30) == 0
    assert (first["request"], first["outcome"]) == (0, "new")
    assert (rest[0]["request"], rest[0]["outcome"]) == (1, "failed") and rest[1] == {"done": 2}
    assert "died by signal" in rest[0]["fault"] or "ended with code" in rest[0]["fault"]


def test_a_fetcher_ends_with_its_parent(feeds, fetch):
    feeds.at("/stalled", feed_server.stalled())
    probe = subprocess.Popen([harness.BIN / "fetch_probe"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
    probe.stdin.write(fetch.order([{"url": feeds.url("/stalled")}], feeds={"slow_s": 60}))
    probe.stdin.close()
    harness.wait_for(lambda: feeds.requests_for("/stalled"), "the request")
    child = int(open(f"/proc/{probe.pid}/task/{probe.pid}/children").read().split()[0])
    probe.kill()
    probe.wait()
    harness.wait_for(lambda: not os.path.exists(f"/proc/{child}") or open(f"/proc/{child}/stat").read().split()[2] in "ZX", "its end")


def test_the_child_keeps_no_descriptor_but_its_own(feeds, fetch, tmp_path):
    feeds.at("/stalled", feed_server.stalled())
    probe = subprocess.Popen([harness.BIN / "fetch_probe"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
    os.set_inheritable(extra := os.open(tmp_path, os.O_RDONLY), True)
    probe.stdin.write(fetch.order([{"url": feeds.url("/stalled")}], feeds={"slow_s": 60}))
    probe.stdin.close()
    harness.wait_for(lambda: feeds.requests_for("/stalled"), "the request")
    child = int(open(f"/proc/{probe.pid}/task/{probe.pid}/children").read().split()[0])
    kinds = [os.readlink(f"/proc/{child}/fd/{number}") for number in os.listdir(f"/proc/{child}/fd")]
    os.close(extra)
    probe.kill()
    probe.wait()
    assert sum("eventpoll" in kind for kind in kinds) == 1, kinds
