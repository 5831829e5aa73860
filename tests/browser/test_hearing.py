"""Hearing and measuring in a real JupyterLab, as the notebook that ships tells it."""

import shutil

from picturing import NOTEBOOKS, picture
from playwright.sync_api import expect

NOTEBOOK = "07_hear_and_measure.ipynb"


def test_notebook_compares_measures_and_pictures_its_clips(lab, page):
    """Four clips on one playhead, numbers with units, a sheet, a preview, a file of one's own."""
    shutil.copyfile(NOTEBOOKS / NOTEBOOK, lab.root / NOTEBOOK)
    lab.open(page, NOTEBOOK)
    lab.run(page, timeout_s=240)
    text = page.locator(".jp-Notebook")
    expect(text).to_contain_text("LUFS")
    expect(text).to_contain_text("dBTP")
    expect(page.locator("audio[controls]")).to_have_count(1)
    compared = page.locator(".mnb-compare").first
    expect(compared).to_be_visible()
    made = lab.execute(
        page, "print(master.path.suffix, round(mnb.measure_file(master.path).loudness_lufs))"
    )
    assert made == ".wav -16\n"
    picture(page, "hear-compare", top=compared, height=900)
    picture(page, "hear-sheet", top=text.get_by_text("What is in a clip").first, height=1300)
