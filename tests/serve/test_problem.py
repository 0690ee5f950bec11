"""Errors as RFC 9457 has them."""

from __future__ import annotations

import json

from posetune.serve.problem import Problem, response


def test_a_problem_says_what_and_what_to_do():
    answer = response(Problem(503, "Busy; come back.", {"retry-after": "2"}))
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "2"
    assert json.loads(bytes(answer.body)) == {
        "type": "about:blank", "title": "Service Unavailable", "status": 503, "detail": "Busy; come back.",
    }  # fmt: skip
