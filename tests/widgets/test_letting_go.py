"""Widgets of a cell that runs again are let go, in a real kernel that is told the cell's name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

PATIENCE_S = 120
SETUP = """
import gc
import time
import ipywidgets
import musicnb as mnb
studio = mnb.Studio("library", quiet=True)
task = studio.generate(mnb.TextToMusic("calm piano, 5 seconds", instrumental=True))
task.result()
def living():
    gc.collect()
    return len(ipywidgets.widgets.widget._instances)
def listening():
    gc.collect()
    return sum(known() is not None for known in task._listeners)
def await_listeners(count):
    give_up = time.monotonic() + 60  # what a board still has to send keeps it for a moment
    while listening() > count and time.monotonic() < give_up:
        time.sleep(0.05)
    return listening()
"""
AGAIN = 20


class Notebook:
    """A kernel whose cells are run as a front end runs them."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self._client = client

    def run(self, code: str, *, cell: str = "") -> str:
        """Run a cell to its end; return what it printed."""
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {},
                   "allow_stdin": False, "stop_on_error": True}  # fmt: skip
        message = self._client.session.msg("execute_request", content)
        message["metadata"] = {"cellId": cell} if cell else {}
        self._client.shell_channel.send(message)
        printed = ""
        while True:
            told = self._client.get_iopub_msg(timeout=PATIENCE_S)
            if told["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            kind, said = told["msg_type"], told["content"]
            assert kind != "error", said
            if kind == "stream" and said["name"] == "stdout":
                printed += said["text"]
            if kind == "status" and said["execution_state"] == "idle":
                return printed

    def living(self) -> int:
        """Count the widgets that the kernel holds."""
        return int(self.run("print(living())"))


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """Open a studio with two clips in a kernel of its own."""
    manager, client = start_new_kernel(cwd=str(tmp_path_factory.mktemp("notebook")))
    try:
        notebook = Notebook(client)
        notebook.run(SETUP)
        yield notebook
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.mark.parametrize(
    "code",
    [
        "studio.form(prompt='calm')",
        "task",
        "studio.clips()",
        "studio.clips().compare()",
        "studio.show()",
        "studio.listen(studio.clips(), name='ears', votes=4, goal=1)",
    ],
)
def test_cell_that_runs_again_leaves_no_widget_behind(notebook: Notebook, code: str) -> None:
    """After twenty times there are as many as after the first, and nobody listens for nothing."""
    notebook.run(code, cell=code)
    once = notebook.living()
    listening = int(notebook.run("print(listening())"))
    for _ in range(AGAIN):
        notebook.run(code, cell=code)
    assert notebook.living() == once
    assert int(notebook.run(f"print(await_listeners({listening}))")) <= listening
    notebook.run("pass", cell=code)
    assert notebook.living() < once


def test_widgets_that_two_cells_show_live_until_neither_does(notebook: Notebook) -> None:
    """Two forms in two cells live side by side, and one form in two cells as long as in one."""
    start = notebook.living()
    notebook.run("mine = studio.form(prompt='mine'); mine", cell="first")
    one = notebook.living() - start
    notebook.run("studio.form(prompt='other')", cell="second")
    assert notebook.living() == start + 2 * one
    notebook.run("mine", cell="third")
    notebook.run("None", cell="first")
    assert notebook.living() == start + 2 * one
    assert notebook.run("print(mine.widget.comm is not None)") == "True\n"
    notebook.run("display(studio.clips()); display(mine)", cell="third")
    notebook.run("display(studio.clips()); display(mine)", cell="third")
    assert notebook.run("print(mine.widget.comm is not None)") == "True\n"
    for cell in ("second", "third"):
        notebook.run("None", cell=cell)
    assert notebook.living() == start


def test_form_that_was_let_go_lives_again_when_it_is_shown_again(notebook: Notebook) -> None:
    """Who has kept it in a variable gets it back with what was filled in."""
    notebook.run("kept = studio.form(prompt='kept'); kept", cell="first")
    one = notebook.living()
    notebook.run("None", cell="first")
    assert notebook.run("print(kept.widget.comm)") == "None\n"
    notebook.run("kept.set(prompt='kept indeed')")
    notebook.run("kept", cell="second")
    assert notebook.living() == one
    said = notebook.run("print(kept.widget.comm is not None, kept.widget.fields['values'])")
    assert said.startswith("True")
    assert "kept indeed" in said
    notebook.run("None", cell="second")
