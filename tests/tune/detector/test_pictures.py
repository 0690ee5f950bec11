import numpy as np

from posetune.tune.detector.pictures import of_answers, of_samples
from posetune.tune.detector.samples import Sample
from posetune.tune.detector.scenes import Circles


def sample(count):
    hip = np.array([[60.0, 120.0], [160.0, 120.0]])[:count].reshape(-1, 2)
    people = Circles(hip, hip - [0, 20], hip - [0, 40])
    return Sample(np.zeros((224, 224, 3), np.uint8), people, np.array([[10.0, 10.0, 30.0, 30.0]]), "base", "one")


def coloured(picture, channel):
    return int(((picture[..., channel] > 120) & (picture.sum(axis=2) < 420)).sum())


def test_people_are_drawn_in_green_and_what_is_ignored_in_grey():
    picture = of_samples([sample(2)])
    assert picture.shape == (256, 256, 3)
    assert coloured(picture, 1) > 200
    assert (picture[11, 11:34] == 150).all(axis=1).any()


def test_pictures_with_most_mistakes_come_first_and_answers_are_red():
    said = np.array([[[60, 100], [60, 120], [60, 80], [60, 100], [60, 70]]], float)
    nobody = np.zeros((0, 5, 2))
    picture = of_answers([sample(1), sample(2)], [said, nobody])
    right, wrong = picture[:, 256:], picture[:, :256]
    assert coloured(right, 0) > 50
    assert coloured(wrong, 0) == 0
    assert coloured(wrong, 1) > coloured(right, 1)
