"""A real JupyterLab and a real Chromium, for browser tests and for measuring; nothing from outside.

``running_lab`` starts one isolated JupyterLab: own settings, own folder for notebooks, no news, no
update checks. ``Lab``'s methods write, open, run, save and reopen notebooks. ``watched_page`` opens
a page that collects uncaught errors and requests that leave the machine.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Error, Page, Request, sync_playwright

REPOSITORY = Path(__file__).parents[2]
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
TOKEN = "browser-tests"  # noqa: S105 - guards a server that only this test can reach
START_S = 60
# A claim here is that something happens, not how soon: other work may have the machine's cores.
PATIENCE_MS = 60_000
LOCAL = ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:", "about:")
# jupyterlab-manager 5 throws this itself whenever a notebook with widgets has no kernel.
_NOT_OURS = ("reading 'kernel'", "/@jupyter-widgets/jupyterlab-manager/")
# Voila's page asks for its icons from outside, whatever notebook it shows.
_ITS_OWN = ("/@fortawesome/fontawesome-free@",)
# Autoplay is allowed because a synthetic click is no user gesture everywhere; the rest keeps
# Chromium from calling home and lets it start inside a container.
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
_SESSION = "window.jupyterapp?.shell.currentWidget?.sessionContext"
_IDLE = f"() => {_SESSION}?.session?.kernel?.status === 'idle'"
_NO_PROMPTS = """() => {
    const cells = window.jupyterapp.shell.currentWidget.content.widgets;
    return cells.every(cell => cell.model.type !== 'code' || !cell.model.sharedModel.getSource()
        || (cell.model.executionState ?? 'idle') === 'idle' && cell.model.executionCount !== null);
}"""


@dataclass(frozen=True, slots=True)
class Lab:
    """A running JupyterLab.

    Parameters
    ----------
    url
        Where it listens, without a trailing slash.
    root
        The folder it shows; notebooks and sound files for the tests go here.
    """

    url: str
    root: Path

    def write(self, name: str, *cells: str) -> Path:
        """Write a notebook ``name`` (with its ``.ipynb``) of code cells; return its path."""
        notebook = new_notebook(cells=[new_code_cell(source) for source in cells])
        notebook.metadata.kernelspec = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, path)
        return path

    def open(self, page: Page, name: str, *, kernel: bool = True) -> None:
        """Open a notebook in a workspace of its own; with a kernel, wait until it is idle.

        The kernel is always a new one: a page that joins the kernel of an earlier page, crashed or
        busy as that may be, now and then waits for its first word in vain. Without a kernel, the
        notebook is shown as found on disk and none is ever started.
        """
        self.end_kernels(name)
        page.goto(f"{self.url}/lab?reset&token={TOKEN}")
        page.wait_for_function("() => window.jupyterapp?.commands.hasCommand('docmanager:open')")
        page.evaluate("() => window.jupyterapp.restored.then(() => true)")
        page.evaluate(
            """([path, start]) => window.jupyterapp.commands.execute('docmanager:open', {
                path, kernelPreference: start ? undefined
                    : {shouldStart: false, canStart: false, autoStartDefault: false}})""",
            [name, kernel],
        )
        page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
        page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
        if kernel:
            page.wait_for_function(_IDLE)

    def run(self, page: Page, *, wait: bool = True, timeout_s: float = 60) -> None:
        """Run all cells of the open notebook; wait until the last one has ended."""
        page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
        if wait:
            page.wait_for_function(_NO_PROMPTS, timeout=timeout_s * 1000)
            page.wait_for_function(_IDLE, timeout=timeout_s * 1000)

    def open_and_run(self, page: Page, name: str, *, wait: bool = True) -> None:
        """Open a notebook, run all its cells and wait until the kernel is idle."""
        self.open(page, name)
        self.run(page, wait=wait)

    def execute(self, page: Page, code: str, *, wait: bool = True) -> str:
        """Run code in the open notebook's kernel, outside all cells; return what it printed.

        With ``wait=False`` return at once, while the kernel is busy with it.
        """
        answer: str = page.evaluate(
            """async ([code, wait]) => {
                const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                const future = kernel.requestExecute({code, store_history: false});
                let printed = '';
                future.onIOPub = ({header, content}) => {
                    if (header.msg_type === 'stream') printed += content.text;
                    if (header.msg_type === 'error') printed += content.evalue;
                };
                if (wait) await future.done;
                return printed;
            }""",
            [code, wait],
        )
        return answer

    def interrupt(self, page: Page) -> None:
        """End what the kernel is busy with, which it must be; wait until it is idle again."""
        assert page.evaluate(f"() => {_SESSION}.session.kernel.status") == "busy"
        page.evaluate("() => window.jupyterapp.commands.execute('notebook:interrupt-kernel')")
        page.wait_for_function(_IDLE)

    def save(self, page: Page) -> None:
        """Save the open notebook and wait until it is on disk."""
        page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")

    def end_kernels(self, name: str | None = None) -> None:
        """End a notebook's kernel, or all, from outside, as a closed laptop would."""
        query = f"?token={TOKEN}"
        with urllib.request.urlopen(f"{self.url}/api/sessions{query}", timeout=5) as answer:  # noqa: S310
            sessions = json.load(answer)
        for session in sessions:
            if name not in (None, session["path"]):
                continue
            urllib.request.urlopen(  # noqa: S310
                urllib.request.Request(  # noqa: S310
                    f"{self.url}/api/sessions/{session['id']}{query}", method="DELETE"
                ),
                timeout=10,
            ).close()

    def save_and_reopen(self, page: Page, name: str, *, kernel: bool = False) -> None:
        """Save, end the kernel, and open the notebook again as its next reader finds it."""
        self.save(page)
        page.goto("about:blank")
        self.end_kernels()
        self.open(page, name, kernel=kernel)


@contextmanager
def running_lab(folder: Path, *, kernel: Path | None = None) -> Iterator[Lab]:
    """Run a JupyterLab in folders of its own below ``folder``.

    Parameters
    ----------
    folder
        An empty folder.
    kernel
        The Python that runs the notebooks; by default the one that runs this.
    """
    root, own = folder / "notebooks", folder / "jupyter"
    root.mkdir()
    own.mkdir()
    if kernel is not None:
        _choose_kernel(own / "chosen", kernel)
    port = free_port()
    # The box that offers news would cover the lower right corner of every page.
    settings = own / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(
        '{"fetchNews": "false", "checkForUpdates": false}'
    )
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
        f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={root}", "--expose-app-in-browser",
        "--LabApp.extension_manager=readonly", "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    with _running(command, own, answers_at=f"{url}/api/status?token={TOKEN}"):
        yield Lab(url=url, root=root)


@contextmanager
def running_voila(folder: Path, notebook: Path) -> Iterator[str]:
    """Serve a notebook as a Voila page, in folders of its own below ``folder``; give its URL."""
    own = folder / "jupyter"
    own.mkdir()
    port = free_port()
    command = [
        sys.executable, "-m", "voila", str(notebook), "--no-browser", "--Voila.ip=127.0.0.1",
        f"--port={port}", "--Voila.port_retries=0", f"--token={TOKEN}",
    ]  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    # the page itself would start a kernel
    with _running(command, own, answers_at=f"{url}/voila/static/voila.js"):
        yield f"{url}/?token={TOKEN}"


@contextmanager
def _running(command: list[str], own: Path, *, answers_at: str) -> Iterator[None]:
    """Run a server of Jupyter's with settings of its own, once it answers."""
    # Keys and service addresses of whoever runs the tests never reach the kernels.
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MUSICNB_", "BEATRA_"))
    }
    environment = kept | {
        "JUPYTER_CONFIG_DIR": str(own / "config"),
        "JUPYTER_DATA_DIR": str(own / "data"),
        "JUPYTER_PATH": str(own / "chosen"),
        "JUPYTER_RUNTIME_DIR": str(own / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(own / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(own / "workspaces"),
        "IPYTHONDIR": str(own / "ipython"),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(REPOSITORY), kept.get("PYTHONPATH")])),
    }
    # What was typed into one notebook is not to be told to the page of the next.
    profile = own / "ipython" / "profile_default"
    profile.mkdir(parents=True)
    (profile / "ipython_kernel_config.py").write_text("c.HistoryManager.hist_file = ':memory:'\n")
    log = own / "log.txt"
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _wait_for(answers_at, server, log)
        yield
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(15)


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=1).close()  # noqa: S310
        except OSError:
            time.sleep(0.1)
        else:
            return
    message = f"the server did not start:\n{log.read_text(errors='replace')[-2000:]}"
    raise RuntimeError(message)


def _choose_kernel(folder: Path, python: Path) -> None:
    spec = folder / "kernels" / "python3"
    spec.mkdir(parents=True)
    command = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(
        json.dumps({"argv": command, "display_name": "Python 3", "language": "python"})
    )


def free_port() -> int:
    """Give a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_chromium(*flags: str) -> Iterator[Browser]:
    """Run Debian's Chromium, headless."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=[*CHROMIUM_FLAGS, *flags], headless=True
        )
        yield browser
        browser.close()


@contextmanager
def watched_page(chromium: Browser) -> Iterator[Page]:
    """Open a page that collects its errors and what it asks for outside; both must stay empty."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.errors = []
    page.external = []

    def keep_error(error: Error) -> None:
        text = error.stack or str(error)
        if not all(part in text for part in _NOT_OURS):
            page.errors.append(text)

    def keep_external(request: Request) -> None:
        if not request.url.startswith(LOCAL) and not any(part in request.url for part in _ITS_OWN):
            page.external.append(request.url)

    page.on("pageerror", keep_error)
    page.on("request", keep_external)
    yield page
    context.close()
    assert page.errors == []
    assert page.external == []
