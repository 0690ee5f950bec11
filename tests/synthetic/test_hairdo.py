"""Hair and headgear sit on the head."""

import dataclasses

import numpy as np
import pytest

from posetune.synthetic import hairdo
from posetune.synthetic.people import draw_person


@pytest.mark.parametrize("style", ["buzz", "short", "curly", "long", "ponytail", "bun"])
@pytest.mark.parametrize("headgear", ["", "helmet", "cap"])
def test_every_style_near_the_head(style, headgear, poser):
    person = draw_person(np.random.default_rng(1))
    hair = dataclasses.replace(person.hair, style=style, length=0.02)
    person = dataclasses.replace(
        person,
        shape=poser.shape,
        hair=hair,
        outfit=dataclasses.replace(person.outfit, headgear=headgear, helmet=np.array([0.9, 0.7, 0.1])),
    )
    head = poser.where("head")
    made = hairdo.meshes(person, poser.posed())
    assert made
    for mesh in made:
        assert np.isfinite(mesh.positions).all()
        assert np.linalg.norm(mesh.positions - head, axis=1).max() < 0.8


def test_bald_and_bareheaded_is_nothing(poser):
    person = draw_person(np.random.default_rng(1))
    hair = dataclasses.replace(person.hair, style="bald")
    bare = dataclasses.replace(
        person, shape=poser.shape, hair=hair, outfit=dataclasses.replace(person.outfit, headgear="")
    )
    assert hairdo.meshes(bare, poser.posed()) == []
