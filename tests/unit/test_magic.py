"""``%%music`` in a real IPython, on the real sandbox."""

import json
import subprocess
import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell

from musicnb import Studio, Task
from musicnb.errors import LibraryError
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


@pytest.fixture
def thin_wallet(tmp_path):
    """Open a studio on a shared sandbox, where its project has credits for two orders."""
    keys = tmp_path / "keys"
    keys.touch(0o600)
    keys.write_text("band sk-0123456789abcdef0123456789abcdef 200\n")
    command = [sys.executable, "-m", "musicnb", "sandbox", "--json", "--keys", keys]
    command += ["--data", tmp_path / "service"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        said = json.loads(server.stdout.readline())
        key = "sk-0123456789abcdef0123456789abcdef"
        with Studio(tmp_path / "lib", base_url=said["base_url"], api_key=key, quiet=True) as studio:
            yield studio
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


def test_cell_that_runs_out_of_credits_says_what_was_sent_charged_and_is_next(
    shell, thin_wallet, capsys
):
    """Two of five fit the wallet: their tasks come back, the rest is kept and named."""
    shell.user_ns["studio"] = thin_wallet
    done = shell.run_cell("%%music -n 5 -i\nambient, 10 seconds")
    said = capsys.readouterr().out
    assert "2 of 5 sent: 160 credits charged.\n3 not sent, nothing charged for them: " in said
    assert "the wallet holds 40" in said
    assert "Next: top up, they cost 240 credits; then studio.resume() sends them." in said
    assert isinstance(done.result, Tasks)
    assert sorted(bool(task.task_id) for task in done.result) == [False] * 3 + [True] * 2
    done.result.wait(60)
    assert [task.charged_credits for task in done.result if task.task_id] == [80, 80]
    assert len(thin_wallet.clips()) == 4


class FullAfterTwo(Studio):
    """A studio whose disk is full from the third order on."""

    room = 2

    def generate(self, brief):
        """Order as long as there is room."""
        self.room -= 1
        if self.room < 0:
            raise LibraryError("the order could not be written down", hint="Make room on the disk")
        return super().generate(brief)


def test_cell_whose_later_orders_cannot_be_written_down_shows_the_first(shell, tmp_path, capsys):
    """A full disk at the third order takes neither the cards nor the account of the first two."""
    shell.user_ns["studio"] = FullAfterTwo(tmp_path / "mine", quiet=True)
    done = shell.run_cell("%%music -n 5 -i\nambient, 10 seconds")
    done.raise_error()
    assert len(done.result) == 2
    said = capsys.readouterr().out
    assert "2 of 5 sent: 160 credits charged.\n3 never ordered, nothing charged for them" in said
    assert "Make room on the disk" in said
