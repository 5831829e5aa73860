"""What ``mutating.py`` takes away is still there to be taken."""

from __future__ import annotations

from pathlib import Path

import pytest
from safeguards import SAFEGUARDS, Safeguard

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("safeguard", SAFEGUARDS, ids=lambda safeguard: safeguard.name)
def test_safeguard_stands_in_the_source_as_it_is_named(safeguard: Safeguard) -> None:
    """Whoever moves a safeguard says where it went, so that its tests are tested on."""
    source = (ROOT / safeguard.file).read_text(encoding="utf-8")
    for old, new in safeguard.edits:
        assert source.count(old) == 1
        source = source.replace(old, new)
    compile(source, safeguard.file, "exec")


@pytest.mark.parametrize("safeguard", SAFEGUARDS, ids=lambda safeguard: safeguard.name)
def test_tests_of_a_safeguard_exist(safeguard: Safeguard) -> None:
    """The file that has to miss it is there."""
    assert (ROOT / safeguard.tests[0]).is_file()
