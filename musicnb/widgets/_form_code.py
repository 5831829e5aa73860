"""Python source for a brief: what to paste into a cell to ask for the same music again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from musicnb.briefs import Artifact, Brief, ReferenceAudioToMusic, public_text

_FIELDS = ("prompt", "model", "lyrics", "instrumental", "title", "options")
_INDENT = " " * 8
_CUT = "# the address is cut before its query, which may be a signature: put it back to run this\n"
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def code_for(brief: Brief, times: int = 1) -> str:
    """Write the call that sends a brief, or some; evaluating its argument gives an equal brief.

    Only printable characters stand for themselves, so that pasted code is what it looks like.
    """
    parts = {name: getattr(brief, name) for name in _FIELDS}
    if isinstance(brief, ReferenceAudioToMusic):
        parts["reference_audio"] = brief.reference_audio
    # the prompt is the subject, the model decides the price; the rest is said only where it is set
    lines = [
        f"{_INDENT}{name}={_literal(value)},"
        for name, value in parts.items()
        if name in ("prompt", "model") or value not in (None, {})
    ]
    kind = type(brief).__name__
    call = ["studio.generate(", f"    mnb.{kind}(", *lines, "    )", ")"]
    if times == 1:
        return "\n".join(call)
    return "\n".join([f"for _ in range({times}):", *(f"    {line}" for line in call)])


def code_on_page(brief: Brief, times: int = 1) -> str:
    """Write the same call without what may be a signature: pages are saved in notebooks."""
    source = brief.reference_audio if isinstance(brief, ReferenceAudioToMusic) else ""
    if not isinstance(source, str) or (public := public_text(source)) == source:
        return code_for(brief, times)
    return _CUT + code_for(brief.with_changes(reference_audio=public), times)


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Artifact):
        return f"mnb.Artifact({_quoted(value.artifact_id)})"
    if isinstance(value, Mapping):
        items = (f"{_quoted(str(key))}: {_literal(one)}" for key, one in value.items())
        return f"{{{', '.join(items)}}}"
    return repr(value)


def _text(text: str) -> str:
    """Quote a text, line by line where it has several."""
    lines = text.splitlines(keepends=True)
    if len(lines) <= 1:
        return _quoted(text)
    inner = "\n".join(f"{_INDENT}    {_quoted(line)}" for line in lines)
    return f"(\n{inner}\n{_INDENT})"


def _quoted(text: str) -> str:
    return f'"{"".join(_character(one) for one in text)}"'


def _character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    number = ord(character)
    if number < 0x100:  # noqa: PLR2004 - the widths of Python's three escapes
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"  # noqa: PLR2004
