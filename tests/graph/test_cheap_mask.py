"""The cheap segmentation branch, and fitting it."""

import cv2
import numpy as np
import pytest

from posetune import stock
from posetune.backends.litert import Network
from posetune.doctor.diagnose import diagnose
from posetune.errors import PosetuneError
from posetune.export.cheap_mask import fit, overlap, pairs
from posetune.graph.cheap_mask import showing_features, with_cheap_segmentation
from posetune.graph.flatbuffer import Graph
from posetune.graph.trim import without_segmentation
from posetune.synthetic.sample import ordinary_pictures

LITE = stock.path("lite").read_bytes()


@pytest.fixture(scope="module")
def fitted():
    """Feature maps and masks of a few people, and the convolution fitted to them."""
    network = Network(showing_features(LITE), 1)
    features, masks = pairs(network, network, [p for p, _ in zip(ordinary_pictures(), range(6), strict=False)])
    return features, masks, *fit(features, masks)


@pytest.fixture(scope="module")
def cheap(fitted):
    return with_cheap_segmentation(LITE, *fitted[2:])


def test_everything_but_the_mask_is_identical_to_the_last_bit(cheap):
    image = np.random.default_rng(0).random((256, 256, 3), dtype=np.float32)
    before, after = Network(LITE, 1), Network(cheap, 1)
    assert after.output_shapes == before.output_shapes
    for place, (theirs, ours) in enumerate(zip(before.run(image), after.run(image), strict=True)):
        assert np.array_equal(theirs, ours) == (place != 2)


def test_the_mask_is_the_fitted_convolution_of_the_features(cheap, fitted):
    _, _, weight, bias = fitted
    image = cv2.resize(next(ordinary_pictures()), (256, 256)).astype(np.float32) / 255
    feature = Network(showing_features(LITE), 1).run(image)[1]
    small = sum(
        cv2.filter2D(feature[0, :, :, c], -1, weight[:, :, c], borderType=cv2.BORDER_CONSTANT)
        for c in range(feature.shape[3])
    )
    expected = cv2.resize(small + np.float32(bias), (256, 256), interpolation=cv2.INTER_LINEAR)
    assert np.abs(Network(cheap, 1).run(image)[2][0, :, :, 0] - expected).max() < 1e-2


def test_it_costs_hardly_more_than_none(cheap):
    count = [
        sum("CONV" in op.kind for op in Graph(content).operators) for content in (cheap, without_segmentation(LITE))
    ]
    assert count[0] == count[1] + 1
    assert diagnose(cheap, "cheap").usable


def test_the_fit_finds_the_people_it_saw(fitted):
    features, masks, weight, bias = fitted
    assert overlap(features, masks, weight, bias) > 0.7
    assert overlap(features, masks, weight * 0, -1.0) == 0


def test_networks_without_the_branch_are_refused():
    with pytest.raises(PosetuneError, match="five outputs"):
        showing_features(without_segmentation(LITE))
    with pytest.raises(PosetuneError, match="must have"):
        with_cheap_segmentation(LITE, np.zeros((1, 1, 48), np.float32), 0.0)
