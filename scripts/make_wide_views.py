"""Render wide views with small people, and as many without anybody: what looking in tiles is measured on.

    python scripts/make_wide_views.py OUT --n 40 [--seed 1]

OUT/images, OUT/annotations/wide.json (2 to 6 people a picture, 1280 × 720, from a stand) and OUT/annotations/empty.json (other
places, from near and far, nobody in them). Needs the extra "synth".
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from posetune.files import write_bytes, write_text
from posetune.synthetic import scenes, sensor, surroundings
from posetune.synthetic.camera import Camera
from posetune.synthetic.generate import coco, describe, make_renderer
from posetune.synthetic.label import label_people
from posetune.synthetic.people import person_meshes
from posetune.synthetic.pose import UP, about
from posetune.synthetic.renderer import Stage
from posetune.synthetic.take import Recipe, Take, _Player, cast

_WIDTH, _HEIGHT = 1280, 720
_ACTIONS = ("lunge", "stand", "walk", "squat", "warrior")


def take(seed: int, renderer, people: bool) -> Take:
    """A picture from a stand behind one end of a court; without ``people`` from anywhere."""
    rng = np.random.default_rng([seed, int(people)])
    far, up = (rng.uniform(15, 26), rng.uniform(4, 9)) if people else (rng.uniform(3, 16), rng.uniform(0.8, 7))
    centre = np.array([0.0, 0.0, 0.9])
    camera = Camera.looking(
        (rng.normal(0, 2), -far, up), centre, rng.uniform(36, 52), _WIDTH, _HEIGHT, rng.normal(0, 1)
    )
    kind = str(rng.choice(("hall", "outdoor", "gym") if people else surroundings.PLACES))
    place = surroundings.build(rng, kind, camera, centre)
    players = [_player(rng) for _ in range(int(rng.integers(2, 7)))] if people else []
    acts = [p.act(rng.uniform()) for p in players]
    bodies = [
        person_meshes(p.person, posed, i + 1) for i, (p, (posed, _)) in enumerate(zip(players, acts, strict=True))
    ]
    meshes = [*place.meshes, *(m for body in bodies for m in body)]
    picture, truth = renderer.render(Stage(meshes, camera, place.light, place.backdrop, centre, 9.0))
    labels = label_people([posed for posed, _ in acts], bodies, truth, renderer, camera) if people else []
    picture = sensor.expose(rng, rng, picture, truth.depth, float(camera.view(centre)[2]))
    return Take(picture, sensor.jpeg(rng, picture, 75, 92), labels, camera, kind)


def _player(rng: np.random.Generator) -> _Player:
    player = cast(rng, scenes.get(str(rng.choice(_ACTIONS))), Recipe())
    spot = np.array([rng.uniform(-4, 4), rng.uniform(-6, 6), 0.0])
    return replace(player, turn=about(UP, rng.uniform(-180, 180)), at=spot)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--n", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    renderer = make_renderer("egl")
    for split, people in (("wide", True), ("empty", False)):
        rows = []
        for i in range(args.n):
            name = f"{split}-{args.seed}-{i:04d}"
            shot = take(args.seed * 100_000 + i, renderer, people)
            write_bytes(args.out / "images" / f"{name}.jpg", shot.jpeg)
            row = describe(shot, name, name, split)
            for person in row["people"]:
                person["ignore"] = 0  # small is what they are meant to be
            rows.append(row)
            print(f"{name}: {len(shot.labels)} people", flush=True)
        write_text(args.out / "annotations" / f"{split}.json", json.dumps(coco(rows, f"posetune wide views, {split}")))


if __name__ == "__main__":
    main()
