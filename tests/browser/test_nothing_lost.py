"""Lost answers in a real JupyterLab: the card says what is held, and its buttons decide."""

import shutil

import pytest
from picturing import NOTEBOOKS, picture
from playwright.sync_api import expect

NOTEBOOK = "09_nothing_lost.ipynb"
LOSE = """
import musicnb as mnb
studio = mnb.Studio("LIBRARY", base_url="sandbox")
for operation in ("create", "list"):
    studio.rehearse("answer_lost", on=operation)
task = studio.generate(mnb.TextToMusic(
    "techno, 5 seconds", model="minimax-music-2.6", title="Lost", instrumental=True))
task
"""


@pytest.fixture
def card(lab, page, tmp_path):
    """Order something whose answers are all lost, in a library of its own, and find its card."""
    lab.write("lost.ipynb", LOSE.replace("LIBRARY", str(tmp_path)))
    lab.open_and_run(page, "lost.ipynb")
    card = page.locator(".mnb-card", has_text="Lost")
    expect(card.locator(".mnb-chip")).to_have_text("unknown")
    return card


def test_notebook_runs_as_shipped_and_its_books_agree(lab, shared_page):
    """Four orders with lost answers cost 200 credits, one without any is held, then recovered."""
    shutil.copyfile(NOTEBOOKS / NOTEBOOK, lab.root / NOTEBOOK)
    lab.open_and_run(shared_page, NOTEBOOK)
    text = shared_page.locator(".jp-Notebook")
    expect(text).to_contain_text("The service's ledger agrees to the credit.")
    expect(text).to_contain_text("nothing new sent; 4 ordered before (4 succeeded)")
    expect(text).to_contain_text("50 credits held")
    expect(text).to_contain_text("1 recovered")
    expect(text).to_contain_text("5 clips intact, 0 missing, 0 altered")
    lost = shared_page.locator(".mnb-card[aria-label=lost]").first
    picture(shared_page, "nothing-lost", top=lost.locator("xpath=../../../.."), height=1000)


def test_check_again_fetches_what_the_service_had_taken(lab, page, card):
    """One press, no second charge, and the clip plays."""
    expect(card).to_contain_text("50 credits held")
    lab.execute(page, "studio.rehearse(None)")
    card.get_by_role("button", name="Check again").click()
    expect(card.get_by_role("button", name="Play")).to_have_count(1)
    expect(card.locator(".mnb-choices")).to_be_hidden()
    expect(card).to_contain_text("50 credits charged")
    assert lab.execute(page, "print(studio.account().spent, studio.account().held)") == "50 0\n"


def test_send_again_asks_first_and_makes_a_card_of_its_own(lab, page, card):
    """A press too many orders nothing; the second one may cost, and says so."""
    lab.execute(page, "studio.rehearse(None)")
    card.get_by_role("button", name="Send again…").click()
    confirm = card.get_by_role("button", name="Order it anew? It may charge 50 credits ($0.05)")
    expect(confirm).to_be_visible()
    assert lab.execute(page, "print(len(studio.table(every_order=True)))") == "1\n"
    confirm.click()
    cards = page.locator(".mnb-card", has_text="Lost")
    expect(cards).to_have_count(2)
    expect(cards.last.get_by_role("button", name="Play")).to_have_count(1)
    expect(cards.first.locator(".mnb-chip")).to_have_text("unknown")


def test_give_up_needs_two_presses_and_ends_the_hold(lab, page, card):
    """The sandbox did take this one, so it is found and canceled, and nothing is forgotten."""
    lab.execute(page, "studio.rehearse(None)")
    card.get_by_role("button", name="Give up…").click()
    expect(card.locator(".mnb-chip")).to_have_text("unknown")
    card.get_by_role("button", name="Give up? What it may have cost").click()
    expect(card.locator(".mnb-choices")).to_be_hidden()
    assert lab.execute(page, "print(studio.account().differences)") == "()\n"
