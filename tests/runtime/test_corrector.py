"""The model behind a network: its frame, its file, and everything that it takes."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import subprocess
import sys
import types

import numpy as np
import pytest

import posetune
from posetune import stock
from posetune.errors import PosetuneError
from posetune.geometry import Crop
from posetune.landmarks import FLIP
from posetune.runtime.corrector import FEATURES, Corrector, Gate, Layer, body_features, mirrored_features
from posetune.runtime.pose import Pose

MOVED = np.array([13, 14, 25, 26])


def points(count: int = 1, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """``count`` upright people of about 200 px, (n, 33, 3) image px, and their visibility."""
    random = np.random.default_rng(seed)
    people = random.normal(0, 40, (count, 33, 3)) + [300, 250, 0]
    people[:, [11, 12], 1] -= 120
    return people, random.uniform(0, 1, (count, 33))


def corrector(strength: float = 0.7, amount: float = 0.9, seed: int = 0) -> Corrector:
    random = np.random.default_rng(seed)
    layers = (
        Layer("affine", random.normal(0, 0.05, (FEATURES, 6)), random.normal(0, 0.1, 6)),
        Layer("tanh"),
        Layer("rbf", random.normal(0, 1, (5, 6)), np.array([0.1])),
        Layer("affine", random.normal(0, 0.1, (5, 8)), random.normal(0, 0.1, 8)),
    )
    constant = random.normal(0, 0.1, (4, 2))
    second = (Layer("affine", random.normal(0, 0.05, (FEATURES, 8)), random.normal(0, 0.1, 8)),)
    return Corrector(MOVED, constant, (layers, second), strength, amount, {"kind": "test", "base": "full"})


def pose(seed: int = 0) -> Pose:
    where, visibility = points(seed=seed)
    nothing = np.zeros(33, np.float32)
    world = np.zeros((33, 3), np.float32)
    return Pose(where[0].astype(np.float32), visibility[0], nothing, world, 0.9, world[:2], Crop(0, 0, 1))


def test_the_answer_goes_with_the_person_whatever_the_image():
    where, visibility = points(3)
    before = corrector().offsets(where, visibility)
    assert np.abs(before[:, MOVED]).min() > 0
    for angle, size, shift in ((0.0, 1.0, (50, -20)), (0.0, 3.0, (0, 0)), (2.2, 0.5, (7, 9))):
        c, s = size * np.cos(angle), size * np.sin(angle)
        turn = np.array([[c, -s], [s, c]])
        moved = where.copy()
        moved[..., :2] = where[..., :2] @ turn.T + shift
        moved[..., 2] *= size
        np.testing.assert_allclose(corrector().offsets(moved, visibility), before @ turn.T, atol=1e-9)


def test_the_frame_is_centred_on_the_hips_and_upright():
    where, visibility = points(2)
    features, frames = body_features(where, visibility)
    xy = features[:, :66].reshape(-1, 33, 2)
    np.testing.assert_allclose(xy[:, [23, 24]].mean(axis=1), 0, atol=1e-12)
    shoulders = xy[:, [11, 12]].mean(axis=1)
    np.testing.assert_allclose(shoulders[:, 0], 0, atol=1e-12)
    assert (shoulders[:, 1] < 0).all()
    back = frames.origin[:, None] + frames.to_image(xy)
    np.testing.assert_allclose(back, where[..., :2], atol=1e-9)
    np.testing.assert_allclose(frames.to_body(frames.to_image(xy)), xy, atol=1e-12)


def test_mirrored_features_are_those_of_the_mirror_image():
    where, visibility = points(2)
    mirror = where[:, FLIP] * [-1, 1, 1] + [640, 0, 0]
    np.testing.assert_allclose(
        mirrored_features(body_features(where, visibility)[0]),
        body_features(mirror, visibility[:, FLIP])[0],
        atol=1e-9,
    )


def test_only_what_was_learnt_moves():
    before = pose()
    after = corrector().apply(before)
    changed = np.abs(after.landmarks_px - before.landmarks_px).max(axis=1) > 0
    assert np.flatnonzero(changed).tolist() == MOVED.tolist()
    np.testing.assert_array_equal(after.landmarks_px[:, 2], before.landmarks_px[:, 2])
    np.testing.assert_array_equal(before.landmarks_px, pose().landmarks_px)  # what was handed in is left alone
    assert after.landmarks_px.dtype == np.float32


def test_without_strength_it_is_the_constant_offset_and_without_amount_nothing():
    where, visibility = points(3)
    _, frames = body_features(where, visibility)
    plain = corrector(strength=0, amount=1).offsets(where, visibility)
    constant = np.broadcast_to(corrector().constant, (3, 4, 2))
    np.testing.assert_allclose(plain[:, MOVED], frames.to_image(constant))
    assert (corrector(amount=0).offsets(where, visibility) == 0).all()


def test_strange_poses_are_left_alone():
    where, visibility = points(40)
    features, _ = body_features(where, visibility)
    axes = np.linalg.svd(features - features.mean(axis=0), full_matrices=False)[2][:5].T
    gate = Gate(features.mean(axis=0), np.ones(FEATURES), axes, 20.0)
    gated = dataclasses.replace(corrector(), gate=gate)
    np.testing.assert_array_equal(gate(features), 1)
    np.testing.assert_array_equal(gated.offsets(where, visibility), corrector().offsets(where, visibility))
    where[0, 17] += 1e5  # one hand elsewhere: nothing of the kind was ever learnt
    assert (gated.offsets(where, visibility)[0] == 0).all()
    kept = Corrector.from_bytes(gated.to_bytes())
    np.testing.assert_allclose(kept.offsets(where, visibility), gated.offsets(where, visibility), atol=0.1)


def test_nobody_to_tell_a_frame_of_is_left_alone():
    where, visibility = points(3)
    where[0] = 5.0
    where[1] = np.nan
    offsets = corrector().offsets(where, visibility)
    assert (offsets[:2] == 0).all()
    assert np.abs(offsets[2, MOVED]).min() > 0


def test_the_file_keeps_everything(tmp_path):
    file = tmp_path / "corrector.npz"
    corrector().save(file)
    assert file.stat().st_size < 8000
    where, visibility = points(4)
    kept = Corrector.load(tmp_path)  # a run folder serves as well
    np.testing.assert_allclose(kept.offsets(where, visibility), corrector().offsets(where, visibility), atol=0.05)
    assert kept.about["base"] == "full"
    with np.load(file, allow_pickle=False) as content:  # nothing in it needs pickle
        assert {content[name].dtype.kind for name in content.files} <= set("ufU")


def _edited(**changes) -> bytes:
    with np.load(io.BytesIO(corrector().to_bytes())) as file:
        arrays = {name: file[name] for name in file.files}
    about = json.loads(str(arrays["about"]))
    about.update(changes.pop("about", {}))
    arrays.update(changes, about=np.array(json.dumps(about)))
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"nothing of the kind", "not a posetune corrector"),
        (corrector().to_bytes()[:700], "not a posetune corrector"),
        (_edited(about={"format": 99}), "newer posetune"),
        (_edited(w0_0=np.zeros((7, 6), np.float32)), "not a posetune corrector"),
        (_edited(constant=np.full((4, 2), np.nan, np.float32)), "not a posetune corrector"),
        (_edited(landmarks=np.array([13, 14, 25, 60], np.uint8)), "not a posetune corrector"),
        (_edited(about={"models": [["affine", "exec", "rbf", "affine"], ["affine"]]}), "not a posetune corrector"),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_name(content, words, tmp_path):
    file = tmp_path / "x.npz"
    file.write_bytes(content)
    with pytest.raises(PosetuneError, match=words) as caught:
        Corrector.load(file)
    assert "x.npz" in str(caught.value)


def test_no_flipped_byte_ends_in_a_traceback():
    content = corrector().to_bytes()
    for place in range(0, len(content), 7):
        damaged = bytearray(content)
        damaged[place] ^= 0x5A
        with contextlib.suppress(PosetuneError):  # a byte that nobody reads is no damage
            Corrector.from_bytes(bytes(damaged))


def test_lists_and_streams():
    one = corrector()
    many = one.apply([pose(0), pose(1)])
    assert isinstance(many, list)
    np.testing.assert_array_equal(many[1].landmarks_px, one.apply(pose(1)).landmarks_px)
    asked = []

    def stream():
        for seed in range(3):
            asked.append(seed)
            yield [pose(seed)]

    answers = one.apply(stream())
    assert asked == []  # nothing is read ahead
    np.testing.assert_array_equal(next(answers)[0].landmarks_px, one.apply(pose(0)).landmarks_px)
    assert asked == [0]


@pytest.mark.parametrize("wrong", [3, "pose", {"a": 1}, np.zeros((33, 3)), None])
def test_anything_else_is_refused_with_a_word(wrong):
    with pytest.raises(PosetuneError, match="takes a posetune Pose"):
        corrector().apply(wrong)


def test_a_pose_of_other_points_is_refused():
    other = dataclasses.replace(pose(), landmarks_px=np.zeros((17, 3), np.float32))
    with pytest.raises(PosetuneError, match="33 landmarks"):
        corrector().apply(other)


def test_mediapipe_results_move_as_poses_do():
    mp = pytest.importorskip("mediapipe", reason="mediapipe is not installed")
    landmark = mp.tasks.components.containers.NormalizedLandmark
    result_type = mp.tasks.vision.PoseLandmarkerResult
    before, (width, height) = pose(), (640, 480)
    shares = before.landmarks_px.astype(np.float64) / [width, height, width]
    people = [[landmark(x, y, z, float(v), 1.0) for (x, y, z), v in zip(shares, before.visibility, strict=True)]]
    result = result_type(people, [[]], None)
    moved = corrector().apply(result, image_size=(width, height))
    assert isinstance(moved, result_type)
    got = np.array([(p.x * width, p.y * height, p.z * width) for p in moved.pose_landmarks[0]])
    np.testing.assert_allclose(got, corrector().apply(before).landmarks_px, atol=1e-3)
    assert moved.pose_landmarks[0][13].visibility == people[0][13].visibility
    assert result.pose_landmarks[0][13].x == shares[13, 0]  # what was handed in is left alone
    stream = list(corrector().apply(iter([result, result]), image_size=(width, height)))
    assert stream[1].pose_landmarks[0][13].x == moved.pose_landmarks[0][13].x


def test_mediapipe_results_need_the_image_size():
    with pytest.raises(PosetuneError, match=r"image_size=\(width, height\)"):
        corrector().apply(types.SimpleNamespace(pose_landmarks=[]))


@pytest.mark.parametrize("size", [(0, 480), (640,), "wide", (640, float("nan")), 640])
def test_an_image_size_that_is_none_is_refused(size):
    with pytest.raises(PosetuneError, match="width, height"):
        corrector().apply(types.SimpleNamespace(pose_landmarks=[]), image_size=size)


def test_a_mediapipe_result_of_nobody_stays_one():
    assert corrector().apply(types.SimpleNamespace(pose_landmarks=None), image_size=(640, 480)).pose_landmarks == []


def test_a_run_folder_with_a_corrector_is_a_network_like_any_other(tmp_path):
    (tmp_path / stock.RUN_NETWORK).write_bytes(stock.path("full").read_bytes())
    plain, crop = posetune.load(tmp_path, threads=1), Crop(128, 128, 256)
    assert stock.resolve(tmp_path).is_stock
    image = np.random.default_rng(0).integers(0, 255, (256, 256, 3), np.uint8)
    before = plain.predict_crop(image, crop)
    corrector().save(tmp_path / stock.RUN_CORRECTOR)
    assert not stock.resolve(tmp_path).is_stock
    after = posetune.load(tmp_path, threads=1).predict_crop(image, crop)
    np.testing.assert_array_equal(after.landmarks_px, corrector_through_file(tmp_path).apply(before).landmarks_px)
    assert np.abs(after.landmarks_px - before.landmarks_px).max() > 0
    np.testing.assert_array_equal(after.auxiliary_px, before.auxiliary_px)  # the tracker's crop stays stock's
    (tmp_path / stock.RUN_CORRECTOR).write_bytes(b"broken")
    with pytest.raises(PosetuneError, match="beside"):
        posetune.load(tmp_path)


def corrector_through_file(folder) -> Corrector:
    return Corrector.load(folder)


def test_it_needs_numpy_alone():
    code = "import sys, posetune.runtime.corrector; print([m for m in ('torch', 'sklearn', 'mediapipe') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
