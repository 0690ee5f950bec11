"""Work: lifting, carrying, reaching overhead, kneeling at something, sweeping, hammering; helmet, vest, tools, boxes."""

from __future__ import annotations

import numpy as np

from posetune.synthetic import props
from posetune.synthetic.pose import UP, Poser, about, angles, unit
from posetune.synthetic.scene import Motion, Scene, mix


def draw(rng: np.random.Generator, poser: Poser) -> Motion:
    kind = str(rng.choice(["carry", "overhead", "kneel", "bend", "sweep", "hammer"]))
    seed, neck = int(rng.integers(1 << 30)), rng.normal(0, [6, 5, 14])
    size, reach = rng.uniform([0.25, 0.25, 0.15], [0.55, 0.4, 0.45]), rng.uniform(0.7, 0.98)
    down, side, twist = str(rng.choice(["L", "R"])), str(rng.choice(["L", "R"])), rng.normal(0, 14)
    stride, height = rng.uniform(0, 0.3), rng.uniform(0.75, 1.2)
    wall = _workpiece(rng, kind)

    def move(p: Poser, t: float) -> None:
        if kind == "kneel":
            _kneel(p, down, twist, neck, t)
        else:
            bend = {"carry": 4, "overhead": -6, "bend": float(mix(25, 75, t)), "sweep": 18, "hammer": 14}[kind]
            drop = 0.86 if kind == "bend" else 0.995
            p.pelvis(angles(bend=bend * 0.55), [0, 0.003 * bend * p.leg_length, drop * p.hips_over(0.5 * stride)])
            p.spine(bend * 0.5, 0, twist)
            p.neck((-30 if kind == "overhead" else 8 - bend * 0.2) + neck[0], neck[1], neck[2])
            for s, sign in (("L", 1), ("R", -1)):
                y = -sign * stride * 0.5 * (1 if kind == "carry" else 0.7)
                toes = about(UP, sign * 14) @ [0, -1, 0]
                p.step(
                    s,
                    [sign * 0.12, y, p.ankle_height + (0.04 if y > 0.08 else 0)],
                    toes=toes,
                    pitch=22 if y > 0.08 else 0,
                )
        for s, sign in (("L", 1), ("R", -1)):
            _arm(p, s, sign, kind, side, t, size, reach, height)

    def things(p: Poser, t: float) -> list:
        left, right = p.where("finger3-1.L"), p.where("finger3-1.R")
        made = list(wall)
        if kind in ("carry", "bend"):
            made += props.crate(
                np.random.default_rng(seed),
                size,
                (left + right) / 2 - [0, 0, size[2] * (0.35 if kind == "carry" else 0.6)],
            )
        elif kind == "sweep":
            made += props.tool(
                _kind(seed, 1),
                right if side == "L" else left,
                unit(np.subtract(*((left, right) if side == "L" else (right, left)))),
            )
        else:
            hand = left if side == "L" else right
            along = {"overhead": [0, -0.4, 1], "hammer": [0.2, -0.6, 0.8], "kneel": [0, -1, -0.3]}[kind]
            made += props.tool(_kind(seed, 0 if kind == "hammer" else 2), hand, along)
        return made

    return Motion(move, things)


def _kind(seed: int, kind: int) -> int:
    """A seed near ``seed`` for which ``props.tool`` draws that kind."""
    return next(s for s in range(seed, seed + 200) if np.random.default_rng(s).integers(3) == kind)


def _workpiece(rng: np.random.Generator, kind: str) -> list:
    """What is worked at: a bench in front, a wall, a crate on the floor."""
    if kind == "hammer":
        return props.crate(rng, [rng.uniform(0.8, 1.8), 0.6, rng.uniform(0.75, 0.95)], (0, -0.85, 0))
    if kind == "kneel" and rng.random() < 0.7:
        return props.crate(rng, rng.uniform([0.3, 0.3, 0.2], [0.9, 0.5, 0.6]), (0, -0.95, 0))
    if kind == "overhead" and rng.random() < 0.5:
        z = rng.uniform(2.05, 2.5)
        return props.things([props.beam((-2, -0.35, z), (2, -0.35, z), 0.12, 0.12, props.bright(rng), props.METAL)])
    return []


def _kneel(p: Poser, down: str, twist: float, neck: np.ndarray, t: float) -> None:
    thigh = p.length("upperleg01.L", "lowerleg01.L")
    p.pelvis(angles(bend=14), [0, 0.05, thigh * 0.97 + 0.06])
    p.spine(float(mix(10, 40, t)), 0, twist)
    p.neck(5 + neck[0], neck[1], neck[2])
    for s, sign in (("L", 1), ("R", -1)):
        hip = p.where(f"upperleg01.{s}")
        if s == down:
            p.leg(s, unit([sign * 0.05, 0.05, -1]), unit([0, 1, 0.05]), hinge=[1, 0, 0])
            p.flex(s, 68)
        else:
            ankle = [hip[0] + sign * 0.04, hip[1] - thigh * 0.95, p.ankle_height]
            p.step(s, ankle, knee=[sign * 0.2, -0.6, 1], toes=[sign * 0.15, -1, 0])


def _arm(p: Poser, s: str, sign: int, kind: str, side: str, t: float, size, reach: float, height: float) -> None:
    shoulder, chest, trunk = p.where(f"upperarm01.{s}"), p.where("spine01"), p.turned("spine01")
    low_elbow = [sign * 0.7, 0.5, -0.6]
    curl = 0.8
    if kind == "carry":
        p.reach(s, chest + np.array([sign * size[0] / 2, -0.36, -0.25 - 0.12 * (1 - t)]), elbow=low_elbow)
        p.hand(s, [0, -1, 0.1], [-sign, 0, 0.3])
        curl = 0.3
    elif kind == "bend":
        p.reach(s, shoulder + [-sign * 0.02 + sign * (size[0] / 2 - 0.2), -0.22, -0.9 * p.arm_length], elbow=low_elbow)
        p.hand(s, [0, -0.3, -1], [-sign, 0, 0])
        curl = 0.25
    elif kind == "overhead":
        up = reach if s == side else reach * 0.85
        p.reach(s, shoulder + np.array([-sign * 0.1, -0.25, 0.9 * up]) * p.arm_length, elbow=[sign, -0.3, -0.3])
    elif kind == "sweep":
        goal = (
            chest + [(-sign if s == side else sign) * 0.05, -0.38, 0.02]
            if s == side
            else chest + [sign * 0.12, -0.42, -0.42]
        )
        p.reach(s, goal, elbow=low_elbow)
    elif s == side:
        lift = float(mix(-0.25, 0.45, t)) if kind == "hammer" else -0.35
        p.reach(s, shoulder + np.array([-sign * 0.05, -0.55, lift]) * p.arm_length, elbow=low_elbow)
    else:
        goal = (
            trunk @ np.array([sign * 0.05, -0.75, -0.35]) if kind == "kneel" else np.array([-sign * 0.1, -0.7, -0.45])
        )
        p.reach(s, shoulder + goal * p.arm_length * 0.95, elbow=low_elbow)
        curl = 0.3
    p.curl(s, curl)


SCENE = Scene(draw, style=("work",), places=("hall", "hall", "outdoor", "room"), elevation=(-3, 35), company=0.5)
