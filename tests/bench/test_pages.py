"""How the figures of a run are kept."""

import json

from bench.load.figures import Figures
from bench.pages import json_text, with_block
from bench.targets import Target


def test_the_block_of_the_page_is_replaced() -> None:
    """The first block of text becomes what was shown; the rest of the page stays."""
    page = "# Figures\n\n```text\nold\n```\n\n```text\nother\n```\n"
    assert "# Figures\n\n```text\nnew\n\n\\1\n```\n\n```text\nother\n```\n" == with_block(
        page, ["new", "", "\\1", ""]
    )


def test_figures_as_json() -> None:
    """Each contender at each number of callers, and each target with its verdict, is an object."""
    figures = Figures(rate=10.0, p50=1.5, p99=3.0, cpu=0.5)
    document = json.loads(json_text({("echo", 16): figures}, [Target("ratio", 2.0, 1.0)]))
    assert [
        {"contender": "echo", "callers": 16, "rate": 10.0, "p50": 1.5, "p99": 3.0, "cpu": 0.5}
    ] == document["calls"]
    assert [{"text": "ratio", "ratio": 2.0, "bound": 1.0, "at_least": False, "met": False}] == document[
        "targets"
    ]
