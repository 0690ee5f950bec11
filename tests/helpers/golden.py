"""What programs read: JSON as it was recorded once, key for key."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

from posetune import cli

FOLDER = Path(__file__).parents[1] / "golden"
#: Set to record anew. Only for what changed on purpose: programs read these keys.
RECORD = "POSETUNE_RECORD_GOLDEN"


def assert_golden(name: str, content: Any, masked: Collection[str] = (), added: Collection[str] = ()) -> None:
    """``content`` has the keys, texts and figures of ``golden/NAME.json``, in its order.

    Figures may differ by a hundredth, as they do between processors; under the keys in ``masked`` (of this machine, of this
    version) by anything. Keys in ``added`` are newer than the record.
    """
    file = FOLDER / f"{name}.json"
    if RECORD in os.environ:
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(_without(content, masked), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    expected = json.loads(file.read_text(encoding="utf-8"))
    different = list(_differences(expected, content, frozenset(masked), frozenset(added), "$"))
    assert not different, f"{name}: " + "; ".join(different[:8])


def _without(content: Any, masked: Collection[str]) -> Any:
    if isinstance(content, dict):
        return {
            key: type(value).__name__ if key in masked else _without(value, masked) for key, value in content.items()
        }
    return [_without(value, masked) for value in content] if isinstance(content, list) else content


def _differences(old: Any, new: Any, masked: frozenset[str], added: frozenset[str], where: str):
    if isinstance(old, dict) and isinstance(new, dict):
        keys = [key for key in new if key in old or key not in added]
        if keys != list(old):
            yield f"{where} has the keys {keys}, not {list(old)}"
        for key in old:
            if key not in masked and key in new:
                yield from _differences(old[key], new[key], masked, added, f"{where}.{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for i, (a, b) in enumerate(zip(old, new, strict=True)):
            yield from _differences(a, b, masked, added, f"{where}[{i}]")
    elif type(old) in (int, float) and type(new) in (int, float):
        whole = isinstance(old, int) and isinstance(new, int)
        if not (old == new if whole else math.isclose(old, new, rel_tol=0.01, abs_tol=0.01)):
            yield f"{where} is {new}, not {old}"
    elif old != new:
        yield f"{where} is {new!r}, not {old!r}"


def assert_summary_keys(method: str, summary: dict[str, Any]) -> None:
    """``summary.json`` of a run by ``method`` has all keys that programs were given so far."""
    keys = json.loads((FOLDER / "summary.json").read_text(encoding="utf-8"))[method]
    assert [key for key in keys if key not in summary] == []


#: What differs from machine to machine, and from version to version.
MASKED = ("posetune", "data", "ms_per_crop")


#: What a network knows of the people measured, and what the set's labels made the reader say: newer than the record.
ADDED = (
    "held_out_by",
    "trained_on_people",
    "chosen_on_people",
    "general_trained_on_people",
    "warnings",
    "contradictions",
    "torso_from",
    "detection",
    "sides",
)


def figures(folder: Path, verb: str, *arguments: str) -> dict:
    out = folder / f"{verb}.json"
    assert cli.main([verb, *arguments, "--json", str(out)]) == 0
    return json.loads(out.read_text(encoding="utf-8"))


def measured(folder: Path) -> list[str]:
    return ["--data", str(folder / "data"), str(folder / "mine.tflite"), "--stock", "full", "--threads", "1"]
