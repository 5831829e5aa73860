"""Connections to nothing but checked addresses.

Resolving, checking and dialling are one step here: what was checked is what is dialled, so a name
that changes its address between two questions (DNS rebinding) gains nothing. TLS, which comes
above this, still verifies the name.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import httpcore

from musicnb.sandbox._rehost_addresses import complaint

__all__ = ["AddressRefused", "CheckedBackend", "Resolve", "SystemResolver"]

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns all addresses of a name."""

_MAX_ADDRESSES: Final = 32
_TRIED: Final = 3


class AddressRefused(Exception):
    """A name has no address, or one that is not to be dialled; its text says which."""


class SystemResolver:
    """The system's resolver, in threads of its own.

    A question that is not answered keeps its thread for many seconds; in the threads that everybody
    shares, a few such names would stop the whole server.
    """

    def __init__(self, threads: int) -> None:
        self._threads: Final = ThreadPoolExecutor(threads, thread_name_prefix="sandbox-names")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Ask for all addresses of a name."""
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return [str(entry[4][0]) for entry in found]


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Opens connections for httpcore, to checked addresses only.

    Parameters
    ----------
    resolve
        Returns all addresses of a name; asked once per connection.
    below
        Opens a connection to a numeric address.
    allow_loopback
        Whether loopback addresses are allowed besides public ones.
    """

    def __init__(
        self,
        resolve: Resolve,
        below: httpcore.AsyncNetworkBackend,
        *,
        allow_loopback: bool = False,
    ) -> None:
        self._resolve = resolve
        self._below = below
        self._allow_loopback = allow_loopback

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve a name once, check every address, and dial the first that answers.

        Raises
        ------
        AddressRefused
            One bad address among many is enough: no honest name has any.
        """
        addresses = await self._addresses(host, port)
        for address in addresses[:_TRIED]:
            try:
                return await self._below.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        raise httpcore.ConnectError(f"no connection to {host}")

    async def _addresses(self, host: str, port: int) -> list[str]:
        try:
            # at most one question is asked, and both spellings of one address are one
            addresses = list(dict.fromkeys(await self._resolve(host, port)))
        except (OSError, UnicodeError):
            addresses = []
        if not addresses:
            raise AddressRefused(f"{host} has no address")
        if len(addresses) > _MAX_ADDRESSES:
            raise AddressRefused(f"{host} has more than {_MAX_ADDRESSES} addresses")
        for address in addresses:
            reason = complaint(address, allow_loopback=self._allow_loopback)
            if reason is not None:
                # which address stays unsaid: the answer must not map the server's own network
                raise AddressRefused(f"{host} leads to an address that is not public")
        return addresses
