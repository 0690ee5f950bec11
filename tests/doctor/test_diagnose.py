"""Every trap has its finding, and the real PoseLandmarker agrees with every verdict."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import pytest
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

from posetune import stock
from posetune.cli import main
from posetune.doctor.diagnose import diagnose
from posetune.doctor.mediapipe_try import try_all
from posetune.errors import PosetuneError
from posetune.graph import bundle
from posetune.graph.flatbuffer import schema
from posetune.synthetic.sample import ordinary_pictures

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


@pytest.mark.parametrize("name", TRAPS)
def test_the_verdict(name):
    make, verdict, words = TRAPS[name]
    diagnosis = diagnose(make(), "x.task")
    assert diagnosis.verdict == verdict, diagnosis.findings
    if words:
        assert any(words in finding.what for finding in diagnosis.findings), diagnosis.findings
    else:
        assert diagnosis.findings == ()


@pytest.fixture(scope="module")
def trials(tmp_path_factory):
    """name -> what MediaPipe did with the trap; one process for all, since importing mediapipe takes longest."""
    pytest.importorskip("mediapipe")
    files = {name: tmp_path_factory.mktemp("trap") / "x.task" for name in TRAPS}
    try:
        for name, file in files.items():
            file.write_bytes(TRAPS[name][0]())
        return dict(zip(files, try_all(list(files.values()), next(ordinary_pictures())), strict=True))
    finally:
        for file in files.values():
            file.unlink(missing_ok=True)


@pytest.mark.parametrize("name", TRAPS)
def test_mediapipe_agrees(name, trials):
    verdict, trial = TRAPS[name][1], trials[name]
    if verdict == "refused":
        assert trial.error is not None
        assert "process ended" not in trial.error
    elif name == "int8 heatmap":  # MediaPipe reads floats beyond the bytes' end: it runs, or it crashes, by chance
        assert trial.error is None or "process ended" in trial.error
    else:  # a wrong one loads, and runs, without a word: that is the trap
        assert trial.error is None
    if verdict == "taken":
        assert trial.poses == 1


def test_mediapipes_own_words_are_passed_on(trials):
    assert "4 vs. 5" in trials["four outputs"].error
    assert "requires specifying NormalizationOptions" in trials["no metadata"].error
    assert "Expected uncompressed zip archive" in trials["deflated"].error


def test_a_trial_that_dies_is_told(tmp_path, monkeypatch):
    pytest.importorskip("mediapipe")
    monkeypatch.setattr("sys.executable", "/bin/false")
    (trial,) = try_all([tmp_path / "x.task"], next(ordinary_pictures()))
    assert not trial.worked
    assert "ended with code 1" in (trial.error or "")


@pytest.mark.parametrize("name", ["detector", "lite", "full", "heavy"])
def test_a_bare_stock_file_needs_a_bundle(name):
    diagnosis = diagnose(stock.path(name).read_bytes(), "x.tflite")
    assert diagnosis.verdict == "needs a bundle"
    assert diagnosis.kind == ("detector" if name == "detector" else "landmarks")
    assert diagnosis.findings == ()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: b"", "is empty"),
        (lambda: b"\x93" * 5000, "neither"),
        (lambda: b"\x1c\0\0\0TFL3" + b"\x07" * 5000, "damaged"),
        (lambda: lite()[: len(lite()) // 2], "damaged"),
        (lambda: lite()[:-100], "damaged"),
        (lambda: task(lite(), detector())[:-100], "its end is missing"),
        (lambda: task(lite(), detector())[:100_000], "its end is missing"),
        (lambda: task(lite(), detector()).replace(b"TFL3", b"TFLX", 1), "damaged"),
    ],
)
def test_unreadable_files_are_one_sentence(make, words):
    with pytest.raises(PosetuneError, match=words):
        diagnose(make(), "x")


def test_some_other_network():
    diagnosis = diagnose(edited(plain(), outputs(2)), "x.tflite")
    assert diagnosis.verdict == "refused"
    assert "no pose landmark network and no pose detector" in diagnosis.findings[0].what


def test_damage_at_any_place_never_escapes_as_a_traceback():
    content = task(lite(), detector())
    for position in range(40, len(content), len(content) // 40):
        damaged = content[:position] + bytes([content[position] ^ 0x55]) + content[position + 1 :]
        with pytest.raises(PosetuneError, match=r"damaged|neither|missing"):
            diagnose(damaged, "x.task")


def test_exit_codes(tmp_path, capsys):
    write = partial(_write, tmp_path)
    assert main(["doctor", write("good.task", task(lite(), detector()))]) == 0
    assert "takes it" in capsys.readouterr().out
    assert main(["doctor", write("bad.task", task(plain(), detector())), "--json"]) == 1
    assert '"verdict": "refused"' in capsys.readouterr().out
    assert main(["doctor", write("bare.tflite", plain())]) == 1
    assert "posetune export" in capsys.readouterr().out
    assert main(["doctor", write("empty.task", b"")]) == 2
    assert main(["doctor", str(tmp_path)]) == 2
    assert main(["doctor", str(tmp_path / "none.task")]) == 2


def _write(folder, name, content) -> str:
    (folder / name).write_bytes(content)
    return str(folder / name)
