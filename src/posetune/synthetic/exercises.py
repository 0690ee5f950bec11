"""The coach's exercises with form that is known: right, or wrong in one way. What the coach says of them is held against it.

A movement poses a body at phase t as in :mod:`.scene`: 0 is rest, 1 the turning point; a hold has one pose. People face -y and
stand near the origin. Unlike the scenes, nothing here is random: the same form is the same movement, whoever performs it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from posetune.synthetic.camera import Camera
from posetune.synthetic.pose import Poser, about, angles, unit
from posetune.synthetic.scene import mix

Move = Callable[[Poser, float], None]
_SIDES = (("L", 1), ("R", -1))
#: Degrees around the person at which a camera stands: 0 in front, 90 at the left.
VIEWS: Mapping[str, float] = {"front": 0.0, "oblique": 45.0, "side": 90.0, "right side": -90.0, "rear": 180.0}


def squat(thigh: float = -8.0, shank: float = 28.0, lean: float = 35.0, knees: float = 1.0) -> Move:
    """``thigh``: degrees above the level at the bottom, negative below it; ``shank``, ``lean`` of the trunk: from the vertical;
    ``knees``: 1 over the feet, 0 straight ahead of the hips, negative inwards.
    """

    def move(p: Poser, t: float) -> None:
        thigh_length = p.length("upperleg01.L", "lowerleg01.L")
        shin_length = p.length("lowerleg01.L", "foot.L")
        forward, up = math.radians(mix(1.0, shank, t)), math.radians(mix(89.0, thigh, t))
        knee_y, knee_z = -math.sin(forward) * shin_length, math.cos(forward) * shin_length + p.ankle_height
        hips = [0.0, knee_y + math.cos(up) * thigh_length, knee_z + math.sin(up) * thigh_length]
        bend = float(mix(2, lean, t))
        p.pelvis(angles(bend=bend), hips)
        p.neck(-0.6 * bend)
        for s, sign in _SIDES:
            toes = unit([sign * 0.3, -1, 0])
            # The knee swings about the line from hip to ankle: over the foot, or inwards.
            p.step(
                s, [sign * 0.17, 0.0, p.ankle_height], knee=unit([sign * (0.35 * knees + 0.05), -1, 0.35]), toes=toes
            )
            p.arm(
                s,
                p.turned("spine01") @ [sign * 0.15, -1, -0.35 - 0.65 * (1 - t)],
                p.turned("spine01") @ [0, -1, -0.6 * (1 - t)],
            )

    return move


def _line(p: Poser, shoulders: float, line: float, base: float) -> tuple[np.ndarray, np.ndarray, float]:
    """A straight body on its toes whose shoulders are ``shoulders`` m high: the hips (3,), the direction (3,) from hip to shoulder,
    and the pelvis' bend in degrees. ``line``: shoulder–hip–ankle, 180 straight, less sags, more is a pike.
    """
    trunk = float(p.rest("upperarm01.L")[2] - p.hips_height)
    leg = 0.995 * p.leg_length
    inner = math.radians(min(line, 360 - line))
    whole = math.sqrt(trunk**2 + leg**2 - 2 * trunk * leg * math.cos(inner))
    slope = math.asin(np.clip((shoulders - base) / whole, -0.9, 0.9))
    # The hip lies beside the line from ankle to shoulder by the triangle's angle at the ankle.
    aside = math.acos(np.clip((whole**2 + leg**2 - trunk**2) / (2 * whole * leg), -1, 1))
    lift = slope + (aside if line > 180 else -aside)
    ankle = np.array([0.0, 0.55 * p.height, base])
    hips = ankle + leg * np.array([0.0, -math.cos(lift), math.sin(lift)])
    top = ankle + whole * np.array([0.0, -math.cos(slope), math.sin(slope)])
    along = unit(top - hips)
    return hips, along, math.degrees(math.atan2(-along[1], along[2]))


def pushup(down: float = 0.18, line: float = 180.0, wide: float = 0.2, flare: float = 0.35) -> Move:
    """``down``: height of the shoulders at the bottom, in arms; ``line``: of the body; ``flare``: 0 elbows by the trunk, 1 out."""

    def move(p: Poser, t: float) -> None:
        base, floor = 0.16 * p.height / 1.7, 0.068
        high = floor + float(mix(0.97, down, t)) * p.arm_length
        hips, _, bend = _line(p, high, line, base)
        rest, along, _ = _line(p, floor + 0.97 * p.arm_length, line, base)
        trunk = float(p.rest("upperarm01.L")[2] - p.hips_height)
        hands = rest + trunk * along
        p.pelvis(angles(bend=bend), hips)
        p.neck(-12)
        for s, sign in _SIDES:
            p.step(s, [sign * 0.08, 0.55 * p.height, base], knee=[0, 0.2, -1], toes=[0, -0.35, -1])
            p.foot(s, unit([0, -0.45, -1]), 0)
            shoulder = p.where(f"upperarm01.{s}")
            p.reach(
                s,
                [sign * (abs(shoulder[0]) + 0.35 * wide), hands[1], floor],
                elbow=[sign * flare, 1 - 0.6 * flare, 0.3],
            )
            p.hand(s, unit([sign * 0.1, -1, -0.05]), [0, 0, -1])

    return move


def plank(line: float = 180.0) -> Move:
    """On straight arms, still."""
    held = pushup(line=line)
    return lambda p, t: held(p, 0.0)


def deadlift(bend: float = 68.0, top: float = 3.0) -> Move:
    """``bend``: of the trunk at the floor; ``top``: of the trunk, and of the thighs, where the lift ends (0 is locked out)."""

    def move(p: Poser, t: float) -> None:
        thigh_length, shin_length = p.length("upperleg01.L", "lowerleg01.L"), p.length("lowerleg01.L", "foot.L")
        shank, thigh = math.radians(mix(1 + 0.3 * top, 14, t)), math.radians(mix(89 - 0.5 * top, 38, t))
        knee_y, knee_z = -math.sin(shank) * shin_length, math.cos(shank) * shin_length + p.ankle_height
        a = float(mix(top, bend, t))
        p.pelvis(
            angles(bend=a), [0.0, knee_y + math.cos(thigh) * thigh_length, knee_z + math.sin(thigh) * thigh_length]
        )
        p.neck(-0.5 * a)
        for s, sign in _SIDES:
            p.step(s, [sign * 0.12, 0.0, p.ankle_height], knee=[sign * 0.15, -1, 0.3], toes=[sign * 0.2, -1, 0])
            p.arm(s, [sign * 0.12, -0.05, -1], [0, -0.05, -1])
            p.curl(s, 0.85)

    return move


def lunge(knee: float = 92.0, lean: float = 4.0, front: str = "L") -> Move:
    """``knee``: interior angle of the front knee at the bottom; ``lean``: of the trunk; ``front``: which leg."""

    def move(p: Poser, t: float) -> None:
        thigh_length, shin_length = p.length("upperleg01.L", "lowerleg01.L"), p.length("lowerleg01.L", "foot.L")
        stride = 0.72 * p.leg_length
        # The shank upright, the thigh by the knee's angle: where that leaves the hips.
        ahead = np.array([0.0, -0.5 * stride, p.ankle_height])
        at = ahead + [0, 0, shin_length]
        a = math.radians(180 - knee)
        low = at + thigh_length * np.array([0, math.sin(a), math.cos(a)])
        high = np.array([0.0, 0.0, 0.995 * p.hips_over(0.5 * stride)])
        p.pelvis(angles(bend=float(mix(1, lean, t))), mix(high, low, t))
        behind = np.array([0.0, 0.5 * stride, p.ankle_height + float(mix(0.04, 0.11, t))])
        for s, sign in _SIDES:
            if s == front:
                p.step(s, ahead + [sign * 0.09, 0, 0], knee=[sign * 0.03, -1, 0.4], toes=[0, -1, 0])
            else:
                p.step(
                    s,
                    behind + [sign * 0.09, 0, 0],
                    knee=[sign * 0.03, -1, -0.5],
                    toes=[0, -1, 0],
                    pitch=float(mix(20, 50, t)),
                )
            p.reach(s, p.where(f"upperleg01.{s}") + [sign * 0.08, -0.02, 0.16], elbow=[sign, 0.7, 0])

    return move


def overhead_press(elbow: float = 177.0, ahead: float = 0.0) -> Move:
    """``elbow``: interior angle at the top; ``ahead``: degrees that the arm leans forward there."""

    def move(p: Poser, t: float) -> None:
        p.pelvis(angles(bend=1), [0, 0, p.hips_over(0.1)])
        upper, fore = p.length("upperarm01.L", "lowerarm01.L"), p.length("lowerarm01.L", "wrist.L")
        for s, sign in _SIDES:
            p.step(s, [sign * 0.13, 0.0, p.ankle_height], toes=[sign * 0.2, -1, 0])
            p.shrug(s, up=float(mix(0, 22, t)))
            shoulder = p.where(f"upperarm01.{s}")
            a = math.radians(ahead)
            up = np.array([sign * 0.04, -math.sin(a), math.cos(a)])
            low = shoulder + [sign * 0.06, -0.16, 0.05]
            _reach(p, s, mix(low, shoulder + _third(upper, fore, elbow) * unit(up), t), [sign * 0.9, -0.1, -0.5])
            p.curl(s, 0.85)

    return move


def _reach(p: Poser, side: str, wrist: np.ndarray, elbow: list[float]) -> None:
    """As ``Poser.reach``, the shoulder blade left where it is: the elbow's angle is by the distance alone."""
    chain = (f"upperarm01.{side}", f"lowerarm01.{side}", f"wrist.{side}")
    p.arm(side, *p._bend(chain[0], chain, wrist, elbow))


def jumping_jack(up: float = 165.0) -> Move:
    """``up``: how far the arms come from hanging, degrees."""

    def move(p: Poser, t: float) -> None:
        spread = float(mix(0.09, 0.42, t))
        p.pelvis(np.eye(3), [0, 0, p.hips_over(spread - 0.09)])
        for s, sign in _SIDES:
            p.step(s, [sign * spread, 0, p.ankle_height], toes=[sign * 0.3, -1, 0])
            a = math.radians(mix(12, up, t))
            p.shrug(s, up=0.15 * math.degrees(a))
            way = np.array([sign * math.sin(a), -0.05, -math.cos(a)])
            p.arm(s, way, way + [0, -0.03, 0])

    return move


def downward_dog(hips: float = 85.0, elbow: float = 176.0, knee: float = 176.0) -> Move:
    """Interior angles: shoulder–hip–knee, elbow, knee."""

    def move(p: Poser, t: float) -> None:
        thigh_length, shin_length = p.length("upperleg01.L", "lowerleg01.L"), p.length("lowerleg01.L", "foot.L")
        upper, fore = p.length("upperarm01.L", "lowerarm01.L"), p.length("lowerarm01.L", "wrist.L")
        trunk = float(p.rest("upperarm01.L")[2] - p.hips_height)
        back = _third(thigh_length, shin_length, knee)
        front = trunk + _third(upper, fore, elbow)
        # The thigh lies nearer to the trunk than the line from hip to ankle does.
        aside = _aside(thigh_length, shin_length, knee)
        inner = math.radians(hips + aside)
        span = math.sqrt(front**2 + back**2 - 2 * front * back * math.cos(inner))
        at_feet = math.acos(np.clip((span**2 + back**2 - front**2) / (2 * span * back), -1, 1))
        lift = p.ankle_height + 0.03
        feet = np.array([0.0, 0.5 * span, lift])
        place = feet + back * np.array([0.0, -math.cos(at_feet), math.sin(at_feet)])
        hands = np.array([0.0, -0.5 * span, 0.06])
        along = unit(hands - place)
        p.pelvis(angles(bend=math.degrees(math.atan2(-along[1], along[2]))), place)
        for s, sign in _SIDES:
            p.step(s, feet + [sign * 0.1, 0, 0], knee=[0, -1, 0.2], toes=[0, -1, 0], pitch=12)
            shoulder = p.where(f"upperarm01.{s}")
            way = unit(hands + [shoulder[0], 0, 0] - shoulder)
            _reach(p, s, shoulder + _third(upper, fore, elbow) * way, [sign * 0.1, 0.2, -1])
            p.hand(s, unit([0, -1, -0.08]), [0, 0, -1])

    return move


def warrior_ii(front: float = 92.0, back: float = 176.0, tilt: float = 0.0) -> Move:
    """Facing -y, the left leg bent: interior angles of the knees, and how far the line of the arms tilts, degrees."""

    def move(p: Poser, t: float) -> None:
        thigh_length, shin_length = p.length("upperleg01.L", "lowerleg01.L"), p.length("lowerleg01.L", "foot.L")
        a = math.radians(180 - front)
        half = float(p.rest("upperleg01.L")[0] - p.rest("upperleg01.R")[0]) / 2
        height = p.ankle_height + shin_length + thigh_length * math.cos(a)
        hips = np.array([0.0, 0.0, height])
        ahead = np.array([half + thigh_length * math.sin(a), 0.0, p.ankle_height])
        leg = min(_third(thigh_length, shin_length, back), 0.998 * p.leg_length)
        away = math.sqrt(max(leg**2 - (height - p.ankle_height) ** 2, 0.04))
        behind = np.array([-half - away, 0.0, p.ankle_height])
        p.pelvis(np.eye(3), hips)
        p.neck(0, 0, 60)
        p.step("L", ahead, knee=[1, -0.05, 0.6], toes=[1, 0, 0])
        p.step("R", behind, knee=[-0.3, -0.3, 0.6], toes=[0.2, -1, 0])
        b = math.radians(tilt)
        for s, sign in _SIDES:
            way = np.array([sign * math.cos(b), -0.02, math.sin(b) * sign])
            p.arm(s, way, way + [0, -0.02, 0], roll=-35)

    return move


def _third(a: float, b: float, degrees: float) -> float:
    """The side opposite to an angle between two sides."""
    return math.sqrt(a * a + b * b - 2 * a * b * math.cos(math.radians(degrees)))


def _aside(a: float, b: float, degrees: float) -> float:
    """Degrees at the begin of ``a`` between it and the third side."""
    c = _third(a, b, degrees)
    return math.degrees(math.acos(np.clip((a * a + c * c - b * b) / (2 * a * c), -1, 1)))


#: Exercise → form → movement. "right" is right in every check; every other form is wrong in the check after its colon.
FORMS: Mapping[str, Mapping[str, Move]] = {
    "squat": {
        "right": squat(),
        "shallow: depth": squat(thigh=24, shank=22, lean=28),
        "leaning: trunk_and_shank": squat(thigh=4, shank=16, lean=56),
        "knees in: knees_in": squat(knees=-1.6),
    },
    "pushup": {
        "right": pushup(),
        "half: depth": pushup(down=0.76),
        "sagging: sag": pushup(line=150),
        "piked: pike": pushup(line=212),
        "flared: flare": pushup(flare=1.6, wide=0.9),
    },
    "deadlift": {"right": deadlift(), "not locked: lockout": deadlift(top=26)},
    "lunge": {
        "right": lunge(), "shallow: front_knee": lunge(knee=128), "leaning: trunk": lunge(lean=38),
        "right, other leg": lunge(front="R"), "other leg shallow: front_knee": lunge(knee=128, front="R"),
    },
    "overhead_press": {
        "right": overhead_press(), "not locked: lockout": overhead_press(elbow=135),
        "ahead: upright_arm": overhead_press(ahead=32),
    },
    "jumping_jack": {"right": jumping_jack(), "arms low: arms_up": jumping_jack(up=128)},
    "plank": {"right": plank(), "sagging: sag": plank(line=153), "piked: pike": plank(line=211)},
    "downward_dog": {
        "right": downward_dog(), "arms bent: arms": downward_dog(elbow=140), "legs bent: legs": downward_dog(knee=142),
        "flat: hips": downward_dog(hips=126),
    },
    "warrior_ii": {
        "right": warrior_ii(), "high: front_knee": warrior_ii(front=128), "back bent: back_knee": warrior_ii(back=146),
        "arms askew: arms_level": warrior_ii(tilt=27),
    },
}  # fmt: skip


def phase_at(time_s: float, period_s: float = 2.0, rest_s: float = 1.0) -> float:
    """The phase of somebody who rests, then moves there and back in ``period_s``, over and over."""
    within = time_s % (rest_s + period_s) - rest_s
    return 0.0 if within <= 0 else 0.5 - 0.5 * math.cos(2 * math.pi * within / period_s)


def camera_at(
    azimuth: float, centre: np.ndarray, size: int = 512, distance: float = 4.2, height: float = 0.25
) -> Camera:
    """A camera ``distance`` m away at ``azimuth`` (:data:`VIEWS`), ``height`` m above ``centre`` (3,), looking at it."""
    away = about([0, 0, 1], azimuth) @ np.array([0.0, -distance, 0.0])
    return Camera.looking(centre + away + [0, 0, height], centre, 40.0, size, size)
