"""Files and forms meant to break a decoder, a disk or a parser: refused, and nothing is kept."""

from __future__ import annotations

import functools
import gzip
import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
import soundfile as sf
from speaking import tone
from traces import Quiet

OVER_AN_HOUR = 3_601


def silence(kind: str, seconds: int, rate: int = 4_000) -> bytes:
    """Return a small file that holds hours of nothing."""
    buffer = io.BytesIO()
    with sf.SoundFile(buffer, "w", samplerate=rate, channels=1, format=kind) as file:
        for start in range(0, seconds * rate, 1 << 14):
            file.write(np.zeros(min(1 << 14, seconds * rate - start), np.float32))
    return buffer.getvalue()


def wav(
    *,
    channels: int = 1,
    rate: int = 22_050,
    bits: int = 16,
    form: int = 1,
    align: int | None = None,
    declared: int | None = None,
    data: bytes = bytes(1000),
) -> bytes:
    """Return a WAV file whose header says what it is told to."""
    align = channels * bits // 8 if align is None else align
    fields = (form, channels, rate, min(rate * align, 2**32 - 1), align & 0xFFFF, bits)
    fmt = struct.pack("<HHIIHH", *fields)
    size = len(data) if declared is None else declared
    body = b"WAVEfmt " + struct.pack("<I", 16) + fmt + b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def flac_declaring(frames: int, *, rate: int = 22_050, channels: int = 1) -> bytes:
    """Return a FLAC file with a header that says what it is told to, and no frame behind it."""
    packed = rate << 44 | (channels - 1) << 41 | 15 << 36 | frames
    info = struct.pack(">HH", 4096, 4096) + bytes(6) + packed.to_bytes(8) + bytes(16)
    return b"fLaC\x80" + len(info).to_bytes(3) + info


def long_mp3() -> bytes:
    """Return an hour of MP3 frames: two seconds of silence again and again."""
    data = silence("MP3", 2, 8_000)
    # the first frame counts the frames of the file, and would be believed
    return data[data.index(data[:2], 2) :] * 2_000


FLAC = tone(7, format="FLAC")
CUT = len(FLAC) // 2
# built when asked for: the bombs take a second to make
FILES: dict[str, tuple[Callable[[], bytes], int, str]] = {
    "empty": (lambda: b"", 422, "invalid_request"),
    "one byte": (lambda: b"R", 415, "unsupported_media_type"),
    "nul bytes": (lambda: bytes(100_000), 415, "unsupported_media_type"),
    "text": (lambda: b"this is a song\n" * 100, 415, "unsupported_media_type"),
    "html": (lambda: b"<!doctype html><script>alert(1)</script>", 415, "unsupported_media_type"),
    "svg": (lambda: b"<svg onload='alert(1)'/>", 415, "unsupported_media_type"),
    "png": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), 415, "unsupported_media_type"),
    "elf": (lambda: b"\x7fELF" + bytes(500), 415, "unsupported_media_type"),
    "script": (lambda: b"#!/bin/sh\nrm -rf /\n", 415, "unsupported_media_type"),
    "zip": (lambda: b"PK\x03\x04" + bytes(500), 415, "unsupported_media_type"),
    "gzip of a sound": (lambda: gzip.compress(tone(1)), 415, "unsupported_media_type"),
    "zlib bomb": (lambda: zlib.compress(bytes(50_000_000)), 415, "unsupported_media_type"),
    "mp4": (lambda: b"\0\0\0\x20ftypM4A " + bytes(500), 415, "unsupported_media_type"),
    "aiff": (lambda: b"FORM\0\0\1\0AIFFCOMM" + bytes(200), 415, "unsupported_media_type"),
    "au": (lambda: b".snd" + bytes(200), 415, "unsupported_media_type"),
    "caf": (lambda: b"caff\0\1\0\0desc" + bytes(200), 415, "unsupported_media_type"),
    "playlist": (lambda: b"#EXTM3U\nfile:///etc/passwd\n", 415, "unsupported_media_type"),
    "pls": (lambda: b"[playlist]\nFile1=http://10.0.0.1/\n", 415, "unsupported_media_type"),
    "riff that is avi": (lambda: b"RIFF\x24\0\0\0AVI LIST" + bytes(99), 415,
                         "unsupported_media_type"),
    "polyglot of html and wav": (lambda: b"<html>" + tone(1), 415, "unsupported_media_type"),
    "polyglot of zip and wav": (lambda: b"PK\x03\x04" + tone(1), 415, "unsupported_media_type"),
    "pdf with mp3": (lambda: b"%PDF-1.7\n" + tone(1, format="MP3"), 415, "unsupported_media_type"),
    "riff without more": (lambda: b"RIFF\xff\xff\xff\xffWAVE", 415, "unsupported_media_type"),
    "wav without data": (lambda: wav(data=b""), 415, "unsupported_media_type"),
    "wav of 1,000 channels": (lambda: wav(channels=1000), 415, "unsupported_media_type"),
    "wav of 65,535 channels": (lambda: wav(channels=65_535), 415, "unsupported_media_type"),
    "wav of no channel": (lambda: wav(channels=0, align=0), 415, "unsupported_media_type"),
    "wav at no rate": (lambda: wav(rate=0), 415, "unsupported_media_type"),
    "wav at 1 Hz": (lambda: wav(rate=1), 415, "unsupported_media_type"),
    "wav at 4 GHz": (lambda: wav(rate=2**32 - 1), 415, "unsupported_media_type"),
    "wav of 4,096 bits": (lambda: wav(bits=4096), 415, "unsupported_media_type"),
    "wav in an unknown format": (lambda: wav(form=0xBEEF), 415, "unsupported_media_type"),
    "hour in a wav": (lambda: wav(rate=4000, bits=8, data=bytes(OVER_AN_HOUR * 4000)), 415,
                      "unsupported_media_type"),
    "hour in a flac": (lambda: silence("FLAC", OVER_AN_HOUR), 415, "unsupported_media_type"),
    "hour in an ogg": (lambda: silence("OGG", OVER_AN_HOUR, 8_000), 415, "unsupported_media_type"),
    "hour in an mp3": (long_mp3, 415, "unsupported_media_type"),
    "flac that declares 2^36 frames": (lambda: flac_declaring(2**36 - 1), 415,
                                       "unsupported_media_type"),
    "flac that declares no frame": (lambda: flac_declaring(0), 415, "unsupported_media_type"),
    "flac at no rate": (lambda: flac_declaring(1000, rate=0), 415, "unsupported_media_type"),
    "flac magic and noise": (lambda: b"fLaC" + b"\xff" * 5000, 415, "unsupported_media_type"),
    "flac with an endless picture": (lambda: b"fLaC\x06\xff\xff\xff" + bytes(999), 415,
                                     "unsupported_media_type"),
    "half a flac": (lambda: FLAC[:CUT], 422, "invalid_request"),
    "flac with a hole": (
        lambda: FLAC[:CUT] + bytes(20_000) + FLAC[CUT + 20_000 :],
        422, "invalid_request"),
    "ogg magic and noise": (lambda: b"OggS" + b"\xff" * 5000, 415, "unsupported_media_type"),
    "ogg that is no audio": (lambda: b"OggS\0\2" + bytes(20) + b"\x01\x1e\x80theora" + bytes(40),
                             415, "unsupported_media_type"),
    "id3 and nothing": (lambda: b"ID3\4\0\0\0\0\0\0", 415, "unsupported_media_type"),
    "id3 of 256 MB": (lambda: b"ID3\4\0\0\x7f\x7f\x7f\x7f" + bytes(999), 415,
                      "unsupported_media_type"),
    "id3 and html": (lambda: b"ID3\4\0\0\0\0\0\0<html>" * 50, 415, "unsupported_media_type"),
    "mp3 sync and noise": (lambda: b"\xff\xfb" * 3000, 415, "unsupported_media_type"),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_hostile_file_is_refused_and_leaves_nothing(quiet: Quiet, name: str) -> None:
    """What is no sound, too much of it, or damaged is not kept."""
    make, status, code = FILES[name]
    answer = quiet.service.http.post("/v1/uploads", files={"file": ("a.wav", make())})
    quiet.refuses(answer, status, code, "/file")


def part(name: str, content: bytes, *more: str) -> bytes:
    """Return one part of a form."""
    lines = [f"Content-Disposition: form-data; {name}", *more]
    return b"--x\r\n" + "\r\n".join(lines).encode() + b"\r\n\r\n" + content + b"\r\n"


SOUND = tone(0.1)
FILE = functools.partial(part, 'name="file"; filename="a.wav"')
END = b"--x--\r\n"
TYPE = "multipart/form-data; boundary=x"
FORMS: dict[str, tuple[str, bytes, int, str, str | None]] = {
    "no boundary": ("multipart/form-data", FILE(SOUND) + END, 422, "invalid_request", None),
    "empty boundary": (
        "multipart/form-data; boundary=", FILE(SOUND) + END, 422, "invalid_request", None),
    "long boundary": (
        "multipart/form-data; boundary=" + "x" * 71, FILE(SOUND), 422, "invalid_request", None),
    "another boundary": (
        "multipart/form-data; boundary=y", FILE(SOUND) + END, 422, "invalid_request", None),
    "not a form": ("application/octet-stream", SOUND, 415, "unsupported_media_type", None),
    "mixed": (
        "multipart/mixed; boundary=x", FILE(SOUND) + END, 415, "unsupported_media_type", None),
    "urlencoded": (
        "application/x-www-form-urlencoded", b"file=x", 415, "unsupported_media_type", None),
    "two files": (TYPE, FILE(SOUND) + FILE(SOUND) + END, 422, "invalid_request", "/file"),
    "no file": (
        TYPE, part('name="purpose"', b"media_input") + END, 422, "invalid_request", "/file"),
    "file without end": (TYPE, FILE(SOUND), 422, "invalid_request", "/file"),
    "end alone": (TYPE, END, 422, "invalid_request", "/file"),
    "headers of 1 MB": (
        TYPE, FILE(SOUND, "X-Long: " + "y" * 1_000_000) + END, 422, "invalid_request", None),
    "100,000 headers": (
        TYPE, FILE(SOUND, *["X: y"] * 100_000) + END, 422, "invalid_request", None),
    "10,000 parts": (
        TYPE, part('name="purpose"', b"x") * 10_000 + END, 422, "invalid_request", "/purpose"),
    "header without colon": (
        TYPE, b"--x\r\nhello\r\n\r\nx\r\n" + END, 422, "invalid_request", None),
    "part without name": (TYPE, part("x=1", SOUND) + END, 422, "invalid_request", "/file"),
    "name is a path": (
        TYPE, part('name="../file"', SOUND) + END, 422, "invalid_request", "/file"),
    "name is a pointer": (
        TYPE, part('name="a/b~c"', SOUND) + END, 422, "invalid_request", "/file"),
    "purpose twice": (
        TYPE, part('name="purpose"', b"media_input") * 2 + FILE(SOUND) + END, 422,
        "invalid_request", "/purpose"),
    "unknown purpose": (
        TYPE, part('name="purpose"', b"avatar") + FILE(SOUND) + END, 422, "invalid_request",
        "/purpose"),
    "purpose is no text": (
        TYPE, part('name="purpose"', b"\xff\xfe") + FILE(SOUND) + END, 422, "invalid_request",
        "/purpose"),
    "video": (
        TYPE, part('name="media_type"', b"video/mp4") + FILE(SOUND) + END, 422,
        "invalid_request", "/media_type"),
    "metadata is no json": (
        TYPE, part('name="metadata"', b"{") + FILE(SOUND) + END, 422, "invalid_request",
        "/metadata"),
    "metadata is deep": (
        TYPE, part('name="metadata"', b'{"a":' * 3000) + FILE(SOUND) + END, 422,
        "invalid_request", "/metadata"),
    "metadata of 1 MB": (
        TYPE, part('name="metadata"', b"x" * 1_000_000) + FILE(SOUND) + END, 422,
        "invalid_request", "/metadata"),
    "metadata of numbers": (
        TYPE, part('name="metadata"', b'{"a":1}') + FILE(SOUND) + END, 422, "invalid_request",
        "/metadata"),
    "metadata with NaN": (
        TYPE, part('name="metadata"', b'{"a":NaN}') + FILE(SOUND) + END, 422, "invalid_request",
        "/metadata"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_hostile_form_is_refused_and_leaves_nothing(quiet: Quiet, name: str) -> None:
    """A form is one file and three words, in few parts with short headers."""
    content_type, content, status, code, param = FORMS[name]
    headers = {"Content-Type": content_type}
    answer = quiet.service.http.post("/v1/uploads", content=content, headers=headers)
    quiet.refuses(answer, status, code, param)


@pytest.mark.parametrize(
    ("header", "status", "code"),
    [
        ("Content-Encoding: gzip", 415, "unsupported_media_type"),
        (f"Content-Length: {101 * 1024 * 1024}", 413, "payload_too_large"),
        ("Content-Length: " + "9" * 19, 413, "payload_too_large"),
    ],
)
def test_head_of_an_upload_is_enough_to_say_no(
    quiet: Quiet, header: str, status: int, code: str
) -> None:
    """Not a byte of the file is waited for."""
    lines = ["POST /v1/uploads HTTP/1.1", f"Content-Type: {TYPE}", header, "Connection: close"]
    if "Length" not in header:
        lines.append("Content-Length: 5")
    answer = quiet.raw(*lines)
    quiet.refuses(answer, status, code)


NAMES = [
    "../../etc/passwd", "..\\..\\windows\\win.ini", "/etc/passwd", "C:\\a.wav", "~/.ssh/id_rsa",
    ".", "..", "", "-rf", "a.wav\0.exe", "a\nb.wav", "con", "nul.wav", "x" * 5_000,
    "$(reboot).wav", "`id`.wav", "a;b.wav", "%2e%2e%2fa", "é\u202egpj.wav", "sandbox.sqlite3",
    "file:///etc/passwd", "/proc/self/environ", "/dev/stdin", "|id",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_hostile_name_names_nothing(quiet: Quiet, name: str) -> None:
    """Whatever a file is called, what it holds decides, and no path is made of its name."""
    before = {path for path in quiet.data.rglob("*") if path.is_file()}
    files = {"file": (name, b"no sound at all")}
    answer = quiet.service.http.post("/v1/uploads", files=files)
    if len(name) > 4_000:  # more than the head of a part may have
        quiet.refuses(answer, 422, "invalid_request")
    else:
        quiet.refuses(answer, 415, "unsupported_media_type", "/file")
    assert {path for path in quiet.data.rglob("*") if path.is_file()} == before
