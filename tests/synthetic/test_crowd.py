"""Pictures of several people and of nobody."""

import json

import numpy as np
import pytest

from posetune.data.dataset import load_dataset
from posetune.errors import PosetuneError
from posetune.synthetic.crowd import Crowd
from posetune.synthetic.generate import Order, generate
from posetune.synthetic.take import Recipe


def test_people_are_near_and_far_in_view_and_not_all_upright():
    spread, lean = [], []
    for seed in range(8):
        crowd = Crowd((1, seed), Recipe(size=96), (3, 6))
        assert 3 <= len(crowd.actors) <= 6
        middles = np.array([a.posed.vertices.mean(axis=0) for a in crowd.actors])
        x, _, depth = crowd.camera.project(middles).T
        assert (depth > 0.3).all()
        assert ((x > -30) & (x < crowd.camera.width + 30)).mean() > 0.6
        spread.append(depth.max() / depth.min())
        lean += [np.ptp(a.posed.vertices[:, 2]) for a in crowd.actors]
        assert all(a.posed.vertices[:, 2].min() > -0.1 for a in crowd.actors)
    assert max(spread) > 2
    assert min(lean) < 0.8 < 1.5 < max(lean)  # m


def test_pictures_have_several_shapes_and_places():
    crowds = [Crowd((2, seed), Recipe(size=96), (0, 0)) for seed in range(12)]
    assert len({(c.camera.width, c.camera.height) for c in crowds}) > 3
    assert {"photo"} < {c.place_name for c in crowds}
    assert not any(c.actors for c in crowds)


def order(**changes):
    return Order(
        **{"scene_names": ("stand",), "count": 1, "size": 96, "renderer": "software", "crowd": (2, 2), **changes}
    )


def test_a_crowd_is_a_set_like_any_other(tmp_path):
    generate(order(seed=3), tmp_path, workers=1)
    generate(order(crowd=(0, 0), split="nobody"), tmp_path, workers=1)
    people = load_dataset(tmp_path, "train").people
    assert len(people) == 2
    rows = json.loads((tmp_path / "annotations" / "train.json").read_text())
    assert rows["images"][0]["scene"] == "crowd"
    assert all(len(r["points_px"]) == 66 for r in rows["annotations"])
    nobody = json.loads((tmp_path / "annotations" / "nobody.json").read_text())
    assert (len(nobody["images"]), nobody["annotations"]) == (1, [])


def test_folders_of_single_people_are_gone_on_with():
    assert "crowd" not in order(crowd=None).fingerprint()
    assert order().fingerprint()["crowd"] == (2, 2)


@pytest.mark.parametrize(
    ("wrong", "word"), [({"frames": 3}, "--frames"), ({"crowd": (3, 2)}, "2:12"), ({"crowd": (0, 99)}, "60")]
)
def test_bad_crowds_are_one_sentence(wrong, word, tmp_path):
    with pytest.raises(PosetuneError, match=word):
        generate(order(**wrong), tmp_path, workers=1)
