"""One sandbox for several projects: each with its own key, wallet, tasks and files."""

from __future__ import annotations

import json
import logging
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from mediaserver import MediaServer, answer
from speaking import TEN_SECONDS, tone

from musicnb.errors import ConfigurationError
from musicnb.sandbox._keys import hash_key, read_projects
from musicnb.sandbox._reach import Reach

ROOT = Path(__file__).resolve().parents[2]
ADA, GRACE, POOR = ("sk-" + letter * 32 for letter in "agp")
LINES = f"# who shares it\nada {ADA}\n\ngrace\t{GRACE}  120.5000 # enough for two\npoor {POOR} 0\n"


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("keys") / "keys", LINES)


def write(path: Path, text: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(text)
    return path


class Shared:
    """A sandbox started from the command line, as an administrator does."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "musicnb.sandbox", "--json", "--exit-with-parent",
             *(() if "--port" in options else ("--port", "0")), *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            cwd=ROOT,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline()
        self.greeting: dict[str, Any] = json.loads(self.said) if self.said else {}
        self.clients: list[httpx.Client] = []

    def client(self, key: str, **headers: str) -> httpx.Client:
        """Return somebody's connection."""
        port = self.greeting["base_url"].rsplit(":", 1)[1].removesuffix("/v1")
        client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers={"Authorization": f"Bearer {key}", **headers},
            trust_env=False,
            timeout=30,
        )
        self.clients.append(client)
        return client

    def end(self) -> str:
        """End it and return what it complained about."""
        for client in self.clients:
            client.close()
        return self.process.communicate(timeout=20)[1]


@pytest.fixture(scope="module")
def launch() -> Iterator[Callable[..., Shared]]:
    """Return what starts shared sandboxes; they end with the module."""
    started: list[Shared] = []

    def launch(*options: object) -> Shared:
        started.append(Shared(*map(str, options)))
        return started[-1]

    yield launch
    for shared in started:
        shared.end()


@pytest.fixture(scope="module")
def shared(
    launch: Callable[..., Shared], key_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Shared:
    data = tmp_path_factory.mktemp("shared-data")
    return launch("--keys", key_file, "--data", data, "--allow-loopback-media")


def balance(client: httpx.Client) -> Decimal:
    return Decimal(client.get("/sandbox/wallet").json()["balance_credits"])


def test_file_of_keys_is_read(key_file: Path) -> None:
    """Names, hashed keys and initial credits; comments and blank lines are skipped."""
    projects = read_projects(key_file)
    assert [(project.name, project.credits) for project in projects] == [
        ("ada", None), ("grace", Decimal("120.5000")), ("poor", Decimal(0)),
    ]  # fmt: skip
    assert projects[0].key_hash == hash_key(ADA.encode())
    assert ADA not in repr(projects)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no keys"),
        ("# nothing\n", "holds no keys"),
        ("ada", "line 1 .* is not: name key"),
        (f"{ADA}", "line 1 .* is not: name key"),
        (f"ada {ADA} 5 6", "is not: name key"),
        ("ada sk-short", "no sandbox key"),
        (f"ada {ADA}x", "no sandbox key"),
        ("ada " + ADA.replace("sk", "SK"), "no sandbox key"),
        ("ada " + ADA[:-1] + "é", "no sandbox key"),
        (f"Ada {ADA}", "a name that is not"),
        (f"../ada {ADA}", "a name that is not"),
        ("a" * 41 + f" {ADA}", "a name that is not"),
        (f"ada {ADA}\nada {GRACE}", "line 2 .* a second time"),
        (f"ada {ADA}\ngrace {ADA}", "line 2 .* another line has too"),
        (f"ada {ADA} -5", "initial credits"),
        (f"ada {ADA} 1.00005", "initial credits"),
        (f"ada {ADA} NaN", "initial credits"),
        (f"ada {ADA} ٥", "initial credits"),
        (f"ada {ADA} 1e9", "initial credits"),
        ("x" * 2_000_000, "too large"),
    ],
)
def test_faulty_file_of_keys_is_refused_without_showing_a_key(
    tmp_path: Path, text: str, words: str
) -> None:
    """The line is named; no key is in the message."""
    with pytest.raises(ConfigurationError, match=words) as caught:
        read_projects(write(tmp_path / "keys", text))
    assert "aaaaaaaa" not in str(caught.value)


def test_file_of_keys_that_others_can_read_is_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A file of keys is private."""
    file = write(tmp_path / "keys", LINES)
    file.chmod(0o644)
    with caplog.at_level(logging.WARNING):
        read_projects(file)
    assert "can be read by other users" in caplog.text


def test_greeting_names_projects_and_no_key(shared: Shared) -> None:
    """Whoever starts it has the keys already; a log need not."""
    assert shared.greeting["projects"] == ["ada", "grace", "poor"]
    assert "sk-" not in shared.said


def test_projects_have_wallets_of_their_own(shared: Shared) -> None:
    """Each begins with its own credits and pays for itself."""
    ada, grace, poor = (shared.client(key) for key in (ADA, GRACE, POOR))
    assert [balance(ada), balance(grace), balance(poor)] == [10_000, Decimal("120.5"), 0]
    statuses = [
        grace.post("/v1/music/text-to-music", json=TEN_SECONDS).status_code for _ in range(3)
    ]
    assert statuses == [202, 202, 402]
    assert [balance(ada), balance(grace), balance(poor)] == [10_000, Decimal("20.5"), 0]
    assert poor.post("/v1/music/text-to-music", json=TEN_SECONDS).status_code == 402


def test_projects_do_not_see_each_other(shared: Shared) -> None:
    """Tasks, lists, ledgers, uploads and Idempotency-Keys of one are nothing to another."""
    ada, poor = shared.client(ADA), shared.client(POOR)
    key = {"Idempotency-Key": "same"}
    task_id = ada.post("/v1/music/text-to-music", json=TEN_SECONDS, headers=key).json()["task_id"]
    artifact = ada.post("/v1/uploads", files={"file": ("a.wav", tone(7))}).json()
    reference = {"type": "artifact", "artifact_id": artifact["artifact_id"]}
    order = {"model": "suno-5.5", "prompt": "techno", "reference_audio": reference}

    for answered in (
        poor.get(f"/v1/tasks/{task_id}"),
        poor.post(f"/v1/tasks/{task_id}/cancel"),
        poor.post("/v1/music/reference-audio-to-music", json=order),
    ):
        assert answered.status_code == 404, answered.text
    assert poor.get("/v1/tasks?limit=100&expand=all").json()["data"] == []
    assert poor.get("/sandbox/ledger").json()["data"] == []
    # the same key is another one here: not a replay, but an order that poor cannot pay
    mine = poor.post("/v1/music/text-to-music", json=TEN_SECONDS, headers=key)
    assert mine.status_code == 402
    names = {entry["account"] for move in ada.get("/sandbox/ledger").json()["data"]
             for entry in move["entries"]}  # fmt: skip
    assert names <= {"wallet:ada", "revenue", "issued"}
    assert ada.get(f"/v1/tasks/{task_id}").status_code == 200
    ada.post(f"/v1/tasks/{task_id}/cancel")


def test_signed_url_of_one_file_opens_no_other(shared: Shared) -> None:
    """Another project's file cannot be reached by changing the id in one's own URL."""
    ada, poor = shared.client(ADA), shared.client(POOR)
    theirs = ada.post("/v1/uploads", files={"file": ("a.wav", tone(1))}).json()
    own = poor.post("/v1/uploads", files={"file": ("a.wav", tone(1))}).json()
    crossed = own["url"].replace(own["artifact_id"], theirs["artifact_id"])
    assert httpx.get(own["url"]).status_code == 200
    assert httpx.get(crossed).status_code == 403


def test_reference_that_cannot_be_paid_is_not_kept(
    launch: Callable[..., Shared], key_file: Path, tmp_path: Path
) -> None:
    """The balance is looked at after the download; without it the file is gone again."""
    shared = launch("--keys", key_file, "--data", tmp_path, "--allow-loopback-media")
    poor = shared.client(POOR)
    with MediaServer() as media:
        media.answers["/a.wav"] = answer(tone(7))
        url = f"http://127.0.0.1:{media.port}/a.wav"
        order = {"model": "suno-5.5", "prompt": "techno",
                 "reference_audio": {"type": "url", "url": url}}  # fmt: skip
        refused = poor.post("/v1/music/reference-audio-to-music", json=order)
    assert (refused.status_code, len(media.requests)) == (402, 1)
    assert [*(tmp_path / "artifacts").iterdir(), *(tmp_path / "incoming").iterdir()] == []
    assert poor.get("/v1/tasks").json()["data"] == []


def test_keys_can_be_swapped_and_withdrawn(launch: Callable[..., Shared], tmp_path: Path) -> None:
    """The file decides at every start: whose key it is now, and who has none any more."""
    file = write(tmp_path / "keys", f"ada {ADA} 1\ngrace {GRACE} 2\n")
    first = launch("--keys", file, "--data", tmp_path / "data")
    assert balance(first.client(ADA)) == 1
    first.end()
    write(file, f"grace {ADA} 5\n")
    second = launch("--keys", file, "--data", tmp_path / "data")
    assert balance(second.client(ADA)) == 2
    assert second.client(GRACE).get("/sandbox/wallet").status_code == 401
    second.end()
    stored = [path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert not any(ADA.encode() in content for content in stored)


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "::", "192.0.2.1"],  # noqa: S104
)
def test_network_is_not_joined_without_keys(
    launch: Callable[..., Shared], tmp_path: Path, host: str
) -> None:
    """Who can be reached by others has to say by whom."""
    refused = launch("--host", host, "--data", tmp_path)
    assert refused.said == ""
    assert "--keys" in refused.end()
    assert refused.process.returncode == 2


def test_links_use_the_address_that_the_client_used(
    launch: Callable[..., Shared], key_file: Path, tmp_path: Path
) -> None:
    """Behind a tunnel or on the network, links lead back the way the request came."""
    shared = launch("--host", "0.0.0.0", "--keys", key_file, "--data", tmp_path)  # noqa: S104
    for host in ("music.lan:8080", "192.168.7.7", "[fd00::7]:99"):
        ada = shared.client(ADA, Host=host)
        made = ada.post("/v1/uploads", files={"file": ("a.wav", tone(1))}).json()
        assert made["url"].startswith(f"http://{host}/files/")
    odd = shared.client(ADA, Host="a.lan/x")
    assert odd.get("/v1/models").status_code == 403
    page = shared.client(ADA, Host="music.lan", Origin="http://evil.example")
    assert page.get("/sandbox/wallet").status_code == 403
    own = shared.client(ADA, Host="music.lan", Origin="http://music.lan")
    assert own.get("/sandbox/wallet").status_code == 200


def test_links_use_the_public_url_where_there_is_one(
    launch: Callable[..., Shared], key_file: Path, tmp_path: Path
) -> None:
    """Behind a proxy that speaks TLS only the administrator knows the address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    shared = launch("--port", port, "--keys", key_file, "--data", tmp_path,
                    "--public-url", "https://music.example.com")  # fmt: skip
    assert shared.greeting["base_url"] == "https://music.example.com/v1"
    local = f"http://127.0.0.1:{port}"
    headers = {"Authorization": f"Bearer {ADA}", "Host": "music.example.com"}
    files = {"file": ("a.wav", tone(1))}
    made = httpx.post(f"{local}/v1/uploads", files=files, headers=headers).json()
    assert made["url"].startswith("https://music.example.com/files/")
    assert httpx.get(made["url"].replace("https://music.example.com", local)).status_code == 200
    headers["Host"] = "evil.example"
    assert httpx.get(f"{local}/v1/models", headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("host", "public", "asked", "root"),
    [
        ("127.0.0.1", None, "127.0.0.1:81", "http://127.0.0.1:81"),
        ("127.0.0.1", None, "LocalHost", "http://LocalHost"),
        ("::1", None, "[::1]:5", "http://[::1]:5"),
        ("127.0.0.1", None, "music.lan", None),
        ("0.0.0.0", None, "music.lan:81", "http://music.lan:81"),  # noqa: S104
        ("0.0.0.0", None, "a b", None),  # noqa: S104
        ("0.0.0.0", "https://m.example", "m.example", "https://m.example"),  # noqa: S104
        ("0.0.0.0", "https://m.example/", "127.0.0.1:80", "https://m.example"),  # noqa: S104
        ("10.1.1.1", "https://m.example:8", "10.1.1.1:80", "https://m.example:8"),
        ("0.0.0.0", "https://m.example", "evil.example", None),  # noqa: S104
    ],
)
def test_reach_decides_hosts_and_roots(
    host: str, public: str | None, asked: str, root: str | None
) -> None:
    """Loopback knows itself only, a public URL adds its own name, the network takes any name."""
    assert Reach.of(host, public).root_for(asked) == root


@pytest.mark.parametrize(
    "url",
    ["", "m.example", "ftp://m.example", "https://", "https://m.example/path", "https://u@m.example",
     "https://m.example:x", "https://m.example?x", "https://m example"],
)  # fmt: skip
def test_public_url_is_an_origin(url: str) -> None:
    """Scheme, host and port, and nothing that would break a link."""
    with pytest.raises(ConfigurationError, match="public URL"):
        Reach.of("127.0.0.1", url)
