"""Looking a network over: everything about a ``.tflite`` that MediaPipe's PoseLandmarker would trip over, or
worse, would not trip over and answer wrongly. What is said here of MediaPipe was tried with version 1.2.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from posetune.backends.litert import Network
from posetune.errors import PosetuneError
from posetune.geometry import SIZE
from posetune.graph import contract, metadata, points
from posetune.graph.contract import Kind
from posetune.graph.flatbuffer import FILE_IDENTIFIER, Graph, TensorInfo
from posetune.landmarks import NETWORK_COUNT

Severity = Literal["refused", "wrong", "warning", "note"]
_TITLES = {"landmarks": "landmark network", "detector": "detector"}
#: The highest versions that TFLite's GPU delegate takes, where files are known to say more (tensorflow/lite/delegates/gpu).
_GPU_INT8_VERSIONS = {"ADD": 2, "PAD": 2, "MAX_POOL_2D": 2}
_REWRITE = "write it anew with posetune export"


@dataclass(frozen=True)
class Finding:
    """One thing found. ``severity``: "refused" (MediaPipe fails, at load or at the first pose), "wrong" (it
    loads and gives wrong answers without a word), "warning" (it works here, but), "note".
    """

    severity: Severity
    where: str
    what: str
    fix: str = ""


def examine(content: bytes, role: Kind | None, where: str) -> tuple[Kind | None, list[Finding]]:
    """What kind of network ``content`` is, and what is wrong with it.

    ``role``: its place in a bundle, or None for a bare file, whose metadata is still to come.

    Raises PosetuneError if it is no network or damaged.
    """
    _refuse_damaged(content, where)
    graph = Graph(content, where)
    kind = contract.kind_of(graph)
    own = points.read(graph)
    if own is not None:
        return kind, [_own_points(own, where), *_constants(graph, where)]
    if kind is None and role is None:
        shapes = [output.shape for output in graph.outputs]
        what = f"it is no pose landmark network and no pose detector: its outputs have the shapes {shapes}"
        return None, [Finding("refused", where, what)]
    return kind, _examine(graph, content, kind, role or kind or "landmarks", where, bare=role is None)


def _own_points(own: points.OwnPoints, where: str) -> Finding:
    what = (
        f"it gives {own.skeleton.count} keypoints of its own, and cannot be a MediaPipe .task: PoseLandmarker reads "
        "MediaPipe's 33 points from five outputs of fixed meaning and size, and knows no others"
    )
    return Finding("refused", where, what, "run it with posetune.load or posetune predict")


def _refuse_damaged(content: bytes, where: str) -> None:
    """LiteRT verifies every offset; our reader would slice past the end, or walk through a billion elements."""
    if content[4:8] != FILE_IDENTIFIER:
        raise PosetuneError(f"{where} is not a TensorFlow Lite file.")
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    try:
        plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES  # says nothing on stderr
        Interpreter(model_content=content, experimental_op_resolver_type=plain)
    except ValueError as error:
        reason = _first_line(error)
        if "flatbuffer" in reason.lower():
            raise PosetuneError(f"{where} is damaged or cut off ({reason}): get the file again.") from error
    except RuntimeError:
        return  # a valid file that cannot run: _execution tells


def _examine(graph: Graph, content: bytes, kind: Kind | None, role: Kind, where: str, bare: bool) -> list[Finding]:
    if kind is not None and kind != role:
        what = f"this is a {_TITLES[kind]}, where the {_TITLES[role]} belongs"
        return [Finding("refused", where, what, "exchange the two files")]
    findings = [*_inputs(graph, role, where)]
    findings += _landmark_outputs(graph, where) if role == "landmarks" else _detector_outputs(graph, where)
    if not bare:
        findings += _metadata(graph, role, where)
    findings += _constants(graph, where)
    findings += _for_gpus(graph, where)
    if all(finding.severity in ("warning", "note") for finding in findings):
        findings += _execution(graph, content, role, where)
    return findings


# --- inputs and outputs --------------------------------------------------------------------


def _inputs(graph: Graph, role: Kind, where: str) -> Iterator[Finding]:
    if len(graph.inputs) != 1:
        what = f"it has {len(graph.inputs)} inputs, and must have one"
        yield Finding("refused", where, what, "keep the image only")
        return
    (image,) = graph.inputs
    shape = image.shape
    if len(shape) != 4 or shape[0] != 1 or shape[3] != 3 or min(shape) < 1:
        what = f"its input has shape {shape}, and must be one RGB image of fixed size, (1, side, side, 3)"
        yield Finding("refused", where, what, "convert it with a fixed input shape, batch 1")
    elif shape[1] != shape[2]:
        what = f"its input is {shape[1]}×{shape[2]} px, and must be square"
        yield Finding("wrong", where, what, "make it square")
    elif role == "detector" and shape[1] != contract.DETECTOR_SIZE:
        what = f"its input is {shape[1]} px, and MediaPipe's anchors are made for {contract.DETECTOR_SIZE}"
        yield Finding("wrong", where, what, "use the stock detector")
    elif role == "landmarks" and shape[1] % 32:
        what = f"its input is {shape[1]} px; the network halves it five times, so it must be a multiple of 32"
        yield Finding("wrong", where, what, "use 256, 224 or 192")
    elif role == "landmarks" and shape[1] in (192, 224):
        what = f"its input is {shape[1]} px: MediaPipe Tasks takes that, the legacy solutions do not"
        yield Finding("note", where, what)
    elif role == "landmarks" and shape[1] != SIZE:
        what = f"its input is {shape[1]} px, which nobody has tried; 256, 224 and 192 are known to work"
        yield Finding("warning", where, what, "use 256, 224 or 192")
    if image.dtype == "uint8":
        yield from _uint8_input(graph, where)
    elif image.dtype != "float32":
        what = f"its input is {image.dtype}, and MediaPipe feeds float32 or uint8 only"
        yield Finding("refused", where, what, "quantize with float input and output")


def _uint8_input(graph: Graph, where: str) -> Iterator[Finding]:
    """MediaPipe copies the pixels into a uint8 input as they are: its quantization must mean [0, 1]."""
    quantization = graph.subgraph.tensors[graph.subgraph.inputs[0]].quantization
    scale = None if quantization is None or quantization.scale is None else list(quantization.scale)
    zero = None if quantization is None or quantization.zeroPoint is None else list(quantization.zeroPoint)
    if not scale or abs(scale[0] * 255 - 1) > 0.01 or (zero and zero[0] != 0):
        what = f"its uint8 input has scale {scale} and zero point {zero}; pixels 0…255 must mean 0…1"
        yield Finding("wrong", where, what, "quantize with float input and output")
    else:
        what = "its input is uint8: MediaPipe takes that, posetune's own runtime wants float32"
        yield Finding("warning", where, what, "quantize with float input and output")


def _landmark_outputs(graph: Graph, where: str) -> Iterator[Finding]:
    names, outputs = contract.LANDMARK_OUTPUTS, graph.outputs
    found = [_meaning(output) for output in outputs]
    order = f"{', '.join(names)}, in this order"
    if len(outputs) < len(names):
        missing = [name for name in names if name not in found]
        what = f"it has {len(outputs)} outputs, and must have five: {order} (missing: {', '.join(missing)})"
        yield Finding("refused", where, what, "keep all five outputs, even one that you do not need")
        return
    if len(outputs) > len(names):
        yield Finding("warning", where, f"it has {len(outputs)} outputs; MediaPipe reads the first five only")
    for position, (name, output, meaning) in enumerate(zip(names, outputs, found, strict=False)):
        if meaning != name:
            # Measured: MediaPipe checks the sizes of presence and heatmap only.
            checked = name == "presence" or (name == "heatmap" and output.shape[-1:] != (NETWORK_COUNT,))
            severity: Severity = "refused" if checked else "wrong"
            is_now = f"is the {meaning}" if meaning in names else f"has shape {output.shape}"
            what = f"output {position} must be the {name}, and {is_now} (it must be {order})"
            yield Finding(severity, where, what, "put the outputs in order")
        elif output.dtype != "float32":
            severity = "refused" if name in ("landmarks", "presence", "world landmarks") else "wrong"
            what = f"its output {position} ({name}) is {output.dtype}, and must be float32"
            yield Finding(severity, where, what, "quantize with float input and output")


def _meaning(output: TensorInfo) -> str:
    """Which of the five outputs has such a shape; "" if none."""
    size = int(np.prod(output.shape))
    flat = {contract.LANDMARK_VALUES: "landmarks", 1: "presence", contract.WORLD_VALUES: "world landmarks"}
    if size in flat:
        return flat[size]
    if len(output.shape) == 4 and output.shape[0] == 1 and output.shape[1] == output.shape[2]:
        return {1: "segmentation", NETWORK_COUNT: "heatmap"}.get(output.shape[3], "")
    return ""


def _detector_outputs(graph: Graph, where: str) -> Iterator[Finding]:
    shapes = [output.shape for output in graph.outputs]
    expected = contract.detector_shapes()
    if tuple(shapes[:2]) != expected:
        what = f"its outputs have shapes {shapes}, and must be boxes {expected[0]}, then scores {expected[1]}"
        yield Finding("refused", where, what, "use the stock detector")
    for output in graph.outputs[:2]:
        if output.dtype != "float32":
            what = f"its output {output.name} is {output.dtype}, and must be float32"
            yield Finding("refused", where, what, "use the stock detector")


# --- metadata ------------------------------------------------------------------------------


def _metadata(graph: Graph, role: Kind, where: str) -> Iterator[Finding]:
    wanted = metadata.NORMALIZATIONS[role]
    if graph.inputs and graph.inputs[0].dtype == "uint8":
        return  # pixels go in as they are
    try:
        found = metadata.read(graph)
    except PosetuneError:
        yield Finding("refused", where, "its metadata is damaged", _REWRITE)
        return
    normalization = found.normalization if found else None
    if normalization is None:
        what = "it has no metadata" if found is None else "its metadata has no NormalizationOptions"
        yield Finding("refused", where, f"{what}, so MediaPipe does not know how to feed it", _REWRITE)
        return
    mean, std = normalization.mean, normalization.std
    if len(mean) != len(std) or len(mean) not in (1, 3) or 0 in std:
        what = f"its NormalizationOptions are not valid (mean {_show(mean)}, std {_show(std)})"
        yield Finding("refused", where, what, _REWRITE)
    elif not (np.allclose(mean, wanted.mean, atol=0.51) and np.allclose(std, wanted.std, rtol=0.005)):
        target = "[0, 1]" if role == "landmarks" else "[-1, 1]"
        what = (
            f"its metadata says mean {_show(mean)}, std {_show(std)}, where {_show(wanted.mean)} and "
            f"{_show(wanted.std)} feed it {target}: it loads, and the points move without a word"
        )
        yield Finding("wrong", where, what, _REWRITE)


def _show(values: tuple[float, ...]) -> str:
    return "/".join(f"{value:g}" for value in values) or "nothing"


# --- constants and execution ---------------------------------------------------------------


def _constants(graph: Graph, where: str) -> Iterator[Finding]:
    bad = [v for v in contract.float_constants(graph).values() if not np.isfinite(v).all()]
    if bad:
        count = sum(int((~np.isfinite(values)).sum()) for values in bad)
        what = f"{count} of its weights are NaN or infinite: no pose would be found"
        yield Finding("wrong", where, what, "take an earlier checkpoint, or train with a smaller step")
    outside = contract.external_buffers(graph)
    if outside:
        what = (
            f"{len(outside)} of its buffers lie behind the flatbuffer (Buffer.offset): MediaPipe 1.2.2 reads "
            "that, other readers find no weights"
        )
        yield Finding("warning", where, what, f"{_REWRITE}, which takes them in")


def _for_gpus(graph: Graph, where: str) -> Iterator[Finding]:
    """Versions above those that TFLite's GPU delegate takes (tests/browser)."""
    found: dict[str, int] = {}
    for raw, op in zip(graph.subgraph.operators, graph.operators, strict=True):
        version = int(graph.model.operatorCodes[raw.opcodeIndex].version)
        newest = _GPU_INT8_VERSIONS.get(op.kind)
        if newest is not None and version > newest and graph.tensor_info(op.inputs[0]).dtype == "int8":
            found[op.kind] = version
    if found:
        kinds = " and ".join(f"{kind} of version {version}" for kind, version in sorted(found.items()))
        what = (
            f"it has int8 {kinds}, and TFLite's GPU delegate takes them up to version 2: in a browser MediaPipe fails or hangs "
            "at the first person with the GPU delegate, on phones it may; on a CPU it runs"
        )
        yield Finding("warning", where, what, "export it anew: version 2 is the same arithmetic")


def _execution(graph: Graph, content: bytes, role: Kind, where: str) -> Iterator[Finding]:
    """Run it on black, gray and noise."""
    if graph.inputs[0].dtype != "float32":
        return
    try:
        network = Network(content, threads=1, what=_TITLES[role])
        size = network.size
        low = 0.0 if role == "landmarks" else -1.0
        noise = np.random.default_rng(0).uniform(low, 1.0, (size, size, 3))
        images = (np.full((size, size, 3), low), np.full((size, size, 3), 0.5), noise)
        answers = [network.run(image.astype(np.float32)) for image in images]
    except (PosetuneError, RuntimeError, ValueError) as error:
        reason = _first_line(error.__cause__ or error)
        what = f"LiteRT cannot run it: {reason}"
        yield Finding("refused", where, what, "convert it anew, with builtin operators and consistent shapes")
        return
    if not all(np.isfinite(output).all() for answer in answers for output in answer):
        what = "it computes NaN or infinity on plain images"
        yield Finding("wrong", where, what, "take an earlier checkpoint, or train with a smaller step")
    elif role == "landmarks":
        presence = [float(answer[1].reshape(-1)[0]) for answer in answers]
        if min(presence) < 0 or max(presence) > 1:
            what = f"its presence output is not a probability ({min(presence):.2g} … {max(presence):.2g})"
            yield Finding("wrong", where, what, "put the sigmoid into the network")


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
