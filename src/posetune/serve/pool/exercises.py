"""Exercises, in a worker: read, and told as JSON."""

from __future__ import annotations

import logging
from importlib import resources
from pathlib import Path
from typing import Any

from posetune.coach.errors import of_network
from posetune.coach.exercise import Exercise, ExerciseError, parse
from posetune.coach.plain import plain
from posetune.errors import PosetuneError
from posetune.files import read_bytes
from posetune.serve.pool.context import Context, Refused


def exercises(context: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Those of posetune and those in the folder ``folder``: lists of {"text", "plain"} each."""
    shipped = resources.files("posetune.coach").joinpath("exercises")
    texts = [f.read_text("utf-8") for f in sorted(shipped.iterdir(), key=lambda f: f.name) if f.name.endswith(".yaml")]
    own = []
    for path in sorted(Path(payload["folder"]).glob("*.yaml")):
        try:
            own.append(_told(read_bytes(path).decode(), path.name))
        except (PosetuneError, UnicodeDecodeError) as error:
            logging.getLogger("posetune.serve").error("an exercise is left out: %s", error)
    return {"shipped": [_told(text, "exercise") for text in texts], "own": own}


def tolerances(context: Context, payload: dict[str, Any]) -> dict[str, float]:
    """Joint → the error of the network ``source`` there, degrees; stock's where it was not measured."""
    return dict(of_network(payload["source"])[0])


def exercise(context: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """The exercise of the YAML ``text`` as JSON. Raises Refused, with the line, for what is none."""
    return plain(read(payload["text"]))


def read(text: str | bytes) -> Exercise:
    """Raises Refused, with the line, for what is no exercise."""
    try:
        return parse(text, "The exercise")
    except ExerciseError as error:
        raise Refused(422, str(error), error.line or 0) from error


def _told(text: str, where: str) -> dict[str, Any]:
    return {"text": text, "plain": plain(parse(text, where))}
