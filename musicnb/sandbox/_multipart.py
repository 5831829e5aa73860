"""One uploaded file and a few words, streamed from a multipart body to disk."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from musicnb.catalogue import MAX_UPLOAD_BYTES
from musicnb.sandbox._reading import Incoming, fault_at, too_large
from musicnb.sandbox._refusals import Refusal

__all__ = ["FIELDS", "ReceivedForm", "receive"]

FIELDS: Final = ("purpose", "media_type", "metadata")
_MAX_FIELD_BYTES: Final = 16 * 1024
# Boundaries, part headers and the text fields come on top of the file itself.
_OVERHEAD_BYTES: Final = 128 * 1024
_MAX_PARTS: Final = 8
_MAX_BOUNDARY: Final = 70
_WRITE_BYTES: Final = 1024 * 1024
_IDLE_S: Final = 30.0


@dataclass(slots=True)
class ReceivedForm:
    """What a multipart body held.

    Parameters
    ----------
    path
        Where the file's bytes are.
    size_bytes, sha256
        Of the file.
    fields
        The text fields among `FIELDS` that were sent.
    """

    path: Path
    size_bytes: int = 0
    sha256: str = ""
    fields: dict[str, str] = field(default_factory=dict)


class _Form:
    """The parser's callbacks; text goes to memory, the file to `pending` for a slow writer."""

    def __init__(self) -> None:
        self.pending = bytearray()
        self.file_bytes = 0
        self.files = 0
        self.texts: dict[str, bytearray] = {}
        self.finished = False
        self._parts = 0
        self._header_name = b""
        self._header_value = b""
        self._disposition = b""
        self._target: bytearray | None = None

    def on_part_begin(self) -> None:
        self._parts += 1
        if self._parts > _MAX_PARTS:
            raise Refusal("invalid_request", f"the form has more than {_MAX_PARTS} parts")
        self._disposition = b""
        self._target = None

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def on_header_end(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = self._header_value
        self._header_name = self._header_value = b""

    def on_headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if name == "file":
            self.files += 1
            if self.files > 1:
                raise fault_at("/file", "is there twice; one file is taken")
            self._target = self.pending
        elif name in self.texts:
            raise fault_at(f"/{name}", "is there twice")
        elif name in FIELDS:
            self._target = self.texts[name] = bytearray()
        else:
            known = ", ".join(("file", *FIELDS))
            raise fault_at("/file", f"the form has an unknown field; known are {known}")

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        assert self._target is not None
        self._target += data[start:end]
        if self._target is self.pending:
            self.file_bytes += end - start
            if self.file_bytes > MAX_UPLOAD_BYTES:
                raise too_large(MAX_UPLOAD_BYTES)
        elif len(self._target) > _MAX_FIELD_BYTES:
            raise fault_at("/metadata", f"a form field has over {_MAX_FIELD_BYTES:,} bytes")

    def on_end(self) -> None:
        self.finished = True


async def receive(request: Request, path: Path) -> ReceivedForm:
    """Receive a form with one file of 1 byte to 100 MB.

    Parameters
    ----------
    path
        Where the file goes; whoever calls removes it in the end.

    Raises
    ------
    Refusal
        408, 413, 415 or 422.
    """
    incoming = Incoming(request, MAX_UPLOAD_BYTES + _OVERHEAD_BYTES)
    form = _Form()
    try:
        digest = await _stream(incoming, _boundary(request), form, path)
    except Refusal:
        await incoming.drain()
        raise
    if not form.finished or not form.files or not form.file_bytes:
        raise fault_at("/file", "is missing, empty or cut off; send one file of 1 byte to 100 MB")
    fields: dict[str, str] = {}
    for name, text in form.texts.items():
        try:
            fields[name] = text.decode()
        except UnicodeDecodeError:
            raise fault_at(f"/{name}", "is not UTF-8") from None
    return ReceivedForm(path, form.file_bytes, digest, fields)


async def _stream(incoming: Incoming, boundary: bytes, form: _Form, path: Path) -> str:
    """Feed the body to the parser and the file to disk; return the file's SHA-256."""
    names = ("part_begin", "part_data", "header_field", "header_value", "header_end")
    callbacks = {
        f"on_{name}": getattr(form, f"on_{name}") for name in (*names, "headers_finished", "end")
    }
    parser = MultipartParser(boundary, callbacks)  # type: ignore[arg-type] # keys are all known
    digest = hashlib.sha256()
    with path.open("wb") as file:

        def write(data: bytes) -> None:
            digest.update(data)
            file.write(data)

        async for part in incoming.parts(limit_s=_IDLE_S):
            _feed(parser, part)
            if len(form.pending) >= _WRITE_BYTES:
                data = bytes(form.pending)
                form.pending.clear()
                await asyncio.to_thread(write, data)
        await asyncio.to_thread(write, bytes(form.pending))
    return digest.hexdigest()


def _feed(parser: MultipartParser, part: bytes) -> None:
    problem = ""
    try:
        parser.write(part)
    except FormParserError as error:
        problem = str(error)
    if problem:
        raise Refusal("invalid_request", f"the body is not a multipart form: {problem}")


def _boundary(request: Request) -> bytes:
    media_type, options = parse_options_header(request.headers.get("content-type", ""))
    if media_type != b"multipart/form-data":
        raise Refusal("unsupported_media_type", "send the file as multipart/form-data")
    boundary = options.get(b"boundary", b"")
    if not 0 < len(boundary) <= _MAX_BOUNDARY:
        raise Refusal("invalid_request", "the Content-Type has no usable boundary")
    return boundary
