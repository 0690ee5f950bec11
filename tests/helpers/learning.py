"""A registry and a store for tests of learning, and people of the drawn set in it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from posetune.store.correction import ACCEPTED, Correction, NewCorrection, Picture
from posetune.store.corrections import Corrections
from posetune.store.database import Database
from posetune.store.open import open_store
from posetune.store.registry import entry as kinds
from posetune.store.registry.registry import Registry
from tests.helpers.drawn_set import SIZE, keypoints_of, write_drawn_set


def opened(folder: Path) -> Database:
    return open_store(f"sqlite:///{folder / 'store.sqlite'}")


def registry_with(folder: Path, live: bytes, name: str = "first") -> Registry:
    """A registry in ``folder`` whose live network is ``live``."""
    registry, _ = Registry.init(str(folder / "registry"), {}, "test")
    known = registry.add(live, ".tflite", {"name": name, "from": "lite", "stock": True}, by="test")
    registry.append(kinds.PROMOTE, {"network": known.sha256, "why": "the first one", "proven": False}, "test")
    return registry


def add_people(
    database: Database, folder: Path, places: Iterable[float], kind: str = "correction", annotator: str = "ada"
) -> list[Correction]:
    """Drawn people, each in a scene of its own, accepted; where they stand, px."""
    places = list(places)
    split = f"{kind}{annotator}{places[0]:.0f}"
    dataset = write_drawn_set(folder / split, split, places)
    store = Corrections(database)
    found = []
    for x, image in zip(places, dataset.images, strict=True):
        picture = Picture(image.path.read_bytes(), *SIZE, consent="Yes.", scene=f"{split} {x}")
        new = NewCorrection(picture, annotator, keypoints_of((x, 220.0)), "m" * 33, kind=kind)  # type: ignore[arg-type]
        one, _ = store.add(new)
        store.decide(one, ACCEPTED)
        found.append(one)
    store.trust(annotator)
    return found
