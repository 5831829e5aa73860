"""Fetching finished files: a bare client that never holds a key."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx

from musicnb.errors import DownloadFailed
from musicnb.settings import is_loopback


class _WithoutQueries(logging.Filter):
    """Keeps signatures out of httpx's log: a link that is logged is a link that is shared."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten every URL of a record."""
        if isinstance(record.args, tuple):
            record.args = tuple(
                arg.copy_with(query=None) if isinstance(arg, httpx.URL) else arg
                for arg in record.args
            )
        return True


logging.getLogger("httpx").addFilter(_WithoutQueries())

MAX_BYTES: Final = 200 * 1024 * 1024
_MAX_REDIRECTS: Final = 5
_TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
_EXPIRED: Final = frozenset({403, 404, 410})


@dataclass(frozen=True, slots=True)
class Download:
    """What was fetched.

    Parameters
    ----------
    path
        The bytes, durable on disk.
    size_bytes, sha256
        Their number and their hash.
    served_as
        The media type the server announced, in lower case; empty where it did not.
    """

    path: Path
    size_bytes: int
    sha256: str
    served_as: str = ""


class Media:
    """Fetches audio files by URL.

    Parameters
    ----------
    allow_loopback
        Whether plain HTTP on loopback is acceptable, as the sandbox serves it.
    transport
        Replaces the network in tests.
    """

    def __init__(
        self, *, allow_loopback: bool, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._allow_loopback = allow_loopback
        self._http = httpx.AsyncClient(
            timeout=_TIMEOUT,
            transport=transport,
            follow_redirects=False,
            trust_env=not allow_loopback,
            # a compressed body could unfold to any size, and audio gains nothing from it
            headers={"Accept-Encoding": "identity", "User-Agent": "musicnb"},
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def fetch(self, url: str, target: Path, *, expected_bytes: int | None = None) -> Download:
        """Stream a file to disk and make it durable.

        Parameters
        ----------
        url
            HTTPS, or HTTP on loopback where that is allowed; checked again at every redirect.
        target
            A new file beside its final place; removed again when the download fails.
        expected_bytes
            The size the service reported, if it did.

        Raises
        ------
        DownloadFailed
            Refused, cut off, too large, or not the announced size. `retryable` tells whether
            the same URL may work later; an expired one needs a fresh reading of the task.
        """
        problem = ""
        with _discarded_on_failure(target):
            try:
                return await self._fetch(url, target, expected_bytes)
            except httpx.HTTPError as error:
                problem = f"the connection failed ({type(error).__name__})"
            raise DownloadFailed(problem, retryable=True, charged=True)

    async def _fetch(self, url: str, target: Path, expected_bytes: int | None) -> Download:
        for _ in range(_MAX_REDIRECTS + 1):
            self._check(url)
            async with self._http.stream("GET", url) as response:
                if response.is_redirect:
                    url = urljoin(url, response.headers.get("location", ""))
                    continue
                if not response.is_success:
                    status = response.status_code
                    raise DownloadFailed(
                        f"the file's server answered {status}",
                        code="url_expired" if status in _EXPIRED else None,
                        http_status=status,
                        retryable=True,
                        charged=True,
                    )
                return await _save(response, target, expected_bytes)
        raise DownloadFailed("the file's URL redirects in circles", charged=True)

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        local = self._allow_loopback and is_loopback(parts.hostname)
        if not parts.hostname or parts.username or not (parts.scheme == "https" or local):
            raise DownloadFailed(
                "the service gave a URL that is not plain HTTPS", code="unsafe_url", charged=True
            )


@contextmanager
def _discarded_on_failure(target: Path) -> Iterator[None]:
    """Leave no partial file behind, and say what a full or read-only disk means."""
    problem = ""
    try:
        yield
    except OSError as error:
        with suppress(OSError):  # its folder may be no folder any more
            target.unlink(missing_ok=True)
        problem = f"cannot write {target.parent} ({error.strerror})"
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    if problem:
        raise DownloadFailed(
            problem,
            hint="Make room or choose another library folder, then ask for the clip again",
            charged=True,
        )


async def _save(response: httpx.Response, target: Path, expected_bytes: int | None) -> Download:
    digest, size = hashlib.sha256(), 0
    with target.open("xb") as file:
        async for chunk in response.aiter_bytes(1 << 18):
            size += len(chunk)
            if size > MAX_BYTES:
                raise DownloadFailed(f"the file is larger than {MAX_BYTES} bytes", charged=True)
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    declared = response.headers.get("content-length", "")
    for announced in (expected_bytes, int(declared) if declared.isdigit() else None):
        if announced is not None and announced != size:
            raise DownloadFailed(
                f"{size} of {announced} bytes arrived", retryable=True, charged=True
            )
    served_as = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Download(target, size, digest.hexdigest(), served_as)
