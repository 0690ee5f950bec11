"""A small model behind an unmodified network: its landmarks in, better placed landmarks out. numpy alone.

How it is trained: ``posetune.tune.methods.corrector.train``. What it can and cannot do: docs/reference/corrector.md.

Frame. A corrector never sees pixels or crops. It works in the *body frame* that the landmarks themselves imply:
origin in the middle of the hips, up towards the middle of the shoulders, unit length the root mean square distance
of the twelve large joints from the origin. So the answer to the same pose is the same wherever, however large and
however turned the person is in the image, and results of MediaPipe, which do not tell their crop, serve as well.
"""

from __future__ import annotations

import copy
import dataclasses
import io
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posetune.errors import PosetuneError
from posetune.files import NPZ_ERRORS, read_bytes, write_bytes
from posetune.landmarks import COUNT, LEFT_HIP, LEFT_SHOULDER, RIGHT_HIP, RIGHT_SHOULDER

FORMAT = 1
#: Shoulders, elbows, wrists, hips, knees, ankles: what gives a body its size.
LARGE_JOINTS = (11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
#: x, y, z in the body frame and visibility of every landmark.
FEATURES = 4 * COUNT
#: See :class:`Gate`.
FADE = 0.5
_KINDS = ("affine", "tanh", "rbf")


@dataclass(frozen=True, eq=False)
class Layer:
    """One step of the model: (N, a) → (N, b).

    "affine": x·w + b, ``w`` (a, b), ``b`` (b,). "tanh": no arrays. "rbf": exp(−b·‖x − wₖ‖²), ``w`` (b, a) centres,
    ``b`` (1,).
    """

    kind: str
    w: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros((0, 0)))
    b: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(0))

    def __call__(self, x: np.ndarray) -> np.ndarray:
        if self.kind == "tanh":
            return np.tanh(x)
        if self.kind == "rbf":
            square = (x**2).sum(axis=1)[:, None] - 2 * x @ self.w.T + (self.w**2).sum(axis=1)
            return np.exp(-self.b * np.maximum(square, 0))
        return x @ self.w + self.b


def run_layers(layers: Iterable[Layer], x: np.ndarray) -> np.ndarray:
    """One after the other."""
    for layer in layers:
        x = layer(x)
    return x


@dataclass(frozen=True, eq=False)
class Gate:
    """Tells how far a pose is of the kind that was learnt from: others are better left as the network put them.

    ``mean``, ``scale`` (132,): standardise features; ``axes`` (132, p): the main axes of the training poses. The length of
    what those axes cannot express is a pose's strangeness: up to ``limit`` it is trusted wholly, from there on less,
    beyond ``limit`` · (1 + FADE) not at all.
    """

    mean: np.ndarray
    scale: np.ndarray
    axes: np.ndarray
    limit: float

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """(N, 132) → (N,) 0…1."""
        x = (features - self.mean) / self.scale
        strangeness = np.linalg.norm(x - (x @ self.axes) @ self.axes.T, axis=1)
        return np.clip((1 + FADE - strangeness / self.limit) / FADE, 0, 1)


@dataclass(frozen=True, eq=False)
class Corrector:
    """Moves the landmarks that it has learnt about; leaves the others, z, visibility and world as they are.

    ``landmarks``: (K,) indices of those it moves. ``constant``: (K, 2) body units: the best constant offset.
    ``models``: each a chain of layers, features (N, 132) → (N, 2 K) offsets in body units; their mean counts.
    ``strength``: 0…1, how far that replaces the constant offset. ``amount``: 0…1, how much of the sum is applied.
    ``gate``: how far poses unlike those learnt from are moved; None: all alike.
    ``about``: what the file says of its making: "kind", "base" (the network it was trained behind), "base_sha256", …
    """

    landmarks: np.ndarray
    constant: np.ndarray
    models: tuple[tuple[Layer, ...], ...]
    strength: float
    amount: float
    about: dict[str, Any]
    gate: Gate | None = None

    def offsets(self, points_px: np.ndarray, visibility: np.ndarray) -> np.ndarray:
        """(N, 33, 2) image px to add to x and y.

        ``points_px``: (N, 33, 3) image px, z as MediaPipe scales it; ``visibility``: (N, 33), 0…1. People whose
        body frame cannot be told (all points in one place, NaN) get no offset.
        """
        features, frames = body_features(points_px, visibility)
        moves = np.broadcast_to(self.constant, (len(features), *self.constant.shape))
        if self.strength > 0:
            learnt = np.mean([run_layers(model, features) for model in self.models], axis=0)
            moves = (1 - self.strength) * moves + self.strength * learnt.reshape(moves.shape)
        if self.gate is not None:
            moves = moves * self.gate(features)[:, None, None]
        result = np.zeros((len(features), COUNT, 2))
        result[:, self.landmarks] = frames.to_image(self.amount * moves)
        result[~np.isfinite(result).all(axis=(1, 2))] = 0
        return result

    def apply(self, result: Any, image_size: tuple[int, int] | None = None) -> Any:
        """The same thing with the landmarks moved; what is handed in stays as it is.

        ``result``: a ``posetune.Pose``; a mediapipe ``PoseLandmarkerResult``, for which ``image_size`` (width,
        height) px is needed, because its landmarks are shares of it; a list of either, which gives a list; or any
        other iterable of them (a stream), which gives an iterator that answers one by one.

        Raises PosetuneError for anything else.
        """
        if hasattr(result, "landmarks_px"):
            return self._pose(result)
        if hasattr(result, "pose_landmarks"):
            return self._mediapipe(result, image_size)
        if isinstance(result, list | tuple):
            return [self.apply(one, image_size) for one in result]
        if isinstance(result, Iterable) and not isinstance(result, str | bytes | np.ndarray | dict):
            return self._stream(result, image_size)
        raise PosetuneError(
            f"A corrector takes a posetune Pose, a mediapipe PoseLandmarkerResult, or an iterable of them, not "
            f"{type(result).__name__}."
        )

    def _stream(self, results: Iterable[Any], image_size: tuple[int, int] | None) -> Iterator[Any]:
        for one in results:
            yield self.apply(one, image_size)

    def _pose(self, pose: Any) -> Any:
        points = np.array(pose.landmarks_px)
        if points.shape != (COUNT, 3):
            raise PosetuneError(
                f"This corrector moves MediaPipe's {COUNT} landmarks; the pose has an array of shape {points.shape}."
            )
        offsets = self.offsets(points[None].astype(np.float64), np.asarray(pose.visibility)[None])[0]
        points[:, :2] += offsets.astype(points.dtype)
        return dataclasses.replace(pose, landmarks_px=points)

    def _mediapipe(self, result: Any, image_size: tuple[int, int] | None) -> Any:
        if image_size is None:
            raise PosetuneError(
                "A mediapipe result has its landmarks as shares of the image: give "
                "apply(result, image_size=(width, height))."
            )
        width, height = _checked_size(image_size)
        people = []
        for landmarks in result.pose_landmarks or ():
            points = np.array([(p.x * width, p.y * height, p.z * width) for p in landmarks])
            visibility = np.array([1.0 if p.visibility is None else p.visibility for p in landmarks])
            if len(points) != COUNT:
                raise PosetuneError(f"A mediapipe pose has {COUNT} landmarks; this one has {len(points)}.")
            moved = points[:, :2] + self.offsets(points[None], visibility[None])[0]
            person = [copy.copy(p) for p in landmarks]
            for landmark, (x, y) in zip(person, moved, strict=True):
                landmark.x, landmark.y = float(x / width), float(y / height)
            people.append(person)
        corrected = copy.copy(result)
        corrected.pose_landmarks = people
        return corrected

    @classmethod
    def load(cls, path: str | Path) -> Corrector:
        """Read a corrector's file, or the one in a run folder. Raises PosetuneError if it is none."""
        path = Path(path)
        if path.is_dir():
            path = path / "corrector.npz"
        return cls.from_bytes(read_bytes(path, "the corrector"), str(path))

    @classmethod
    def from_bytes(cls, content: bytes, where: str = "corrector") -> Corrector:
        """The content of a corrector's file. Raises PosetuneError, with ``where``, if it is none."""
        damaged = f"{where} is not a posetune corrector, or it is damaged; train it anew."
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as file:
                about = json.loads(str(file["about"]))
                version = int(about["format"])
                if version > FORMAT:
                    raise PosetuneError(
                        f"{where} was written by a newer posetune (format {version}); this one reads {FORMAT}."
                    )
                models = tuple(
                    tuple(
                        Layer(kind, _array(file, f"w{m}_{i}"), _array(file, f"b{m}_{i}"))
                        if kind != "tanh"
                        else Layer(kind)
                        for i, kind in enumerate(kinds)
                    )
                    for m, kinds in enumerate(about["models"])
                )
                corrector = cls(
                    np.asarray(file["landmarks"], dtype=int),
                    _array(file, "constant"),
                    models,
                    float(about["strength"]),
                    float(about["amount"]),
                    about,
                    _read_gate(file) if "gate_axes" in file.files else None,
                )
        except NPZ_ERRORS as error:
            raise PosetuneError(damaged) from error
        if not corrector._sound():
            raise PosetuneError(damaged)
        return corrector

    def to_bytes(self) -> bytes:
        """The content of the file that :meth:`from_bytes` reads: an .npz with float16 arrays and no pickle."""
        about = {
            **self.about, "format": FORMAT, "models": [[layer.kind for layer in model] for model in self.models],
            "strength": self.strength, "amount": self.amount,
        }  # fmt: skip
        arrays: dict[str, np.ndarray] = {
            "about": np.array(json.dumps(about)),
            "landmarks": self.landmarks.astype(np.uint8),
            "constant": self.constant.astype(np.float32),
        }
        for m, model in enumerate(self.models):
            for i, layer in enumerate(model):
                if layer.kind != "tanh":
                    arrays[f"w{m}_{i}"], arrays[f"b{m}_{i}"] = _small(layer.w), _small(layer.b)
        if self.gate is not None:
            arrays |= {f"gate_{name}": getattr(self.gate, name).astype(np.float32) for name in ("mean", "scale")}
            arrays["gate_axes"] = _small(self.gate.axes)
            arrays["gate_limit"] = np.array(self.gate.limit, np.float32)
        stream = io.BytesIO()
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
        return stream.getvalue()

    def save(self, path: str | Path) -> None:
        """Write the file atomically. Raises PosetuneError if it cannot be written."""
        write_bytes(path, self.to_bytes())

    def _sound(self) -> bool:
        """Whether the arrays fit together and are finite: a file from elsewhere must not fail while in use."""
        count, layers = len(self.landmarks), [layer for model in self.models for layer in model]
        arrays = [self.constant, *(a for layer in layers for a in (layer.w, layer.b))]
        if not all(np.isfinite(a).all() for a in arrays) or any(layer.kind not in _KINDS for layer in layers):
            return False
        if self.constant.shape != (count, 2) or ((self.landmarks < 0) | (self.landmarks >= COUNT)).any():
            return False
        gate = self.gate
        if gate is not None and not (
            gate.mean.shape == gate.scale.shape == (FEATURES,)
            and gate.axes.shape[:1] == (FEATURES,)
            and all(np.isfinite(a).all() for a in (gate.mean, gate.scale, gate.axes))
            and (gate.scale > 0).all()
            and gate.limit > 0
        ):
            return False
        if self.strength == 0:
            return True
        try:
            shapes = {run_layers(model, np.zeros((1, FEATURES))).shape for model in self.models}
        except ValueError:
            return False
        return shapes == {(1, 2 * count)}


@dataclass(frozen=True, eq=False)
class BodyFrames:
    """N body frames. ``origin`` (N, 2) image px; ``axes`` (N, 2, 2): columns are the x and y directions in image px,
    of one body unit's length.
    """

    origin: np.ndarray
    axes: np.ndarray

    def to_image(self, moves: np.ndarray) -> np.ndarray:
        """(N, K, 2) offsets in body units → image px."""
        return np.einsum("nij,nkj->nki", self.axes, moves)

    def to_body(self, moves_px: np.ndarray) -> np.ndarray:
        """(N, K, 2) offsets in image px → body units."""
        square = (self.axes[:, :, 0] ** 2).sum(axis=1)
        return np.einsum("nji,nkj->nki", self.axes, moves_px) / square[:, None, None]


def body_features(points_px: np.ndarray, visibility: np.ndarray) -> tuple[np.ndarray, BodyFrames]:
    """``((N, 132) features, frames)``: x, y, z in body units of the 33 landmarks, then their visibility.

    ``points_px``: (N, 33, 3) image px; ``visibility``: (N, 33). The frame is NaN where it cannot be told.
    """
    points = np.asarray(points_px, dtype=np.float64)
    hip = points[:, [LEFT_HIP, RIGHT_HIP], :2].mean(axis=1)
    up = points[:, [LEFT_SHOULDER, RIGHT_SHOULDER], :2].mean(axis=1) - hip
    from_hip = points[..., :2] - hip[:, None]
    size = np.sqrt((from_hip[:, LARGE_JOINTS] ** 2).sum(axis=-1).mean(axis=-1))
    length = np.hypot(up[:, 0], up[:, 1])
    with np.errstate(invalid="ignore", divide="ignore"):
        up = up / length[:, None]  # the body's −y, as in a crop
        axes = np.stack([np.stack([-up[:, 1], -up[:, 0]], -1), np.stack([up[:, 0], -up[:, 1]], -1)], axis=1)
        xy = np.einsum("nji,nkj->nki", axes, from_hip) / size[:, None, None]
        z = points[..., 2] / size[:, None]
    features = np.concatenate([xy.reshape(len(points), -1), z, np.asarray(visibility, dtype=np.float64)], axis=1)
    return features, BodyFrames(hip, axes * size[:, None, None])


def mirrored_features(features: np.ndarray) -> np.ndarray:
    """The features of the same people seen in a mirror: x negated, partners exchanged."""
    from posetune.landmarks import FLIP

    xy = features[:, : 2 * COUNT].reshape(-1, COUNT, 2)[:, FLIP] * [-1, 1]
    z, visibility = features[:, 2 * COUNT : 3 * COUNT][:, FLIP], features[:, 3 * COUNT :][:, FLIP]
    return np.concatenate([xy.reshape(len(features), -1), z, visibility], axis=1)


def _checked_size(image_size: Any) -> tuple[float, float]:
    """``image_size`` as two numbers. Raises PosetuneError if it is anything but a positive width and height."""
    try:
        width, height = (float(value) for value in image_size)
    except (TypeError, ValueError):
        width = height = math.nan
    if not (0 < width < math.inf and 0 < height < math.inf):
        raise PosetuneError(f"image_size wants (width, height) of the image in px, not {image_size!r}.")
    return width, height


def _array(file: Any, name: str) -> np.ndarray:
    return np.asarray(file[name], dtype=np.float64)


def _read_gate(file: Any) -> Gate:
    return Gate(
        _array(file, "gate_mean"), _array(file, "gate_scale"), _array(file, "gate_axes"), float(file["gate_limit"])
    )


def _small(array: np.ndarray) -> np.ndarray:
    """float16 where that holds the numbers: a thousandth of an offset is far less than a pixel."""
    with np.errstate(over="ignore"):
        half = array.astype(np.float16)
    return half if np.isfinite(half).all() else array.astype(np.float32)
