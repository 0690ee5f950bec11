"""What other commands left in a set's folder for whoever looks at its labels: ``suspects.json`` of ``posetune data check --rule``,
``suggested.json`` of ``posetune suggest``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from posetune.label.actions import Id
from posetune.label.doubts import Doubt
from posetune.landmarks import INDEX

#: What is suspected is at least so doubtful, what was suggested a little less, the first more than the last.
_SUSPECTED, _SUGGESTED = 0.5, (0.3, 0.45)


@dataclass(frozen=True)
class Hints:
    """``images``: name → how doubtful it is at least, 0…1; ``people``: (image's name, person's id) → what is doubted."""

    images: Mapping[str, float] = field(default_factory=dict)
    people: Mapping[tuple[str, Id], tuple[Doubt, ...]] = field(default_factory=dict)

    @classmethod
    def beside(cls, root: Path) -> Hints:
        """Those in the folder of a set; what is damaged there says nothing: the commands that wrote it say so."""
        images: dict[str, float] = {}
        people: dict[tuple[str, Id], tuple[Doubt, ...]] = {}
        low, high = _SUGGESTED
        suggested = [name for name in _list(root / "suggested.json", "suggested") if isinstance(name, str)]
        for rank, name in enumerate(suggested):
            images[_short(name)] = high - (high - low) * rank / len(suggested)
        for row in _list(root / "suspects.json", "suspects"):
            try:
                if row["ruling"] != "undecided":
                    continue
                key = _short(row["image"]), row["person"]
                share = _SUSPECTED + (1 - _SUSPECTED) * min(max(float(row["score"]), 0.0), 1.0)
                doubt = Doubt("suspect", tuple(int(INDEX[name]) for name in row["landmarks"]), share)
            except (KeyError, TypeError, ValueError):
                continue
            people[key] = (*people.get(key, ()), doubt)
            images[key[0]] = max(images.get(key[0], 0.0), share)
        return cls(images, people)


def _short(name: str) -> str:
    """From the image folder, as label files name images."""
    return name.removeprefix("images/")


def _list(path: Path, key: str) -> list[Any]:
    try:
        found = json.loads(path.read_text("utf-8"))[key]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return found if isinstance(found, list) else []
