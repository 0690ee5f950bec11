"""A tuned network out of its run folder and into a file that unmodified MediaPipe loads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from posetune import stock
from posetune._version import __version__
from posetune.backends.litert import Network
from posetune.doctor.diagnose import diagnose
from posetune.doctor.examine import examine
from posetune.errors import CheckFailed, PosetuneError
from posetune.export.cheap_mask import cheapened
from posetune.files import write_bytes
from posetune.geometry import SIZE
from posetune.graph import bundle, contract, metadata
from posetune.graph.dense import densify
from posetune.graph.flatbuffer import Graph
from posetune.graph.points import has_own_points
from posetune.graph.precision import narrow, widen
from posetune.stock.official import POSETUNE_AUTHOR

Precision = Literal["stored", "fp16", "fp32"]

#: How far the exported network may be from its source on random input, by output. Kernels may add in another
#: order when constants are stored differently, no more.
_TOLERANCES = {
    "landmarks": 0.02,
    "presence": 1e-3,
    "segmentation": 0.05,
    "heatmap": 0.02,
    "world landmarks": 1e-4,
}
#: How many times more where constants are rounded to float16: random input answers with up to a few crop px.
_ROUNDING = 200.0


_PROBE = np.random.default_rng(0).random((SIZE, SIZE, 3), dtype=np.float32)


@dataclass(frozen=True)
class Exported:
    """What was written. ``differences``: output name -> largest difference from the source network on random
    input (landmarks in crop px, world landmarks in metres, the others in their own unit). ``mask_iou``: of a
    cheap mask with the stock one.
    """

    path: Path
    bytes: int
    differences: dict[str, float]
    mask_iou: float | None = None


def export(
    model: str | Path,
    out: str | Path,
    precision: Precision = "stored",
    *,
    cheap_mask: bool = False,
    detector: str | Path | None = None,
    dense_detector: bool = False,
) -> Exported:
    """Write a landmark network as ``.task`` (with its detector, for MediaPipe Tasks) or ``.tflite``.

    ``model``: a run folder, a ``.tflite``, a ``.task`` or a stock name, as in ``stock.resolve``.
    ``precision``: "stored" keeps the constants as they are (float16 in all stock networks), "fp16" stores float32
    constants as float16, "fp32" widens them. ``cheap_mask``: a segmentation branch that costs next to nothing
    and gives a rougher mask (``export.cheap_mask``); all else stays the same. ``detector``: what finds the people, as in
    ``stock.detector_of``; None for the model's own. ``dense_detector``: its sparse weights stored dense, for runtimes on
    WebGPU (``graph.dense``). Both are for a ``.task``.

    The metadata that MediaPipe needs is written in either case; in a bundle, members are stored and aligned.
    Before anything is written, the result is looked over by the doctor and compared with its source; on disk
    it is then complete or not there at all.

    Raises PosetuneError if the model cannot be read or exported or ``out`` cannot be written, CheckFailed if
    the exported network does not compute what its source computes.
    """
    out = checked_out(out)
    networks = stock.resolve(model)
    if out.suffix != ".task" and (detector is not None or dense_detector):
        raise PosetuneError(f"{out} holds no detector; give a name that ends in .task.")
    if detector is not None:
        networks = networks.with_detector(stock.detector_of(detector))
    if dense_detector:
        networks = networks.with_detector(made_dense(networks.detector))
    if networks.corrector is not None:
        raise PosetuneError(
            f"{model} has a corrector behind an unmodified network, which no .tflite or .task can hold: "
            "use its corrector.npz beside that network (docs/guide/corrector.md)."
        )
    if has_own_points(networks.landmarks):
        if cheap_mask:
            raise PosetuneError(f"{networks.path} has points of its own and no segmentation: leave out the cheap mask.")
        return _export_own(networks, out, precision)
    refuse_unsound(networks.landmarks, str(networks.path))
    cheap = cheapened(networks.landmarks) if cheap_mask else None
    network = networks.landmarks if cheap is None else cheap.network
    landmarks = prepare_landmarks(network, networks.name, networks.is_stock, precision)
    differences = _differences(networks.landmarks, landmarks)
    if cheap is not None:  # the other outputs must be those of the source, the mask that of the new branch
        differences["segmentation"] = _differences(cheap.network, landmarks)["segmentation"]
    content = pack(landmarks, networks, out)
    check_sound(content, out)
    _check_differences(differences, _ROUNDING if precision == "fp16" else 1.0, out)
    write_bytes(out, content, durable=True)
    return Exported(out, len(content), differences, None if cheap is None else cheap.iou)


def checked_out(out: str | Path) -> Path:
    """Where to write. Raises PosetuneError for a name that is neither .task nor .tflite."""
    out = Path(out)
    if out.suffix not in (".task", ".tflite"):
        raise PosetuneError(f"Cannot export to {out}: the name must end in .task (for MediaPipe Tasks) or .tflite.")
    if out.is_dir():
        raise PosetuneError(f"Cannot export to {out}: it is a folder; give a file name.")
    return out


def pack(landmarks: bytes, networks: stock.Networks, out: Path) -> bytes:
    """The content of the file ``out``: ``landmarks`` alone, or a bundle with the detector of ``networks``."""
    return bundle.pack(landmarks, prepare_detector(networks.detector)) if out.suffix == ".task" else landmarks


def _export_own(networks: stock.Networks, out: Path, precision: Precision) -> Exported:
    """A network with a keypoint set of its own: only as .tflite, for posetune's runtime."""
    _, findings = examine(networks.landmarks, None, str(networks.path))
    if out.suffix == ".task":
        raise PosetuneError(f"{networks.path} cannot be exported as .task: {findings[0].what}; export it as .tflite.")
    graph = Graph(networks.landmarks, networks.name)
    if precision == "fp32":
        widen(graph)
    content = graph.to_bytes()
    before, after = (Network(c, what="network").run(_PROBE) for c in (networks.landmarks, content))
    worst = max(float(np.abs(a - b).max()) for a, b in zip(before, after, strict=True))
    write_bytes(out, content, durable=True)
    return Exported(out, len(content), {"outputs": worst})


def prepare_landmarks(network: bytes, name: str, is_stock: bool, precision: Precision = "stored") -> bytes:
    """A landmark network with the metadata that MediaPipe needs, and every buffer inside the flatbuffer."""
    graph = Graph(network, name)
    contract.inline_buffers(graph, network)
    if precision == "fp32":
        widen(graph)
    elif precision == "fp16":
        narrow(graph)
    origin = f"stock {name}" if is_stock else f"{name}, tuned"
    described = metadata.Metadata(
        name="pose landmarks",
        description=f"MediaPipe Pose landmark network ({origin})",
        version=__version__,
        author=POSETUNE_AUTHOR,
        inputs=(metadata.LANDMARKS_NORMALIZATION,),
        output_names=contract.LANDMARK_OUTPUTS,
    )
    metadata.write(graph, described)
    return graph.to_bytes()


def prepare_detector(network: bytes) -> bytes:
    """A detector whose metadata feeds it [-1, 1]; the same bytes if it has that already."""
    graph = Graph(network, "the detector")
    outside = contract.external_buffers(graph)
    found = metadata.read(graph)
    if not outside and found is not None and found.normalization == metadata.DETECTOR_NORMALIZATION:
        return network
    contract.inline_buffers(graph, network)
    inputs = (metadata.DETECTOR_NORMALIZATION,)
    described = metadata.Metadata("pose detector", inputs=inputs, output_names=contract.DETECTOR_OUTPUTS)
    metadata.write(graph, described)
    return graph.to_bytes()


def made_dense(detector: bytes) -> bytes:
    """The same detector with its sparse weights stored dense."""
    graph = Graph(detector, "the detector")
    densify(graph)
    return graph.to_bytes()


def refuse_unsound(network: bytes, where: str) -> None:
    """Raise PosetuneError for a network that the doctor would not let pass."""
    kind, findings = examine(network, None, where)
    if kind == "detector":
        raise PosetuneError(f"{where} is the detector: give the landmark network to export.")
    broken = [finding for finding in findings if finding.severity in ("refused", "wrong")]
    if broken:
        advice = f"; {broken[0].fix}" if broken[0].fix else ""
        raise PosetuneError(f"{where} cannot be exported: {broken[0].what}{advice}.")


def _differences(source: bytes, exported: bytes) -> dict[str, float]:
    """Output name -> the largest absolute difference on three random images."""
    before, after = Network(source, what="source network"), Network(exported, what="exported network")
    worst = dict.fromkeys(contract.LANDMARK_OUTPUTS, 0.0)
    random = np.random.default_rng(0)
    for _ in range(3):
        image = random.random((before.size, before.size, 3), dtype=np.float32)
        pairs = zip(contract.LANDMARK_OUTPUTS, before.run(image), after.run(image), strict=False)
        for name, expected, got in pairs:
            worst[name] = max(worst[name], float(np.abs(expected - got).max()))
    return worst


def check_sound(content: bytes, out: Path) -> None:
    """Raise CheckFailed if the doctor finds fault with the content of a file about to be written."""
    diagnosis = diagnose(content, str(out))
    if not diagnosis.usable:
        what = next(f.what for f in diagnosis.findings if f.severity in ("refused", "wrong"))
        raise CheckFailed(f"Nothing was written to {out}: the exported file does not pass the doctor ({what}).")


def _check_differences(differences: dict[str, float], allowance: float, out: Path) -> None:
    for name, tolerance in _TOLERANCES.items():
        if not differences[name] <= tolerance * allowance:
            raise CheckFailed(
                f"Nothing was written to {out}: its {name} differ from the source network's by "
                f"{differences[name]:.3g}, more than {tolerance * allowance:g}."
            )
