"""The doors are what they say they are."""

import importlib
import pkgutil
import subprocess
import sys

import numpy as np
import pytest

import musicnb
from musicnb.sound import encode

ROOMS = sorted(
    module.name
    for module in pkgutil.iter_modules(musicnb.__path__, "musicnb.")
    if not module.name.startswith("musicnb._")
)


def test_public_face_is_exactly_this():
    """A name more or less is a decision, not an accident."""
    assert musicnb.__all__ == [
        "MODELS",
        "Artifact",
        "Clip",
        "MusicnbError",
        "ReferenceAudioToMusic",
        "Studio",
        "Task",
        "TextToMusic",
        "__version__",
        "check_prompt",
        "measure_file",
        "measure_many",
        "verify_pack",
    ]
    assert all(getattr(musicnb, name) is not None for name in musicnb.__all__)


def test_unknown_name_is_an_attribute_error():
    """Lazy loading keeps the usual error."""
    with pytest.raises(AttributeError, match="no attribute 'Stdio'"):
        musicnb.Stdio  # noqa: B018 - the access is the test


@pytest.mark.parametrize("room", ROOMS)
def test_room_lists_its_door(room):
    """Every room has an ``__all__`` whose names exist and are sorted."""
    module = importlib.import_module(room)
    assert all(hasattr(module, name) for name in module.__all__)
    assert len(set(module.__all__)) == len(module.__all__)


def loaded_by(statement, *heavy):
    code = f"import sys; {statement}; print(sorted({set(heavy)!r} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return shown.stdout.strip()


def test_importing_musicnb_loads_nothing_heavy():
    """Neither pandas, Jupyter, numpy, httpx nor the sandbox comes with the name alone."""
    heavy = ("pandas", "ipywidgets", "IPython", "numpy", "httpx", "scipy", "musicnb.sandbox")
    assert loaded_by("import musicnb", *heavy) == "[]"


def test_studio_in_a_script_loads_neither_pandas_nor_jupyter():
    """A script that only generates does not pay for tables, widgets or the server."""
    heavy = ("pandas", "ipywidgets", "anywidget", "scipy", "starlette", "matplotlib")
    assert loaded_by("from musicnb import Studio; import musicnb.pictures", *heavy) == "[]"
    heavy = (
        "pandas", "musicnb.pictures", "musicnb.sandbox.engine", "musicnb.listen",
        "musicnb.deliver._conform",
    )  # fmt: skip
    assert loaded_by("from musicnb import Studio", *heavy) == "[]"


def test_measuring_a_file_loads_nothing_heavy(tmp_path):
    """The first answer waits for numpy and soundfile only."""
    path = tmp_path / "tone.wav"
    path.write_bytes(encode(np.full((48_000, 2), 0.1, np.float32), 48_000, format="WAV"))
    heavy = ("scipy", "numba", "librosa", "matplotlib", "pandas", "pydantic", "IPython", "httpx")
    ours = ("musicnb.sound._encode", "musicnb.measure._similarity", "musicnb.analysis._many")
    code = f"import musicnb; musicnb.measure_file({str(path)!r})"
    assert loaded_by(code, *heavy, *ours) == "[]"
