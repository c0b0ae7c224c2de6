"""`lists add`: a list is tried out, told about, asked for, and only then written."""

import io
import os
import tarfile

import pytest

from harness import tool

CONFIG = """\
# mine
listen: [127.0.0.1@5353]
feeds: {{dir: {dir}, protect: [popular.txt]}}
lists:
  # the first
  first: {{url: 'file://{dir}/first.txt', category: games}}
"""


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    (tmp_path / "popular.txt").write_text("popular.example\nquiet.example\n")
    (tmp_path / "first.txt").write_text("one.example\ntwo.example\n")
    (tmp_path / "new.hosts").write_text("# a list\n0.0.0.0 one.example\n0.0.0.0 three.example\n0.0.0.0 popular.example\n0.0.0.0 com\n")
    path = tmp_path / "stairgate.yaml"
    path.write_text(CONFIG.format(dir=tmp_path))
    path.chmod(0o604)
    return path


def add(config, what, *more, check=True):
    return tool("lists", "add", what, "--config", config, *more, check=check)


def test_it_tells_what_the_list_is_and_writes_it_behind_the_others(config, tmp_path):
    before = config.read_text()
    done = add(config, f"file://{tmp_path}/new.hosts", "--category", "gambling", "--yes")
    assert "format       hosts" in done.stdout and "taken        3:" in done.stdout
    assert "refused      1: public_suffix 1 (line 5)" in done.stdout or "single_label 1 (line 5)" in done.stdout
    assert "popular.example (line 4)" in done.stdout and "quiet.example" not in done.stdout
    assert config.read_text() == before + f"  new:\n    url: file://{tmp_path}/new.hosts\n    category: gambling\n"
    assert config.stat().st_mode & 0o777 == 0o604
    assert tool("config", "check", config).returncode == 0
    assert os.listdir(tmp_path / "tmp") == []


def test_a_dry_run_and_nobody_who_answers_change_nothing(config, tmp_path):
    before = config.read_text()
    done = add(config, f"file://{tmp_path}/new.hosts", "--category", "gambling", "--id", "mine", "--dry-run")
    assert "  mine:" in done.stdout and config.read_text() == before
    asked = add(config, f"file://{tmp_path}/new.hosts", "--category", "gambling", check=False)
    assert asked.returncode == 1 and "say --yes" in asked.stderr and config.read_text() == before
    assert os.listdir(tmp_path / "tmp") == []


@pytest.mark.parametrize("what, more, words", [
    ("file://{dir}/missing.txt", ["--category", "porn"], "missing.txt"),
    ("file://{dir}/new.hosts", [], "say --category"),
    ("file://{dir}/new.hosts", ["--category", "pron"], "did you mean 'porn'"),
    ("file://{dir}/new.hosts", ["--category", "porn", "--id", "first"], "there is a list of that name"),
    ("file://{dir}/new.hosts", ["--category", "porn", "--format", "host"], "did you mean 'hosts'"),
    ("http://127.0.0.1:1/x", ["--category", "porn"], "over http anybody"),
    ("hagezi-fak", [], "did you mean 'hagezi-fake'"),
])
def test_what_cannot_be_added_is_said_and_nothing_is_written(config, tmp_path, what, more, words):
    before = config.read_text()
    done = add(config, what.format(dir=tmp_path), *more, "--yes", check=False)
    assert done.returncode in (1, 2) and words in done.stderr, done.stderr
    assert config.read_text() == before and os.listdir(tmp_path / "tmp") == []


def test_overlap_with_the_lists_in_force_is_told(config, tmp_path):
    tool("lists", "sync", "--config", config)
    done = add(config, f"file://{tmp_path}/new.hosts", "--category", "gambling", "--dry-run")
    assert "overlap      33.3 % of its names are in 'first' too" in done.stdout


def test_a_ut1_archive_goes_by_the_table_and_lacks_what_it_lacks(config, tmp_path):
    with tarfile.open(tmp_path / "ut1.tar.gz", "w:gz") as archive:
        for name, text in {"gambling/domains": "casino.example\n", "gambling/usage": "black\n", "games/domains": "game.example\n",
                           "games/usage": "black\n", "child/domains": "good.example\n", "child/usage": "white\n",
                           "bank/domains": "bank.example\n", "bank/usage": "white\n"}.items():
            member = tarfile.TarInfo(f"blacklists/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    done = add(config, f"file://{tmp_path}/ut1.tar.gz", "--format", "ut1", "--yes")
    assert "gambling: 1 entries" in done.stdout and "edu_positive child: 1 entries" in done.stdout and "bank" not in done.stdout
    one = add(config, f"file://{tmp_path}/ut1.tar.gz", "--format", "ut1", "--id", "second", "--dry-run")
    assert "taken        3:" in one.stdout
