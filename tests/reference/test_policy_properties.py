"""What must hold of every config, list and moment: held against worlds made at random (policy_worlds.py)."""
import json
import os
import random

import pytest

import oracle_policy
import policy_worlds
from harness import build_set, seal, tool

WORLDS = int(os.environ.get("STAIRGATE_WORLDS", 6))
STRICTER_FIRST = ["early", "primary", "lower_sec", "upper_sec", "legal_only"]
PINS = ["childline.org.uk", "www.samaritans.org", "umo.se", "time.apple.com", "deep.www.nhs.uk"]
UNKNOWN_CLOCK = 1000000  # 1970: before any build


class Asker:
    """One config in a folder, asked in bulk by `stairgate test`."""

    def __init__(self, folder, world, *, shuffled=None, hotline=()):
        self.folder = folder
        folder.mkdir(exist_ok=True)
        categories = list(world["lists"])
        names = {key: list(world["lists"][key]) for key in categories}
        if shuffled:
            shuffled.shuffle(categories)
            for one in names.values():
                shuffled.shuffle(one)
        build_set(folder / "world.set", {key: "\n".join(names[key]) + "\n" for key in categories}, "--seed", "7")
        text = policy_worlds.as_yaml(world)
        if hotline:
            seal(folder, "hotline", hotline)
            text = text.replace("world.set}", "world.set, hotline: hotline.set}")
            text = text.replace("sealed: {", "sealed: {key: hotline.key, ")
        (folder / "world.yaml").write_text(text)

    def ask(self, questions):
        """The explanation of each of QUESTIONS: (name, profile, time)."""
        questions = list(questions)
        if not questions:  # a world in which everybody has a bedtime has none that is open
            return []
        (self.folder / "asked.yaml").write_text("".join(
            f"- {json.dumps({'name': name, 'profile': profile, 'at': str(at), 'expect': 'allowed'})}\n" for name, profile, at in questions))
        done = tool("test", self.folder / "asked.yaml", "--config", self.folder / "world.yaml", "--json", "--all", check=False)
        assert done.returncode in (0, 1), done.stderr
        return json.loads(done.stdout)["came"]


@pytest.fixture(params=range(WORLDS))
def maker(request):
    return policy_worlds.Maker(1000 + request.param)


def without_place(why):
    """What of WHY does not say where in a file something stands."""
    kept = {key: why[key] for key in ("verdict", "rule", "rule_name", "reason", "answer", "suffix", "blocked")}
    kept.update({key: sorted(why[key]) for key in ("categories", "matched", "observed")}, profile=why["profile"]["name"],
                feeds=sorted((feed["feed"], feed["category"], feed["suffix"]) for feed in why["feeds"]), until=why["moment"]["until"])
    return kept


def every_name(world):
    return sorted({name for names in world["lists"].values() for name in names} | {f"x.{name}" for name in policy_worlds.NAMES[:10]})


def test_a_stricter_band_never_allows_more(maker, tmp_path):
    world = maker.world()
    zone = maker.random.choice(policy_worlds.ZONES)
    world["profiles"] = {f"p{i}": {"extends": preset, "zone": zone} for i, preset in enumerate(STRICTER_FIRST)}
    world["lists"] = {key: [f"only-{bit}.example", *world["lists"].get(key, [])] for key, (bit, *_) in oracle_policy.CATEGORIES.items()}
    times = [maker.moment(world, world["profiles"]["p1"]) for _ in range(6)] + [UNKNOWN_CLOCK]
    names = every_name(world)
    came = iter(Asker(tmp_path, world).ask((name, f"p{i}", at) for at in times for name in names for i in range(5)))
    for at in times:
        for name in names:
            blocked = [next(came)["blocked"] for _ in range(5)]
            assert blocked == sorted(blocked, reverse=True), f"{name} at {at}: {dict(zip(STRICTER_FIRST, blocked))}"


def test_pins_win_over_public_lists_and_hours(maker, tmp_path):
    world = maker.world()
    for key in maker.some([key for key in oracle_policy.CATEGORIES if key not in oracle_policy.S4], 20, 40):
        world["lists"].setdefault(key, []).extend(maker.some(PINS, 1, 5))
    for profile in world["profiles"].values():
        profile.setdefault("deny", []).append(maker.random.choice(PINS))
    asked = [(name, profile, maker.moment(world, world["profiles"][profile])) for name in PINS for profile in world["profiles"] for _ in range(8)]
    for question, why in zip(asked, Asker(tmp_path, world).ask(asked)):
        assert (why["verdict"], why["rule"]) == ("forward", "pin"), question


def test_a_hotline_entry_beats_all(maker, tmp_path):
    world = maker.world()
    hotline = [*maker.some(policy_worlds.NAMES, 5, 10), PINS[0]]
    for profile in world["profiles"].values():
        profile["allow"] = maker.some(hotline, 1, 5)
        profile["deny"] = []
        if "schedules" not in profile:
            profile["schedules"] = {"open": {"allow": [], "everything": "yes", "when": ["00:00-24:00"]}}
    asked = [(prefix + name, profile, maker.moment(world, world["profiles"][profile])) for name in hotline for prefix in ("", "a.")
             for profile in world["profiles"] for _ in range(3)]
    shapes = set()
    for question, why in zip(asked, Asker(tmp_path, world, hotline=hotline).ask(asked)):
        assert (why["verdict"], why["rule"]) == ("block", "operator_policy"), question
        shapes.add(json.dumps([why["answer"], why["feeds"], why["categories"], why["sentence"], why["suffix"]]))
    assert len(shapes) == 1, "one answer, whatever else the name is"


def test_whether_a_name_is_the_operators_or_a_hotlines_changes_nothing(maker, tmp_path):
    world = maker.world()
    names = maker.some(policy_worlds.NAMES, 4, 8)
    world["operator_deny"] = [one for one in world["operator_deny"] if one.removeprefix("=").removeprefix("*.") not in names]
    asked = [(prefix + name, profile, maker.moment(world, world["profiles"][profile])) for name in names for prefix in ("", "a.")
             for profile in world["profiles"] for _ in range(3)]
    asked += list(maker.questions(world, 60))
    by_operator = {**world, "operator_deny": [*world["operator_deny"], *names]}
    ours, theirs = Asker(tmp_path / "a", by_operator).ask(asked), Asker(tmp_path / "b", world, hotline=names).ask(asked)
    for question, one, other in zip(asked, ours, theirs):
        assert json.dumps(one).replace(str(tmp_path / "a"), "") == json.dumps(other).replace(str(tmp_path / "b"), ""), question


def test_the_order_of_lists_and_rules_is_irrelevant(maker, tmp_path):
    world = maker.world()
    asked = list(maker.questions(world, 200))
    plain = Asker(tmp_path / "plain", world).ask(asked)
    shuffled = random.Random(maker.random.random())
    turned = json.loads(json.dumps(world))
    for profile in turned["profiles"].values():
        for key in ("block", "unblock", "observe", "allow", "deny", "bedtime"):
            shuffled.shuffle(profile.get(key, []))
        for schedule in profile.get("schedules", {}).values():
            for key in ("block", "allow", "names", "when"):
                shuffled.shuffle(schedule.get(key, []))
        items = list(profile.get("schedules", {}).items())
        shuffled.shuffle(items)
        profile["schedules"] = dict(items)
        if not items:
            del profile["schedules"]
    items = list(turned["profiles"].items())
    shuffled.shuffle(items)
    turned["profiles"] = dict(items)
    again = Asker(tmp_path / "turned", turned, shuffled=shuffled).ask(asked)
    for question, one, other in zip(asked, plain, again):
        assert without_place(one) == without_place(other), question


def test_an_unknown_clock_allows_nothing_that_some_hour_would_not(maker, tmp_path):
    world = maker.world()
    asker = Asker(tmp_path, world)
    pairs = [(name, profile) for name in every_name(world)[:40] for profile in world["profiles"]]
    unknown = asker.ask((name, profile, UNKNOWN_CLOCK) for name, profile in pairs)
    asked = [(name, profile, maker.moment(world, world["profiles"][profile])) for (name, profile), why in zip(pairs, unknown)
             if not why["blocked"] for _ in range(12)]
    for question, why in zip(asked, asker.ask(asked)):
        assert not why["blocked"], f"{question} is open while the clock is unknown"


def test_nothing_changes_before_the_edge_that_a_verdict_names(maker, tmp_path):
    world = maker.world()
    asker = Asker(tmp_path, world)
    asked = list(maker.questions(world, 150))
    first, later = asker.ask(asked), []
    for (name, profile, at), why in zip(asked, first):
        until = why["moment"]["until"]
        assert until is None or until > at
        end = until if until is not None else at + 400 * 86400
        later += [(why, (name, profile, when)) for when in {end - 1, (at + end) // 2, at + min(end - at - 1, 3600)}]
        limits = [limit for limit in (why["answer"]["ttl_s"], why["answer"]["max_ttl_s"]) if limit is not None]
        if until is not None and why["rule"] not in ("local_record", "special_name", "client_not_allowed", "operator_policy"):
            assert limits and min(limits) <= until - at, f"{name} {profile} {at}: {limits} over {until - at}"
    for (why, question), then in zip(later, asker.ask(question for _, question in later)):
        assert (why["verdict"], why["rule"], sorted(why["matched"])) == (then["verdict"], then["rule"], sorted(then["matched"])), \
            f"{question}: {why['moment']}"
