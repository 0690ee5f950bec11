"""What people wear."""

import numpy as np
import pytest

from posetune.synthetic.people import draw_person
from posetune.synthetic.surface import fields
from posetune.synthetic.wardrobe import draw_outfit

SKIN = np.array([0.6, 0.4, 0.3])


@pytest.mark.parametrize("style", ["casual", "sport", "yoga", "work"])
@pytest.mark.parametrize("female", [False, True])
def test_no_garment_is_without_cloth(style, female):
    field = fields()
    for seed in range(4):
        outfit = draw_outfit(np.random.default_rng(seed), style, female, SKIN)
        kept = np.array([g.keep(field.arm, field.leg, field.neck) >= 0 for g in outfit.garments])
        assert kept.any(axis=1).all()


def test_hair_is_of_a_known_kind():
    for seed in range(12):
        hair = draw_person(np.random.default_rng(seed)).hair
        assert hair.style in ("bald", "buzz", "short", "curly", "long", "ponytail", "bun")
        assert hair.length >= 0
        assert 0 <= hair.beard <= 1
