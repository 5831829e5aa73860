"""A real JupyterLab and a real Chromium for browser tests; nothing from outside the machine.

Fixtures
--------
``lab``
    One isolated JupyterLab for the whole run: own settings, own folder for notebooks, no news,
    no update checks. Its methods write, open, run, save and reopen notebooks.
``chromium``
    The browser; tests skip with a reason where it is not installed.
``page``
    A fresh page. It collects ``page.errors`` (uncaught errors) and ``page.external`` (requests
    that leave the machine), and both must be empty when the test ends.
``shared_page``
    The same, one for all tests of a module.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from labs import CHROMIUM, Lab, running_chromium, running_lab, watched_page
from playwright.sync_api import Browser, Page, expect

expect.set_options(timeout=20_000)

# A module for notebooks: boards of real sound. WAV is quick to encode and takes several chunks.
BOARD_TAKES = """
from pathlib import Path
from time import sleep, time
import threading

import numpy as np

from musicnb.sound import encode
from musicnb.widgets import Board, CardView, ClipView

RATE = 22_050
files = {}
canceled = []


def clip(name, title, seconds=60.0, **facts):
    t = np.arange(int(seconds * RATE)) / RATE
    swell = 0.2 + 0.7 * np.abs(np.sin(2 * np.pi * t / 17))
    x = (swell * np.sin(2 * np.pi * 220 * t)).astype("f4")
    path = Path(f"{name}.wav")
    path.write_bytes(encode(x[:, None], RATE, format="WAV"))
    files[name] = path
    parts = np.array_split(x, 1000)
    peaks = np.array([[part.min(), part.max()] for part in parts]) * 127
    return ClipView(name, title, seconds, "audio/wav", path.stat().st_size,
                    peaks.astype(np.int8).tobytes(), str(path), **facts)


def board(label, *cards, **options):
    return Board(label=label, cards=cards, locate=files.__getitem__, cancel=canceled.append,
                 **options)
"""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test in this folder, so that ``-m "not browser"`` leaves them all out."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


def _require_chromium() -> None:
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}: apt-get install chromium, or set CHROMIUM")


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One JupyterLab in folders of its own, for all browser tests."""
    _require_chromium()
    with running_lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


# Not for the whole session: while Playwright's synchronous API is open, its event loop counts as
# running on the main thread, and every asyncio test after it would fail.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    _require_chromium()
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """Open a fresh page; fail at the end if it threw errors or asked for anything outside."""
    with watched_page(chromium) as page:
        yield page


@pytest.fixture(scope="module")
def shared_page(chromium: Browser) -> Iterator[Page]:
    """Open one page for a whole module, where opening a notebook for each test is too slow."""
    with watched_page(chromium) as page:
        yield page


@pytest.fixture(scope="session")
def board_takes() -> str:
    """Source of a module that makes clips and boards, to be put beside a notebook."""
    return BOARD_TAKES.lstrip()
