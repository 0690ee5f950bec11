"""Downward-facing dog: hands and feet on the floor, hips high; sometimes one leg up."""

from __future__ import annotations

import numpy as np

from posetune.synthetic import props
from posetune.synthetic.pose import Poser, angles, unit
from posetune.synthetic.scene import Motion, Scene, mix


def draw(rng: np.random.Generator, poser: Poser) -> Motion:
    span = rng.uniform(0.56, 0.76)
    heel, knee_bend = rng.uniform(0, 40), rng.uniform(0.0, 0.06)
    arch, neck, wide = rng.normal(-4, 9), rng.normal(-8, 12, 3), rng.uniform(0.07, 0.17)
    raised = str(rng.choice(["", "", "", "L", "R"]))
    mat = props.mat(rng) if rng.random() < 0.75 else []

    def move(p: Poser, t: float) -> None:
        # A triangle: hands, hips, feet. Trunk and arms are one side, the legs the other.
        trunk = p.rest("upperarm01.L")[2] - p.hips_height
        front, back = (trunk + p.arm_length) * 0.93, p.leg_length * (1 - knee_bend)
        base = span * float(mix(0.96, 1.05, t)) * p.height
        lift = p.ankle_height + 0.12 * np.sin(np.radians(heel))
        x = np.clip((base**2 + back**2 - front**2) / (2 * base), -0.2, base)
        z = np.sqrt(max(back**2 - x**2, 0.05)) + lift
        feet, hands = base * 0.5, -base * 0.5
        hips = np.array([0, feet - x, z])
        slope = np.degrees(np.arctan2(hips[2] - 0.07, hips[1] - hands))
        p.pelvis(angles(bend=90 + slope - 4 - arch * 0.3), hips)
        p.spine(arch)
        p.neck(*neck)
        for s, sign in (("L", 1), ("R", -1)):
            if s == raised:
                way = unit([0, 1.0, 0.65])
                p.leg(s, way + [sign * 0.05, 0, 0], way)
                p.flex(s, 40)
            else:
                p.step(s, [sign * wide, feet, lift], knee=[sign * 0.1, -1, 0.3], toes=[sign * 0.08, -1, 0], pitch=heel)
            p.reach(s, [sign * (wide + 0.12), hands, 0.06], elbow=[sign, 0.3, -0.2])
            p.hand(s, unit([sign * 0.1, -1, -0.08]), [0, 0, -1])

    return Motion(move, lambda p, t: mat)


SCENE = Scene(
    draw, style=("yoga", "yoga", "sport"), places=("room", "studio", "gym", "outdoor"), elevation=(-2, 30), company=0.25
)
