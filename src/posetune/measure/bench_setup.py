"""Who runs in a benchmark, and on what."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from posetune import stock
from posetune.errors import PosetuneError
from posetune.files import write_bytes
from posetune.graph import bundle, contract, metadata
from posetune.graph.flatbuffer import Graph, Operator
from posetune.graph.resize import resized
from posetune.graph.trim import without_segmentation
from posetune.measure.bench import Contender
from posetune.opencv import cv2
from posetune.progress import Reporter
from posetune.runtime.images import IMAGE_SUFFIXES, read_image
from posetune.runtime.load import of_networks
from posetune.runtime.video import VideoReader

WIDTH, HEIGHT = 640, 480
_CLIP_FRAMES, _PICTURES = 45, 24
_SMALL = 192


def contenders(
    models: Sequence[str],
    with_mediapipe: bool = True,
    stock_names: Sequence[str] = stock.LANDMARK_NAMES,
    backends: Sequence[str] = ("litert",),
    int8: Callable[[bytes], bytes] | None = None,
) -> list[Contender]:
    """The stock networks ``stock_names`` in MediaPipe and in posetune, full also at 192 px, and ``models`` (as for
    ``stock.resolve``), in both; in posetune under each of ``backends``. ``int8``: makes a network with int8 layers out of
    a float one; full runs so at both sizes as well, under LiteRT (OpenVINO computes in float here).

    A network at 192 px or in int8 takes the same time whether it is tuned or not: the stock one is not. Raises PosetuneError for a
    model that cannot be read.
    """
    unknown = [name for name in stock_names if name not in stock.LANDMARK_NAMES]
    if unknown or not (stock_names or models):
        raise PosetuneError(
            f"There is no stock network {', '.join(unknown) or 'to measure'}; there are {', '.join(stock.LANDMARK_NAMES)}."
        )
    # What the user gave is looked over before anything is fetched.
    given = {model: stock.resolve(model) for model in models if model not in stock.LANDMARK_NAMES}
    for networks in given.values():
        _landmark_graph(networks.name, networks.landmarks)
    found = []
    for model in dict.fromkeys([*stock_names, *models]):
        networks = given.get(model) or stock.resolve(model)
        if with_mediapipe:
            found.append(contender("mediapipe", networks.name, networks.landmarks, networks.detector))
        sizes = [networks.landmarks, resized(networks.landmarks, _SMALL)] if model == "full" else [networks.landmarks]
        found += [contender("posetune", networks.name, n, networks.detector, b) for n in sizes for b in backends]
        if model == "full" and int8 is not None and "litert" in backends:
            found += [contender("posetune", networks.name, int8(n), networks.detector) for n in sizes]
    return found


def contender(system: str, name: str, landmarks: bytes, detector: bytes, backend: str = "litert") -> Contender:
    """One network in one system; ``backend``: what runs it in posetune."""
    graph = _landmark_graph(name, landmarks)
    run = graph if system == "mediapipe" else Graph(without_segmentation(landmarks), name)
    return Contender(
        system, name, graph.inputs[0].shape[1], precision(graph), landmarks, detector,
        _bundle(graph, landmarks, detector) if system == "mediapipe" else b"", macs(run), backend,
    )  # fmt: skip


def _landmark_graph(name: str, landmarks: bytes) -> Graph:
    graph = Graph(landmarks, name)
    if contract.kind_of(graph) != "landmarks":
        raise PosetuneError(f"{name} is no landmark network with MediaPipe's 33 points: the benchmark needs one.")
    return graph


def precision(graph: Graph) -> str:
    """ "int8" if at least half of the convolutions compute in int8, else "float"."""
    kinds = [graph.tensor_info(op.outputs[0]).dtype for op in graph.operators if _convolves(op)]
    return "int8" if 2 * kinds.count("int8") >= len(kinds) > 0 else "float"


def macs(graph: Graph) -> int:
    """The multiply-accumulate operations of a network's convolutions."""
    total = 0
    for op in graph.operators:
        if not _convolves(op):
            continue
        weights, out = (graph.tensor_info(i).shape for i in (op.inputs[1], op.outputs[0]))
        per_value = weights[1] * weights[2] * (1 if op.kind == "DEPTHWISE_CONV_2D" else weights[3])
        total += int(np.prod(out)) * per_value
    return total


def _convolves(op: Operator) -> bool:
    return op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D")


def _bundle(graph: Graph, landmarks: bytes, detector: bytes) -> bytes:
    if metadata.read(graph) is None:
        contract.inline_buffers(graph, landmarks)
        metadata.write(graph, metadata.Metadata(inputs=(metadata.LANDMARKS_NORMALIZATION,)))
        landmarks = graph.to_bytes()
    return bundle.pack(landmarks, detector)


def sample_crops(size: int) -> np.ndarray:
    """(N, size, size, 3) uint8: people of the sample set, as stock full's runtime crops them."""
    from posetune.synthetic.sample import ordinary_pictures

    landmarker = of_networks(stock.resolve("full"))
    pictures = itertools.islice(ordinary_pictures("ordinary"), _PICTURES)
    return np.stack([pose.crop.cut(p, size) for p in pictures for pose in landmarker.predict(p, 1)])


# --- what they look at -----------------------------------------------------------------------------------------


def sample_pictures(folder: Path) -> list[Path]:
    """JPEG files of 640×480 of people out of posetune's own sample set."""
    from posetune.synthetic.sample import ordinary_pictures

    paths = []
    for i, picture in zip(range(_PICTURES), ordinary_pictures("ordinary"), strict=False):
        paths.append(_write(folder / f"{i:03}.jpg", _view(picture, 0, 0, HEIGHT / picture.shape[0])))
    return paths


def sample_clip(folder: Path) -> list[Path]:
    """The frames of a clip of 640×480, 1.5 s: a camera that moves over one picture of the sample set."""
    from posetune.synthetic.sample import ordinary_pictures

    picture = next(ordinary_pictures("ordinary"))
    frames = []
    for i in range(_CLIP_FRAMES):
        turn = 2 * np.pi * i / _CLIP_FRAMES
        scale = HEIGHT / picture.shape[0] * (1 + 0.1 * np.sin(turn))
        frames.append(_write(folder / f"{i:04}.png", _view(picture, 25 * np.sin(turn), 10 * np.cos(turn), scale)))
    return frames


def _view(picture: np.ndarray, dx: float, dy: float, scale: float) -> np.ndarray:
    """(480, 640, 3): ``picture`` scaled and moved from the middle, mirrored at its borders."""
    height, width = picture.shape[:2]
    matrix = np.array(
        [[scale, 0, WIDTH / 2 - scale * width / 2 + dx], [0, scale, HEIGHT / 2 - scale * height / 2 + dy]]
    )
    return cv2.warpAffine(picture, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def own_pictures(folder: Path, most: int, report: Reporter) -> list[Path]:
    """The first ``most`` image files in ``folder``, each of which can be read. Raises PosetuneError if there are none, or one
    cannot.
    """
    if not folder.is_dir():
        raise PosetuneError(f"There is no folder {folder}; give one with images of people.")
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES)
    if not found:
        raise PosetuneError(f"{folder} holds no images; give a folder with {', '.join(sorted(IMAGE_SUFFIXES))}.")
    found = found[:most]
    with report.counting("images looked at", len(found)) as counter:
        for path in found:
            read_image(path)
            counter.step()
    return found


def own_clip(video: Path, folder: Path, most: int = 90) -> list[Path]:
    """The first ``most`` frames of a video, as files in ``folder``. Raises PosetuneError if it cannot be read."""
    return [_write(folder / f"{i:04}.png", rgb) for i, rgb in zip(range(most), VideoReader(video), strict=False)]


def _write(path: Path, rgb: np.ndarray) -> Path:
    done, content = cv2.imencode(path.suffix, rgb[:, :, ::-1])
    assert done
    write_bytes(path, content.tobytes())
    return path
