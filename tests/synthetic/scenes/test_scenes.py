"""Every scene: it is there, its people keep to the floor and to what joints can do."""

import numpy as np
import pytest

from posetune.synthetic import limits, scenes, surface
from posetune.synthetic import people as folk
from posetune.synthetic.body import load
from posetune.synthetic.pose import Poser
from posetune.synthetic.take import draw_motion

# Which parts of the body carry it, by scene; codes of people.PARTS.
_CARRIERS = {
    "pushup": ("hand", "foot|shin|thigh"), "downdog": ("hand", "foot"), "cat-cow": ("hand", "shin"), "handstand": ("hand",),
    "squat": ("foot",), "lunge": ("foot",), "deadlift": ("foot",), "warrior": ("foot",), "walk": ("foot",), "worker": ("foot",),
    "stand": ("foot",), "sit": ("foot",), "ceiling": ("foot",), "station": ("foot",), "mat": ("hand", "foot"),
}  # fmt: skip


@pytest.mark.parametrize("name", scenes.names())
def test_scene_keeps_to_the_floor_and_to_what_joints_can_do(name):
    body, scene = load(), scenes.get(name)
    part = surface.fields().part[body.groups["body"]]
    for seed in (1, 2, 3):
        rng = np.random.default_rng([seed, 5])
        person = folk.draw_person(rng, scene.style[0])
        motion = draw_motion(rng, scene, person)
        for t in (0.0, 0.6, 1.0):
            poser = Poser(body, person.shape)
            motion.move(poser, t)
            assert max(limits.violations(poser).values(), default=0) < 3
            if motion.floor is not None:
                poser.stand_on(motion.floor)
            z = poser.posed().vertices[body.groups["body"], 2]
            assert z.min() > -0.02
            for kinds in _CARRIERS[name]:
                ends = tuple(kinds.split("|"))
                chosen = [k for k, p in enumerate(surface.PARTS) if p.endswith(ends)]
                assert z[np.isin(part, chosen)].min() < 0.06, f"{name}: no {kinds} on the floor"


def test_every_promised_scene_is_there():
    wanted = set(
        [
            "squat",
            "lunge",
            "deadlift",
            "pushup",
            "downdog",
            "cat-cow",
            "warrior",
            "handstand",
            "walk",
            "worker",
            "stand",
            "sit",
        ]
    )
    assert wanted <= set(scenes.names())
