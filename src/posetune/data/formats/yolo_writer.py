"""A set written as YOLO-pose, as Ultralytics takes it, with the names of its points and flip_idx."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import yaml

from posetune.data.formats.writing import Part, Told, box_around
from posetune.data.found import HULL_MARGIN
from posetune.data.losses import Loss
from posetune.data.people import Person
from posetune.files import write_text

#: What a set loses on its way into this format.
LOSSES = (
    "ids, groups, areas, points in space, other entries, who proposed the labels",
    "people to be ignored, and people without any point (left out)",
    "boxes of people without one (the hull of their points, grown by 10 % a side, stands for it)",
    "images whose size is not known, and points outside of their image",
)


def write_yolo(parts: Sequence[Part], out: Path) -> tuple[Loss, ...]:
    """Write ``out``/labels/<split>/*.txt and ``out``/data.yaml; images lie in ``out``/images/<split>.

    A line is class, box, and x, y, v of each point, shares of the picture. Raises PosetuneError if a file cannot be written.
    """
    told = Told()
    for part in parts:
        people: dict[int, list[Person]] = {}
        for person in part.dataset.people:
            people.setdefault(id(person.image), []).append(person)
        for image in part.dataset.images:
            if not image.width:
                told.losses.add("images", "have no known size, and YOLO has shares of it", 1, [image.path.name])
                continue
            lines = [line for person in people.get(id(image), ()) if (line := _line(person, told)) is not None]
            name = PurePosixPath(part.names[id(image)]).with_suffix(".txt")
            write_text(out / "labels" / part.split / name, "".join(f"{line}\n" for line in lines))
    skeleton = parts[0].dataset.skeleton
    content = {
        "path": ".",
        **{part.split: f"images/{part.split}" for part in parts},
        "kpt_shape": [skeleton.count, 3],
        "flip_idx": [int(i) for i in skeleton.flip],
        "names": {0: "person"},
        "kpt_names": {0: list(skeleton.names)},
    }
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, default_flow_style=None, width=1000)
    write_text(out / "data.yaml", text)
    if any(not group.startswith("image:") for part in parts for group in part.dataset.groups):
        told.losses.add("groups", "are not kept", sum(len(part.dataset.groups) for part in parts))
    return told.losses.listed()


def _line(person: Person, told: Told) -> str | None:
    if person.ignore or not person.labelled.any():
        told.losses.add("people", "are to be ignored or have no point, and are left out")
        return None
    told.person(person, kept=("box",))
    size = np.array([person.image.width, person.image.height], float)
    points = np.where(person.labelled[:, None], person.keypoints, 0.0)
    off = person.labelled & ((points[:, :2] < 0) | (points[:, :2] > size)).any(axis=1)
    told.losses.add("points", "lie outside their image, and YOLO's shares are within it", int(off.sum()))
    points[off] = 0
    box = None if person.bbox_from is not None else person.bbox
    if box is None:
        box = box_around(points[points[:, 2] > 0, :2], HULL_MARGIN)
        told.losses.add("boxes", "are not given; the hull of the points, grown by 10 % a side, stands for them")
    low, high = np.clip(box[:2], 0, size), np.clip(box[:2] + box[2:], 0, size)
    if (high <= low).any():
        told.losses.add("people", "have a box outside of their image, and are left out")
        return None
    texts = [f"{v:.7f}" for v in np.concatenate([(low + high) / 2 / size, (high - low) / size])]
    for x, y, v in points:
        texts += [f"{x / size[0]:.7f}", f"{y / size[1]:.7f}", f"{v:.0f}"] if v else ["0", "0", "0"]
    return " ".join(["0", *texts])
