"""Devices by the config and by the operator's word: on the wire at once, over restarts, in lists and files."""
import json

import pytest

from harness import ask, tool

CONFIG = """\
listen: [{listen}]
clients: {{allow: [127.0.0.0/8]}}
upstreams: [{upstreams}]
profiles:
  child: {{block: [porn, games]}}
  adult: {{block: []}}
  teen: {{block: [porn]}}
groups:
  kids: {{in: family}}
  family: {{profile: teen}}
devices:
  desk: {{keys: 127.0.1.7, profile: adult}}
  room: {{keys: [127.0.2.0/24, "cpe:line-1"], group: kids}}
networks:
  - {{prefix: 127.0.8.0/24, profile: adult, unknown: child}}
default_profile: child
special: {{test: forward}}
sets: {{public: lists.set}}
control: {{operator: control.sock}}
server: {{workers: {workers}}}
state: {{path: state.db}}
{more}
"""
LISTS = {"porn": "adult.example\n", "games": "game.example\n"}
OPEN = {"child": [], "teen": ["game.example"], "adult": ["adult.example", "game.example"]}


@pytest.fixture
def gate(stairgate, upstream):
    upstream.set("*", "A", "192.0.2.1")
    return stairgate(upstreams=[upstream], lists=LISTS, config=CONFIG)


def profile(gate, source):
    """The profile that SOURCE gets on the wire."""
    came = [name for name in ("adult.example", "game.example") if ask(gate.port, name, source=source).answer]
    return next(word for word, names in OPEN.items() if names == came)


def listed(gate, *words):
    return {one["name"] or one["keys"][0]: one for one in json.loads(gate.control("devices", "list", "--json", *words).stdout)["devices"]}


def why(gate, client):
    return json.loads(gate.control("why", "game.example", "--client", client, "--json", check=False).stdout)


def test_devices_of_the_config_have_their_profile_by_address_prefix_and_group(gate):
    assert profile(gate, "127.0.1.7") == "adult"
    assert profile(gate, "127.0.1.8") == "child"
    assert profile(gate, "127.0.2.200") == "teen"
    told = why(gate, "127.0.2.9")
    assert told["profile"]["by"] == "device_prefix" and told["profile"]["evidence"] == "127.0.2.0/24"
    assert told["device"]["name"] == "room" and told["device"]["groups"] == ["kids", "family"]
    assert listed(gate)["desk"]["config"] is True


def test_a_name_a_move_and_a_forget_hold_at_once(gate):
    assert profile(gate, "127.0.3.3") == "child"
    gate.control("devices", "name", "127.0.3.3", "phone", "--profile", "adult")
    assert profile(gate, "127.0.3.3") == "adult"
    gate.control("devices", "move", "phone", "--profile", "", "--group", "kids")
    assert profile(gate, "127.0.3.3") == "teen"
    told = why(gate, "127.0.3.3")
    assert (told["device"]["name"], told["device"]["by"], told["profile"]["name"]) == ("phone", "device_prefix", "teen")
    gate.control("devices", "forget", "phone")
    assert profile(gate, "127.0.3.3") == "child"
    assert gate.control("devices", "show", "phone", check=False).returncode == 4


def test_the_state_file_stands_above_the_config_at_one_key(gate):
    gate.control("devices", "name", "127.0.1.7", "mine", "--profile", "teen")
    assert profile(gate, "127.0.1.7") == "teen"
    gate.control("devices", "forget", "mine")
    assert profile(gate, "127.0.1.7") == "adult"


def test_a_move_survives_kill_9(gate):
    gate.control("devices", "name", "127.0.3.3", "phone", "--profile", "adult")
    for profile_name in ("teen", "child", "adult"):
        gate.control("devices", "move", "phone", "--profile", profile_name)
        gate.kill_server()
        gate.wait_ready()
        assert profile(gate, "127.0.3.3") == profile_name


def test_who_nobody_knows_gets_what_the_network_has_for_such(gate):
    assert profile(gate, "127.0.8.4") == "child"
    assert why(gate, "127.0.8.4")["unknown_device"] is True
    gate.control("devices", "name", "127.0.8.4", "guest", "--profile", "teen")
    assert profile(gate, "127.0.8.4") == "teen"
    assert why(gate, "127.0.8.4")["unknown_device"] is False


def test_what_cannot_be_is_refused_with_the_reason(gate):
    for words, code, text in [
            (("name", "00:00:5e:00:53", "x"), 2, "not a MAC, address, prefix or cpe:NAME"),
            (("name", "192.0.2.7", "x", "--profile", "gone"), 4, "no such profile: 'gone'"),
            (("name", "192.0.2.7", "x", "--group", "gone"), 4, "no such group: 'gone'"),
            (("name", "192.0.2.7", "desk"), None, "the configuration has a device called 'desk'"),
            (("name", "192.0.2.7", "192.0.2.8"), 2, "which is an id or a key"),
            (("move", "nobody", "--profile", "teen"), 4, "no such device: 'nobody'")]:
        done = gate.control("devices", *words, check=False)
        assert done.returncode == code or (code is None and done.returncode != 0), words
        assert text in done.stderr, (words, done.stderr)
    assert set(listed(gate)) == {"desk", "room"}


def test_an_import_is_whole_or_nothing_and_an_export_brings_it_back(gate, tmp_path):
    rows = ["key,name,group,profile"]
    rows += [f"127.1.{i // 250}.{i % 250 + 1},device {i},,adult" for i in range(1500)]
    rows += ['00:00:5e:00:53:0a,"a, ""b""",kids,']
    good, bad, unknown = (tmp_path / name for name in ("good.csv", "bad.csv", "unknown.csv"))
    good.write_text("\n".join(rows) + "\n")
    bad.write_text("\n".join([*rows, "127.1.0.1,again,,", "tablet,no key,,", "192.0.2.1,,,"]) + "\n")
    unknown.write_text("\n".join([*rows, "192.0.2.1,x,,gone"]) + "\n")
    done = gate.control("devices", "import", bad, check=False)
    assert done.returncode == 1 and f"{bad}:1504: not a MAC" in done.stderr and f"{bad}:1505: a device without name" in done.stderr
    done = gate.control("devices", "import", unknown, check=False)
    assert done.returncode == 1 and f"{unknown}:1503: no such profile: 'gone'" in done.stderr
    assert set(listed(gate)) == {"desk", "room"}
    gate.control("devices", "import", good)
    assert profile(gate, "127.1.5.250") == "adult"
    assert len(listed(gate)) == 2 + 1501
    out = gate.control("devices", "export").stdout
    assert sorted(out.splitlines()) == sorted(rows)


def test_leases_name_those_that_have_no_name(gate, tmp_path):
    gate.control("devices", "name", "00:00:5e:00:53:01", "phone", "--profile", "adult")
    leases = tmp_path / "dnsmasq.leases"
    leases.write_text("1800000000 00:00:5e:00:53:01 192.0.2.5 other *\n1800000000 00:00:5e:00:53:02 192.0.2.6 phone *\n"
                      "1800000000 00:00:5e:00:53:03 192.0.2.7 laptop *\n")
    gate.control("devices", "import", leases)
    names = {one["keys"][0]: one["name"] for one in listed(gate).values() if not one["config"]}
    assert names == {"00:00:5e:00:53:01": "phone", "00:00:5e:00:53:02": "phone-005302", "00:00:5e:00:53:03": "laptop"}


def test_without_a_server_the_state_file_is_written_in_one_piece(stairgate, upstream, tmp_path):
    upstream.set("*", "A", "192.0.2.1")
    gate = stairgate(upstreams=[upstream], lists=LISTS, config=CONFIG, start=False)
    rows = tmp_path / "rows.csv"
    rows.write_text("".join(f"127.1.{i // 250}.{i % 250 + 1},device {i},,adult\n" for i in range(1000)))
    tool("devices", "import", rows, "--state", gate.folder / "state.db")
    gate.start()
    assert profile(gate, "127.1.3.1") == "adult"
    assert gate.control("devices", "import", rows, "--state", gate.folder / "state.db", check=False).returncode == 6


def test_a_device_without_profile_is_as_unknown_as_before(gate):
    gate.control("devices", "name", "127.0.8.4", "guest")
    assert profile(gate, "127.0.8.4") == "child"
    assert listed(gate, "--unknown") == {}
