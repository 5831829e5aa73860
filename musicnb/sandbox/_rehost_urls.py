"""The URLs that reference audio may be fetched from, read by one strict grammar.

A lenient parser is where attacks begin: two of them read one URL as two hosts. So what is not plain
ASCII in the one shape below is refused, and what is dialled is what was read here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["MediaUrl", "UrlFault", "read_url"]

_MAX_URL: Final = 2000
_MAX_HOST: Final = 253
_HTTPS_PORT: Final = 443
_HTTP_PORT: Final = 80
_MAX_PORT: Final = 65_535
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# The top label begins with a letter, so every way to write an address as a number dies here:
# 2130706433, 0177.0.0.1, 127.1 and 0x7f.0.0.0x1 are all understood by getaddrinfo.
_NAME: Final = re.compile(rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
# RFC 3986 without the user part; [ and ] only in the one literal that the switch allows
_SHAPE: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>[^/?#@:\\\[\]]*|\[::1\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<target>(?:[/?][A-Za-z0-9._~:/?@!$&'()*+,;=%\[\]|-]*)?)",
    re.IGNORECASE,
)


class UrlFault(Exception):
    """The URL itself will not do; its text says why, to be read after "the URL"."""


@dataclass(frozen=True, slots=True)
class MediaUrl:
    """An accepted URL in parts.

    Parameters
    ----------
    host
        Lower-case ASCII name, without brackets.
    target
        Path and query, beginning with a slash.
    """

    scheme: Literal["https", "http"]
    host: str
    port: int
    target: str

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.target}"


def read_url(text: str, *, allow_loopback: bool = False) -> MediaUrl:
    """Read a URL.

    Parameters
    ----------
    allow_loopback
        Whether ``localhost``, ``127.0.0.1`` and ``[::1]`` are hosts too, with plain http and any
        port, and other hosts may have any port.

    Raises
    ------
    UrlFault
        It is not ``https://name/path`` in ASCII, with no user, port or fragment.
    """
    if len(text) > _MAX_URL:
        raise UrlFault(f"has {len(text):,} characters, at most {_MAX_URL:,} are taken")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise UrlFault("holds something else than printable ASCII; percent-encode its path")
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise UrlFault(_shape_fault(text))
    scheme, host = match["scheme"].lower(), match["host"].lower()
    local = allow_loopback and host in _LOOPBACK
    if scheme == "http" and not local:
        raise UrlFault("must begin with https://")
    if not local and (len(host) > _MAX_HOST or not _NAME.fullmatch(host)):
        raise UrlFault("must name its host in full, such as media.example.com, not by an address")
    usual = _HTTPS_PORT if scheme == "https" else _HTTP_PORT
    port = int(match["port"] or usual)
    if port != usual and not (allow_loopback and 0 < port <= _MAX_PORT):
        raise UrlFault(f"must use port {_HTTPS_PORT}")
    target = match["target"]
    return MediaUrl(
        "https" if scheme == "https" else "http",
        host.strip("[]"),
        port,
        target if target.startswith("/") else f"/{target}",
    )


def _shape_fault(text: str) -> str:
    authority = re.split(r"[/?#]", text.partition("://")[2], maxsplit=1)[0]
    if not text.lower().startswith("https://"):
        return "must begin with https://"
    if "@" in authority:
        return "must not hold a user or password"
    if "#" in text:
        return "must not have a fragment (#…)"
    return "must look like https://media.example.com/path/file.mp3"
