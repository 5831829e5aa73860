"""Answers altered on command: pure functions from a reply to a reply."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from musicnb.sandbox._fault_table import Value
from musicnb.wire import canonical_bytes

__all__ = ["EDITS", "Edit", "Reply", "html_page"]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is held back.

    Parameters
    ----------
    headers
        Names, in lower case, and values.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def with_body(self, body: bytes) -> Reply:
        """Return it with another body, of the right length."""
        return replace(self, body=body).with_header(b"content-length", str(len(body)).encode())

    def with_type(self, media_type: str) -> Reply:
        """Return it with another Content-Type."""
        return self.with_header(b"content-type", media_type.encode())

    def with_header(self, name: bytes, value: bytes) -> Reply:
        """Return it with a header in place of all of that name."""
        others = [item for item in self.headers if item[0] != name]
        return replace(self, headers=[*others, (name, value)])


# What the client has sent comes back as it was: a field of ours in it would be another request.
_SENT: Final = ("input", "metadata")

Edit = Callable[[Reply, Mapping[str, Value]], Reply]


def html_page(status: int) -> Reply:
    """Build the page of a gateway that stands in the way."""
    title = "502 Bad Gateway" if status >= 500 else "Please log in"  # noqa: PLR2004
    body = (
        f"<!DOCTYPE html>\n<html><head><title>{title}</title></head>\n"
        f"<body><h1>{title}</h1><script>alert(1)</script></body></html>\n"
    )
    return Reply(status, [], b"").with_type("text/html; charset=utf-8").with_body(body.encode())


def _break_json(reply: Reply, _: Mapping[str, Value]) -> Reply:
    return reply.with_body(reply.body[: len(reply.body) // 2])


def _lose_request_id(reply: Reply, _: Mapping[str, Value]) -> Reply:
    def edit(value: dict[str, Any]) -> None:
        if isinstance(value.get("error"), dict):
            value["error"].pop("request_id", None)

    return _edited(reply, edit)


def _lose_billing(reply: Reply, _: Mapping[str, Value]) -> Reply:
    return _each_task(reply, lambda task: task.pop("billing", None))


def _add_fields(reply: Reply, _: Mapping[str, Value]) -> Reply:
    def edit(value: Any) -> None:
        if isinstance(value, dict):
            for name, part in list(value.items()):
                if name not in _SENT:
                    edit(part)
            value["x_unknown"] = {"since": "2030", "list": [1, None, "ü"]}
        elif isinstance(value, list):
            for part in value:
                edit(part)

    return _edited(reply, edit)


def _change_status(reply: Reply, given: Mapping[str, Value]) -> Reply:
    return _each_task(reply, lambda task: task.update(status=given["status"]))


def _double_last(reply: Reply, _: Mapping[str, Value]) -> Reply:
    return _edited(reply, lambda page: page.get("data", []).extend(page.get("data", [])[-1:]))


def _hide_newest(reply: Reply, _: Mapping[str, Value]) -> Reply:
    def edit(page: dict[str, Any]) -> None:
        if page.get("data"):
            page["data"].remove(max(page["data"], key=lambda task: str(task["created_at"])))

    return _edited(reply, edit)


def _change_type(reply: Reply, given: Mapping[str, Value]) -> Reply:
    return reply.with_type(str(given["media_type"]))


def _each_task(reply: Reply, edit: Callable[[dict[str, Any]], object]) -> Reply:
    def edit_all(value: dict[str, Any]) -> None:
        tasks = value["data"] if value.get("object") == "list" else [value]
        for task in tasks:
            if task.get("object") == "task":  # and not an error
                edit(task)

    return _edited(reply, edit_all)


def _edited(reply: Reply, edit: Callable[[dict[str, Any]], object]) -> Reply:
    try:
        value = json.loads(reply.body)
    except ValueError:  # an earlier fault broke it
        return reply
    edit(value)
    return reply.with_body(canonical_bytes(value))


EDITS: Final[Mapping[str, Edit]] = {
    "json_broken": _break_json,
    "request_id_missing": _lose_request_id,
    "billing_missing": _lose_billing,
    "fields_unknown": _add_fields,
    "status_unknown": _change_status,
    "list_doubled": _double_last,
    "list_late": _hide_newest,
    "type_wrong": _change_type,
}
