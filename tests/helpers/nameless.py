"""People with points in no order that anybody knows, and a network that sees them."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from posetune.landmarks import COCO17, INDEX

#: Where a person's points lie, front view, in torsos from mid-hip.
FRONT = {
    "nose": (0, -1.55), "left_eye_inner": (0.03, -1.62), "left_eye": (0.07, -1.62), "left_eye_outer": (0.1, -1.62),
    "left_ear": (0.17, -1.58), "mouth_left": (0.05, -1.45), "left_shoulder": (0.35, -1), "left_elbow": (0.5, -0.5),
    "left_wrist": (0.55, -0.05), "left_pinky": (0.58, 0.07), "left_index": (0.55, 0.09), "left_thumb": (0.5, 0.05),
    "left_hip": (0.2, 0), "left_knee": (0.22, 0.8), "left_ankle": (0.23, 1.55), "left_heel": (0.22, 1.65),
    "left_foot_index": (0.3, 1.7),
}  # fmt: skip


def bodies(count: int, seed: int = 0) -> np.ndarray:
    """(count, 33, 2) px: people of 100 px torso, each with limbs of its own; every third is seen from behind."""
    rng = np.random.default_rng(seed)
    at = np.zeros((33, 2))
    for name, (x, y) in FRONT.items():
        at[INDEX[name]] = x, y
        mirrored = name.replace("mouth_left", "mouth_right").replace("left_", "right_")
        at[INDEX[mirrored]] = -x, y
    people = at[None] + rng.normal(0, 0.02, (count, 33, 2))
    for first, sd in (("elbow", 0.2), ("knee", 0.15)):
        rest = ("wrist", "pinky", "index", "thumb") if first == "elbow" else ("ankle", "heel", "foot_index")
        for side in ("left", "right"):
            move = rng.normal(0, sd, (count, 1, 2))
            people[:, [INDEX[f"{side}_{part}"] for part in (first, *rest)]] += move
    people[::3, :, 0] *= -1
    return people * 100 + 300


def away(truth: np.ndarray, columns: list[int], noise: float = 0.06, seed: int = 1) -> np.ndarray:
    """(N, K, 33) distances in torsos from labels of ``columns`` to a network's answers, each off by ``noise`` torsos."""
    rng = np.random.default_rng(seed)
    labels = truth[:, columns] + rng.normal(0, 100 * noise, (len(truth), len(columns), 2))
    found = np.linalg.norm(labels[:, :, None] - truth[:, None], axis=-1) / 100
    found[rng.random(found.shape[:2]) < 0.2] = np.nan
    return found


COCO = list(COCO17)


class Seer:
    """Stands for a landmarker that answers with the truth: of the body whose middle is nearest to the box's."""

    def __init__(self, truth: np.ndarray) -> None:
        self.truth = truth
        self.asked = 0

    def poses_in(self, rgb: np.ndarray, boxes: list):
        truth = self.truth[self.asked % len(self.truth)]
        self.asked += 1
        yield SimpleNamespace(landmarks_px=np.column_stack([truth, np.zeros(33)]))
