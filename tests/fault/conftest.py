"""The harness of the end-to-end tests serves here too."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))


def _fixtures():
    """Those of the end-to-end tests; both files are called conftest, so that one is loaded by its path."""
    import importlib.util
    spec = importlib.util.spec_from_file_location("e2e_conftest", Path(__file__).parents[1] / "e2e" / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


stairgate, upstream, feeds = (getattr(_fixtures(), name) for name in ("stairgate", "upstream", "feeds"))
