"""The OpenAPI document, made from the table of endpoints, the wire's records and the catalogue."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from musicnb import catalogue, wire
from musicnb.catalogue import AUTO, Capability, Mode, Model, Option
from musicnb.sandbox._endpoints import ENDPOINTS, Endpoint
from musicnb.sandbox._listing import SUMMARY
from musicnb.sandbox._multipart import FIELDS

__all__ = ["document"]

Schema = dict[str, Any]

_REF: Final = "#/components/schemas/{model}"
_TEXTS: Final = ("prompt", "lyrics", "title")
# What an answer leaves out when there is nothing to say; all else is always there.
_OPTIONAL: Final = {
    "ErrorBody": ("param", "details"),
    "StoredFile": ("id", "cdn_url"),
}
_ABOUT: Final = """The musicnb sandbox: an offline service with the contract, prices and errors of
the hosted one, play money, and music by a small engine of its own.

Requests are described as strictly as JSON Schema can say it. What depends on the mode (a title is
required in custom mode, lyrics are not taken with instrumental music) is answered with 422
`invalid_request`, which names every fault in `error.details.errors`. Every answer carries
`X-Request-Id`; a request that is not HTTP is answered with 400 in the same envelope, another method
than those below with 405."""


def document(base_url: str) -> Schema:
    """Return the OpenAPI 3.1 document as JSON values.

    Parameters
    ----------
    base_url
        Scheme, host and port of this server.
    """
    paths: dict[str, Schema] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "musicnb sandbox",
            "version": "v1",
            "description": _ABOUT,
        },
        "servers": [{"url": base_url}],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"key": []}],
    }


# ------------------------------------------------------------------------------- operations


def _operation(endpoint: Endpoint) -> Schema:
    operation: Schema = {
        "operationId": endpoint.handler,
        "summary": endpoint.summary,
        "parameters": list(_parameters(endpoint)),
        "responses": _responses(endpoint),
    }
    if endpoint.body is not None:
        operation["requestBody"] = _request_body(endpoint)
    if not endpoint.keyed:
        operation["security"] = []
    return operation


def _parameters(endpoint: Endpoint) -> Iterator[Schema]:
    for segment in endpoint.path.split("/"):
        if segment.startswith("{"):
            name = segment.strip("{}")
            yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
    for name, schema in endpoint.query.items():
        parameter: Schema = {"name": name, "in": "query", "schema": schema}
        if schema.get("type") == "array":
            parameter |= {"style": "form", "explode": False}  # a,b,c
        yield parameter
    if endpoint.repeatable:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "A UUID. The same request under it within 24 hours is answered again"
            " and charged once; another one is refused.",
            "schema": {"type": "string", "pattern": "^[!-~]([ -~]{0,62}[!-~])?$"},
        }
    yield {
        "name": "X-Request-Id",
        "in": "header",
        "description": "Comes back with the answer when it is harmless: up to 128 letters, digits"
        " and ._:-",
        "schema": {"type": "string"},
    }


def _request_body(endpoint: Endpoint) -> Schema:
    if isinstance(endpoint.body, str):
        texts = {name: {"type": "string"} for name in FIELDS}
        form = {
            "type": "object",
            "properties": {"file": {"type": "string", "format": "binary", "minLength": 1}, **texts},
            "required": ["file"],
            "additionalProperties": False,
        }
        return {"required": True, "content": {"multipart/form-data": {"schema": form}}}
    assert endpoint.body is not None
    required = endpoint.body is not wire.CancelRequest
    return {"required": required, "content": _json(endpoint.body.__name__)}


def _responses(endpoint: Endpoint) -> Schema:
    if isinstance(endpoint.answer, str):
        anything = {"type": "object"} if endpoint.answer == "application/json" else {}
        content: Schema = {endpoint.answer: {"schema": anything}}
    else:
        content = _json(endpoint.answer.__name__)
    success: Schema = {
        "description": endpoint.summary,
        "headers": _headers(replayed=endpoint.repeatable),
        "content": content,
    }
    responses = {str(endpoint.status): success}
    for status, codes in endpoint.errors.items():
        error = {"properties": {"error": {"properties": {"code": {"enum": codes}}}}}
        schema: Schema = {"allOf": [_ref("ErrorEnvelope"), error]}
        responses[str(status)] = {
            "description": ", ".join(codes),
            "headers": _headers(replayed=False),
            "content": {"application/json": {"schema": schema}},
        }
    return responses


def _headers(*, replayed: bool) -> Schema:
    headers: Schema = {"X-Request-Id": {"required": True, "schema": {"type": "string"}}}
    if replayed:
        headers["Idempotency-Replayed"] = {
            "description": "Only when this answer was given before.",
            "schema": {"const": "true"},
        }
    return headers


def _json(name: str) -> Schema:
    return {"application/json": {"schema": _ref(name)}}


def _ref(name: str) -> Schema:
    return {"$ref": _REF.format(model=name)}


# ---------------------------------------------------------------------------------- schemas


def _schemas() -> Schema:
    answers = _definitions(
        (wire.ErrorEnvelope, *(entry.answer for entry in ENDPOINTS)), "serialization"
    )
    for name, schema in answers.items():
        optional = _OPTIONAL.get(name, ())
        schema["required"] = [key for key in schema.get("properties", {}) if key not in optional]
    summary = copy.deepcopy(answers["TaskEnvelope"])
    summary |= {"description": "A task in a list; more with expand.", "required": list(SUMMARY)}
    answers["TaskSummary"] = summary
    answers["TaskList"]["properties"]["data"]["items"] = _ref("TaskSummary")
    requests = _definitions((entry.body for entry in ENDPOINTS), "validation")
    for schema in requests.values():
        fixed = [key for key, value in schema["properties"].items() if "const" in value]
        if fixed:  # the words that tell one kind of reference from another are always sent
            schema["required"] = sorted({*schema.get("required", ()), *fixed})
    for endpoint in ENDPOINTS:
        if endpoint.capability and isinstance(endpoint.body, type):
            _tighten(requests[endpoint.body.__name__]["properties"], endpoint.capability)
    return answers | requests


def _definitions(kinds: Iterable[object], mode: JsonSchemaMode) -> Schema:
    records: dict[str, type[BaseModel]] = {
        kind.__name__: kind
        for kind in kinds
        if isinstance(kind, type) and issubclass(kind, BaseModel)
    }
    _, schema = models_json_schema(
        [(record, mode) for record in records.values()],
        ref_template=_REF,
        schema_generator=GenerateJsonSchema,
    )
    definitions: Schema = schema["$defs"]
    return definitions


def _tighten(properties: Schema, capability: Capability) -> None:
    """Write the catalogue's limits, options and prices into the schema of a music request."""
    models = catalogue.MODELS.values()
    properties["model"] |= {
        "enum": list(catalogue.known_models()),
        "description": "; ".join(
            f"{name}: {catalogue.price_of(name)}" for name in catalogue.known_models()
        )
        + f". {AUTO} takes the first model that can do the request.",
    }
    modes = {
        model.id: [mode for (known, _), mode in model.modes.items() if known == capability]
        for model in models
    }
    for text in _TEXTS:
        longest = max(getattr(mode, text).maximum for known in modes.values() for mode in known)
        description = " ".join(_limit(model_id, known, text) for model_id, known in modes.items())
        properties[text]["description"] = description
        _text_schema(properties[text])["maxLength"] = longest
    properties["prompt"]["minLength"] = 1
    options = {model.namespace: _options(model, capability) for model in models}
    properties["model_options"] = {
        "description": f"Knobs of one model; {AUTO} takes only the models that know them.",
        "anyOf": [
            {"type": "object", "properties": options, "additionalProperties": False},
            {"type": "null"},
        ],
    }


def _text_schema(schema: Schema) -> Schema:
    variants: list[Schema] = schema.get("anyOf", [schema])
    return next(variant for variant in variants if variant.get("type") == "string")


def _limit(model_id: str, modes: Iterable[Mode], text: str) -> str:
    parts = []
    for mode in modes:
        length = getattr(mode, text)
        span = f"{length.minimum}–{length.maximum}" if length.maximum else "not taken"
        parts.append(f"{mode.name} {span}{' (required)' if length.required else ''}")
    return f"{model_id}: {', '.join(parts)}."


def _options(model: Model, capability: Capability) -> Schema:
    properties = {
        option.name: _option(option)
        for option in model.options
        if option.capability in (None, capability)
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _option(option: Option) -> Schema:
    schema: Schema = {"title": option.label, "description": option.help}
    match option.kind:
        case "bool":
            schema["type"] = "boolean"
        case "share":
            schema |= {"type": "number", "minimum": 0, "maximum": 1, "multipleOf": 0.01}
        case "text":
            schema |= {"type": "string", "maxLength": option.maximum}
        case "choice":
            schema["enum"] = [sent for sent, _ in option.choices]
    return schema
