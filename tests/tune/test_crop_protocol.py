import numpy as np
import pytest

torch = pytest.importorskip("torch")

from posetune import stock
from posetune.data.dataset import load_dataset
from posetune.graph.flatbuffer import Graph
from posetune.graph.torch.network import Network
from posetune.landmarks import LEFT_HIP, LEFT_SHOULDER, RIGHT_HIP
from posetune.progress import Reporter
from posetune.runtime.landmark_network import LandmarkNetwork
from posetune.tune.crop_protocol import Answerer, Errors, in_file, in_torch, measured, share_of, together
from posetune.tune.people.samples import ImageCache, subject_of
from posetune.tune.training.validate import Score

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def people(sample):
    return [subject_of(p) for p in load_dataset(sample, "val").usable[:10]]


def test_the_file_and_torch_answer_alike(people):
    content = stock.path("lite").read_bytes()
    cache, told = ImageCache(), []
    with Reporter(progress=lambda *step: told.append(step)).counting("crops", len(people)) as counter:
        ours = measured(in_torch(Network(Graph(content)), CPU), people, cache, None, counter)
    theirs = measured(in_file(LandmarkNetwork(content, threads=1)), people, cache)
    assert told[-1] == ("crops", 10, 10)
    np.testing.assert_allclose(ours.found, theirs.found, atol=0.1)
    np.testing.assert_array_equal(ours.target, theirs.target)
    assert float(ours.mean_px) == pytest.approx(float(theirs.mean_px), abs=0.01)
    score = Score.of(ours)
    weights = ours.known.sum(1)
    assert np.average(score.people_px, weights=weights) == pytest.approx(score.mean_px)


def test_several_biases_are_several_answers(people):
    network = Network(Graph(stock.path("lite").read_bytes()))
    some = measured(in_torch(network, CPU, (0.0, 6.0)), people, ImageCache())
    plain = measured(in_torch(network, CPU), people, ImageCache())
    np.testing.assert_array_equal(some.found[0], plain.found)
    assert some.mean_px.shape == (2,)
    assert some.mean_px[0] != some.mean_px[1]


def test_errors_are_in_px_of_a_256_px_crop(people):
    def three_to_the_right(pixels):
        return np.full((len(pixels), 33, 2), np.nan)

    asked = measured(Answerer(128, three_to_the_right), people, ImageCache())
    moved = Errors(asked.target + (3, 0), asked.target, asked.known, 128)
    assert float(moved.mean_px) == pytest.approx(6)


def errors(known, off):
    target = np.zeros((1, 33, 2))
    target[0, LEFT_HIP] = (0, 100)
    target[0, RIGHT_HIP] = (0, 50)
    return Errors(target + (off, 0), target, known, 256)


def test_within_a_share_of_the_torso():
    known = np.zeros((1, 33), bool)
    known[0, [LEFT_SHOULDER, RIGHT_HIP]] = True
    assert (errors(known, 9).within(0.2), errors(known, 11).within(0.2)) == (1, 0)  # a torso of 50 px
    known[0, RIGHT_HIP], known[0, LEFT_HIP] = False, True
    assert (errors(known, 19).within(0.2), errors(known, 21).within(0.2)) == (1, 0)  # one side: 100 px
    known[0, LEFT_HIP] = False
    assert np.isnan(errors(known, 1).within(0.2))
    assert errors(known, 1).within(0.2, torso=64) == 1


def test_where_nothing_is_known_there_is_no_mean():
    nothing = np.zeros((1, 33), bool)
    assert np.isnan(errors(nothing, 1).mean_px)


@pytest.mark.parametrize(("people", "parts"), [(37, 2), (20, 3), (5, 2)])
def test_several_look_at_each_person_once_in_the_batches_that_one_makes(people, parts):
    target = np.arange(people * 2.0).reshape(people, 1, 2)
    shares = [share_of(people, part, parts) for part in range(parts)]
    # Whole batches of eight: answers differ in their last bits with the company in which somebody is asked about.
    assert all(set(range(k - k % 8, min(k - k % 8 + 8, people))) <= set(share) for share in shares for k in share)
    found = [
        Errors(target[share] + 1, target[share], np.ones((len(share), 1), bool), 256) if share else None
        for share in shares
    ]
    whole = together(found)
    np.testing.assert_array_equal(whole.target, target)
    assert len(whole.people_px) == people
