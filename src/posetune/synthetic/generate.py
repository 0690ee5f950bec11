"""A labelled set on disk: many takes in several processes, repeatable from the seed, to be stopped and taken up again.

Layout: ``images/<name>.jpg`` and ``annotations/<split>.json`` (COCO keypoints over the 33 landmarks, with
``keypoints_3d``, ``in_frame``, ``self_occluded``, ``object_occluded``). Until the set is complete, the labels of each
picture lie in ``.synth/<split>/``.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from posetune import landmarks
from posetune.errors import PosetuneError
from posetune.files import write_bytes, write_text
from posetune.progress import Counter
from posetune.runtime.images import read_image
from posetune.synthetic import scenes
from posetune.synthetic.crowd import Crowd
from posetune.synthetic.label import Label
from posetune.synthetic.take import Recipe, Set, Take

#: People smaller than this share of the image's side, or with fewer points in the frame, are marked ``ignore``.
SMALLEST, FEWEST = 0.16, 12
#: … or with a smaller share of their points, or of their outline, in the picture and not behind something or somebody else:
#: nobody could label them.
LEAST_SEEN = 0.5
#: The same where a picture shows a crowd: a detector shall find small people, and people half hidden.
CROWD_SMALLEST, CROWD_LEAST_SEEN = 0.045, 0.35
#: The most people of a crowd.
MOST = 60
_VERSION = 4


@dataclass(frozen=True)
class Order:
    """What to make. ``count`` pictures of ``size`` × ``size`` px, the ``scene_names`` in turn; or, with ``frames`` > 1,
    ``count`` sequences of that many pictures. ``population``: which part of the sampled people appears. ``crowd``: how many people
    a picture shows, from-to, near and far, whatever ``scene_names`` says; pictures are ``size`` px on their long side then.
    """

    scene_names: tuple[str, ...]
    count: int
    size: int = 512
    seed: int = 1
    split: str = "train"
    frames: int = 1
    population: tuple[float, float] = (0.0, 1.0)
    backgrounds: str | None = None
    renderer: str = "egl"
    quality: tuple[int, int] = (72, 95)
    crowd: tuple[int, int] | None = None

    def fingerprint(self) -> dict:
        """All that decides what a picture looks like (the number of pictures does not)."""
        left_out = {"count"} if self.crowd is not None else {"count", "crowd"}  # older folders know of no crowds
        return {"version": _VERSION, **{k: v for k, v in asdict(self).items() if k not in left_out}}


def generate(order: Order, out: Path, workers: int = 0, counter: Counter | None = None) -> Path:
    """Make what is missing of ``order`` in ``out``; the path of the annotation file.

    ``workers``: processes, 0 for one a core. ``counter`` is told how many are missing and of every one that is made.
    Raises PosetuneError for unknown scenes, unreadable backgrounds, a folder made with other settings, or no renderer.
    """
    _check(order)
    parts = out / ".synth" / order.split
    _claim(order, out, parts)
    jobs = [i for i in range(order.count) if not all((parts / f"{n}.json").exists() and (out / "images" / f"{n}.jpg").exists()
                                                     for n in _names(order, i))]  # fmt: skip
    if jobs:
        _run(order, out, parts, jobs, workers or os.cpu_count() or 1, counter)
    return _assemble(order, out, parts)


def _check(order: Order) -> None:
    if order.count < 1 or order.frames < 1:
        raise PosetuneError("There is nothing to make: --n and --frames must be 1 or more.")
    if order.seed < 0:
        raise PosetuneError(f"--seed is {order.seed}; it must be 0 or more.")
    if not order.split or not all(c.isalnum() or c in "-_" for c in order.split):
        raise PosetuneError(f"--split is '{order.split}'; use letters, digits, - and _ only.")
    if not 64 <= order.size <= 2048:
        raise PosetuneError(f"--size is {order.size}; choose 64 to 2048 pixels.")
    if order.crowd is None:
        for name in order.scene_names:
            scenes.get(name)
    elif order.frames > 1:
        raise PosetuneError("A crowd stands still: use --crowd without --frames.")
    elif not 0 <= order.crowd[0] <= order.crowd[1] <= MOST:
        raise PosetuneError(
            f"--crowd is {order.crowd[0]}:{order.crowd[1]}; give two numbers like 2:12, at most {MOST}."
        )
    if order.backgrounds is not None:
        background_files(Path(order.backgrounds))


def background_files(folder: Path) -> list[Path]:
    """The image files of a folder, in order. Raises PosetuneError if there is none."""
    kinds = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in kinds) if folder.is_dir() else []
    if not files:
        raise PosetuneError(f"There are no background pictures in {folder}; give a folder with .jpg or .png files.")
    return files


def _claim(order: Order, out: Path, parts: Path) -> None:
    """Note what the folder is made of, or refuse to mix two recipes under one split."""
    note = parts / "recipe.json"
    wanted = json.dumps(order.fingerprint(), indent=1)
    if note.exists():
        if note.read_text() != wanted:
            raise PosetuneError(
                f"{out} already holds a '{order.split}' split made with other settings; choose another --out or --split, "
                "or repeat the settings to go on with it."
            )
        return
    if (out / "annotations" / f"{order.split}.json").exists():
        raise PosetuneError(
            f"{out} already has a split '{order.split}' that was not made here; choose another --out or --split."
        )
    write_text(note, wanted)


def _names(order: Order, job: int) -> list[str]:
    scene = _scene(order, job)
    stem = f"{order.split}-{scene}-{order.seed}-{job:06d}"
    return [stem] if order.frames == 1 else [f"{stem}-{f:04d}" for f in range(order.frames)]


def _scene(order: Order, job: int) -> str:
    return order.scene_names[job % len(order.scene_names)] if order.crowd is None else "crowd"


def pick_renderer(kind: str) -> tuple[str, str]:
    """What ``auto`` comes to here, egl or software, and a sentence if that is worth saying; others stay as they are.

    Tried in a process of its own: an OpenGL context that is open does not survive the start of the workers.
    """
    if kind != "auto":
        return kind, ""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        trouble = pool.apply(_try_egl)
    if trouble:
        return "software", f"{trouble} Going on with the software renderer."
    return "egl", ""


def _try_egl() -> str:
    try:
        make_renderer("egl")
    except PosetuneError as error:
        return str(error)
    return ""


def make_renderer(kind: str):
    """The renderer of that kind: egl or software."""
    # llvmpipe starts a thread a core; with a process a core they would be in each other's way.
    os.environ.setdefault("LP_NUM_THREADS", "0")
    if kind == "software":
        from posetune.synthetic.software import SoftwareRenderer

        return SoftwareRenderer()
    from posetune.synthetic.renderer import Renderer

    return Renderer()


_worker: dict = {}


def _start_worker(order: Order, out: Path, parts: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    from posetune.opencv import cv2

    cv2.setNumThreads(1)
    files = background_files(Path(order.backgrounds)) if order.backgrounds else []
    photos = _Photos(files)
    _worker.update(order=order, out=out, parts=parts, renderer=make_renderer(order.renderer),
                   recipe=Recipe(order.size, order.population, photos, quality=order.quality))  # fmt: skip


class _Photos(Sequence):
    """Background pictures, read when drawn."""

    def __init__(self, files: list[Path]) -> None:
        self._files = files

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, i):
        return read_image(self._files[i])


def _do(job: int) -> int | str:
    """Make one picture or sequence; the job, or a sentence if it failed."""
    order: Order = _worker["order"]
    try:
        if order.crowd is not None:
            return _do_crowd(job, order.crowd)
        scene = _scene(order, job)
        stage = Set((order.seed, job), scene, _worker["recipe"], order.frames > 1)
        for f, name in enumerate(_names(order, job)):
            phase = None if order.frames == 1 else _phase(f, order.frames, stage)
            take = stage.take(_worker["renderer"], phase, f)
            group = name if order.frames == 1 else name.rsplit("-", 1)[0]
            _write(take, name, describe(take, name, group, scene, f))
    except PosetuneError as error:
        return str(error)
    return job


def _do_crowd(job: int, people: tuple[int, int]) -> int:
    order: Order = _worker["order"]
    (name,) = _names(order, job)
    take = Crowd((order.seed, job), _worker["recipe"], people).take(_worker["renderer"])
    _write(take, name, describe(take, name, name, "crowd", least=(CROWD_SMALLEST, CROWD_LEAST_SEEN)))
    return job


def _write(take: Take, name: str, row: dict) -> None:
    write_bytes(_worker["out"] / "images" / f"{name}.jpg", take.jpeg)
    write_text(_worker["parts"] / f"{name}.json", json.dumps(row, separators=(",", ":")))


def _phase(frame: int, frames: int, stage: Set) -> float:
    """Once through the movement: there and back, or round for what repeats itself."""
    t = frame / frames
    return t if stage.players[0].motion.cyclic else 0.5 - 0.5 * float(np.cos(2 * np.pi * t))


def _run(order: Order, out: Path, parts: Path, jobs: list[int], workers: int, counter: Counter | None) -> None:
    context = multiprocessing.get_context("spawn")  # an OpenGL context does not survive a fork
    if counter:
        counter.total = len(jobs) * order.frames
    with one_thread():
        pool = context.Pool(min(workers, len(jobs)), _start_worker_or_tell, (order, out, parts))
    try:
        for result in pool.imap_unordered(_do_or_tell, jobs):
            if isinstance(result, str):
                raise PosetuneError(result)
            if counter:
                for _ in range(order.frames):
                    counter.step()
        pool.close()
    except BaseException:
        pool.terminate()
        raise
    finally:
        pool.join()


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Processes started inside run their linear algebra in one thread: there is a process for every core already, and
    threads that wait for their share of a small product cost more than a quarter of the processor's time."""
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _start_worker_or_tell(order: Order, out: Path, parts: Path) -> None:
    # A pool restarts a worker whose start fails, for ever: keep the sentence for the first job instead.
    try:
        _start_worker(order, out, parts)
    except PosetuneError as error:
        _worker["failed"] = str(error)


def _do_or_tell(job: int) -> int | str:
    return _worker["failed"] if "failed" in _worker else _do(job)


def describe(
    take: Take, name: str, group: str, scene: str, frame: int = 0, least: tuple[float, float] = (SMALLEST, LEAST_SEEN)
) -> dict:
    """The COCO rows of one picture, without ids. ``least``: of the picture's side, and of a person: who has less is ignored."""
    side = take.camera.width
    return {
        "image": {"file_name": f"{name}.jpg", "width": side, "height": take.camera.height, "group": group, "scene": scene,
                  "place": take.place, "frame": frame, "focal_px": round(take.camera.focal, 3)},
        "people": [_row(label, side, least) for label in take.labels if label.in_frame.any() and label.area > 0],
    }  # fmt: skip


def _row(label: Label, side: int, least: tuple[float, float] = (SMALLEST, LEAST_SEEN)) -> dict:
    v = label.visibility
    seen = np.mean(label.in_frame & ~label.object_occluded)
    seen = min(seen, label.area / max(label.area + label.covered, 1.0))
    left_out = label.height < least[0] * side or (v > 0).sum() < FEWEST or seen < least[1]
    keypoints = np.where(v[:, None] > 0, label.points_px, 0)
    return {
        "category_id": 1,
        "keypoints": [
            x for (a, b), c in zip(np.round(keypoints, 2).tolist(), v.tolist(), strict=True) for x in (a, b, c)
        ],
        "num_keypoints": int((v > 0).sum()),
        "bbox": np.round(label.bbox, 1).tolist(),
        "area": round(label.area, 1),
        "iscrowd": 0,
        "ignore": int(left_out),
        "keypoints_3d": np.round(label.world, 4).ravel().tolist(),
        "points_px": np.round(label.points_px, 2).ravel().tolist(),  # also where the frame cuts them off
        "hips_m": np.round(label.hips, 4).tolist(),
        "in_frame": label.in_frame.astype(int).tolist(),
        "self_occluded": label.self_occluded.astype(int).tolist(),
        "object_occluded": label.object_occluded.astype(int).tolist(),
    }


def _assemble(order: Order, out: Path, parts: Path) -> Path:
    rows = [
        json.loads((parts / f"{name}.json").read_text()) for job in range(order.count) for name in _names(order, job)
    ]
    path = out / "annotations" / f"{order.split}.json"
    write_text(path, json.dumps(coco(rows, f"posetune synthetic people, {order.split}"), separators=(",", ":")))
    return path


def coco(rows: list[dict], description: str) -> dict:
    """The annotation file of ``rows`` as :func:`describe` makes them."""
    images: list[dict] = []
    annotations: list[dict] = []
    for i, row in enumerate(rows, start=1):
        images.append({"id": i, **row["image"]})
        annotations += [
            {"id": len(annotations) + 1 + k, "image_id": i, **person} for k, person in enumerate(row["people"])
        ]
    return {
        "info": {"description": description, "made_by": "posetune"},
        "categories": [{"id": 1, "name": "person", "supercategory": "person", "keypoints": list(landmarks.NAMES),
                        "skeleton": [[a + 1, b + 1] for a, b in landmarks.EDGES]}],
        "images": images,
        "annotations": annotations,
    }  # fmt: skip
