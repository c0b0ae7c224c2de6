"""Fixtures: a daemon with a directory of its own, a scripted upstream, a real recursive one."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import harness  # noqa: E402  (found beside this file)


@pytest.fixture(scope="session")
def recursive(tmp_path_factory):
    one = harness.Recursive(tmp_path_factory.mktemp("recursive"))
    yield one
    one.stop()


@pytest.fixture
def upstream():
    one = harness.Upstream()
    yield one
    one.stop()


@pytest.fixture
def stairgate(tmp_path):
    """A function that makes daemons; all are stopped, and their logs searched for sanitizer reports."""
    made = []

    def make(**options):
        folder = tmp_path / f"daemon{len(made)}"
        folder.mkdir()
        made.append(harness.Stairgate(folder, **options))
        return made[-1]
    yield make
    for one in made:
        one.stop()


@pytest.fixture
def feeds(tmp_path):
    """A publisher of lists (feed_server.py)."""
    import feed_server  # slow to load, and few need it
    folder = tmp_path / "feeds"
    folder.mkdir()
    one = feed_server.FeedServer(folder)
    yield one
    one.stop()
