"""What no linter checks: doors, names, sizes, notebooks, the wheel."""

import ast
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "musicnb").rglob("*.py"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def room_of(path):
    """Return the package a file belongs to, as a dotted name."""
    return ".".join(path.relative_to(ROOT).parent.parts)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_room_reaches_behind_anothers_door(path):
    """A file whose name starts with ``_`` is imported only inside its own room."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("musicnb"):
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.startswith("musicnb")]
        for name in names:
            head, _, last = name.rpartition(".")
            private = re.fullmatch(r"_[a-z]\w*", last)
            if private and (ROOT / (head.replace(".", "/")) / f"{last}.py").exists():
                assert room_of(path).startswith(head), f"{path.name} imports {name}"


def test_no_file_has_a_name_that_says_nothing():
    """A file is named for what it holds."""
    empty = {"utils", "util", "helpers", "helper", "common", "core", "misc"}
    assert [path for path in FILES if path.stem.strip("_") in empty] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebook_is_committed_without_outputs(path):
    """Outputs belong to whoever runs it."""
    cells = json.loads(path.read_text())["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert code
    assert [cell for cell in code if cell["outputs"] or cell["execution_count"]] == []


def test_wheel_holds_scripts_styles_and_notebooks(tmp_path):
    """What is not Python is installed too."""
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", tmp_path, ROOT], check=True
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        path.relative_to(ROOT).as_posix()
        for pattern in ("*.py", "*.js", "*.css", "*.html", "*.json")
        for path in (ROOT / "musicnb").rglob(pattern)
    }
    assert expected <= names
    assert {f"musicnb/notebooks/{path.name}" for path in NOTEBOOKS} <= names
    assert "musicnb/py.typed" in names
