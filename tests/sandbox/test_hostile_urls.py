"""Reference URLs meant to reach where they must not: refused before anything is looked up."""

from __future__ import annotations

import httpx
import pytest
from speaking import Service
from traces import Quiet

URLS = {
    "number": "https://2130706433/", "hex number": "https://0x7f000001/",
    "octal number": "https://017700000001/", "octal": "https://0177.0.0.1/",
    "hex parts": "https://0x7f.0x0.0x0.0x1/", "short": "https://127.1/", "zero": "https://0/",
    "three parts": "https://127.0.1/", "private": "https://10.0.0.1/a.mp3",
    "metadata": "https://169.254.169.254/latest/meta-data/", "public": "https://93.184.216.34/a",
    "padded": "https://127.000.000.001/", "overflow": "https://4294967297/",
    "circled digits": "https://①②⑦.0.0.1/", "full-width digits": "https://１２７.0.0.1/",
    "ideographic stops": "https://127。0。0。1/", "loopback v6": "https://[::1]/",
    "mapped": "https://[::ffff:127.0.0.1]/", "mapped hex": "https://[::ffff:7f00:1]/",
    "compatible": "https://[::127.0.0.1]/", "nat64": "https://[64:ff9b::7f00:1]/",
    "6to4": "https://[2002:7f00:1::]/", "zone": "https://[fe80::1%25eth0]/",
    "public v6": "https://[2606:2800:220:1::1]/", "future ip": "https://[v1.fe80::a]/",
    "no bracket": "https://[::1/", "bracketed name": "https://[media.example.com]/",
    "localhost": "https://localhost/", "localhost dot": "https://localhost./",
    "one label": "https://intranet/", "trailing dot": "https://media.example.com./a.mp3",
    "leading dot": "https://.media.example.com/", "two dots": "https://media..example.com/",
    "hyphen first": "https://-media.example.com/", "hyphen last": "https://media-.example.com/",
    "digits on top": "https://media.example.123/", "digit-led top": "https://media.1com/",
    "underscore": "https://_media.example.com/", "long label": "https://" + "a" * 64 + ".com/",
    "long name": "https://" + "a." * 130 + "com/", "long url": "https://a.example/" + "x" * 1983,
    "unicode name": "https://münchen.example/", "kelvin sign": "https://media.example.\u212aom/",
    "soft hyphen": "https://media\u00ad.example.com/", "bidi": "https://media.example.com/\u202e3pm",
    "nul": "https://media.example.com\0.evil.example/", "nul in path": "https://a.example/\0",
    "newline": "https://media.example.com/\r\nHost: evil", "tab": "https://media.\texample.com/",
    "space": "https://media.example.com /", "leading space": " https://media.example.com/",
    "trailing space": "https://media.example.com/a ", "escape": "https://a.example/\x1b[2J",
    "percent host": "https://%6d%65dia.example.com/", "percent dot": "https://media%2eexample.com/",
    "percent nul": "https://media.example.com%00.evil.example/",
    "user": "https://user@media.example.com/", "password": "https://a:b@media.example.com/",
    "empty user": "https://@media.example.com/", "host as user": "https://a.example:443@10.0.0.1/",
    "backslash": "https://media.example.com\\@10.0.0.1/", "backslashes": "https:\\\\a.example\\b",
    "fragment": "https://media.example.com/a#b", "fragment host": "https://a.example#@b.example/",
    "port": "https://media.example.com:8443/", "port 80": "https://media.example.com:80/",
    "port 22": "https://media.example.com:22/", "port 0": "https://media.example.com:0/",
    "empty port": "https://media.example.com:/", "minus port": "https://media.example.com:-1/",
    "large port": "https://media.example.com:65979/", "long port": "https://a.example:" + "4" * 99,
    "two ports": "https://media.example.com:443:443/", "unicode port": "https://a.example:４４３/",
    "http": "http://media.example.com/a.mp3", "no scheme": "media.example.com/a.mp3",
    "relative": "//media.example.com/a.mp3", "one slash": "https:/media.example.com/",
    "three slashes": "https:///media.example.com/", "no host": "https://", "file": "file:///etc/passwd",
    "ftp": "ftp://media.example.com/a", "gopher": "gopher://media.example.com:70/x",
    "data": "data:audio/wav;base64,UklGRg==", "javascript": "javascript:alert(1)",
    "jar": "jar:https://media.example.com!/", "view": "view-source:https://media.example.com/",
    "unix": "http+unix://%2Fvar%2Frun%2Fdocker.sock/", "path": "/etc/passwd", "blank": " ",
    "braces": "https://media.example.com/{x}", "quotes": 'https://media.example.com/"><script>',
    "caret": "https://media.example.com/^", "html": "<a href='https://media.example.com'>",
    "two urls": "https://a.example/ https://b.example/",
}  # fmt: skip


@pytest.mark.parametrize("name", URLS)
def test_hostile_url_is_refused_and_leaves_nothing(quiet: Quiet, name: str) -> None:
    """The URL itself is at fault, and the answer points to it."""
    quiet.refuses(_ask(quiet.service, URLS[name]), 422, "invalid_request", "/reference_audio/url")


@pytest.mark.parametrize("host", ["nothing.invalid", "169.254.169.254.invalid", "a.test"])
def test_name_that_leads_nowhere_is_refused_and_leaves_nothing(quiet: Quiet, host: str) -> None:
    """Reserved names have no address anywhere."""
    answer = _ask(quiet.service, f"https://{host}/a.mp3")
    quiet.refuses(answer, 422, "media_download_failed", "/reference_audio/url")


@pytest.mark.parametrize(
    ("reference", "param"),
    [
        ({"type": "url"}, "/reference_audio/url"),
        ({"type": "url", "url": ""}, "/reference_audio/url"),
        ({"type": "url", "url": None}, "/reference_audio/url"),
        ({"type": "url", "url": ["https://a.example/"]}, "/reference_audio/url"),
        ({"type": "url", "url": "https://a.example/" + "x" * 3000}, "/reference_audio/url"),
        ({"type": "url", "artifact_id": "art_1"}, "/reference_audio/url"),
        ({"type": "url", "url": "https://a.example/", "host": "b"}, "/reference_audio/host"),
        ({"type": "URL", "url": "https://a.example/"}, "/reference_audio"),
        ({"type": ["url"], "url": "https://a.example/"}, "/reference_audio"),
        ({"url": "https://a.example/"}, "/reference_audio"),
        ({}, "/reference_audio"),
        ("https://a.example/", "/reference_audio"),
    ],
)
def test_reference_of_another_shape_is_refused(quiet: Quiet, reference: object, param: str) -> None:
    """A reference is one of two objects and nothing else."""
    body = {"model": "suno-5.5", "prompt": "techno", "reference_audio": reference}
    answer = quiet.service.post("/v1/music/reference-audio-to-music", body)
    quiet.refuses(answer, 422, "invalid_request", param)


def _ask(service: Service, url: str) -> httpx.Response:
    body = {"model": "suno-5.5", "prompt": "techno",
            "reference_audio": {"type": "url", "url": url}}  # fmt: skip
    return service.post("/v1/music/reference-audio-to-music", body)
