"""`stairgate set build` as a person uses it: what goes in, what is said of it, what stands at FILE afterwards."""
import gzip
import json
import os
import pathlib
import pty
import subprocess
import tempfile

import pytest

from harness import BIN, ROOT, tool


def lookup(path, *names):
    done = tool("set", "lookup", path, *names, check=False)
    return {line.split("\t")[0]: line.split("\t")[1] for line in done.stdout.splitlines()}



def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def test_the_format_is_guessed_and_said_or_given(tmp_path):
    listed = write(tmp_path, "list", "0.0.0.0 a.example\n0.0.0.0 b.example\n")
    out = tmp_path / "x.set"
    assert "hosts (guessed)" in tool("set", "build", "--out", out, "--category", f"porn={listed}").stdout
    assert lookup(out, "a.example", "x.a.example") == {"a.example": "porn", "x.a.example": "-"}
    assert "plain " in tool("set", "build", "--out", out, "--category", f"porn={listed}:plain,match=subtree").stdout
    assert lookup(out, "x.a.example") == {"x.a.example": "porn"}


def test_gzip_needs_no_name(tmp_path):
    packed = tmp_path / "list"
    packed.write_bytes(gzip.compress(b"a.example\n"))
    tool("set", "build", "--out", tmp_path / "x.set", "--category", f"games={packed}")
    assert lookup(tmp_path / "x.set", "www.a.example") == {"www.a.example": "games"}


def test_the_report_has_reasons_and_first_lines(tmp_path):
    listed = write(tmp_path, "list", "a.example\nb..example\nsingle\nco.uk\nb..example\na.example\n")
    done = tool("set", "build", "--out", tmp_path / "x.set", "--json", "--category", f"ads={listed},feed=mine")
    row = json.loads(done.stdout)["sources"][0]
    assert row["feed"] == "mine" and row["names"] == 1 and row["duplicates"] == 1 and row["lines"] == 6
    assert row["refused"] == {"malformed": {"count": 2, "first_line": 2}, "single_label": {"count": 1, "first_line": 3},
                              "public_suffix": {"count": 1, "first_line": 4}}


def test_public_suffixes_are_taken_only_when_asked_for(tmp_path):
    listed, out = write(tmp_path, "list", "xxx\ngithub.io\na.example\n"), tmp_path / "x.set"
    tool("set", "build", "--out", out, "--category", f"porn={listed}")
    assert lookup(out, "a.xxx", "a.github.io") == {"a.xxx": "-", "a.github.io": "-"}
    tool("set", "build", "--out", out, "--category", f"porn={listed},tld=yes,private_suffixes=yes")
    assert lookup(out, "a.xxx", "a.github.io") == {"a.xxx": "porn", "a.github.io": "porn"}


def test_an_operators_own_suffix_list_is_used(tmp_path):
    psl = write(tmp_path, "psl", "// ===BEGIN ICANN DOMAINS===\na.example\n")
    listed = write(tmp_path, "list", "a.example\nb.a.example\n")
    done = tool("set", "build", "--out", tmp_path / "x.set", "--psl", psl, "--json", "--category", f"porn={listed}")
    assert json.loads(done.stdout)["sources"][0]["refused"]["public_suffix"]["count"] == 1
    done = tool("set", "build", "--out", tmp_path / "x.set", "--psl", tmp_path / "none", "--category", f"porn={listed}", check=False)
    assert done.returncode == 1 and "publicsuffix" in done.stderr


FAULTS = {
    "missing": None,
    "empty": "",
    "nothing": "# only a remark\n",
    "malformed": "a.example\n" * 79 + "b..example\n" * 21,
    "unknown": "<html>\n",
    "regex": "^ad[0-9]\n",
    "bomb": gzip.compress((b"#" * 4095 + b"\n") * (96 << 8)),  # 96 MiB of remarks
}


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_failed_source_is_named_and_fails_the_build(tmp_path, fault):
    good, bad, out = write(tmp_path, "good", "good.example\n"), tmp_path / fault, tmp_path / "x.set"
    if FAULTS[fault] is not None:
        bad.write_bytes(FAULTS[fault] if isinstance(FAULTS[fault], bytes) else FAULTS[fault].encode())
    out.write_bytes(b"old")
    words = ["set", "build", "--out", out, "--category", f"ads={good}", "--category", f"ads={bad}"]
    done = tool(*words, check=False)
    assert done.returncode == 1 and fault in done.stdout and "FAILED" in done.stdout and "--skip-failed" in done.stderr
    assert out.read_bytes() == b"old"
    done = tool(*words, "--skip-failed")
    assert "FAILED" in done.stdout
    assert lookup(out, "good.example", "a.example") == {"good.example": "ads", "a.example": "-"}


def test_a_build_of_failed_sources_only_leaves_the_old_set(tmp_path):
    out = tmp_path / "x.set"
    out.write_bytes(b"old")
    done = tool("set", "build", "--out", out, "--skip-failed", "--category", f"ads={tmp_path}/none", check=False)
    assert done.returncode == 1 and out.read_bytes() == b"old"


def test_the_seed_is_kept_and_the_same_input_gives_the_same_octets(tmp_path):
    listed = write(tmp_path, "list", "".join(f"n{i}.example\n" for i in range(1000)))
    one, two = tmp_path / "one.set", tmp_path / "two.set"
    words = ["--category", f"ads={listed}"]
    tool("set", "build", "--out", one, *words)
    first = one.read_bytes()
    tool("set", "build", "--out", one, *words)
    assert one.read_bytes() == first  # its seed was kept
    tool("set", "build", "--out", two, *words)
    assert two.read_bytes() != first  # another file, another seed
    tool("set", "build", "--out", one, "--seed", 7, *words)
    tool("set", "build", "--out", two, "--seed", 7, *words)
    assert one.read_bytes() == two.read_bytes()


def test_nothing_but_the_set_is_left_behind(tmp_path):
    listed, out = write(tmp_path, "list", "a.example\n"), tmp_path / "sets" / "x.set"
    out.parent.mkdir()
    environment = {key: value for key, value in os.environ.items() if key != "TMPDIR"}
    stale = out.parent / "x.set.parts.999999999"
    stale.mkdir()
    (stale / "0.segment").write_text("of a run that was killed")
    (out.parent / "x.set.new.999999999").write_text("another")
    tool("set", "build", "--out", out, "--category", f"ads={listed}", env=environment)
    assert os.listdir(out.parent) == ["x.set"]
    elsewhere = tmp_path / "temporary"
    elsewhere.mkdir()
    tool("set", "build", "--out", out, "--category", f"ads={listed}", env={**environment, "TMPDIR": str(elsewhere)})
    assert os.listdir(out.parent) == ["x.set"] and not os.listdir(elsewhere)


@pytest.mark.parametrize("words, said", [
    ([], "--out FILE"),
    (["--out", "x.set"], "from what?"),
    (["--category", "pron=x"], "did you mean 'porn'?"),
    (["--category", "porn"], "not KEY=PATH"),
    (["--category", "porn=x:regex"], "not a format that is read"),
    (["--category", "porn=x,mach=exact"], "did you mean 'match'?"),
    (["--category", "porn=x,match=some"], "exact or subtree"),
    (["--category", "porn=x,tld=maybe"], "not yes or no"),
    (["--seed", "x"], "not a number"),
    (["--out", "x.set", "--category", "porn=x", "more"], "what is 'more'"),
])
def test_a_wrong_word_is_explained(words, said):
    done = tool("set", "build", *words, check=False)
    assert done.returncode == 2 and said in done.stderr


def test_a_directory_is_read_by_the_table(tmp_path):
    folder, out = tmp_path / "lists", tmp_path / "x.set"
    folder.mkdir()
    for name, text in {"games/x.txt": "games.example\n", "allow/x.txt": "allow.example\n", "popular/x.txt": "pop.example\n",
                       "other/x.txt": "other.example\n", "strange/x.txt": "strange.example\n", "bypass/x-doh.txt": "doh.example\n",
                       "bypass/x.txt": "vpn.example\n", "social/x.regex": "^a\n", "social/x.rpz.zone": "$TTL 60\nsoc.example CNAME .\n"}.items():
        write(folder, name, text)
    for name, text in {"chat/domains": "chat.example\n", "chat/usage": "black\nwhite\n", "child/domains": "child.example\n",
                       "child/usage": "white\n", "press/domains": "press.example\n"}.items():
        (folder / "ut1" / "tree").mkdir(parents=True, exist_ok=True)
        write(folder / "ut1" / "tree", name, text)
    done = tool("set", "build", "--out", out, "--lists", folder)
    for name in ("allow/x.txt", "popular/x.txt", "other/x.txt", "strange/x.txt", "social/x.regex", "ut1: press"):
        assert f"skipped: {name}" in done.stdout
    names = ["games", "allow", "pop", "other", "strange", "doh", "vpn", "chat", "child", "press", "soc"]
    assert [lookup(out, f"{name}.example")[f"{name}.example"] for name in names] == \
        ["games", "-", "-", "-", "-", "bypass_doh", "bypass_vpn", "chat", "edu_positive", "-", "social"]
    tool("set", "build", "--out", out, "--lists", folder / "ut1" / "tree")
    assert lookup(out, "child.example") == {"child.example": "edu_positive"}


def test_names_of_files_cannot_trick_a_terminal_or_a_reader_of_json(tmp_path):
    folder = tmp_path / "lists"
    (folder / "games").mkdir(parents=True)
    write(folder / "games", "x.txt", "games.example\n")
    with open(os.path.join(os.fsencode(folder), b"\x1b[31m\xff"), "wb"):
        pass
    done = tool("set", "build", "--out", tmp_path / "x.set", "--lists", folder)
    assert "\x1b" not in done.stdout and "skipped: ?[31m?" in done.stdout
    report = json.loads(tool("set", "build", "--out", tmp_path / "x.set", "--lists", folder, "--json").stdout)
    assert [note["name"] for note in report["passed_over"]] == ["?[31m?"]


def test_the_sample_lists_build_without_a_fault(tmp_path):
    done = tool("set", "build", "--out", tmp_path / "x.set", "--lists", ROOT / "config/examples/lists", "--json")
    report = json.loads(done.stdout)
    assert not any("fault" in row for row in report["sources"]) and len({row["category"] for row in report["sources"]}) > 12
    assert lookup(tmp_path / "x.set", "casino.example", "health.mixed-host.example", "a.mixed-host.example", "school.example") == {
        "casino.example": "gambling", "health.mixed-host.example": "-", "a.mixed-host.example": "porn", "school.example": "-"}


def test_protected_names_do_not_disturb(tmp_path):
    listed, names = write(tmp_path, "list", "a.example\n"), write(tmp_path, "names", "a.example\nb.example\nno name\n")
    tool("set", "build", "--out", tmp_path / "x.set", "--protect", names, "--category", f"ads={listed}")
    assert lookup(tmp_path / "x.set", "a.example", "b.example") == {"a.example": "ads", "b.example": "-"}
    done = tool("set", "build", "--out", tmp_path / "x.set", "--protect", tmp_path / "none", "--category", f"ads={listed}", check=False)
    assert done.returncode == 1 and "none" in done.stderr


def test_a_terminal_gets_a_bar_and_a_pipe_none(tmp_path):
    listed = write(tmp_path, "list", "".join(f"n{i}.example\n" for i in range(1000)))
    words = [BIN / "stairgate", "set", "build", "--out", tmp_path / "x.set", "--category", f"ads={listed}"]
    ours, theirs = pty.openpty()
    subprocess.run(words, stderr=theirs, stdout=subprocess.DEVNULL, timeout=60, check=True)
    os.close(theirs)
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        assert b"%" in terminal.read(4096)
    assert subprocess.run(words, capture_output=True, timeout=60, check=True).stderr == b""


def test_only_a_regular_file_is_replaced(tmp_path):
    listed, pipe = write(tmp_path, "list", "a.example\n"), tmp_path / "pipe"
    os.mkfifo(pipe)
    for out in (pipe, tmp_path):
        done = tool("set", "build", "--out", out, "--category", f"ads={listed}", check=False)
        assert done.returncode == 1 and "not a regular file" in done.stderr
    assert pipe.is_fifo()


def test_a_link_keeps_and_its_target_is_replaced(tmp_path):
    listed, out = write(tmp_path, "list", "a.example\n"), tmp_path / "current.set"
    target = write(tmp_path, "sets/real.set", "old")
    out.symlink_to(target)
    tool("set", "build", "--out", out, "--category", f"ads={listed}")
    assert out.is_symlink() and lookup(target, "a.example") == {"a.example": "ads"}
    target.unlink()
    assert tool("set", "build", "--out", out, "--category", f"ads={listed}", check=False).returncode == 1


def test_a_pipe_in_place_of_a_set_holds_nobody_up(tmp_path):
    os.mkfifo(tmp_path / "x.set")
    for words in (("info", tmp_path / "x.set"), ("lookup", tmp_path / "x.set", "a.example")):
        done = tool("set", *words, check=False)
        assert done.returncode != 0 and "not a set file" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone can become somebody who may not read")
def test_a_folder_of_a_tree_that_cannot_be_read_fails_the_build():
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        for category in ("adult", "gambling"):
            (place / "tree" / category).mkdir(parents=True)
            (place / "tree" / category / "domains").write_text("a.example\n")
        (place / "tree" / "adult").chmod(0o700)
        place.chmod(0o777)
        done = subprocess.run([BIN / "stairgate", "set", "build", "--out", place / "x.set", "--ut1", place / "tree"],
                              capture_output=True, text=True, timeout=60, user=65534, group=65534, extra_groups=[])
        assert done.returncode == 1 and "adult: cannot open" in done.stdout + done.stderr
        assert not (place / "x.set").exists()
