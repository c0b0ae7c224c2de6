"""A publisher of a hotline list, a key, and a daemon that enforces it: for tests of legal and hotline lists. All names are made up."""
import contextlib
import json
import os
import subprocess
import time

from feed_rig import FeedRig
from feed_server import Signer, names, page
from harness import ask, tool, wait_for

MARK = "zq7xk"  # is in every listed name and in nothing else
CANARY = "canary-of-ours.example"


def listed(count, first=0):
    """A plain list: zq7xk0.example, zq7xk1.example, ..."""
    return names(count, first, label=MARK)


class Hotline:
    """One list at a path of FEEDS, signed with a version; `more` is YAML of its entry."""

    def __init__(self, feeds, folder, name="hot", *, host="mutual.test", klass="hotline", more=""):
        folder.mkdir(exist_ok=True)
        self.feeds, self.folder, self.name, self.host, self.klass, self.more = feeds, folder, name, host, klass, more
        self.path = f"/{name}.txt"
        self.signer = Signer(folder, name)
        self.token = folder / f"{name}.token"
        self.token.write_text("word-of-the-operator\n")
        self.token.chmod(0o600)
        self.version = int(time.time()) - 86400

    def put(self, octets, *, version=None, signature=None, **more):
        """Publishes OCTETS as a newer version (or VERSION); SIGNATURE instead of the right one."""
        self.version = self.version + 60 if version is None else version
        if signature is None:
            signature = self.signer.sign(octets, comment=f"timestamp:{self.version}\tfile:{self.name}.txt")
        self.feeds.at(self.path, page(octets, **more))
        self.feeds.at(self.path + ".minisig", page(signature))

    def yaml(self):
        auth = (f"certificate: {self.feeds.client_certificate}, key: {self.feeds.client_key}" if self.host == "mutual.test" else
                f"bearer_file: {self.token}")
        return f"""\
  {self.name}:
    class: {self.klass}
    url: "{self.feeds.url(self.path, host=self.host)}"
    format: plain
    auth: {{{auth}, ca: {self.feeds.ca}}}
    allow_private: yes
    signature: {{type: minisign, key: {self.signer.public_key}}}
    licence: contract of the tests
    contact: desk@hotline.example
    deadline: 6h
    {self.more if "dns_use_permitted" in self.more else f"dns_use_permitted: yes{chr(10)}    {self.more}".rstrip()}
"""


class SealedRig(FeedRig):
    """As FeedRig; LISTS are Hotlines."""

    def __init__(self, stairgate, upstream, hotlines, *, feeds="", sealed="", public=""):
        self.hotlines, self.sealed, self.public, self.options = list(hotlines), sealed, public, feeds
        self.key = None
        super().__init__(stairgate, upstream, self.lists_yaml(), feeds)
        self.key = self.folder / "sealed.key"
        tool("set", "key", self.key)
        self.configure()

    def lists_yaml(self):
        return self.public + "".join(one.yaml() for one in self.hotlines)

    def more(self, lists, feeds=""):  # as an instance's, since it has a key
        text = FeedRig.more(lists, feeds) if lists else f"feeds:\n  dir: lists\n  timer: no\n{feeds}\n"
        return text + f"tier: school\nsealed:\n  key: sealed.key\n  canary: {CANARY}\n{self.sealed}\n"

    def configure(self):
        self.write(self.lists_yaml(), self.options)

    @property
    def place(self):
        return self.lists / "sealed"

    def current(self):
        with contextlib.suppress(FileNotFoundError):
            return (self.place / "current.set").read_bytes()

    def number(self):
        with contextlib.suppress(FileNotFoundError):
            return int(os.readlink(self.place / "current.set").removesuffix(".set"))

    def run(self, *words, code=None, **more):
        """Runs `lists WORDS`; returns its text, both ways."""
        done = subprocess.run(self.command(*words), capture_output=True, text=True, timeout=120, **more)
        assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr
        if code is not None:
            assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def status_of(self, name="hot"):
        done = subprocess.run(self.command("status", "--json"), capture_output=True, text=True, timeout=60)
        return next(one for one in json.loads(done.stdout)["lists"] if one["id"] == name)

    def blocks(self, name, rdtype="A"):
        """Whether the daemon answers NAME as it answers what the operator, the law or a hotline blocks."""
        reply = ask(self.one.port, name, rdtype, timeout=10)
        codes = [option.code for option in reply.options if option.otype == 15]
        return not reply.answer and 15 in [int(code) for code in codes]

    def leaks(self, *texts, mark=MARK):
        """Where MARK shows: in TEXTS, or in a file under the daemon's folder."""
        found = [text[:200] for text in texts if mark in text]
        for path in self.folder.rglob("*"):
            if path.is_file() and not path.is_symlink() and mark.encode() in path.read_bytes().lower():
                found.append(str(path))
        return found


def wait_for_request(feeds, path):
    wait_for(lambda: feeds.requests_for(path), f"a request for {path}")


def sync_process(rig, *words):
    return subprocess.Popen(rig.command("sync", *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
