"""Text as HTML: the one place where it is escaped."""

from __future__ import annotations

import base64
import html
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import quote


class Html(str):
    """Text that is HTML already; everything else is escaped."""

    __slots__ = ()


def element(name: str, *children: str, **attributes: str | None) -> Html:
    """Build an element. The one place where text becomes HTML, and so the one that escapes."""
    inner = "".join(child if isinstance(child, Html) else html.escape(child) for child in children)
    opening = "".join(
        f' {key.rstrip("_")}="{html.escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{name}{opening}>" if name == "img" else f"<{name}{opening}>{inner}</{name}>")


def data_url(media_type: str, content: bytes) -> str:
    """Write bytes as an address that holds them."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def file_link(file: str) -> str:
    """Link a relative path. An absolute one is only named: no web page may open it."""
    path = file.replace("\\", "/")
    if not file or PurePosixPath(path).is_absolute() or PureWindowsPath(file).drive:
        return file
    return element("a", file, href=quote(path), target="_blank", rel="noopener")
