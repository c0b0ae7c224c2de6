"""Lists in the config: what can be chosen, what is there, and taking one out without touching anything else."""

import json
import os

import pytest

from harness import tool

CONFIG = """\
# mine, all mine
lists:
  one:
    url: https://lists.example/one   # why
    category: porn
    auth: {headers: ['X-Key: secret']}
  # about two
  two: {url: 'https://lists.example/two', category: ads, observe: yes}
listen: [127.0.0.1@5353]
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "stairgate.yaml"
    path.write_text(CONFIG)
    path.chmod(0o604)
    return path


def test_the_catalogue_names_who_makes_a_list_and_under_which_licence():
    everything = json.loads(tool("lists", "catalogue", "--json").stdout)["lists"]
    assert len(everything) >= 30 and len({row["id"] for row in everything}) == len(everything)
    assert all(row["url"].startswith("https://") and row["licence"] and row["attribution"] for row in everything)
    small = json.loads(tool("lists", "catalogue", "--json", "--tier", "router", "--category", "gambling").stdout)["lists"]
    assert small and all(row["tier"] == "router" and row["category"] == "gambling" for row in small)
    shown = tool("lists", "catalogue", "--category", "gambling").stdout
    assert all(row["id"] in shown for row in small)


def test_a_misspelt_category_or_tier_is_told():
    assert "did you mean 'porn'" in tool("lists", "catalogue", "--category", "pron", check=False).stderr
    wrong = tool("lists", "catalogue", "--tier", "home", check=False)
    assert wrong.returncode == 2 and "router, school, isp" in wrong.stderr


def test_show_prints_what_is_configured_and_no_secret(config):
    table = tool("lists", "show", "--config", config).stdout
    assert "one" in table and "observe" in table
    one = tool("lists", "show", "one", "--config", config).stdout
    assert "https://lists.example/one" in one and "X-Key: (not shown)" in one and "secret" not in one
    options = json.loads(tool("lists", "show", "one", "--config", config, "--json").stdout)["options"]
    assert options["category"] == "porn" and options["gate.shrink"] == "30" and options["licence"] is None
    assert tool("lists", "show", "three", "--config", config, check=False).returncode == 4


def test_remove_takes_the_lines_of_the_list_and_nothing_else(config):
    lines = CONFIG.splitlines(keepends=True)
    tool("lists", "remove", "one", "--config", config, "--yes")
    assert config.read_text() == "".join(lines[:2] + lines[6:])
    assert config.stat().st_mode & 0o777 == 0o604
    tool("lists", "remove", "two", "--config", config, "--yes")
    assert config.read_text() == "# mine, all mine\nlists: {}\n  # about two\nlisten: [127.0.0.1@5353]\n"
    tool("config", "check", config)


def test_remove_asks_and_changes_nothing_where_nobody_answers(config):
    asked = tool("lists", "remove", "one", "--config", config, check=False)
    assert asked.returncode == 1 and "say --yes" in asked.stderr and config.read_text() == CONFIG
    assert tool("lists", "remove", "three", "--config", config, "--yes", check=False).returncode == 4


def test_remove_follows_a_link_to_the_config(config, tmp_path):
    link = tmp_path / "link.yaml"
    os.symlink(config, link)
    tool("lists", "remove", "one", "--config", link, "--yes")
    assert link.is_symlink() and "one:" not in config.read_text()


def test_a_config_that_would_not_load_is_left_alone(config):
    broken = CONFIG.replace("category: ads", "category: adz")
    config.write_text(broken)
    done = tool("lists", "remove", "one", "--config", config, "--yes", check=False)
    assert done.returncode == 1 and "did you mean 'ads'" in done.stderr and config.read_text() == broken
