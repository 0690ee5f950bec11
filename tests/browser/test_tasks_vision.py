"""posetune's bundles in a real browser: Chromium runs @mediapipe/tasks-vision on the very pixels that Python gets.

Driven by Playwright for Python, since it runs inside pytest and takes the system's Chromium: nothing is downloaded but the
npm package. The GPU delegate runs on SwiftShader where there is no GPU: seconds a photo, and the same code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="an int8 network is made by posetune[train]")

from tests.browser.site import serve
from tests.helpers.detectors import another_detector
from tests.helpers.variants import all_versions_3, edited, normalized, task

import posetune
from posetune import stock
from posetune.export.int8.make import Maker
from posetune.graph.resize import resized
from posetune.opencv import cv2
from posetune.runtime.mask import on_image
from posetune.synthetic.sample import ordinary_pictures

_PAGE = Path(__file__).with_name("page.html")
_GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "web.md"
_REFUSED = "not supported by GPU delegate"
NETWORKS = ("lite", "lite 192", "lite int8")


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    """(320, 320, 3) uint8 RGB each: one rendered person."""
    return list(ordinary_pictures("ordinary"))[::6][:5]


@pytest.fixture(scope="module")
def networks() -> dict[str, bytes]:
    pictures = islice(ordinary_pictures(), 12)
    lite = stock.path("lite").read_bytes()
    float_one = posetune.load("lite", threads=1)
    crops = [detection.crop.cut(rgb) for rgb in pictures for detection in float_one.detect(rgb)[:1] if detection.crop]
    return {"lite": lite, "lite 192": resized(lite, 192), "lite int8": Maker(lite, np.stack(crops)).write()}


@pytest.fixture(scope="module")
def tasks(networks) -> dict[str, bytes]:
    whole = normalized((0.0,), (255.0,))
    detector = stock.path("detector").read_bytes()
    before = edited(networks["lite int8"], all_versions_3)
    made = {name: task(edited(n, whole), detector) for name, n in {**networks, "before": before}.items()}
    return {**made, "tuned detector": task(edited(networks["lite"], whole), another_detector())}


@pytest.fixture(scope="module")
def site(package, tasks, pictures) -> Iterator[str]:
    pixels = {
        f"{i}.rgba": np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)]).tobytes() for i, rgb in enumerate(pictures)
    }
    bundles = {f"{name.replace(' ', '-')}.task": content for name, content in tasks.items()}
    with serve({_PAGE.name: _PAGE.read_bytes(), **package, **pixels, **bundles}) as address:
        yield address


@pytest.fixture(scope="module")
def page(open_page, site) -> Any:
    page = open_page(site + _PAGE.name)
    page.wait_for_function("window.ready")
    return page


def begin(page: Any, name: str, delegate: str, pictures: list[np.ndarray], masks: bool = False) -> None:
    page.said.clear()
    photos = [{"path": f"{i}.rgba", "width": p.shape[1], "height": p.shape[0]} for i, p in enumerate(pictures)]
    job = {"bundle": f"{name.replace(' ', '-')}.task", "delegate": delegate, "photos": photos, "masks": masks}
    page.evaluate("job => window.begin(job)", job)


def answer(page: Any) -> list[dict[str, Any]]:
    given = page.wait_for_function("window.answer").json_value()
    assert "error" not in given, (given, page.said)
    return given["found"]


def distances(
    found: list[dict[str, Any]],
    network: bytes,
    pictures: list[np.ndarray],
    tmp_path: Path,
    detector: str | Path | None = None,
) -> np.ndarray:
    """Of every landmark to posetune's, px; asserts that both see one person on every picture. posetune's landmarks are Python
    MediaPipe's (tests/runtime/test_mediapipe_parity.py).
    """
    (tmp_path / "x.tflite").write_bytes(network)
    landmarker = posetune.load(tmp_path / "x.tflite", detector=detector, threads=1)
    ours = [landmarker.predict(rgb, 1) for rgb in pictures]
    assert [len(f["people"]) for f in found] == [len(poses) for poses in ours] == [1] * len(pictures)
    return np.array([
        np.linalg.norm(np.array(f["people"][0]) - poses[0].landmarks_px[:, :2], axis=1)
        for f, poses in zip(found, ours, strict=True)
    ])  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_the_cpu_delegate_agrees_with_python(name, page, networks, pictures, tmp_path):
    """Crops are cut by WebGL there and by OpenCV here, so by a grey level now and then: 0.01 to 0.03 px in the mean, and
    px for an int8 network, which such a level moves as much in Python alone.
    """
    begin(page, name, "CPU", pictures)
    px = distances(answer(page), networks[name], pictures, tmp_path)
    if name == "lite int8":
        assert np.median(px) <= 2.5
        assert px.mean() <= 5
    else:
        assert px.mean() <= 0.1
        assert np.percentile(px, 95) <= 0.2


def test_a_tuned_detector_agrees_with_python(page, networks, pictures, tmp_path):
    (tmp_path / "detector.tflite").write_bytes(another_detector())
    begin(page, "tuned detector", "CPU", pictures)
    px = distances(answer(page), networks["lite"], pictures, tmp_path, tmp_path / "detector.tflite")
    assert px.mean() <= 0.1
    assert np.percentile(px, 95) <= 0.2


@pytest.mark.parametrize("name", NETWORKS)
def test_the_gpu_delegate_runs_the_whole_network(name, page, networks, pictures, tmp_path):
    """In half precision, so px and not hundredths; masks come with this delegate only (docs/guide/web.md)."""
    begin(page, name, "GPU", pictures[:1], masks=True)
    found = answer(page)
    assert not any(_REFUSED in line for line in page.said), page.said
    px = distances(found, networks[name], pictures[:1], tmp_path)
    assert np.median(px) <= 5
    assert px.mean() <= 10
    (tmp_path / "x.tflite").write_bytes(networks[name])
    (pose,) = posetune.load(tmp_path / "x.tflite", threads=1, segmentation=True).predict(pictures[0], 1)
    assert found[0]["masks"][0] == pytest.approx(on_image(pose, *pictures[0].shape[:2]).mean(), abs=0.03)


def test_the_gpu_delegate_refuses_the_versions_of_before(open_page, site, pictures):
    """What the doctor warns of. The page never answers after that, or fails with "divide by zero"."""
    page = open_page(site + _PAGE.name)
    page.wait_for_function("window.ready")
    with page.expect_console_message(lambda message: "ADD: Max version supported: 2." in message.text):
        begin(page, "before", "GPU", pictures[:1])
    page.wait_for_timeout(100)
    assert any(_REFUSED in line for line in page.said)  # the words that the other tests look for


def test_the_page_of_the_guide_works_as_printed(open_page, package, tasks, pictures, tmp_path):
    (printed,) = re.findall(r"```html\n(.*?)```", _GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), pictures[0][..., ::-1])
    with serve({"index.html": printed.encode(), "pose.task": tasks["lite"], **package}) as address:
        page = open_page(address + "index.html")
        page.locator("input:enabled").set_input_files(photo)
        page.get_by_text("1 found").wait_for()
        shown = cv2.imdecode(np.frombuffer(page.locator("canvas").screenshot(), np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    assert shown.shape == pictures[0].shape
    lime = (shown == (0, 255, 0)).all(axis=2)
    assert lime.sum() > 300  # the skeleton
    assert lime.sum() < 0.1 * lime.size
    (pose,) = posetune.load("lite", threads=1).predict(pictures[0], 1)
    rows, columns = np.nonzero(lime)
    body = pose.landmarks_px[11:, :2]
    assert (columns.min(), columns.max()) == pytest.approx((body[:, 0].min(), body[:, 0].max()), abs=12)
    assert rows.max() == pytest.approx(body[:, 1].max(), abs=12)


def test_the_page_reaches_nobody_else(page, site):
    """tasks-vision reports to its makers once a minute and at close(); connect-src 'self' blob: stops that."""
    assert page.asked
    assert all(address.startswith((site, "data:", "blob:")) for address in page.asked), page.asked
