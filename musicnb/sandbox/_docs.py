"""The OpenAPI document as one page of HTML that fetches nothing and runs nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

__all__ = ["page"]

Schema = dict[str, Any]


def page(document: Schema) -> str:
    """Write an OpenAPI document as HTML; every text in it is escaped."""
    operations = [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    contents = "".join(
        f'<li><a href="#{_text(operation["operationId"])}"><code>{_text(method.upper())}'
        f" {_text(path)}</code></a> {_text(operation['summary'])}</li>"
        for method, path, operation in operations
    )
    frame = Template(files("musicnb.sandbox").joinpath("_docs.html").read_text("utf-8"))
    return frame.substitute(
        title=_text(document["info"]["title"]),
        version=_text(document["info"]["version"]),
        server=_text(document["servers"][0]["url"]),
        about="".join(
            f"<p>{_text(part)}</p>" for part in document["info"]["description"].split("\n\n")
        ),
        contents=contents,
        operations="".join(_operation(*operation) for operation in operations),
        schemas="".join(
            _schema(name, schema) for name, schema in document["components"]["schemas"].items()
        ),
    )


def _operation(method: str, path: str, operation: Schema) -> str:
    parameters = [
        (part["name"], part["in"], _type(part["schema"]), part.get("description", ""))
        for part in operation["parameters"]
    ]
    body = [
        (kind, "body", _type(content["schema"]), "")
        for kind, content in operation.get("requestBody", {}).get("content", {}).items()
    ]
    answers = [
        (
            status,
            _text(answer["description"]),
            _type(next(iter(answer["content"].values()))["schema"]),
        )
        for status, answer in operation["responses"].items()
    ]
    key = "" if operation.get("security") == [] else " · needs a key"
    return (
        f'<section id="{_text(operation["operationId"])}"><h3><code>{_text(method.upper())}'
        f" {_text(path)}</code></h3><p>{_text(operation['summary'])}{key}</p>"
        "<table><tr><th>takes</th><th>in</th><th>type</th><th></th></tr>"
        + "".join(
            f"<tr><td><code>{_text(name)}</code></td><td>{where}</td><td>{kind}</td>"
            f"<td>{_text(words)}</td></tr>"
            for name, where, kind, words in (*body, *parameters)
        )
        + "</table><table><tr><th>answers</th><th></th><th>type</th></tr>"
        + "".join(
            f"<tr><td><code>{_text(status)}</code></td><td>{words}</td><td>{kind}</td></tr>"
            for status, words, kind in answers
        )
        + "</table></section>"
    )


def _schema(name: str, schema: Schema) -> str:
    required = schema.get("required", ())
    rows = "".join(
        f"<tr><td><code>{_text(key)}</code>{'' if key in required else ' <small>optional</small>'}"
        f"</td><td>{_type(value)}</td><td>{_text(value.get('description', ''))}</td></tr>"
        for key, value in schema.get("properties", {}).items()
    )
    return (
        f'<section id="schema-{_text(name)}"><h3>{_text(name)}</h3>'
        f"<p>{_text(schema.get('description', ''))}</p><table>{rows}</table></section>"
    )


def _type(schema: Schema) -> str:
    """Say in HTML what a schema allows."""
    named = schema.get("allOf", [schema])[0]
    if "$ref" in named:
        name = _text(named["$ref"].rpartition("/")[2])
        return f'<a href="#schema-{name}">{name}</a>'
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return " or ".join(_type(variant) for variant in schema[union])
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return " | ".join(f"<code>{_text(json.dumps(value))}</code>" for value in values)
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    if schema.get("type") == "object" and schema.get("properties"):
        inner = "".join(
            f"<li><code>{_text(key)}</code>: {_type(value)}"
            f" {_text(value.get('description', ''))}</li>"
            for key, value in schema["properties"].items()
        )
        return f"object<ul>{inner}</ul>"
    limits = ", ".join(_limits(schema))
    return _text(schema.get("type", "anything")) + (f" ({limits})" if limits else "")


def _limits(schema: Schema) -> Iterator[str]:
    for name in ("format", "minLength", "maxLength", "minimum", "maximum", "multipleOf", "pattern"):
        if name in schema:
            yield f"{name} {_text(schema[name])}"


def _text(value: object) -> str:
    return escape(str(value))
