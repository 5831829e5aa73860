"""A campaign sweep in a real JupyterLab, as the notebook that ships tells it."""

import shutil

from picturing import NOTEBOOKS, picture
from playwright.sync_api import expect

NOTEBOOK = "03_campaign_sweep.ipynb"
#: The cells that fit 750 credits, in the plan's order.
PLANNED = [
    f"{mood} · {tempo} · {model}"
    for mood in ("calm", "bright")
    for tempo in ("90 bpm", "120 bpm")
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
    expect(cards).to_have_count(12)
    expect(cards.locator(".mnb-row")).to_have_count(16)
    expect(page.locator(".mnb-card[data-status=succeeded]")).to_have_count(12)
    expect(page.get_by_text("calm · 120 bpm · minimax-music-2.6 #2").first).to_be_visible()
    titles = page.locator(".mnb-title").all_text_contents()
    assert titles[0] == "calm · 90 bpm · suno-5.5"
    assert titles == PLANNED
    expect(text).to_contain_text("The service's ledger agrees to the credit.")
    plan = page.get_by_text("18 tasks · 24 clips").first
    picture(page, "campaign-plan", top=plan.locator("xpath=.."), height=1000)
    picture(page, "campaign-board", top=cards.first, height=1000)
    assert lab.execute(page, "print(run.spent_credits, studio.account().differences)") == "720 ()\n"
