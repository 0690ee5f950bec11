"""CVAT calls our networks: through cvat-sdk's own driver, against the stand-in server."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

pytest.importorskip("cvat_sdk")
import PIL.Image
from cvat_sdk.auto_annotation import annotate_task
from cvat_sdk.core.client import AccessTokenCredentials, Client, Config
from tests.helpers.cvat_server import TOKEN, running
from tests.helpers.cvat_set import connect

from posetune.data.dataset import load_dataset, write_coco
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.errors import PosetuneError
from posetune.label.cvat.function import create
from posetune.label.cvat.pull import How, pull
from posetune.label.cvat.push import Where, push
from posetune.label.cvat.tasks import target_of
from posetune.progress import Reporter


class Context:
    frame_name = "a.jpg"
    conf_mask_to_poly = False

    def __init__(self, conf_threshold: float | None = None) -> None:
        self.conf_threshold = conf_threshold


@pytest.fixture(scope="module")
def function():
    return create(model="lite")


@pytest.fixture(scope="module")
def picture(photo) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


def test_people_are_skeletons_of_prelabels_with_what_is_hidden_occluded(function, picture):
    found = function.detect(Context(), PIL.Image.fromarray(picture))
    assert found
    for shape in found:
        assert (shape.type.value, shape.frame, len(shape.elements)) == ("skeleton", 0, 33)
        assert [a.value for a in shape.attributes] == ["prelabel"]
        for element in shape.elements:
            x, y = element.points
            beyond = not (0 <= x < picture.shape[1] and 0 <= y < picture.shape[0])
            assert element.outside == beyond
    cut = picture[: picture.shape[0] // 2]
    elements = [e for s in function.detect(Context(), PIL.Image.fromarray(cut)) for e in s.elements]
    assert any(e.outside for e in elements), "what lies below a picture that is cut at half its height"
    assert any(e.occluded for e in [*elements, *(e for s in found for e in s.elements)])


def test_a_threshold_is_kept_to(function, picture):
    assert not function.detect(Context(conf_threshold=1.0), PIL.Image.fromarray(picture))


def test_the_sdks_driver_annotates_a_task_that_push_made(function, picture, tmp_path):
    (tmp_path / "set" / "images").mkdir(parents=True)
    path = tmp_path / "set" / "images" / "a.png"
    cv2.imwrite(str(path), picture[..., ::-1])
    image = ImageRecord(1, path, picture.shape[1], picture.shape[0], "a")
    nose = np.zeros((33, 3))
    nose[0] = 5, 5, 2
    dataset = Dataset("one", (image,), (Person(1, image, nose),), (), (), tmp_path / "set")
    write_coco(dataset, tmp_path / "set" / "annotations" / "train.json")
    with running() as (url, state):
        with connect(url) as server:
            push(dataset, "train", server, Where(project="clips"), Reporter())
        (task,) = state.tasks
        client = Client(url, config=Config(cache_dir=tmp_path / "cache"), check_server_version=False)
        client.login(AccessTokenCredentials(TOKEN))
        annotate_task(client, task, function)
        there = [s for s in state.shapes() if s["source"] == "auto"]
        assert len(there) == len(function.detect(Context(), PIL.Image.fromarray(picture)))
        with connect(url) as server:
            pull(server, target_of("clips"), tmp_path / "set", How(), Reporter())
    people = load_dataset(tmp_path / "set", "train").people
    assert [p.origin.status for p in people] == [None] + ["prelabel"] * len(there)
    assert people[1].labelled.sum() > 20


def test_a_network_that_is_not_there():
    with pytest.raises(PosetuneError, match="nothing"):
        create(model="nothing.task")
