"""The command line of the sandbox server: ``musicnb sandbox`` and ``python -m musicnb.sandbox``."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import re
import secrets
import signal
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from musicnb.errors import ConfigurationError, MusicnbError
from musicnb.sandbox._ids import KEY_LENGTH, new_key

if TYPE_CHECKING:
    from uvicorn import Config, Server

    from musicnb.sandbox.app import Sandbox

__all__ = ["KEY_VARIABLE", "add_arguments", "run"]

KEY_VARIABLE: Final = "MUSICNB_SANDBOX_API_KEY"
TENANT: Final = "local"
_HOST: Final = "127.0.0.1"
_KEY: Final = re.compile(rf"sk-[A-Za-z0-9]{{{KEY_LENGTH}}}")
_MAX_SEED: Final = 2**63 - 1
_MAX_PORT: Final = 65_535
_GRACE_S: Final = 2
_LAST_RESORT_S: Final = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sandbox's options to a parser."""
    parser.add_argument("--port", type=_port, default=0, help="port; 0 (default) takes a free one")
    parser.add_argument("--data", type=Path, help="folder of its wallet, tasks and sound files")
    parser.add_argument(
        "--api-key-file",
        type=Path,
        help=f"file with the API key, created when missing (else ${KEY_VARIABLE}, else a new key)",
    )
    parser.add_argument(
        "--seed", type=_seed, help="the same requests in the same order make the same music"
    )
    parser.add_argument(
        "--json", action="store_true", help="print one line of JSON once it listens"
    )
    parser.add_argument(
        "--exit-with-parent", action="store_true", help="end when standard input is closed"
    )


def run(args: argparse.Namespace) -> int:
    """Run the sandbox until it is told to stop.

    Returns
    -------
    int
        Exit status: 0 after a normal end, 2 when it could not start.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        asyncio.run(_serve(args))
    except MusicnbError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"the sandbox cannot start: {error}\n")
        return 2
    except KeyboardInterrupt:  # before the server had taken over the signal
        return 0
    return 0


async def _serve(args: argparse.Namespace) -> None:
    from uvicorn import Config  # noqa: PLC0415 - --help must not load a web server

    from musicnb.sandbox._guard import MAX_HEAD_BYTES  # noqa: PLC0415
    from musicnb.sandbox.app import build_app  # noqa: PLC0415

    key = _key(args.api_key_file)
    with _listening_socket(args.port) as listener:
        root = f"http://{_HOST}:{listener.getsockname()[1]}"
        sandbox = await _assemble(_data_folder(args.data), root, key, args.seed)
        config = Config(
            build_app(sandbox),
            access_log=False,
            log_config=None,
            ws="none",
            http="h11",
            lifespan="on",
            proxy_headers=False,
            server_header=False,
            h11_max_incomplete_event_size=MAX_HEAD_BYTES,
            timeout_graceful_shutdown=_GRACE_S,
        )
        server = _server(config, lambda: _announce(root, key, as_json=args.json))
        loop = asyncio.get_running_loop()

        def stop() -> None:
            server.should_exit = True

        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                loop.add_signal_handler(number, stop)
            except NotImplementedError:  # Windows
                signal.signal(number, lambda *_: stop())
        if args.exit_with_parent:
            _watch_parent(lambda: loop.call_soon_threadsafe(stop))
        await server.serve(sockets=[listener])


def _server(config: Config, announce: Callable[[], None]) -> Server:
    """Build a server that tells when it listens, and leaves signals to us."""
    from uvicorn import Server  # noqa: PLC0415

    class Announcing(Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                announce()

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            # uvicorn's own would raise the signal again at the end: a traceback after Ctrl-C
            yield

    return Announcing(config)


async def _assemble(data: Path, root: str, key: str, seed: int | None) -> Sandbox:
    """Open the data folder and put the parts of a sandbox together."""
    from musicnb.sandbox import wallet  # noqa: PLC0415
    from musicnb.sandbox._clock import now_us  # noqa: PLC0415
    from musicnb.sandbox._folder import Folder  # noqa: PLC0415
    from musicnb.sandbox._guard import hash_key  # noqa: PLC0415
    from musicnb.sandbox._links import UrlSigner  # noqa: PLC0415
    from musicnb.sandbox._runner import Runner  # noqa: PLC0415
    from musicnb.sandbox._workers import Workers, cores  # noqa: PLC0415
    from musicnb.sandbox.app import Sandbox  # noqa: PLC0415
    from musicnb.sandbox.store import Store, setting  # noqa: PLC0415

    folder = Folder(data)
    folder.prepare()
    key_hash = hash_key(key.encode())

    def set_up(connection: sqlite3.Connection) -> tuple[int, str, set[str]]:
        connection.execute(
            """
            INSERT INTO tenants VALUES (?, ?)
            ON CONFLICT (id) DO UPDATE SET key_hash = excluded.key_hash
            """,
            (TENANT, key_hash),
        )
        wallet.open_wallet(connection, TENANT, now=now_us())
        stored = setting(connection, "seed")
        chosen = seed if seed is not None else int(stored or secrets.randbits(62))
        connection.execute("INSERT OR REPLACE INTO settings VALUES ('seed', ?)", (str(chosen),))
        names = connection.execute("SELECT file_name FROM artifacts").fetchall()
        secret = setting(connection, "url_secret")
        assert secret is not None
        return chosen, secret, {row["file_name"] for row in names}

    store = Store(folder.database)
    folder_seed, secret, known = await store.run(set_up)
    folder.sweep(known)
    renderers = Workers(cores(), renders=True)
    return Sandbox(
        store=store,
        folder=folder,
        signer=UrlSigner(root, bytes.fromhex(secret)),
        renderers=renderers,
        examiner=Workers(1, renders=False),
        runner=Runner(store, folder, renderers),
        keys={key_hash: TENANT},
        folder_seed=folder_seed,
    )


def _data_folder(chosen: Path | None) -> Path:
    if chosen is not None:
        return chosen.expanduser().resolve()
    from platformdirs import user_data_path  # noqa: PLC0415

    return user_data_path("musicnb", appauthor=False) / "sandbox"


def _key(path: Path | None) -> str:
    """Find the API key: in the file, in the environment, or a new one."""
    if path is None:
        return _checked_key(os.environ.get(KEY_VARIABLE, "") or new_key(), f"${KEY_VARIABLE}")
    if not path.exists():
        key = new_key()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(key + "\n")
        return key
    return _checked_key(path.read_text(errors="replace").strip(), str(path))


def _checked_key(key: str, source: str) -> str:
    if not _KEY.fullmatch(key):
        raise ConfigurationError(
            f"{source} holds no sandbox key (value not shown)",
            hint=f"A key is sk- and {KEY_LENGTH} letters and digits",
        )
    return key


def _listening_socket(port: int) -> socket.socket:
    # with the protocol named, asyncio sets TCP_NODELAY; without, every answer waits 40 ms
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":  # elsewhere this would let a second server share the port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
    except OSError:
        listener.close()
        raise
    return listener


def _announce(root: str, key: str, *, as_json: bool) -> None:
    if as_json:
        line = json.dumps({"base_url": f"{root}/v1", "api_key": key})
    else:
        line = f"musicnb sandbox (play money, its own music) at {root}/v1\nAPI key: {key}"
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _watch_parent(stop: Callable[[], object]) -> None:
    """Call `stop` when standard input ends; that happens also when the parent is killed."""

    def watch() -> None:
        # not sys.stdin: its lock, held in a daemon thread, would abort the interpreter's end
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        with contextlib.suppress(RuntimeError):  # the loop is closed: it ends already
            stop()
        time.sleep(_LAST_RESORT_S)  # nobody is left who could end a server that hangs
        os._exit(1)

    threading.Thread(target=watch, name="sandbox-parent", daemon=True).start()


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= _MAX_PORT:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to {_MAX_PORT}")


def _seed(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= _MAX_SEED:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to 2^63 - 1")
