"""Where a sandbox can be reached: the hosts it answers to, and the root of the URLs it gives."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from musicnb.errors import ConfigurationError

__all__ = ["LOOPBACK_HOST", "Reach"]

LOOPBACK_HOST: Final = "127.0.0.1"
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
# the same for the header and the option: a name or address, perhaps a port, and nothing else
_AUTHORITY: Final = re.compile(
    r"(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?"
)


@dataclass(frozen=True, slots=True)
class Reach:
    """The hosts that a server answers to.

    Parameters
    ----------
    hosts
        Host names that requests may be addressed to, lower-case, IPv6 in brackets; None for any:
        who listens for a team cannot know by which names it comes.
    public_root
        What the URLs in answers begin with, or None for the address that each client used.
    """

    hosts: frozenset[str] | None
    public_root: str | None = None

    @classmethod
    def of(cls, host: str, public_url: str | None) -> Reach:
        """Describe a server that listens on an address.

        Raises
        ------
        ConfigurationError
            The public URL is not ``http(s)://host[:port]``.
        """
        if public_url is None:
            return cls(_LOOPBACK if ipaddress.ip_address(host).is_loopback else None)
        scheme, _, authority = public_url.rstrip("/").partition("://")
        match = _AUTHORITY.fullmatch(authority)
        if scheme not in ("http", "https") or match is None:
            raise ConfigurationError(
                f"{public_url!r} is not a usable public URL",
                hint="Give scheme, host and perhaps port, such as https://music.example.com",
            )
        own = f"[{host}]" if ":" in host else host
        return cls(_LOOPBACK | {match["host"].lower(), own}, f"{scheme}://{authority}")

    def root_for(self, host: str) -> str | None:
        """Return what URLs for a request with this Host header begin with; None refuses it."""
        match = _AUTHORITY.fullmatch(host)
        if match is None:
            return None
        if self.hosts is not None and match["host"].lower() not in self.hosts:
            return None
        return self.public_root or f"http://{host}"

    def knows_origin(self, origin: str, host: str) -> bool:
        """Tell whether a web page's requests are answered: those from our own hosts."""
        scheme, _, authority = origin.partition("://")
        match = _AUTHORITY.fullmatch(authority)
        if scheme not in ("http", "https") or match is None:
            return False
        if self.hosts is not None:
            return match["host"].lower() in self.hosts
        ours = _AUTHORITY.fullmatch(host)
        return ours is not None and match["host"].lower() == ours["host"].lower()
