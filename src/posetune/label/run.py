"""From footage to a set to be corrected: frames chosen for variety, and the people in them prelabelled."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from posetune._version import __version__
from posetune.data.origin import PRELABEL, UNTOUCHED, ImageOrigin, Origin
from posetune.data.people import ImageRecord, Person
from posetune.errors import PosetuneError
from posetune.files import one_at_a_time, write_bytes
from posetune.label.faces import blurred
from posetune.label.features import pose_feature
from posetune.label.footage import Footage, Frames, find, named
from posetune.label.journal import Journal
from posetune.label.labelled_set import SetFolder, add, names_in
from posetune.label.look import Wanted, candidates_of
from posetune.label.pick import Candidate, pick, without_duplicates
from posetune.label.prelabel import Proposal
from posetune.label.proposer import Proposer
from posetune.landmarks import COUNT
from posetune.opencv import cv2
from posetune.progress import Reporter

#: Candidates for each image that is to be chosen, and seconds between them at least: closer ones are near-duplicates.
_CANDIDATES, _CLOSEST = 8, 0.1
_QUALITY = 95
_LOCK = ".posetune-label.lock"


@dataclass(frozen=True)
class LabelOptions:
    """``pick``: how many images of this footage the set shall have; ``every``: seconds between frames, instead of choosing.
    ``blind``: share of the new images that are labelled without a prelabel shown. ``group``: of all images, instead of one for
    each clip.
    """

    pick: int | None = 300
    every: float | None = None
    blur_faces: bool = False
    blind: float = 0.0
    group: str | None = None
    seed: int = 0


@dataclass
class LabelReport:
    """What was made. ``changes``: frames where the number of people found is another than before: where somebody may be missed."""

    out: Path
    images: int = 0
    people: int = 0
    blind: int = 0
    faces_blurred: int = 0
    there_before: int = 0
    duplicates: int = 0
    candidates: int = 0
    full: int = 0
    people_a_frame: Counter[int] = field(default_factory=Counter)
    changes: list[dict[str, Any]] = field(default_factory=list)
    sources: list[dict[str, Any]] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    total_images: int = 0

    def to_json(self) -> dict[str, Any]:
        return {
            "set": str(self.out), "images": self.images, "images_there_before": self.there_before,
            "images_in_set": self.total_images, "people": self.people, "blind": self.blind,
            "people_a_frame": {str(n): self.people_a_frame[n] for n in sorted(self.people_a_frame)},
            "frames_with_as_many_as_looked_for": self.full, "changes": self.changes, "candidates": self.candidates,
            "near_duplicates": self.duplicates, "faces_blurred": self.faces_blurred, "sources": self.sources,
            "not_read": self.troubles,
        }  # fmt: skip


def label(
    sources: Sequence[str | Path], out: str | Path, proposer: Proposer, options: LabelOptions, report: Reporter
) -> LabelReport:
    """Make the set ``out`` of ``sources`` (videos, images, folders), or add to it.

    The same call again adds nothing; one that was stopped goes on. The same footage, options and seed give the same bytes.

    Raises PosetuneError for footage that is not there, a folder that is no such set or cannot be written, or a full disk.
    """
    begun = not Path(out).exists()
    folder = SetFolder.open(Path(out))
    try:
        with one_at_a_time(folder.path / _LOCK, f"Another posetune label is writing to {out}: wait for it."):
            return _label([Path(s) for s in sources], folder, proposer, options, report)
    except PosetuneError:
        if begun and not any(folder.images.iterdir()) and not folder.labels.exists():
            shutil.rmtree(folder.path, ignore_errors=True)  # a folder with nothing in it is no set
        raise


def _label(
    sources: Sequence[Path], folder: SetFolder, proposer: Proposer, options: LabelOptions, report: Reporter
) -> LabelReport:
    content = folder.content()
    there = names_in(content)
    found, troubles = find(sources, report, folder.path)
    stems = Journal(folder.prelabels / "sources.jsonl")
    known = {key: row["stem"] for key, row in stems.items()}
    footage = named(found, known, set() if known else folder.image_stems(), options.group)
    for one in footage:
        if one.sha256 not in stems:
            stems.add(one.sha256, {"stem": one.stem, "name": one.name})
    looked = Journal(folder.prelabels / f"looked-{proposer.looks_by}.jsonl")
    wanted = _wanted(footage, proposer, options)
    candidates, more = candidates_of(footage, wanted, proposer.find, looked, report)
    result = LabelReport(folder.path, troubles=[*troubles, *more], candidates=len(candidates))
    if not candidates:
        raise PosetuneError(
            f"There is nothing to label in {', '.join(map(str, sources))}: {'; '.join(result.troubles)}"
        )
    by_sha = {one.sha256: one for one in footage}
    chosen = _choose(candidates, by_sha, content, options, result)
    made = Journal(folder.prelabels / f"made-{proposer.made_by}{'-blurred' * options.blur_faces}.jsonl")
    new = [c for c in chosen if by_sha[c.clip].image_name(c.frame) not in there]
    result.there_before = len(chosen) - len(new)
    result.troubles += _make(new, by_sha, folder, proposer, options, made, report)
    new = [c for c in new if by_sha[c.clip].image_name(c.frame) in made]
    _write(new, by_sha, folder, proposer, options, made, result)
    result.changes = _changes(candidates, by_sha)
    counts = Counter(c.clip for c in chosen)
    result.sources = [
        {"file": one.name, "sha256": one.sha256, "clip": one.stem, "group": one.group, "images": counts[one.sha256]}
        for one in footage
    ]
    for journal in (stems, looked, made):
        journal.close()
    return result


def _wanted(
    footage: Sequence[Footage], proposer: Proposer, options: LabelOptions
) -> Callable[[Footage, Frames], Wanted]:
    if options.every is not None:
        seconds = options.every
    else:
        total = 0.0
        for one in footage:
            if one.is_video:
                try:
                    frames = Frames(one)
                except PosetuneError:  # said when it is looked at
                    continue
                total += (frames.expected or 0) / frames.fps
        seconds = max(_CLOSEST, total / (_CANDIDATES * (options.pick or 1)))

    def choice(one: Footage, frames: Frames) -> Wanted:
        only = proposer.frames_of(one)
        if only is not None:
            return Wanted(frames=only)
        step = max(1, round(seconds * frames.fps))
        if options.every is None:  # of another number to pick, what was looked at already serves again
            step = 2 ** int(np.log2(step))
        return Wanted(step)

    return choice


def _choose(
    candidates: Sequence[Candidate],
    footage: Mapping[str, Footage],
    content: Mapping[str, Any],
    options: LabelOptions,
    result: LabelReport,
) -> list[Candidate]:
    if options.every is not None or options.pick is None:
        kept = without_duplicates(candidates)
        result.duplicates = len(candidates) - len(kept)
        return [candidates[i] for i in kept]
    there = names_in(content)
    taken = [i for i, c in enumerate(candidates) if footage[c.clip].image_name(c.frame) in there]
    poses = _poses_of(content)
    chosen = pick(candidates, options.pick, options.seed, poses, taken)
    if len(taken) + len(chosen) < min(options.pick, len(candidates)):
        result.duplicates = len(candidates) - len(taken) - len(chosen)
    return [candidates[i] for i in sorted([*taken, *chosen])]


def _poses_of(content: Mapping[str, Any]) -> list[np.ndarray]:
    """The poses that a set has already."""
    found = []
    for row in content["annotations"]:
        points = np.array(row["keypoints"], float).reshape(-1, 3)
        pose = pose_feature(points, points[:, 2] > 0)
        found += [] if pose is None else [pose]
    return found


def _make(
    new: Sequence[Candidate],
    footage: Mapping[str, Footage],
    folder: SetFolder,
    proposer: Proposer,
    options: LabelOptions,
    made: Journal,
    report: Reporter,
) -> list[str]:
    """Write the images of ``new`` and find their people, as far as that was not done before; sentences on files that cannot be
    read any more.
    """
    troubles: list[str] = []
    missing: dict[str, set[int | None]] = {}
    for candidate in new:
        name = footage[candidate.clip].image_name(candidate.frame)
        if name not in made or not (folder.images / name).is_file():
            missing.setdefault(candidate.clip, set()).add(candidate.frame)
    with report.counting("images prelabelled", sum(map(len, missing.values()))) as counter:
        for clip, numbers in missing.items():
            one = footage[clip]
            for number, seconds, rgb in _frames_of(one, numbers, troubles):
                name = one.image_name(number)
                people = proposer.propose(rgb, one, number)
                picture, faces = rgb, 0
                if options.blur_faces:
                    picture, faces = blurred(rgb, [p.points_px for p in people], proposer.heads(rgb))
                coded, data = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
                assert coded
                write_bytes(folder.images / name, data.tobytes())
                made.add(name, {
                    "sha256": hashlib.sha256(data.tobytes()).hexdigest(), "width": rgb.shape[1], "height": rgb.shape[0],
                    "seconds": round(seconds, 4), "faces": faces, "people": [_to_row(p) for p in people],
                })  # fmt: skip
                counter.step()
    return troubles


def _frames_of(
    one: Footage, numbers: set[int | None], troubles: list[str]
) -> Iterator[tuple[int | None, float, np.ndarray]]:
    """The frames ``numbers`` of a file, as far as they can be read: it may be gone since it was looked at."""
    left = set(numbers)
    try:
        for number, seconds, rgb in Frames(one):
            if number in left:
                yield number, seconds, rgb
                left.discard(number)
            if not left:
                return
    except PosetuneError as error:
        troubles.append(str(error))
    else:
        troubles.append(
            f"{one.path} has changed since it was looked at: {len(left)} of its frames are not there any more."
        )


def _to_row(one: Proposal) -> dict[str, Any]:
    def listed(values: np.ndarray, digits: int) -> list[float | None]:
        return [None if np.isnan(v) else round(float(v), digits) for v in values.ravel()]

    return {
        "keypoints": listed(one.keypoints, 2), "outside": listed(one.outside, 2),
        "confidence": listed(one.confidence, 3), "score": round(one.score, 3),
    }  # fmt: skip


def _from_row(row: Mapping[str, Any]) -> Proposal:
    keypoints, outside = (np.array(row[k], float).reshape(COUNT, 3) for k in ("keypoints", "outside"))
    return Proposal(keypoints, outside, np.array(row["confidence"], float), row["score"])


def _write(
    new: Sequence[Candidate],
    footage: Mapping[str, Footage],
    folder: SetFolder,
    proposer: Proposer,
    options: LabelOptions,
    made: Journal,
    result: LabelReport,
) -> None:
    """Put the images that the set does not have yet, and their people, into its label files."""
    count = min(len(new), max(1, round(options.blind * len(new)))) if options.blind > 0 and new else 0
    blind = set(np.random.default_rng([options.seed, 1]).permutation(len(new))[:count].tolist())
    images, people = [], []
    for i, candidate in enumerate(new):
        one = footage[candidate.clip]
        name = one.image_name(candidate.frame)
        row = made.get(name)
        time = None if candidate.frame is None else row["seconds"]
        origin = ImageOrigin(
            row["sha256"], one.name, one.sha256, candidate.frame, time, i in blind, PRELABEL, len(row["people"])
        )
        image = ImageRecord(i, folder.images / name, row["width"], row["height"], one.group, origin)
        images.append(image)
        people += [_person(_from_row(p), image, proposer) for p in row["people"]]
        result.people_a_frame[len(row["people"])] += 1
        result.full += len(row["people"]) >= proposer.most
        result.faces_blurred += row["faces"]
    if new or not folder.labels.exists():
        with folder.alone():
            content, proposed = folder.content(), folder.proposed()  # as they stand now: looking took its time
            before = names_in(proposed)
            fresh = [image for image in images if image.path.name not in before]
            add(proposed, folder.path, fresh, [p for p in people if p.image.path.name not in before])
            add(content, folder.path, images, [p for p in people if not p.image.origin.blind])
            folder.write(content, proposed)
    else:
        content = folder.content()
    result.images, result.people, result.blind = len(images), len(people), len(blind)
    result.total_images = len(content["images"])


def _person(one: Proposal, image: ImageRecord, proposer: Proposer) -> Person:
    confidence = tuple(None if np.isnan(c) else round(float(c), 3) for c in one.confidence)
    box = one.box(image.width, image.height)
    origin = Origin(
        network=proposer.network,
        version=__version__,
        confidence=confidence,
        status=PRELABEL,
        points=(UNTOUCHED,) * COUNT,
        source_sha256=image.origin.source_sha256,
        time_s=image.origin.time_s,
        other={"score": round(one.score, 3), **({} if proposer.source is None else {"predictions": proposer.source})},
    )
    outside = one.outside if np.isfinite(one.outside[:, 0]).any() else None
    area = float(box[2] * box[3])
    return Person(0, image, one.keypoints, box, area, origin=origin, outside=outside)


def _changes(candidates: Sequence[Candidate], footage: Mapping[str, Footage]) -> list[dict[str, Any]]:
    """Where, from one candidate of a clip to the next, another number of people is found."""
    found = []
    last: dict[str, Candidate] = {}
    for candidate in candidates:
        before = last.get(candidate.clip)
        if candidate.frame is not None:
            if before is not None and before.people != candidate.people:
                found.append({
                    "clip": footage[candidate.clip].stem, "frame": candidate.frame, "time_s": candidate.seconds,
                    "before": before.people, "after": candidate.people,
                })  # fmt: skip
            last[candidate.clip] = candidate
    return found
