"""How long somebody looked at each image of a set, as far as its history tells."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from pathlib import Path

from posetune.label.history import read_entries

#: Between two actions nobody looked at the picture for longer than this; they were away.
MOST_SECONDS = 300.0


def seconds_a_person(history: Path) -> dict[str, float]:
    """Name of an image → seconds that went into each of its people: from the action before, in the same page, to each action on the
    image, and then divided by whom these changed. Images on which a page's first action was are left out: when it was opened is
    not known. Empty where there is no history.

    Raises PosetuneError for a line that is none.
    """
    if not history.is_file():
        return {}
    before: dict[str, datetime] = {}
    spent: dict[str, float] = defaultdict(float)
    people: dict[str, set[int | str]] = defaultdict(set)
    unknown: set[str] = set()
    for entry in read_entries(history):
        at = datetime.fromisoformat(entry.at)
        if entry.tab in before:
            spent[entry.image] += min(max((at - before[entry.tab]).total_seconds(), 0.0), MOST_SECONDS)
        else:
            unknown.add(entry.image)
        before[entry.tab] = at
        people[entry.image].update(change.id for change in entry.changes if change.table == "annotations")
    return {image: seconds / max(1, len(people[image])) for image, seconds in spent.items() if image not in unknown}
