"""Pictures with everybody in them who is known."""

import dataclasses

from posetune.data.dataset import load_dataset
from posetune.tune.detector.scenes import scenes_of


def test_people_without_hips_or_marked_become_regions(pictures):
    dataset = load_dataset(pictures, "train")
    person = dataset.usable[0]
    people = [dataclasses.replace(p, ignore=p is person) for p in dataset.people if p.image is person.image]
    (scene,) = scenes_of(dataclasses.replace(dataset, images=(person.image,), people=tuple(people)))
    assert len(scene.ignored) >= 1
    x, y, w, h = person.bbox
    assert [x, y, x + w, y + h] in scene.ignored.tolist()
