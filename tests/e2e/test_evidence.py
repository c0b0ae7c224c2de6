"""What a node shows a monitor and a regulator: deadlines and versions in status and metrics, and a signed report that minisign's own
tool checks. Nothing of it names a list, an entry, a name that was asked for, or a client."""
import json
import math
import re
import subprocess
import time

import pytest

from feed_server import status
from harness import Clock, tool, wait_for
from sealed_rig import CANARY, MARK, Hotline, SealedRig, listed

HOUR = 3600
SEALED = "  evidence_key: evidence.key\nstate: {path: state.db}\n"


@pytest.fixture
def hot(feeds, tmp_path):
    one = Hotline(feeds, tmp_path / "publisher", "secretlist")
    one.put(listed(100))
    return one


def rig_of(stairgate, feeds, *hotlines):
    """A node whose clock stands at now, with a key for reports; nothing is fetched."""
    rig = SealedRig(stairgate, feeds.upstream, hotlines, sealed=SEALED)
    rig.one.listen = [one for one in rig.one.listen if one.startswith("127.")]  # whom the rig lets ask
    rig.configure()
    rig.now = int(time.time())
    rig.one.clock = Clock(rig.folder / "clock", rig.now)
    rig.one.arguments = ["--clock", rig.one.clock.path]
    rig.start = lambda: start(rig)
    tool("evidence", "key", rig.folder / "evidence.key")
    return rig


def start(rig):
    """Starts the server with its clock at now: the runs before it, whose clock is the machine's, are over then."""
    pass_time(rig, max(0, int(time.time()) + 1 - rig.now))
    return rig.one.start()


def pass_time(rig, seconds):
    rig.now += seconds
    rig.one.clock.set(rig.now)


def canary(rig):
    told = json.loads(rig.one.control("canary", "--json", check=False).stdout)["last"]
    return (told["at_s"], told["result"]) if told else (0, None)


def asked_at(rig, wanted):
    wait_for(lambda: canary(rig) == (rig.now, wanted), f"a canary that is {wanted}")


def events(rig):
    return [warning.get("event") for warning in rig.one.status(check=False)["warnings"]]


def report_of(rig, name="report.json", *words):
    out = rig.folder / name
    done = rig.one.control("evidence", "--config", rig.one.config_path, "--out", out, *words)
    return json.loads(out.read_text()), done.stdout


def checks(rig, path):
    return subprocess.run(["minisign", "-V", "-p", rig.folder / "evidence.key.pub", "-m", path], capture_output=True, text=True, timeout=60)


# ---- metrics ----

SAMPLE = re.compile(r'^([a-z_][a-z0-9_]*)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?|[+-]Inf|NaN)$')


def parse(text):
    """A strict reader of Prometheus's text format 0.0.4: {(name, labels): value}."""
    assert text.endswith("\n") and "\r" not in text
    values, family, kind, seen = {}, None, None, set()
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if line.startswith("# HELP "):
            family = line.split(" ")[2]
            assert family not in seen, f"{family} stands in two places"
            seen.add(family)
            assert len(line.split(" ", 3)[3]) > 0 and lines[number + 1].startswith(f"# TYPE {family} ")
            continue
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == family and kind in ("counter", "gauge")
            assert (kind == "counter") == name.endswith("_total"), name
            continue
        match = SAMPLE.match(line)
        assert match, line
        name, labels, value = match.groups()
        assert name == family, line
        key = (name, labels or "")
        assert key not in values, line
        values[key] = float(value)
        assert kind == "gauge" or values[key] >= 0
    return values


def metrics(rig):
    text = rig.one.control("metrics").stdout
    assert MARK not in text and "secretlist" not in text and CANARY not in text and "127.0.0.2" not in text
    return {name + (f"{{{labels}}}" if labels else ""): value for (name, labels), value in parse(text).items()}


REMAINING = 'feed_deadline_remaining_seconds{class="hotline"}'
LATE = 'canary_last_result{result="late"}'


def test_a_feed_server_that_is_down_shows_in_deadline_canary_and_warnings(stairgate, feeds, hot):
    rig = rig_of(stairgate, feeds, hot)
    rig.sync(code=0)
    rig.start()
    asked_at(rig, "ok")
    values = metrics(rig)
    assert 6 * HOUR - 120 < values[REMAINING] <= 6 * HOUR
    assert values['feed_version_timestamp_seconds{class="hotline"}'] == hot.version
    assert abs(values['feed_checked_timestamp_seconds{class="hotline"}'] - rig.now) < 120
    assert values["stairgate_up"] == 1 and values[LATE] == 0
    assert not any(name.startswith("feed_") and "legal" in name for name in values)  # there is none of that class
    assert events(rig) == [] or "feed_late" not in events(rig)

    feeds.at(hot.path, status(503))
    rig.sync("secretlist", code=1)
    pass_time(rig, 7 * HOUR)
    asked_at(rig, "late")
    values = metrics(rig)
    assert -HOUR - 120 < values[REMAINING] < 0 and values[LATE] == 1 and values["stairgate_healthy"] == 0
    assert {"feed_late", "canary"} <= set(events(rig))
    assert rig.blocks(f"{MARK}0.example")  # what is in force stays

    text = rig.one.control("status", check=False).stdout
    assert "hotline" in text and "canary" in text and "secretlist" not in text


def test_a_list_that_never_came_is_past_its_deadline(stairgate, feeds, hot):
    rig = rig_of(stairgate, feeds, hot)
    rig.start()
    wait_for(lambda: canary(rig)[1] == "no_set", "a canary")
    assert metrics(rig)[REMAINING] == -math.inf
    assert "feed_never" in events(rig)
    feeds.at(hot.path, status(503))
    rig.sync(code=1)
    pass_time(rig, 60)
    assert metrics(rig)[REMAINING] < 0
    assert {"feed_never", "canary"} <= set(events(rig)) or {"feed_late", "canary"} <= set(events(rig))
    report, _ = report_of(rig)
    assert report["classes"]["hotline"]["lists_never_fetched"] == 1
    assert report["canary"]["failures"][0]["result"] == "no_set"


def test_metrics_go_to_a_file_in_one_step_and_say_that_nobody_answers(stairgate, feeds, hot):
    rig = rig_of(stairgate, feeds, hot)
    rig.sync(code=0)
    rig.start()
    out = rig.folder / "stairgate.prom"
    rig.one.control("metrics", "--out", out)
    assert parse(out.read_text())[("stairgate_up", "")] == 1
    assert out.stat().st_mode & 0o777 == 0o644
    rig.one.stop()
    done = rig.one.control("metrics", "--out", out, check=False)
    assert done.returncode == 3
    assert parse(out.read_text()) == {("stairgate_up", ""): 0}


# ---- evidence ----

def test_a_report_has_versions_failures_deadlines_and_canaries_and_no_names(stairgate, feeds, hot):
    rig = rig_of(stairgate, feeds, hot)
    first = hot.version
    rig.sync(code=0)
    rig.start()
    asked_at(rig, "ok")
    hot.put(listed(101), signature=hot.signer.sign(listed(102), comment=f"timestamp:{hot.version + 60}"))
    rig.sync("secretlist", code=1)  # a wrong signature
    hot.put(listed(103))
    rig.sync("secretlist", code=0)
    second = hot.version
    pass_time(rig, HOUR)
    asked_at(rig, "ok")
    pass_time(rig, 6 * HOUR)
    asked_at(rig, "late")
    pass_time(rig, 4 * HOUR)
    asked_at(rig, "late")

    report, words = report_of(rig)
    hotline = report["classes"]["hotline"]
    assert hotline["lists_configured"] == 1 and hotline["lists_never_fetched"] == 0 and hotline["checks"] == 3
    assert [version["signed"] for version in hotline["versions"]] == [
        time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(one)) for one in (first, second)]
    assert [version["entries"] for version in hotline["versions"]] == [100, 103]
    assert all(version["within_deadline"] and version["late_s"] == 0 and version["in_force"] for version in hotline["versions"])
    assert [version["set"] for version in hotline["versions"]] == [1, 2]
    assert hotline["failures"] == {"digest": 1}
    assert hotline["deadlines_kept"] == 1
    assert len(hotline["deadlines_missed"]) == 1 and hotline["deadlines_missed"][0]["met"] is None
    assert 4 * HOUR < hotline["deadlines_missed"][0]["late_s"] < 6 * HOUR
    assert 10 * HOUR < hotline["stale_s"] < 12 * HOUR

    totals = {}
    for day in report["canary"]["days"]:
        for word, count in day["results"].items():
            totals[word] = totals.get(word, 0) + count
    assert totals["late"] == 2 and totals["ok"] >= 2
    assert [(one["result"], one["count"]) for one in report["canary"]["failures"]] == [("late", 2)]
    assert len(report["canary"]["not_asked"]) == 2  # the clock jumped by more than two hours, twice
    assert report["account_of_lifts"]["whole"] is True
    assert report["sealed_set_now"]["number"] == 2
    assert "class hotline: 3 checks, 2 versions taken" in words

    text = (rig.folder / "report.json").read_text()
    for name in (MARK, "secretlist", CANARY, "canary-of", "127.0.0.1", hot.signer.public_key):
        assert name not in text and name not in words, name
    assert text == json.dumps(report, indent=1, sort_keys=True, separators=(",", ": ")) + "\n"  # one order of octets


def test_a_report_is_checked_by_minisign_and_a_changed_one_is_not_believed(stairgate, feeds, hot):
    rig = rig_of(stairgate, feeds, hot)
    rig.sync(code=0)
    rig.start()
    report_of(rig)
    path, beside = rig.folder / "report.json", rig.folder / "report.json.minisig"
    good = checks(rig, path)
    assert good.returncode == 0, good.stderr
    assert f"timestamp:{rig.now + 1}" in good.stdout or f"timestamp:{rig.now}" in good.stdout
    text = path.read_text()
    path.write_text(text.replace('"checks": 1', '"checks": 2'))
    assert path.read_text() != text and checks(rig, path).returncode != 0
    path.write_text(text)
    signature = beside.read_text()
    beside.write_text(signature.replace("file:report.json", "file:another.json"))
    assert checks(rig, path).returncode != 0
    beside.write_text(signature)
    assert checks(rig, path).returncode == 0


def test_a_key_of_minisigns_own_tool_signs_and_both_come_out_on_a_terminal(stairgate, feeds, hot):
    rig = rig_of(stairgate, feeds, hot)
    subprocess.run(["minisign", "-G", "-W", "-f", "-p", rig.folder / "evidence.key.pub", "-s", rig.folder / "evidence.key"],
                   check=True, capture_output=True, timeout=60)
    rig.sync(code=0)
    rig.start()
    done = rig.one.control("evidence", "--config", rig.one.config_path)
    (rig.folder / "piped.json").write_text(done.stdout)
    (rig.folder / "piped.json.minisig").write_text(done.stderr)
    good = checks(rig, rig.folder / "piped.json")
    assert good.returncode == 0, good.stderr


def test_a_report_of_other_days_has_none_of_these(stairgate, feeds, hot):
    rig = rig_of(stairgate, feeds, hot)
    rig.sync(code=0)
    rig.start()
    asked_at(rig, "ok")
    report, _ = report_of(rig, "old.json", "--since", "2020-01-01", "--until", "2020-01-31")
    assert report["period"] == {"since": "2020-01-01T00:00:00Z", "until": "2020-02-01T00:00:00Z"}
    assert report["classes"]["hotline"]["checks"] == 0 and report["classes"]["hotline"]["versions"] == []
    assert report["canary"]["days"] == []


def test_without_a_key_or_a_server_there_is_no_report(stairgate, feeds, hot):
    rig = rig_of(stairgate, feeds, hot)
    done = rig.one.control("evidence", "--config", rig.one.config_path, check=False)
    assert done.returncode == 3 and done.stdout == ""
    (rig.folder / "evidence.key").chmod(0o644)
    done = rig.one.control("evidence", "--config", rig.one.config_path, check=False)
    assert done.returncode == 1 and "others may read" in done.stderr
    (rig.folder / "evidence.key").unlink()
    done = rig.one.control("evidence", "--config", rig.one.config_path, check=False)
    assert done.returncode != 0 and done.stdout == ""
    done = tool("evidence", "key", rig.folder / "evidence.key", check=False)
    assert done.returncode == 1 and "already" in done.stderr  # the public half is still there
