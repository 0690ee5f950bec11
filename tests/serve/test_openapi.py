"""The API's description holds together and says what is answered."""

from __future__ import annotations

import re

import msgspec
import pytest

from posetune.serve.app import OPERATIONS
from posetune.serve.openapi import document
from posetune.serve.operations import Operation


@pytest.fixture(scope="module")
def described() -> dict:
    return msgspec.json.decode(msgspec.json.encode(document(OPERATIONS)))


def test_it_is_served(web_server, described):
    answer = web_server.get("/api/v1/openapi.json")
    assert answer.json() == described
    assert described["openapi"] == "3.1.0"


def test_every_reference_leads_somewhere(described):
    references = re.findall(r'"#/components/schemas/(\w+)"', msgspec.json.encode(described).decode())
    assert set(references) <= set(described["components"]["schemas"])
    assert "People" in references


def test_every_operation_is_there_with_its_problems(described):
    for operation in OPERATIONS:
        found = described["paths"][operation.path][operation.method.lower()]
        assert {str(s) for s in (*operation.answers, *operation.problems)} <= set(found["responses"])
        assert found["summary"]
        refused = found["responses"]["503"]["content"]
        assert refused["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/ProblemDetails"}


def test_names_of_operations_are_unique(described):
    ids = [o["operationId"] for methods in described["paths"].values() for o in methods.values()]
    assert len(ids) == len(set(ids)) == len(OPERATIONS)


def test_queries_say_what_they_take(described):
    parameters = {p["name"]: p for p in described["paths"]["/api/v1/predict"]["post"]["parameters"]}
    assert parameters["max_people"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 50, "default": 5}
    assert parameters["model"]["description"]


def _shown(operation: Operation, described: dict) -> list[tuple[object, dict]]:
    """(type, what is said of its JSON) of an operation's answers and body."""
    found = described["paths"][operation.path][operation.method.lower()]
    parts = [(a.type, found["responses"][str(s)]) for s, a in operation.answers.items() if a.type is not None]
    if operation.body is not None and operation.body.type is not None:
        parts.append((operation.body.type, found["requestBody"]))
    return [(kind, part["content"]["application/json"]) for kind, part in parts]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: f"{o.method} {o.path}")
def test_everything_has_an_example_that_is_one(operation, described):
    for kind, shown in _shown(operation, described):
        if kind is not dict:  # the description itself
            msgspec.convert(shown["example"], kind)
