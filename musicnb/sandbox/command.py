"""Run the sandbox server alone, for several programs or people, until it is stopped."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ipaddress
import json
import logging
import os
import secrets
import signal
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from musicnb.errors import ConfigurationError, MusicnbError
from musicnb.sandbox._keys import KEY_VARIABLE, OWN, Project, hash_key, own_key, read_projects
from musicnb.sandbox._reach import LOOPBACK_HOST, Reach

if TYPE_CHECKING:
    from uvicorn import Config, Server

    from musicnb.sandbox._fault_spec import FaultSpec
    from musicnb.sandbox.app import Sandbox

__all__ = ["KEY_VARIABLE", "add_arguments", "run"]

_MAX_SEED: Final = 2**63 - 1
_MAX_PORT: Final = 65_535
_MAX_WORKERS: Final = 256
_GRACE_S: Final = 2
_LAST_RESORT_S: Final = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sandbox's options to a parser."""
    parser.add_argument(
        "--host",
        type=_host,
        default=LOOPBACK_HOST,
        help="address to listen on (default: this machine only); others demand --keys",
    )
    parser.add_argument("--port", type=_port, default=0, help="port; 0 (default) takes a free one")
    parser.add_argument(
        "--public-url", help="what file links begin with (default: the address each client used)"
    )
    parser.add_argument("--data", type=Path, help="folder of its wallet, tasks and sound files")
    parser.add_argument(
        "--api-key-file",
        type=Path,
        help=f"file with the API key, created when missing (else ${KEY_VARIABLE}, else a new key)",
    )
    parser.add_argument(
        "--keys",
        type=Path,
        help="file of several keys, a project with its own wallet each: name sk-… [credits]",
    )
    parser.add_argument(
        "--allow-loopback-media",
        action="store_true",
        help="fetch reference audio from this machine too, also by plain http: for tests",
    )
    parser.add_argument(
        "--seed", type=_seed, help="the same requests in the same order make the same music"
    )
    parser.add_argument(
        "--workers",
        type=_workers,
        help="clips made at a time, a process each (default: one per core);"
        " 0 takes orders and makes nothing of them",
    )
    parser.add_argument(
        "--longest-queue",
        type=_whole,
        metavar="N",
        help="tasks that may wait for a worker; more are answered 429 (default: 10000)",
    )
    parser.add_argument(
        "--fault",
        dest="faults",
        type=_fault,
        action="append",
        default=[],
        metavar="NAME[:on=create,times=2,…]",
        help="arm a fault; may be repeated. A wrong one is refused with a list of what there is",
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

    from musicnb.sandbox._connections import PatientProtocol  # noqa: PLC0415
    from musicnb.sandbox.app import build_app  # noqa: PLC0415

    projects, key = _projects(args)
    reach = Reach.of(args.host, args.public_url)
    with _listening_socket(args.host, args.port) as listener:
        host = f"[{args.host}]" if ":" in args.host else args.host
        root = reach.public_root or f"http://{host}:{listener.getsockname()[1]}"
        sandbox = await _assemble(args, root, projects, reach)
        config = Config(
            build_app(sandbox),
            access_log=False,
            log_config=None,
            ws="none",
            http=PatientProtocol,
            lifespan="on",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_S,
        )
        names = [project.name for project in projects]
        server = _server(config, lambda: _announce(root, key, names, as_json=args.json))
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


async def _assemble(
    args: argparse.Namespace, root: str, projects: Sequence[Project], reach: Reach
) -> Sandbox:
    """Open the data folder and put the parts of a sandbox together."""
    from musicnb.sandbox import wallet  # noqa: PLC0415
    from musicnb.sandbox._clock import now_us, take_up  # noqa: PLC0415
    from musicnb.sandbox._folder import Folder, clip_names  # noqa: PLC0415
    from musicnb.sandbox._links import UrlSigner  # noqa: PLC0415
    from musicnb.sandbox._runner import Runner  # noqa: PLC0415
    from musicnb.sandbox._workers import Workers, cores  # noqa: PLC0415
    from musicnb.sandbox.app import Sandbox  # noqa: PLC0415
    from musicnb.sandbox.faults import Faults  # noqa: PLC0415
    from musicnb.sandbox.rehost import Rehoster  # noqa: PLC0415
    from musicnb.sandbox.store import Store, setting  # noqa: PLC0415

    folder = Folder(_data_folder(args.data))
    folder.prepare()

    def set_up(connection: sqlite3.Connection) -> tuple[int, str, set[str]]:
        take_up(connection)
        wallet.enrol(connection, projects, now=now_us())
        stored = setting(connection, "seed")
        chosen = args.seed if args.seed is not None else int(stored or secrets.randbits(62))
        connection.execute("INSERT OR REPLACE INTO settings VALUES ('seed', ?)", (str(chosen),))
        rows = connection.execute("SELECT artifact_id, file_name FROM artifacts").fetchall()
        names = {row["file_name"] for row in rows}
        names.update(*(clip_names(row["artifact_id"]) for row in rows))
        secret = setting(connection, "url_secret")
        assert secret is not None
        return chosen, secret, names

    store = Store(folder.database)
    folder_seed, secret, known = await store.run(set_up)
    folder.sweep(known)
    renderers = Workers(cores() if args.workers is None else args.workers, renders=True)
    examiner = Workers(1, renders=False)
    return Sandbox(
        store=store,
        folder=folder,
        signer=UrlSigner(root, bytes.fromhex(secret)),
        renderers=renderers,
        examiner=examiner,
        runner=Runner(store, folder, renderers, longest_queue=args.longest_queue),
        rehoster=Rehoster(folder, examiner, allow_loopback=args.allow_loopback_media),
        keys={project.key_hash: project.name for project in projects},
        reach=reach,
        folder_seed=folder_seed,
        faults=Faults(args.faults),
    )


def _data_folder(chosen: Path | None) -> Path:
    if chosen is not None:
        return chosen.expanduser().resolve()
    from platformdirs import user_data_path  # noqa: PLC0415

    return user_data_path("musicnb", appauthor=False) / "sandbox"


def _projects(args: argparse.Namespace) -> tuple[Sequence[Project], str | None]:
    """Find out who may use the sandbox; the key is told only where nobody else has one."""
    if args.keys is not None:
        return read_projects(args.keys), None
    if not ipaddress.ip_address(args.host).is_loopback:
        raise ConfigurationError(
            f"a sandbox that listens on {args.host} can be reached from other machines",
            hint="Say who may use it: --keys FILE, with a line for each: name sk-… [credits]",
        )
    key = own_key(args.api_key_file)
    return [Project(OWN, hash_key(key.encode()))], key


def _listening_socket(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # with the protocol named, asyncio sets TCP_NODELAY; without, every answer waits 40 ms
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":  # elsewhere this would let a second server share the port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def _announce(root: str, key: str | None, names: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        access = {"projects": list(names)} if key is None else {"api_key": key}
        line = json.dumps({"base_url": f"{root}/v1", **access})
    else:
        access_line = f"Projects: {', '.join(names)}" if key is None else f"API key: {key}"
        line = f"musicnb sandbox (play money, its own music) at {root}/v1\n{access_line}"
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


def _host(text: str) -> str:
    try:
        return str(ipaddress.ip_address(LOOPBACK_HOST if text == "localhost" else text))
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r} is not an IP address to listen on, or localhost")


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= _MAX_PORT:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to {_MAX_PORT}")


def _workers(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= _MAX_WORKERS:
        return int(text)
    raise argparse.ArgumentTypeError(
        f"{text!r} is not a number of workers from 0 to {_MAX_WORKERS}"
    )


def _whole(text: str) -> int:
    if text.isascii() and text.isdigit():
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")


def _fault(text: str) -> FaultSpec:
    from musicnb.sandbox._fault_spec import FaultSpec, WrongFault  # noqa: PLC0415

    try:
        return FaultSpec.from_text(text)
    except WrongFault as error:
        raise argparse.ArgumentTypeError(str(error).replace("%", "%%")) from None


def _seed(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= _MAX_SEED:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to 2^63 - 1")
