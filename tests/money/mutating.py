"""Takes each safeguard of the money away in a copy of the source: the tests must miss it.

``python tests/money/mutating.py`` tries all of them, and ends with 1 when one is not missed.
``python tests/money/mutating.py fsync`` tries those with the word in their name.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from safeguards import SAFEGUARDS, Safeguard

ROOT = Path(__file__).resolve().parents[2]
_COPIED = ("musicnb", "tests", "notebooks", "pyproject.toml", "README.md")
_PASSED, _FAILED = 0, 1
_LONGEST = 100


class Copy:
    """A copy of the source in which something can be taken away for a while."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sound: set[tuple[str, ...]] = set()
        for name in _COPIED:
            source = ROOT / name
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, folder / name, ignore=ignored)
            else:
                shutil.copy(source, folder / name)

    def missed(self, safeguard: Safeguard) -> tuple[bool, str]:
        """Take a safeguard away and run its tests.

        Returns
        -------
        tuple
            Whether they fail for it, and what they said, or what is wrong with them.
        """
        if safeguard.tests not in self._sound:
            status, said = self._run(safeguard.tests)
            if status != _PASSED:
                return False, f"its tests fail already:\n{said}"
            self._sound.add(safeguard.tests)
        path = self._folder / safeguard.file
        before = path.read_text(encoding="utf-8")
        try:
            path.write_text(_without(safeguard, before), encoding="utf-8")
            status, said = self._run(safeguard.tests)
        finally:
            path.write_text(before, encoding="utf-8")
        if status == _PASSED:
            return False, "no test fails"
        if status != _FAILED:
            return False, f"its tests did not run ({status}):\n{said}"
        reasons = [line[1:].strip() for line in said.splitlines() if line.startswith("E ")]
        return True, reasons[0] if reasons else said

    def _run(self, tests: tuple[str, ...]) -> tuple[int, str]:
        command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [*command, *tests],
            cwd=self._folder,
            env={**os.environ, "PYTHONPATH": str(self._folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def is_used(self) -> bool:
        """Tell whether it is really the copy that is imported."""
        code = "import musicnb; print(musicnb.__file__)"
        environment = {**os.environ, "PYTHONPATH": str(self._folder)}
        shown = subprocess.check_output(
            [sys.executable, "-c", code], env=environment, cwd=self._folder, text=True
        )
        return Path(shown.strip()).is_relative_to(self._folder)


def _without(safeguard: Safeguard, source: str) -> str:
    for old, new in safeguard.edits:
        if source.count(old) != 1:
            raise SystemExit(
                f"{safeguard.file} has this {source.count(old)} times, not once; tell"
                f" {Path(__file__).with_name('safeguards.py')} what it has become:\n{old}"
            )
        source = source.replace(old, new)
    return source


def main(words: list[str]) -> int:
    """Try the safeguards that have any of the words in their name; return the exit status."""
    chosen = [one for one in SAFEGUARDS if not words or any(word in one.name for word in words)]
    for safeguard in SAFEGUARDS:
        _without(safeguard, (ROOT / safeguard.file).read_text(encoding="utf-8"))
    survivors = 0
    with tempfile.TemporaryDirectory() as name:
        copy = Copy(Path(name).resolve())
        assert copy.is_used()
        for safeguard in chosen:
            missed, said = copy.missed(safeguard)
            survivors += not missed
            shown = said.splitlines()[0][:_LONGEST] if missed else said
            sys.stdout.write(f"{'missed' if missed else 'SURVIVES'}: {safeguard.name}\n  {shown}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{len(chosen)} safeguards taken away, {survivors} not missed\n")
    return 1 if survivors or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
