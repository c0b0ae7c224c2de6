"""Nobody gets a listed name, or the class of one, out of any verb: each command of commands.c and each message of the control protocol
is aimed at a name that the operator, a legal list or a hotline list blocks, and what comes back is the same for the three but for the name.

The tables below are held against the sources: a verb without a row here fails the test.
"""
import json
import random
import re
import shutil
import socket
import subprocess
import tarfile
import time

import pytest
from feed_server import Signer

from harness import ROOT, ask, tool

# What each class blocks: the name that is aimed at, and others that nothing may ever show.
AIMS = {"operator": "quaver.example", "legal": "zither.example", "hotline": "oboist.example"}
HIDDEN = {class_: [f"{aim.split('.')[0]}-secret-{i:02}.test" for i in range(12)] for class_, aim in AIMS.items()}
AIM = re.compile("|".join(aim.split(".")[0] for aim in AIMS.values()))
SECRET = re.compile("-secret-[0-9]")

CONFIG = """\
listen: [{listen}]
clients: {{allow: [127.0.0.0/8]}}
upstreams: [{upstreams}]
tier: isp
profiles:
  child: {{extends: primary, observe: [gambling]}}
  adult: {{extends: legal_only}}
networks: [{{prefix: 127.0.0.2, profile: adult}}]
groups: {{kids: {{profile: child}}}}
default_profile: child
special: {{test: forward}}
state: {{path: state.db}}
control: {{operator: control.sock, portal: portal.sock}}
server: {{workers: {workers}}}
feeds: {{dir: lists, timer: no}}
lists:
  open: {{url: 'file://{{folder}}/open.txt', category: games, allow_private: yes}}
  nat-hot: {{class: hotline, inbox: hotline-in, signature: {{type: minisign, key: {{key}}}}, licence: terms, contact: desk,
            dns_use_permitted: yes, deadline: 6h, every: 1h}}
  court-x: {{class: legal, inbox: legal-in, signature: {{type: minisign, key: {{key}}}}, contact: court, deadline: 6h, every: 1h}}
sealed:
  key: sealed.key
  canary: canary-own.example
  evidence_key: evidence.key
  budget: {{hits: 10000}}
  operators: {{alice: {{user: root}}, bob: {{key: {{key}}}}}}
{more}
"""
FEED_IDS = ("nat-hot", "court-x")
# Verbs that are about lists, not about a name.
OF_LISTS = ("config show", "config check", "lists show", "lists status", "lists history", "lists sync", "lists rekey", "lists add",
            "lists remove", "lists accept", "lists rollback", "lists diff", "checklist", "privacy")


class Rig:
    """A daemon that blocks names of the three classes, and files for commands to be aimed with."""

    def __init__(self, stairgate, upstream, folder):
        self.signer = Signer(folder)
        config = CONFIG.replace("{{folder}}", str(folder)).replace("{{key}}", self.signer.public_key)
        (folder / "open.txt").write_text("game.example\ncasino.example\n")
        self.gate = stairgate(upstreams=[upstream], config=config, start=False, lists={"games": "game.example\n"},
                              more="operator: {deny: [%s]}" % ", ".join([AIMS["operator"], *HIDDEN["operator"]]))
        self.folder = self.gate.folder
        tool("set", "key", self.folder / "sealed.key")
        tool("evidence", "key", self.folder / "evidence.key")
        for class_ in ("legal", "hotline"):
            self.deliver(class_, "\n".join([AIMS[class_], *HIDDEN[class_]]) + "\n")
        tool("lists", "sync", "--config", self.gate.config_path)
        upstream.set("*", "A", "192.0.2.1")
        for aim in AIMS.values():
            upstream.set(f"alias-{aim}", "A", (f"alias-{aim}", "CNAME", f"{aim}."), (aim, "A", "192.0.2.2"))
        self.gate.start()
        self.write_broken()
        for class_, aim in AIMS.items():
            self.write(f"list-{aim}.txt", f"{aim}\nshared.example\n")
            for wanted in ("blocked", "allowed"):
                self.write(f"{wanted}-{aim}.yaml", f"- {{name: [{aim}, www.{aim}], profile: all, expect: {wanted}}}\n")
            ask(self.gate.port, f"alias-{aim}")

    def deliver(self, class_, text):
        inbox = self.folder / f"{class_}-in"
        inbox.mkdir(mode=0o700, exist_ok=True)
        (inbox / "list.txt").write_text(text)
        self.signed = getattr(self, "signed", int(time.time()) - 3600) + 1
        (inbox / "list.txt.minisig").write_bytes(self.signer.sign(text.encode(), comment=f"timestamp:{self.signed}"))

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def write_broken(self):
        """Lists of a listed name that no parser can read, each in its way."""
        secret = HIDDEN["hotline"][0]
        (self.folder / "broken-page").write_text(f"<html><title>{secret}</title></html>\n")
        (self.folder / "broken-csv").write_text(f"{secret},1\n{secret},2\n")
        (self.folder / "broken-json").write_text(json.dumps({"rules": [{secret: 3}]}))
        (self.folder / "broken-rules").write_text(f"||{secret}^$third-party\n{secret}..x\n{secret}*\n\"{secret}\n")
        (self.folder / "broken-zone").write_text(f"@ SOA a b 1 1 1 1 1\n{secret} CNAME\n {secret} (\n")
        with tarfile.open(self.folder / "broken-tar", "w") as archive:
            for name in (secret, f"other-{secret}"):
                archive.addfile(tarfile.TarInfo(f"{name}/domains"))

    def words(self, row, aim):
        places = {"name": aim, "config": self.gate.config_path, "socket": self.gate.socket, "folder": self.folder,
                  "sealed": self.folder / "lists/sealed/current.set", "set": self.folder / "lists/current.set", "key": self.folder / "sealed.key"}
        return [word.format(**places) for word in row.split()]

    def run(self, verb, row, aim):
        done = tool(*verb.split(), *self.words(row, aim), check=False, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    import harness
    upstream = harness.Upstream()
    made = []

    def make(**options):
        made.append(harness.Stairgate(tmp_path_factory.mktemp("verbs"), **options))
        return made[-1]
    one = Rig(make, upstream, tmp_path_factory.mktemp("publisher"))
    yield one
    log = one.gate.process.log()
    for gate in made:
        gate.stop()
    upstream.stop()
    assert not AIM.search(log) and not SECRET.search(log), log


def commands():
    text = (ROOT / "tools/stairgate/commands.c").read_text()
    return {f"{noun} {verb}".strip() for noun, verb in re.findall(r'^    \{"([a-z]*)", "([a-z-]+)",', text, re.M)}


def control_verbs():
    text = (ROOT / "resolver/daemon/verbs.c").read_text()
    return set(re.findall(r'^    \{"([a-z_]+)",', text, re.M))


# Rows that name {name} are aimed; the others are searched for what they may not show. A row may be (row, what undoes it).
S, C = "--socket {socket}", "--config {config}"
GRANT = "--profile child --until 2030-01-01T07:00 --json"
COMMANDS = {
    "status": [f"{S} --json", S],
    "reload": [f"{S} --json"],
    "stop": [],  # the last test of all
    "observed": [f"{S} --json", f"{S} --names --for 10m --json", f"{S} --names --json", f"{S} --names --stop"],
    "cache stats": [f"{S} --json"],
    "cache lookup": [f"{{name}} {S}", f"{{name}} --below --json {S}", f"alias-{{name}} --json {S}", f". --below --json {S}",
                     f"example --below {S}"],
    "cache flush": [f"{{name}} --json {S}", f"{{name}} --below --json {S}"],
    "config check": ["--json {config}", "{config}", "{folder}/list-{name}.txt"],
    "config show": ["--json {config}", "{config}"],
    "config reference": [""],
    "devices list": [f"{S} --json"],
    "devices show": [f"{{name}} {S} --json"],
    "devices name": [(f"02:00:00:00:00:01 {{name}} --profile child {S} --json", f"devices forget {{name}} {S}"), f"{{name}} tablet {S}"],
    "devices move": [f"{{name}} --profile adult {S}"],
    "devices forget": [f"{{name}} {S}"],
    "devices import": [f"{{folder}}/list-{{name}}.txt {S}"],
    "devices export": [S],
    "country list": ["--json"],
    "country show": ["XE --json", "{name}"],
    "country check": ["{folder}/list-{name}.txt"],
    "country reference": [""],
    "calendar import": ["{folder}/list-{name}.txt"],
    "checklist": [f"{C} --json", f"{C} {S}"],
    "privacy": [f"{C} --json", f"{C} {S}"],
    "bypass rules": [f"--network {{name}} {C}", f"--network 192.0.2.0/24 --resolver 192.0.2.1 {C}"],
    "why": [f"{{name}} {S} --json", f"{{name}} {S}", f"www.{{name}} {S} --json", f"{{name}} --profile adult {S} --json",
            f"{{name}} --client 127.0.0.2 --type HTTPS {S} --json", f"{{name}} --at 2026-12-24T21:00:00Z {S}", f"{{name}} -q {S}",
            f"alias-{{name}} {S} --json", f"alias-{{name}} {S}", f"not{{name}} {S} --json", f"{{name}} {C} --json", f"www.{{name}} {C}",
            f"{{name}} --profile nobody {S}", f"{{name}} -q {C}", f"https://{{name}}/x {S}"],
    "allow": [f"{{name}} {GRANT} {S}", f"={{name}} {GRANT} {S}", f"www.{{name}} {GRANT} {S}", f"{{name}} --everybody --for 1h {S}",
              f"{{name}} {GRANT} --as operator {S}", f"--service {{name}} {GRANT} {S}", f"--category {{name}} {GRANT} {S}"],
    "deny": [(f"{{name}} {GRANT} {S}", f"grants revoke all {S}"), (f"www.{{name}} {GRANT} {S}", f"grants revoke all {S}")],
    "pause": [(f"{GRANT} --reason {{name}} {S}", f"grants revoke all {S}"), f"--device {{name}} {S}"],
    "offline": [(f"{GRANT} --reason {{name}} {S}", f"grants revoke all {S}"), f"--group {{name}} {S}"],
    "resume": [f"--profile {{name}} {S}"],
    "release": [f"{{name}} --device tablet {S} --json", f"www.{{name}} --device tablet {S}", f"alias-{{name}} --device tablet {S}"],
    "hold": [f"--profile {{name}} {S}"],
    "unhold": [f"--profile {{name}} {S}"],
    "grants list": [f"{S} --json"],
    "grants revoke": [f"{{name}} {S}"],
    "test": [f"{{folder}}/blocked-{{name}}.yaml {C}", f"{{folder}}/blocked-{{name}}.yaml {C} --json --all",
             f"{{folder}}/allowed-{{name}}.yaml {C}", f"{{folder}}/allowed-{{name}}.yaml {C} --json --all",
             f"{{folder}}/blocked-{{name}}.yaml {C} --set {{sealed}}", f"{{folder}}/list-{{name}}.txt {C}"],
    "services list": [f"{C} --json"],
    "services show": [f"{{name}} {C}"],
    "lists catalogue": ["--category {name}"],
    "lists show": [f"{C} --json", C, f"{{name}} {C}"],
    "lists add": [f"file://{{folder}}/list-{{name}}.txt --category games --dry-run {C}",
                  f"https://{{name}}/list --class hotline {C}", f"{{name}} {C}"],
    "lists remove": [f"{{name}} {C}"],
    "lists status": [f"{C} --json", C, f"{{name}} {C}"],
    "lists history": [f"{C} --json", C, f"{{name}} {C}"],
    "lists diff": [f"--names --json {C}", f"{{name}} current {C}"],
    "lists sync": [f"--dry-run {C}", f"{{name}} {C}"],
    "lists rollback": [f"{{name}} {C}"],
    "lists accept": [f"{{name}} {C}"],
    "set lookup": ["{sealed} {name}", "--json {sealed} {name}", "{set} {name}", "--json {set} www.{name}", "{key} {name}"],
    "set info": ["{sealed}", "--json {sealed}", "{key}"],
    "set verify": ["{sealed}", "--json {sealed}", "{key}"],
    "set build": ["--out {folder}/o.set --category games={sealed} --skip-failed", "--out {folder}/o.set --category games={folder}/list-{name}.txt",
                  "--out {folder}/o.set --category games={folder}/list-{name}.txt --protect {sealed}"],
    "audit": [f"{S} --json", S, f"--since {{name}} {S}"],
    "audit verify": [S, f"--db {{folder}}/list-{{name}}.txt {S}", f"--head {{name}} {S}"],
    "canary": [f"{S} --json", f"--now --json {S}"],
    "evidence": [f"{C} {S}", f"--since {{name}} {C} {S}"],
    "evidence key": ["{folder}/evidence.key"],
    "lift": [f"{{name}} --for 7d --reason wrong --as alice {S} --json", f"www.{{name}} --for 7d --reason wrong --as alice {S}",
             f"{{name}} --for 7d --reason wrong --print {S}", f"{{name}} --for 7d --reason wrong --as {{name}} {S}"],
    "lift confirm": [f"1 {{name}} --as bob {S}", f"1 {{name}} --as alice {S} --json", f"99 {{name}} {S}"],
    "lift end": [f"99 {S}", f"{{name}} {S}"],
    "lift list": [f"{S} --json", S],
    "lift apply": [f"{{folder}}/list-{{name}}.txt --signature {{folder}}/list-{{name}}.txt {S}"],
    "metrics": [S],
    "lists rekey": [f"--json {C}"],
    "set key": ["{key}"],
    "set seal": [*(f"--key {{key}} -o {{folder}}/broken.set --format {format_} {{folder}}/broken-{kind}" for format_, kind in
                   (("plain", "page"), ("csv", "csv"), ("csv", "page"), ("singbox", "json"), ("adblock", "rules"), ("rpz", "zone"),
                    ("plain", "tar"), ("ut1", "tar"), ("hosts", "rules"))),
                 "--key {key} -o {folder}/broken.set {folder}/broken-json", "--key {key} -o {folder}/other.set {folder}/list-{name}.txt", "--key {key} -o {folder}/copy.set --json {folder}/list-{name}.txt"],
}
# What time alone changes, verb by verb.
VOLATILE = {
    "cache lookup": r'"(ttl_s|age_s)": ?\d+|\b\d+s\b', "deny": r'"(id|from_s)": ?\d+', "pause": r'"(id|from_s)": ?\d+',
    "offline": r'"(id|from_s)": ?\d+', "devices name": r'"id": ?\d+', "set build": r"[\d.]+ ?(s|ms|MiB)\b", "set seal": r'"(made|number)": ?\d+|number \d+',
    "lists sync": r'"at": ?\d+', "lists rekey": r'"at": ?\d+',
    "lists add": r"[\d.]+ ?(s|ms)\b",
    # a lift has a number and a code of its own, whatever its name; the code is of a keyed hash
    "lift": r'"(lift|asked_s)": ?\d+|"(code|confirm_by)": ?"[^"]*"|\b[0-9a-f]{4}-[0-9a-f]{4}\b|lift \d+|confirm \d+|20\d\d-[0-9T:Z -]+|(asked|nonce|id|name|hash|request)[=:] ?\S+',
}


def masked(verb, outcome):
    code, *texts = outcome
    return code, *(re.sub(VOLATILE.get(verb, r"(?!)"), "TIME", AIM.sub("NAME", text)) for text in texts)


def check_shows_nothing(what, outcome, aim):
    """No listed name but the one that was typed, and no word of the classes' lists."""
    text = re.sub(r"alias-\w+", "", "\n".join(map(str, outcome[1:])))  # those are in the cache, because the test asked for them
    assert "Sanitizer" not in text and "runtime error" not in text, text
    if what[0] not in ("config show", "config check"):  # there the operator reads what he wrote himself
        assert not SECRET.search(text), (what, text)
    assert not any(name in text for class_ in ("legal", "hotline") for name in HIDDEN[class_]), (what, text)
    if what[0] not in OF_LISTS:
        assert not any(feed in text for feed in FEED_IDS), (what, text)
    others = [other.split(".")[0] for class_, other in AIMS.items() if other != aim and (class_ != "operator" or what[0] not in OF_LISTS)]
    assert not any(other in text for other in others), (what, text)


def test_every_command_and_every_message_has_a_row_here():
    assert commands() == set(COMMANDS)
    assert control_verbs() == set(MESSAGES)


@pytest.mark.parametrize("verb", sorted(verb for verb in COMMANDS if verb != "stop"))
def test_a_command_says_the_same_of_the_three_classes(rig, verb):
    shutil.copy(rig.folder / "lists/sealed/current.set", rig.folder / "copy.set")
    for row in COMMANDS[verb]:
        row, undo = row if isinstance(row, tuple) else (row, None)
        came = {}
        for class_, aim in AIMS.items():
            outcome = rig.run(verb, row, aim)
            check_shows_nothing((verb, row), outcome, aim if "{name}" in row else None)
            came[class_] = masked(verb, outcome)
            if undo is not None:
                tool(*rig.words(undo, aim), check=False)
            if "{name}" not in row:
                break
        if "{name}" in row:
            assert came["hotline"] == came["operator"] and came["legal"] == came["operator"], (verb, row)


# ---- the control protocol, raw

MESSAGES = {
    "status": [{}], "reload": [{}], "stop": [], "observed": [{}], "observed_names": [{"for_s": 60}, {}, {"stop": True}],
    "why": [{"name": "{name}"}, {"name": "www.{name}", "profile": "adult"}, {"name": "{name}", "client": "127.0.0.2", "type": "AAAA"},
            {"name": "alias-{name}"}, {"name": "{name}.", "at": "0"}, {"name": "*.{name}"}],
    "cache_stats": [{}], "cache_lookup": [{"name": "{name}", "below": True}, {"name": "alias-{name}"}, {"name": ".", "below": True}],
    "cache_flush": [{"name": "{name}"}, {"name": "{name}", "below": True}],
    "grant": [{"effect": "allow", "profile": "child", "name": "{name}"}, {"effect": "allow", "everybody": True, "name": "=www.{name}"},
              {"effect": "deny", "profile": "child", "name": "{name}", "until": "2030-01-01T07:00"}],
    "grants": [{}], "revoke": [{"grant": "{name}"}, {"all": True}], "resume": [{"profile": "{name}"}],
    "release": [{"name": "{name}", "device": "tablet"}, {"name": "alias-{name}", "device": "02:00:00:00:00:09"}],
    "devices": [{}], "device": [{"device": "{name}"}], "device_name": [{"key": "{name}", "name": "x"}],
    "device_change": [{"device": "{name}", "name": "x"}], "device_forget": [{"device": "{name}"}],
    "canary": [{}, {"now": True}], "evidence": [{}, {"since_s": "{name}"}],
    "lift": [{"name": "{name}", "for": "7d", "reason": "wrong", "as": "alice"}, {"name": "www.{name}", "for": "7d", "reason": "{name}", "as": "alice"}],
    "lift_confirm": [{"lift": 1, "name": "{name}", "as": "bob"}, {"lift": "{name}"}], "lift_apply": [{"request": "{name}"}],
    "lifts": [{}], "lift_end": [{"lift": 99}, {"lift": "{name}"}], "audit": [{}, {"since_s": "{name}"}], "audit_verify": [{}],
    "devices_import": [{"rows": [{"key": "{name}", "name": "x"}], "check": True}],
}
FIELDS = ("name", "client", "profile", "listen", "told", "type", "at", "below", "all", "effect", "device", "group", "everybody", "category",
          "service", "for", "until", "reason", "as", "who", "grant", "key", "rows", "check", "for_s", "stop", "unknown", "after", "hold")
FIELD_VOLATILE = re.compile(r'"(id|from_s|ttl_s|age_s|at|at_s|uptime_s|octets|used|latency_us|until_s|left_s|remaining_s|in_flight|asked_s|since_s|lift|revision)": ?-?\d+|'
                            r'"(at|until|from|confirm_by|code)": ?"[0-9a-f][^"]*"')


class Wire:
    """A connection to the control socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(str(path))
        self.file = self.socket.makefile("rwb")

    def say(self, verb, fields):
        self.file.write(json.dumps({"v": 1, "id": 7, "do": verb, **fields}).encode() + b"\n")
        self.file.flush()
        return self.file.readline().decode()


def aimed_at(value, aim):
    """VALUE, of JSON, with {name} filled in."""
    return json.loads(json.dumps(value).replace("{name}", aim))


def compare(rig, verb, rows, path="control.sock"):
    """Says each of ROWS to VERB for each class, and wants the same back."""
    wire = Wire(rig.folder / path)
    for row in rows:
        came = {}
        is_aimed = "{name}" in json.dumps(row)
        for class_, aim in AIMS.items():
            reply = wire.say(verb, aimed_at(row, aim))
            check_shows_nothing((verb, row), (0, reply), aim if is_aimed else None)
            came[class_] = FIELD_VOLATILE.sub("TIME", AIM.sub("NAME", reply))
            wire.say("revoke", {"all": True})
            if not is_aimed:
                break
        if is_aimed:
            assert came["hotline"] == came["operator"] and came["legal"] == came["operator"], (verb, row, came)


@pytest.mark.parametrize("verb", sorted(verb for verb in MESSAGES if verb != "stop"))
def test_a_message_says_the_same_of_the_three_classes(rig, verb):
    compare(rig, verb, MESSAGES[verb])
    if verb not in ("reload",):
        compare(rig, verb, MESSAGES[verb], "portal.sock")


def fuzzed_fields(dice):
    values = ["{name}", "www.{name}", "={name}", "{name}.", ["{name}"], {"name": "{name}"}, "{name} {name}", 7, -1, None, True, "", "A",
              "127.0.0.2", "child", "allow", "deny", "tablet", "1h", [{"key": "02:00:00:00:00:01", "name": "{name}"}]]
    fields = {field: dice.choice(values) for field in dice.sample(FIELDS, dice.randint(1, 6)) if field != "stop"}
    fields.setdefault("name", "{name}")
    return fields


@pytest.mark.parametrize("verb", sorted(verb for verb in MESSAGES if verb not in ("stop", "reload")))
def test_fuzzed_fields_tell_no_more(rig, verb):
    dice = random.Random(verb)
    compare(rig, verb, [fuzzed_fields(dice) for _ in range(60)])


# ---- numbers, before and after

def counts(rig):
    told = json.loads(tool("status", "--socket", rig.gate.socket, "--json", check=False).stdout)
    for key in ("uptime_s", "in_flight", "observed_names_left_s", "deadlines", "canary"):
        told.pop(key, None)
    for server in told["upstreams"]:
        del server["latency_us"]
    return told


def test_no_number_of_status_moves_by_a_query(rig):
    before = counts(rig)
    for aim in AIMS.values():
        for kind in ("A", "AAAA", "HTTPS"):
            ask(rig.gate.port, f"www.{aim}", kind)
    assert counts(rig) == before


def test_z_stop_says_nothing_of_names(rig):
    outcome = rig.run("stop", S, None)
    check_shows_nothing("stop", outcome, None)
    assert outcome[0] == 0
