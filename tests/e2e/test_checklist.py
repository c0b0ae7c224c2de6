"""What guidelines ask, and what is stored: derived from the config."""

import csv
import json
import pathlib

from harness import tool

ROOT = pathlib.Path(__file__).resolve().parents[2]
BARE = "upstreams: [192.0.2.53]\nprofiles: {adult: {extends: legal_only}}\n"
GOOD = """
upstreams: [192.0.2.53]
country: XE
responsible: {name: Head of school, contact: head@school.example}
state: {path: state.db}
sets: {hotline: hotline.set, public: lists.set}
sealed: {key: sealed.key, canary: canary.ours.example, evidence_key: evidence.key, operators: {alice: {user: alice}, bob: {user: bob}}}
profiles:
  child: {extends: primary, safe_search: all, youtube: strict}
"""


def seal(tmp_path):
    (tmp_path / "listed.txt").write_text("listed.example\n")
    tool("set", "key", tmp_path / "sealed.key")
    tool("set", "seal", "--key", tmp_path / "sealed.key", "-o", tmp_path / "hotline.set", tmp_path / "listed.txt")


def checklist(tmp_path, text):
    config = tmp_path / "c.yaml"
    config.write_text(text)
    done = tool("checklist", "--config", str(config), "--json", check=False)
    found = json.loads(done.stdout)
    assert done.returncode == (1 if found["gaps"] else 0)
    return {item["item"]: item for item in found["items"]}, found


def table():
    lines = [line for line in (ROOT / "config/data/checklist.tsv").read_text().splitlines() if not line.startswith("#")]
    return [row for row in csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)]


def state_by_check(found):
    checks = {row[1]: row[3] for row in table()}
    return {checks[item["item"]]: item["state"] for item in found["items"]}


def test_every_row_of_the_table_is_answered(tmp_path):
    items, found = checklist(tmp_path, BARE)
    assert [row[1] for row in table()] == list(items)
    assert found["done"] + found["gaps"] + found["not_built"] + found["not_needed"] == len(items)
    assert {item["area"] for item in items.values()} == {"policies", "csam", "age", "educate", "positive"}


def test_each_gap_says_what_closes_it(tmp_path):
    items, _ = checklist(tmp_path, BARE)
    gaps = [item for item in items.values() if item["state"] == "gap"]
    assert gaps and all(item["cure"] and item["found"] for item in gaps)
    assert all(not item["cure"] for item in items.values() if item["state"] != "gap")


def test_a_bare_config_has_gaps_that_a_good_one_closes(tmp_path):
    seal(tmp_path)
    before, after = (state_by_check(checklist(tmp_path, text)[1]) for text in (BARE, GOOD))
    closed = {"responsible", "country", "country_known", "state", "hotline_set", "hotline", "zone", "stranger",
              "helplines", "languages"}
    assert {check for check, state in before.items() if state == "gap"} >= closed
    assert all(after[check] == "done" for check in closed)
    assert after["lists"] == "gap" and after["not_built"] == "not built"


def test_confidential_lists_are_checked_where_there_are_any(tmp_path):
    bare = state_by_check(checklist(tmp_path, BARE)[1])
    sealed = {"sealed_key", "canary", "deadline", "operators", "evidence"}
    assert bare["hotline_set"] == "gap" and {bare[check] for check in sealed} == {"not needed"} and bare["budget"] == "done"
    router = checklist(tmp_path, BARE + "tier: router\n")[1]
    assert state_by_check(router)["hotline_set"] == "not needed"
    none = state_by_check(checklist(tmp_path, GOOD)[1])
    assert none["hotline_set"] == "gap" and none["sealed_key"] == "gap"  # neither is there yet
    seal(tmp_path)
    good = state_by_check(checklist(tmp_path, GOOD)[1])
    assert {check for check in sealed if good[check] == "gap"} == {"canary"}  # no server that asks for it
    (tmp_path / "sealed.key").chmod(0o644)
    items = checklist(tmp_path, GOOD.replace(", bob: {user: bob}", "") + "")[0].values()
    gaps = {item["found"] for item in items if item["area"] == "csam" and item["state"] == "gap"}
    assert "1 of the two who lift a wrong entry" in gaps and any("others may read it" in found for found in gaps)
    alone = state_by_check(checklist(tmp_path, GOOD.replace("sealed: {", "sealed: {budget: {hits: 0}, "))[1])
    assert alone["budget"] == "gap"


def test_a_late_list_is_a_gap(tmp_path):
    seal(tmp_path)
    lists = tmp_path / "lists" / "sealed"
    lists.mkdir(parents=True)
    text = GOOD + "feeds: {dir: lists}\nlists: {court: {class: legal, url: 'https://court.example/l', deadline: 6h, every: 1h}}\n"
    assert checklist(tmp_path, text)[0]["what is reported, and what is found innocent, takes effect in time"]["found"] == "never fetched"
    for due, state in ((4102444800, "done"), (1000000000, "gap")):
        (lists / "deadlines").write_text(f"legal {due} 900000000 900000000\n")
        item = checklist(tmp_path, text)[0]["what is reported, and what is found innocent, takes effect in time"]
        assert item["state"] == state and item["found"].startswith("legal"), item


def test_gaps_name_the_profile(tmp_path):
    text = GOOD.replace("safe_search: all, youtube: strict", "unblock: [bypass_vpn], safe_search: off, youtube: off")
    items, found = checklist(tmp_path, text)
    states = state_by_check(found)
    for check in ("safe_search", "youtube", "bypass"):
        assert states[check] == "gap"
    assert items["ways around the filter are closed"]["found"] == "profile child"


def test_privacy_names_what_the_config_stores(tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text(GOOD + "cache: {max_ttl: 2h, stale: 3h}\n")
    rows = json.loads(tool("privacy", "--config", str(config), "--json").stdout)["stored"]
    until = {(row["place"], row["item"]): row["until"] for row in rows}
    assert ("state.db", "device_key.octets") in until and not any(place == "feeds.db" for place, _ in until)
    assert until["memory", "cache"] == "at most 2h, and 3h more while no upstream answers"
    assert {row["path"] for row in rows if row["place"] == "state.db"} == {str(tmp_path / "state.db")}
    config.write_text(BARE + "cache: {size: 0B}\n")
    rows = json.loads(tool("privacy", "--config", str(config), "--json").stdout)["stored"]
    assert not {"state.db", "feeds.db"} & {row["place"] for row in rows}
    assert ("memory", "cache") not in {(row["place"], row["item"]) for row in rows}
