"""Every notebook as shipped, run to its end in JupyterLab; some have stories of their own too."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from picturing import NOTEBOOKS
from playwright.sync_api import Page, expect

#: Those that no other test here runs.
NAMES = [
    "02_forms_and_reference.ipynb",
    "04_blind_shortlist.ipynb",
    "05_deliver.ipynb",
    "06_compare_models.ipynb",
    "08_measure_on_a_cluster.ipynb",
]
FAILED = "[data-mime-type='application/vnd.jupyter.error']"
MISSING = "text=/Error displaying widget|Loading widget|model not found/"


@pytest.mark.parametrize("name", NAMES)
def test_notebook_runs_whole_and_shows_what_it_made(lab: Any, page: Page, name: str) -> None:
    """No cell fails, every widget is drawn, and nothing is asked for outside."""
    shutil.copyfile(NOTEBOOKS / name, lab.root / name)
    lab.open(page, name)
    lab.run(page, timeout_s=200)
    expect(page.locator(FAILED)).to_have_count(0)
    expect(page.locator(MISSING)).to_have_count(0)
    expect(
        page.locator(".jp-OutputArea-output img, .jp-OutputArea-output .mnb").first
    ).to_be_visible()
