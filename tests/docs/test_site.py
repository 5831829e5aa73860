"""The documentation is built without a warning, loads nothing, and forgets no public name."""

import importlib
import pkgutil
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sphinx.util.inventory import InventoryFile

import musicnb
from musicnb import catalogue, errors
from musicnb.deliver import PROFILES

# one process builds for all; a busy machine takes minutes for it
pytestmark = pytest.mark.timeout(900)
ROOT = Path(__file__).parents[2]
ROOMS = [
    importlib.import_module(f"musicnb.{module.name}")
    for module in pkgutil.iter_modules(musicnb.__path__)
    if not module.name.startswith("_")
]
LOADING = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build it as strictly as Sphinx can: a warning is an error, and so is a dead reference."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-n", "-q", "-d", folder / "trees",
         ROOT / "docs", folder / "html"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "html"


def pages(site):
    found = sorted(site.rglob("*.html"))
    assert len(found) > len(ROOMS)
    return found


def text_of(site, name):
    return (site / name).read_text(encoding="utf-8")


class Loads(HTMLParser):
    """Collects what a page makes a browser fetch."""

    def __init__(self):
        super().__init__()
        self.addresses = []

    def handle_starttag(self, tag, attrs):
        """Note the address of a tag that loads something."""
        address = dict(attrs).get(LOADING.get(tag, ""))
        if address:
            self.addresses.append(address)


def test_every_public_name_is_in_the_reference(site):
    """A name in the ``__all__`` of a room has an entry, without anybody listing it."""
    with (site / "objects.inv").open("rb") as file:
        inventory = InventoryFile.load(file, "", lambda *parts: parts[-1])
    known = {name for kind, names in inventory.items() if kind[:3] == "py:" for name in names}
    wanted = {f"{room.__name__}.{name}" for room in ROOMS for name in room.__all__}
    assert wanted - known == set()


def test_front_page_of_the_reference_leads_to_every_name_of_musicnb(site):
    """What ``import musicnb`` gives is found where a reader looks first."""
    page = text_of(site, "made/musicnb.html")
    assert [name for name in musicnb.__all__ if f"musicnb.{name}" not in page] == []


def test_tables_have_every_model_error_and_profile(site):
    """They are made from the package, so none is missing."""
    models = text_of(site, "made/catalogue.html")
    for model in catalogue.MODELS.values():
        wanted = {model.id, *(option.name for option in model.options)}
        assert [name for name in wanted if f">{name}<" not in models] == []
    kinds = [name for name in errors.__all__ if name != "Fault"]
    assert [name for name in kinds if f">{name}<" not in text_of(site, "made/errors.html")] == []
    profiles = text_of(site, "made/profiles.html")
    assert [name for name in PROFILES if f">{name}<" not in profiles] == []


def test_pages_load_nothing_from_a_network(site):
    """Scripts, styles, fonts and pictures all lie beside the pages."""
    for page in pages(site):
        loads = Loads()
        loads.feed(page.read_text(encoding="utf-8"))
        assert [a for a in loads.addresses if re.match(r"(https?:)?//", a)] == [], page.name
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        assert re.findall(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", text) == [], style.name
