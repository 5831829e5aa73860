"""Code in the documentation runs, and prints what it says."""

import gc
from pathlib import Path

import pytest
from blocks import blocks_of, run_document

import musicnb

ROOT = Path(__file__).parents[2]
# the README first: its table is that of an empty library
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
DOCUMENTS += sorted((ROOT / "docs" / "guides").glob("*.md"))
WITH_CODE = [path for path in DOCUMENTS if blocks_of(path)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Give all documents one folder, and so one library and one sandbox."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MUSICNB_BASE_URL", "MUSICNB_API_KEY", "BEATRA_API_KEY"):
            patch.delenv(name, raising=False)
        folder = tmp_path_factory.mktemp("reader")
        patch.chdir(folder)
        yield folder
        musicnb.Studio(quiet=True).close()
        gc.collect()


@pytest.mark.parametrize("path", WITH_CODE, ids=lambda path: path.relative_to(ROOT).as_posix())
@pytest.mark.usefixtures("folder")
def test_code_of_a_document_prints_what_it_says(path):
    """Every block is run as typed, and its output compared where the document shows one."""
    for printed, shown in run_document(path):
        assert printed == shown


def test_every_guide_has_code():
    """A guide that cannot be tried is none."""
    guides = set((ROOT / "docs" / "guides").glob("*.md"))
    assert guides
    assert guides <= set(WITH_CODE)
