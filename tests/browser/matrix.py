"""Run the live-updates check on several versions of ipykernel and print a table.

Each version goes into a throwaway environment that borrows everything else from the one that runs
this: ``python tests/browser/matrix.py [version ...]``.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path

from conftest import BOARD_TAKES
from labs import running_chromium, running_lab, watched_page
from liveness import Liveness, open_live_board, watch_changes

VERSIONS = ("6.31.0", "7.1.0", "7.2.0", "7.3.0", "7.4.0")
ROWS = 300
SECONDS = 10.0
LEAST_HZ = 4.0
CHANGES_HZ = 10.0  # more than the board passes on, so that each of its messages brings news


def environment_with(version: str, folder: Path) -> Path:
    """Make an environment with a version of ipykernel; return its Python."""
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    site = next(folder.glob("lib/python*/site-packages"))
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps",
         "--ignore-installed", f"ipykernel=={version}", "nest_asyncio"],
        check=True,
    )  # fmt: skip
    return python


def check(version: str) -> Liveness:
    """Change 300 rows from a thread while a cell sleeps."""
    with tempfile.TemporaryDirectory() as folder:
        python = environment_with(version, Path(folder) / "env")
        (Path(folder) / "lab").mkdir()
        with (
            running_lab(Path(folder) / "lab", kernel=python) as lab,
            running_chromium() as chromium,
            watched_page(chromium) as page,
        ):
            open_live_board(lab, page, BOARD_TAKES, rows=ROWS)
            found = lab.execute(page, "import ipykernel; print(ipykernel.__version__)").strip()
            if found != version:
                message = f"the kernel is ipykernel {found}, not {version}"
                raise RuntimeError(message)
            return watch_changes(lab, page, seconds=SECONDS, at_hz=CHANGES_HZ)


def main() -> None:
    """Print a line for each version; end with 1 if one falls short."""
    failed = False
    sys.stdout.write("ipykernel   updates/s in sleep   messages/s   rows right\n")
    for version in sys.argv[1:] or VERSIONS:
        seen = check(version)
        rate = (seen.steps - 1) / seen.seconds
        good = rate >= LEAST_HZ and seen.right == ROWS and seen.messages / SECONDS <= 10
        failed |= not good
        sys.stdout.write(
            f"{version:<9} {rate:19.1f} {seen.messages / SECONDS:13.1f} {seen.right:8}/{ROWS}"
            f"   {'' if good else 'falls short'}\n"
        )
        sys.stdout.flush()
    sys.exit(failed)


if __name__ == "__main__":
    main()
