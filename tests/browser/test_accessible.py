"""What axe-core finds on every widget, light and dark, wide and narrow: nothing serious."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

CELLS = (
    """
import musicnb as mnb
studio = mnb.Studio("accessible", quiet=True)
briefs = [mnb.TextToMusic(f"{genre}, 6 seconds", instrumental=True) for genre in ("pop", "jazz")]
tasks = studio.generate_all(briefs, sweep="accessible")
tasks.wait()
clips = studio.clips()
""",
    "studio.form(prompt='calm piano')",
    "clips.compare()",
    "studio.listen(clips, name='accessible', votes=4)",
    "studio.show()",
    "studio.sweep('grid', briefs[0], {'model': ['suno-5.5', 'minimax-music-2.6']})",
)
THEME = """theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})"""
DRAWN = """() => document.querySelectorAll('.jp-OutputArea-output .mnb').length >= 4"""


@pytest.fixture(scope="module")
def widgets(lab: Any, shared_page: Page) -> Page:
    """Show every widget in one notebook."""
    lab.write("accessible.ipynb", *CELLS)
    lab.open_and_run(shared_page, "accessible.ipynb")
    shared_page.wait_for_function(DRAWN)
    return shared_page


@pytest.mark.parametrize("width", [1280, 800])
@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_axe_finds_nothing_serious(widgets: Page, theme: str, width: int) -> None:
    """Names, roles, focus and contrast (WCAG 2 A and AA), of what is ours on the page."""
    widgets.set_viewport_size({"width": width, "height": 900})
    widgets.evaluate(THEME, theme)
    widgets.wait_for_timeout(500)
    found = Axe().run(widgets, context=".jp-OutputArea-output").response["violations"]
    serious = [
        (rule["id"], rule["impact"], node["html"][:200], node.get("failureSummary", "")[:300])
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]
    assert serious == []
