"""A small set that a network has labelled, of drawn people, to be reviewed: written with posetune's own writer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from posetune.landmarks import COUNT, EDGES, FLIP, NAMES
from tests.helpers.figures import draw_person, room
from tests.helpers.labelled import PLACES

SIZE = (400, 440)
NETWORK = "ab" * 32
SWAPPED = 2  # the picture whose person has left and right exchanged
UNSURE = 4  # the picture whose person the network is not sure of


def standing(x: float, y: float, scale: float = 1.0) -> np.ndarray:
    """(33, 3) of a person like the figure that is drawn with its hips' middle at (x, y)."""
    body = {name: (px - 200, py - 180) for name, (px, py) in PLACES.items()}
    points = np.zeros((COUNT, 3))
    for i, name in enumerate(NAMES):
        side = 1 if "left" in name else -1
        if name in body:
            dx, dy = body[name]
        elif i < 11:
            dx, dy = side * (i % 4) * 3.0 * (i > 0), -112.0 - (i % 3)
        elif i < 23:
            dx, dy = body[f"{'left' if side > 0 else 'right'}_wrist"]
            dx, dy = dx + side * (4 + i % 3), dy + 12
        else:
            dx, dy = body[f"{'left' if side > 0 else 'right'}_ankle"]
            dx, dy = dx + side * (12 if "foot" in name else -6), dy + 8
        points[i] = x + scale * dx, y + scale * dy, 2
    return points


def write_review_set(folder: Path, count: int = 6, people: int = 1, **more: Any) -> Path:
    """``count`` pictures "clip_000000.jpg" …, a pre-label each; ``more``: further keys of the label file."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    images, annotations = [], []
    for number in range(count):
        picture = room(*SIZE)
        name = f"clip_{number:06d}.jpg"
        images.append({
            "id": number + 1, "file_name": name, "width": SIZE[0], "height": SIZE[1], "group": "clip", "status": "prelabel",
            "source": "clip.mp4", "frame": number * 10, "licence": {"of": "nobody"},
        })  # fmt: skip
        for k in range(people):
            x, y = 130.0 + 140 * k + 3 * number, 220.0
            picture = draw_person(picture, (x, y), arms=0.4)
            points = standing(x, y)
            confidence = np.full(COUNT, 0.95)
            if number == SWAPPED:
                points[11:23] = points[FLIP[11:23]]
            if number == UNSURE:
                confidence[25:] = 0.2
            annotations.append({
                "id": len(annotations) + 1, "image_id": number + 1, "category_id": 1,
                "keypoints": [round(v, 3) if i % 3 < 2 else int(v) for i, v in enumerate(points.ravel().tolist())],
                "num_keypoints": COUNT, "iscrowd": 0, "ignore": 0, "bbox": [x - 70.0, y - 120.0, 140.0, 280.0], "colour": "red",
                "status": "prelabel",
                "origin": {"network": NETWORK, "version": "0.3", "status": "prelabel", "confidence": confidence.tolist(),
                           "points": ["untouched"] * COUNT},
            })  # fmt: skip
        cv2.imwrite(str(folder / "images" / name), picture[..., ::-1])
    category = {"id": 1, "name": "person", "keypoints": list(NAMES), "skeleton": [[a + 1, b + 1] for a, b in EDGES]}
    content = {"info": {"year": 2026}, "categories": [category], "images": images, "annotations": annotations, **more}
    (folder / "annotations").mkdir(exist_ok=True)
    (folder / "annotations" / "train.json").write_text(json.dumps(content), "utf-8")
    return folder


def saved(folder: Path, split: str = "train") -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "annotations" / f"{split}.json").read_text("utf-8"))
    return content
