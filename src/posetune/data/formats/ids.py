"""Ids as exporters write them: 1, 1.0 (pandas, MATLAB), "1", "a.jpg", and what is none."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, TypeVar

T = TypeVar("T")


def plain_id(value: Any) -> int | str | None:
    """``value`` as an id: whole numbers as int (1.0 is 1), text as it stands; None for whatever is no id."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and value == int(value) else None
    return value if isinstance(value, int) or (isinstance(value, str) and value) else None


def as_number(value: Any) -> int | None:
    """``value`` as a whole number, also where it is written as text ("12"); None if it is none."""
    known = plain_id(value)
    if not isinstance(known, str):
        return known
    try:
        return plain_number(float(known.strip())) if known.strip() and "_" not in known else None
    except ValueError:
        return None


def plain_number(value: float) -> int | None:
    """1.0 → 1; None for what is not whole."""
    return int(value) if math.isfinite(value) and value == int(value) else None


def look_up(table: Mapping[int | str, T], value: Any) -> T | None:
    """The entry of ``value``, or of the same number written in another way; None if there is none."""
    known = plain_id(value)
    if known is None:
        return None
    if known in table:
        return table[known]
    if isinstance(known, int):
        return table.get(str(known))
    number = as_number(known)
    return None if number is None else table.get(number)


def written(value: Any) -> str:
    """``value`` as it stands in the file, for a sentence."""
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) < 40 else f"{text[:37]}…"
