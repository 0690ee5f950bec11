"""Landmark networks at 224 and 192 px."""

import numpy as np
import pytest
from tests.helpers.figures import draw_person, room

from posetune import stock
from posetune.doctor.diagnose import diagnose
from posetune.errors import PosetuneError
from posetune.geometry import Crop
from posetune.graph import contract
from posetune.graph.flatbuffer import Graph
from posetune.graph.resize import resized
from posetune.runtime.landmark_network import LandmarkNetwork, refine


@pytest.fixture(scope="module")
def lite():
    return stock.path("lite").read_bytes()


@pytest.fixture(scope="module")
def networks(lite):
    return {256: lite} | {size: resized(lite, size) for size in (224, 192)}


def crop_of_a_person(size):
    image = draw_person(room(480, 480), (240, 230), 0.6)
    return Crop(240, 230, 460).cut(image, size)


@pytest.mark.parametrize("size", [224, 192])
def test_the_smaller_network_has_the_contracts_shapes_and_passes_the_doctor(networks, size):
    graph = Graph(networks[size])
    assert graph.inputs[0].shape == (1, size, size, 3)
    assert tuple(o.shape for o in graph.outputs) == contract.landmark_shapes(size)
    diagnosis = diagnose(networks[size], "smaller")
    assert diagnosis.usable
    assert any(f"{size} px: MediaPipe Tasks takes that" in finding.what for finding in diagnosis.findings)


@pytest.mark.parametrize("size", [224, 192])
def test_it_answers_in_px_of_its_own_input(networks, size):
    """Untuned it errs, but not wildly, and the points that steer the next crop are near."""
    big, small = (LandmarkNetwork(networks[s], 1) for s in (256, size))
    expected, found = big(crop_of_a_person(256)), small(crop_of_a_person(size))
    off = np.linalg.norm(found.points[:35, :2] * (256 / size) - expected.points[:35, :2], axis=1)
    assert np.median(off) < 20
    assert off[33:].max() < 25
    assert found.presence > 0.5


@pytest.mark.parametrize("size", [224, 192])
def test_the_heatmap_refines_at_the_smaller_size(networks, size):
    output = LandmarkNetwork(networks[size], 1)(crop_of_a_person(size))
    assert output.heatmap.shape == (size // 4, size // 4, 39)
    moved = np.linalg.norm((refine(output.points, output.heatmap, size) - output.points)[:33, :2], axis=1)
    assert (moved > 0).sum() > 5
    assert moved.max() <= 4 * 3.5 * np.sqrt(2)  # half a window of 7 cells


@pytest.mark.parametrize("size", [224, 192])
def test_torch_agrees_with_litert_at_the_smaller_size(networks, size):
    torch = pytest.importorskip("torch")
    from posetune.graph.torch.network import Network

    crop = crop_of_a_person(size).astype(np.float32) / 255
    network = Network(Graph(networks[size]))
    with torch.no_grad():
        ours = network(torch.from_numpy(crop).permute(2, 0, 1)[None])
    from posetune.backends.litert import Network as Lite

    for mine, theirs, limit in zip(ours, Lite(networks[size], 1).run(crop), (5e-3, 1e-3, 0.5, 2e-3, 1e-4), strict=True):
        assert np.abs(mine.numpy() - theirs).max() <= limit


def test_the_same_size_gives_the_same_bytes(lite):
    assert resized(lite, 256) is lite


@pytest.mark.parametrize("size", [128, 0, 200])
def test_other_sizes_are_refused(lite, size):
    with pytest.raises(PosetuneError, match="choose 256, 224 or 192"):
        resized(lite, size)


def test_a_resized_network_is_not_resized_again(networks):
    with pytest.raises(PosetuneError, match="Only a landmark network of 256 px"):
        resized(networks[192], 224)


def test_the_detector_is_refused():
    with pytest.raises(PosetuneError, match="no landmark network"):
        resized(stock.path("detector").read_bytes(), 192)
