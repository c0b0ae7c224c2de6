"""Keeper and server: hand-over, restart, drain, reload, control sockets, exit codes."""
import contextlib
import json
import os
import pwd
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import pytest

from harness import BIN, Process, Stairgate, addresses, ede, free_port, tool, wait_for


def talk(path, *requests):
    """Sends REQUESTS (dicts or raw bytes) in one write; returns the replies."""
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(20)
        one.connect(str(path))
        one.sendall(b"".join(r if isinstance(r, bytes) else json.dumps(r).encode() + b"\n" for r in requests))
        with one.makefile() as lines:
            return [json.loads(lines.readline()) for _ in requests]


def do(path, verb, **more):
    return talk(path, {"v": 1, "id": 5, "do": verb, **more})[0]


def plain_query(name="casino.example"):
    return dns.message.make_query(name, "A").to_wire()


def thread_states(pid):
    return {path.read_text().rpartition(")")[2].split()[0] for path in Path(f"/proc/{pid}/task").glob("*/stat")}


# ---- restart ----

def test_what_waits_in_the_queue_is_answered_by_the_next_server(stairgate):
    gate = stairgate()
    before = gate.server_pid()
    os.kill(before, signal.SIGSTOP)
    wait_for(lambda: thread_states(before) == {"T"}, "every thread to stand still")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(20)
        client.sendto(plain_query(), ("127.0.0.1", gate.port))
        os.kill(before, signal.SIGKILL)
        reply = dns.message.from_wire(client.recv(4096))  # sent once: no retry
    assert reply.rcode() == dns.rcode.NOERROR and not reply.answer
    assert gate.server_pid() not in (None, before)


def test_a_server_that_dies_again_and_again_is_started_again_with_pauses(stairgate):
    gate = stairgate()
    for _ in range(4):
        gate.kill_server()
    assert not gate.ask("casino.example", timeout=20).answer
    assert gate.process.log().count("event=server_died") == 4


def test_the_server_does_not_outlive_its_keeper(stairgate):
    gate = stairgate()
    server = gate.server_pid()
    gate.process.child.kill()
    gate.process.child.wait()
    wait_for(lambda: not os.path.exists(f"/proc/{server}"), "the server to end")
    assert gate.control("status", check=False).returncode == 3


def test_hup_usr1_and_term_go_to_the_server(stairgate):
    gate = stairgate()
    generation = gate.status(check=False)["generation"]
    os.kill(gate.process.pid, signal.SIGHUP)
    wait_for(lambda: gate.status(check=False)["generation"] == generation + 1, "the reload")
    gate.ask("casino.example")
    os.kill(gate.process.pid, signal.SIGUSR1)
    wait_for(lambda: "event=status" in gate.process.log(), "the status line")
    assert "casino" not in gate.process.log(), "no name in a log"
    assert gate.stop() == 0
    assert not gate.socket.exists()


def test_hup_during_the_start_ends_nobody_and_is_done_after_it(stairgate):
    gate = stairgate(start=False)
    gate.start(wait=False)
    hups = 0

    def answering():
        nonlocal hups
        if "server_started" in gate.process.log() and hups < 1000:
            os.kill(gate.process.pid, signal.SIGHUP)
            hups += 1
        return "event=answering" in gate.process.log() or gate.process.child.poll() is not None
    wait_for(answering, "the start")
    wait_for(lambda: "event=in_force generation=2" in gate.process.log(), "the reload that was asked for meanwhile")
    assert hups > 1 and "server_died" not in gate.process.log()
    assert gate.stop() == 0


def test_a_crash_while_the_config_is_broken_is_cured_by_the_file_alone(stairgate):
    gate = stairgate()
    good = gate.config_path.read_text()
    gate.config_path.write_text(good + "no_such_option: 1\n")
    os.kill(gate.server_pid(), signal.SIGKILL)
    wait_for(lambda: "exit=78" in gate.process.log(), "the next server to refuse the config")
    assert gate.process.child.poll() is None, "the keeper holds the sockets"
    gate.config_path.write_text(good)
    os.kill(gate.process.pid, signal.SIGHUP)
    assert not gate.ask("casino.example", timeout=20).answer


def test_ctrl_c_on_a_terminal_is_clean(stairgate):
    gate = stairgate(start=False)
    gate.process = Process([BIN / "stairgated", "--config", gate.config_path], gate.folder / "log", start_new_session=True)
    gate.wait_ready()
    os.killpg(gate.process.pid, signal.SIGINT)  # keeper and server both get it, as from a terminal
    assert gate.process.child.wait(20) == 0
    log = gate.process.log()
    assert log.count("event=stopped exit=0") == 1 and "server_died" not in log


@pytest.fixture
def open_folder():
    """A folder that other users may enter, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root")
def test_the_server_gives_up_root_and_its_capabilities(open_folder):
    gate = Stairgate(open_folder, start=False)
    text = gate.config_path.read_text().replace("operator: control.sock, portal: portal.sock", "operator: run/control.sock")
    gate.config_path.write_text(text.replace("server: {", "server: {user: nobody, "))
    gate.socket = open_folder / "run/control.sock"
    gate.start()
    try:
        for _ in range(2):
            words = dict(line.split(":\t") for line in Path(f"/proc/{gate.server_pid()}/status").read_text().splitlines() if ":\t" in line)
            nobody = str(pwd.getpwnam("nobody").pw_uid)
            assert words["Uid"].split() == [nobody] * 4
            assert int(words["CapEff"], 16) == int(words["CapPrm"], 16) == 0 and words["NoNewPrivs"] == "1"
            assert do(gate.socket, "reload")["ok"] is True, "what was read at the start can be read again"
            gate.kill_server()
            gate.wait_ready()
    finally:
        gate.stop()


def test_the_service_manager_is_told_of_each_step(stairgate):
    gate = stairgate(start=False)
    path = gate.folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(20)

        def heard(word):
            text = manager.recv(4096).decode()
            assert text.splitlines()[0] == f"{word}=1", text
            return text
        gate.process = Process([BIN / "stairgated", "--config", gate.config_path], gate.folder / "log",
                               env={**os.environ, "NOTIFY_SOCKET": str(path)})
        heard("READY")
        assert not gate.ask("casino.example").answer, "ready means answering"
        os.kill(gate.process.pid, signal.SIGHUP)
        begun = time.monotonic_ns() // 1000
        usec = int(heard("RELOADING").split("MONOTONIC_USEC=")[1])
        assert abs(usec - begun) < 20_000_000
        heard("READY")
        gate.control("reload")
        heard("RELOADING")
        heard("READY")
        gate.process.child.send_signal(signal.SIGTERM)
        heard("STOPPING")
        assert gate.process.child.wait(20) == 0


@pytest.mark.parametrize("reader", ["gone", "asleep"])
def test_a_log_that_nobody_reads_stops_nothing(stairgate, reader):
    gate = stairgate(start=False)
    out, into = os.pipe()
    with contextlib.suppress(BlockingIOError):
        os.set_blocking(into, False)
        while reader == "asleep":
            os.write(into, b"x" * 65536)
    os.set_blocking(into, True)
    gate.process = Process([BIN / "stairgated", "--config", gate.config_path], gate.folder / "log",
                           preexec_fn=lambda: os.dup2(into, 2))
    if reader == "gone":
        os.close(out)
    os.close(into)
    gate.wait_ready()
    gate.kill_server()
    assert not gate.ask("casino.example", timeout=20).answer
    assert gate.stop() == 0
    if reader == "asleep":
        os.close(out)


# ---- drain ----

@pytest.mark.parametrize("tcp", [False, True])
def test_term_answers_what_is_in_flight_first(stairgate, upstream, tcp):
    asked, go = threading.Event(), threading.Event()

    def late(query):
        asked.set()
        go.wait(10)
        reply = dns.message.make_response(query, recursion_available=True)
        reply.answer.append(dns.rrset.from_text("slow.test.", 60, "IN", "A", "192.0.2.7"))
        return reply
    upstream.answers[("slow.test", "A")] = late
    gate = stairgate(upstreams=[upstream], more="queries: {timeout: 4s, deadline: 5s}")
    replies = []
    client = threading.Thread(target=lambda: replies.append(gate.ask("slow.test", tcp=tcp, timeout=15)))
    client.start()
    assert asked.wait(20)
    gate.process.child.send_signal(signal.SIGTERM)
    wait_for(lambda: "event=draining" in gate.process.log(), "the drain to begin")
    go.set()
    client.join()
    assert addresses(replies[0]) == ["192.0.2.7"]
    assert gate.process.child.wait(20) == 0


def test_a_silent_upstream_does_not_hold_the_end_up(stairgate, upstream):
    upstream.answers[("never.test", "A")] = lambda query: None
    gate = stairgate(upstreams=[upstream], more="queries: {timeout: 20s, deadline: 40s}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(plain_query("never.test"), ("127.0.0.1", gate.port))
        wait_for(lambda: upstream.count("never.test"), "the question upstream")
        begun = time.monotonic()
        assert gate.stop() == 0
        assert time.monotonic() - begun < 8


def test_an_idle_tcp_connection_does_not_hold_the_end_up(stairgate):
    gate = stairgate()
    with socket.create_connection(("127.0.0.1", gate.port)) as idle:
        assert not gate.ask("casino.example", tcp=True).answer
        begun = time.monotonic()
        assert gate.stop() == 0
        assert time.monotonic() - begun < 4
        idle.settimeout(5)
        assert idle.recv(1) == b""


# ---- start ----

def test_c41_the_first_answer_comes_without_a_network(stairgate):
    gate = stairgate(upstreams=["192.0.2.53"], start=False)
    begun = time.monotonic()
    gate.start(wait=False)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.02)
        client.connect(("127.0.0.1", gate.port))
        reply = None
        while reply is None and time.monotonic() - begun < 10:
            try:
                client.send(plain_query())
                reply = dns.message.from_wire(client.recv(4096))
            except (ConnectionRefusedError, socket.timeout):
                continue
    took = time.monotonic() - begun
    assert reply is not None and not reply.answer, gate.process.log()
    assert took < 1.0 or "release" not in str(BIN), f"{took:.2f} s (with sanitizers it says nothing)"


def test_every_error_of_the_config_is_printed_and_the_exit_code_is_78(stairgate):
    gate = stairgate(start=False)
    gate.config_path.write_text("listen: [127.0.0.1@5300]\nlisten_on: 3\ndefault_profile: kids\nprofiles: {kid: {}}\n")
    for words in ([], ["--check"]):
        done = subprocess.run([BIN / "stairgated", "--config", gate.config_path, *words], capture_output=True, text=True, timeout=20)
        assert done.returncode == 78
        lines = [line for line in done.stderr.splitlines() if "stairgate.yaml:" in line]
        assert len(lines) >= 2 and "listen_on" in done.stderr and "'kids'" in done.stderr, done.stderr


def test_a_port_that_is_taken_is_named_and_the_exit_code_is_71(stairgate):
    gate = stairgate(start=False)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", gate.port))
        done = subprocess.run([BIN / "stairgated", "--config", gate.config_path], capture_output=True, text=True, timeout=20)
    assert done.returncode == 71
    assert f"127.0.0.1@{gate.port}" in done.stderr


def test_a_second_daemon_on_the_same_control_socket_is_refused(stairgate):
    gate = stairgate()
    text = gate.config_path.read_text().replace(f"@{gate.port}", f"@{free_port()}")
    other = gate.folder / "other.yaml"
    other.write_text(text)
    done = subprocess.run([BIN / "stairgated", "--config", other], capture_output=True, text=True, timeout=20)
    assert done.returncode == 1
    assert "another server answers" in done.stderr
    assert gate.status(check=False), "the first one is untouched"


def test_sockets_come_from_a_parent_by_listen_fds(stairgate):
    gate = stairgate(start=False)
    udp, tcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket()
    for one in (udp, tcp):
        one.bind(("127.0.0.1", gate.port))
    tcp.listen()

    def place():
        os.environ.update(LISTEN_PID=str(os.getpid()))
        first, second = os.dup(udp.fileno()), os.dup(tcp.fileno())
        os.dup2(first, 3)
        os.dup2(second, 4)
    words = ["sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=dns:dns exec "$0" --config "$1"', BIN / "stairgated", gate.config_path]
    gate.process = Process(words, gate.folder / "log", preexec_fn=place, close_fds=False)
    gate.wait_ready()
    assert gate.status(check=False)["listen"] == [f"127.0.0.1@{gate.port}"], "none but those it was given"
    assert not gate.ask("casino.example").answer
    assert not gate.ask("casino.example", tcp=True).answer
    os.kill(gate.server_pid(), signal.SIGKILL)
    assert not gate.ask("casino.example", timeout=20).answer
    udp.close()
    tcp.close()


# ---- reload ----

def test_a_broken_reload_says_where_and_changes_nothing(stairgate):
    gate = stairgate()
    good = gate.config_path.read_text()
    gate.config_path.write_text(good + "no_such_option: 1\n")
    reply = do(gate.socket, "reload")
    assert reply["id"] == 5 and reply["last"] is True and reply["ok"] is False
    error = reply["errors"][0]
    assert error["code"] == "config" and error["file"] == str(gate.config_path)
    assert error["line"] == good.count("\n") + 1 and error["column"] == 1 and "no_such_option" in error["text"]
    assert gate.status(check=False)["generation"] == 1
    assert ede(gate.ask("casino.example")) == [17]
    gate.config_path.write_text(good)
    assert do(gate.socket, "reload")["result"]["generation"] == 2


def test_a_config_that_is_being_written_is_not_taken_for_an_empty_one(stairgate):
    gate = stairgate()
    good = gate.config_path.read_text()
    for text in ("", "# written by a tool\n"):
        gate.config_path.write_text(text)
        error = do(gate.socket, "reload")["errors"][0]
        assert error["code"] == "config" and error["file"] == str(gate.config_path) and "empty" in error["text"]
        assert ede(gate.ask("casino.example")) == [17]
    gate.config_path.write_text(good)
    assert do(gate.socket, "reload")["result"]["generation"] == 2


def test_a_reload_says_what_needs_a_restart(stairgate):
    gate = stairgate()
    text = gate.config_path.read_text()
    gate.config_path.write_text(text.replace("workers: 1", "workers: 3").replace(f"127.0.0.2@{gate.port}", f"127.0.0.3@{gate.port}"))
    result = do(gate.socket, "reload")["result"]
    assert sorted(result["needs_restart"]) == ["listen", "server.workers"]
    done = gate.control("reload")
    assert "needs restart: listen" in done.stderr
    assert gate.status(check=False)["workers"] == 1
    gate.config_path.write_text(text)
    assert do(gate.socket, "reload")["result"]["needs_restart"] == []


def test_reloads_under_load_lose_no_query(stairgate):
    gate = stairgate(workers=2)
    stop, failed, asked = threading.Event(), [], []

    def load(source):
        while not stop.is_set():
            try:
                asked.append(gate.ask("casino.example", source=source, timeout=10))
            except Exception as error:  # noqa: BLE001
                failed.append(error)
    threads = [threading.Thread(target=load, args=("127.0.0.1",)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for generation in range(2, 22):
        assert do(gate.socket, "reload")["result"]["generation"] == generation
    stop.set()
    for thread in threads:
        thread.join()
    assert not failed and asked
    assert all(not reply.answer and reply.rcode() == 0 for reply in asked)


def test_two_controllers_at_once_each_get_a_reload_that_began_after_they_asked(stairgate):
    gate = stairgate()
    seen = [[], []]

    def controller(mine):
        replies = talk(gate.socket, *({"v": 1, "id": i, "do": "reload"} for i in range(5)))
        mine += [reply["result"]["generation"] for reply in replies]
    threads = [threading.Thread(target=controller, args=(mine,)) for mine in seen]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for mine in seen:
        assert len(mine) == 5 and mine == sorted(set(mine)), seen
    assert gate.status(check=False)["generation"] == max(seen[0] + seen[1]) <= 11


@pytest.mark.parametrize("harm", ["flip", "cut", "gone"])
def test_a_damaged_set_is_refused_at_reload_and_the_last_good_one_stays(stairgate, harm):
    gate = stairgate()
    path = gate.folder / "lists.set"
    octets = bytearray(path.read_bytes())
    octets[len(octets) // 2] ^= 1
    path.unlink()  # the server has the good one mapped: files are replaced, never written into
    if harm != "gone":
        path.write_bytes(octets if harm == "flip" else octets[:-100])
    done = gate.control("reload", check=False)
    assert done.returncode == 1 and "lists.set" in done.stderr, done.stderr
    assert gate.status(check=False)["generation"] == 1
    assert ede(gate.ask("casino.example")) == [17], "still blocked"


def test_a_start_with_a_damaged_set_answers_and_says_so(stairgate):
    gate = stairgate(start=False)
    (gate.folder / "lists.set").write_bytes(b"no set")
    gate.start()
    done = gate.control("status", check=False)
    assert done.returncode == 1 and "lists.set" in done.stdout


# ---- control ----

def test_the_portal_socket_reads_status_and_changes_nothing(stairgate):
    gate = stairgate()
    portal = gate.folder / "portal.sock"
    assert do(portal, "status")["ok"] is True
    for verb in ("stop", "reload"):
        assert do(portal, verb)["errors"][0]["code"] == "refused"
    assert tool("reload", "--socket", portal, check=False).returncode == 5
    assert oct(gate.socket.stat().st_mode & 0o777) == "0o660"


def test_status_exit_codes_tell_well_from_warned_from_gone(stairgate, upstream):
    gate = stairgate(upstreams=[upstream])
    assert gate.control("status").returncode == 0
    text = gate.config_path.read_text()
    gate.config_path.write_text(text.replace(f'"{upstream}"', ""))
    gate.control("reload")
    done = gate.control("status", check=False)
    assert done.returncode == 1 and "no upstream" in done.stdout
    assert gate.process.log().count("no upstream is configured") == 1
    gate.stop()
    assert gate.control("status", check=False).returncode == 3


@pytest.mark.parametrize("change", ["default_profile: adult", "networks: []"])
def test_c56_lists_that_protect_nobody_are_a_warning(stairgate, upstream, change):
    gate = stairgate(upstreams=[upstream], lists={"gambling": "casino.example\n"}, start=False)
    text = gate.config_path.read_text().replace("default_profile: child", "default_profile: adult")
    if change.startswith("networks"):
        start = text.index("networks:")
        text = text[:start] + "networks: []\n" + text[text.index("default_profile"):]
    gate.config_path.write_text(text)
    gate.start()
    status = gate.status(check=False)
    assert status["health"] == "warning"
    assert any("1 names loaded, used by nobody" in warning["text"] for warning in status["warnings"])
    assert "used by nobody" in gate.process.log()
    assert gate.control("status", check=False).returncode == 1


def test_counters_count_and_name_nobody(stairgate):
    gate = stairgate(workers=2)
    for _ in range(3):
        gate.ask("casino.example")
    gate.ask("casino.example", tcp=True)
    done = gate.control("status", "--json", check=False)
    counters = json.loads(done.stdout)["counters"]
    assert counters["queries"] == {"udp": 3, "tcp": 1}
    assert counters["blocked"] == 4 and counters["category_blocks"] == {"gambling": 4}
    assert "casino" not in done.stdout


def test_a_client_that_sends_half_a_line_or_garbage_does_no_harm(stairgate):
    gate = stairgate()
    with socket.socket(socket.AF_UNIX) as half:
        half.connect(str(gate.socket))
        half.sendall(b'{"v":1,')
        assert do(gate.socket, "status")["ok"] is True
    with socket.socket(socket.AF_UNIX) as garbage:
        garbage.settimeout(20)
        garbage.connect(str(gate.socket))
        garbage.sendall(os.urandom(4000).replace(b"\n", b" ") + b"\n")
        with garbage.makefile("rb") as lines:
            assert json.loads(lines.readline())["errors"][0]["code"] == "format"
            assert lines.readline() == b"", "closed"
    assert do(gate.socket, "no_such_verb")["errors"][0]["code"] == "not_found"


def test_one_client_that_floods_leaves_the_others_their_answers(stairgate, upstream):
    """Questions that no upstream answers stay for seconds: whoever asks hundreds of them must not use up everybody's room."""
    upstream.set("help.example", "A", "192.0.2.1")
    upstream.answers[("*", "A")] = lambda query: None
    gate = stairgate(upstreams=[upstream], more="queries: {in_flight: 64, timeout: 10s, deadline: 20s}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flood:
        flood.bind(("127.0.0.3", 0))
        flood.connect(("127.0.0.1", gate.port))
        for i in range(200):
            flood.send(plain_query(f"n{i}.example"))
        wait_for(lambda: gate.status(check=False)["counters"]["pool_full"] > 0, "the flood to have its fill")
        assert addresses(gate.ask("help.example", source="127.0.0.1", timeout=10)) == ["192.0.2.1"]


def test_a_low_soft_limit_of_descriptors_turns_no_client_away(stairgate):
    gate = stairgate(prefix=["prlimit", "--nofile=256:4096"], more="tcp: {connections: 1000, connections_per_client: 1000}")
    with contextlib.ExitStack() as held:
        for _ in range(400):
            held.enter_context(socket.create_connection(("127.0.0.1", gate.port), 5))
        assert not gate.ask("casino.example", tcp=True).answer
        assert not gate.ask("casino.example").answer
