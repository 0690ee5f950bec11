"""The evaluation card of a network: its figures, and pictures of the rendered people on whom it differs most from live.

Nothing else goes into the registry, which forgets nothing: pictures and points of people are the store's, which does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np

from posetune.data.answers import crop_answers
from posetune.data.contact_sheet import contact_sheet
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
    change = errors_of(answers["challenger"], some) - errors_of(answers["live"], some)
    order = np.argsort(-change)
    worst, best = list(order[: _SHOWN // 2]), list(order[::-1][: _SHOWN // 2])
    chosen = list(dict.fromkeys([*worst, *best]))
    people = [some[i] for i in chosen]
    found = [answers["challenger"].points_px[i] for i in chosen]
    marked = [
        np.linalg.norm(points[:, :2] - person.keypoints[:, :2], axis=1) * person.labelled > _FAR * person.torso
        for points, person in zip(found, people, strict=True)
    ]
    captions = [f"rendered person: {change[i]:+.1f} px of the crop against live" for i in chosen]
    sheet = contact_sheet(people, found, marked, captions)
    _, jpeg = cv2.imencode(".jpg", sheet[:, :, ::-1])
    return {**files, "ordinary.jpg": jpeg.tobytes()}
