"""Surroundings: a studio, a room, a gym, a hall, outdoors, or somebody's photograph; with the light that goes with them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posetune.opencv import cv2
from posetune.synthetic import furniture, props
from posetune.synthetic.camera import Camera
from posetune.synthetic.mesh import Material, Mesh
from posetune.synthetic.pose import unit
from posetune.synthetic.renderer import Light
from posetune.synthetic.shapes import box, plane, rod
from posetune.synthetic.textures import noise

PLACES = ("studio", "room", "gym", "hall", "outdoor")


@dataclass(frozen=True)
class Place:
    meshes: list[Mesh]
    light: Light
    backdrop: np.ndarray


def build(
    rng: np.random.Generator, kind: str, camera: Camera, centre: np.ndarray, photo: np.ndarray | None = None
) -> Place:
    """Everything around ``centre`` (3,), as far as ``camera`` may see it. ``photo`` (H, W, 3) uint8 replaces it all."""
    if photo is not None:
        floor = plane((9, 9), (0, 0, 0), Material(catcher=float(rng.uniform(0.5, 0.95))), cells=16, fade=True)
        return Place([props.put(floor, centre * [1, 1, 0])], _light(rng, "room"), _fit(photo, camera))
    makers = {"studio": _studio, "room": _room, "gym": _gym, "hall": _hall, "outdoor": _outdoor}
    meshes = makers[kind](rng, camera, centre)
    return Place(
        meshes, _light(rng, kind), _sky(rng, camera) if kind == "outdoor" else np.full((4, 4, 3), 90, np.uint8)
    )


def _light(rng: np.random.Generator, kind: str) -> Light:
    turn, up = rng.uniform(0, 2 * np.pi), np.radians(rng.uniform(25, 75))
    direction = np.array([np.cos(turn) * np.cos(up), np.sin(turn) * np.cos(up), np.sin(up)])
    warm = rng.normal(0, 0.1)
    sun_color, sky_color = np.array([1 + warm, 1, 1 - warm * 1.3]), np.array([0.92, 0.98, 1.08])
    if kind == "outdoor":
        overcast = rng.random() < 0.4
        sun, sky = (
            (rng.uniform(0.3, 0.8), rng.uniform(0.8, 1.1))
            if overcast
            else (rng.uniform(1.8, 2.8), rng.uniform(0.45, 0.75))
        )
        softness = 0.02 if overcast else rng.uniform(0.001, 0.004)
    else:
        sun, sky, softness = rng.uniform(0.4, 1.5), rng.uniform(0.5, 0.95), rng.uniform(0.006, 0.03)
        direction = unit(direction + [0, 0, 0.5])
        sky_color = np.array([1 + warm * 0.5, 1, 1 - warm * 0.5])
    ground = np.full(3, sky * rng.uniform(0.3, 0.65)) * [1.05, 1.0, 0.92]
    return Light(direction, sun * sun_color, sky * sky_color, ground, float(softness), float(rng.uniform(0.75, 1.15)))


def _fit(photo: np.ndarray, camera: Camera) -> np.ndarray:
    """The middle of a photograph in the camera's shape."""
    h, w = photo.shape[:2]
    scale = max(camera.width / w, camera.height / h)
    big = cv2.resize(
        photo, (max(round(w * scale), camera.width), max(round(h * scale), camera.height)), interpolation=cv2.INTER_AREA
    )
    y, x = (big.shape[0] - camera.height) // 2, (big.shape[1] - camera.width) // 2
    return big[y : y + camera.height, x : x + camera.width]


def _sky(rng: np.random.Generator, camera: Camera) -> np.ndarray:
    """Gradient from the horizon up, with clouds, (H, W, 3) uint8."""
    side = 128
    horizon = 0.5 - camera.axes[2, 2] * 1.2  # where the horizon is, share of the height from the top, roughly
    y = np.linspace(0, 1, side)[:, None]
    up = np.clip((1 - horizon) - y + horizon, 0, 1) ** 0.8
    low = np.array([225, 230, 235]) * rng.uniform(0.8, 1.05)
    high = np.array([95, 150, 220]) * rng.uniform(0.6, 1.1) if rng.random() < 0.65 else low * rng.uniform(0.75, 0.95)
    picture = low * (1 - up[..., None]) + high * up[..., None] + np.zeros((side, side, 1))
    clouds = cv2.resize(noise(rng, 1.9, (0.5, 1.0), side), (side, side))
    amount = np.clip((clouds - rng.uniform(0.3, 0.9)) * 3, 0, 1)[..., None] * 0.85
    return np.clip(picture * (1 - amount) + 238 * amount, 0, 255).astype(np.uint8)


def _floor(rng: np.random.Generator, kinds: dict[str, tuple], size: float = 24) -> Mesh:
    name = str(rng.choice(list(kinds)))
    color, second, scale = kinds[name]
    color, second = np.asarray(color) * rng.uniform(0.5, 1.5), np.asarray(second) * rng.uniform(0.5, 1.5)
    material = Material(name, scale=scale * rng.uniform(0.7, 1.4), color_b=tuple(second), shade=float(rng.uniform(0.25, 0.6)),
                        bump=0.004, specular=float(rng.uniform(0.01, 0.06)), gloss=30)  # fmt: skip
    return props.put(
        plane((size, size), np.clip(color * rng.uniform(0.9, 1.1, 3), 0, 0.9), material, cells=2),
        (0, 0, 0),
        furniture.yaw(rng.uniform(0, 360)),
    )


_INDOOR_FLOORS = {
    "planks": ((0.42, 0.26, 0.13), (0.08, 0.05, 0.03), 0.5), "tiles": ((0.5, 0.48, 0.44), (0.2, 0.19, 0.18), 0.5),
    "weave": ((0.2, 0.2, 0.24), (0.2, 0.2, 0.2), 0.7), "stone": ((0.4, 0.39, 0.37), (0.25, 0.24, 0.23), 0.3),
    "fine": ((0.4, 0.38, 0.35), (0.3, 0.3, 0.3), 0.4), "blotches": ((0.2, 0.08, 0.06), (0.3, 0.25, 0.15), 0.6),
}  # fmt: skip
_GYM_FLOORS = {
    "speckles": ((0.03, 0.03, 0.033), (0.25, 0.26, 0.3), 1.6), "panels": ((0.04, 0.04, 0.045), (0.02, 0.02, 0.02), 0.5),
    "planks": ((0.45, 0.28, 0.13), (0.1, 0.06, 0.03), 0.5), "stone": ((0.35, 0.35, 0.35), (0.25, 0.25, 0.25), 0.3),
}  # fmt: skip
_OUTDOOR_FLOORS = {
    "grass": ((0.07, 0.14, 0.03), (0.16, 0.16, 0.05), 0.7), "stone": ((0.25, 0.24, 0.23), (0.15, 0.15, 0.15), 0.3),
    "blocks": ((0.3, 0.28, 0.26), (0.12, 0.11, 0.1), 0.7), "fine": ((0.45, 0.36, 0.24), (0.3, 0.25, 0.2), 0.7),
    "speckles": ((0.09, 0.09, 0.095), (0.2, 0.2, 0.2), 0.9),
}  # fmt: skip


def _walls(rng: np.random.Generator, camera: Camera, centre: np.ndarray, kinds: tuple[str, ...], reach: tuple[float, float],
           height: float) -> tuple[list[Mesh], list[tuple[np.ndarray, np.ndarray]]]:  # fmt: skip
    """Walls around ``centre``, none between it and the camera; and per wall a point at its foot and its inward normal."""
    yaw = rng.uniform(-35, 35)
    pattern = str(rng.choice(kinds))
    color = props.shade(rng, 0.25, 0.8, 0.08) if rng.random() < 0.7 else props.bright(rng) * 0.8 + 0.12
    if pattern in ("bricks", "blocks"):
        color = (
            np.array([0.35, 0.16, 0.1]) * rng.uniform(0.5, 1.6) if rng.random() < 0.6 else props.shade(rng, 0.2, 0.7)
        )
    material = Material(pattern, scale=float(rng.uniform(0.5, 1.1)), color_b=tuple(color * rng.uniform(0.5, 1.1)),
                        shade=float(rng.uniform(0.05, 0.3)), bump=0.004, specular=0.01)  # fmt: skip
    made, feet = [], []
    for k in range(4):
        n = furniture.yaw(yaw + 90 * k) @ np.array([0, 1.0, 0])
        distance = rng.uniform(*reach)
        foot = centre * [1, 1, 0] - n * distance
        if (camera.eye - foot) @ n < 0.15:
            continue
        turn = np.stack([np.cross(n, [0, 0, 1]), [0, 0, 1.0], n], 1)
        wall = plane((26, height), color * rng.uniform(0.85, 1.1), material)
        # Looked up in the wall's own frame, so that bricks lie flat.
        made.append(wall.transformed(turn, foot + [0, 0, height / 2]))
        feet.append((foot, n))
    return made, feet


def _ceiling(rng: np.random.Generator, height: float) -> Mesh:
    return props.put(
        plane(
            (26, 26),
            props.shade(rng, 0.5, 0.85, 0.04),
            Material("panels", scale=0.8, shade=0.1, color_b=(0.4, 0.4, 0.4)),
        ),
        (0, 0, height),
    )


def _studio(rng: np.random.Generator, camera: Camera, centre: np.ndarray) -> list[Mesh]:
    color = props.shade(rng, 0.15, 0.85, 0.05) if rng.random() < 0.6 else props.bright(rng) + 0.05
    material = Material("fine", scale=0.3, shade=0.05)
    floor = plane((30, 30), color, material)
    back = unit((camera.eye - centre) * [1, 1, 0])
    turn = np.stack([np.cross(back, [0, 0, 1]), [0, 0, 1.0], back], 1)
    return [
        floor,
        plane((30, 8), color * 1.02, material).transformed(
            turn, centre * [1, 1, 0] - back * rng.uniform(1.5, 4) + [0, 0, 4]
        ),
    ]


def _room(rng: np.random.Generator, camera: Camera, centre: np.ndarray) -> list[Mesh]:
    height = rng.uniform(2.5, 3.2)
    walls, feet = _walls(
        rng, camera, centre, ("fine", "fine", "stone", "stripes", "bricks", "panels"), (1.4, 4.2), height
    )
    makers = (
        furniture.shelf,
        furniture.sofa,
        furniture.boxes,
        furniture.pot_plant,
        furniture.table,
        furniture.gym_ball,
    )
    ceiling = [_ceiling(rng, height)] if camera.eye[2] < height else []
    return [
        _floor(rng, _INDOOR_FLOORS),
        *walls,
        *ceiling,
        *furniture.decorate(rng, feet),
        *furniture.clutter(rng, feet, int(rng.integers(1, 7)), makers),
    ]


def _gym(rng: np.random.Generator, camera: Camera, centre: np.ndarray) -> list[Mesh]:
    height = rng.uniform(3.0, 5.0)
    walls, feet = _walls(rng, camera, centre, ("fine", "bricks", "blocks", "panels", "stone"), (2.0, 6.0), height)
    makers = (
        furniture.rack,
        furniture.weights,
        furniture.gym_bench,
        furniture.gym_ball,
        furniture.boxes,
        furniture.weights,
        furniture.rack,
    )
    ceiling = [_ceiling(rng, height)] if camera.eye[2] < height else []
    return [
        _floor(rng, _GYM_FLOORS),
        *walls,
        *ceiling,
        *furniture.decorate(rng, feet, 0.3),
        *furniture.clutter(rng, feet, int(rng.integers(3, 9)), makers),
    ]


def _hall(rng: np.random.Generator, camera: Camera, centre: np.ndarray) -> list[Mesh]:
    height = rng.uniform(4.0, 7.0)
    walls, feet = _walls(rng, camera, centre, ("blocks", "bricks", "stone", "panels", "windows"), (2.5, 9.0), height)
    floors = {k: _GYM_FLOORS[k] for k in ("stone", "panels")} | {"tiles": _INDOOR_FLOORS["tiles"]}
    made = [
        _floor(rng, floors),
        *walls,
        *furniture.clutter(
            rng,
            feet,
            int(rng.integers(4, 11)),
            (furniture.boxes, furniture.shelf, furniture.boxes, furniture.table, furniture.shelf),
        ),
    ]
    for _ in range(int(rng.integers(0, 4))):
        side = rng.choice([-1, 1]) * rng.uniform(1.5, 4)
        at = centre * [1, 1, 0] + np.array([side, rng.uniform(-4, 4), 0])
        if np.linalg.norm((at - camera.eye)[:2]) > 1.0:
            made.append(
                rod(at, at + [0, 0, height], float(rng.uniform(0.08, 0.22)), props.bright(rng), props.PAINT, 12)
            )
    return made


def _outdoor(rng: np.random.Generator, camera: Camera, centre: np.ndarray) -> list[Mesh]:
    made = [_floor(rng, _OUTDOOR_FLOORS, 90)]
    view = unit((centre - camera.eye) * [1, 1, 0])
    across = np.array([view[1], -view[0], 0])
    for _ in range(int(rng.integers(2, 9))):
        depth = rng.uniform(5, 30)
        at = centre * [1, 1, 0] + view * depth + across * rng.normal(0, 0.6 * depth + 2)
        made += furniture.tree(rng, at, rng.uniform(2.5, 7))
    for _ in range(int(rng.integers(0, 5))):
        depth = rng.uniform(8, 35)
        at = centre * [1, 1, 0] + view * depth + across * rng.normal(0, 0.6 * depth)
        size = rng.uniform([4, 4, 3], [14, 8, 12])
        material = Material(str(rng.choice(["windows", "windows", "bricks", "panels"])), scale=float(rng.uniform(0.08, 0.16)),
                            color_b=(0.1, 0.13, 0.17), shade=0.4)  # fmt: skip
        made.append(
            props.put(box(size, props.shade(rng, 0.2, 0.7, 0.2), material), at, furniture.yaw(rng.uniform(-30, 30)))
        )
    for _ in range(int(rng.integers(0, 3))):
        at = centre * [1, 1, 0] + view * rng.uniform(2.5, 12) + across * rng.normal(0, 4)
        made.append(
            rod(
                at,
                at + [0, 0, rng.uniform(1, 5)],
                float(rng.uniform(0.03, 0.08)),
                props.shade(rng, 0.02, 0.5),
                props.METAL,
                8,
            )
        )
    if rng.random() < 0.35:  # a fence or a low wall
        at = centre * [1, 1, 0] + view * rng.uniform(3, 12)
        turn = np.stack([across, view, [0, 0, 1.0]], 1)
        material = Material(
            str(rng.choice(["bricks", "planks", "leaves", "blocks"])),
            scale=1.0,
            shade=0.5,
            color_b=tuple(props.bright(rng)),
            bump=0.01,
        )
        made.append(
            props.put(box([40, 0.3, rng.uniform(0.7, 2.0)], props.shade(rng, 0.08, 0.5, 0.3), material), at, turn)
        )
    return [m.owned_by(0) for m in made]
