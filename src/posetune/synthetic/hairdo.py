"""Hair and hats as meshes on a posed head."""

from __future__ import annotations

import numpy as np

from posetune.synthetic import body as bodies
from posetune.synthetic.body import Posed
from posetune.synthetic.mesh import Material, Mesh, triangles_of, vertex_normals
from posetune.synthetic.shapes import ball, dome, tube
from posetune.synthetic.surface import deform, fields, rest_normals, scalp


def meshes(person, posed: Posed) -> list[Mesh]:
    """Hair and headgear of ``person`` (see ``people.Person``)."""
    hair, made = person.hair, []
    head = _Head(person, posed)
    hat = person.outfit.headgear
    if hair.style != "bald":
        # Nothing of it may come through the hat.
        most = {"": 1.0, "helmet": 0.003}.get(hat, 0.01)
        if hair.style == "curly":
            made += [_shells(person, head, "curls", min(hair.length, most), 9, 5.0, (0, 0, 0))]
        else:
            long = hair.style in ("long", "ponytail", "bun")
            depth = {"buzz": hair.length, "short": hair.length}.get(hair.style, 0.012)
            comb = (0.0, 0.012, 0.0) if long else (0.004, 0.25 * hair.length, -0.3 * hair.length)
            shells = 4 if hair.style == "buzz" else 8
            made += [_shells(person, head, "strands", min(depth, most), shells, 7.0, comb)]
        if hair.style == "long":
            made.append(_long(person, posed, head))
        elif hair.style == "ponytail":
            made += _ponytail(person, head, high=-0.4 if hat == "helmet" else 0.25)
        elif hair.style == "bun" and not hat:
            made.append(_knot(person, head))
    if hat == "helmet":
        made += _helmet(person, head)
    elif hat in ("cap", "beanie"):
        made += _cap(person, head, hat == "cap")
    return made


class _Head:
    """The head's own frame: at rest coordinates relative to the forehead, as ``surface.scalp`` has them."""

    def __init__(self, person, posed: Posed) -> None:
        body = bodies.load()
        b = body.bone["head"]
        self.rotation = posed.rotations[b].astype(float)
        self.offset = posed.heads[b] - self.rotation @ person.shape.heads[b]
        rest = person.shape.vertices[body.groups["body"]]
        self.forehead = body.forehead(person.shape.vertices)
        self.skull = rest[(fields().part[body.groups["body"]] == 1) & (rest[:, 2] > self.forehead[2] - 0.03)]
        self.middle = np.array([0, (self.skull[:, 1].min() + self.skull[:, 1].max()) / 2, self.forehead[2] + 0.02])
        self.half = np.array([np.abs(self.skull[:, 0]).max(), np.ptp(self.skull[:, 1]) / 2,
                              self.skull[:, 2].max() - self.middle[2]])  # fmt: skip

    def place(self, mesh: Mesh) -> Mesh:
        """A mesh in rest coordinates, moved with the head."""
        moved = mesh.transformed(self.rotation, self.offset)
        return Mesh(**{**moved.__dict__, "parts": np.ones(len(mesh.positions))})

    def at(self, point) -> np.ndarray:
        return self.rotation @ np.asarray(point, float) + self.offset


def _material(pattern: str, scale: float, **more) -> Material:
    return Material(pattern, scale=scale, shade=0.55, bump=0.006, specular=0.06, gloss=14, jag=0.035, **more)


def _shells(person, head: _Head, pattern: str, depth: float, shells: int, scale: float, comb) -> Mesh:
    body = bodies.load()
    group = body.groups["body"]
    inside = scalp(person.hair.line)
    triangles = triangles_of(body.quads["body"])
    triangles = triangles[(inside[triangles] > -0.02).any(1)]
    used, triangles = np.unique(triangles, return_inverse=True)
    triangles = triangles.reshape(-1, 3)
    rest = person.shape.vertices[group][used].astype(np.float64)
    normals = vertex_normals(rest, triangles)
    positions = (rest + normals * 0.002) @ head.rotation.T + head.offset
    colors = np.column_stack([np.tile(person.hair.color, (len(used), 1)), inside[used]])
    return Mesh(positions.astype(np.float32), triangles, colors,
                _material(pattern, scale, shells=shells, shell_depth=depth, density=1.25,
                          shell_drop=tuple(head.rotation @ np.asarray(comb, float))),
                normals=(normals @ head.rotation.T).astype(np.float32), rest=rest, rest_normals=rest_normals()[used],
                parts=np.ones(len(used)))  # fmt: skip


def _long(person, posed: Posed, head: _Head) -> Mesh:
    """The helper's hair cards: away from the face, cut to length, hanging with the head."""
    body = bodies.load()
    group = body.groups["hair"]
    rest = person.shape.vertices[group].astype(np.float64)
    p = rest - head.forehead
    hairline = p[:, 2] - 0.045 + 0.80 * p[:, 1] - person.hair.line
    behind = p[:, 1] - 0.085 - 0.15 * np.clip(-p[:, 2] - 0.1, 0, 1)
    long_enough = p[:, 2] + 0.10 + person.hair.length
    keep = np.minimum(np.maximum(hairline, behind), long_enough)
    quads = body.quads["hair"] - group.start
    colors = np.column_stack([np.tile(person.hair.color, (len(rest), 1)), keep * 1.0])
    positions = deform(rest, group, posed, person.shape)
    return Mesh(positions, triangles_of(quads), colors,
                Material("strands", scale=3.0, shade=0.6, bump=0.012, specular=0.07, gloss=14, jag=0.06),
                normals=vertex_normals(positions, quads), rest=rest, rest_normals=rest_normals("hair"),
                parts=np.ones(len(rest)))  # fmt: skip


def _ponytail(person, head: _Head, high: float) -> list[Mesh]:
    """``high``: where it leaves the head, in heights of the skull above its middle."""
    start = head.at(head.middle + [0, head.half[1] * 0.97, head.half[2] * high])
    out = head.rotation @ np.array([0, 1.0, 0.1])
    length = float(np.clip(person.hair.length, 0.12, 0.38))
    steps = np.linspace(0, 1, 8)
    # It leaves the head straight back and then hangs.
    path = [start]
    for s in steps[1:]:
        way = out * (1 - s) ** 2 + np.array([0, 0, -1.0]) * (s * 1.6)
        path.append(path[-1] + way / np.linalg.norm(way) * length / 7)
    radius = 0.026 * np.sin(np.pi * (0.12 + 0.84 * steps)) + 0.004
    mesh = tube(np.array(path), radius, sides=10, color=person.hair.color)
    cut = np.full(len(mesh.colors), -0.01)
    cut[: len(steps) * 10] = 0.06 * (1.02 - np.repeat(steps, 10))
    colors = np.column_stack([mesh.colors[:, :3], cut])
    material = Material(
        "strands", scale=4.0, stretch=(2.0, 0.6), shade=0.6, bump=0.01, specular=0.07, gloss=14, jag=0.05
    )
    return [Mesh(mesh.positions, mesh.triangles, colors, material, rest=mesh.rest, rest_normals=mesh.rest_normals,
                 parts=np.ones(len(colors)))]  # fmt: skip


def _knot(person, head: _Head) -> Mesh:
    size = 0.032 + 0.02 * min(person.hair.length, 0.45)
    knot = ball(size, person.hair.color, _material("curls", 6.0, shells=5, shell_depth=0.008, density=1.3))
    high = 0.9 if person.seed % 2 else 0.3
    spot = head.middle + [0, head.half[1] * np.sqrt(1 - (0.8 * high) ** 2) * 1.08, head.half[2] * high * 0.95]
    return head.place(knot.transformed(np.eye(3), spot))


def _helmet(person, head: _Head) -> list[Mesh]:
    color = person.outfit.helmet
    material = Material("fine", scale=3, shade=0.06, specular=0.10, gloss=60)
    shell = dome(head.half * [1.15, 1.19, 1.32] + 0.006, color, material, brim=0.02, peak=0.045)
    return [head.place(shell.transformed(np.eye(3), head.middle - [0, 0, 0.012]))]


def _cap(person, head: _Head, peak: bool) -> list[Mesh]:
    color = person.outfit.helmet
    material = Material("weave", scale=5, shade=0.3, bump=0.004, fuzz=0.3)
    shell = dome(head.half * [1.10, 1.09, 1.32] + 0.004, color, material, brim=0.0, peak=0.07 if peak else 0.0)
    return [head.place(shell.transformed(np.eye(3), head.middle - [0, 0, 0.008]))]
