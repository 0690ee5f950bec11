"""The 33 landmarks of BlazePose: names, flip partners, edges, body regions, angles, and names in other schemas.

Every other module takes these facts from here. Order and names are MediaPipe's (``mediapipe.tasks`` PoseLandmark).
"left" is the person's own left.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

NAMES: tuple[str, ...] = (
    "nose",
    "left_eye_inner", "left_eye", "left_eye_outer",
    "right_eye_inner", "right_eye", "right_eye_outer",
    "left_ear", "right_ear",
    "mouth_left", "mouth_right",
    "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow",
    "left_wrist", "right_wrist",
    "left_pinky", "right_pinky",
    "left_index", "right_index",
    "left_thumb", "right_thumb",
    "left_hip", "right_hip",
    "left_knee", "right_knee",
    "left_ankle", "right_ankle",
    "left_heel", "right_heel",
    "left_foot_index", "right_foot_index",
)  # fmt: skip
COUNT = len(NAMES)  # 33
INDEX: dict[str, int] = {name: i for i, name in enumerate(NAMES)}

#: The networks give 39 points: the 33, two auxiliary ones that steer the next frame's crop, four unused.
NETWORK_COUNT = 39
AUX_CENTER, AUX_CIRCLE = 33, 34


def _partner(name: str) -> str:
    for a, b in (("left", "right"), ("right", "left")):
        if a in name:
            return name.replace(a, b)
    return name


#: FLIP[i] is the landmark that i becomes when the image is mirrored. An involution.
FLIP: np.ndarray = np.array([INDEX[_partner(name)] for name in NAMES])

#: The lines of a drawn skeleton (MediaPipe's POSE_CONNECTIONS).
EDGES: tuple[tuple[int, int], ...] = (
    (0, 1), (1, 2), (2, 3), (3, 7), (0, 4), (4, 5), (5, 6), (6, 8), (9, 10),
    (11, 12), (11, 13), (13, 15), (15, 17), (15, 19), (15, 21), (17, 19),
    (12, 14), (14, 16), (16, 18), (16, 20), (16, 22), (18, 20),
    (11, 23), (12, 24), (23, 24), (23, 25), (24, 26), (25, 27), (26, 28),
    (27, 29), (28, 30), (29, 31), (30, 32), (27, 31), (28, 32),
)  # fmt: skip

LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP = 11, 12, 23, 24

#: Body regions, for tables by region and for left/right swap tests.
REGIONS: dict[str, tuple[int, ...]] = {
    "face": tuple(range(11)),
    "torso": (11, 12, 23, 24),
    "arms": (13, 14, 15, 16),
    "hands": (17, 18, 19, 20, 21, 22),
    "legs": (25, 26, 27, 28),
    "feet": (29, 30, 31, 32),
}

#: Usual lengths of bones in units of the torso diagonal, of either side.
USUAL_BONES: dict[tuple[str, str], float] = {
    ("shoulder", "elbow"): 0.55, ("elbow", "wrist"): 0.48, ("hip", "knee"): 0.78, ("knee", "ankle"): 0.76,
    ("shoulder", "hip"): 0.93, ("wrist", "index"): 0.18, ("wrist", "pinky"): 0.18, ("wrist", "thumb"): 0.14,
    ("ankle", "heel"): 0.16, ("heel", "foot_index"): 0.42, ("ankle", "foot_index"): 0.38,
}  # fmt: skip


def side_of(index: int) -> str:
    """ "left", "right" or "middle": on which side of the person a landmark lies."""
    name = NAMES[index]
    return "left" if "left" in name else "right" if "right" in name else "middle"


@dataclass(frozen=True)
class Angle:
    """An interior joint angle at ``b`` of the path a-b-c, as landmark indices."""

    name: str
    a: int
    b: int
    c: int


def _angles() -> tuple[Angle, ...]:
    paths = {
        "elbow": ("shoulder", "elbow", "wrist"),
        "shoulder": ("hip", "shoulder", "elbow"),
        "hip": ("shoulder", "hip", "knee"),
        "knee": ("hip", "knee", "ankle"),
    }
    return tuple(
        Angle(f"{side}_{joint}", *(INDEX[f"{side}_{part}"] for part in path))
        for joint, path in paths.items()
        for side in ("left", "right")
    )


ANGLES: tuple[Angle, ...] = _angles()

#: COCO's 17 keypoints, as BlazePose indices in COCO's order, and their OKS sigmas (cocodataset.org, "keypoints-eval").
COCO17: tuple[int, ...] = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
COCO17_SIGMAS: np.ndarray = np.array(
    [.026, .025, .025, .035, .035, .079, .079, .072, .072, .062, .062, .107, .107, .087, .087, .089, .089]
)  # fmt: skip

# Other spellings of the same anatomy, by the name with separators folded to "_" and in lower case. What is not the
# same anatomy (neck, head top, pelvis, spine) is left out on purpose and reported as dropped.
_ALIASES: dict[str, str] = {
    "mouth_l": "mouth_left", "mouth_r": "mouth_right",
    "left_mouth": "mouth_left", "right_mouth": "mouth_right",
}  # fmt: skip
_PART_ALIASES: dict[str, str] = {
    "big_toe": "foot_index", "bigtoe": "foot_index", "toe": "foot_index", "toes": "foot_index",
    "eye_center": "eye",
    "pinky_finger": "pinky", "little_finger": "pinky", "index_finger": "index", "pinky_1": "pinky",
    "index_1": "index", "thumb_2": "thumb",
    "pinky_finger1": "pinky", "forefinger1": "index", "thumb2": "thumb",
    "sho": "shoulder", "elb": "elbow", "wri": "wrist", "kne": "knee", "ank": "ankle",
}  # fmt: skip
#: Parts that may stand right behind the letter of their side ("lwrist", "RHIP"); not the ear: "rear" is none.
_GLUED_PARTS = frozenset(
    {"shoulder", "elbow", "wrist", "hip", "knee", "ankle", "heel", "eye", "thumb", "pinky", "bigtoe"}
)
#: Words that people use for several of the 33; which one is meant has to be asked.
_AMBIGUOUS: dict[str, tuple[str, ...]] = {
    "foot": ("ankle", "heel", "foot_index"), "feet": ("ankle", "heel", "foot_index"),
    "front_foot": ("foot_index",), "back_foot": ("heel",), "hand": ("wrist", "index"), "palm": ("wrist", "index"),
    "finger": ("index",), "fingertip": ("index",),
}  # fmt: skip


def canonical_name(name: str) -> str | None:
    """The landmark that ``name`` means in some other schema, or None if there is none among the 33.

    Knows separators and case ("Left Shoulder", "left-shoulder", "leftShoulder"), sides in front, behind and
    abbreviated ("shoulder_l", "l_shoulder", "LShoulder", "lwrist", "r_wri"), what stands before a dot ("person.left_wrist"),
    and the spellings of COCO, Halpe, COCO-WholeBody, MPII and LSP. Feet and hands are several of the 33: never guessed.
    """
    found = _spelt(name)
    if found is None and "." in name:
        return _spelt(name.rpartition(".")[2])
    return found


def nearest_names(name: str, most: int = 3) -> list[str]:
    """Those of the 33 that ``name``, which means none of them, may have been meant for; the likeliest first."""
    words = _words(name)
    side = next((_SIDES[w] for w in words if w in _SIDES), None)
    if side is None and words and words[0][:1] in _SIDES and words[0][1:] in _AMBIGUOUS:  # "LFoot", "lhand"
        side, words = _SIDES[words[0][0]], [words[0][1:], *words[1:]]
    part = "_".join(w for w in words if w not in _SIDES)
    sides = (side,) if side else ("left", "right")
    if part in _AMBIGUOUS:
        return [f"{s}_{p}" for p in _AMBIGUOUS[part] for s in sides][: max(most, len(_AMBIGUOUS[part]))]
    wanted = "_".join([side, part] if side else [part])
    return difflib.get_close_matches(wanted, NAMES, most, 0.7)


_SIDES = {"l": "left", "left": "left", "r": "right", "right": "right", "lt": "left", "rt": "right"}


def _words(name: str) -> list[str]:
    """The words of a name in lower case: "LBigToe" → l, big, toe."""
    text = "".join(f"_{c}" if c.isupper() and i and (name[i - 1].islower()) else c for i, c in enumerate(name))
    if len(name) > 2 and name[0] in "LR" and name[1].isupper() and name[2].islower():  # "LShoulder", "RBigToe"
        text = f"{name[0]}_{''.join(f'_{c}' if c.isupper() and i else c for i, c in enumerate(name[1:]))}"
    return [w for w in "".join(c if c.isalnum() else "_" for c in text).lower().split("_") if w]


def _spelt(name: str) -> str | None:
    words = _words(name)
    if len(words) == 1 and words[0][:1] in ("l", "r") and words[0][1:] in _GLUED_PARTS:
        words = [words[0][0], words[0][1:]]
    joined = "_".join(words)
    if joined in INDEX:
        return joined
    if joined in _ALIASES:
        return _ALIASES[joined]
    for position in (0, len(words) - 1):
        if len(words) > 1 and words[position] in _SIDES:
            side = _SIDES[words[position]]
            part = "_".join(words[:position] + words[position + 1 :])
            part = _PART_ALIASES.get(part, part)
            for candidate in (f"{side}_{part}", f"{part}_{side}"):
                if candidate in INDEX:
                    return candidate
    return None


def match_names(
    names: Sequence[str], meant: Mapping[str, str | None] | None = None
) -> tuple[dict[int, int], list[str]]:
    """Map another schema's keypoints to the 33 by name, never by position.

    Returns ``(mapping, dropped)``: ``mapping[i]`` is the landmark that the schema's i-th keypoint means, ``dropped``
    the names that mean none of the 33. A landmark named twice goes to the first; the second counts as dropped.
    ``meant``: name → one of the 33, or None for none, which goes before what names mean by themselves.
    """
    said = meant or {}
    wanted = set(said.values())
    mapping: dict[int, int] = {}
    dropped: list[str] = []
    for i, name in enumerate(names):
        found = said[name] if name in said else canonical_name(name)
        if name not in said and found in wanted:  # somebody else is said to be it
            found = None
        if found is None or INDEX[found] in mapping.values():
            dropped.append(name)
        else:
            mapping[i] = INDEX[found]
    return mapping, dropped
