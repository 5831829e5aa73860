"""The report of a run, opened from a folder: it plays, fits the window and asks for nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from musicnb import Studio, TextToMusic

PATIENCE_S = 240
SOUND = """async audio => {
    audio.muted = true;
    await audio.play();
    await new Promise(next => setTimeout(next, 1200));
    return audio.currentTime;
}"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make clips in the sandbox, answer a session, write the page, close everything."""
    folder = tmp_path_factory.mktemp("report")
    with Studio(folder / "library", base_url="sandbox", quiet=True) as studio:
        brief = TextToMusic("{mood} pop, 4 s", instrumental=True)
        axes = {"mood": ["calm", "bright"], "model": ["suno-5.5"]}
        run = studio.sweep("told", brief, axes).run(max_credits=200).wait(PATIENCE_S)
        session = run.listen(4, goal="top 2", votes=8, seed=5)
        while session.screen().state != "done":
            session.vote("AB"[session.answered % 2])
        return run.report(folder / "report.html", session.reveal(), preview_s=3)


def test_report_from_a_folder_plays_and_loads_nothing(chromium: Browser, report: Path) -> None:
    """Every player of the shortlist moves; nothing is asked for but the page and what it holds."""
    page = chromium.new_page()
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.goto(report.as_uri())
    expect(page.get_by_role("heading", name="Ranking by ear")).to_be_visible()
    players = page.locator("audio")
    expect(players).to_have_count(2)
    for place in range(2):
        assert players.nth(place).evaluate(SOUND) > 0.2
    assert {url for url in asked if not url.startswith("data:")} == {report.as_uri()}
    assert errors == []
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 800, 360])
def test_report_fits_the_window(chromium: Browser, report: Path, scheme: str, width: int) -> None:
    """Wide tables scroll by themselves, and the ground follows the scheme."""
    context = chromium.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    page.goto(report.as_uri())
    assert page.evaluate(OVERFLOW) <= 0
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 24, 28)"}[scheme]
    context.close()
