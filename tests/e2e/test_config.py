"""stairgate config: what a person at a terminal sees, and its exit codes."""
import json
import os
import subprocess

import pytest

from harness import BIN, ROOT

BROKEN = """\
lisen: [127.0.0.1]
profiles:
  kid: {extends: primary, block: [gambeling]}
default_profile: kids
"""


def config(*words, **environment):
    return subprocess.run([BIN / "stairgate", "config", *words], capture_output=True, text=True, timeout=30,
                          env={**os.environ, **environment})


def test_check_shows_every_error_with_its_place_and_exits_1(tmp_path):
    file = tmp_path / "f.yaml"
    file.write_text(BROKEN)
    done = config("check", file)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"{file}:1:1: unknown key: 'lisen'; did you mean 'listen'?",
        f"{file}:3:35: unknown category: 'gambeling'; did you mean 'gambling'?",
        f"{file}:4:18: unknown profile: 'kids'; did you mean 'kid'?",
    ]


def test_check_as_json_has_the_places_as_numbers(tmp_path):
    file = tmp_path / "f.yaml"
    file.write_text(BROKEN)
    done = config("check", "--json", file)
    told = json.loads(done.stdout)
    assert done.returncode == 1 and told["schema"] == 1 and told["ok"] is False
    assert [(one["severity"], one["line"], one["column"]) for one in told["problems"]] == [
        ("error", 1, 1), ("error", 3, 35), ("error", 4, 18)]


def test_case_c56_check_says_who_gets_what_and_what_becomes_of_a_name():
    done = config("check", ROOT / "config/examples/family.yaml")
    assert done.returncode == 0 and done.stderr == ""
    assert "127.0.0.2: profile adult (porn open, games open, malware blocked)" in done.stdout
    assert "everybody else: profile child (porn blocked, games open, malware blocked)" in done.stdout


def test_check_says_that_hours_of_a_preset_need_a_zone(tmp_path):
    file = tmp_path / "f.yaml"
    for profile, zone, told in (("extends: primary", "", True), ("born: 2015-06", "", True), ("extends: upper_sec", "", False),
                                ("extends: primary", "zone: Europe/Berlin\n", False), ("extends: primary, zone: Asia/Tokyo", "", False)):
        file.write_text(f"upstreams: []\n{zone}profiles: {{kid: {{{profile}}}}}\n")
        assert ("without a `zone`" in config("check", file).stdout) == told, profile + zone


def test_case_c56_lists_that_nobody_uses_are_a_warning_with_exit_0(tmp_path):
    file = tmp_path / "f.yaml"
    file.write_text("sets: {public: lists.set}\nprofiles: {kid: {block: []}}\n")
    done = config("check", file)
    assert done.returncode == 0
    assert "warning: loaded, used by nobody: 'sets.public'" in done.stderr
    assert "fine, with warnings" in done.stdout


def test_case_c56_check_does_not_call_blocked_what_no_list_blocks(tmp_path):
    file = tmp_path / "f.yaml"
    for text in ("upstreams: []\n", "sets: {public: missing.set}\n"):
        file.write_text(text)
        done = config("check", file)
        assert done.returncode == 0 and "nothing is blocked by category" in done.stdout


def test_show_gives_effective_values_and_who_said_so(tmp_path):
    file = tmp_path / "f.yaml"
    file.write_text("udp: {payload: 1400}\nupstreams: []\n")
    done = config("show", "--json", file)
    rows = {row["name"]: row for row in json.loads(done.stdout)["options"]}
    assert rows["udp.payload"] == {"name": "udp.payload", "value": 1400, "from": "file", "line": 1, "column": 16}
    assert rows["upstreams"]["value"] == []
    assert rows["tcp.idle"] == {"name": "tcp.idle", "value": "10s", "from": "default"}
    assert rows["profiles.child.block"]["from"] == "preset primary"
    plain = config("show", STAIRGATE_CONFIG=str(file))
    assert f"udp.payload: 1400  # {file}:1:16" in plain.stdout.splitlines()


@pytest.mark.parametrize("text, expected", [
    ("{}", {"groups": [], "devices": []}),
    ("groups: {a: {profile: child}}\ndevices: {d: {keys: [192.0.2.1], group: a}}\nprofiles: {child: {}}\n",
     {"groups.a.profile": "child", "devices.d.group": "a", "devices.d.keys": ["192.0.2.1"]})])
def test_show_has_one_row_for_each_thing_that_is_there(tmp_path, text, expected):
    file = tmp_path / "f.yaml"
    file.write_text(text)
    rows = [(row["name"], row["value"]) for row in json.loads(config("show", "--json", file).stdout)["options"]]
    names = [name for name, _ in rows]
    assert len(names) == len(set(names))
    assert all(value is not None for name, value in rows if name in ("groups", "devices"))
    assert expected.items() <= {name: value for name, value in rows if name in expected}.items()


def test_a_wrong_option_or_two_files_are_a_usage_error():
    assert config("check", "--nonsense").returncode == 2
    assert config("check", "a", "b").returncode == 2


@pytest.mark.parametrize("example", ["school", "isp"])
def test_the_control_socket_of_an_example_is_where_the_command_line_looks(example):
    rows = {row["name"]: row for row in json.loads(config("show", "--json", ROOT / f"config/examples/{example}.yaml").stdout)["options"]}
    environment = {key: value for key, value in os.environ.items() if key != "STAIRGATE_SOCKET"}
    done = subprocess.run([BIN / "stairgate", "status"], capture_output=True, text=True, timeout=30, env=environment)
    assert done.returncode != 3 or f"'{rows['control.operator']['value']}'" in done.stderr
