"""One picture in two splits: the same file, a copy under another name, or one that was resized, recoded or made a moment later.

What is measured on such a picture means little. No step compares every picture with every other one: copies are found by their
size and digest, likenesses by hashing (random hyperplanes: pictures that look alike fall on the same side of most of them).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from posetune.data.checks.finding import Finding, name_of
from posetune.data.checks.pictures import CELLS
from posetune.data.people import Dataset, ImageRecord

#: Pictures look alike from this correlation of their cells on: recoded, resized and brightened copies do, and frames of a fixed
#: camera. Of 2,800 pictures of four sets no two of different splits come nearer than .89.
ALIKE = 0.95
#: So many tables, with so many bits that about so many pictures share a place in each. Of two pictures that are just alike, a table
#: of 12 bits puts them together in 28 of 100 cases, and all miss them four times in ten thousand.
_TABLES, _SHARE = 24, 16
#: No more candidates in a table are looked at, or a set of one scene alone would take the square of its size.
_MOST_CANDIDATES = 24


def copies(sets: Sequence[Dataset]) -> list[Finding]:
    """Images that are in a split and, byte for byte, in one before it, or a second time in their own."""
    findings = []
    known: dict[bytes, tuple[int, ImageRecord]] = {}
    digests = _digests([image for dataset in sets for image in dataset.images])
    for number, dataset in enumerate(sets):
        listed: set[str] = set()
        for image in dataset.images:
            path = str(image.path)
            digest = digests.get(path)
            if path in listed or digest is None:
                continue
            listed.add(path)
            mine = number, image
            before = known.setdefault(digest, mine)
            if before is mine:
                continue
            first, other = before
            message = f"{image.path.name} of {dataset.name} is {other.path.name} of {sets[first].name} again"
            confidence = 1.0 if first != number else 0.8
            found = Finding("duplicate_image", message, confidence, split=dataset.name, image=image, beside=other)
            findings.append(found)
    return findings


def shared_groups(sets: Sequence[Dataset]) -> list[Finding]:
    """Scenes and videos that stand in more than one split."""
    findings = []
    for number, dataset in enumerate(sets):
        for other in sets[:number]:
            theirs = set(other.groups)
            shared = sorted(group for group in dataset.groups if group in theirs and not group.startswith("image:"))
            if shared:
                some = ", ".join(shared[:5]) + (" …" if len(shared) > 5 else "")
                text = f"{other.name} and {dataset.name} share {len(shared)} groups: {some}"
                example = next(image for image in dataset.images if image.group == shared[0])
                findings.append(Finding("shared_group", text, split=dataset.name, beside=example))
    return findings


def _digests(images: Sequence[ImageRecord]) -> dict[str, bytes]:
    """Path → what tells copies: the digest where another file has the same size, else the path itself. Missing files have none."""
    sizes: dict[int, set[str]] = {}
    for image in images:
        size = _bytes(image.path)
        if size:
            sizes.setdefault(size, set()).add(str(image.path))
    table: dict[str, bytes] = {}
    for paths in sizes.values():
        for path in paths:
            table[path] = str(Path(path).resolve()).encode() if len(paths) == 1 else _digest(Path(path))
    for image in images:  # files that are nowhere may be listed in two splits, too
        table.setdefault(str(image.path), str(image.path).encode())
    return table


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _digest(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return str(path).encode()


def likenesses(sets: Sequence[Dataset], looks: Sequence[np.ndarray], known: Sequence[Finding] = ()) -> list[Finding]:
    """Images that look like one of a split before theirs. ``looks``: of each set, see ``Pictures``; ``known``: copies, which are
    not told again.
    """
    told = {id(f.image) for f in known}
    images = [image for dataset in sets for image in dataset.images]
    split = np.repeat(np.arange(len(sets)), [len(dataset.images) for dataset in sets])
    rows = np.concatenate(looks) if looks else np.zeros((0, CELLS * CELLS), np.float32)
    seen = np.flatnonzero(np.isfinite(rows).all(axis=1))
    best = _nearest_before(rows[seen], split[seen])
    findings = []
    for at, (other, likeness) in best.items():
        image, beside = images[seen[at]], images[seen[other]]
        if id(image) in told or image.path == beside.path:
            continue
        here, there = sets[split[seen[at]]], sets[split[seen[other]]]
        findings.append(
            Finding(
                "near_duplicate",
                f"{name_of(image, here.root)} of {here.name} looks like {name_of(beside, there.root)} of {there.name}",
                float(np.clip(0.5 + 0.5 * (likeness - ALIKE) / (1 - ALIKE), 0.5, 0.99)),
                split=here.name,
                image=image,
                beside=beside,
            )
        )
    return findings


def _nearest_before(rows: np.ndarray, split: np.ndarray) -> dict[int, tuple[int, float]]:
    """Row → (the row of an earlier split that looks most like it, likeness), for those that look alike. ``rows``: (N, D), each of
    length 1.
    """
    best: dict[int, tuple[int, float]] = {}
    if len(np.unique(split)) < 2:
        return best
    bits = max(3, round(np.log2(len(rows) / _SHARE)))
    planes = np.random.default_rng(0).normal(size=(_TABLES, rows.shape[1], bits)).astype(np.float32)
    powers = 1 << np.arange(bits)
    for table in planes:
        keys = (rows @ table > 0) @ powers
        order = np.lexsort((split, keys))
        bounds = np.flatnonzero(np.diff(keys[order])) + 1
        for bucket in np.split(order, bounds):
            if split[bucket[0]] == split[bucket[-1]]:
                continue
            for this in np.unique(split[bucket])[1:]:
                late, early = bucket[split[bucket] == this], bucket[split[bucket] < this]
                early = early[:: -(-len(early) // _MOST_CANDIDATES)]  # any of a scene's frames will do
                likeness = rows[late] @ rows[early].T
                nearest = likeness.argmax(axis=1)
                for at, k, found in zip(late.tolist(), nearest.tolist(), likeness.max(axis=1).tolist(), strict=True):
                    if found >= max(ALIKE, best.get(at, (0, 0.0))[1]):
                        best[at] = int(early[k]), found
    return best
