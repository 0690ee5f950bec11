"""A set written as tasks for Label Studio, with the labelling interface that fits them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

import numpy as np

from posetune.data.formats.writing import Part, Told
from posetune.data.losses import Loss
from posetune.data.people import ImageRecord, Person
from posetune.files import replacing, write_text

#: What a set loses on its way into this format.
LOSSES = (
    "ids, areas, points in space, other entries, who proposed the labels",
    "people to be ignored, and people without any point or box (left out)",
    "images whose size is not known: their points are shares of it",
)
#: The note on a point that is labelled and hidden (v = 1): Label Studio has nothing else for it.
HIDDEN = "hidden"


def write_label_studio(parts: Sequence[Part], out: Path) -> tuple[Loss, ...]:
    """Write ``out``/annotations/<split>.json for each part, to import, and ``out``/label_config.xml.

    Pictures are named as Label Studio's local storage has them, with ``out``/images as its folder. A person is a rectangle, the
    hull of the points where there is no box, and its points have it for parent. Raises PosetuneError if a file cannot be
    written.
    """
    told = Told()
    number = 0
    for part in parts:
        people: dict[int, list[Person]] = {}
        for person in part.dataset.people:
            people.setdefault(id(person.image), []).append(person)
        with (
            replacing(out / "annotations" / f"{part.split}.json") as temporary,
            temporary.open("w", encoding="utf-8", newline="\n") as file,
        ):
            file.write("[")
            for i, image in enumerate(part.dataset.images):
                number += 1
                task = _task(number, image, part.names[id(image)], people.get(id(image), []), told)
                file.write(",\n" * (i > 0) + json.dumps(task, allow_nan=False, ensure_ascii=False))
            file.write("]\n")
    names = parts[0].dataset.skeleton.names
    labels = "".join(f"    <Label value={quoteattr(name)}/>\n" for name in names)
    write_text(
        out / "label_config.xml",
        f'<View>\n  <Image name="image" value="$image"/>\n  <KeyPointLabels name="keypoints" toName="image">\n{labels}'
        '  </KeyPointLabels>\n  <RectangleLabels name="bbox" toName="image">\n    <Label value="person"/>\n'
        "  </RectangleLabels>\n</View>\n",
    )
    return told.losses.listed()


def _task(number: int, image: ImageRecord, name: str, people: Sequence[Person], told: Told) -> dict[str, Any]:
    result: list[dict[str, Any]] = []
    for person in people:
        if not image.width:
            told.losses.add("images", "have no known size, and points are shares of it", 1, [name])
        elif person.ignore:
            told.losses.add("people", "are to be ignored or have no point, and are left out")
        else:
            told.person(person, kept=("box",))
            result += _regions(person, number, told)
    data = {"image": f"/data/local-files/?d=images/{quote(name)}", "posetune_group": image.group}
    return {"id": number, "data": data, "annotations": [{"result": result}]}


def _regions(person: Person, task: int, told: Told) -> list[dict[str, Any]]:
    image = person.image
    common = {
        "to_name": "image", "original_width": image.width, "original_height": image.height, "image_rotation": 0,
    }  # fmt: skip
    points = person.keypoints[person.labelled, :2]
    box = None if person.bbox_from is not None else person.bbox
    if box is None:
        box = np.concatenate([points.min(axis=0), np.ptp(points, axis=0)])
        told.losses.add("boxes", "are not given; the hull of the points stands for them")
    name = f"{task}-{person.id}"
    x, y, w, h = box.tolist()
    value = {
        "x": 100 * x / image.width, "y": 100 * y / image.height, "width": 100 * w / image.width,
        "height": 100 * h / image.height, "rotation": 0, "rectanglelabels": ["person"],
    }  # fmt: skip
    regions: list[dict[str, Any]] = [
        {"id": name, "type": "rectanglelabels", "from_name": "bbox", "value": value, **common}
    ]
    for i, (px, py, v) in enumerate(person.keypoints.tolist()):
        if v:
            region = {
                "id": f"{name}-{i}", "type": "keypointlabels", "from_name": "keypoints", "parentID": name, **common,
                "value": {
                    "x": 100 * px / image.width, "y": 100 * py / image.height, "width": 0.5,
                    "keypointlabels": [person.skeleton.names[i]],
                },
            }  # fmt: skip
            regions.append(region | {"meta": {"text": [HIDDEN]}} if v == 1 else region)
    return regions
