"""The rules against the oracle: configs and questions at random, mostly where hours and ages turn; no known differences."""
import json
import os

import pytest

import oracle_policy
import policy_worlds
from harness import build_set, tool

WORLDS = int(os.environ.get("STAIRGATE_WORLDS", 20))
QUESTIONS = 300


@pytest.mark.parametrize("seed", range(WORLDS))
def test_both_decide_the_same(seed, tmp_path):
    maker = policy_worlds.Maker(seed)
    world = maker.world()
    build_set(tmp_path / "world.set", {key: "\n".join(names) + "\n" for key, names in world["lists"].items()})
    (tmp_path / "world.yaml").write_text(policy_worlds.as_yaml(world))
    asked = list(maker.questions(world, QUESTIONS))
    (tmp_path / "asked.yaml").write_text("".join(
        f"- {json.dumps({'name': name, 'profile': profile, 'at': str(at), 'expect': 'allowed'})}\n" for name, profile, at in asked))
    done = tool("test", tmp_path / "asked.yaml", "--config", tmp_path / "world.yaml", "--json", "--all", check=False)
    assert done.returncode in (0, 1), done.stderr
    wrong, rules = [], set()
    for (name, profile, at), why in zip(asked, json.loads(done.stdout)["came"]):
        expected = oracle_policy.decide(world, profile, name, at)
        rules.add(expected[1])
        if (why["blocked"], why["rule"]) != expected:
            wrong.append(f"{name} {profile} {at} {world['profiles'][profile]}: expected {expected}, came {why['blocked'], why['rule']} {why['matched']}"
                         f" listed {sorted(oracle_policy.categories_of(world, name))}")
    assert not wrong, f"{len(wrong)} of {len(asked)}:\n" + "\n".join(wrong[:12])
    assert {"category", "default"} <= rules
