"""Which addresses may be dialled, and which URLs are read at all."""

from __future__ import annotations

import pytest

from musicnb.sandbox._rehost_addresses import complaint
from musicnb.sandbox._rehost_urls import UrlFault, read_url

REFUSED = {
    "0.0.0.0": "unspecified",  # noqa: S104
    "0.1.2.3": "this network", "10.0.0.1": "private",
    "10.255.255.255": "private", "100.64.0.1": "CGNAT", "100.100.100.200": "metadata",
    "127.0.0.1": "loopback", "127.255.255.254": "loopback", "169.254.169.254": "metadata",
    "169.254.0.1": "link-local", "168.63.129.16": "metadata", "172.16.0.1": "private",
    "172.31.255.255": "private", "192.0.0.192": "metadata", "192.0.2.1": "documentation",
    "192.88.99.1": "6to4 relay", "192.168.1.1": "private", "198.18.0.1": "benchmarking",
    "198.19.255.255": "benchmarking", "198.51.100.7": "documentation",
    "203.0.113.9": "documentation", "224.0.0.1": "multicast", "239.255.255.250": "multicast",
    "240.0.0.1": "reserved", "255.255.255.255": "broadcast", "::": "unspecified",
    "::1": "loopback", "::ffff:127.0.0.1": "mapped", "::ffff:93.184.216.34": "mapped",
    "::ffff:0:127.0.0.1": "translated", "::127.0.0.1": "compatible",
    "::93.184.216.34": "compatible", "64:ff9b::7f00:1": "NAT64", "64:ff9b::5db8:d822": "NAT64",
    "64:ff9b:1::1": "local NAT64", "100::1": "discard", "2001::1": "Teredo",
    "2001:0:4136:e378::1": "Teredo", "2001:10::1": "ORCHID", "2001:20::1": "ORCHIDv2",
    "2001:db8::1": "documentation", "2002:7f00:1::": "6to4", "2002:5db8:d822::1": "6to4",
    "3ffe::1": "returned", "3fff::1": "documentation", "5f00::1": "segment routing",
    "fc00::1": "ULA", "fd00:ec2::254": "metadata", "fe80::1": "link-local",
    "fe80::1%eth0": "link-local with zone", "fec0::1": "site-local", "ff02::1": "multicast",
    "ff0e::1": "multicast", "2606:2800::1%eth0/": "no address", "": "nothing",
    "127.1": "short form", "0177.0.0.1": "octal", "2130706433": "number", "localhost": "name",
}  # fmt: skip


@pytest.mark.parametrize("address", REFUSED)
def test_address_that_is_not_public_is_refused(address: str) -> None:
    """Whatever is local, special, or wraps an IPv4 address is not dialled."""
    assert complaint(address) is not None


@pytest.mark.parametrize(
    "address",
    ["93.184.216.34", "1.1.1.1", "100.63.255.255", "172.32.0.1", "223.255.255.255",
     "2606:2800:220:1::1", "2a00:1450:4001::1", "2001:4860:4860::8888"],
)  # fmt: skip
def test_public_address_is_dialled(address: str) -> None:
    """The lists end where the public internet begins."""
    assert complaint(address) is None


@pytest.mark.parametrize("address", REFUSED)
def test_switch_opens_loopback_and_nothing_else(address: str) -> None:
    """With the switch 127.0.0.0/8 and ::1 may be dialled; their other spellings may not."""
    allowed = complaint(address, allow_loopback=True) is None
    assert allowed == ((address.startswith("127.") and address != "127.1") or address == "::1")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("https://media.example.com/a.mp3", "https://media.example.com:443/a.mp3"),
        ("HTTPS://MEDIA.example.COM", "https://media.example.com:443/"),
        ("https://media.example.com:443?a=b%20c", "https://media.example.com:443/?a=b%20c"),
        ("https://xn--bcher-kva.example/a;b=(c)/@x:y?q=[1]|'*", None),
        ("https://a.b.c.d.example1/..%2f../x", None),
    ],
)
def test_usual_url_is_read(text: str, parts: str | None) -> None:
    """Case and a missing path do not matter; path and query are left as they are."""
    url = read_url(text)
    assert str(url) == parts or parts is None
    assert url.target.startswith("/")


@pytest.mark.parametrize(
    "text",
    ["http://localhost:8000/a", "https://localhost/a", "http://127.0.0.1:1/", "http://[::1]:9/x"],
)
def test_switch_opens_loopback_urls(text: str) -> None:
    """Tests may name this machine, with any port and without TLS; nobody else may."""
    assert read_url(text, allow_loopback=True)
    with pytest.raises(UrlFault):
        read_url(text)


@pytest.mark.parametrize(
    "text",
    ["http://media.example.com/a", "http://10.0.0.1/", "https://192.168.0.1/", "http://[::2]/",
     "http://127.0.0.2/", "http://localhost.:80/", "http://LOCALHOST:0/", "http://localhost:65536/",
     "http://user@localhost/"],
)  # fmt: skip
def test_switch_opens_no_other_url(text: str) -> None:
    """The switch is for this machine alone."""
    with pytest.raises(UrlFault):
        read_url(text, allow_loopback=True)
