"""The notebooks as shipped, and pictures of them for the documentation.

With MUSICNB_SCREENSHOTS set to a folder, the pictures are written there.
"""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Locator, Page

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def picture(page: Page, name: str, *, top: Locator | None = None, height: int = 900) -> None:
    """Take a picture for the documentation, with an element at the top of the notebook."""
    folder = os.environ.get("MUSICNB_SCREENSHOTS")
    if folder:
        page.set_viewport_size({"width": 1280, "height": height})
        if top is not None:
            top.evaluate("element => element.scrollIntoView({block: 'start'})")
        page.wait_for_timeout(500)
        page.locator(".jp-NotebookPanel").screenshot(path=Path(folder) / f"{name}.png")
        page.set_viewport_size({"width": 1280, "height": 900})
