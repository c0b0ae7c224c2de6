"""A daemon that enforces what `stairgate lists sync` brought, and somebody who asks it all the time."""
import contextlib
import json
import os
import subprocess
import threading
import time

from harness import BIN, Stairgate, ask, ede

CONFIG = """\
listen: [{listen}]
clients: {{allow: [127.0.0.0/8]}}
upstreams: [{upstreams}]
profiles: {{child: {{extends: primary}}}}
default_profile: child
special: {{test: forward}}
control: {{operator: control.sock}}
server: {{workers: {workers}}}
{more}
"""


class FeedRig:
    """LISTS is YAML of `lists`, FEEDS of `feeds` without its dir. Nothing is fetched before sync()."""

    def __init__(self, stairgate, upstream, lists, feeds=""):
        self.make, self.upstream = stairgate, upstream
        self.one = stairgate(upstreams=[upstream], config=CONFIG, more=self.more(lists, feeds), start=False)
        self.folder = self.one.folder
        self.lists = self.folder / "lists"

    @staticmethod
    def more(lists, feeds=""):
        return f"lists:\n{lists}\nfeeds:\n  dir: lists\n  timer: no\n{feeds}\n"

    def write(self, lists, feeds=""):
        self.one.write(CONFIG, [self.upstream], 1, self.more(lists, feeds))

    def command(self, *words):
        return [str(BIN / "stairgate"), "lists", *map(str, words), "--config", str(self.one.config_path)]

    def sync(self, *words, code=None, prefix=(), patience=120, **more):
        """Runs `lists sync`; returns (exit code, its JSON lines)."""
        done = subprocess.run([*map(str, prefix), *self.command("sync", *words)], capture_output=True, text=True,
                              timeout=patience, **more)
        assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        if code is not None:
            assert done.returncode == code, done.stdout + done.stderr
        self.stderr = done.stderr
        return done.returncode, lines

    def current(self):
        """The octets of the set in force, None where there is none."""
        with contextlib.suppress(FileNotFoundError):
            return (self.lists / "current.set").read_bytes()

    def generation(self):
        with contextlib.suppress(FileNotFoundError):
            return os.readlink(self.lists / "current.set")

    def leavings(self):
        """Files that no good end leaves behind."""
        return [str(path) for path in self.lists.rglob("*")
                if ".new" in path.name or path.name.startswith("new.") or
                (path.parent.name == "incoming" and path.suffix != ".part")]

    def start(self):
        self.one.start()
        return self.one

    def blocked(self, name):
        reply = ask(self.one.port, name, timeout=10)
        return 17 in ede(reply)


def event_of(lines, kind, name=None):
    """The text of the last event of KIND (of list NAME); None where there was none."""
    texts = [line["text"] for line in lines if line["event"] == kind and name in (None, line.get("list"))]
    return texts[-1] if texts else None


class Watcher:
    """Asks for blocked names and an open one without end; every answer that is not as it should be is kept."""

    def __init__(self, port, blocked, open_name=None, pause=0.01):
        self.port, self.names, self.open_name, self.pause = port, blocked, open_name, pause
        self.wrong, self.asked = [], 0
        self.running = True
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.running = False
        self.thread.join()

    def _one(self, name, wanted):
        try:
            got = 17 in ede(ask(self.port, name, timeout=5))
        except Exception as fault:  # no answer is the worst of all
            got = repr(fault)
        self.asked += 1
        if got != wanted:
            self.wrong.append((time.monotonic(), name, got))

    def _run(self):
        number = 0
        while self.running:
            self._one(self.names[number % len(self.names)], True)
            if self.open_name:
                self._one(self.open_name, False)
            number += 1
            time.sleep(self.pause)
