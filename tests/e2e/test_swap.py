"""Lists and configuration change while queries are answered: nothing is lost, nothing stands still, nothing is left behind."""
import contextlib
import json
import os
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

from harness import BIN, Upstream, build_set, ede, wait_for


def control(path, *requests):
    """Sends REQUESTS, in one write; returns the replies, as far as they come."""
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(60)
        one.connect(str(path))
        one.sendall(b"".join(json.dumps({"v": 1, "id": i, **r}).encode() + b"\n" for i, r in enumerate(requests)))
        with one.makefile() as lines:
            return [json.loads(line) for line in (lines.readline() for _ in requests) if line]


def reload(gate):
    return control(gate.socket, {"do": "reload"})[0]["result"]["generation"]


class Held:
    """A reload that stands still while it reads the configuration, until `release`."""

    def __init__(self, gate):
        self.text = gate.config_path.read_text()
        self.path = gate.config_path
        self.replies = []
        pipe = gate.folder / "pipe"
        os.mkfifo(pipe)
        os.rename(pipe, self.path)
        self.client = self.ask(gate)
        self.pipe = open(self.path, "w")  # waits until the server reads
        plain = gate.folder / "plain"
        plain.write_text(self.text)
        os.rename(plain, self.path)  # what the next reload reads

    def ask(self, gate):
        client = threading.Thread(target=lambda: self.replies.extend(control(gate.socket, {"do": "reload"})))
        client.start()
        return client

    def release(self):
        self.pipe.write(self.text)
        self.pipe.close()


def in_maps(pid, name):
    return sum(line.rstrip().endswith(name) for line in Path(f"/proc/{pid}/maps").read_text().splitlines())


def test_status_why_and_queries_are_answered_during_a_reload(stairgate):
    gate = stairgate()
    held = Held(gate)
    assert gate.status(check=False)["generation"] == 1
    assert "gambling" in gate.control("why", "casino.example", check=False).stdout
    assert ede(gate.ask("casino.example")) == [17]
    assert not held.replies
    held.release()
    held.client.join()
    assert held.replies[0]["result"]["generation"] == 2


def test_who_asks_during_a_reload_shares_the_next_one(stairgate):
    gate = stairgate()
    held = Held(gate)
    clients = [held.ask(gate) for _ in range(8)]
    os.kill(gate.process.pid, signal.SIGHUP)
    wait_for(lambda: in_maps(gate.server_pid(), "lists.set") == 1 and gate.status(check=False), "the server to have heard them")
    held.release()
    for client in [held.client, *clients]:
        client.join()
    generations = sorted(reply["result"]["generation"] for reply in held.replies)
    assert generations[0] == 2 and len(generations) == 9
    # those that the server had not read yet when the first one ended share the one after that
    assert set(generations[1:]) <= {3, 4}, generations


def test_a_client_that_leaves_during_its_reload_does_no_harm(stairgate):
    gate = stairgate()
    held = Held(gate)
    with socket.socket(socket.AF_UNIX) as one:
        one.connect(str(gate.socket))
        one.sendall(b'{"v":1,"id":1,"do":"reload"}\n')
    held.release()
    held.client.join()
    wait_for(lambda: gate.status(check=False)["generation"] == 3, "the reload of the one that left")


@pytest.mark.parametrize("goes_on", [True, False])
def test_a_stop_during_a_reload_is_clean(stairgate, goes_on):
    gate = stairgate()
    held = Held(gate)
    server = gate.server_pid()
    gate.control("stop")
    if goes_on:
        held.release()
    begun = time.monotonic()
    assert gate.process.child.wait(60) == 0
    assert time.monotonic() - begun < 20
    held.client.join()
    assert not held.replies or held.replies[0]["errors"][0]["code"] == "busy"
    assert not gate.socket.exists() and not os.path.exists(f"/proc/{server}")
    if not goes_on:
        held.pipe.close()


def test_swaps_of_lists_under_load_lose_no_query_and_hold_at_once(stairgate):
    gate = stairgate(workers=2, lists={"gambling": "always.example\n"})
    stop, failed, asked = threading.Event(), [], [0]

    def load():
        while not stop.is_set():
            try:
                reply = gate.ask("always.example", timeout=10)
                assert ede(reply) == [17] and not reply.answer
                asked[0] += 1
            except Exception as error:  # noqa: BLE001
                failed.append(error)
    client = threading.Thread(target=load)
    client.start()
    for turn in range(3):
        many = "".join(f"n{i}.round{turn}.example\n" for i in range(20000))
        build_set(gate.folder / "lists.set", {"gambling": f"always.example\nnow{turn}.example\n{many}"})
        assert reload(gate) == turn + 2
        for other in range(3):
            blocked = ede(gate.ask(f"now{other}.example", timeout=10)) == [17]
            assert blocked == (other == turn), "the very next question"
    stop.set()
    client.join()
    assert not failed and asked[0] > 0
    server = gate.server_pid()
    wait_for(lambda: in_maps(server, "lists.set") == 1 and in_maps(server, "lists.set (deleted)") == 0, "the old maps to go")


def test_a_question_goes_to_its_own_zone_while_reloads_put_zones_in_another_order(stairgate):
    places = {zone: Upstream() for zone in ("east.internal", "west.internal", "outside.example")}
    for number, server in enumerate(places.values()):
        server.set("*", "A", f"10.0.0.{number}" if number < 2 else "192.0.2.9")
    usual = places["outside.example"]

    def zones(order):
        return "zones:\n" + "".join(f"  - {{name: {zone}, upstreams: [\"{places[zone]}\"]}}\n" for zone in order)
    gate = stairgate(workers=2, upstreams=[usual], more=zones(["east.internal", "west.internal"]))
    stop, failed, asked = threading.Event(), [], [0]

    def load(thread):
        number = 0
        while not stop.is_set():
            number += 1
            for zone, server in places.items():
                name = f"n{number}x{thread}.{zone}"
                try:
                    reply = gate.ask(name, timeout=10)
                    assert reply.rcode() == 0, (name, reply.rcode())
                    assert server.count(name) > 0, f"{name} went elsewhere"
                    asked[0] += 1
                except Exception as error:  # noqa: BLE001
                    failed.append(error)
    clients = [threading.Thread(target=load, args=(thread,)) for thread in range(2)]
    for client in clients:
        client.start()
    for turn in range(20):
        gate.write(upstreams=[usual], workers=2, more=zones(["west.internal", "east.internal"] if turn % 2 == 0 else
                                                            ["east.internal", "west.internal"]))
        reload(gate)
    stop.set()
    for client in clients:
        client.join()
    for server in places.values():
        server.stop()
    assert not failed and asked[0] > 0, failed[:3]


def usage(pid):
    status = dict(line.split(":\t") for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
    return {"fds": len(os.listdir(f"/proc/{pid}/fd")), "threads": int(status["Threads"]), "kib": int(status["VmRSS"].split()[0])}


def test_a_storm_of_reloads_leaves_nothing_behind(stairgate):
    gate = stairgate(workers=2)
    server = gate.server_pid()

    def storm():
        clients = [threading.Thread(target=control, args=(gate.socket, *({"do": "reload"} for _ in range(10)))) for _ in range(10)]
        for client in clients:
            client.start()
        for _ in range(20):
            with contextlib.suppress(ProcessLookupError):
                os.kill(gate.process.pid, signal.SIGHUP)
        for client in clients:
            client.join()
        reload(gate)  # and so none is running
        wait_for(lambda: in_maps(server, "lists.set") == 1, "the old maps to go")
        return usage(server)
    storm()
    before = storm()
    for _ in range(3):
        after = storm()
    assert after["fds"] == before["fds"] and after["threads"] == before["threads"]
    if "release" in str(BIN):  # sanitizers keep what is freed; what is lost they report at the end
        assert after["kib"] < before["kib"] + 1024
    assert ede(gate.ask("casino.example")) == [17]
    assert gate.server_pid() == server
    assert gate.stop() == 0


def test_kill_9_during_a_reload_starts_with_what_the_files_hold(stairgate):
    gate = stairgate()
    held = Held(gate)
    server = gate.server_pid()
    os.kill(server, signal.SIGKILL)
    held.client.join()
    assert not held.replies
    wait_for(lambda: gate.server_pid() not in (None, server), "the next server")
    assert ede(gate.ask("casino.example", timeout=20)) == [17]
    held.pipe.close()


def test_what_is_kept_meets_new_lists_at_the_next_question(stairgate, upstream):
    upstream.set("site.test", "A", "192.0.2.1")
    upstream.set("alias.test", "A", ("alias.test", "CNAME", "tracker.test."), ("tracker.test", "A", "192.0.2.2"))
    gate = stairgate(upstreams=[upstream], lists={"gambling": "other.test\n"}, workers=2)

    def answers():
        return [ede(gate.ask(name, timeout=10)) == [17] for name in ("site.test", "alias.test")]

    def enforce(lists):
        build_set(gate.folder / "lists.set", {"gambling": lists})
        reload(gate)
    assert answers() == answers() == [False, False]
    enforce("site.test\n")
    assert answers() == [True, False]
    enforce("tracker.test\n")
    assert answers() == [False, True], "freed, and blocked by where it leads"
    enforce("other.test\n")
    assert answers() == [False, False]
    assert upstream.count("site.test") == upstream.count("alias.test") == 1, "kept all the time"
