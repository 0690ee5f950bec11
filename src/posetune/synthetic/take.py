"""One picture with its truth: a scene, people, a place, a camera, all drawn from one seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from posetune.opencv import cv2
from posetune.synthetic import limits, props, scenes, sensor, surroundings
from posetune.synthetic.body import Posed, load
from posetune.synthetic.camera import Camera
from posetune.synthetic.label import Label, label_people
from posetune.synthetic.mesh import Mesh
from posetune.synthetic.people import Person, draw_person, person_meshes
from posetune.synthetic.pose import UP, Poser, about
from posetune.synthetic.renderer import Stage
from posetune.synthetic.scene import Motion, Scene


@dataclass(frozen=True)
class Recipe:
    """What is asked for. ``population``: part of the people (from, to; 0..1); ``photos``: (H, W, 3) uint8 backgrounds;
    ``quality``: of the JPEG, from-to.
    """

    size: int = 512
    population: tuple[float, float] = (0.0, 1.0)
    photos: Sequence[np.ndarray] = field(default_factory=tuple)
    places: tuple[str, ...] = ()
    quality: tuple[int, int] = (72, 95)


@dataclass(frozen=True)
class Take:
    """``picture`` (H, W, 3) uint8 RGB, ``jpeg`` its file, ``labels`` of the people in it, and how it was made."""

    picture: np.ndarray
    jpeg: bytes
    labels: list[Label]
    camera: Camera
    place: str


@dataclass(frozen=True)
class _Player:
    person: Person
    motion: Motion
    turn: np.ndarray
    at: np.ndarray

    def act(self, t: float) -> tuple[Posed, list[Mesh]]:
        """The person at phase ``t`` with what is held or stood on, in the world."""
        poser = Poser(load(), self.person.shape)
        self.motion.move(poser, t)
        if self.motion.floor is not None:
            poser.stand_on(self.motion.floor)
        posed, things = poser.posed(), self.motion.things(poser, t)
        if np.allclose(self.turn, np.eye(3)) and not self.at.any():
            return posed, things
        turn = self.turn.astype(np.float32)
        posed = Posed(posed.vertices @ turn.T + self.at.astype(np.float32), posed.heads @ turn.T + self.at.astype(np.float32),
                      np.einsum("ij,bjk->bik", turn, posed.rotations))  # fmt: skip
        return posed, [m.transformed(self.turn, self.at) for m in things]


class Set:
    """Everything of a take but the moment: people, place, camera. Frames of a sequence share it."""

    def __init__(self, seed: Sequence[int], scene_name: str, recipe: Recipe, sequence: bool = False) -> None:
        self.rng = rng = np.random.default_rng(list(seed))
        self.seed, self.recipe, self.scene = list(seed), recipe, scenes.get(scene_name)
        self.moment = float(rng.uniform(*self.scene.moment))
        self.players = [cast(rng, self.scene, recipe)]
        self._subject = subject, _ = self.players[0].act(self.moment)
        seen = [subject.vertices]
        if sequence:  # the camera shall have the whole movement in view
            seen += [self.players[0].act(t)[0].vertices for t in (0.0, 0.5, 1.0)]
        self.camera = _aim(rng, self.scene, np.concatenate(seen), recipe.size)
        self.photo = (
            recipe.photos[int(rng.integers(len(recipe.photos)))] if len(recipe.photos) and rng.random() < 0.8 else None
        )
        self.place_name = "photo" if self.photo is not None else str(rng.choice(recipe.places or self.scene.places))
        centre = subject.vertices.mean(0).astype(float)
        self.centre = centre
        self.place = surroundings.build(rng, self.place_name, self.camera, centre, self.photo)
        if rng.random() < self.scene.company:
            self.players += _company(rng, self.camera, centre, recipe, self.place_name)
        self.occluders: list[Mesh] = []
        if rng.random() < 0.22:
            things = props.occluders(rng, centre, self.camera.eye - centre, int(rng.integers(1, 3)))
            self.occluders = things if _covered(things, subject, self.camera) < 0.5 else []

    def take(self, renderer, phase: float | None = None, frame: int = 0) -> Take:
        """Photograph the set at ``phase`` (None: its own moment)."""
        t = self.moment if phase is None else phase
        subject = self._subject if phase is None else self.players[0].act(t)
        acts = [subject, *(p.act((t + 0.37 * i) % 1) for i, p in enumerate(self.players[1:], start=1))]
        around = [*self.place.meshes, *self.occluders, *(m for _, things in acts for m in things)]
        people = [
            person_meshes(p.person, posed, i + 1)
            for i, (p, (posed, _)) in enumerate(zip(self.players, acts, strict=True))
        ]
        meshes = [*around, *(m for person in people for m in person)]
        picture, truth = renderer.render(
            Stage(meshes, self.camera, self.place.light, self.place.backdrop, self.centre, 3.2)
        )
        labels = label_people([posed for posed, _ in acts], people, truth, renderer, self.camera)
        # The sensor's settings are the set's, its noise the frame's.
        settings = np.random.default_rng([*self.seed, 0])
        focus = float(self.camera.view(self.centre)[2])
        picture = sensor.expose(settings, np.random.default_rng([*self.seed, 1 + frame]), picture, truth.depth, focus)
        return Take(picture, sensor.jpeg(settings, picture, *self.recipe.quality), labels, self.camera, self.place_name)


def cast(rng: np.random.Generator, scene: Scene, recipe: Recipe) -> _Player:
    """Somebody who does what happens in ``scene``, at the origin."""
    style = str(rng.choice(scene.style))
    person = draw_person(rng, style, recipe.population)
    return _Player(person, draw_motion(rng, scene, person), np.eye(3), np.zeros(3))


def draw_motion(rng: np.random.Generator, scene: Scene, person: Person, tries: int = 20) -> Motion:
    """A variant of the scene that this body can do: drawn again until no joint is past its limit (or the best of all)."""
    if scene.ordinary:  # made of what everybody can do
        return scene.draw(rng, Poser(load(), person.shape))
    best, least = None, np.inf
    for _ in range(tries):
        motion = scene.draw(rng, Poser(load(), person.shape))
        past = 0.0
        for t in (0.0, 0.5, 1.0):
            poser = Poser(load(), person.shape)
            motion.move(poser, t)
            past = max(past, *limits.violations(poser).values(), 0.0)
        if past < least:
            best, least = motion, past
        if past == 0:
            break
    assert best is not None
    return best


def _aim(rng: np.random.Generator, scene: Scene, vertices: np.ndarray, size: int) -> Camera:
    """A camera that has the subject's ``vertices`` (N, 3) in view, now and then not wholly."""
    azimuth = np.radians(rng.uniform(*scene.azimuth) - 90)  # 0 is in front of someone who faces -y
    elevation = np.radians(
        rng.triangular(scene.elevation[0], 0.6 * scene.elevation[0] + 0.4 * scene.elevation[1], scene.elevation[1])
    )
    if rng.random() < 0.07 and scene.elevation[1] < 45:
        elevation = np.radians(rng.uniform(25, 45))  # a camera in the corner under the ceiling
    towards = np.array([np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)])
    points = vertices[::23]
    middle = (points.min(0) + points.max(0)) / 2
    fov, roll = float(rng.uniform(*scene.fov)), float(rng.normal(0, 2.5))
    fill = float(rng.uniform(0.48, 0.92)) if rng.random() < 0.9 else float(rng.uniform(0.92, 1.25))
    distance = 3.0
    for _ in range(6):
        eye = middle + towards * distance
        eye[2] = max(eye[2], 0.12)
        camera = Camera.looking(eye, middle, fov, size, size, roll)
        p = camera.project(points)
        extent = np.ptp(p[:, :2], axis=0).max() / size
        distance = float(np.clip(distance * (extent / fill) ** 0.9, scene.nearest, 30))
    slack = max(1 - fill, 0.06) / 2 * size
    p = camera.project(points)
    shift = rng.uniform(-0.8, 0.8, 2) * slack + np.array([size / 2, size / 2]) - (p[:, :2].min(0) + p[:, :2].max(0)) / 2
    # Turn the camera so that the subject moves by ``shift`` px.
    ray = np.array([-shift[0], -shift[1], camera.focal]) / camera.focal
    at = camera.eye + ray @ camera.axes * distance
    return Camera.looking(camera.eye, at, fov, size, size, roll)


def _covered(things: Sequence[Mesh], subject: Posed, camera: Camera) -> float:
    """Share of the subject that lies behind the things, by their convex outlines in the image."""
    points = camera.project(subject.vertices[::29])[:, :2]
    hidden = np.zeros(len(points), bool)
    for thing in things:
        outline = cv2.convexHull(np.float32(camera.project(thing.positions)[:, :2]))[:, 0].astype(float)
        edge, to = np.roll(outline, -1, axis=0) - outline, points[:, None] - outline
        turn = edge[:, 0] * to[..., 1] - edge[:, 1] * to[..., 0]  # (points, edges): on which side
        hidden |= (turn >= 0).all(1) | (turn <= 0).all(1)
    return float(hidden.mean())


def _company(rng: np.random.Generator, camera: Camera, centre: np.ndarray, recipe: Recipe, where: str) -> list[_Player]:
    """Others about, mostly behind, never in the same spot."""
    ahead = (centre - camera.eye) * [1, 1, 0]
    distance = float(np.linalg.norm(ahead))
    ahead = ahead / max(distance, 1e-6)
    across = np.array([ahead[1], -ahead[0], 0])
    reach = {"room": 1.6, "studio": 1.5, "gym": 3.0, "photo": 3.0}.get(where, 6.0)
    spots = [centre * [1, 1, 0]]
    players = []
    for _ in range(int(rng.choice([1, 2, 3, 4], p=[0.5, 0.27, 0.15, 0.08]))):
        for _ in range(8):
            back = rng.uniform(-0.15, 1.0) * reach
            half_view = 0.5 * camera.width / camera.focal * (distance + back)
            spot = centre * [1, 1, 0] + ahead * back + across * rng.uniform(-0.95, 0.95) * half_view
            if min(np.linalg.norm(spot - s) for s in spots) > 0.95:
                spots.append(spot)
                other = replace(cast(rng, scenes.get(str(rng.choice(["stand", "walk", "sit"], p=[0.55, 0.3, 0.15]))), recipe),
                                turn=about(UP, rng.uniform(-180, 180)), at=spot)  # fmt: skip
                players.append(other)
                break
    return players
