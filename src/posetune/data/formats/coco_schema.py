"""The categories of a COCO file: which number of an annotation is which point."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from posetune import landmarks
from posetune.data.formats.ids import plain_id, written
from posetune.data.formats.image_finder import some
from posetune.data.formats.skeleton_lines import read_lines
from posetune.data.people import Person
from posetune.errors import PosetuneError
from posetune.skeleton import BLAZEPOSE, Skeleton, infer

Fail = Callable[[str], PosetuneError]

#: A category of which fewer points mean a part of a body is no person's (skis, poles), where another one is.
_A_BODY = 2

_FINGERS = ("thumb", "forefinger", "middle_finger", "ring_finger", "pinky_finger")


def _hand(side: str) -> tuple[str, ...]:
    return (f"{side}_hand_root", *(f"{side}_{finger}{joint}" for finger in _FINGERS for joint in range(1, 5)))


#: iBUG's 68 points of a face, of which the corners of eyes and mouth are among the 33.
_FACE = {36: "right_eye_outer", 39: "right_eye_inner", 42: "left_eye_inner", 45: "left_eye_outer",
         48: "mouth_right", 54: "mouth_left"}  # fmt: skip
#: Where COCO-WholeBody keeps what is not among its 17 ``keypoints``, and the names in order
#: (github.com/jin-s13/COCO-WholeBody, data_format.md).
WHOLEBODY: dict[str, tuple[str, ...]] = {
    "foot_kpts": tuple(f"{side}_{part}" for side in ("left", "right") for part in ("big_toe", "small_toe", "heel")),
    "lefthand_kpts": _hand("left"),
    "righthand_kpts": _hand("right"),
    "face_kpts": tuple(_FACE.get(i, f"face-{i}") for i in range(68)),
}


@dataclass(frozen=True)
class Schema:
    """One category: its keypoint names, where each goes among the points read, and the names that go nowhere.

    ``beside``: for annotations that keep points under other keys: key → (count, its positions → points read).
    """

    names: tuple[str, ...]
    mapping: dict[int, int]
    dropped: tuple[str, ...]
    beside: dict[str, tuple[int, dict[int, int]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Schemas:
    """``by_id``: category id → schema, of the categories that have keypoints; ``others``: the other categories' names by
    their ids; ``skeleton``: the points that are read. ``bodiless``: name → number of points of the categories among ``others``
    that have keypoints, but no two of a body (skis, poles). ``notes``: sentences for the user.
    """

    by_id: dict[int | str, Schema]
    others: dict[int | str, str]
    skeleton: Skeleton
    bodiless: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_schemas(
    categories: list[dict[str, Any]],
    native: bool,
    beside: frozenset[str],
    where: str,
    fail: Fail,
    meant: Mapping[str, str | None] | None = None,
) -> Schemas:
    """The schemas of a file's categories.

    ``native``: keep the file's own points, do not map. ``beside``: which keys of :data:`WHOLEBODY` its annotations have.
    ``where``: the file, for errors; ``fail`` makes one. ``meant``: name → the landmark that it means, or None for none, where
    a user says so.
    """
    schemas: dict[int | str, Schema] = {}
    others: dict[int | str, str] = {}
    meant = _checked(meant or {}, categories, where)
    for row in categories:
        names = row.get("keypoints") or []
        key = plain_id(row.get("id"))
        if key is None:
            raise fail(
                f"category {row.get('name')!r} has the id {written(row.get('id'))}; an id is a number or a name."
            )
        if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
            raise fail(f"category {key!r} has keypoints that are not a list of names.")
        if key in schemas or key in others:
            raise fail(f"category id {key!r} stands twice; give every category its own id.")
        if not names:
            others[key] = str(row.get("name", key))
            continue
        twice = next((n for n, count in Counter(names).items() if count > 1), None)
        if twice is not None:
            raise fail(f"category {key!r} names the keypoint {written(twice)} twice; give every keypoint its own name.")
        schemas[key] = _mapped(tuple(names), native, beside, meant)
    loose = [name for name in others.values() if landmarks.canonical_name(name) is not None]
    if not schemas and len(loose) > 1:
        raise fail(
            f"its categories are called as keypoints ({some(loose)}) and have none: it was labelled with loose points, which this "
            "export loses. In CVAT, export the task as 'CVAT for images 1.1' and read that with --points-as-people; for new labels "
            "make one label of the type Skeleton."
        )  # fmt: skip
    if not schemas:
        raise fail(
            "no category has keypoint names, and points are mapped by name only; add 'keypoints': "
            "[\"nose\", \"left_shoulder\", …] to the category."
        )  # fmt: skip
    if native:
        skeleton, notes = _native_skeleton(categories, beside, where, fail)
        return Schemas({key: _placed(schema, skeleton) for key, schema in schemas.items()}, others, skeleton, {}, notes)
    bodiless: dict[str, int] = {}
    called = {plain_id(row.get("id")): str(row.get("name", row.get("id"))) for row in categories}
    if any(len(schema.mapping) >= _A_BODY for schema in schemas.values()):
        for key, schema in list(schemas.items()):
            if len(schema.mapping) < _A_BODY:
                others[key] = called[key]
                bodiless[called[key]] = len(schema.names)
                del schemas[key]
    return Schemas(schemas, others, BLAZEPOSE, bodiless)


def _checked(meant: Mapping[str, str | None], categories: list[dict[str, Any]], where: str) -> dict[str, str | None]:
    """``meant`` with its landmarks by their own names. Raises PosetuneError for a name that is not there."""
    lists = [row.get("keypoints") for row in categories]
    there = {n for names in lists if isinstance(names, list) for n in names if isinstance(n, str)}
    checked: dict[str, str | None] = {}
    for name, landmark in meant.items():
        if name not in there:
            raise PosetuneError(f"--map: {where} has no keypoint {name!r}; it has {some(sorted(there), 40)}.")
        known = None if landmark is None else landmarks.canonical_name(landmark)
        if landmark is not None and known is None:
            raise PosetuneError(
                f"--map: {name!r} is said to be {landmark!r}, which is none of the 33; nearest: "
                f"{', '.join(landmarks.nearest_names(landmark))}."
            )
        checked[name] = known
    return checked


def _mapped(names: tuple[str, ...], native: bool, beside: frozenset[str], meant: Mapping[str, str | None]) -> Schema:
    mapping, dropped = landmarks.match_names(names, meant)
    extra: dict[str, tuple[int, dict[int, int]]] = {}
    for key in (k for k in WHOLEBODY if k in beside):
        own = WHOLEBODY[key]
        extra[key] = len(own), landmarks.match_names(own)[0]
    return Schema(names, mapping, () if native else tuple(dropped), extra)


def _placed(schema: Schema, skeleton: Skeleton) -> Schema:
    """The same schema where the points read are those of ``skeleton``."""
    back = {landmark: position for position, landmark in skeleton.body.items()}
    mapping = {i: skeleton.names.index(name) for i, name in enumerate(schema.names)}
    beside = {
        key: (count, {i: back[landmark] for i, landmark in places.items() if landmark in back})
        for key, (count, places) in schema.beside.items()
    }
    return Schema(schema.names, mapping, (), beside)


def _native_skeleton(
    categories: list[dict[str, Any]], beside: frozenset[str], where: str, fail: Fail
) -> tuple[Skeleton, tuple[str, ...]]:
    """The points of all categories by name, with the edges, flip partners and sigmas that these give; and notes on the lines."""
    names: list[str] = []
    edges: dict[tuple[int, int], None] = {}  # ordered, each once: 54 categories may share one skeleton
    notes: dict[str, None] = {}
    pairs: list[list[str]] | None = None
    sigmas: dict[str, float] = {}
    for row in categories:
        own = row.get("keypoints") or []
        names += [n for n in dict.fromkeys(own) if n not in names] if names else own
        lines, note = read_lines(row.get("skeleton"), own)
        edges |= dict.fromkeys((names.index(own[a]), names.index(own[b])) for a, b in lines)
        if note is not None:
            notes[f"{where}: {note}."] = None
        try:
            if row.get("flip_pairs") is not None:
                pairs = (pairs or []) + [[str(a), str(b)] for a, b in row["flip_pairs"]]
            sigmas |= {str(name): float(sigma) for name, sigma in (row.get("sigmas") or {}).items()}
        except (TypeError, ValueError, IndexError, AttributeError):
            raise fail(
                f"category {row.get('id')!r} has flip_pairs or sigmas that do not fit its keypoints: "
                "flip_pairs is pairs of names, sigmas name: number."
            ) from None
    known = {landmarks.canonical_name(name) for name in names}
    for key in (
        k for k in WHOLEBODY if k in beside
    ):  # of these only what is among the 33: nobody tunes for 42 knuckles
        meant = [landmarks.canonical_name(name) for name in WHOLEBODY[key]]
        names += [name for name in meant if name is not None and name not in known]
    return infer(names, where=where, edges=list(edges) or None, flip_pairs=pairs, sigmas=sigmas), tuple(notes)


def require_labels(annotations: Path, people: Sequence[Person], schemas: Schemas) -> None:
    """Raises PosetuneError if no keypoint name is known, nobody has keypoints, or not one point is labelled."""
    by_id = schemas.by_id.values()
    if not any(schema.mapping for schema in by_id):
        names = [n for s in by_id for n in s.names]
        raise PosetuneError(
            f"{annotations}: none of its keypoint names is known ({some(names)}); name them as COCO, "
            f"Halpe, MPII, LSP or MediaPipe do ({some(landmarks.NAMES)})."
        )
    if not people:
        raise PosetuneError(f"{annotations}: no annotation belongs to a category with keypoints; label people.")
    if not any(person.labelled.any() for person in people):
        raise PosetuneError(
            f"{annotations}: not one point is labelled (every v is 0): label people (posetune annotate), or export the set with "
            "its keypoints."
        )
