"""What a pose says about a body, free of scale: the measures that rules of exercises are written in.

Lengths are in parts of a limb of the same person (its longest so far, as it is shortest where it points at the camera); angles in
degrees. In the image plane, with y down and gravity along it: a camera that hangs askew shifts what is told against the vertical.
Those that end in ``_3d`` are by the world landmarks, coarse but from any side: for telling movements apart, not for judging form.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from posetune.coach.limbs import ARM, JOINTS, LEG, OF_BOTH, SIDES, between, both, mean, ratio
from posetune.coach.sample import Sample
from posetune.coach.world import WORLD_MEASURES
from posetune.landmarks import INDEX
from posetune.runtime.pose import MIN_VISIBILITY

#: Degrees by which the body is turned away from facing the camera (or its back): below, a front view; above, a side view.
FRONT_BELOW, SIDE_ABOVE = 35.0, 55.0
#: The nearer side changes only if the other one is more visible by this.
_SIDE_GAP = 0.1
#: How fast a limb's longest length forgets an outlier: per second.
_LENGTH_DECAY = 0.01
#: Nobody stands lower than this, in parts of the leg (of an arm: hangs shorter), however they were seen so far.
_LEAST_STANDING, _LEAST_REACH = 0.8, 0.85
#: Seconds over which the size in the picture is smoothed.
_SIZE_S = 0.5
_TRUNK_ANDLEGS = [INDEX[f"{side}_{p}"] for side in SIDES for p in ("shoulder", *LEG)]
#: What tells which side is the nearer one: how visible it is, and how deep it lies.
_SEEN = {side: [INDEX[f"{side}_{p}"] for p in ("shoulder", *LEG)] for side in SIDES}
_DEPTH = {side: [INDEX[f"{side}_{p}"] for p in ("shoulder", "hip")] for side in SIDES}


@dataclass(frozen=True)
class Scale:
    """Lengths in image px that a person's lengths are measured by; NaN while unknown. ``standing``: hip over ankle when upright;
    ``reach``: shoulder over wrist with the arm straight down.
    """

    leg: float
    arm: float
    thigh: float
    standing: float = math.nan
    reach: float = math.nan


@dataclass
class Ruler:
    """Follows how long a person's limbs are, and which side is the nearer one. One for each person; ``see`` every sample."""

    side: str | None = None
    _lengths: dict[str, float] = field(default_factory=dict)
    _last_s: float | None = None
    _size: float = math.nan

    def see(self, sample: Sample) -> Body:
        """The body in ``sample``, measured by all that was seen so far."""
        self._choose_side(sample)
        passed = max(0.0, sample.time_s - self._last_s) if self._last_s is not None else 0.0
        self._last_s = sample.time_s
        self._follow_size(sample, passed)
        leg = self._longest("leg", _chain(sample, LEG), passed)
        arm = self._longest("arm", _chain(sample, ARM), passed)
        scale = Scale(
            leg,
            arm,
            self._longest("thigh", _chain(sample, LEG[:2]), passed),
            float(np.fmax(self._longest("standing", _drop(sample, "hip", "ankle"), passed), _LEAST_STANDING * leg)),
            float(np.fmax(self._longest("reach", _drop(sample, "shoulder", "wrist"), passed), _LEAST_REACH * arm)),
        )
        return Body(sample, self.side or "left", scale)

    def _follow_size(self, sample: Sample, passed: float) -> None:
        """How large the person is in the picture, px a metre: whoever walks away gets smaller, limbs and all."""
        size = _size(sample)
        if not math.isfinite(size):
            return
        share = 1 - math.exp(-passed / _SIZE_S) if math.isfinite(self._size) else 1.0
        self._size = size if share == 1.0 else self._size + share * (size - self._size)

    def _choose_side(self, sample: Sample) -> None:
        seen = {side: float(sample.visibility[_SEEN[side]].mean()) for side in SIDES}
        depth = {side: float(sample.world[_DEPTH[side], 2].mean()) for side in SIDES}
        # MediaPipe's z grows away from the camera; 0.2 m between the shoulders weigh like a gap of visibility.
        lead = (seen["left"] - seen["right"]) + 0.5 * (depth["right"] - depth["left"])
        if self.side is None or abs(lead) > _SIDE_GAP:
            self.side = "left" if lead >= 0 else "right"

    def _longest(self, limb: str, length: float, passed: float) -> float:
        size = self._size if math.isfinite(self._size) else 1.0
        known = self._lengths.get(limb, math.nan)
        if math.isfinite(length):
            length /= size
            # A step towards the longer length, not a jump: one wild frame must not set the scale.
            kept = known * (1 - _LENGTH_DECAY * passed) if math.isfinite(known) else length
            known = max(kept, min(length, kept * 1.1))
            self._lengths[limb] = known
        return known * size


@dataclass(frozen=True)
class Body:
    """A sample with its scale: ``body.measure("hip_height")``. ``near``: the side nearer to the camera."""

    sample: Sample
    near: str
    scale: Scale
    _measured: dict[str, float] = field(default_factory=dict, repr=False, compare=False)

    @property
    def far(self) -> str:
        return "right" if self.near == "left" else "left"

    def measure(self, name: str) -> float:
        """One of :data:`MEASURES`; NaN where a point that it needs is not visible, or a length is not known yet."""
        known = self._measured.get(name)
        if known is None:
            known = self._measured[name] = MEASURES[name](self)
        return known

    def visible(self, part: str) -> bool:
        """``part``: "knee" of the nearer side, "left_knee", or "both_knee"."""
        return all(self.sample.visibility[INDEX[name]] >= MIN_VISIBILITY for name in names_of(part, self.near))

    def turned(self) -> float:
        """How far the body is turned from facing the camera or its back, degrees 0 to 90: 90 is a side view."""
        world = self.sample.world
        across = (world[INDEX["left_shoulder"]] - world[INDEX["right_shoulder"]]) + (
            world[INDEX["left_hip"]] - world[INDEX["right_hip"]]
        )
        if not np.isfinite(across).all() or not np.any(across):
            return math.nan
        return math.degrees(math.atan2(abs(float(across[2])), math.hypot(float(across[0]), float(across[1]))))

    def at(self, part: str, side: str | None = None) -> np.ndarray:
        """(2,) image px of a point of ``side``, the nearer one if not told; NaN where it is not visible."""
        i = INDEX[part if part in INDEX else f"{side or self.near}_{part}"]
        if self.sample.visibility[i] < MIN_VISIBILITY:
            return np.full(2, math.nan)
        point: np.ndarray = self.sample.points[i]
        return point

    def middle(self, part: str) -> np.ndarray:
        """(2,) image px between both sides where both are visible, else the visible one."""
        both = [p for p in (self.at(part, side) for side in SIDES) if np.isfinite(p).all()]
        return np.mean(both, axis=0) if both else np.full(2, math.nan)


def view_of(turned: float) -> str:
    """ "front" (or back), "side" or "oblique"; "unknown" where ``turned`` (degrees) is NaN."""
    if not math.isfinite(turned):
        return "unknown"
    return "front" if turned < FRONT_BELOW else "side" if turned > SIDE_ABOVE else "oblique"


def names_of(part: str, near: str) -> list[str]:
    """The landmarks that ``part`` means, as in :meth:`Body.visible`."""
    if part in INDEX:
        return [part]
    if part.startswith("both_"):
        return [f"{side}_{part.removeprefix('both_')}" for side in SIDES]
    return [f"{near}_{part}"]


def _chain(sample: Sample, parts: tuple[str, ...]) -> float:
    """The longer side's length along ``parts``, of those that are visible: image px."""
    lengths = []
    for side in SIDES:
        rows = [INDEX[f"{side}_{part}"] for part in parts]
        if (sample.visibility[rows] >= MIN_VISIBILITY).all() and np.isfinite(sample.points[rows]).all():
            lengths.append(float(np.linalg.norm(np.diff(sample.points[rows], axis=0), axis=1).sum()))
    return max(lengths, default=math.nan)


def _drop(sample: Sample, high: str, low: str) -> float:
    """How far the middle of ``low`` is below the middle of ``high``, px; NaN where one is not visible, or it is above."""
    heights = []
    for part in (high, low):
        rows = [INDEX[f"{side}_{part}"] for side in SIDES]
        seen = sample.visibility[rows] >= MIN_VISIBILITY
        heights.append(float(sample.points[rows, 1][seen].mean()) if seen.any() else math.nan)
    drop = heights[1] - heights[0]
    return drop if drop > 0 else math.nan


def _size(sample: Sample) -> float:
    """px a metre: how the points of trunk and legs lie in the picture, against how they lie in the world landmarks seen the same
    way (least squares); NaN where there are none.
    """
    rows = [i for i in _TRUNK_ANDLEGS if sample.visibility[i] >= MIN_VISIBILITY]
    points, world = sample.points[rows], sample.world[rows, :2]
    if len(rows) < 4 or not (np.isfinite(points).all() and np.isfinite(world).all()):
        return math.nan
    points, world = points - points.mean(axis=0), world - world.mean(axis=0)
    spread = float((world**2).sum())
    size = float((points * world).sum()) / spread if spread > 1e-6 else math.nan
    return size if size > 0 else math.nan


def _angle(body: Body, side: str, parts: tuple[str, str, str]) -> float:
    a, b, c = (body.at(part, side) for part in parts)
    return between(a - b, c - b)


def _from_vertical(low: np.ndarray, high: np.ndarray) -> float:
    return between(high - low, np.array([0.0, -1.0]))


def _from_level(a: np.ndarray, b: np.ndarray) -> float:
    tilt = between(b - a, np.array([1.0, 0.0]))
    return min(tilt, 180 - tilt)


def _body_line(body: Body) -> float:
    """Shoulder–hip–ankle as a signed angle: 180 straight, below it the hip hangs (sag), above it the hip stands out (pike)."""
    shoulder, hip, ankle = body.at("shoulder"), body.at("hip"), body.at("ankle")
    angle = between(shoulder - hip, ankle - hip)
    along = ankle - shoulder
    if not math.isfinite(angle) or along[0] == 0:
        return math.nan
    line_y = shoulder[1] + along[1] * (hip[0] - shoulder[0]) / along[0]
    return angle if hip[1] > line_y else 360 - angle


def _knees(body: Body) -> list[float]:
    return [k for k in (_angle(body, side, ("hip", "knee", "ankle")) for side in SIDES) if math.isfinite(k)]


def _apart(body: Body, part: str) -> float:
    a, b = body.at(part, "left"), body.at(part, "right")
    return abs(float(a[0] - b[0]))


def _wrist_over_shoulder(body: Body, side: str) -> float:
    return ratio(float(body.at("shoulder", side)[1] - body.at("wrist", side)[1]), body.scale.arm)


def _trunk_lean(body: Body) -> float:
    return _from_vertical(body.middle("hip"), body.middle("shoulder"))


def _shank_lean(body: Body) -> float:
    return _from_vertical(body.at("ankle"), body.at("knee"))


def _joint(body: Body, joint: str, which: str) -> float:
    if which == "near":
        return _angle(body, body.near, JOINTS[joint])
    if which in SIDES:
        return _angle(body, which, JOINTS[joint])
    return both(lambda side: _angle(body, side, JOINTS[joint]), OF_BOTH[which])


def _front_knee(body: Body) -> float:
    """Of the leg that stands ahead, to where the feet point; NaN from in front, where none is seen to."""
    facing = both(lambda side: float(body.at("foot_index", side)[0] - body.at("heel", side)[0]), mean)
    step = float(body.at("ankle", "left")[0] - body.at("ankle", "right")[0])
    if not (math.isfinite(facing) and math.isfinite(step)) or facing == 0 or abs(step) < 0.1 * body.scale.leg:
        return math.nan
    return _angle(body, "left" if step * facing > 0 else "right", JOINTS["knee"])


def _of_world(body: Body, measure: Callable[[Sample], float]) -> float:
    return measure(body.sample)


#: Name → what it measures. Angles are interior, 0 to 180 degrees; "over" and "height" grow upwards.
MEASURES: Mapping[str, Callable[[Body], float]] = {
    **{f"{which}_{joint}": partial(_joint, joint=joint, which=which) for joint in JOINTS for which in ("near", *SIDES, *OF_BOTH)},
    # lengths, in parts of the limb
    "hip_height": lambda b: ratio(float(b.middle("ankle")[1] - b.middle("hip")[1]), b.scale.leg),
    "hip_over_knee": lambda b: ratio(float(b.at("knee")[1] - b.at("hip")[1]), b.scale.thigh),
    "shoulder_over_wrist": lambda b: ratio(float(b.at("wrist")[1] - b.at("shoulder")[1]), b.scale.arm),
    "wrist_over_shoulder": lambda b: both(partial(_wrist_over_shoulder, b), mean),
    "wrist_over_ankle": lambda b: ratio(float(b.middle("ankle")[1] - b.middle("wrist")[1]), b.scale.leg),
    "shoulder_over_ankle": lambda b: ratio(float(b.middle("ankle")[1] - b.middle("shoulder")[1]), b.scale.leg),
    "ankles_apart": lambda b: ratio(_apart(b, "ankle"), b.scale.leg),
    "knees_to_ankles": lambda b: ratio(_apart(b, "knee"), _apart(b, "ankle")),
    # degrees against the vertical or the level
    "trunk_lean": _trunk_lean,
    "shank_lean": _shank_lean,
    "arm_lean": lambda b: _from_vertical(b.at("shoulder"), b.at("wrist")),
    "trunk_to_shank": lambda b: abs(_trunk_lean(b) - _shank_lean(b)),
    "body_tilt": lambda b: _from_level(b.at("shoulder"), b.at("ankle")),
    "arms_tilt": lambda b: _from_level(b.at("wrist", "left"), b.at("wrist", "right")),
    "body_line": _body_line,
    "front_knee": _front_knee,
    # against the person's own upright posture: alike from all sides and at any distance
    "standing_height": lambda b: ratio(float(b.middle("ankle")[1] - b.middle("hip")[1]), b.scale.standing),
    "push_height": lambda b: ratio(float(b.middle("wrist")[1] - b.middle("shoulder")[1]), b.scale.reach),
    **{name: partial(_of_world, measure=measure) for name, measure in WORLD_MEASURES.items()},
}  # fmt: skip
