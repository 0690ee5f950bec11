"""Our networks as CVAT calls them: an auto-annotation function of cvat-sdk (``DetectionFunctionSpec``).

    cvat-cli task auto-annotate 12 --function-module posetune.label.cvat.function -p model=str:heavy

or registered with an agent (``cvat-cli function create-native``, ``run-agent``), for a button in CVAT itself. The task's label is
that of ``posetune cvat labels``.
"""

from __future__ import annotations

from collections.abc import Sequence

import cvat_sdk.auto_annotation as cvataa
import numpy as np
import PIL.Image
from cvat_sdk import models

from posetune import stock
from posetune.data.formats.cvat_shapes import ATTRIBUTES, STATUS
from posetune.data.formats.cvat_writer import LABEL
from posetune.data.origin import PRELABEL
from posetune.label.prelabel import Proposal, found_in, proposals
from posetune.runtime.load import load
from posetune.runtime.own_points import OwnLandmarker
from posetune.runtime.pose import MIN_VISIBILITY, Pose
from posetune.runtime.tiles import Tiles
from posetune.skeleton import BLAZEPOSE

_LABEL_ID, _STATUS_ID = 0, 0


def create(model: str = "full", detector: str | None = None, people: int = 10, tiles: str = "off") -> PoseFunction:
    """What ``--function-module`` calls, with the parameters that ``-p`` gives.

    ``model``, ``detector``: as for ``posetune.load``; ``people``: at most so many in an image; ``tiles``: as ``--tiles``. Raises
    PosetuneError if there is no such network.
    """
    return PoseFunction(model, detector, people, Tiles.of(tiles))


class PoseFunction:
    """The people of an image as skeletons; a point that is not seen is occluded, one beyond the image outside."""

    def __init__(self, model: str, detector: str | None, people: int, tiles: Tiles | None) -> None:
        networks = stock.resolve(model)
        if detector is not None:
            networks = networks.with_detector(stock.detector_of(detector))
        self._landmarker = load(networks, crowd=True)
        self._people, self._tiles = people, tiles
        own = self._landmarker if isinstance(self._landmarker, OwnLandmarker) else None
        self._own = own is not None
        self.skeleton = BLAZEPOSE if own is None else own.network.described.skeleton
        kind, values = ATTRIBUTES[STATUS]
        self.spec = cvataa.DetectionFunctionSpec(
            labels=[
                cvataa.skeleton_label_spec(
                    LABEL,
                    _LABEL_ID,
                    [cvataa.keypoint_spec(name, i) for i, name in enumerate(self.skeleton.names)],
                    attributes=[cvataa.attribute_spec(STATUS, _STATUS_ID, kind, list(values))],
                )
            ]
        )

    def detect(
        self, context: cvataa.DetectionFunctionContext, image: PIL.Image.Image
    ) -> Sequence[models.LabeledShapeRequest]:
        """The people in ``image`` whose score is at least the context's threshold, if it has one."""
        rgb = np.array(image.convert("RGB"))
        poses = found_in(self._landmarker, rgb, self._people, self._tiles)
        if self._own:
            found = [(pose.score, _of_pose(pose, rgb.shape[1], rgb.shape[0])) for pose in poses]
        else:
            found = [(one.score, _of_proposal(one)) for one in proposals(self._landmarker, rgb, poses)]
        least = context.conf_threshold or 0.0
        return [self._shape(points) for score, points in found if score >= least]

    def _shape(self, points: np.ndarray) -> models.LabeledShapeRequest:
        """``points``: (K, 4) x, y in image px, occluded, outside."""
        return cvataa.skeleton(
            _LABEL_ID,
            [
                cvataa.keypoint(i, [x, y], occluded=bool(occluded), outside=bool(outside))
                for i, (x, y, occluded, outside) in enumerate(points.tolist())
            ],
            attributes=[models.AttributeValRequest(spec_id=_STATUS_ID, value=PRELABEL)],
        )


def _of_proposal(one: Proposal) -> np.ndarray:
    """(K, 4): points that nobody knows stand, outside, in the middle."""
    points = np.zeros((len(one.keypoints), 4))
    points[:, :2] = np.round(one.points_px, 3)
    inside = one.keypoints[:, 2] > 0
    points[:, 2] = np.where(inside, one.keypoints[:, 2] == 1, one.outside[:, 2] == 1)
    points[:, 3] = ~inside
    return _placed(points)


def _of_pose(pose: Pose, width: int, height: int) -> np.ndarray:
    points = np.zeros((pose.skeleton.count, 4))
    points[:, :2] = np.round(pose.landmarks_px[:, :2], 3)
    points[:, 2] = pose.visibility < MIN_VISIBILITY
    inside = (points[:, :2] >= 0).all(axis=1) & (points[:, 0] < width) & (points[:, 1] < height)
    points[:, 3] = ~inside
    return _placed(points)


def _placed(points: np.ndarray) -> np.ndarray:
    nowhere = ~np.isfinite(points[:, :2]).all(axis=1)
    points[nowhere, :2] = points[~nowhere, :2].mean(axis=0) if (~nowhere).any() else 0.0
    points[nowhere, 3] = 1
    return points
