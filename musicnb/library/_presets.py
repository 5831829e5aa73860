"""Presets: fields of a form under a name, in one JSON file that a person may read and share."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from musicnb.errors import InvalidInput, LibraryError
from musicnb.library._files import sync_folder

_FILE: Final = "presets.json"
_VERSION: Final = 1
_MOST: Final = 500


class Presets:
    """The presets of a library; the file appears whole or not at all.

    Parameters
    ----------
    library
        The library folder.
    """

    def __init__(self, library: Path) -> None:
        self._path = library / _FILE
        self._lock = threading.Lock()

    def all(self) -> dict[str, dict[str, Any]]:
        """Read every preset, by name.

        Raises
        ------
        LibraryError
            The file is none of ours; it is left as it is.
        """
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError):
            text = ""
        with contextlib.suppress(ValueError, RecursionError):
            found = json.loads(text)
            if isinstance(found, dict) and found.get("version") == _VERSION:
                presets = found.get("presets")
                if isinstance(presets, dict) and all(
                    isinstance(fields, dict) for fields in presets.values()
                ):
                    return dict(sorted(presets.items(), key=lambda item: item[0].casefold()))
        raise LibraryError(
            f"the presets in {self._path} cannot be read", hint="Mend the file or move it away"
        )

    def keep(self, name: str, fields: Mapping[str, Any]) -> None:
        """Keep fields under a name; an earlier preset of this name is replaced.

        Raises
        ------
        InvalidInput
            There are too many.
        LibraryError
            They cannot be written.
        """
        with self._lock:
            presets = self.all() | {name: dict(fields)}
            if len(presets) > _MOST:
                raise InvalidInput.about("preset", f"there are {_MOST} already: delete one first")
            self._write(presets)

    def drop(self, name: str) -> None:
        """Forget a preset; one that is not there is forgotten already.

        Raises
        ------
        LibraryError
            The file cannot be written.
        """
        with self._lock:
            presets = self.all()
            if presets.pop(name, None) is not None:
                self._write(presets)

    def _write(self, presets: Mapping[str, Any]) -> None:
        beside, problem = self._path.with_name(f".{_FILE}.{os.getpid()}"), ""
        try:
            text = json.dumps(
                {"version": _VERSION, "presets": presets},
                ensure_ascii=False, allow_nan=False, indent=1, sort_keys=True,
            ).encode()  # fmt: skip
            with beside.open("wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
            sync_folder(self._path.parent)
        except OSError as error:
            problem = error.strerror or str(error)
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
        except ValueError as error:  # what stands in the file already and no JSON in UTF-8 holds
            problem = str(error)
        if problem:
            raise LibraryError(f"the presets cannot be written to {self._path} ({problem})")
