"""Posing a body: trunk by angles, limbs by direction or by where hand and foot shall be, and the limits of joints.

Frame: world m (x the person's left at rest, -y ahead, z up); angles in degrees. Sides are "L" and "R".
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from posetune.synthetic.body import Body, Posed, Shape

_SPINE = {"spine05": 0.15, "spine04": 0.2, "spine03": 0.25, "spine02": 0.2, "spine01": 0.2}
_NECK = {"neck01": 0.3, "neck02": 0.2, "neck03": 0.2, "head": 0.3}
_FINGERS = tuple(f"finger{i}-{j}" for i in range(2, 6) for j in (1, 2, 3))
AHEAD, UP, LEFT = np.array([0.0, -1, 0]), np.array([0.0, 0, 1]), np.array([1.0, 0, 0])


def unit(v) -> np.ndarray:
    v = np.asarray(v, float)
    return v / max(math.sqrt(v @ v), 1e-9)


def norm(v) -> float:
    """The length of a (3,) vector."""
    return math.sqrt(v @ v)


def cross(a, b) -> np.ndarray:
    """Of two (3,) vectors; ten times as fast as numpy's for so few numbers."""
    (a0, a1, a2), (b0, b1, b2) = a, b
    return np.array([a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0])


def about(axis, degrees: float) -> np.ndarray:
    """(3, 3) rotation about ``axis`` by the right-hand rule (Rodrigues' formula)."""
    x, y, z = unit(axis)
    a = math.radians(degrees)
    s, c = math.sin(a), math.cos(a)
    d = 1 - c
    return np.array([[c + x * x * d, x * y * d - z * s, x * z * d + y * s],
                     [y * x * d + z * s, c + y * y * d, y * z * d - x * s],
                     [z * x * d - y * s, z * y * d + x * s, c + z * z * d]])  # fmt: skip


def angles(bend: float = 0, side: float = 0, twist: float = 0) -> np.ndarray:
    """Rotation: ``bend`` forward, lean to the person's left ``side``, ``twist`` to the left."""
    if not side and not twist:
        return about(LEFT, bend)
    return about(UP, twist) @ about(AHEAD, -side) @ about(LEFT, bend)


def _frame(d: np.ndarray, hinge: np.ndarray) -> np.ndarray:
    d = unit(d)
    h = unit(hinge - d * (hinge @ d))
    return np.array([d, h, cross(d, h)]).T


def _least(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The smallest rotation that takes direction ``a`` to ``b``."""
    a, b = unit(a), unit(b)
    axis = cross(a, b)
    if norm(axis) < 1e-8:
        return np.eye(3) if a @ b > 0 else about(cross(a, [0.31, 0.92, 0.2]), 180)
    return about(axis, np.degrees(np.arctan2(norm(axis), a @ b)))


class Poser:
    """Builds one pose of one person, from the pelvis outwards: root, spine, neck, then arms, legs, hands.

    A limb is placed relative to the trunk as it stands when the limb is called.
    """

    def __init__(self, body: Body, shape: Shape) -> None:
        self.body, self.shape = body, shape
        self.local = np.repeat(np.eye(3)[None], len(body.bones), axis=0)
        self.root = shape.heads[0].astype(float)
        self._at = shape.heads.astype(float)
        self._known: dict[int, tuple[np.ndarray, np.ndarray]] = {}  # heads and rotations found since they last changed
        self._skinned: Posed | None = None  # likewise
        self.height = float(shape.vertices[body.groups["body"], 2].max())

    # ---- where things are -------------------------------------------------------------------------------------
    def rest(self, bone: str) -> np.ndarray:
        return self._at[self.body.bone[bone]]

    def globals(self) -> tuple[np.ndarray, np.ndarray]:
        return self.body.forward(self.shape, self.local, self.root)

    def where(self, bone: str) -> np.ndarray:
        """(3,) the head of a bone in the pose so far, world m."""
        return self._place(self.body.bone[bone])[0]

    def turned(self, bone: str) -> np.ndarray:
        """(3, 3) the rotation of a bone in the pose so far."""
        return self._place(self.body.bone[bone])[1]

    def _place(self, b: int) -> tuple[np.ndarray, np.ndarray]:
        """Head and rotation of one bone, along its ancestors only."""
        if b not in self._known:
            parent = self.body.parents[b]
            if parent < 0:
                self._known[b] = self.root, self.local[b]
            else:
                head, rotation = self._place(parent)
                self._known[b] = head + rotation @ (self._at[b] - self._at[parent]), rotation @ self.local[b]
        return self._known[b]

    def length(self, *bones: str) -> float:
        """Along a chain of bone heads, metres."""
        return float(sum(norm(self.rest(b) - self.rest(a)) for a, b in itertools.pairwise(bones)))

    @property
    def arm_length(self) -> float:
        return self.length("upperarm01.L", "lowerarm01.L", "wrist.L")

    @property
    def leg_length(self) -> float:
        return self.length("upperleg01.L", "lowerleg01.L", "foot.L")

    @property
    def ankle_height(self) -> float:
        """Of the ankle joint above the sole, m."""
        return float(self.rest("foot.L")[2])

    @property
    def hips_height(self) -> float:
        return float(self.rest("upperleg01.L")[2])

    def hips_over(self, reach: float = 0.0, bend: float = 0.004) -> float:
        """Height of the hip joints when a nearly straight leg (``bend``: share of its length given up) stands ``reach`` m
        away from below them."""
        return self.ankle_height + float(np.sqrt(max((self.leg_length * (1 - bend)) ** 2 - reach**2, 0.01)))

    # ---- trunk ------------------------------------------------------------------------------------------------
    def pelvis(self, rotation: np.ndarray, hips: np.typing.ArrayLike | None = None) -> None:
        """Turn the whole body; put the middle of the hip joints at ``hips`` (3,)."""
        self.local[0] = rotation
        self._changed()
        if hips is not None:
            middle = (self.rest("upperleg01.L") + self.rest("upperleg01.R")) / 2
            self.root = np.asarray(hips, float) - rotation @ (middle - self._at[0])

    def spine(self, bend: float = 0, side: float = 0, twist: float = 0) -> None:
        for bone, share in _SPINE.items():
            self._turn(bone, angles(bend * share, side * share, twist * share))

    def neck(self, bend: float = 0, side: float = 0, twist: float = 0) -> None:
        for bone, share in _NECK.items():
            self._turn(bone, angles(bend * share, side * share, twist * share))

    def shrug(self, side: str, up: float = 0, ahead: float = 0) -> None:
        sign = 1 if side == "L" else -1
        self._turn(f"clavicle.{side}", about(AHEAD, sign * up) @ about(UP, -sign * ahead))

    # ---- limbs ------------------------------------------------------------------------------------------------
    def arm(self, side: str, upper, fore, hinge=None, roll: float = 0.0) -> None:
        """Point upper arm and forearm in world directions; ``roll`` turns the hand (degrees, + palm up/outwards)."""
        self._limb(("upperarm01", "upperarm02", "lowerarm01", "lowerarm02", "wrist"), side, upper, fore, hinge, roll)

    def leg(self, side: str, thigh, shin, hinge=None) -> None:
        """Point thigh and shin in world directions; the foot stays square to the shin."""
        self._limb(("upperleg01", "upperleg02", "lowerleg01", "lowerleg02", "foot"), side, thigh, shin, hinge, 0.0)

    def reach(self, side: str, wrist, elbow=None, roll: float = 0.0) -> None:
        """Bring the wrist to ``wrist`` (3,), the elbow towards direction ``elbow``; as far as the arm goes."""
        sign = 1 if side == "L" else -1
        pole = unit([sign * 0.4, 0.6, -0.7]) if elbow is None else elbow
        # A shoulder blade goes along with a raised arm: without it the shoulder looks dislocated.
        lift = np.degrees(np.arcsin(np.clip(unit(np.asarray(wrist) - self.where(f"upperarm01.{side}"))
                                            @ self._trunk_up(), -1, 1)))  # fmt: skip
        self.shrug(side, up=float(np.clip((lift + 10) * 0.3, 0, 28)))
        d1, d2 = self._bend(
            f"upperarm01.{side}", (f"upperarm01.{side}", f"lowerarm01.{side}", f"wrist.{side}"), wrist, pole
        )
        self.arm(side, d1, d2, roll=roll)

    def step(self, side: str, ankle, knee=None, toes=None, pitch: float = 0.0) -> None:
        """Bring the ankle to ``ankle`` (3,), the knee towards ``knee``; the foot along ``toes``, lifted by ``pitch``
        degrees at the heel (negative: at the toes)."""
        toes = AHEAD if toes is None else unit(toes)
        pole = unit(toes + 0.2 * UP) if knee is None else knee
        chain = (f"upperleg01.{side}", f"lowerleg01.{side}", f"foot.{side}")
        d1, d2 = self._bend(chain[0], chain, ankle, pole)
        self.leg(side, d1, d2)
        self.foot(side, toes, pitch)

    def foot(self, side: str, toes, pitch: float = 0.0) -> None:
        """Turn the foot so that it points along ``toes`` with its sole facing down, tipped by ``pitch``."""
        toes = unit(toes)
        across = unit(cross(toes, UP)) if abs(toes[2]) < 0.99 else LEFT
        rotation = about(across, -pitch) @ _frame(toes, -across) @ _frame(AHEAD, LEFT).T
        self._turn(f"foot.{side}", rotation, world=True)
        if pitch > 25:  # on the ball of the foot the toes stay down
            for i in range(1, 6):
                self._turn(f"toe{i}-1.{side}", about(-LEFT, min(pitch - 15, 55)))

    def flex(self, side: str, down: float) -> None:
        """Bend the ankle: the toes ``down`` degrees away from square to the shin (90: pointed)."""
        self._turn(f"foot.{side}", about(LEFT, down))

    def hand(self, side: str, fingers, palm) -> None:
        """Turn the hand: ``fingers`` and ``palm`` are the world directions that they point in and face."""
        f, p = self._hand_axes(side)
        rotation = _frame(unit(fingers), np.asarray(palm, float)) @ _frame(f, p).T
        lower = self.turned(f"lowerarm01.{side}")
        axis = lower @ (self.rest(f"wrist.{side}") - self.rest(f"lowerarm01.{side}"))
        # Half of the forearm's turn goes into its lower bone, or the wrist looks wrung.
        twist = _twist(rotation @ lower.T, unit(axis))
        self._turn(f"lowerarm02.{side}", about(axis, 0.6 * twist) @ lower, world=True)
        self._turn(f"wrist.{side}", rotation, world=True)

    def curl(self, side: str, amount: float, thumb: float | None = None) -> None:
        """Close the fingers: 0 flat, 1 a fist; ``thumb`` likewise."""
        f, p = self._hand_axes(side)
        hinge = cross(f, p)
        for bone in _FINGERS:
            self._turn(f"{bone}.{side}", about(hinge, amount * (70 if bone.endswith("1") else 80)))
        for bone in ("finger1-2", "finger1-3"):
            self._turn(f"{bone}.{side}", about(hinge, (amount if thumb is None else thumb) * 35))

    def posed(self) -> Posed:
        if self._skinned is None:
            self._skinned = self.body.skin(self.shape, *self.globals())
        return self._skinned

    def stand_on(self, z: float = 0.0) -> float:
        """Shift the body so that its lowest point is at ``z``; the shift, m."""
        posed = self.posed()
        shift = z - float(posed.vertices[self.body.groups["body"], 2].min())
        self.root = self.root + [0, 0, shift]
        self._changed()
        self._skinned = posed.moved(np.array([0, 0, shift]))
        return shift

    # ---- inside -----------------------------------------------------------------------------------------------
    def _changed(self) -> None:
        self._known.clear()
        self._skinned = None

    def _trunk_up(self) -> np.ndarray:
        return self.turned("spine01") @ UP

    def _turn(self, bone: str, rotation: np.ndarray, world: bool = False) -> None:
        b = self.body.bone[bone]
        if world:
            rotation = self._place(self.body.parents[b])[1].T @ rotation
        self.local[b] = rotation
        self._skinned = None
        for below in self.body.descendants[b]:
            self._known.pop(below, None)

    def _hand_axes(self, side: str) -> tuple[np.ndarray, np.ndarray]:
        """Directions at rest that the fingers point in and that the palm faces."""
        wrist, middle = self.rest(f"wrist.{side}"), self.rest(f"finger3-1.{side}")
        across = self.rest(f"finger2-1.{side}") - self.rest(f"finger5-1.{side}")
        f = unit(middle - wrist)
        palm = cross(f, across) if side == "L" else cross(across, f)
        return f, unit(palm)

    def _bend(self, start: str, chain: tuple[str, str, str], target, pole) -> tuple[np.ndarray, np.ndarray]:
        """Directions of the two parts of a limb that reaches from its joint to ``target`` (law of cosines)."""
        a, b = self.length(*chain[:2]), self.length(*chain[1:])
        origin = self.where(start)
        to = np.asarray(target, float) - origin
        distance = float(np.clip(norm(to), abs(a - b) * 1.02 + 1e-3, (a + b) * 0.999))
        along = unit(to)
        pole = np.asarray(pole, float)
        side = unit(pole - along * (pole @ along))
        cosine = (a * a + distance * distance - b * b) / (2 * a * distance)
        sine = np.sqrt(max(1 - cosine * cosine, 0.0))
        d1 = along * cosine + side * sine
        return d1, unit(along * distance - d1 * a)

    def _rest_hinge(self, joints: tuple[str, str, str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        p = [self.rest(j) for j in joints]
        d1, d2 = unit(p[1] - p[0]), unit(p[2] - p[1])
        hinge = cross(d1, d2) if "upperarm" in joints[0] else LEFT
        return d1, d2, unit(hinge - d1 * (hinge @ d1))

    def _limb(self, bones, side, first, second, hinge, roll) -> None:
        u1, u2, l1, l2, end = (f"{b}.{side}" for b in bones)
        d1r, d2r, hr = self._rest_hinge((u1, l1, end))
        d1, d2 = unit(first), unit(second)
        axis = cross(d1, d2)
        if hinge is not None and (norm(axis) < 0.17):
            axis = np.asarray(hinge, float)
        elif norm(axis) < 0.03:
            parent = self._place(self.body.parents[self.body.bone[u1]])[1]
            axis = _least(parent @ d1r, d1) @ parent @ hr
        upper = _frame(d1, axis) @ _frame(d1r, hr).T
        parent = self._place(self.body.parents[self.body.bone[u1]])[1]
        swing = _least(parent @ d1r, d1) @ parent
        twist = _twist(upper @ swing.T, d1)
        self._turn(u1, about(d1, 0.4 * twist) @ swing, world=True)
        self._turn(u2, upper, world=True)
        hr2 = unit(hr - d2r * (hr @ d2r))
        axis2 = axis - d2 * (axis @ d2)
        lower = _frame(d2, axis2) @ _frame(d2r, hr2).T
        self._turn(l1, lower, world=True)
        self._turn(l2, about(d2, roll * 0.5) @ lower, world=True)
        self._turn(end, about(d2, roll) @ lower, world=True)


def _twist(rotation: np.ndarray, axis: np.ndarray) -> float:
    """Degrees that ``rotation`` turns about ``axis``, -180..180 (swing-twist decomposition)."""
    helper = unit(cross(axis, [0.36, 0.48, 0.8] if abs(axis @ [0.36, 0.48, 0.8]) < 0.95 else [1, 0, 0]))
    moved = rotation @ helper
    moved = unit(moved - axis * (moved @ axis))
    return float(np.degrees(np.arctan2(cross(helper, moved) @ axis, helper @ moved)))
