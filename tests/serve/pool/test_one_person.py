"""The person in a box, or where somebody points, as a worker finds them."""

import numpy as np
import pytest

pytest.importorskip("msgspec")

from tests.helpers.review_set import write_review_set

from posetune.serve.pool.context import Context, Refused
from posetune.serve.pool.one_person import one_person
from posetune.serve.settings import Limits


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    path = write_review_set(tmp_path_factory.mktemp("set"), 1) / "images" / "clip_000000.jpg"
    context = Context(Limits())
    network = {"source": "lite", "name": "lite", "sha256": ""}
    return lambda **where: one_person(context, {"path": str(path), "network": network, **where})


def test_a_box_gives_its_person(asked):
    found = asked(box=[60, 60, 160, 340])
    points = np.array(found["points"])
    assert points.shape == (33, 3)
    assert set(points[:, 2]) <= {0, 1, 2}
    inside = (points[:, 0] > 40) & (points[:, 0] < 240)
    assert inside.mean() > 0.8


def test_a_point_gives_whoever_is_there(asked):
    assert 60 < asked(point=[130, 200])["points"][0][0] < 200
    assert len(asked(point=[390, 10])["points"]) == 33, "where nobody is, somebody is proposed"


def test_a_box_of_nothing_is_refused(asked):
    with pytest.raises((Refused, Exception), match="box"):
        asked(box=[10, 10, 0, 0])
