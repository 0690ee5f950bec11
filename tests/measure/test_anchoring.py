"""Prelabels corrected, or believed."""

import dataclasses

import numpy as np
import pytest
from tests.helpers.labelled import IMAGE, dataset, true_keypoints

from posetune.data.origin import ImageOrigin, Origin
from posetune.data.people import Person
from posetune.errors import PosetuneError
from posetune.measure.anchoring import anchoring


def sets(shown_px, blind_px, images=6):
    """A set of which every second image is blind, and proposals that lie so many px from its labels."""
    pictures = [
        dataclasses.replace(IMAGE, id=i, path=IMAGE.path.with_name(f"{i}.png"), origin=ImageOrigin(blind=i % 2 == 1))
        for i in range(images)
    ]
    mine, proposed = [], []
    for i, image in enumerate(pictures):
        off = true_keypoints()
        off[off[:, 2] > 0, 0] += blind_px if i % 2 else shown_px
        mine.append(Person(i, image, true_keypoints(), origin=Origin(status="verified")))
        proposed.append(Person(i, image, off, origin=Origin(status="prelabel")))
    whole = dataset(images=tuple(pictures))
    return (dataclasses.replace(whole, people=tuple(people)) for people in (mine, proposed))


def test_who_believes_is_pulled():
    found = anchoring(*sets(0, 10))
    assert found.shown.untouched == 1
    assert found.blind.untouched == 0
    assert found.pull == pytest.approx(found.blind.distance) == pytest.approx(0.1, abs=0.05)
    assert found.interval[0] > 0
    assert (found.shown.images, found.blind.people) == (3, 3)


def test_who_corrects_is_not():
    found = anchoring(*sets(8, 8))
    assert found.pull == pytest.approx(0)
    assert np.allclose(found.interval, 0)
    assert found.to_json()["blind"]["images"] == 3


def test_both_kinds_of_images_are_needed():
    mine, proposed = sets(1, 1)
    shown = mine.where(lambda p: not p.image.origin.blind)
    with pytest.raises(PosetuneError, match="blind image"):
        anchoring(shown, proposed)
