"""Reference audio from URLs: real TLS on loopback, under names that the test gives out."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from mediaserver import PUBLIC, Dialler, MediaServer, Names, Say, answer, redirect
from speaking import tone

from musicnb.sandbox._folder import Folder
from musicnb.sandbox._refusals import Refusal
from musicnb.sandbox._rehost_urls import read_url
from musicnb.sandbox._workers import Workers
from musicnb.sandbox.rehost import Fetched, Rehoster

URL = "https://media.example/a.wav"
LIMIT = 200_000
SOUND = tone(1)


class Fetching:
    """One download by the real code, with the test's names, dialler and trust."""

    def __init__(self, folder: Path, media: MediaServer, certificate: Path | None) -> None:
        self.file = folder / "fetched"
        self.names = Names(media_example=[[PUBLIC]], cdn_example=[["1.1.1.1"]],
                           wrong_example=[[PUBLIC]], inside_example=[["10.0.0.7"]])  # fmt: skip
        self.dialler = Dialler(media.port)
        self._folder = Folder(folder)
        self._trust = None
        if certificate is not None:
            self._trust = ssl.create_default_context(cafile=str(certificate))
        media.requests.clear()

    def __call__(self, url: str = URL, *, total_s: float = 10.0) -> Fetched:
        """Fetch a URL."""

        async def fetch() -> Fetched:
            rehoster = Rehoster(
                self._folder,
                Workers(1, renders=False),
                resolve=self.names,
                below=self.dialler,
                trust=self._trust,
                total_s=total_s,
            )
            return await rehoster.fetch(read_url(url), self.file, limit_bytes=LIMIT)

        return asyncio.run(fetch())

    def refusal(self, url: str = URL, *, total_s: float = 10.0) -> str:
        """Return what the refusal of a download says."""
        with pytest.raises(Refusal) as caught:
            self(url, total_s=total_s)
        assert (caught.value.code, caught.value.status) == ("media_download_failed", 422)
        assert caught.value.param == "/reference_audio/url"
        return caught.value.message


@pytest.fixture
def fetching(tmp_path: Path, media: MediaServer, certificate: Path) -> Fetching:
    media.answers = {"/a.wav": answer(SOUND, "Content-Type: text/html")}
    return Fetching(tmp_path, media, certificate)


def test_file_arrives_as_it_is(fetching: Fetching, media: MediaServer) -> None:
    """Bytes, size and hash are those of the file; the request tells nothing of us."""
    fetched = fetching()
    assert fetching.file.read_bytes() == SOUND
    assert fetched.size_bytes == len(SOUND)
    head = media.requests[0].lower()
    assert "host: media.example\r\n" in head
    assert "accept-encoding: identity" in head
    assert not any(word in head for word in ("authorization", "cookie", "referer"))
    assert fetching.dialler.dialled == [(PUBLIC, 443)]


def test_name_that_changes_its_address_is_asked_once(fetching: Fetching) -> None:
    """DNS rebinding: the address that was checked is the one that is dialled."""
    fetching.names = Names(media_example=[[PUBLIC], ["127.0.0.1"]])
    fetching()
    assert fetching.names.questions == ["media.example"]
    assert fetching.dialler.dialled == [(PUBLIC, 443)]


def test_name_that_changes_its_address_between_redirects_is_refused(
    fetching: Fetching, media: MediaServer
) -> None:
    """Every hop is resolved and checked again."""
    fetching.names = Names(media_example=[[PUBLIC], ["169.254.169.254"]])
    media.answers["/again"] = redirect("/a.wav")
    assert "not public" in fetching.refusal("https://media.example/again")
    assert fetching.dialler.dialled == [(PUBLIC, 443)]


@pytest.mark.parametrize("bad", ["10.0.0.1", "::1", "64:ff9b::a00:1", "169.254.169.254"])
def test_one_private_address_among_public_ones_is_enough(fetching: Fetching, bad: str) -> None:
    """A name with a bad address is not dialled at all, and the address is not told."""
    fetching.names = Names(media_example=[[PUBLIC, bad]])
    message = fetching.refusal()
    assert "not public" in message
    assert bad not in message
    assert fetching.dialler.dialled == []


def test_name_without_an_address_is_refused(fetching: Fetching) -> None:
    """A name that does not resolve is an ordinary refusal."""
    assert "nowhere.example has no address" in fetching.refusal("https://nowhere.example/")


def test_redirects_are_followed_five_times(fetching: Fetching, media: MediaServer) -> None:
    """Relative, absolute and foreign Locations lead on, each dialled anew."""
    chain = ["/2", "https://cdn.example/3", "//media.example/4", "?5", "/a.wav"]
    paths = ["/1", "/2", "/3", "/4", "/4?5"]
    for path, location in zip(paths, [*chain[:3], "/4?5", chain[4]], strict=True):
        media.answers[path] = redirect(location)
    media.answers["/4"] = redirect(chain[3])
    media.answers["/4?5"] = redirect(chain[4])
    assert fetching("https://media.example/1").size_bytes == len(SOUND)
    assert [address for address, _ in fetching.dialler.dialled] == [
        PUBLIC, PUBLIC, "1.1.1.1", PUBLIC, PUBLIC, PUBLIC,
    ]  # fmt: skip
    media.answers["/0"] = redirect("/1")
    assert "redirected more than 5 times" in fetching.refusal("https://media.example/0")


LOCATIONS = [
    "http://media.example/a.wav", "https://inside.example/", "//inside.example/x",
    "https://10.0.0.7/", "https://127.0.0.1/", "https://localhost/", "https://[::1]/",
    "https://[::ffff:127.0.0.1]/", "https://2130706433/", "https://0177.0.0.1/",
    "https://127.1/", "https://0x7f.1/", "https://169.254.169.254/latest/meta-data/",
    "https://media.example:8443/a.wav", "https://user:word@media.example/a.wav",
    "https://media.example@10.0.0.7/", "https://media.example\\@10.0.0.7/", "file:///etc/passwd",
    "gopher://media.example/", "data:audio/wav;base64,AAAA", "javascript:1", "ftp://cdn.example/",
    "https://media.example/a.wav#x", "https://media.example./a.wav", "https://[fe80::1%25x]/",
    "https://m%65dia.example/a.wav", "https://wrong.example/a.wav", "https://médiа.example/",
    "https://" + "a" * 3000 + ".example/", "/" + "x" * 3000, "/a\x01b", "",
]  # fmt: skip


@pytest.mark.parametrize("location", LOCATIONS)
def test_redirect_to_where_nobody_may_go_is_refused(
    fetching: Fetching, media: MediaServer, location: str
) -> None:
    """A Location passes the same checks as a URL; nothing else is ever dialled."""
    there = location.encode("utf-8").decode("latin-1")
    media.answers["/go"] = redirect(there)
    fetching.refusal("https://media.example/go")
    assert set(fetching.dialler.dialled) == {(PUBLIC, 443)}
    assert sum("GET" in request for request in media.requests) <= 6


@pytest.mark.parametrize("several", [(), ("/a.wav", "/a.wav"), ("/a.wav", "https://10.0.0.7/")])
def test_redirect_without_one_location_is_refused(
    fetching: Fetching, media: MediaServer, several: tuple[str, ...]
) -> None:
    """Two Locations are no direction."""
    media.answers["/go"] = redirect(*several)
    assert "without one usable Location" in fetching.refusal("https://media.example/go")


def test_name_that_the_certificate_does_not_have_is_refused(fetching: Fetching) -> None:
    """TLS verifies the name, whatever address was dialled."""
    assert "certificate" in fetching.refusal("https://wrong.example/a.wav")


def test_certificate_of_nobody_we_know_is_refused(tmp_path: Path, media: MediaServer) -> None:
    """Without the test's trust its server is a stranger."""
    assert "certificate" in Fetching(tmp_path, media, None).refusal()


def endlessly(first: bytes, part: bytes, pause_s: float = 0.0) -> Callable[[socket.socket], None]:
    """Return an answer that goes on until the client leaves."""

    def say(connection: socket.socket) -> None:
        connection.sendall(first)
        waiting = threading.Event()
        while not waiting.wait(pause_s):
            connection.sendall(part)

    return say


HEAD = b"HTTP/1.1 200 OK\r\n"
ANSWERS: dict[str, tuple[Say, str]] = {
    "endless body": (endlessly(HEAD + b"\r\n", b"x" * 65_536), "is larger than"),
    "endless chunks": (
        endlessly(
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
            b"1000\r\n" + b"x" * 4096 + b"\r\n",
        ),
        "is larger than",
    ),
    "endless chunk extension": (
        endlessly(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5", b";x=yyyyyyyy" * 1000),
        "connection failed",
    ),
    "slow drip": (endlessly(HEAD + b"Content-Length: 9000\r\n\r\n", b"x", 0.05), "within 0.5 s"),
    "slow head": (endlessly(HEAD, b"X: y\r\n", 0.05), "within 0.5 s"),
    "silence": (lambda connection: connection.recv(1), "within 0.5 s"),
    "endless head": (endlessly(HEAD, b"X: " + b"y" * 8000 + b"\r\n"), "connection failed"),
    "endless 100 Continue": (
        endlessly(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 50, 0.01), "within 0.5 s"),
    "declares too much": (answer(b"", length=LIMIT + 1), "is larger than"),
    "declares a terabyte": (answer(SOUND, length=2**40), "is larger than"),
    "declares 5,000 digits": (
        HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", "connection failed"),
    "declares less than nothing": (
        HEAD + b"Content-Length: -1\r\n\r\n" + SOUND, "connection failed"),
    "declares two lengths": (answer(SOUND, "Content-Length: 7"), "connection failed"),
    "shorter than declared": (answer(SOUND, length=len(SOUND) + 9), "connection failed"),
    "chunks cut off": (
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n10\r\nxx", "connection failed"),
    "bad chunk size": (
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nxx\r\n", "connection failed"),
    "odd transfer encoding": (HEAD + b"Transfer-Encoding: gzip\r\n\r\nxx", "connection failed"),
    "gzip bomb": (
        answer(gzip.compress(bytes(10_000_000)), "Content-Encoding: gzip"), "compressed"),
    "brotli": (answer(b"xx", "Content-Encoding: br"), "compressed"),
    "two encodings": (
        answer(b"xx", "Content-Encoding: identity", "Content-Encoding: gzip"), "compressed"),
    "empty": (answer(b""), "empty"),
    "no content": (answer(b"", status="204 No Content"), "204"),
    "a part": (answer(SOUND, "Content-Range: bytes 0-9/99", status="206 Partial"), "206"),
    "not modified": (answer(b"", status="304 Not Modified"), "304"),
    "not found": (answer(b"", status="404 Not Found"), "404"),
    "asks for a password": (
        answer(b"", "WWW-Authenticate: Basic realm=x", status="401 No"), "401"),
    "broken": (answer(b"", status="500 Oops"), "500"),
    "status 999": (answer(SOUND, status="999 What"), "999"),
    "no http": (b"\0\1\2 hello\r\n\r\n", "connection failed"),
    "http/0.9": (SOUND, "connection failed"),
    "nothing at all": (b"", "connection failed"),
    "switches protocols": (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        "connection failed"),
    "nul in a header": (HEAD + b"X: a\0b\r\n\r\n" + SOUND, "connection failed"),
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_hostile_answer_is_refused(fetching: Fetching, media: MediaServer, name: str) -> None:
    """Size, time, encoding and framing have limits, whatever the server says."""
    say, words = ANSWERS[name]
    media.answers["/a.wav"] = say
    total_s = 0.5 if "within" in words else 10.0
    assert words in fetching.refusal(total_s=total_s)
    assert not fetching.file.exists() or fetching.file.stat().st_size <= LIMIT
