"""Which addresses reference audio may be fetched from: the public internet and nothing else.

The lists are our own: on Python 3.11 ``ipaddress.is_global`` lets NAT64, 6to4, IPv4-compatible,
site-local and some special addresses through, and no list of the standard library knows the
metadata services of clouds.
"""

from __future__ import annotations

import ipaddress
from typing import Final

__all__ = ["complaint"]

# IANA IPv4 Special-Purpose Address Registry, multicast and reserved space; what is left is public.
_REFUSED_4: Final = tuple(
    (ipaddress.IPv4Network(network), name)
    for network, name in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "cloud metadata"),  # Azure's, though it looks public
        ("169.254.0.0/16", "link-local"),  # 169.254.169.254 is the metadata service of clouds
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "documentation"),
        ("192.31.196.0/24", "reserved"),
        ("192.52.193.0/24", "reserved"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("192.175.48.0/24", "reserved"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),  # 255.255.255.255, broadcast, is its last
    )
)
# Only 2000::/3 is given out, so everything that wraps an IPv4 address (mapped, compatible, NAT64)
# and every local kind falls by standing outside; these are the exceptions within.
_GIVEN_OUT_6: Final = ipaddress.IPv6Network("2000::/3")
_REFUSED_6: Final = tuple(
    (ipaddress.IPv6Network(network), name)
    for network, name in (
        ("2001::/23", "Teredo or reserved"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("2620:4f:8000::/48", "reserved"),
        ("3ffe::/16", "reserved"),
        ("3fff::/20", "documentation"),
    )
)
_LOOPBACK_4: Final = ipaddress.IPv4Network("127.0.0.0/8")
_LOOPBACK_6: Final = ipaddress.IPv6Address("::1")


def complaint(text: str, *, allow_loopback: bool = False) -> str | None:
    """Say why an address may not be dialled, or None when it may.

    Parameters
    ----------
    text
        An IPv4 or IPv6 address as the resolver wrote it.
    allow_loopback
        Whether 127.0.0.0/8 and ::1 are allowed besides.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "no address"
    if isinstance(address, ipaddress.IPv4Address):
        if allow_loopback and address in _LOOPBACK_4:
            return None
        return next((name for network, name in _REFUSED_4 if address in network), None)
    if allow_loopback and address == _LOOPBACK_6:
        return None
    if address not in _GIVEN_OUT_6:
        return "not a public IPv6 address"
    return next((name for network, name in _REFUSED_6 if address in network), None)
