"""Masks: the segmentation branch, brought back when asked for."""

import dataclasses

import numpy as np
import pytest
from tests.helpers.figures import draw_person, room

import posetune
from posetune import stock
from posetune.errors import PosetuneError
from posetune.geometry import Crop
from posetune.graph import bundle, metadata
from posetune.graph.flatbuffer import Graph
from posetune.runtime.draw import draw_poses
from posetune.runtime.mask import on_image

IMAGE = draw_person(room(640, 480), (320, 250), 1.2, np.radians(20), arms=1.5)


@pytest.fixture(scope="module")
def pose():
    (found,) = posetune.load("lite", threads=1, segmentation=True).predict(IMAGE, max_people=1)
    return found


def test_only_when_asked(pose):
    (plain,) = posetune.load("lite", threads=1).predict(IMAGE, max_people=1)
    assert plain.mask is None
    assert np.array_equal(plain.landmarks_px, pose.landmarks_px)
    assert pose.mask.shape == (256, 256)
    assert 0 <= pose.mask.min() <= pose.mask.max() <= 1
    with pytest.raises(PosetuneError, match="segmentation=True"):
        on_image(plain, 480, 640)


def test_it_lies_on_the_person(pose):
    mask = on_image(pose, 480, 640)
    hips = pose.landmarks_px[23:25, :2].mean(0).round().astype(int)
    assert mask[hips[1], hips[0]] > 0.5
    assert mask[5, 5] == 0


def test_a_mask_lands_where_its_crop_was_cut(pose):
    """What a crop shows at its pixel (u, v) comes from image_from_crop(u, v); a mask goes back the same way."""
    crop = Crop(300, 200, 256, np.radians(90))
    mask = np.zeros((256, 256), np.float32)
    mask[40, 200] = 1
    laid = on_image(dataclasses.replace(pose, crop=crop, mask=mask), 480, 640)
    x, y = crop.to_image(np.array([[200.0, 40.0]]))[0]
    row, column = np.unravel_index(laid.argmax(), laid.shape)
    assert (column, row) == pytest.approx((x, y), abs=0.51)


def test_it_is_mediapipes_mask(pose, tmp_path):
    mp = pytest.importorskip("mediapipe", reason="mediapipe is not installed: pip install '.[mediapipe]'")
    graph = Graph.read(stock.path("lite"))
    metadata.write(graph, metadata.Metadata(inputs=(metadata.LANDMARKS_NORMALIZATION,)))
    task = tmp_path / "lite.task"
    task.write_bytes(bundle.pack(graph.to_bytes(), stock.path("detector").read_bytes()))
    options = mp.tasks.vision.PoseLandmarkerOptions(
        base_options=mp.tasks.BaseOptions(model_asset_path=str(task)), output_segmentation_masks=True
    )
    with mp.tasks.vision.PoseLandmarker.create_from_options(options) as landmarker:
        result = landmarker.detect(mp.Image(image_format=mp.ImageFormat.SRGB, data=IMAGE))
        theirs = result.segmentation_masks[0].numpy_view().squeeze().copy()
    ours = on_image(pose, 480, 640)
    assert np.abs(ours - theirs).mean() < 2e-3
    assert ((ours > 0.5) != (theirs > 0.5)).mean() < 1e-3


def test_drawing_tints_the_person_and_nothing_else(pose):
    drawn = draw_poses(IMAGE, [pose])
    bare = draw_poses(IMAGE, [dataclasses.replace(pose, mask=None)])
    changed = (drawn != bare).any(axis=2)
    assert changed.mean() > 0.01
    assert on_image(pose, 480, 640)[changed].min() > 0
