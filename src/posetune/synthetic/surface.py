"""The body's surface as fields: parts, how far along a limb, the scalp; and points that are skinned with it."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from posetune.synthetic import body as bodies
from posetune.synthetic.body import Body, Posed, Shape
from posetune.synthetic.mesh import vertex_normals

#: Body parts as the truth picture names them.
PARTS = ("none", "head", "torso", "left_upper_arm", "right_upper_arm", "left_forearm", "right_forearm", "left_hand",
         "right_hand", "left_thigh", "right_thigh", "left_shin", "right_shin", "left_foot", "right_foot")  # fmt: skip


@dataclass(frozen=True)
class _Field:
    """Where each vertex lies along the body (mean shape): see ``fields``."""

    arm: np.ndarray
    leg: np.ndarray
    neck: np.ndarray
    part: np.ndarray


@functools.cache
def fields() -> _Field:
    """For all V vertices: ``arm`` 0 shoulder, 1 elbow, 2 wrist, 3 finger tips, below 0 on the trunk; ``leg`` 0 hip joint, 1 knee,
    2 ankle, 2.3 sole, below 0 above the hips (-1 ≈ shoulder height); ``neck`` metres from the pit of the neck; ``part`` code.
    """
    body = bodies.load()
    mean = body.shape(np.zeros(body.people_scores.shape[1]))
    v = mean.vertices
    head = {n: mean.heads[i] for n, i in body.bone.items()}
    arm = np.full(len(v), -0.5)
    for side in "LR":
        chain = [
            head[f"upperarm01.{side}"],
            head[f"lowerarm01.{side}"],
            head[f"wrist.{side}"],
            head[f"finger3-3.{side}"],
        ]
        along = np.full(len(v), -10.0)
        for k in range(3):
            d = chain[k + 1] - chain[k]
            t = (v - chain[k]) @ d / (d @ d)
            along = np.where(t > 0, k + np.clip(t, 0, 1), np.maximum(along, t if k == 0 else -10))
        weight = _weight(
            body,
            lambda n, s=side: (
                n.endswith(f".{s}") and n.startswith(("upperarm", "lowerarm", "wrist", "finger", "metacarpal"))
            ),
        )
        blended = weight * along + (1 - weight) * -0.5
        arm = np.where(weight > 0.02, np.maximum(arm, blended), arm)
    z = [head["upperleg01.L"][2], head["lowerleg01.L"][2], head["foot.L"][2]]
    shoulder = head["upperarm01.L"][2]
    height = v[:, 2]
    leg = np.select(
        [height > z[0], height > z[1], height > z[2]],
        [-(height - z[0]) / (shoulder - z[0]), (z[0] - height) / (z[0] - z[1]), 1 + (z[1] - height) / (z[1] - z[2])],
        2 + (z[2] - height) / z[2] * 0.3,
    )
    pit = (head["neck01"] + head["clavicle.L"] * [0, 1, 1]) / 2 * [0, 1, 1] + [0, -0.01, 0]
    neck = np.linalg.norm((v - pit) * [1, 1, 1.25], axis=1)
    # The neck itself and the head lie inside every collar; the nape is higher than the throat.
    neck = np.where(v[:, 2] > pit[2] + 0.035 + 0.35 * (v[:, 1] - pit[1]), 0.0, neck)
    neck = np.where(_parts(body) == PARTS.index("head"), 0.0, neck)
    return _Field(arm, leg, neck, _parts(body))


def _weight(body: Body, chosen) -> np.ndarray:
    return body.weights[:, [chosen(n) for n in body.bones]].sum(1)


def _parts(body: Body) -> np.ndarray:
    codes = np.zeros(len(body.bones), int)
    table = (("upperarm", "upper_arm"), ("lowerarm", "forearm"), ("wrist", "hand"), ("finger", "hand"), ("metacarpal", "hand"),
             ("upperleg", "thigh"), ("lowerleg", "shin"), ("foot", "foot"), ("toe", "foot"))  # fmt: skip
    for i, name in enumerate(body.bones):
        codes[i] = PARTS.index("head" if name.startswith(("head", "eye", "neck03", "neck02")) else "torso")
        for start, part in table:
            if name.startswith(start):
                codes[i] = PARTS.index(("left_" if name.endswith(".L") else "right_") + part)
    groups = np.zeros((len(body.weights), len(PARTS)), np.float32)
    for i, code in enumerate(codes):
        groups[:, code] += body.weights[:, i]
    return groups.argmax(1)


@functools.cache
def rest_normals(name: str = "body") -> np.ndarray:
    body = bodies.load()
    mean = body.shape(np.zeros(body.people_scores.shape[1]))
    group = body.groups[name]
    return vertex_normals(mean.vertices[group], body.quads[name] - group.start)


def deform(rest: np.ndarray, group: slice, posed: Posed, shape: Shape) -> np.ndarray:
    """(N, 3) ``rest`` points that are skinned like the vertices of ``group``."""
    return bodies.load().deform(rest, group, shape, posed.heads, posed.rotations)


@functools.cache
def _scalp_height() -> tuple[np.ndarray, np.ndarray]:
    body = bodies.load()
    rest = body.shape(np.zeros(body.people_scores.shape[1])).vertices
    group = body.groups["body"]
    p = rest[group] - body.forehead(rest)
    # A plane that falls from the forehead to the nape, with temples set back.
    height = p[:, 2] - 0.045 + 0.80 * p[:, 1] - 0.25 * np.clip(np.abs(p[:, 0]) - 0.035, 0, 0.03) * (p[:, 1] < 0.06)
    inside = (fields().part[group] == 1) & (body.masks["ears"] < 0.4)
    return np.where(inside, height, -1.0), p


def scalp(line: float) -> np.ndarray:
    """(N,) metres inside the hairline for the body's vertices; ``line`` moves the hairline back."""
    return _scalp_height()[0] - line
