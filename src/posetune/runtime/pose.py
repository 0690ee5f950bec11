"""What the runtime finds: one person, and the people of one frame."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from posetune.errors import PosetuneError
from posetune.geometry import Crop, joint_angles
from posetune.landmarks import canonical_name
from posetune.skeleton import BLAZEPOSE, Skeleton

#: Points at least this visible are told as visible and drawn as dots.
MIN_VISIBILITY = 0.5


@dataclass(frozen=True)
class Point:
    """One point of a pose.

    ``x``, ``y``, ``z``: image px, as in ``Pose.landmarks_px``; ``visibility``, ``presence``: 0…1; ``world``: x, y, z in
    metres, hip-centred. NaN is what the network does not tell (z, presence and world of points that are none of the 33).
    """

    name: str
    x: float
    y: float
    z: float
    visibility: float
    presence: float
    world: tuple[float, float, float]


@dataclass(frozen=True, eq=False, repr=False)
class Pose:
    """One person: ``pose["left_knee"]`` is a :class:`Point`, and a loop over the pose gives them all.

    ``landmarks_px``: (33, 3) float32, x and y in image px; z in image px as well, towards the camera
        negative, the hips' middle near 0: MediaPipe's normalised z times the image's width.
    ``visibility``, ``presence``: (33,) float32, 0…1: seen at all, and inside the image.
    ``world``: (33, 3) float32 metres, hip-centred, x right, y down, z away from the camera.
    ``score``: the landmark network's word on whether this is a person, 0…1.
    ``auxiliary_px``: (2, 3) float32 image px: the hip centre and the point on the circle that steer the
    next crop.
    ``crop``: the window of the image that was looked at.
    ``detection_score``: the detector's word, 0…1; 1 where the crop was given.
    ``skeleton``: which points these are: MediaPipe's 33, or the K of a network with points of its own (then z,
    presence and world are NaN for points that are none of the 33).
    ``mask``: (size, size) float32, 0…1, the person in the crop's frame, where segmentation was asked for; None
    otherwise. ``runtime.mask.on_image`` lays it onto the image.
    ``id``: who it is, from 1, where a video is tracked; None otherwise.
    """

    landmarks_px: np.ndarray
    visibility: np.ndarray
    presence: np.ndarray
    world: np.ndarray
    score: float
    auxiliary_px: np.ndarray
    crop: Crop
    detection_score: float = 1.0
    skeleton: Skeleton = BLAZEPOSE
    mask: np.ndarray | None = None
    id: int | None = None

    @property
    def box_px(self) -> tuple[float, float, float, float]:
        """x, y, width, height in image px of the smallest upright box around the points (the person reaches beyond it)."""
        known = self.landmarks_px[np.isfinite(self.landmarks_px[:, :2]).all(axis=1), :2]
        if not len(known):
            return (math.nan,) * 4
        (x, y), (right, bottom) = known.min(axis=0).tolist(), known.max(axis=0).tolist()
        return x, y, right - x, bottom - y

    def __getitem__(self, name: str) -> Point:
        """The point ``name`` ("left_knee"), one of ``skeleton.names``. Raises PosetuneError for another name."""
        return self._point(_position(name, self.skeleton.names, "point"))

    def __contains__(self, name: object) -> bool:
        """Whether ``pose[name]`` is there; without it, ``in`` would look for the name among the points, and never find it."""
        return name in self.skeleton.names

    def __iter__(self) -> Iterator[Point]:
        return map(self._point, range(self.skeleton.count))

    def _point(self, i: int) -> Point:
        x, y, z = self.landmarks_px[i].tolist()
        a, b, c = self.world[i].tolist()
        return Point(self.skeleton.names[i], x, y, z, float(self.visibility[i]), float(self.presence[i]), (a, b, c))

    def angle(self, joint: str) -> float:
        """The interior angle at ``joint`` in degrees, 0 to 180, in the image plane: 180 is a straight limb.

        ``joint``: left or right elbow (shoulder–elbow–wrist), shoulder (hip–shoulder–elbow), hip (shoulder–hip–knee) or
        knee (hip–knee–ankle), as "left_knee". NaN where two of its three points coincide; how visible they are is not
        asked (look at ``pose[joint].visibility``). Raises PosetuneError for a joint that the pose does not have.
        """
        angles = self.skeleton.angles
        i = _position(joint, [angle.name for angle in angles], "joint angle")
        return float(joint_angles(self.landmarks_px, angles[i : i + 1])[0])

    def to_dict(self) -> dict[str, Any]:
        """The pose as what JSON knows, the same keys in ``predictions.json`` and everywhere (docs/reference/json.md).

        Rounded to 0.001 px, 0.0001 for visibility, presence and metres. NaN is None. The mask is left out.
        """
        keypoints = [
            number
            for (x, y, _), v in zip(self.landmarks_px.tolist(), self.visibility.tolist(), strict=True)
            for number in (_rounded(x, 3), _rounded(y, 3), _rounded(v, 4))
        ]
        crop = self.crop
        content: dict[str, Any] = {
            "keypoints": keypoints,
            "score": round(float(self.score), 5),
            "detection_score": round(float(self.detection_score), 5),
            "z": [_rounded(z, 3) for z in self.landmarks_px[:, 2].tolist()],
            "presence": [_rounded(p, 4) for p in self.presence.tolist()],
            "world": [[_rounded(v, 4) for v in point] for point in self.world.tolist()],
            "crop": [round(crop.cx, 3), round(crop.cy, 3), round(crop.side, 3), round(crop.angle, 6)],
            "auxiliary": [[_rounded(v, 3) for v in point] for point in self.auxiliary_px.tolist()],
        }
        if self.skeleton is not BLAZEPOSE:
            described = self.skeleton.as_json()
            content |= {"keypoint_names": described.pop("keypoints"), "skeleton": described}
        if self.id is not None:
            content["track_id"] = self.id
        return content

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Pose:
        """The pose that :meth:`to_dict` described; other keys are passed over, so an entry of ``predictions.json`` will do.

        The crop comes back as a plain Crop, which draws and cuts but steers no tracking. Raises PosetuneError for what is
        no pose.
        """
        try:
            keypoints = np.array(content["keypoints"], np.float32).reshape(-1, 3)
            z = np.array(content["z"], np.float32)
            cx, cy, side, angle = (float(v) for v in content["crop"])
            pose = cls(
                landmarks_px=np.column_stack([keypoints[:, :2], z]),
                visibility=keypoints[:, 2],
                presence=np.array(content["presence"], np.float32),
                world=np.array(content["world"], np.float32).reshape(-1, 3),
                score=float(content["score"]),
                auxiliary_px=np.array(content["auxiliary"], np.float32).reshape(2, 3),
                crop=Crop(cx, cy, side, angle),
                detection_score=float(content["detection_score"]),
                skeleton=_skeleton(content),
                id=content.get("track_id"),
            )
            shapes = [len(pose.landmarks_px), len(pose.presence), len(pose.world)]
            if shapes != [pose.skeleton.count] * 3:
                raise ValueError(f"{shapes} points where {pose.skeleton.count} have names")
        except KeyError as error:
            raise PosetuneError(f"This is no pose as posetune writes it: it lacks {error}.") from error
        except (TypeError, ValueError, AttributeError) as error:
            raise PosetuneError(f"This is no pose as posetune writes it: {error}.") from error
        return pose

    def to_json(self) -> str:
        """:meth:`to_dict` as one line of JSON."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_json(cls, text: str | bytes) -> Pose:
        """The pose that :meth:`to_json` wrote. Raises PosetuneError for anything else."""
        try:
            content = json.loads(text)
        except (TypeError, ValueError) as error:
            raise PosetuneError(f"This is no pose as posetune writes it: it is not JSON ({error}).") from error
        return cls.from_dict(content)

    def __repr__(self) -> str:
        visible = int((self.visibility >= MIN_VISIBILITY).sum())
        x, y, width, height = self.box_px
        who = "" if self.id is None else f", id {self.id}"
        return (
            f"<Pose: score {self.score:.2f}, box {width:.0f}×{height:.0f} px at ({x:.0f}, {y:.0f}), "
            f"{visible} of {self.skeleton.count} points visible{who}>"
        )


def _position(name: object, names: Sequence[str], what: str) -> int:
    """Where ``name`` stands in ``names``. Raises PosetuneError with the nearest name where it does not."""
    if name in names:
        return list(names).index(str(name))
    meant = canonical_name(str(name))
    near = [meant] if meant in names else difflib.get_close_matches(str(name), names, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names) or 'none'}."
    raise PosetuneError(f"This pose has no {what} {name!r}; {hint}")


def _skeleton(content: Mapping[str, Any]) -> Skeleton:
    if "keypoint_names" not in content:
        return BLAZEPOSE
    return Skeleton.from_json({**content["skeleton"], "keypoints": content["keypoint_names"]})


def _rounded(value: float, digits: int) -> float | None:
    return None if math.isnan(value) else round(value, digits)


class Tracked(list[Pose]):
    """The people of one frame, longest followed first: a list of Pose, each with its ``id``, and the frame itself.

    ``rgb``: (H, W, 3) uint8; ``seconds``: when it is shown; ``frame``: its number, from 0.
    """

    def __init__(self, poses: Iterable[Pose], rgb: np.ndarray, seconds: float, frame: int) -> None:
        super().__init__(poses)
        self.rgb, self.seconds, self.frame = rgb, seconds, frame
