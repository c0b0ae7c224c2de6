"""`lists add --class hotline|legal`: the terms are asked for at a terminal or given by flags, and nothing of the list is looked at."""

import os
import pty
import select
import subprocess

import pytest
from feed_server import Signer

from harness import BIN, tool

URL = "https://feed.hotline.example/national.csv?token=secret"
CONFIG = """\
# mine
listen: [127.0.0.1@5353]
feeds: {{dir: {dir}/lists}}
{more}
"""
FLAGS = ["--licence", "contract 17", "--dns-use-permitted", "--contact", "duty desk, +00 000", "--deadline", "6h"]


class Place:
    """A config, the publisher's key, and what proves who we are."""

    def __init__(self, folder):
        self.folder = folder
        self.config = folder / "stairgate.yaml"
        self.signer = Signer(folder / "signer")
        self.token = self.secret("token", "t0ken\n")
        self.key = folder / "sealed.key"
        self.write()

    def write(self, more=""):
        self.config.write_text(CONFIG.format(dir=self.folder, more=more))

    def secret(self, name, text, mode=0o600):
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def flags(self, *without):
        words = ["--signature-key", self.signer.public_key, "--bearer-file", self.token, *FLAGS]
        for flag in without:
            at = words.index(flag)
            del words[at:at + (1 if flag == "--dns-use-permitted" else 2)]
        return words

    def add(self, *words, check=True, class_="hotline"):
        return tool("lists", "add", *words, "--class", class_, "--config", self.config, check=check)


@pytest.fixture
def place(tmp_path):
    (tmp_path / "signer").mkdir()
    return Place(tmp_path)


def talk(words, answers):
    """Runs WORDS at a terminal; ANSWERS are (what it says, what is typed then). Returns exit code and all that was said."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen([str(word) for word in words], stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True)
    os.close(theirs)
    said, seen, answers = "", 0, list(answers)
    with os.fdopen(ours, "r+b", buffering=0) as terminal:
        while select.select([terminal], [], [], 60)[0]:
            try:
                octets = terminal.read(65536)
            except OSError:  # EIO: the child has closed it
                break
            if not octets:
                break
            said += octets.decode(errors="replace")
            while answers and answers[0][0] in said[seen:]:
                seen = said.index(answers[0][0], seen) + len(answers[0][0])
                terminal.write((answers.pop(0)[1] + "\n").encode())
    assert not answers, (answers[0], said)
    return child.wait(60), said


def test_a_script_gives_all_by_flags_and_the_config_is_good(place):
    before = place.config.read_text()
    done = place.add(URL, *place.flags(), "--canary", "canary.isp.example", "--yes")
    assert f"{place.key}: made" in done.stdout and place.key.stat().st_mode & 0o777 == 0o600
    text = place.config.read_text()
    assert text.startswith(before)
    for line in ("  national:", "    class: hotline", "    dns_use_permitted: yes", "    every: 1h30m", "  canary: canary.isp.example",
                 "    licence: 'contract 17'", f"key: '{place.key}'"):
        assert line in text, line
    assert tool("config", "check", place.config).returncode == 0
    assert "not fetched and not looked into" in done.stdout and "minisign" in done.stdout
    shown = tool("lists", "show", "--config", place.config).stdout
    assert "hotline" in shown and "secret" not in shown


def test_what_a_script_forgot_is_told_all_at_once(place):
    before = place.config.read_text()
    done = place.add(URL, "--yes", check=False)
    assert done.returncode == 2 and place.config.read_text() == before and not place.key.exists()
    for flag in ("--signature-key", "--licence", "--dns-use-permitted", "--contact", "--deadline", "--certificate", "--bearer-file", "--key"):
        assert flag in done.stderr, flag
    nobody = place.add(URL, check=False)
    assert nobody.returncode == 2 and nobody.stderr == done.stderr
    for flag in ("--signature-key", "--licence", "--dns-use-permitted", "--contact", "--deadline"):
        done = place.add(URL, *place.flags(flag), "--yes", check=False)
        assert done.returncode == 2 and f"  {flag}" in done.stderr and place.config.read_text() == before


@pytest.mark.parametrize("flag, value, words", [
    ("--signature-key", "RWQnotakey", "key"), ("--bearer-file", "{dir}/nothing", "cannot be read"), ("--bearer-file", "{dir}/open", "others may read it"),
    ("--deadline", "soon", "not a time"), ("--canary", "a..example", "not a name"), ("--licence", "a\nb", "plain text"),
    ("--inbox", "{dir}", "others may look"),
])
def test_what_cannot_be_meant_is_refused(place, flag, value, words):
    place.secret("open", "t0ken\n", 0o644)
    place.folder.chmod(0o755)
    before = place.config.read_text()
    flags = place.flags(flag) if flag in place.flags() else place.flags()
    done = place.add(URL, *flags, flag, value.format(dir=place.folder), "--yes", check=False)
    assert done.returncode == 2 and words in done.stderr and flag in done.stderr, done.stderr
    assert place.config.read_text() == before and not place.key.exists()


@pytest.mark.parametrize("words, said", [
    ([URL, "--category", "csam"], "leave --category out"), (["national"], "--inbox DIR"), ([URL, "--class", "secret"], "no such class"),
])
def test_a_wrong_command_says_what_is_wrong(place, words, said):
    done = tool("lists", "add", *words, *([] if "--class" in words else ["--class", "hotline"]), *place.flags(), "--yes", "--config", place.config,
                check=False)
    assert done.returncode == 2 and said in done.stderr, done.stderr


def test_terms_are_not_of_public_lists(place):
    done = tool("lists", "add", "hagezi-fake", "--licence", "x", "--config", place.config, check=False)
    assert done.returncode == 2 and "--class" in done.stderr


def test_no_router_takes_a_hotline_list(place):
    place.write("tier: router")
    done = place.add(URL, *place.flags(), "--yes", check=False)
    assert done.returncode == 5 and "whoever holds the box" in done.stderr and "national" not in place.config.read_text()


def test_a_dry_run_shows_what_would_be_written_and_writes_nothing(place):
    before = place.config.read_text()
    done = place.add(URL, *place.flags(), "--dry-run")
    assert "    class: hotline" in done.stdout and f"key: '{place.key}'" in done.stdout
    assert place.config.read_text() == before and not place.key.exists()
    assert not (place.folder / "lists").exists()


def test_a_delivered_list_needs_no_address(place):
    inbox = place.folder / "inbox"
    inbox.mkdir(mode=0o700)
    place.add("police", *place.flags("--bearer-file"), "--inbox", inbox, "--yes")
    text = place.config.read_text()
    assert "  police:" in text and f"    inbox: '{inbox}'" in text and "url:" not in text
    assert tool("config", "check", place.config).returncode == 0


def test_a_certificate_is_taken_for_cms_and_for_us(place):
    for name in ("publisher", "us"):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                        "-keyout", place.folder / f"{name}.key", "-out", place.folder / f"{name}.pem"], check=True, capture_output=True)
    done = place.add(URL, *place.flags("--bearer-file", "--signature-key"), "--signature-key", place.folder / "publisher.pem",
                     "--certificate", place.folder / "us.pem", "--key", place.folder / "us.key", "--yes")
    told = subprocess.run(["openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", place.folder / "publisher.pem"],
                          capture_output=True, text=True, check=True).stdout.strip().split("=")[1].replace(":", "")
    assert told in done.stdout.replace(" ", "")
    text = place.config.read_text()
    assert "type: cms" in text and "certificate: " in text
    assert tool("config", "check", place.config).returncode == 0


def test_a_legal_list_wants_its_law(place):
    missing = place.add(URL, "--yes", check=False, class_="legal")
    assert missing.returncode == 2 and "--legal-basis" in missing.stderr and "--dns-use" not in missing.stderr
    place.add(URL, "--legal-basis", "act 3", "--jurisdiction", "XE", "--contact", "court", "--yes", class_="legal")
    text = place.config.read_text()
    assert "    legal_basis: 'act 3'" in text and "    class: legal" in text
    assert tool("config", "check", place.config, check=False).returncode == 0


def test_a_second_list_uses_the_key_that_is_there(place):
    place.add(URL, *place.flags(), "--yes")
    key = place.key.read_bytes()
    done = place.add("https://feed.hotline.example/other", *place.flags(), "--yes")
    assert "made" not in done.stdout and place.key.read_bytes() == key
    assert place.config.read_text().count("sealed:") == 1
    done = place.add(URL, *place.flags(), "--yes", check=False)
    assert done.returncode == 1 and "there is a list of that name" in done.stderr


def walk(place, permitted="yes", same="yes"):
    return [("minisign", place.signer.public_key), ("They say the same", same), ("name, number and date", "contract 17"),
            ("uses this list (yes or no)", permitted), ("Whom to call", "duty desk"), ("such as 6h or 24h", "soon"),
            ("not a time", ""), ("such as 6h or 24h", "6h"), ("Enter: a certificate", str(place.token)),
            ("where there is none", ""), ("(Enter: none)", "canary.isp.example"), ("[y/N]", "y")]


def test_at_a_terminal_each_is_asked_for(place):
    words = [BIN / "stairgate", "lists", "add", URL, "--class", "hotline", "--config", place.config]
    code, said = talk(words, [pair for pair in walk(place) if pair[0] != "not a time"])
    assert code == 0, said
    assert "by telephone" in said or "Call the publisher" in said
    assert "not for" in said and "contract" in said and "not a time" in said
    assert place.key.exists() and tool("config", "check", place.config).returncode == 0


@pytest.mark.parametrize("permitted, same, last, words", [
    ("no", "yes", 4, "not taken"), ("y", "yes", 4, "not taken"), ("yes", "no", 2, "not confirmed"), ("yes", "", 2, "not confirmed"),
])
def test_no_ends_it_and_nothing_is_written(place, permitted, same, last, words):
    before = place.config.read_text()
    command = [BIN / "stairgate", "lists", "add", URL, "--class", "hotline", "--config", place.config]
    code, said = talk(command, walk(place, permitted, same)[:last])
    assert code == 1 and words in said and place.config.read_text() == before and not place.key.exists()
