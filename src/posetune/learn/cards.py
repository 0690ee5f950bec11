"""The evaluation card of a network: its figures, and pictures of the rendered people on whom it differs most from live:
live on the left, the network on the right, and a red line from each point that is far off to where it is in truth.

Nothing else goes into the registry, which forgets nothing: pictures and points of people are the store's, which does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np

from posetune.data.answers import crop_answers
from posetune.data.contact_sheet import Shown, contact_sheet
from posetune.data.people import Person
from posetune.learn.guards import Check, Guard
from posetune.learn.material import ORDINARY
from posetune.learn.people import errors_of
from posetune.opencv import cv2
from posetune.runtime.landmarker import Landmarker

_SHOWN = 6
#: Of so many people the worst and the best are shown.
_LOOKED_AT = 120
#: A point is marked where it is off by this share of the torso.
_FAR = 0.2


def card(
    about: Mapping[str, object], checks: Sequence[Check], guards: Sequence[Guard], networks: Mapping[str, Landmarker]
) -> dict[str, bytes]:
    """Names of files → their content: ``card.json``, and a sheet of pictures. ``networks``: "challenger" and "live"."""
    files = {"card.json": json.dumps({**about, "checks": [c.to_json() for c in checks]}, indent=1).encode()}
    guard = next((g for g in guards if g.name == ORDINARY), None)
    if guard is None:
        return files
    some = guard.people[:: -(-len(guard.people) // _LOOKED_AT) or 1]
    answers = crop_answers(networks, some)
    errors = {name: errors_of(found, some) for name, found in answers.items()}
    change = errors["challenger"] - errors["live"]
    order = np.argsort(-change)
    worst, best = list(order[: _SHOWN // 2]), list(order[::-1][: _SHOWN // 2])
    chosen = list(dict.fromkeys([*worst, *best]))
    people = [some[i] for i in chosen]
    new, old = (_shown([answers[name].points_px[i] for i in chosen], people) for name in ("challenger", "live"))
    captions = [_caption(float(errors["live"][i]), float(errors["challenger"][i])) for i in chosen]
    sheet = contact_sheet(people, new.answers_px, new.marked, captions, left=old)
    _, jpeg = cv2.imencode(".jpg", sheet[:, :, ::-1])
    return {**files, "ordinary.jpg": jpeg.tobytes()}


def _shown(points_px: Sequence[np.ndarray], people: Sequence[Person]) -> Shown:
    """Answers, (33, ≥2) image px each, and which of their points are far from the label."""
    marked = [
        np.linalg.norm(points[:, :2] - person.keypoints[:, :2], axis=1) * person.labelled > _FAR * person.torso
        for points, person in zip(points_px, people, strict=True)
    ]
    return Shown(points_px, marked)


def _caption(live: float, challenger: float) -> str:
    """``live``, ``challenger``: errors, px of the 256 px crop."""
    change = challenger - live
    return f"live: {live:.1f} px off | new: {challenger:.1f} px ({abs(change):.1f} px {'worse' if change > 0 else 'better'})"
