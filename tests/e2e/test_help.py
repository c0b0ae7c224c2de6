"""What a stranger types who does not know the commands yet."""

import pytest

from harness import tool

COMMANDS = ["status", "reload", "stop", "observed", "canary", "metrics", "evidence key", "evidence", "cache stats", "cache lookup", "cache flush", "config check", "config show",
            "config reference", "devices list", "devices show", "devices name", "devices move", "devices forget", "devices import",
            "devices export", "country list", "country show", "country check", "country reference", "calendar import", "checklist",
            "privacy", "bypass rules", "why", "allow", "deny", "pause", "offline", "resume", "release", "hold", "unhold", "grants list",
            "grants revoke", "lift confirm", "lift apply", "lift list", "lift end", "lift", "audit verify", "audit", "test", "services list", "services show", "lists catalogue", "lists show", "lists add", "lists remove",
            "lists status", "lists history", "lists diff", "lists sync", "lists rekey", "lists rollback", "lists accept", "set lookup", "set info",
            "set verify", "set build", "set key", "set seal"]


def test_help_names_every_command_and_every_exit_code():
    done = tool("help")
    named = {line[12:].split("  ")[0].strip() for line in done.stdout.splitlines() if line.startswith("  stairgate ")}
    assert named == set(COMMANDS)
    assert tool("--help").stdout == done.stdout
    bare = tool(check=False)
    assert bare.returncode == 2 and bare.stderr == done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_how_to_type_it(command):
    done = tool(*command.split(), "--help")
    assert done.stdout.startswith(f"  stairgate {command}") and not done.stderr
    assert tool("help", *command.split()).stdout == done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines() if "example:" not in line)
    wrong = tool(*command.split(), "--nonsense", check=False)
    assert wrong.returncode == 2 and done.stdout in wrong.stderr


def test_a_noun_alone_lists_what_can_be_done_with_it():
    done = tool("set", check=False)
    assert done.returncode == 2 and done.stderr.count("  stairgate set ") == 6
    assert tool("set", "--help").stdout == done.stderr


@pytest.mark.parametrize("words, meant", [(["stats"], "status"), (["set", "bild"], "build"), (["confg"], "config"),
                                          (["help", "set", "lokup"], "lookup")])
def test_a_misspelt_command_is_told_its_right_form(words, meant):
    done = tool(*words, check=False)
    assert done.returncode == 2 and f"did you mean '{meant}'" in done.stderr
