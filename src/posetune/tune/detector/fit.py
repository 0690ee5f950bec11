"""What a tuned detector's crops are worth to the landmark network, on people whom the base detector finds as well."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posetune.data.answers import by_image
from posetune.data.found import match_found
from posetune.data.people import Person
from posetune.errors import PosetuneError
from posetune.landmarks import LEFT_HIP, RIGHT_HIP
from posetune.runtime.landmarker import Landmarker
from posetune.runtime.pose import Pose
from posetune.stock import resolve
from posetune.tune.detector.material import Material
from posetune.tune.run import Run

#: The landmark network that looks, how many pictures at most, and for how many people in each.
_NETWORK, _PICTURES, _PEOPLE = "full", 60, 20


@dataclass(frozen=True)
class Fit:
    """Of the ``people`` whom base and tuned detector both find: how far their landmarks lie from the labels, in torsos, with the
    crops of each; the mean over people of their labelled points' mean.
    """

    people: int
    base: float
    tuned: float

    def __str__(self) -> str:
        return (
            f"{self.people} people are found by both detectors: landmarks of {_NETWORK} are {self.base:.3f} torsos off in the "
            f"base's crops, {self.tuned:.3f} in the tuned one's"
        )


def fit_of(run: Run, material: Material, detectors: tuple[bytes, bytes], threads: int | None = None) -> Fit | None:
    """Measure the two ``detectors``, base and tuned, on val, and say it. None if there is nobody whom both find, or no landmark
    network to look with.
    """
    try:
        landmarks = resolve(_NETWORK).landmarks
    except PosetuneError as error:
        run.say(f"Landmarks in the crops of both detectors are not compared: {error}")
        return None
    pictures = {id(scene.image) for scene in material.val[:_PICTURES]}
    people = [p for p in material.val_set.people if id(p.image) in pictures and not p.ignore and np.isfinite(p.torso)]
    errors = []
    groups = list(by_image(people))
    with run.report.counting("pictures, landmarks in both detectors' crops", len(groups)) as counter:
        landmarkers = [Landmarker(landmarks, detector, threads=threads) for detector in detectors]
        for image, members in groups:
            here = [people[i] for i in members]
            both = [_errors(here, one.predict(run.cache.read(image), _PEOPLE)) for one in landmarkers]
            errors += [pair for pair in zip(*both, strict=True) if np.isfinite(pair).all()]
            counter.step()
    if not errors:
        return None
    base, tuned = np.mean(errors, axis=0)
    fit = Fit(len(errors), float(base), float(tuned))
    run.say(f"{fit}.")
    return fit


def _errors(people: list[Person], poses: list[Pose]) -> list[float]:
    """Of each of ``people`` in a picture, how far the landmarks of their own pose are off, torsos; NaN for whom none is found."""
    points = [p.skeleton.to_body(p.keypoints) for p in people]
    known = [b[:, 2] > 0 for b in points]
    hips = np.array([_middle(b, k) for b, k in zip(points, known, strict=True)])
    found = np.array([q.landmarks_px[[LEFT_HIP, RIGHT_HIP], :2].mean(axis=0) for q in poses]).reshape(-1, 2)
    match = match_found(hips, np.array([p.torso for p in people]), found)
    errors = []
    for person, label, labelled, k in zip(people, points, known, match.person, strict=True):
        off = (
            np.nan
            if k < 0
            else np.linalg.norm(poses[k].landmarks_px[labelled, :2] - label[labelled, :2], axis=1).mean()
        )
        errors.append(float(off / person.torso))
    return errors


def _middle(points: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(2,) the middle of the hips that are labelled, of all points if none is."""
    hips = [i for i in (LEFT_HIP, RIGHT_HIP) if known[i]]
    middle: np.ndarray = (points[hips] if hips else points[known])[:, :2].mean(axis=0)
    return middle
