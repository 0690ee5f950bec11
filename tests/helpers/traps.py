"""Every trap: how to make it, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from posetune import stock
from posetune.graph import bundle
from posetune.graph.flatbuffer import schema
from tests.helpers.variants import (
    bare_presence,
    edited,
    external_buffers,
    input_shape,
    normalized,
    not_finite,
    outputs,
    quantized_input,
    quantized_output,
    reshaped_output,
    second_input,
    task,
    unknown_operator,
    without_metadata,
    without_normalization,
    zipped,
)

DETECTOR, LANDMARKS = bundle.DETECTOR_MEMBER, bundle.LANDMARKS_MEMBER


INT8, UINT8 = schema.TensorType.INT8, schema.TensorType.UINT8


SOUND = normalized((0.0,), (255.0,))


@cache
def plain() -> bytes:
    return stock.path("lite").read_bytes()


@cache
def lite() -> bytes:
    return edited(plain(), SOUND)


@cache
def detector() -> bytes:
    return stock.path("detector").read_bytes()


def landmarks(*edits, base=lite) -> bytes:
    """A bundle whose landmark network was edited."""
    return task(edited(base(), *edits), detector())


def finder(*edits) -> bytes:
    """A bundle whose detector was edited."""
    return task(lite(), edited(detector(), *edits))


# name -> (how to make it, verdict, words of the finding)
TRAPS: dict[str, tuple[Callable[[], bytes], str, str]] = {
    # bundles
    "sound": (lambda: task(lite(), detector()), "taken", ""),
    "landmarks first": (lambda: zipped({LANDMARKS: lite(), DETECTOR: detector()}, shift=0), "taken", ""),
    "one more member": (
        lambda: zipped({DETECTOR: detector(), LANDMARKS: lite(), "readme.txt": b"hello"}, shift=0),
        "taken",
        "",
    ),
    "deflated": (lambda: task(lite(), detector(), deflate=True), "refused", "compressed"),
    "misaligned": (lambda: task(lite(), detector(), shift=2), "taken", "not at a multiple of 4"),
    "wrong names": (
        lambda: zipped({"detector.tflite": detector(), "landmarks.tflite": lite()}, shift=0),
        "refused",
        "holds no pose_detector.tflite",
    ),
    "in a folder": (
        lambda: zipped({f"m/{DETECTOR}": detector(), f"m/{LANDMARKS}": lite()}, shift=0),
        "refused",
        "holds no",
    ),
    "no detector": (lambda: zipped({LANDMARKS: lite()}, shift=0), "refused", "holds no pose_detector"),
    "members exchanged": (lambda: task(detector(), lite()), "refused", "where the detector belongs"),
    "detector twice": (lambda: task(detector(), detector()), "refused", "where the landmark network belongs"),
    "landmarks twice": (lambda: task(lite(), lite()), "refused", "where the detector belongs"),
    "member is text": (lambda: task(b"hello", detector()), "refused", "not a TensorFlow Lite file"),
    "member cut off": (lambda: task(lite()[:-1000], detector()), "refused", "damaged"),
    # metadata
    "no metadata": (lambda: task(plain(), detector()), "refused", "no metadata"),
    "no normalization": (
        lambda: landmarks(without_normalization, base=plain),
        "refused",
        "no NormalizationOptions",
    ),
    "fed [-1, 1]": (lambda: landmarks(normalized((127.5,), (127.5,))), "wrong", "mean 127.5, std 127.5"),
    "three means": (lambda: landmarks(normalized((0.0,) * 3, (255.0,) * 3)), "taken", ""),
    "two means": (lambda: landmarks(normalized((0.0,) * 2, (255.0,) * 2)), "refused", "not valid"),
    "one mean, three stds": (lambda: landmarks(normalized((0.0,), (255.0,) * 3)), "refused", "not valid"),
    "std 0": (lambda: landmarks(normalized((0.0,), (0.0,))), "refused", "not valid"),
    "empty normalization": (lambda: landmarks(normalized((), ())), "refused", "not valid"),
    "detector without metadata": (lambda: finder(without_metadata), "refused", "no metadata"),
    "detector fed [0, 1]": (lambda: finder(SOUND), "wrong", "feed it [-1, 1]"),
    # inputs
    "int8 input": (lambda: landmarks(quantized_input(INT8, 1 / 255, -128)), "refused", "input is int8"),
    "uint8 input": (lambda: landmarks(quantized_input(UINT8, 1 / 255, 0)), "taken", "uint8"),
    "uint8 input, wrong scale": (lambda: landmarks(quantized_input(UINT8, 1 / 127, 0)), "wrong", "scale"),
    "two inputs": (lambda: landmarks(second_input), "refused", "2 inputs"),
    "open size": (lambda: landmarks(input_shape(1, -1, -1, 3)), "refused", "fixed size"),
    "batch of two": (lambda: landmarks(input_shape(2, 256, 256, 3)), "refused", "(2, 256, 256, 3)"),
    "gray": (lambda: landmarks(input_shape(1, 256, 256, 1)), "refused", "RGB"),
    "128 px": (lambda: landmarks(input_shape(1, 128, 128, 3)), "refused", "LiteRT cannot run it"),
    # outputs
    "four outputs": (lambda: landmarks(outputs(0, 1, 2, 3)), "refused", "missing: world landmarks"),
    "six outputs": (lambda: landmarks(outputs(0, 1, 2, 3, 4, 4)), "taken", "first five only"),
    "world for landmarks": (lambda: landmarks(outputs(4, 1, 2, 3, 0)), "wrong", "is the world landmarks"),
    "heatmap for mask": (lambda: landmarks(outputs(0, 1, 3, 2, 4)), "refused", "is the heatmap"),
    "presence first": (lambda: landmarks(outputs(1, 0, 2, 3, 4)), "refused", "must be the landmarks"),
    "39×5 landmarks": (lambda: landmarks(reshaped_output(0, 1, 39, 5)), "taken", ""),
    "flat heatmap": (
        lambda: landmarks(reshaped_output(3, 1, 64 * 64 * 39)),
        "refused",
        "must be the heatmap",
    ),
    "oblong heatmap": (lambda: landmarks(reshaped_output(3, 1, 128, 32, 39)), "wrong", "(1, 128, 32, 39)"),
    "oblong mask": (
        lambda: landmarks(reshaped_output(2, 1, 512, 128, 1)),
        "wrong",
        "must be the segmentation",
    ),
    "int8 landmarks": (lambda: landmarks(quantized_output(0)), "refused", "(landmarks) is int8"),
    "int8 heatmap": (lambda: landmarks(quantized_output(3)), "wrong", "(heatmap) is int8"),
    "presence logit": (lambda: landmarks(bare_presence), "wrong", "not a probability"),
    "detector's outputs exchanged": (lambda: finder(outputs(1, 0)), "refused", "then scores"),
    "detector's scores missing": (lambda: finder(outputs(0)), "refused", "then scores"),
    # inside
    "NaN weight": (lambda: task(not_finite(float("nan"))(lite()), detector()), "wrong", "NaN"),
    "infinite weight": (lambda: task(not_finite(float("inf"))(lite()), detector()), "wrong", "infinite"),
    "detector with NaN": (lambda: task(lite(), not_finite(float("nan"))(detector())), "wrong", "NaN"),
    "unknown operator": (lambda: landmarks(unknown_operator), "refused", "NobodyKnowsThis"),
    "buffers outside": (lambda: task(external_buffers(lite()), detector()), "taken", "behind the flatbuffer"),
}
