"""Re-hosting: reference audio named by a URL is fetched, examined and kept as an artifact.

A server that fetches what strangers name can be made to fetch from its own network. So the URL is
read by one strict grammar, every address is checked and the checked one is dialled, redirects are
followed by hand and pass the same checks, nothing of the environment (proxies, netrc) has a say,
and size, time and encoding have limits.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

import httpcore

from musicnb.sandbox import uploads
from musicnb.sandbox._folder import Folder, publish
from musicnb.sandbox._ids import new_artifact_id
from musicnb.sandbox._orders import PlacedOrder, reference_limits
from musicnb.sandbox._reading import fault_at
from musicnb.sandbox._refusals import Refusal
from musicnb.sandbox._rehost_dial import AddressRefused, CheckedBackend, Resolve, SystemResolver
from musicnb.sandbox._rehost_urls import MediaUrl, UrlFault, read_url
from musicnb.sandbox._workers import Workers

if TYPE_CHECKING:
    from musicnb.sound import AudioFacts

__all__ = ["POINTER", "Fetched", "Rehoster"]

POINTER: Final = "/reference_audio/url"
_AT_ONCE: Final = 6
_AT_ONCE_EACH: Final = 2
_TURN_S: Final = 20.0
_RETRY_S: Final = 5
_TOTAL_S: Final = 60.0
_STEP_S: Final = 15.0
_MAX_REDIRECTS: Final = 5
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_OK: Final = 200
_WRITE_BYTES: Final = 1024 * 1024
_HEADERS: Final[dict[bytes | str, bytes | str]] = {
    "User-Agent": "musicnb-sandbox",
    "Accept": "audio/*, application/ogg, application/octet-stream",
    # 194 KB of gzip became 200 MB
    "Accept-Encoding": "identity",
    "Connection": "close",
}
_TIMEOUTS: Final = {"connect": _STEP_S, "read": _STEP_S, "write": _STEP_S, "pool": _STEP_S}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What lies in the file now: its size and SHA-256."""

    size_bytes: int
    sha256: str


class _Unfit(Exception):
    """The download is over; its text says why, to be read after "the file"."""


class Rehoster:
    """Fetches reference audio from URLs.

    Parameters
    ----------
    folder, examiner
        Where files are kept, and the processes that decode what nobody has looked at.
    allow_loopback
        Whether this machine's own addresses may be named, with plain http and any port: for tests.
    resolve
        Returns all addresses of a name; the system's resolver when left out.
    below
        Opens connections to numeric addresses; httpcore's own when left out.
    trust
        The certificates that are believed; those of certifi and the system (``SSL_CERT_FILE``)
        when left out.
    total_s
        Seconds one download may take, redirects included.
    """

    def __init__(
        self,
        folder: Folder,
        examiner: Workers,
        *,
        allow_loopback: bool = False,
        resolve: Resolve | None = None,
        below: httpcore.AsyncNetworkBackend | None = None,
        trust: ssl.SSLContext | None = None,
        total_s: float = _TOTAL_S,
    ) -> None:
        self._folder = folder
        self._examiner = examiner
        self._allow_loopback = allow_loopback
        self._backend = CheckedBackend(
            resolve or SystemResolver(_AT_ONCE),
            below or httpcore.AnyIOBackend(),
            allow_loopback=allow_loopback,
        )
        self._trust = trust
        self._total_s = total_s
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._turns_each: dict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(_AT_ONCE_EACH)
        )

    async def bring(self, tenant: str, order: PlacedOrder) -> uploads.Artifact | None:
        """Bring an order's reference audio here; None when it names no URL.

        The file lies among the artifacts then. Its row is written with the task; when that is
        refused, `drop` removes the file.

        Raises
        ------
        Refusal
            422 ``invalid_request`` when the URL itself is wrong, 422 ``media_download_failed``
            when nothing fit came from it, 429 when too many wait for downloads.
        """
        if order.url is None:
            return None
        url = self._read(order.url)
        artifact_id = new_artifact_id()
        temporary = self._folder.incoming / f"{artifact_id}.url"
        limit = min(limits.maximum_bytes for limits in reference_limits(order))
        try:
            async with self._turn(tenant):
                fetched = await self.fetch(url, temporary, limit_bytes=limit)
                facts = await self._facts(temporary)
            artifact = uploads.Artifact(
                artifact_id=artifact_id,
                tenant=tenant,
                facts=facts,
                size_bytes=fetched.size_bytes,
                sha256=fetched.sha256,
                purpose="reference_audio",
            )
            final = self._folder.artifacts / artifact.file_name
            await asyncio.to_thread(publish, temporary, final)
        finally:
            temporary.unlink(missing_ok=True)
        return artifact

    def drop(self, artifact: uploads.Artifact | None) -> None:
        """Remove the file of an artifact whose row was not written."""
        if artifact is not None:
            (self._folder.artifacts / artifact.file_name).unlink(missing_ok=True)

    async def fetch(self, url: MediaUrl, path: Path, *, limit_bytes: int) -> Fetched:
        """Download a URL into a file, following redirects.

        Raises
        ------
        Refusal
            422 ``media_download_failed``.
        """
        problem = ""
        try:
            async with asyncio.timeout(self._total_s):
                return await self._follow(url, path, limit_bytes)
        except TimeoutError:
            problem = f"it did not arrive whole within {self._total_s:g} s"
        except (_Unfit, AddressRefused) as error:
            problem = str(error)
        except UrlFault as error:
            problem = f"it was redirected to a URL that {error}"
        except httpcore.TimeoutException:
            problem = f"the server was silent for {_STEP_S:g} s"
        except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError) as error:
            # the server's words may hold anything, and the error's class says enough
            problem = f"the connection failed ({_plain(error)})"
        raise _failed(problem)

    def _read(self, url: str) -> MediaUrl:
        problem = ""
        try:
            return read_url(url, allow_loopback=self._allow_loopback)
        except UrlFault as error:
            problem = str(error)
        raise fault_at(POINTER, problem)

    @contextlib.asynccontextmanager
    async def _turn(self, tenant: str) -> AsyncIterator[None]:
        """Wait for one of the places: few in all, and fewer for one tenant."""
        async with contextlib.AsyncExitStack() as places:
            try:
                async with asyncio.timeout(_TURN_S):
                    await places.enter_async_context(self._turns_each[tenant])
                    await places.enter_async_context(self._turns)
            except TimeoutError:
                raise Refusal(
                    "rate_limited",
                    "too many downloads of reference audio are under way",
                    headers={"Retry-After": str(_RETRY_S)},
                ) from None
            yield

    async def _follow(self, url: MediaUrl, path: Path, limit_bytes: int) -> Fetched:
        if self._trust is None:
            self._trust = await asyncio.to_thread(httpcore.default_ssl_context)
        for _ in range(_MAX_REDIRECTS + 1):
            # a pool of its own for every hop: each connection is resolved and checked anew
            async with (
                httpcore.AsyncConnectionPool(
                    ssl_context=self._trust, network_backend=self._backend, max_connections=1
                ) as pool,
                pool.stream(
                    "GET",
                    httpcore.URL(
                        scheme=url.scheme, host=url.host, port=url.port, target=url.target
                    ),
                    headers=_request_headers(url),
                    extensions={"timeout": _TIMEOUTS},
                ) as answer,
            ):
                if answer.status not in _REDIRECTS:
                    return await _store(answer, path, limit_bytes)
                location = _location(answer)
            url = read_url(urljoin(str(url), location), allow_loopback=self._allow_loopback)
        raise _Unfit(f"it was redirected more than {_MAX_REDIRECTS} times")

    async def _facts(self, path: Path) -> AudioFacts:
        problem = ""
        try:
            return await uploads.examined(path, self._examiner, POINTER)
        except Refusal as error:
            problem = f"what came from there is not usable: {error.message}"
        raise _failed(problem)


def _failed(problem: str) -> Refusal:
    return Refusal(
        "media_download_failed",
        f"the reference audio could not be fetched: {problem}. Nothing was charged",
        param=POINTER,
    )


def _plain(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError) or "CERTIFICATE" in str(error):
        return "its certificate is not valid for this name"
    return type(error).__name__


def _request_headers(url: MediaUrl) -> dict[bytes | str, bytes | str]:
    host = f"[{url.host}]" if ":" in url.host else url.host
    usual = url.port == (443 if url.scheme == "https" else 80)
    return {"Host": host if usual else f"{host}:{url.port}", **_HEADERS}


def _values(answer: httpcore.Response, name: bytes) -> list[str]:
    return [value.decode("latin-1").strip() for key, value in answer.headers if key.lower() == name]


def _location(answer: httpcore.Response) -> str:
    locations = _values(answer, b"location")
    if len(locations) != 1 or not locations[0].isascii():
        raise _Unfit(f"it answered {answer.status} without one usable Location")
    return locations[0]


async def _store(answer: httpcore.Response, path: Path, limit_bytes: int) -> Fetched:
    """Write a body to disk as it comes; what it announces may only make it end earlier."""
    if answer.status != _OK:
        raise _Unfit(f"it answered with status {answer.status}")
    encodings = [value.lower() for value in _values(answer, b"content-encoding")]
    if any(value not in ("", "identity") for value in encodings):
        raise _Unfit("it came compressed, though plain bytes were asked for")
    for length in _values(answer, b"content-length"):
        if length.isdigit() and int(length[:20]) > limit_bytes:
            raise _Unfit(f"it is larger than {limit_bytes:,} bytes")
    digest = hashlib.sha256()
    pending = bytearray()
    size = 0
    with path.open("wb") as file:

        def write(data: bytes) -> None:
            digest.update(data)
            file.write(data)

        async for part in answer.aiter_stream():
            size += len(part)
            if size > limit_bytes:
                raise _Unfit(f"it is larger than {limit_bytes:,} bytes")
            pending += part
            if len(pending) >= _WRITE_BYTES:
                data = bytes(pending)
                pending.clear()
                await asyncio.to_thread(write, data)
        await asyncio.to_thread(write, bytes(pending))
    if not size:
        raise _Unfit("it is empty")
    return Fetched(size, digest.hexdigest())
