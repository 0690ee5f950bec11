"""Stick figures that do exercises in the image plane: 33 points by trigonometry, for tests of the coach."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from posetune.coach.sample import Sample
from posetune.geometry import Crop
from posetune.landmarks import INDEX
from posetune.runtime.pose import Pose

TRUNK, THIGH, SHANK, UPPER_ARM, FOREARM = 130.0, 110.0, 105.0, 75.0, 65.0
FLOOR = 700.0
#: px of a picture are so many to a metre of the world.
PX_PER_M = 300.0


def figure(
    time_s: float, joints: dict[str, tuple[float, float]], turned: float = 90.0, hidden: tuple[str, ...] = ()
) -> Sample:
    """``joints``: part, or side_part, → image px. The rest lies at the nearest told part. ``turned``: degrees."""
    points = np.full((33, 2), np.nan)
    for name, i in INDEX.items():
        part = name.removeprefix("left_").removeprefix("right_")
        where = joints.get(
            name, joints.get(part, joints["shoulder" if i < 25 else "ankle"] if "shoulder" in joints else None)
        )
        points[i] = where if where is not None else joints["left_shoulder" if i < 25 else "left_ankle"]
    across = np.array([math.cos(math.radians(turned)), 0, math.sin(math.radians(turned))]) * 0.17
    world = np.column_stack([points / PX_PER_M, np.zeros(33)])
    for name, i in INDEX.items():
        world[i] += across * (name.startswith("left_") - float(name.startswith("right_")))
    visibility = np.full(33, 0.99, np.float32)
    for name in hidden:
        visibility[INDEX[name]] = 0.1
    return Sample(time_s, points, visibility, world)


def _up(start: tuple[float, float], length: float, lean: float) -> tuple[float, float]:
    """From ``start`` upwards, leaning ``lean`` degrees to the right."""
    return start[0] + length * math.sin(math.radians(lean)), start[1] - length * math.cos(math.radians(lean))


def squatting(
    depth: float, x: float = 400.0, floor: float = FLOOR, lean: float = 40.0
) -> dict[str, tuple[float, float]]:
    """Side view; ``depth`` 0 stands, 1 has level thighs. ``lean``: of the trunk at depth 1, degrees."""
    ankle = (x, floor)
    knee = _up(ankle, SHANK, 30 * depth)
    hip = _up(knee, THIGH, -90 * depth)
    shoulder = _up(hip, TRUNK, lean * depth)
    elbow = _up(shoulder, UPPER_ARM, 90)
    return {
        "ankle": ankle,
        "knee": knee,
        "hip": hip,
        "shoulder": shoulder,
        "elbow": elbow,
        "wrist": _up(elbow, FOREARM, 90),
        "foot_index": (x + 40, floor),
    }


def lifting(depth: float, x: float = 400.0) -> dict[str, tuple[float, float]]:
    """A deadlift from the side: at ``depth`` 1 the hands are at the shanks."""
    ankle = (x, FLOOR)
    knee = _up(ankle, SHANK, 12 * depth)
    hip = _up(knee, THIGH, -50 * depth)
    shoulder = _up(hip, TRUNK, 70 * depth)
    wrist = (shoulder[0], shoulder[1] + UPPER_ARM + FOREARM)
    elbow = (shoulder[0], shoulder[1] + UPPER_ARM)
    return {
        "ankle": ankle,
        "knee": knee,
        "hip": hip,
        "shoulder": shoulder,
        "elbow": elbow,
        "wrist": wrist,
        "foot_index": (x + 40, FLOOR),
    }


def pressing_up(depth: float, sag: float = 0.0) -> dict[str, tuple[float, float]]:
    """A push-up from the side, head to the right; ``depth`` 1: the chest near the floor. ``sag``: px that the hip hangs lower."""
    wrist = (700.0, FLOOR)
    reach = UPPER_ARM + FOREARM
    shoulder = (700.0, FLOOR - reach * (1 - 0.75 * depth))
    ankle = (700.0 - (TRUNK + THIGH + SHANK) * 0.97, FLOOR - 20)
    hip = (shoulder[0] + (ankle[0] - shoulder[0]) * 0.38, shoulder[1] + (ankle[1] - shoulder[1]) * 0.38 + sag)
    knee = ((hip[0] + ankle[0]) / 2, (hip[1] + ankle[1]) / 2)
    middle = (shoulder[1] + wrist[1]) / 2
    out = math.sqrt(max(0.0, UPPER_ARM**2 - ((wrist[1] - shoulder[1]) / 2) ** 2))
    return {
        "wrist": wrist,
        "shoulder": shoulder,
        "elbow": (700.0 - out, middle),
        "hip": hip,
        "knee": knee,
        "ankle": ankle,
        "foot_index": (ankle[0], FLOOR),
    }


def repeated(
    pose: Callable[[float], dict[str, tuple[float, float]]], count: int, *, period_s: float = 2.0, fps: float = 30.0,
    rest_s: float = 1.0, deepest: float = 1.0, noise_px: float = 0.0, seed: int = 0, turned: float = 90.0,
) -> Iterator[Sample]:  # fmt: skip
    """Rest, ``count`` movements of ``period_s`` with rests between, rest."""
    rng = np.random.default_rng(seed)
    length = rest_s + count * (period_s + rest_s)
    for n in range(int(length * fps)):
        t = n / fps
        within = (t - rest_s) % (period_s + rest_s) if t >= rest_s else period_s
        depth = deepest * (0.5 - 0.5 * math.cos(2 * math.pi * within / period_s)) if within < period_s else 0.0
        sample = figure(t, pose(depth), turned)
        yield Sample(t, sample.points + rng.normal(0, noise_px, (33, 2)), sample.visibility, sample.world)


def pose(sample: Sample, id: int | None = 1, scale: float = 1.0) -> Pose:
    points = np.column_stack([sample.points * scale, np.zeros(33)]).astype(np.float32)
    return Pose(
        points,
        sample.visibility,
        sample.visibility,
        sample.world.astype(np.float32),
        0.9,
        np.zeros((2, 3), np.float32),
        Crop(0, 0, 1, 0),
        id=id,
    )


def clip(samples: Iterable[Sample], **more) -> list[tuple[float, Sequence[Pose]]]:
    return [(s.time_s, [pose(s, **more)]) for s in samples]


def write_predictions(path: Path, samples: Iterable[Sample]) -> Path:
    """What predict writes about a video of ``samples``."""
    rows = [
        {"image_id": n, "category_id": 1, **pose(s).to_dict(), "file_name": "clip.mp4", "frame": n, "seconds": s.time_s}
        for n, s in enumerate(samples)
    ]
    path.write_text(json.dumps(rows))
    return path
