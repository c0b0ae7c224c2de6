"""docs/cases.md against the tests: each case has a row, and each file that a row names is there and names the case."""
import re

import pytest

from harness import CHECKS, ROOT

PAGE = (ROOT / "docs/cases.md").read_text()
ROWS = {found[1]: found[2] for found in re.finditer(r"^\| (C\d\d) \| [^|]+ \| ([^|]+) \|$", PAGE, re.M)}
INDEX = CHECKS.parent / "cases.md"
# Areas whose cases have a test as soon as what they are about is built; the rest waits for listeners and pages.
BUILT = {"over-block", "missed-block", "answer-shape", "cache", "upstream", "list-format", "feeds", "schedule", "identity", "safesearch", "config"}
WAITS = {"C51"}  # encrypted listeners


def files_of(cell):
    """Paths in CELL; one without a folder is in tests/e2e, or beside the one before it."""
    folder = ROOT / "tests/e2e"
    for path in re.findall(r"[\w/]*test_\w+\.(?:py|c)|tests/[\w/]+\.(?:txt|yaml)", cell):
        if "/" in path:
            folder = (ROOT / path).parent
            yield ROOT / path
        else:
            yield folder / path if (folder / path).exists() else ROOT / "tests/e2e" / path


@pytest.mark.parametrize("case", sorted(ROWS))
def test_the_files_of_a_row_are_there_and_one_of_them_names_the_case(case):
    files = list(files_of(ROWS[case]))
    for path in files:
        assert path.exists(), path
    if files:
        assert any(re.search(rf"{case}(?!\d)", path.read_text(errors="replace"), re.I) for path in files), \
            f"{case} is named in none of {[path.name for path in files]}"


@pytest.mark.skipif(not INDEX.exists(), reason="the list of cases is not here (STAIRGATE_CHECKS)")
def test_every_case_has_a_row_and_what_is_built_has_a_test():
    areas = dict(re.findall(r"^\| (C\d\d) \| ([\w-]+) \|", INDEX.read_text(), re.M))
    assert sorted(areas) == sorted(ROWS)
    missing = [case for case, area in areas.items() if area in BUILT and case not in WAITS and not list(files_of(ROWS[case]))]
    assert not missing, f"no test for {missing}"
