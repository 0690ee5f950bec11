"""OpenAPI 3.1, made of the operations and of the types they name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from posetune._version import __version__
from posetune.serve import problem
from posetune.serve.examples import EXAMPLES
from posetune.serve.operations import Operation
from posetune.serve.problem import ProblemDetails

_REF = "#/components/schemas/{name}"
#: What any operation may answer, whatever is asked.
_ALWAYS = {
    400: "no request that is understood, or an unknown Host",
    401: "a token is asked for",
    403: "another page sent it",
    429: "too many requests",
    503: "busy, or starting; Retry-After says when to come back",
}


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    """The whole document, which is JSON."""
    operations = list(operations)
    schemas, components = _schemas(operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "posetune", "version": __version__, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": "Pictures and videos in, people out: landmarks, joint angles, and joints beyond their ranges. "
            "Errors are problem JSON (RFC 9457).",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "where the server asks for one"}},
        },
        "security": [{}, {"token": []}],
    }  # fmt: skip


def _schemas(operations: list[Operation]) -> tuple[dict[Any, Any], dict[str, Any]]:
    """Type → schema, and the components that the schemas refer to."""
    types: list[Any] = [ProblemDetails]
    for operation in operations:
        types += [answer.type for answer in operation.answers.values() if answer.type is not None]
        types += [] if operation.body is None or operation.body.type is None else [operation.body.type]
    found, components = msgspec.json.schema_components(types, ref_template=_REF)
    return dict(zip(map(str, types), found, strict=True)), components


def _described(operation: Operation, schemas: dict[Any, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{operation.method.lower()}{operation.path}").strip("_"),
        "summary": operation.summary,
        "tags": [operation.tag],
        "responses": _responses(operation, schemas),
    }
    if operation.about:
        described["description"] = operation.about
    parameters = [*_path_parameters(operation.path), *_query_parameters(operation.query)]
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        content = _content(operation.body.media, operation.body.type, schemas)
        described["requestBody"] = {"description": operation.body.about, "required": True, "content": content}
    return described


def _responses(operation: Operation, schemas: dict[Any, Any]) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, answer in operation.answers.items():
        responses[str(status)] = {"description": answer.about}
        if answer.media:
            responses[str(status)]["content"] = _content((answer.media,), answer.type, schemas)
    for status, why in sorted({**_ALWAYS, **operation.problems}.items()):
        example = {"type": "about:blank", "title": "…", "status": status, "detail": why}
        responses[str(status)] = {
            "description": why, "content": _content((problem.MEDIA_TYPE,), ProblemDetails, schemas, example),
        }  # fmt: skip
    return responses


def _content(media: tuple[str, ...], kind: Any, schemas: dict[Any, Any], example: Any = None) -> dict[str, Any]:
    binary = {"type": "string", "format": "binary"}
    text = {"type": "string"}
    found: dict[str, Any] = {}
    if kind in EXAMPLES and example is None:
        example = msgspec.to_builtins(EXAMPLES[kind])
    for name in media:
        found[name] = {
            "schema": schemas[str(kind)] if kind is not None else text if name.startswith("text/") else binary
        }
        if example is not None:
            found[name]["example"] = example
    return found


def _path_parameters(path: str) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"\{(\w+)", path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _query_parameters(query: type[msgspec.Struct] | None) -> Iterator[dict[str, Any]]:
    if query is None:
        return
    for field in msgspec.structs.fields(query):
        schema = msgspec.json.schema(field.type)
        about = schema.pop("description", "")
        schema["default"] = field.default
        yield {"name": field.encode_name, "in": "query", "required": False, "description": about, "schema": schema}
