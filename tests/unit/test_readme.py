"""The README and the examples in docstrings tell the truth."""

import doctest
import importlib
import re
from pathlib import Path

import pytest

from musicnb import catalogue

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_code_of_the_readme_is_short():
    """Twelve lines are promised."""
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)[1]
    assert len([line for line in code.splitlines() if line.strip()]) <= 12


def test_prices_in_the_readme_are_those_of_the_catalogue():
    """The table of the README is the catalogue's."""
    for model in catalogue.MODELS.values():
        price, clips = str(catalogue.price_of(model.id)).split(", ")
        assert f"| `{model.id}` | {price} | {clips} |" in README


def test_readme_holds_exactly_two_commands_that_need_only_python():
    """One for the main job, one for the tests."""
    assert len(re.findall(r"^python3 -m venv", README, re.MULTILINE)) == 2


def test_links_of_the_readme_lead_somewhere():
    """Every relative link is a file of the project."""
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("name", ["musicnb", "musicnb.briefs", "musicnb.measure._levels"])
def test_examples_in_docstrings_work(name):
    """What a docstring shows is what happens."""
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0
