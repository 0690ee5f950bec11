"""How far a network's angles are off: the tolerances of the coach. From the network's eval report; stock's otherwise."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from posetune.coach.exercise import JOINTS
from posetune.errors import PosetuneError
from posetune.files import read_bytes


@cache
def stock_errors() -> Mapping[str, float]:
    """Joint → mean absolute error of stock's angle there, degrees: ``errors.yaml``, which says where it is from."""
    text = resources.files("posetune.coach").joinpath("errors.yaml").read_text("utf-8")
    return {joint: float(value) for joint, value in yaml.safe_load(text)["full"].items()}


def of_network(source: str) -> tuple[Mapping[str, float], Path | None]:
    """Joint → degrees, and the report they are from: what ``posetune eval --json`` wrote into a run folder as report.json,
    or beside a file under its name. Stock's, and None, where there is none. ``source``: as ``stock.resolve`` takes it.
    """
    path = Path(source)
    report = path / "report.json" if path.is_dir() else path.with_suffix(".json")
    if path.exists() and report.is_file():
        try:
            return of_report(report), report
        except PosetuneError:  # something else that has this name
            pass
    return stock_errors(), None


def of_report(path: Path) -> Mapping[str, float]:
    """Joint → degrees, of both sides, of the first tuned network in ``path``, which ``posetune eval --json`` wrote; of the first
    network if none is tuned. Joints that were not measured have stock's. Raises PosetuneError if it is no such report.
    """
    try:
        content = json.loads(read_bytes(path))
        angles = _angles(content)
    except (ValueError, TypeError, KeyError, AttributeError, StopIteration) as error:
        raise PosetuneError(f"{path}: this is no report of posetune eval --json, or it measured no angles.") from error
    found = dict(stock_errors())
    for joint in JOINTS:
        sides = [angles[f"{side}_{joint}"] for side in ("left", "right") if f"{side}_{joint}" in angles]
        known = [(a["angles"], a["angle_mae_deg"]) for a in sides if a.get("angle_mae_deg") is not None]
        count = sum(n for n, _ in known)
        if count:
            found[joint] = sum(n * mae for n, mae in known) / count
    return {joint: value for joint, value in found.items() if math.isfinite(value)}


def _angles(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of the whole pipeline where there is one: that is what a video goes through."""
    protocol = content["protocols"].get("pipeline") or content["protocols"]["crop"]
    tuned = [name for name in protocol if name.split(" ")[0] not in ("lite", "full", "heavy")]
    figures: Mapping[str, Any] = protocol[tuned[0] if tuned else next(iter(protocol))]["per_angle"]
    return figures
