"""Lifting an entry by two operators: users of this machine and keys of minisign, ends, kill -9, the account, and no name anywhere."""
import calendar
import hashlib
import json
import os
import shutil
import socket
import sqlite3
import struct
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from feed_server import Signer
from harness import BIN, CONFIG, ask, tool, wait_for

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="operators are different users: only root can be them in turn")

NOON = 1_800_014_400
DAY_S = 86400
ALICE, BOB, STRANGER = 1, 2, 3  # users that every Debian has: daemon, bin, sys
NAME, OTHER = "secretword.example", "unlisted.example"
WHY = "its owner has shown the error"
MORE = """\
state: {{path: state.db}}
operator: {{deny: [{name}, stays.example, below.hidden.example]}}
sealed:
  key: key
  canary: bird.example
  operators: {{{operators}}}
  syslog: {syslog}
"""
USERS = "alice: {user: daemon}, bob: {user: bin}"


@pytest.fixture
def open_folder():
    """A folder that other users may enter: pytest's are root's alone."""
    folder = Path(tempfile.mkdtemp(prefix="stairgate-lifts-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def make(stairgate, upstream, open_folder):
    upstream.set("*", "A", "192.0.2.1")

    def start(operators=USERS, syslog="no", change=("", "")):
        path = open_folder / "control.sock"
        made = stairgate(upstreams=[upstream], start=False, at=NOON, config=CONFIG.replace("operator: control.sock", f"operator: {path}"),
                         more=MORE.format(name=NAME, operators=operators, syslog=syslog).replace(*change))
        made.socket = path
        tool("set", "key", made.folder / "key")
        return made.start()
    return start


@pytest.fixture
def gate(make):
    return make()


def run(gate, user, *words):
    """`stairgate WORDS` as USER, of the group of the socket."""
    return subprocess.run([BIN / "stairgate", *map(str, words), "--socket", gate.socket], capture_output=True, text=True, timeout=120,
                          user=user, group=0, extra_groups=[])


ASK = """import json, socket, sys, time
with socket.socket(socket.AF_UNIX) as one:
    one.settimeout(60)
    one.connect(sys.argv[1])
    started = time.monotonic()
    one.sendall(sys.argv[2].encode() + b"\\n")
    reply = json.loads(one.makefile("r").readline())
print(json.dumps([reply["result"], time.monotonic() - started]))
"""


def asked_by(gate, user, request):
    """What the server replies to REQUEST of USER, and how long that took."""
    result = subprocess.run(["/usr/bin/python3", "-c", ASK, gate.socket, json.dumps({"v": 1, "id": 1, **request})], capture_output=True,
                            text=True, timeout=120, user=user, group=0, extra_groups=[])
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def done(gate, user, *words):
    result = run(gate, user, *words, "--json")
    assert result.returncode == 0, (words, result.stdout, result.stderr)
    return json.loads(result.stdout)


def refused(gate, user, *words, code=5):
    result = run(gate, user, *words)
    assert result.returncode == code, (words, result.returncode, result.stdout, result.stderr)
    return result.stderr


def ask_for(gate, name=NAME, user=ALICE, length="7d"):
    return done(gate, user, "lift", name, "--for", length, "--reason", WHY)["lift"]


def lifted(gate, name=NAME, length="7d"):
    number = ask_for(gate, name, length=length)
    return done(gate, BOB, "lift", "confirm", number)


def is_open(gate, name):
    return bool(ask(gate.port, name).answer)


def octets(gate, name, ident=b"\x12\x34"):
    """The reply to a fixed question, with the name's own octets, which are as long for the names that are compared, taken out."""
    wire = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.settimeout(10)
        one.sendto(ident + struct.pack("!5H", 0x0100, 1, 0, 0, 1) + wire + b"\0\1\0\1" + b"\0\0\x29\x04\xd0\0\0\0\0\0\0", ("127.0.0.1", gate.port))
        reply = one.recv(4096)
    assert wire in reply
    return reply.replace(wire, b"?")


def copy_of_state(gate, to):
    """state.db as it stands, with its log."""
    for suffix in ("", "-wal"):
        source = Path(f"{gate.folder / 'state.db'}{suffix}")
        if source.exists():
            shutil.copy(source, f"{to}{suffix}")
    with sqlite3.connect(to) as db:  # brings the log in
        db.execute("PRAGMA journal_mode = DELETE")
    db.close()
    return to


# ---- two users

def test_it_takes_a_second_operator(gate):
    assert not is_open(gate, NAME)
    request = done(gate, ALICE, "lift", NAME, "--for", "7d", "--reason", WHY)
    assert request["state"] == "asked" and request["asked_by"] == "alice"
    assert not is_open(gate, NAME)
    assert "two people" in refused(gate, ALICE, "lift", "confirm", request["lift"])
    assert "none of the operators" in refused(gate, STRANGER, "lift", "confirm", request["lift"])
    assert "nobody in particular" in refused(gate, 0, "lift", "confirm", request["lift"])
    assert not is_open(gate, NAME)
    confirmed, took_s = asked_by(gate, BOB, {"do": "lift_confirm", "lift": request["lift"]})
    assert is_open(gate, NAME) and took_s < 2 and is_open(gate, "deep.below." + NAME) and not is_open(gate, "stays.example")
    assert confirmed["state"] == "in_force" and confirmed["until_s"] == NOON + 7 * DAY_S and confirmed["confirmed_by"] == "bob"
    assert "confirmed or ended already" in refused(gate, BOB, "lift", "confirm", request["lift"])


def test_who_asks_has_to_be_an_operator(gate):
    words = ("lift", NAME, "--for", "7d", "--reason", WHY)
    assert "none of the operators" in refused(gate, STRANGER, *words)
    assert "nobody in particular" in refused(gate, 0, *words)
    assert "you are not the user" in refused(gate, ALICE, *words, "--as", "bob")
    assert "no operator is called" in refused(gate, ALICE, *words, "--as", "carol")
    assert done(gate, ALICE, *words, "--as", "alice")["asked_by"] == "alice"
    for verb in (("lift", "list"), ("audit",), ("audit", "verify"), ("lift", "end", "1")):
        assert "none of the operators" in refused(gate, STRANGER, *verb)
    portal = tool(*words, "--socket", gate.folder / "portal.sock", check=False)
    assert portal.returncode == 5 and "not for this socket" in portal.stderr


def test_what_is_missing_or_too_much_is_refused_with_the_reason(gate):
    words = ["lift", NAME]
    assert "say why" in refused(gate, ALICE, *words, "--for", "7d", code=2)
    assert "has an end" in refused(gate, ALICE, *words, "--reason", WHY, code=2)
    for length in ("91d", "ever", "0s", "2160h1s", "-1d"):
        assert "at most 90d" in refused(gate, ALICE, *words, "--reason", WHY, f"--for={length}", code=2)
    assert "leave the name out" in refused(gate, ALICE, *words, "--for", "7d", "--reason", f"about {NAME.upper()}!", code=2)
    assert "plain text" in refused(gate, ALICE, *words, "--for", "7d", "--reason", "a\x1b[2Jb", code=2)
    for name in ("example", ".", "a..example", "-"):
        refused(gate, ALICE, "lift", "--for", "7d", "--reason", WHY, "--", name, code=2)
    for name in ("bird.example", "x.bird.example"):
        assert "canary" in refused(gate, ALICE, "lift", name, "--for", "7d", "--reason", WHY)
    assert done(gate, ALICE, "lift", "list")["lifts"] == []
    ask_for(gate, length="90d")


def test_a_request_waits_for_a_day(gate):
    number = ask_for(gate)
    gate.clock.set(NOON + DAY_S - 1)
    assert done(gate, ALICE, "lift", "list")["lifts"][0]["state"] == "asked"
    gate.clock.set(NOON + DAY_S)
    assert done(gate, ALICE, "lift", "list")["lifts"][0]["state"] == "expired"
    assert "more than a day" in refused(gate, BOB, "lift", "confirm", number)
    assert not is_open(gate, NAME)
    assert "no such lift" in refused(gate, BOB, "lift", "confirm", 99, code=4)


def test_the_second_may_say_which_name_it_is(gate):
    number = ask_for(gate)
    assert "another name" in refused(gate, BOB, "lift", "confirm", number, OTHER)
    assert done(gate, BOB, "lift", "confirm", number, NAME.upper())["state"] == "in_force"


def test_nothing_tells_whether_there_is_an_entry(gate):
    """Each reply to a lift of a listed name, of one below, and of one that is on no list differs in number and code alone."""
    def seen(name):
        number = ask_for(gate, name)
        replies = [done(gate, ALICE, "lift", "list")["lifts"][0], done(gate, BOB, "lift", "confirm", number),
                   run(gate, ALICE, "lift", "end", number).stdout, refused(gate, ALICE, "lift", "end", number)]
        text = json.dumps(replies)
        return text.replace(replies[0]["code"], "CODE").replace(f'"lift": {number}', "N").replace(f"lift {number}", "N")
    assert seen(NAME) == seen(OTHER) == seen("www." + NAME)


def test_before_and_after_are_octet_for_octet_what_others_get(gate):
    """Blocked: as another blocked name; lifted: as one that is on no list; over: as before."""
    free, other = "unlistedxx.example", "unlistedyy.example"
    assert len(free) == len(other) == len(NAME)
    before = octets(gate, NAME)
    assert before != octets(gate, free)
    lifted(gate, length="1h")
    assert octets(gate, NAME) == octets(gate, other)
    gate.clock.set(NOON + 3600)
    assert octets(gate, NAME) == before


# ---- ends

def test_its_end_is_an_edge_and_the_block_is_back_by_itself(gate):
    lifted(gate, length="1h")
    ttl = [ask(gate.port, NAME).answer[0].ttl]
    gate.clock.set(NOON + 3590)
    ttl.append(ask(gate.port, NAME).answer[0].ttl)
    assert ttl[1] <= 10 and is_open(gate, NAME)
    gate.clock.set(NOON + 3600)
    assert not is_open(gate, NAME)
    assert done(gate, ALICE, "lift", "list")["lifts"][0]["state"] == "over"
    gate.clock.set(NOON - 60)  # a clock that was ahead when it was confirmed
    assert not is_open(gate, NAME)


def test_one_ends_it_at_once(gate):
    number = lifted(gate)["lift"]
    assert is_open(gate, NAME)
    done(gate, ALICE, "lift", "end", number)
    assert not is_open(gate, NAME)
    assert "over already" in refused(gate, ALICE, "lift", "end", number)
    number = ask_for(gate)
    assert done(gate, 0, "lift", "end", number)["state"] == "ended"
    assert "ended already" in refused(gate, BOB, "lift", "confirm", number)
    assert [row["actor"] for row in done(gate, 0, "audit") if row["action"] == "lift_ended"] == ["alice", "user 0"]


def test_a_second_lift_takes_the_place_of_the_first(gate):
    first = lifted(gate, length="1h")["lift"]
    second = lifted(gate, length="2h")["lift"]
    states = {one["lift"]: one["state"] for one in done(gate, ALICE, "lift", "list")["lifts"]}
    assert states == {first: "ended", second: "in_force"}
    gate.clock.set(NOON + 3600)
    assert is_open(gate, NAME)
    gate.clock.set(NOON + 7200)
    assert not is_open(gate, NAME)


def test_what_leads_to_a_lifted_name_follows_it(gate, upstream):
    """A kept answer is judged anew: at the confirmation, and at the end."""
    upstream.set("shop.test", "A", ("shop.test", "CNAME", NAME + "."), (NAME, "A", "192.0.2.7"))
    assert not is_open(gate, "shop.test")
    lifted(gate, length="1h")
    assert is_open(gate, "shop.test")
    gate.clock.set(NOON + 3590)
    assert is_open(gate, "shop.test")
    gate.clock.set(NOON + 3600)
    assert not is_open(gate, "shop.test")


# ---- what outlives the server

def test_a_lift_is_there_after_kill_9_and_a_reload(gate):
    waiting = ask_for(gate, "stays.example")
    number = lifted(gate)["lift"]
    gate.kill_server()
    gate.wait_ready()
    wait_for(lambda: is_open(gate, NAME), "the lift")
    done(gate, BOB, "lift", "confirm", waiting)
    gate.control("reload")
    assert is_open(gate, NAME) and is_open(gate, "stays.example")
    done(gate, ALICE, "lift", "end", number)
    gate.kill_server()
    gate.wait_ready()
    assert not is_open(gate, NAME) and is_open(gate, "stays.example")


def test_kill_9_in_the_middle_leaves_all_of_it_or_nothing(gate):
    """At any step of a confirmation: the chain is whole, and what is in force is what the account says."""
    for step in range(8):
        number = ask_for(gate)
        line = json.dumps({"v": 1, "id": 1, "do": "lift_confirm", "lift": number}) + "\n"
        code = f"""import socket, time
one = socket.socket(socket.AF_UNIX)
one.connect({str(gate.socket)!r})
one.sendall({line!r}.encode())
print(flush=True)
time.sleep(60)"""
        client = subprocess.Popen(["/usr/bin/python3", "-c", code], stdout=subprocess.PIPE, user=BOB, group=0, extra_groups=[])
        client.stdout.readline()
        until = time.monotonic() + step * 0.002
        while time.monotonic() < until:
            pass
        gate.kill_server()
        client.kill()
        client.wait()
        gate.wait_ready()
        done(gate, ALICE, "audit", "verify")
        state = next(one["state"] for one in done(gate, ALICE, "lift", "list")["lifts"] if one["lift"] == number)
        assert state in ("asked", "in_force") and is_open(gate, NAME) == (state == "in_force")
        done(gate, ALICE, "lift", "end", number)
        gate.clock.set(NOON + (step + 1) * 3600)


def test_another_key_voids_what_was_lifted_under_the_first(gate):
    lifted(gate)
    (gate.folder / "key").rename(gate.folder / "first")
    tool("set", "key", gate.folder / "key")
    gate.control("reload")
    assert not is_open(gate, NAME)
    assert done(gate, ALICE, "lift", "list")["lifts"][0]["state"] == "void"
    (gate.folder / "first").rename(gate.folder / "key")
    gate.control("reload")
    assert is_open(gate, NAME)


def test_without_key_state_or_a_second_operator_nothing_can_be_lifted(make):
    for change, told in ((("  key: key\n", ""), "no key is configured"), (("state: {path: state.db}\n", ""), "state.path"),
                         ((", bob: {user: bin}", ""), "two operators"), (("operators", "# operators"), "two operators")):
        gate = make(change=change)
        assert told in refused(gate, ALICE, "lift", NAME, "--for", "7d", "--reason", WHY, code=1)
        assert not is_open(gate, NAME)
        gate.stop()


# ---- keys

@pytest.fixture(scope="module")
def signers(tmp_path_factory):
    return {who: Signer(tmp_path_factory.mktemp(who), who) for who in ("carol", "dave", "erin", "mallory")}


@pytest.fixture
def signed(make, signers):
    """A server whose operators are keys, beside two users, one of them with a key, too."""
    made = make(operators=f"carol: {{key: {signers['carol'].public_key}}}, dave: {{key: {signers['dave'].public_file}}}, "
                          f"erin: {{user: daemon, key: {signers['erin'].public_key}}}, bob: {{user: bin}}")
    made.signers = signers
    return made


def request_text(name=NAME, until=NOON + DAY_S, asked=NOON, nonce="00" * 16, reason=WHY):
    def when(at):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
    return f"stairgate lift 1\nname: {name}\nuntil: {when(until)}\nasked: {when(asked)}\nnonce: {nonce}\nreason: {reason}\n"


def apply(gate, text, *who, user=STRANGER, legacy=False, signed_text=None):
    folder = Path(tempfile.mkdtemp(dir=gate.socket.parent))
    folder.chmod(0o755)
    (folder / "request").write_text(text)
    words = []
    for each in who:
        path = folder / f"{each}.minisig"
        path.write_bytes(gate.signers[each].sign((signed_text or text).encode(), legacy=legacy))
        words += ["--signature", path]
    return run(gate, user, "lift", "apply", folder / "request", *words)


def test_two_keys_lift_and_a_request_serves_once(signed):
    text = request_text()
    result = apply(signed, text, "carol", "dave")
    assert result.returncode == 0 and "carol and dave" in result.stdout, result.stderr
    assert is_open(signed, NAME)
    again = apply(signed, text, "carol", "dave")
    assert again.returncode == 1 and "serves once" in again.stderr
    signed.control("lift", "end", "1")
    assert not is_open(signed, NAME)
    signed.kill_server()
    signed.wait_ready()
    again = apply(signed, text, "dave", "carol", legacy=True)
    assert "serves once" in again.stderr and not is_open(signed, NAME)
    assert apply(signed, request_text(nonce="01" * 16), "dave", "carol", legacy=True).returncode == 0
    assert is_open(signed, NAME)


def test_a_key_and_a_user_are_two_people_unless_they_are_one(signed):
    alone = apply(signed, request_text(), "carol")
    assert alone.returncode == 5 and "'carol' alone" in alone.stderr
    assert "'carol' alone" in apply(signed, request_text(), "carol", "carol").stderr
    assert "'erin' alone" in apply(signed, request_text(), "erin", user=ALICE).stderr
    assert not is_open(signed, NAME)
    assert apply(signed, request_text(), "carol", user=BOB).returncode == 0
    assert is_open(signed, NAME)


def test_signatures_that_do_not_fit_are_refused(signed):
    text = request_text()
    assert "no operator" in apply(signed, text, "carol", "mallory").stderr
    other = apply(signed, text, "carol", "dave", signed_text=request_text(name="stays.example"))
    assert other.returncode == 1 and "does not fit" in other.stderr
    for change in ({"until": NOON + 2 * DAY_S}, {"reason": "another"}, {"nonce": "02" * 16}, {"asked": NOON - 1}):
        assert "does not fit" in apply(signed, request_text(**change), "carol", "dave", signed_text=text).stderr, change
    assert "not a signature" in run(signed, BOB, "lift", "apply", open_file(signed, text), "--signature", open_file(signed, "x")).stderr
    assert not is_open(signed, NAME)


def open_file(gate, text):
    with tempfile.NamedTemporaryFile("w", dir=gate.socket.parent, delete=False) as out:
        out.write(text)
    os.chmod(out.name, 0o644)
    return out.name


def test_requests_that_may_not_be_are_refused_though_signed(signed):
    for change, told in (({"asked": NOON - DAY_S, "until": NOON + 60}, "older than a day"), ({"asked": NOON + 301}, "time to come"),
                         ({"asked": NOON - 60, "until": NOON}, "over already"), ({"until": NOON + 90 * DAY_S + 1}, "90 days"),
                         ({"name": "x.bird.example"}, "canary"), ({"name": "example"}, "top-level"),
                         ({"reason": f"see {NAME}"}, "leave the name out"), ({"name": NAME.upper()}, "not written as")):
        result = apply(signed, request_text(**change), "carol", "dave")
        assert result.returncode != 0 and told in result.stderr, (change, result.stderr)
    assert not is_open(signed, NAME)
    assert apply(signed, request_text(asked=NOON + 300, until=NOON + 300 + 90 * DAY_S), "carol", "dave").returncode == 0


def test_what_print_writes_can_be_signed(signed):
    """Its clock is this machine's, the server's is not: what it says is that."""
    text = tool("lift", NAME, "--for", "7d", "--reason", WHY, "--print").stdout
    lines = dict(line.split(": ", 1) for line in text.splitlines()[1:])
    assert text.startswith("stairgate lift 1\n") and lines["name"] == NAME and lines["reason"] == WHY and len(lines["nonce"]) == 32
    asked = time.strptime(lines["asked"], "%Y-%m-%dT%H:%M:%SZ")
    until = time.strptime(lines["until"], "%Y-%m-%dT%H:%M:%SZ")
    assert calendar.timegm(until) - calendar.timegm(asked) == 7 * DAY_S
    signed.clock.set(calendar.timegm(asked) + 5)
    assert apply(signed, text, "carol", "dave").returncode == 0
    assert is_open(signed, NAME)
    assert tool("lift", NAME, "--for", "7d", "--print", check=False).returncode == 2


def test_tries_are_bounded(signed):
    wrong = {"v": 1, "id": 1, "do": "lift_apply", "request": "x", "signatures": ["x"]}
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(60)
        one.connect(str(signed.socket))
        replies = one.makefile("r")
        for _ in range(30):
            one.sendall(json.dumps(wrong).encode() + b"\n")
            assert json.loads(replies.readline())["errors"][0]["code"] == "format"
    assert "wait a while" in refused(signed, BOB, "lift", NAME, "--for", "7d", "--reason", WHY, code=6)
    signed.clock.set(NOON + 3600)
    ask_for(signed, user=BOB)


# ---- the account

def digests(rows):
    """The chain as docs/lifts.md has it."""
    before = bytes(32)
    for row in rows:
        data = before + struct.pack("<qq", row["number"], row["at_s"])
        for key in ("actor", "action", "subject", "reason"):
            data += struct.pack("<I", len(row[key].encode())) + row[key].encode()
        before = hashlib.blake2b(data, digest_size=32).digest()
        yield before.hex()


def test_the_account_tells_all_but_the_name(gate):
    number = lifted(gate)["lift"]
    done(gate, ALICE, "lift", "end", number)
    rows = done(gate, ALICE, "audit")
    assert [(row["number"], row["actor"], row["action"]) for row in rows] == [
        (1, "stairgated", "key"), (2, "stairgated", "operators"), (3, "alice", "lift_asked"), (4, "bob", "lift"), (5, "alice", "lift_ended")]
    assert rows[1]["reason"] == "alice (user 1), bob (user 2)"
    assert all(WHY in row["reason"] for row in rows[2:4]) and len({row["subject"] for row in rows[2:]}) == 1
    assert [row["digest"] for row in rows] == list(digests(rows))
    head = done(gate, ALICE, "audit", "verify")
    assert head == {"number": 5, "digest": rows[-1]["digest"]}
    assert run(gate, BOB, "audit", "verify", "--head", f"2:{rows[1]['digest']}").returncode == 0
    assert "written anew" in refused(gate, BOB, "audit", "verify", "--head", f"2:{rows[0]['digest']}", code=1)
    for row in rows:
        assert f"event=audit number={row['number']} digest={row['digest']}" in gate.process.log()
    assert done(gate, ALICE, "audit", "--since", "2027-01-16") == [] and len(done(gate, ALICE, "audit", "--since", "2027-01-15")) == 5


def test_a_copy_is_checked_offline_and_each_change_of_it_is_told(gate, tmp_path):
    lifted(gate)
    head = done(gate, ALICE, "audit", "verify")
    copy = copy_of_state(gate, tmp_path / "copy.db")
    assert json.loads(tool("audit", "verify", "--db", copy, "--json").stdout) == head
    assert tool("audit", "verify", "--db", tmp_path / "none.db", check=False).returncode == 4
    triggers = [row[0] for row in sqlite3.connect(copy).execute("SELECT sql FROM sqlite_schema WHERE type = 'trigger'")]
    off = "".join(f"DROP TRIGGER {sql.split()[2]};" for sql in triggers)
    for change, told in (("UPDATE audit SET reason = 'x' WHERE number = 1", "changed at row 1"),
                         ("DELETE FROM audit WHERE number = 1", "lacks row 1"),
                         ("DELETE FROM audit WHERE number = 4", "ends with row 3"),
                         ("UPDATE audit SET actor = 'root' WHERE number = 2", "changed at row 2")):
        changed = shutil.copy(copy, tmp_path / "changed.db")
        with sqlite3.connect(changed) as db:
            db.executescript(off + change + ";" + ";".join(triggers))
        db.close()
        result = tool("audit", "verify", "--db", changed, check=False)
        assert result.returncode == 1 and told in result.stderr, (change, result.stderr)
    # A chain that was written anew from the first row on is whole in itself: the head that was noted tells.
    with sqlite3.connect(copy) as db:
        rows = [dict(zip(("number", "at_s", "actor", "action", "subject", "reason"), row)) for row in
                db.execute("SELECT number, at, actor, action, subject, reason FROM audit ORDER BY number")]
        rows[0]["actor"] = "nobody"
        script = "".join(f"UPDATE audit SET actor = '{row['actor']}', digest = x'{digest}' WHERE number = {row['number']};"
                         for row, digest in zip(rows, digests(rows)))
        db.executescript(off + script + ";".join(triggers))
    db.close()
    assert tool("audit", "verify", "--db", copy).returncode == 0
    noted = tool("audit", "verify", "--db", copy, "--head", f"{head['number']}:{head['digest']}", check=False)
    assert noted.returncode == 1 and "written anew" in noted.stderr


def rewrite_state(gate, script):
    """Changes state.db while the server is down, as whoever holds the machine can."""
    gate.process.stop()
    with sqlite3.connect(gate.folder / "state.db") as db:
        db.executescript(script)
    db.close()
    gate.start()


def test_a_changed_account_lifts_nothing_and_is_told(gate):
    lifted(gate)
    triggers = "DROP TRIGGER audit_unchanged; DROP TRIGGER audit_kept; DROP TRIGGER audit_in_order;"
    rewrite_state(gate, triggers + "UPDATE audit SET reason = 'x' WHERE number = 2;")
    assert not is_open(gate, NAME)
    assert any("changed at row 2" in warning["text"] for warning in gate.status(check=False)["warnings"])
    assert "changed at row 2" in refused(gate, ALICE, "audit", "verify", code=1)
    assert "changed at row 2" in refused(gate, ALICE, "lift", OTHER, "--for", "1d", "--reason", WHY, code=1)
    assert gate.status(check=False)["health"] == "warning" and "event=audit_fault" in gate.process.log()
    assert sqlite3.connect(copy_of_state(gate, gate.folder / "look.db")).execute("SELECT count(*) FROM audit").fetchone() == (4,)


def test_a_row_that_the_account_does_not_bear_out_lifts_nothing(gate):
    number = ask_for(gate)
    rewrite_state(gate, f"UPDATE lift SET state = 1, confirmed_by = 'bob', from_s = {NOON}, until_s = {NOON + DAY_S}, audit = 3;")
    assert not is_open(gate, NAME)
    assert done(gate, ALICE, "lift", "list")["lifts"][0]["state"] == "void" and "event=lift_void" in gate.process.log()
    longer = lifted(gate, "stays.example", "1h")["lift"]
    assert is_open(gate, "stays.example") and longer > number
    rewrite_state(gate, f"UPDATE lift SET until_s = until_s + {DAY_S} WHERE id = {longer};")
    assert not is_open(gate, "stays.example")
    number = lifted(gate, "stays.example", "1d")["lift"]
    done(gate, ALICE, "lift", "end", number)
    rewrite_state(gate, f"UPDATE lift SET state = 1, until_s = {NOON + DAY_S} WHERE id = {number};")
    assert not is_open(gate, "stays.example")


def test_other_operators_and_another_key_are_in_the_account(gate):
    text = gate.config_path.read_text()
    gate.config_path.write_text(text.replace("bob: {user: bin}", "bob: {user: sys}"))
    gate.control("reload")
    gate.control("reload")
    (gate.folder / "key").unlink()
    tool("set", "key", gate.folder / "key")
    gate.control("reload")
    assert [(row["action"], row["reason"]) for row in done(gate, ALICE, "audit")[2:]] == [
        ("operators", "alice (user 1), bob (user 3)"), ("key", "names are hashed under it")]


def test_an_account_that_is_begun_anew_says_so(gate):
    lifted(gate)
    gate.process.stop()
    (gate.folder / "state.db").write_bytes(b"x" * 8192)
    gate.start()
    rows = done(gate, ALICE, "audit")
    assert [row["action"] for row in rows] == ["begun", "key", "operators"] and "set aside" in rows[0]["reason"]
    assert not is_open(gate, NAME)


# ---- no name anywhere

def holds_no_name(gate):
    """Neither what is shown nor what is logged nor what is stored: as text or as on the wire."""
    gate.control("status", check=False)
    shown = [gate.process.log()]
    for verb in (("lift", "list"), ("lift", "list", "--json"), ("audit",), ("audit", "--json"), ("audit", "verify"), ("status", "--json")):
        shown.append(run(gate, 0, *verb).stdout)
    assert "secretword" not in "".join(shown) and WHY in "".join(shown)
    stored = b"".join(path.read_bytes() for path in gate.folder.glob("state.db*"))
    gate.process.stop()
    stored += b"".join(path.read_bytes() for path in gate.folder.glob("state.db*"))
    assert b"secretword" not in stored and WHY.encode() in stored


def test_no_name_is_kept_or_told_of_what_users_lift(gate):
    number = ask_for(gate)
    done(gate, BOB, "lift", "confirm", number, NAME)
    refused(gate, BOB, "lift", "confirm", number, NAME)
    refused(gate, STRANGER, "lift", NAME, "--for", "7d", "--reason", WHY)
    holds_no_name(gate)


def test_no_name_is_kept_or_told_of_what_is_signed(signed):
    assert apply(signed, request_text(), "carol", "dave").returncode == 0
    assert apply(signed, request_text(), "carol", "dave").returncode == 1
    holds_no_name(signed)


def test_why_says_no_more_of_a_lifted_name_than_of_one_that_is_free(gate):
    """But when its answer ends, which its TTL shows, too."""
    lifted(gate)

    def why(name):
        told = json.loads(run(gate, 0, "why", name, "--client", "127.0.0.1", "--json").stdout)
        return told["moment"].pop("until"), json.dumps(told).replace(name, "NAME")
    [until, of_lifted], [never, of_free] = why(NAME), why("unlistedxx.example")
    assert of_lifted == of_free and until == NOON + 7 * DAY_S and never is None


# ---- syslog

def test_each_head_goes_to_syslog_where_that_is_wanted(make):
    if Path("/dev/log").exists():
        pytest.skip("a syslog is there, which this must not take the place of")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as syslog:
        syslog.bind("/dev/log")
        try:
            os.chmod("/dev/log", 0o666)
            syslog.settimeout(30)
            gate = make(syslog="yes")
            lifted(gate)
            lines = [syslog.recv(4096).decode() for _ in range(4)]
        finally:
            os.unlink("/dev/log")
    rows = done(gate, ALICE, "audit")
    assert len(rows) == len(lines)
    for line, row in zip(lines, rows):
        assert line.startswith("<85>") and line.rstrip("\0\n").endswith(f"stairgate audit {row['number']} {row['digest']}")
        assert "secretword" not in line
