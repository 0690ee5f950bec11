"""A random person: build, skin, hair, clothes; and the meshes of that person in a pose.

Everything is drawn at random from one generator, so that the same generator state gives the same person.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from posetune.synthetic import body as bodies
from posetune.synthetic import hairdo
from posetune.synthetic.body import Posed, Shape
from posetune.synthetic.mesh import Material, Mesh, triangles_of, vertex_normals
from posetune.synthetic.surface import deform, fields, rest_normals, scalp
from posetune.synthetic.wardrobe import Garment, Hair, Outfit, draw_hair, draw_outfit


@dataclass(frozen=True)
class Person:
    """Who someone is: ``shape``, ``traits`` by name, ``skin`` linear RGB, ``outfit``, ``hair``; ``seed`` for cloth folds."""

    shape: Shape
    traits: dict[str, float]
    skin: np.ndarray
    iris: np.ndarray
    hair: Hair
    outfit: Outfit
    seed: int


# Skin from fair to dark, linear RGB of sRGB tones; neighbours are mixed.
_TONES = np.array([[232, 190, 170], [224, 172, 140], [203, 148, 112], [172, 118, 84], [134, 86, 58], [98, 60, 42],
                   [70, 44, 33]]) / 255.0  # fmt: skip
_IRIS = np.array([[70, 45, 25], [60, 40, 25], [95, 70, 40], [70, 90, 60], [70, 95, 120], [90, 105, 115]]) / 255.0


def linear(srgb) -> np.ndarray:
    """sRGB 0..1 → linear (a gamma of 2.2 is near enough here)."""
    return np.clip(np.asarray(srgb, float), 0, 1) ** 2.2


def draw_person(
    rng: np.random.Generator, style: str = "casual", population: tuple[float, float] = (0.0, 1.0)
) -> Person:
    """Someone out of the part ``population`` (from, to; 0..1) of the sampled people, dressed for ``style``.

    Two people of one sex are mixed, so that nobody is met twice. Parts that do not overlap share no build.
    """
    body = bodies.load()
    count = len(body.people_scores)
    low, high = int(population[0] * count), max(int(population[1] * count), 1)
    first = int(rng.integers(low, high))
    sex = body.people_traits[low:high, body.trait_names.index("gender")]
    alike = low + np.flatnonzero((sex > 0.5) == (sex[first - low] > 0.5))
    second = int(rng.choice(alike))
    share = float(rng.uniform(0.5, 1.0))
    scores = share * body.people_scores[first] + (1 - share) * body.people_scores[second]
    scores = scores / np.sqrt(share**2 + (1 - share) ** 2)  # a mean of two is too average
    values = share * body.people_traits[first] + (1 - share) * body.people_traits[second]
    traits = dict(zip(body.trait_names, values.astype(float), strict=True))
    dark = traits["african"] * rng.uniform(0.6, 1.0) + 0.38 * traits["asian"] * rng.uniform(0.4, 1.3)
    dark = np.clip(dark + 0.22 * traits["caucasian"] * rng.uniform(0, 1.3), 0, 1) * (len(_TONES) - 1)
    i = int(min(dark, len(_TONES) - 2))
    tone = _TONES[i] * (1 - (dark - i)) + _TONES[i + 1] * (dark - i)
    skin = linear(tone * rng.uniform(0.94, 1.04, 3))
    light_eyed = traits["caucasian"] > 0.6
    iris = linear(_IRIS[rng.integers(len(_IRIS) if light_eyed else 3)])
    female = traits["gender"] > 0.5
    return Person(body.shape(scores), traits, skin, iris, draw_hair(rng, traits, style, female),
                  draw_outfit(rng, style, female, skin), int(rng.integers(2**31)))  # fmt: skip


def person_meshes(person: Person, posed: Posed, owner: int) -> list[Mesh]:
    """Skin, eyes, hair and clothes of ``person`` in a pose."""
    body, f = bodies.load(), fields()
    group = body.groups["body"]
    covered = np.full(group.stop - group.start, -1.0)
    meshes = []
    for k, garment in enumerate(person.outfit.garments):
        mesh = _garment_mesh(person, posed, garment, k)
        meshes.append(mesh)
        covered = np.maximum(covered, garment.keep(f.arm[group], f.leg[group], f.neck[group]) - garment.margin)
    meshes.append(_skin_mesh(person, posed, covered))
    meshes += [_eye_mesh(person, posed, side) for side in ("left_eye", "right_eye")]
    meshes += hairdo.meshes(person, posed)
    return [m.owned_by(owner) for m in meshes]


def _compact(triangles: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """Triangles with at least one corner that is kept."""
    return triangles[(keep[triangles] >= 0).any(1)]


def _skin_mesh(person: Person, posed: Posed, covered: np.ndarray) -> Mesh:
    body, f = bodies.load(), fields()
    group = body.groups["body"]
    quads = body.quads["body"]
    positions = posed.vertices[group]
    cut = np.where(covered > 0, -1.0, 1.0)
    colors = np.column_stack([_skin_colors(person), np.ones(len(cut))])
    rest = person.shape.vertices[group]
    return Mesh(positions, _compact(triangles_of(quads), cut), colors,
                Material("skin", scale=5.0, color_b=tuple(person.skin * [0.8, 0.6, 0.6]), shade=0.10, bump=0.0006,
                         specular=0.035, gloss=18, translucent=1.0),
                normals=vertex_normals(positions, quads), rest=rest, rest_normals=rest_normals(), parts=f.part[group],
                closed=True)  # fmt: skip


def _skin_colors(person: Person) -> np.ndarray:
    """(N, 3) linear RGB: skin with lips, brows, lid lines, redder cheeks and hands, gloves where worn."""
    body, f = bodies.load(), fields()
    m, group = body.masks, body.groups["body"]
    rng = np.random.default_rng(person.seed)
    base = np.tile(person.skin, (group.stop - group.start, 1))

    def blend(color, amount):
        nonlocal base
        amount = np.clip(amount, 0, 1)[:, None]
        base = base * (1 - amount) + np.asarray(color) * amount

    part = f.part[group]
    blend(person.skin * [1.05, 0.82, 0.80], 0.6 * np.isin(part, [7, 8, 13, 14]))
    blend(person.skin * [1.05, 0.78, 0.76], 0.5 * m["face"])
    female = person.traits["gender"] > 0.5
    lips = linear(np.array([170, 60, 65]) / 255) if female and rng.random() < 0.35 else person.skin * [0.85, 0.45, 0.48]
    blend(lips, 0.85 * m["lips"])
    blend(person.hair.color * 0.8, 0.85 * _brows())
    blend(person.skin * 0.25, 0.75 * np.clip((m["eyelids"] - 0.4) * 2, 0, 1))
    if person.hair.beard > 0:
        rest = body.shape(np.zeros(body.people_scores.shape[1])).vertices[group]
        mouth = rest[int(body._points["mouth_left"][0][0])]
        jaw = np.clip((mouth[2] + 0.025 - rest[:, 2]) * 60, 0, 1) * np.clip((0.02 - rest[:, 1]) * 40, 0, 1)
        jaw *= (part == 1) * (rest[:, 2] > mouth[2] - 0.085) * (1 - m["lips"])
        blend(person.hair.color, person.hair.beard * jaw)
    if person.hair.style not in ("bald",):  # what shows between the hairs
        blend(person.hair.color * 0.6 + person.skin * 0.1, np.clip((scalp(person.hair.line) + 0.004) * 120, 0, 0.9))
    if person.outfit.gloves is not None:
        blend(person.outfit.gloves, 1.0 * np.isin(part, [7, 8]))
    return base


@functools.cache
def _brows() -> np.ndarray:
    """(N,) 0..1 eyebrows: a low arc over each eye of the mean shape."""
    body = bodies.load()
    vertices = body.shape(np.zeros(body.people_scores.shape[1])).vertices
    rest, eye = vertices[body.groups["body"]], vertices[body.groups["left_eye"]].mean(0)
    across = (np.abs(rest[:, 0]) - eye[0]) / 0.021  # -1 at the nose, 1 at the temple
    arc = eye[2] + 0.0215 - 0.004 * across**2
    near = np.clip(1.6 - np.abs(rest[:, 2] - arc) / 0.0032, 0, 1) * np.clip((1.15 - np.abs(across)) * 5, 0, 1)
    return near * (rest[:, 1] < eye[1])


def _eye_mesh(person: Person, posed: Posed, name: str) -> Mesh:
    body = bodies.load()
    group = body.groups[name]
    rest = person.shape.vertices[group]
    centre = rest.mean(0)
    ahead = -(rest - centre)[:, 1] / np.maximum(np.linalg.norm(rest - centre, axis=1), 1e-6)
    colors = np.tile([0.62, 0.60, 0.58, 1.0], (len(rest), 1))
    colors[ahead > 0.80, :3] = person.iris
    colors[ahead > 0.955, :3] = 0.01
    quads = body.quads[name] - group.start
    return Mesh(posed.vertices[group], triangles_of(quads), colors, Material(specular=0.3, gloss=120),
                normals=vertex_normals(posed.vertices[group], quads), parts=np.ones(len(rest)), shadow=False)  # fmt: skip


def _garment_mesh(person: Person, posed: Posed, garment: Garment, layer: int) -> Mesh:
    """A shell over one of the cloth helper meshes, cut to the garment's edges, loosened and creased."""
    body, f = bodies.load(), fields()
    group = body.groups[garment.mesh]
    quads = body.quads[garment.mesh] - group.start
    arm, leg, neck = f.arm[group], f.leg[group], f.neck[group]
    keep = garment.keep(arm, leg, neck)
    rest = person.shape.vertices[group].astype(np.float64)
    normals = vertex_normals(rest, quads).astype(np.float64)
    folds = _folds(rest, person.seed + layer)
    offset = garment.fit + garment.loose * garment.flare(arm, leg) * (0.75 + 0.5 * folds)
    rest = rest + normals * offset[:, None]
    if garment.sole:
        # A shoe: flat below, a little longer than the foot.
        low = rest[:, 2] < 0.018
        rest[low, 2] = -0.012
        rest[:, 1] -= np.clip((0.05 - rest[:, 2]) * 0.2, 0, 0.01)
    positions = deform(rest, group, posed, person.shape)
    colors = np.column_stack([np.tile(garment.color, (len(rest), 1)), keep])
    if garment.sole:
        colors[rest[:, 2] < 0.012, :3] = garment.trim
    elif garment.trim is not None:
        band = garment.bands(arm, leg)
        colors[band, :3] = garment.trim
    parts = f.part[group]
    mesh = Mesh(positions, _compact(triangles_of(quads), keep), colors, garment.material,
                normals=vertex_normals(positions, quads), rest=person.shape.vertices[group],
                rest_normals=rest_normals(garment.mesh), parts=parts)  # fmt: skip
    return mesh.trimmed()


def _folds(points: np.ndarray, seed: int) -> np.ndarray:
    """(N,) smooth random field of about -1..1, a few centimetres from fold to fold."""
    rng = np.random.default_rng(seed)
    total = np.zeros(len(points))
    for frequency in (12, 18, 28, 45):
        d = rng.normal(size=3)
        total += np.sin(points @ (d / np.linalg.norm(d) * frequency) * 2 + rng.uniform(0, 6.3))
    return total / 2.2
