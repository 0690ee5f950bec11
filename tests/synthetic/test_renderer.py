"""What OpenGL draws is what the label means, and what the software renderer hides."""

import numpy as np

from posetune.landmarks import NAMES
from posetune.synthetic import generate as generating
from posetune.synthetic.generate import make_renderer
from posetune.synthetic.take import Recipe, Set


def test_a_picture_shows_the_person_that_the_label_means(egl):
    take = Set((4, 2), "handstand", Recipe(size=160)).take(egl)
    assert take.picture.shape == (160, 160, 3)
    assert take.picture.std() > 8
    row = generating.describe(take, "x", "x", "handstand")["people"][0]
    assert len(row["keypoints"]) == 3 * len(NAMES)
    label = take.labels[0]
    seen = label.visibility == 2
    low, high = label.bbox[:2] - 4, label.bbox[:2] + label.bbox[2:] + 4
    assert seen.sum() > 10
    assert ((label.points_px[seen] >= low) & (label.points_px[seen] <= high)).all()
    assert label.points_px[0, 1] > label.points_px[[25, 26], 1].max()  # upside down


def test_both_renderers_agree_on_what_is_hidden(egl):
    for scene in ("worker", "sit"):
        stage = Set((3, 7), scene, Recipe(size=200))
        hard, soft = (stage.take(r).labels for r in (egl, make_renderer("software")))
        differing = np.mean([a.visibility != b.visibility for a, b in zip(hard, soft, strict=True)])
        assert differing < 0.04
        assert [a.points_px.tolist() for a in hard] == [b.points_px.tolist() for b in soft]
