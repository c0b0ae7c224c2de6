"""The publisher of the tests is what it says: checked with curl, the tool, before anything of ours is."""
import gzip
import shutil
import subprocess

import feed_server
import harness
import pytest

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl, the tool, is not installed")


def curl(server, url, *words, host="lists.test"):
    """(exit code, what was written) of curl for URL, with the name resolved by hand."""
    done = subprocess.run(["curl", "-sS", "--noproxy", "*", "--max-time", "20", "--cacert", server.ca, "--resolve",
                           f"{host}:{server.port}:127.0.0.1", *words, url], capture_output=True, timeout=60)
    return done.returncode, done.stdout


def test_an_honest_page_knows_its_validators(feeds):
    feeds.put("/a.txt", feed_server.names(10), etag='"a1"')
    assert curl(feeds, feeds.url("/a.txt")) == (0, feed_server.names(10))
    assert curl(feeds, feeds.url("/a.txt"), "-H", 'If-None-Match: "a1"', "-o", "/dev/null", "-w", "%{http_code}") == (0, b"304")
    assert curl(feeds, feeds.url("/a.txt"), "-H", 'If-None-Match: "a0"', "-o", "/dev/null", "-w", "%{http_code}") == (0, b"200")
    assert curl(feeds, feeds.url("/a.txt"), "-C", "5") == (0, feed_server.names(10)[5:])
    assert curl(feeds, feeds.url("/b.txt"), "-o", "/dev/null", "-w", "%{http_code}") == (0, b"404")
    assert [request.method for request in feeds.requests_for("/a.txt")] == ["GET"] * 4


@pytest.mark.parametrize("host", ["expired.test", "wrong.test", "stranger.test", "old.test", "mutual.test"])
def test_a_bad_certificate_is_one(feeds, host):
    feeds.put("/a.txt", b"a.example\n")
    assert curl(feeds, feeds.url("/a.txt", host=host), host=host)[0] in (35, 55, 56, 60)
    assert not feeds.requests_for("/a.txt")


def test_a_client_certificate_opens_the_door(feeds):
    feeds.put("/a.txt", b"a.example\n")
    done = curl(feeds, feeds.url("/a.txt", host="mutual.test"), "--cert", feeds.client_certificate, "--key", feeds.client_key,
                host="mutual.test")
    assert done == (0, b"a.example\n")


def test_what_is_cut_is_seen_to_be(feeds):
    body = feed_server.names(1000)
    feeds.at("/cut", feed_server.cut(body, 500))
    feeds.at("/chunks", feed_server.cut_chunked(body, 500))
    feeds.at("/reset", feed_server.reset(b"a.example\n"))
    feeds.at("/garbage", feed_server.garbage())
    feeds.at("/stalled", feed_server.stalled())
    feeds.at("/long", feed_server.endless_body())
    codes = {path: curl(feeds, feeds.url(path))[0] for path in ("/cut", "/chunks", "/reset", "/garbage")}
    assert codes == {"/cut": 18, "/chunks": 18, "/reset": 56, "/garbage": 1}
    assert curl(feeds, feeds.url("/stalled"), "--max-time", "1")[0] == 28
    assert curl(feeds, feeds.url("/long"), "-r", "0-0", "--max-time", "1", "-o", "/dev/null")[0] == 28


def test_codings_and_chunks(feeds):
    body = feed_server.names(5000)
    feeds.put("/coded", body, coding="gzip", chunked=True)
    assert curl(feeds, feeds.url("/coded"), "--compressed") == (0, body)
    assert gzip.decompress(curl(feeds, feeds.url("/coded"))[1]) == body


def test_signatures_are_those_of_the_tool(feeds, tmp_path):
    signer = feed_server.Signer(tmp_path)
    body = feed_server.names(3)
    (tmp_path / "body").write_bytes(body)
    for legacy in (False, True):
        (tmp_path / "body.minisig").write_bytes(signer.sign(body, legacy=legacy))
        done = subprocess.run(["minisign", "-V", "-P", signer.public_key, "-m", tmp_path / "body"], capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr


def test_its_names_are_known_to_its_upstream_alone(feeds):
    assert harness.addresses(harness.ask(feeds.dns.port, "lists.test")) == ["127.0.0.1"]
    assert harness.addresses(harness.ask(feeds.dns.port, "lists.test", "AAAA")) == []
