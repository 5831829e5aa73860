"""A campaign sweep in a real JupyterLab, as the notebook that ships tells it."""

import shutil

from picturing import NOTEBOOKS, picture
from playwright.sync_api import expect

NOTEBOOK = "03_campaign_sweep.ipynb"
MOODS, TEMPI = ("calm", "bright", "dark"), ("90 bpm", "120 bpm")
#: The tiles in the plan's order, the last axis fastest.
PLANNED = [
    f"{mood} · {tempo} · {model}"
    for mood in MOODS
    for tempo in TEMPI
    for model in ("suno-5.5", "minimax-music-2.6 #1", "minimax-music-2.6 #2")
]


def test_capped_sweep_shows_its_price_its_cards_and_what_did_not_fit(lab, page):
    """18 tasks are planned for $1.08; 12 run for 720 of 750 credits, 6 say what they need."""
    shutil.copyfile(NOTEBOOKS / NOTEBOOK, lab.root / NOTEBOOK)
    lab.open(page, NOTEBOOK)
    lab.run(page, timeout_s=240)
    text = page.locator(".jp-Notebook")
    expect(text).to_contain_text("18 tasks · 24 clips · 1,080 credits · $1.08")
    expect(text).to_contain_text("2 not run: needs 80, 30 left; 4 not run: needs 50, 30 left")
    cards = page.locator(".mnb-card")
    expect(cards).to_have_count(18)
    expect(cards.locator(".mnb-row")).to_have_count(16)
    expect(page.locator(".mnb-card[data-status=succeeded]")).to_have_count(12)
    left_out = page.locator(".mnb-card[data-status='not run']")
    expect(left_out).to_contain_text(["needs 80, 30 left", "needs 50, 30 left"] + 4 * [""])
    assert [card.get_attribute("aria-label") for card in cards.all()] == PLANNED
    lines = page.get_by_role("heading", level=4)
    expect(lines).to_have_text([f"{mood} · {tempo}" for mood in MOODS for tempo in TEMPI])
    expect(text).to_contain_text("The service's ledger agrees to the credit.")
    plan = page.get_by_text("18 tasks · 24 clips").first
    picture(page, "campaign-plan", top=plan.locator("xpath=.."), height=1000)
    picture(page, "campaign-board", top=cards.first, height=1000)
    assert lab.execute(page, "print(run.spent_credits, studio.account().differences)") == "720 ()\n"
    rate_here_and_there(lab, page)


def rate_here_and_there(lab, page):
    """Give a star on the page, which the journal keeps, and tags in Python, which it shows."""
    row = page.locator(".mnb-row").first
    stars = row.get_by_role("slider", name="Stars of")
    stars.press("4")
    expect(stars).to_have_attribute("aria-valuetext", "4 of 5 stars")
    first = "run.tasks[0].clips[0]"
    assert lab.execute(page, f"print({first}.stars, {first}.rating.tags)") == "4 ()\n"
    lab.execute(page, f"{first}.rate(tags=['hook'], note='keep')")
    expect(row.locator(".mnb-words")).to_have_text("hookkeep")
    page.get_by_role("searchbox").fill("keep")
    expect(page.locator(".mnb-row:visible")).to_have_count(1)
