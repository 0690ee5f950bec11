"""A picture of several people, or of nobody: near and far, upright, bent, lying, behind one another and behind things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from posetune.synthetic import animals, collage, furniture, props, scenes, sensor, surroundings
from posetune.synthetic.body import Posed
from posetune.synthetic.camera import Camera
from posetune.synthetic.label import label_people
from posetune.synthetic.mesh import Mesh
from posetune.synthetic.people import Person, person_meshes
from posetune.synthetic.pose import UP, about
from posetune.synthetic.renderer import Stage
from posetune.synthetic.take import Recipe, Take, cast


@dataclass(frozen=True)
class View:
    """Where the camera is. ``far``: m to the middle of the group; ``up``: m above the floor; ``fov``: degrees; ``places``: where
    one can stand so; ``at``: m above the floor that is looked at. Numbers are from-to.
    """

    far: tuple[float, float]
    up: tuple[float, float]
    fov: tuple[float, float]
    places: tuple[str, ...]
    at: tuple[float, float] = (0.6, 1.3)


_OPEN = ("hall", "outdoor", "outdoor")
#: Among people, across a square, from a stand, under a ceiling.
VIEWS = (
    View((1.8, 5.0), (0.7, 1.9), (42, 74), ("room", "gym", "hall", "outdoor", "outdoor", "studio")),
    View((5.0, 14.0), (1.0, 3.5), (28, 66), _OPEN),
    View((13.0, 26.0), (3.5, 9.0), (30, 52), _OPEN),
    View((2.0, 6.0), (2.3, 4.2), (50, 80), ("room", "gym", "hall", "outdoor")),
)
_VIEW_SHARES = (0.42, 0.33, 0.1, 0.15)
#: How far from the middle people may be, m: walls are behind that.
_REACH = {"room": 1.7, "studio": 1.6, "gym": 3.0, "hall": 6.0}
_OUTSIDE = 16.0
#: Width and height of a picture.
_SHAPES = ((4, 3), (3, 2), (16, 9), (1, 1), (3, 4), (2, 3))
_DOING = {
    "stand": 0.3, "walk": 0.22, "sit": 0.14, "squat": 0.05, "lunge": 0.07, "deadlift": 0.04, "pushup": 0.03, "warrior": 0.03,
    "downdog": 0.02, "handstand": 0.02, "cat-cow": 0.02, "worker": 0.06,
}  # fmt: skip
_PHOTO = 0.35
#: Share of people who lie on the floor, and of those who are anyhow in the air, as in a leap or a somersault.
_LYING, _IN_THE_AIR = 0.07, 0.06
_CLOSE = 0.35  # share of people who stand with somebody


@dataclass(frozen=True)
class _Actor:
    person: Person
    posed: Posed
    things: list[Mesh]


class Crowd:
    """Everything of one picture: place, camera, people. Like ``take.Set``, of which there is only one moment."""

    def __init__(self, seed: Sequence[int], recipe: Recipe, people: tuple[int, int]) -> None:
        self.rng = rng = np.random.default_rng([*seed, 77])
        self.seed, self.recipe = list(seed), recipe
        view = VIEWS[int(rng.choice(len(VIEWS), p=_VIEW_SHARES))]
        wide, high = _SHAPES[int(rng.integers(len(_SHAPES)))]
        width, height = (max(round(recipe.size * s / max(wide, high)), 64) for s in (wide, high))
        self.far = far = float(rng.uniform(*view.far))
        self.centre = np.array([0.0, 0.0, rng.uniform(*view.at)])
        eye = (rng.normal(0, 0.1 * far), -far, rng.uniform(*view.up))
        self.camera = Camera.looking(eye, self.centre, rng.uniform(*view.fov), width, height, rng.normal(0, 2.5))
        photo = self._photo(width, height)
        self.place_name = "photo" if photo is not None else str(rng.choice(recipe.places or view.places))
        self.place = surroundings.build(rng, self.place_name, self.camera, self.centre, photo)
        self.reach = min(_REACH.get(self.place_name, _OUTSIDE), 1.2 * far)
        self.actors: list[_Actor] = []
        spots: list[np.ndarray] = []
        for _ in range(int(rng.integers(people[0], people[1] + 1))):
            spots.append(self._spot(spots))
            self.actors.append(_actor(rng, spots[-1], recipe))
        self.clutter = self._clutter(spots)

    def _photo(self, width: int, height: int) -> np.ndarray | None:
        rng, photos = self.rng, self.recipe.photos
        if len(photos) and rng.random() < 0.8:
            return photos[int(rng.integers(len(photos)))]
        return collage.picture(rng, width, height) if rng.random() < _PHOTO else None

    def _spot(self, others: Sequence[np.ndarray]) -> np.ndarray:
        """(3,) m on the floor, in view, beside somebody or by oneself."""
        rng = self.rng
        if others and rng.random() < _CLOSE:
            way = rng.uniform(0, 2 * np.pi)
            return others[int(rng.integers(len(others)))] + rng.uniform(0.35, 0.8) * np.array(
                [np.cos(way), np.sin(way), 0]
            )
        spot = np.zeros(3)
        for _ in range(8):
            deep = rng.uniform(-min(0.5 * self.far, self.reach), self.reach)
            half = 0.5 * self.camera.width / self.camera.focal * (self.far + deep)
            side = float(np.clip(rng.uniform(-0.95, 0.95) * half, -self.reach, self.reach))
            spot = np.array([side, deep, 0.0])
            if all(np.linalg.norm(spot - s) > 0.6 for s in others):
                break
        return spot

    def _clutter(self, spots: Sequence[np.ndarray]) -> list[Mesh]:
        """Things before people, and things and animals that nobody belongs to."""
        rng, made = self.rng, list[Mesh]()
        for spot in spots:
            if rng.random() < 0.16:
                made += props.occluders(rng, spot, self.camera.eye - spot, 1)
        for _ in range(int(rng.integers(0, 3 if spots else 7))):
            made += _thing(rng, self._spot(spots))
        return made

    def take(self, renderer) -> Take:
        """Photograph it."""
        bodies = [person_meshes(a.person, a.posed, i + 1) for i, a in enumerate(self.actors)]
        things = [m for a in self.actors for m in a.things]
        meshes = [*self.place.meshes, *self.clutter, *things, *(m for body in bodies for m in body)]
        radius = float(np.clip(0.8 * self.far, 3.2, 10.0))
        stage = Stage(meshes, self.camera, self.place.light, self.place.backdrop, self.centre, radius)
        picture, truth = renderer.render(stage)
        labels = label_people([a.posed for a in self.actors], bodies, truth, renderer, self.camera)
        settings = np.random.default_rng([*self.seed, 0])
        grain = np.random.default_rng([*self.seed, 1])
        picture = sensor.expose(settings, grain, picture, truth.depth, float(self.camera.view(self.centre)[2]))
        return Take(picture, sensor.jpeg(settings, picture, *self.recipe.quality), labels, self.camera, self.place_name)


def _actor(rng: np.random.Generator, spot: np.ndarray, recipe: Recipe) -> _Actor:
    """Somebody who does something at ``spot`` (3,)."""
    scene = scenes.get(str(rng.choice(list(_DOING), p=list(_DOING.values()))))
    kind, turn, lift = rng.random(), about(UP, rng.uniform(-180, 180)), None
    if kind < _LYING:  # on the back, on the face or on a side
        turn = turn @ about([1, 0, 0] if rng.random() < 0.7 else [0, 1, 0], rng.choice([-90, 90]) + rng.normal(0, 6))
        scene, lift = scenes.get("stand"), 0.0
    elif kind < _LYING + _IN_THE_AIR:
        turn = turn @ about(rng.normal(size=3), rng.uniform(-180, 180))
        lift = float(rng.uniform(0, 1.2))
    player = replace(cast(rng, scene, recipe), turn=turn, at=spot)
    posed, things = player.act(float(rng.uniform(*scene.moment)))
    if lift is None:
        return _Actor(player.person, posed, things)
    up = np.array([0, 0, lift - float(posed.vertices[:, 2].min())], np.float32)
    return _Actor(player.person, Posed(posed.vertices + up, posed.heads + up, posed.rotations), [])


def _thing(rng: np.random.Generator, at: np.ndarray) -> list[Mesh]:
    kind = rng.integers(8)
    if kind < 3:
        return animals.quadruped(rng, at, float(np.exp(rng.uniform(np.log(0.25), np.log(1.5)))))
    makers = (furniture.pot_plant, furniture.table, furniture.boxes, furniture.rack, furniture.shelf)
    return props.things(makers[kind - 3](rng, at))
