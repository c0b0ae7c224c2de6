"""The popular names under each preset, with the real lists: every block explained, none where there should be none."""
import pytest

import popular
from harness import DATA, ROOT

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the data set is not here (STAIRGATE_DATA)")

STRICTER_FIRST = ["early", "primary", "lower_sec", "upper_sec", "legal_only"]
# What may be blocked of popular names, in percent: half as much again as was seen when docs/popular.md was made.
MOST_PERCENT = {"primary": 30, "lower_sec": 20, "upper_sec": 18, "legal_only": 3, "guest": 20, "unknown_device": 30, "school_lesson": 33}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """{preset: what it blocks of the most asked names}, and the names."""
    folder = tmp_path_factory.mktemp("popular")
    popular.build(folder)
    names = popular.by_questions()
    return {preset: popular.blocked(folder, preset, names) for preset in popular.presets()}, names


def test_every_block_has_a_list_that_names_it_in_a_category_that_decided(found):
    checked = 0
    for preset, blocks in found[0].items():
        for name, (rule, matched, feeds) in blocks.items():
            if rule == "default":
                assert not matched, "nobody but the default decided"
                continue
            assert rule == "category", rule
            explained = {feed["category"] for feed in feeds if not feed["exception"]} | popular.by_table(name)
            assert matched and set(matched) <= explained, f"{preset}: a block that no list explains"
            checked += 1
    assert checked > len(found[1]) // 10, "the lists are not those that they were"


def test_a_stricter_band_blocks_whatever_a_laxer_one_does(found):
    blocks = found[0]
    for stricter, laxer in zip(STRICTER_FIRST, STRICTER_FIRST[1:]):
        assert set(blocks[laxer]) <= set(blocks[stricter]), (stricter, laxer)
    assert set(blocks["guest"]) == set(blocks["lower_sec"])
    assert set(blocks["unknown_device"]) == set(blocks["primary"])


@pytest.mark.parametrize("preset", MOST_PERCENT)
def test_not_too_much_is_blocked(found, preset):
    count, by_default, _ = popular.counts(found[0][preset])
    assert by_default == 0 and 0 < count * 100 <= MOST_PERCENT[preset] * len(found[1]), count


def test_the_page_has_a_row_for_each_preset():
    page = (ROOT / "docs/popular.md").read_text()
    for preset in popular.presets():
        assert page.count(f"\n| {preset} | ") == 2, preset
