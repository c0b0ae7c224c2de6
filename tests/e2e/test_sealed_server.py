"""The server and its sealed set: read under the key that stands outside of it, kept where the next one is no good, another key."""
import os
import shutil

import pytest

from harness import Stairgate, Upstream, ede, seal, tool, wait_for

CONFIG = """\
listen: [{listen}]
clients: {{allow: [127.0.0.0/8, "::1"]}}
upstreams: [{upstreams}]
profiles:
  child: {{extends: primary}}
  adult: {{extends: legal_only}}
networks:
  - {{prefix: 127.0.0.2, profile: adult}}
default_profile: child
special: {{test: forward}}
sets: {{public: lists.set, hotline: a.set}}
control: {{operator: control.sock}}
server: {{workers: {workers}}}
{more}
"""
KEY = "sealed: {{key: {key}}}"


@pytest.fixture
def upstream():
    one = Upstream()
    one.set("*", "A", "192.0.2.80")
    yield one
    one.running = False


@pytest.fixture
def server(tmp_path, upstream):
    seal(tmp_path, "a", ["bad.test", "worse.test"])
    one = Stairgate(tmp_path, config=CONFIG, upstreams=[upstream], more=KEY.format(key="a.key"))
    yield one
    one.stop()


def is_blocked(server, name):
    answers = [server.ask(name, host="127.0.0.1"), server.ask(name, host="127.0.0.1", source="127.0.0.2")]
    blocked = {not one.answer and 15 in ede(one) for one in answers}
    assert len(blocked) == 1  # every profile alike
    return blocked.pop()


def configure(server, upstream, key):
    server.write(CONFIG, [upstream], 1, KEY.format(key=key))


def test_what_is_sealed_is_blocked_for_everybody_with_what_lies_below(server):
    assert is_blocked(server, "bad.test") and is_blocked(server, "www.bad.test") and is_blocked(server, "a.b.worse.test")
    assert not is_blocked(server, "good.test") and not is_blocked(server, "notbad.test")


def test_a_new_set_takes_the_place_of_the_old_with_a_reload(server):
    seal(server.folder, "a", ["worse.test", "new.test"])
    server.control("reload")
    assert not is_blocked(server, "bad.test") and is_blocked(server, "new.test") and is_blocked(server, "worse.test")


def spoil(folder, how):
    path = folder / "a.set"
    octets = bytearray(path.read_bytes())
    if how == "damaged":
        octets[-40] ^= 1
    if how == "cut":
        del octets[-1:]
    if how != "gone":
        (folder / "next").write_bytes(octets)
        (folder / "next").chmod(0o644 if how == "readable" else 0o600)
        os.rename(folder / "next", path)
    else:
        path.unlink()


@pytest.mark.parametrize("how, says", [("damaged", "damaged, or sealed under another key"), ("cut", "cut off or damaged"),
                                       ("readable", "chmod 600"), ("gone", "")])
def test_a_set_that_is_no_good_leaves_the_one_in_force(server, how, says):
    spoil(server.folder, how)
    done = server.control("reload", check=False)
    assert done.returncode != 0 and says in done.stdout + done.stderr
    assert "bad.test" not in done.stdout + done.stderr
    assert is_blocked(server, "bad.test") and not is_blocked(server, "good.test")


@pytest.mark.parametrize("how", ["damaged", "readable", "gone"])
def test_that_holds_where_another_set_lacks(server, how):
    """Lists that no run has brought yet are no reason to give up those that are there."""
    (server.folder / "lists.set").unlink()
    server.stop()
    server.start()
    assert is_blocked(server, "bad.test")
    spoil(server.folder, how)
    done = server.control("reload", check=False)
    assert done.returncode != 0 and "a.set" in done.stdout + done.stderr
    assert is_blocked(server, "bad.test")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may run the server as somebody else")
@pytest.mark.parametrize("file", ["a.key", "a.set"])
def test_what_the_servers_user_may_not_read_is_told_with_its_cure_and_the_operators_own_denials_hold(tmp_path, upstream, file):
    seal(tmp_path, "a", ["bad.test"])
    for path in (tmp_path, *list(tmp_path.parents)[:2]):
        path.chmod(0o755)
    for path in (tmp_path, tmp_path / "a.key", tmp_path / "a.set"):
        shutil.chown(path, "nobody" if path.name != file else "root")
    config = CONFIG.replace("{{workers: {workers}}}", "{{workers: {workers}, user: nobody}}\noperator: {{deny: [own.test]}}")
    server = Stairgate(tmp_path, config=config, upstreams=[upstream], more=KEY.format(key="a.key"), start=False)
    (tmp_path / "lists.set").unlink()  # what lacks of the public lists does not hide it
    server.start()
    warnings = " ".join(one["text"] for one in server.status(check=False)["warnings"])
    assert f"{file}: cannot open: permission denied; give it to the user that runs this" in warnings
    assert is_blocked(server, "own.test") and not is_blocked(server, "bad.test")
    server.stop()


def test_another_key_in_the_order_that_the_page_has(server, upstream):
    """docs/sealed-set.md, "Another key": with the old set nothing changes; with the set sealed anew it does."""
    tool("set", "key", server.folder / "b.key")
    configure(server, upstream, "b.key")
    assert server.control("reload", check=False).returncode != 0
    assert is_blocked(server, "bad.test")
    _, path = seal(server.folder, "b", ["bad.test", "new.test"])
    os.rename(path, server.folder / "a.set")
    server.control("reload")
    assert is_blocked(server, "bad.test") and is_blocked(server, "new.test") and not is_blocked(server, "worse.test")


def test_the_key_may_be_a_credential_of_the_service(tmp_path, upstream, monkeypatch):
    folder = tmp_path / "credentials"
    folder.mkdir()
    key, _ = seal(tmp_path, "a", ["bad.test"])
    os.rename(key, folder / "sealed")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    server = Stairgate(tmp_path, config=CONFIG, upstreams=[upstream], more=KEY.format(key='"credential:sealed"'))
    assert is_blocked(server, "bad.test")
    server.stop()


def test_a_server_that_is_killed_reads_it_again(server):
    server.kill_server()
    wait_for(lambda: server.status(check=False), "the next server")
    assert is_blocked(server, "bad.test")
