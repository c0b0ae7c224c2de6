"""Who made a legal or hotline list, and when: signatures of minisign and CMS, certificates on both ends, and lists that are delivered
into a folder. What test_feeds_sealed.py has of minisign (wrong, missing, replayed) is not repeated here."""
import os
import stat
import subprocess
import threading
import time
from pathlib import Path

import pytest

import feed_server
from feed_rig import event_of
from harness import tool
from sealed_rig import MARK, Hotline, SealedRig, listed, sync_process, wait_for_request


class Desk:
    """Somebody who signs by CMS, with one of the certificates that the publisher of the tests has."""

    def __init__(self, feeds, folder, stem="lists.test"):
        made = Path(feeds.ca).parent
        self.folder, self.certificate, self.key = folder, made / f"{stem}.pem", made / f"{stem}.key"

    def sign(self, octets, form="PEM", more=()):
        body, signature = self.folder / "cms-body", self.folder / "cms-signature"
        body.write_bytes(octets)
        subprocess.run(["openssl", "cms", "-sign", "-binary", "-in", body, "-signer", self.certificate, "-inkey", self.key, "-md",
                        "sha256", "-nosmimecap", "-outform", form, "-out", signature, *more], check=True, capture_output=True, timeout=60)
        body.unlink()
        return signature.read_bytes()


class CmsHotline(Hotline):
    """As Hotline, signed by DESK; its version is the time of signing."""

    def __init__(self, feeds, folder, name="hot", **more):
        super().__init__(feeds, folder, name, **more)
        self.desk = Desk(feeds, folder)

    def put(self, octets, *, signature=None, **more):
        self.feeds.at(self.path, feed_server.page(octets, **more))
        self.feeds.at(self.path + ".p7s", feed_server.page(self.desk.sign(octets) if signature is None else signature))

    def yaml(self):
        return super().yaml().replace(f"{{type: minisign, key: {self.signer.public_key}}}", f"{{type: cms, key: {self.desk.certificate}}}")


class Inbox:
    """A list that is delivered."""

    def __init__(self, feeds, folder, name="court", klass="legal", kind="minisign"):
        folder.mkdir(exist_ok=True)
        self.folder, self.name, self.klass, self.kind = folder, name, klass, kind
        self.path = folder / "in"
        self.path.mkdir(mode=0o700)
        self.signer, self.desk = feed_server.Signer(folder, name), Desk(feeds, folder)
        self.version = int(time.time()) - 86400

    def signature(self, octets, version=None):
        self.version = self.version + 60 if version is None else version
        if self.kind == "cms":
            return self.desk.sign(octets)
        return self.signer.sign(octets, comment=f"timestamp:{self.version}\tfile:list.txt")

    @property
    def suffix(self):
        return ".p7s" if self.kind == "cms" else ".minisig"

    def deliver(self, octets, file="list.txt", *, version=None, signature=None):
        (self.path / file).write_bytes(octets)
        (self.path / (file + self.suffix)).write_bytes(self.signature(octets, version) if signature is None else signature)

    def lies(self):
        return sorted(one.name for one in self.path.iterdir())

    def yaml(self):
        key = self.desk.certificate if self.kind == "cms" else self.signer.public_key
        return f"""\
  {self.name}:
    class: {self.klass}
    inbox: {self.path}
    format: plain
    signature: {{type: {self.kind}, key: {key}}}
    licence: order of the tests
    contact: desk@court.example
    deadline: 6h
    dns_use_permitted: yes
"""


def in_force(stairgate, feeds, hot):
    rig = SealedRig(stairgate, feeds.upstream, [hot])
    rig.sync(code=0)
    rig.start()
    return rig


def fails(rig, hot, words, name="hot"):
    """A run fails for WORDS; what was in force stays, and no name shows."""
    before = rig.current()
    _, lines = rig.sync(name, code=1)
    said = event_of(lines, "failed", name)
    assert said and words in said, lines
    assert rig.current() == before and rig.blocks(f"{MARK}0.example")
    assert rig.leaks(said, rig.stderr, rig.run("status"), rig.run("history", name)) == []


# ---- minisign's time

@pytest.fixture
def hot(feeds, tmp_path):
    one = Hotline(feeds, tmp_path / "publisher")
    one.put(listed(100))
    return one


def test_a_changed_time_is_a_changed_signature(stairgate, feeds, hot):
    rig = in_force(stairgate, feeds, hot)
    older = hot.signer.sign(listed(99), comment=f"timestamp:{hot.version - 60}")
    hot.put(listed(99), signature=older.replace(f"timestamp:{hot.version - 60}".encode(), f"timestamp:{hot.version + 60}".encode()))
    fails(rig, hot, "the signature's trusted comment was changed")


@pytest.mark.parametrize("comment", ["signed by hand", "timestamp:", "timestamp:1 timestamp:2"])
def test_a_signature_without_a_time_is_refused(stairgate, feeds, hot, comment):
    rig = in_force(stairgate, feeds, hot)
    hot.put(listed(101), signature=hot.signer.sign(listed(101), comment=comment))
    fails(rig, hot, "signed without a time")


def test_a_version_of_the_day_after_tomorrow_would_keep_out_all_that_follow(stairgate, feeds, hot):
    rig = in_force(stairgate, feeds, hot)
    hot.put(listed(101), version=int(time.time()) + 2 * 86400)
    fails(rig, hot, "which is yet to come")
    hot.put(listed(101), version=int(time.time()) + 3600)  # a clock that is an hour ahead is one
    rig.sync("hot", code=0)
    assert rig.blocks(f"{MARK}100.example")


def test_the_old_signature_of_the_old_list_is_a_replay(stairgate, feeds, hot):
    rig = SealedRig(stairgate, feeds.upstream, [hot])
    old = [feeds.pages[hot.path], feeds.pages[hot.path + ".minisig"]]
    hot.put(listed(101))
    rig.sync(code=0)
    rig.start()
    feeds.at(hot.path, old[0])
    feeds.at(hot.path + ".minisig", old[1])
    fails(rig, hot, "replayed")
    assert rig.blocks(f"{MARK}100.example")


# ---- CMS

@pytest.fixture
def cms(feeds, tmp_path):
    one = CmsHotline(feeds, tmp_path / "publisher")
    one.put(listed(100))
    return one


def test_cms_in_pem_and_der_is_taken_and_its_time_is_the_version(stairgate, feeds, cms):
    before = int(time.time()) - 1
    rig = in_force(stairgate, feeds, cms)
    assert before <= rig.status_of()["version"] <= time.time()
    assert rig.blocks(f"{MARK}99.example")
    cms.put(listed(101), signature=cms.desk.sign(listed(101), "DER", ["-nocerts"]))
    _, lines = rig.sync("hot", "--force")
    if event_of(lines, "failed", "hot"):  # signed within the same second
        cms.put(listed(101))
        rig.sync("hot", "--force", code=0)
    assert rig.blocks(f"{MARK}100.example")


def by_another(cms):
    cms.put(listed(101), signature=Desk(cms.feeds, cms.folder, "mirror.test").sign(listed(101)))


def of_another_list(cms):
    cms.put(listed(101), signature=cms.desk.sign(listed(102)))


def with_the_list_in_it(cms):
    cms.put(listed(101), signature=cms.desk.sign(listed(101), more=["-nodetach"]))


def without_attributes(cms):
    cms.put(listed(101), signature=cms.desk.sign(listed(101), more=["-noattr"]))


def by_sha1(cms):
    cms.put(listed(101), signature=cms.desk.sign(listed(101), more=["-md", "sha1"]))


def of_minisign(cms):
    cms.put(listed(101), signature=cms.signer.sign(listed(101)))


def not_there(cms):
    cms.put(listed(101))
    cms.feeds.remove(cms.path + ".p7s")


@pytest.mark.parametrize("fault, words", [
    (by_another, "signed by another certificate"), (of_another_list, "the signature does not fit the list"),
    (with_the_list_in_it, "must be detached"), (without_attributes, "no signed attributes"), (by_sha1, "a digest that is not taken"),
    (of_minisign, "not a signature of CMS"), (not_there, "404"),
], ids=lambda one: getattr(one, "__name__", None))
def test_last_good_stays_where_a_signature_of_cms_is_not_the_publishers(stairgate, feeds, cms, fault, words):
    rig = in_force(stairgate, feeds, cms)
    fault(cms)
    fails(rig, cms, words)


def test_an_expired_certificate_of_the_signer_is_refused_before_the_list_is_asked_for(stairgate, feeds, cms):
    rig = in_force(stairgate, feeds, cms)
    cms.desk = Desk(feeds, cms.folder, "expired.test")
    cms.put(listed(101))
    rig.configure()
    seen = len(feeds.requests)
    fails(rig, cms, "the signer's certificate has expired; ask the publisher for the one that follows it")
    assert len(feeds.requests) == seen


def test_a_missing_certificate_of_the_signer_is_named(stairgate, feeds, cms):
    rig = in_force(stairgate, feeds, cms)
    cms.desk.certificate = cms.folder / "none.pem"
    rig.configure()
    fails(rig, cms, "none.pem: cannot read the signer's certificate")


# ---- who talks to whom

def test_a_server_that_wants_our_certificate_and_gets_none(stairgate, feeds, hot):
    rig = in_force(stairgate, feeds, hot)
    text = hot.yaml().replace(f"certificate: {feeds.client_certificate}, key: {feeds.client_key}", f"bearer_file: {hot.token}")
    hot.yaml = lambda: text
    rig.configure()
    fails(rig, hot, "the publisher asks for a certificate of ours")


def test_a_certificate_of_ours_that_is_not_there_is_named(stairgate, feeds, hot, tmp_path):
    rig = in_force(stairgate, feeds, hot)
    text = hot.yaml().replace(str(feeds.client_certificate), str(tmp_path / "gone.pem"))
    hot.yaml = lambda: text
    rig.configure()
    fails(rig, hot, "gone.pem")


@pytest.mark.parametrize("host, words", [("expired.test", "expired"), ("wrong.test", "another name's"), ("stranger.test", "nobody known signed")])
def test_a_server_that_is_not_the_publishers(stairgate, feeds, tmp_path, host, words):
    hot = Hotline(feeds, tmp_path / "publisher", host="lists.test")
    hot.put(listed(100))
    rig = in_force(stairgate, feeds, hot)
    hot.host = host
    rig.configure()
    fails(rig, hot, words)


def test_a_token_that_is_missing_wrong_or_readable(stairgate, feeds, tmp_path):
    hot = Hotline(feeds, tmp_path / "publisher", host="lists.test")
    hot.put(listed(100))
    feeds.at(hot.path, feed_server.needs("Authorization", "Bearer word-of-the-operator", feeds.pages[hot.path]))
    rig = in_force(stairgate, feeds, hot)
    hot.token.write_text("another-word\n")
    fails(rig, hot, "401")
    hot.token.unlink()
    fails(rig, hot, "hot.token")


# ---- delivered

@pytest.fixture(params=["minisign", "cms"])
def court(feeds, tmp_path, request):
    return Inbox(feeds, tmp_path / "court", kind=request.param)


def test_what_is_delivered_is_in_force_and_gone_from_the_inbox(stairgate, feeds, court):
    court.deliver(listed(100))
    rig = SealedRig(stairgate, feeds.upstream, [court])
    _, lines = rig.sync(code=0)
    rig.start()
    assert event_of(lines, "published").startswith("sealed set 1, 101 entries")
    assert rig.blocks(f"{MARK}99.example") and court.lies() == []
    assert rig.leaks(rig.stderr, *(line["text"] for line in lines if "text" in line)) == []
    assert rig.status_of("court")["entries"] == 100


def test_an_empty_inbox_is_news_of_nothing(stairgate, feeds, court):
    rig = SealedRig(stairgate, feeds.upstream, [court])
    _, lines = rig.sync(code=1)
    assert "nothing has been delivered yet" in event_of(lines, "failed", "court")
    court.deliver(listed(100))
    rig.sync("court", code=0)
    _, lines = rig.sync("court", code=0)
    assert event_of(lines, "unchanged", "court") == "nothing new was delivered"
    assert rig.status_of("court")["state"] == "ok"
    rig.start()
    assert rig.blocks(f"{MARK}0.example")


def delivered(stairgate, feeds, court):
    court.deliver(listed(100))
    rig = in_force(stairgate, feeds, court)
    assert court.lies() == []
    return rig


def test_half_a_delivery_is_left_alone_until_it_is_whole(stairgate, feeds, tmp_path):
    court = Inbox(feeds, tmp_path / "court")
    rig = delivered(stairgate, feeds, court)
    whole, signature = listed(101), court.signature(listed(101))
    (court.path / "new.txt").write_bytes(whole)
    fails(rig, court, "1 without a signature", "court")
    (court.path / "new.txt").write_bytes(whole[:500])
    (court.path / "new.txt.minisig").write_bytes(signature)
    fails(rig, court, "1 whose signature does not fit", "court")
    (court.path / "new.txt").write_bytes(whole)
    (court.path / "new.txt.minisig").write_bytes(signature[:-20])
    fails(rig, court, "1 whose signature does not fit", "court")
    assert court.lies() == ["new.txt", "new.txt.minisig"]
    (court.path / "new.txt.minisig").write_bytes(signature)
    rig.sync("court", code=0)
    assert rig.blocks(f"{MARK}100.example") and court.lies() == []


def test_of_several_the_newest_is_taken_and_the_others_go_with_it(stairgate, feeds, tmp_path):
    court = Inbox(feeds, tmp_path / "court")
    court.deliver(listed(102), "a.txt", version=court.version + 600)
    court.deliver(listed(101), "z.txt", version=court.version - 600)
    rig = SealedRig(stairgate, feeds.upstream, [court])
    rig.sync(code=0)
    rig.start()
    assert rig.blocks(f"{MARK}101.example") and court.lies() == []


def test_what_does_not_fit_stays_for_the_operator_and_is_told_in_each_run(stairgate, feeds, tmp_path):
    court = Inbox(feeds, tmp_path / "court")
    stranger = feed_server.Signer(court.folder, "stranger")
    court.deliver(listed(100))
    court.deliver(listed(3, 500), f"{MARK}.txt", signature=stranger.sign(listed(3, 500), comment=f"timestamp:{court.version + 9}"))
    rig = SealedRig(stairgate, feeds.upstream, [court])
    _, lines = rig.sync(code=0)
    rig.start()
    said = event_of(lines, "refused", "court")
    assert said == "inbox: files are left that are not read: 1 whose signature does not fit"
    assert court.lies() == [f"{MARK}.txt", f"{MARK}.txt.minisig"]
    assert rig.blocks(f"{MARK}0.example") and not rig.blocks(f"{MARK}500.example")
    fails(rig, court, "the newest: signed with another key", "court")


def test_an_older_delivery_is_a_replay_and_stays(stairgate, feeds, tmp_path):
    court = Inbox(feeds, tmp_path / "court")
    rig = delivered(stairgate, feeds, court)
    court.deliver(listed(90), version=court.version - 600)
    fails(rig, court, "replayed", "court")
    assert court.lies() == ["list.txt", "list.txt.minisig"]


def test_what_is_held_stays_in_the_inbox_and_goes_once_it_is_let_through(stairgate, feeds, tmp_path):
    court = Inbox(feeds, tmp_path / "court")
    rig = delivered(stairgate, feeds, court)
    court.deliver(listed(20))
    _, lines = rig.sync("court", code=1)
    assert "shrank" in event_of(lines, "held", "court") and court.lies() == ["list.txt", "list.txt.minisig"]
    assert rig.blocks(f"{MARK}99.example")
    rig.run("accept", "court", code=0)
    assert not rig.blocks(f"{MARK}99.example") and rig.blocks(f"{MARK}19.example") and court.lies() == []


def test_an_inbox_that_others_may_look_into_is_refused(stairgate, feeds, tmp_path):
    court = Inbox(feeds, tmp_path / "court")
    rig = delivered(stairgate, feeds, court)
    court.deliver(listed(101))
    court.path.chmod(0o750)
    fails(rig, court, "it must be of mode 0700", "court")
    court.path.chmod(0o700)
    court.path.rename(court.folder / "real")
    court.path.symlink_to(court.folder / "real")
    fails(rig, court, "not a link to one", "court")
    court.path.unlink()
    fails(rig, court, "cannot open the inbox", "court")
    (court.folder / "real").rename(court.path)
    assert stat.S_IMODE(court.path.stat().st_mode) == 0o700
    rig.sync("court", code=0)
    assert rig.blocks(f"{MARK}100.example") and court.lies() == []


def test_other_options_want_the_list_once_more(stairgate, feeds, tmp_path):
    court = Inbox(feeds, tmp_path / "court")
    rig = delivered(stairgate, feeds, court)
    text = court.yaml() + "    match: exact\n"
    court.yaml = lambda: text
    rig.configure()
    fails(rig, court, "have it delivered once more", "court")
    court.deliver(listed(100))
    rig.sync("court", code=0)
    assert rig.blocks(f"{MARK}0.example") and not rig.blocks(f"www.{MARK}0.example")


def test_a_dry_run_takes_nothing(stairgate, feeds, tmp_path):
    court = Inbox(feeds, tmp_path / "court")
    rig = delivered(stairgate, feeds, court)
    court.deliver(listed(101))
    rig.sync("court", "--dry-run")
    assert court.lies() == ["list.txt", "list.txt.minisig"] and not rig.blocks(f"{MARK}100.example")


def test_a_run_that_is_killed_leaves_a_delivery_or_what_it_says_in_force(stairgate, feeds, tmp_path):
    """Killed while another list waits, after the delivery was read: the next run has it in force and wipes it."""
    court, slow, go = Inbox(feeds, tmp_path / "court"), Hotline(feeds, tmp_path / "slow", "slow"), threading.Event()
    slow.put(listed(10, 1000))
    body = feeds.pages[slow.path]
    feeds.at(slow.path, feed_server.waits_for(go, body))
    court.deliver(listed(100))
    rig = SealedRig(stairgate, feeds.upstream, [court, slow])
    one = sync_process(rig)
    wait_for_request(feeds, slow.path)
    one.kill()
    one.communicate(timeout=60)
    go.set()
    assert court.lies() == ["list.txt", "list.txt.minisig"] and rig.current() is None
    rig.sync("--force", code=0)
    rig.start()
    assert rig.blocks(f"{MARK}0.example") and rig.blocks(f"{MARK}1000.example") and court.lies() == []


def test_no_verb_tells_what_lies_in_an_inbox(stairgate, feeds, tmp_path):
    court = Inbox(feeds, tmp_path / "court")
    rig = delivered(stairgate, feeds, court)
    (court.path / f"{MARK}.txt").write_bytes(listed(5))
    _, lines = rig.sync("court", code=1)
    shown = [rig.run(*words) for words in (("status",), ("status", "--json"), ("history", "court", "--json"), ("show",), ("show", "--json"))]
    shown += [str(lines), rig.stderr, tool("config", "show", rig.one.config_path).stdout]
    assert not any(MARK in text for text in shown)
    assert str(court.path) in shown[-1] and os.path.exists(court.path)
