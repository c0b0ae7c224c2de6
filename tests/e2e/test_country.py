"""Country packs at the command line, and their manual."""

import json
import pathlib

import pytest

from harness import tool

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKS = sorted((ROOT / "config/data/countries").glob("*.yaml"))


def test_the_manual_is_what_the_table_says():
    assert (ROOT / "docs/countries.md").read_text() == tool("country", "reference").stdout


def test_all_packs_are_listed_and_each_can_be_shown():
    rows = json.loads(tool("country", "list", "--json").stdout)["countries"]
    assert [row["country"] for row in rows] == [pack.stem for pack in PACKS]
    for row in rows:
        shown = json.loads(tool("country", "show", row["country"], "--json").stdout)
        assert shown["name"] == row["name"] and all(value["source"] for value in shown["values"])


def test_zones_and_codes_of_skeletons_are_those_of_zone_tab():
    table = pathlib.Path("/usr/share/zoneinfo/zone.tab")
    if not table.exists():
        pytest.skip("no zone.tab on this machine")
    zones = dict(line.split("\t")[0:3:2] for line in table.read_text().splitlines() if not line.startswith("#"))
    for row in json.loads(tool("country", "list", "--json").stdout)["countries"]:
        assert row["country"] == "XE" or zones[row["country"]] == row["zone"]


def test_no_skeleton_holds_a_telephone_number():
    for pack in PACKS:
        assert pack.stem == "XE" or "phone" not in pack.read_text().split("\ncountry:")[1]


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.stem)
def test_every_pack_passes_its_own_check(pack):
    assert tool("country", "check", str(pack)).stdout.startswith(f"{pack}: fine")


def test_a_broken_pack_is_refused_with_place_and_cure(tmp_path):
    pack = tmp_path / "XY.yaml"
    pack.write_text("country: XY\nname: Y\nzone: {name: Etc/UTC}\n")
    done = tool("country", "check", str(pack), check=False)
    assert done.returncode == 1 and f"{pack}:3:7: no source: 'zone'; say where" in done.stderr


def test_a_zone_that_there_is_not_is_refused(tmp_path):
    pack = tmp_path / "XY.yaml"
    pack.write_text("country: XY\nname: Y\nzone: {name: Asia/Bruney, source: mine}\n")
    done = tool("country", "check", str(pack), check=False)
    assert done.returncode == 1 and "Asia/Bruney" in done.stderr


def test_a_config_may_name_a_pack_of_its_own(tmp_path):
    (tmp_path / "XY.yaml").write_text("country: XY\nname: Y\nzone: {name: Etc/UTC, source: mine}\n")
    config = tmp_path / "c.yaml"
    config.write_text("country: XY.yaml\nupstreams: [192.0.2.53]\n")
    rows = json.loads(tool("config", "show", str(config), "--json").stdout)["options"]
    assert {row["name"]: row["value"] for row in rows}["country"] == "XY"
    config.write_text("country: XZ.yaml\nupstreams: [192.0.2.53]\n")
    done = tool("config", "check", str(config), check=False)
    assert done.returncode == 1 and "c.yaml:1:10: no country pack:" in done.stderr
