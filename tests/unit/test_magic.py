"""``%%music`` in a real IPython, on the real sandbox."""

import pytest
from IPython.core.interactiveshell import InteractiveShell

from musicnb import Studio, Task
from musicnb.studio import Tasks


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """Start a shell with the extension loaded, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    shell = InteractiveShell()
    shell.run_cell("%load_ext musicnb").raise_error()
    yield shell
    studio = shell.user_ns.get("studio")
    if isinstance(studio, Studio):
        studio.close()
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


def test_cell_orders_what_it_describes_and_keeps_the_task(shell, capsys):
    """The price is said, the lyrics begin at the first section tag, quotes hold a title."""
    done = shell.run_cell(
        "%%music intro -m minimax-music-2.6 -t 'Street Level'\n"
        "deep house,\n  10 seconds\n\n[Verse]\nHello {you}, $HOME\n"
    )
    task = shell.user_ns["intro"]
    assert done.result is task
    assert isinstance(task, Task)
    assert {name: task.job.request[name] for name in ("prompt", "title", "lyrics")} == {
        "prompt": "deep house, 10 seconds",
        "title": "Street Level",
        "lyrics": "[Verse]\nHello {you}, $HOME",
    }
    assert "50 credits ($0.05), 1 clip\n" in capsys.readouterr().out
    assert len(task.result()) == 1
    assert len(shell.user_ns["studio"].clips()) == 1


def test_notebooks_own_studio_is_used(shell, tmp_path):
    """No second library beside the one that somebody has opened."""
    shell.user_ns["studio"] = studio = Studio(tmp_path / "mine", quiet=True)
    done = shell.run_cell("%%music -n 2 -i\nambient, 10 seconds")
    assert isinstance(done.result, Tasks)
    done.result.wait()
    assert len(studio.clips()) == 4
    assert not (tmp_path / "musicnb-library").exists()


def test_price_is_told_without_an_order(shell, tmp_path, capsys):
    """Nothing is opened and nothing is sent."""
    assert shell.run_cell("%%music --price -n 3\nhouse").result is None
    assert "3 × 80 credits ($0.08), 2 clips: not sent" in capsys.readouterr().out
    assert not (tmp_path / "musicnb-library").exists()


def test_words_to_keep_out_are_pointed_at_and_stop_nothing(shell, tmp_path, capsys):
    """The list is a file in the library; who forbids a word edits it."""
    shell.user_ns["studio"] = studio = Studio(tmp_path / "mine", quiet=True)
    (studio.library.folder / "terms.txt").write_text("# artists\nDaft Punk\n")
    shell.run_cell("%%music theme -i\nlike Daft-Punk, 10 seconds").raise_error()
    assert "prompt: has 'Daft Punk', which is on your list" in capsys.readouterr().out
    assert len(shell.user_ns["theme"].result()) == 2


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%%music\n \n", "prompt: is empty"),
        ("%%music -m suno-9\nhouse", "there is no model 'suno-9'"),
        ("%%music -n 11\nhouse", "--times 11 must be from 1 to 10"),
        ("%%music -n many\nhouse", "invalid int value: 'many'"),
        ("%%music -o style_weight\nhouse", "must look like style_weight=0.7"),
        ("%%music -i -t x -o style_weight=7\nhouse", "style_weight: must lie from 0 to 1"),
        ("%%music 'two words'\nhouse", "cannot name a variable"),
        ("%%music class\nhouse", "cannot name a variable"),
        ("%%music studio\nhouse", "cannot name a variable"),
        (f"%%music -i -t x -o style_weight={'[' * 3000}\nhouse", "style_weight: must be a number"),
        ("%%music -t 'open\nhouse", "No closing quotation"),
        ("%%music --loud\nhouse", "unrecognized arguments: --loud"),
    ],
)
def test_wrong_cell_is_refused_in_one_line_and_costs_nothing(shell, tmp_path, capsys, cell, said):
    """The line names the field, the value and the way out; there is no traceback."""
    assert shell.run_cell(cell).error_in_exec is not None
    shown = "".join(capsys.readouterr())
    assert said in shown
    assert "Traceback" not in shown
    assert not (tmp_path / "musicnb-library").exists()
