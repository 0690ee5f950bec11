"""What costs something and serves many tests: made once, and only to be read."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.register_assert_rewrite("tests.helpers")

# A shell that runs the tests in the background has them ignore Ctrl-C, and so would every program that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if "PYTEST_XDIST_WORKER" in os.environ:  # several processes share the processors
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import posetune
from posetune import stock
from posetune.export.file import export
from posetune.graph.flatbuffer import Graph
from posetune.landmarks import NAMES
from posetune.measure.compare import compare
from posetune.measure.evaluate import evaluate
from posetune.runtime.corrector import Corrector
from posetune.runtime.landmarker import Landmarker
from posetune.stock.pins import PINS
from posetune.synthetic.sample import write_sample
from tests.helpers.drawn_set import write_drawn_set
from tests.helpers.fake_stock import fake_pin, make_npm, make_wheel
from tests.helpers.figures import draw_person, room, write_footage


@pytest.fixture(scope="session")
def full() -> bytes:
    return stock.path("full").read_bytes()


@pytest.fixture(scope="session")
def lite() -> bytes:
    return stock.path("lite").read_bytes()


@pytest.fixture(scope="session")
def sample(tmp_path_factory) -> Path:
    """The sample set, unpacked."""
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder)
    return folder


@pytest.fixture(scope="session")
def postgres_url():
    """The URL of a real PostgreSQL's empty database, which tests empty before use."""
    from tests.helpers import postgres

    if postgres.programs() is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed: .ci/run does that.")
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    with postgres.cluster() as url:
        yield url


@pytest.fixture(scope="session")
def web_server(tmp_path_factory):
    """A running server with one worker and stock lite: ``tests.helpers.server.RunningServer``. What changes it starts its own."""
    pytest.importorskip("starlette")
    from tests.helpers.server import running

    with running(tmp_path_factory.mktemp("served")) as server:
        yield server


@pytest.fixture(scope="session")
def lite_task(tmp_path_factory) -> Path:
    """Stock lite as ``posetune export`` writes it."""
    path = tmp_path_factory.mktemp("exported") / "lite.task"
    export("lite", path)
    return path


@pytest.fixture(scope="session")
def photo() -> bytes:
    """A JPEG of one drawn person, 440×400 px."""
    canvas = draw_person(room(440, 400), (220.0, 220.0), arms=0.4)
    return cv2.imencode(".jpg", cv2.cvtColor(canvas, cv2.COLOR_RGB2BGR))[1].tobytes()


@pytest.fixture(scope="session")
def drawn_set(tmp_path_factory) -> Path:
    """A set of drawn people: four in train, two in val."""
    folder = tmp_path_factory.mktemp("drawn") / "data"
    write_drawn_set(folder, "train", [150, 180, 210, 240])
    write_drawn_set(folder, "val", [170, 230])
    return folder


@pytest.fixture(scope="session")
def measured_set(tmp_path_factory) -> Path:
    """A set folder: train and val with two images each, the second of val with two people."""
    folder = tmp_path_factory.mktemp("drawn")
    write_drawn_set(folder, "train", [160, 200], area=30_000.0)
    write_drawn_set(folder, "val", [170, [(110, 220), (330, 220)]], area=30_000.0)
    return folder


@pytest.fixture(scope="session")
def renamed_full(tmp_path_factory) -> Path:
    """Stock full under another name, with bytes behind its end, so that it is not recognised as stock."""
    path = tmp_path_factory.mktemp("model") / "my-network.tflite"
    path.write_bytes(stock.path("full").read_bytes() + bytes(8))
    return path


@pytest.fixture(scope="session")
def evaluation(measured_set, renamed_full):
    """``renamed_full`` on val of ``measured_set``, beside stock full."""
    return evaluate(measured_set, "val", [renamed_full], stock_names=["full"], threads=1)


@pytest.fixture(scope="session")
def two_sets(tmp_path_factory) -> tuple[Path, Path]:
    """A set with two people in val, and one of other people with two in dev."""
    data, general = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("general")
    write_drawn_set(data, "val", [170, 230])
    write_drawn_set(general, "dev", [200, 250])
    return data, general


@pytest.fixture(scope="session")
def corrector_run(tmp_path_factory) -> Path:
    """A run folder: stock full, and behind it a corrector that moves both hips by a tenth of a body unit."""
    folder = tmp_path_factory.mktemp("runs") / "mine"
    folder.mkdir()
    (folder / stock.RUN_NETWORK).write_bytes(stock.path("full").read_bytes())
    about = {"kind": "constant", "base": "full"}
    Corrector(np.array([23, 24]), np.full((2, 2), 0.1), (), 0.0, 1.0, about).save(folder / stock.RUN_CORRECTOR)
    (folder / "summary.json").write_text(
        json.dumps({"method": "corrector", "kind": "constant", "train_people": 30, "seconds": 4.2})
    )
    return folder


@pytest.fixture(scope="session")
def comparison(two_sets, corrector_run):
    """``corrector_run`` on the first of ``two_sets``, forgetting on the second."""
    return compare(
        two_sets[0],
        "val",
        [corrector_run],
        general=two_sets[1],
        general_split="dev",
        stock_names=["full"],
        with_offset=False,
        threads=1,
    )


@pytest.fixture(scope="session")
def footage(tmp_path_factory) -> Path:
    """Three pictures of a person, an empty room and a damaged file, without labels."""
    folder = tmp_path_factory.mktemp("footage")
    write_footage(folder, 3)
    for number, name in enumerate(("ada", "ben", "cleo")):  # the rooms are alike: numbered, they would be one sequence
        (folder / f"person{number}.png").rename(folder / f"{name}.png")
    return folder


@pytest.fixture(scope="session")
def shifted(tmp_path_factory) -> Path:
    """Stock lite whose x come out 5 px too far right, and whose heatmap is never sure."""
    graph = Graph(stock.path("lite").read_bytes())
    points, heatmap = (graph.producer(graph.subgraph.outputs[k]) for k in (0, 3))
    while points.kind != "CONV_2D":
        points = graph.producer(points.inputs[0])
    while heatmap.kind != "CONV_2D":
        heatmap = graph.producer(heatmap.inputs[0])
    bias = graph.constant(points.inputs[2])
    graph.set_constant(points.inputs[2], bias + np.tile(np.array([5, 0, 0, 0, 0], np.float32), 39))
    graph.set_constant(heatmap.inputs[2], graph.constant(heatmap.inputs[2]) - 50)
    file = tmp_path_factory.mktemp("model") / "shifted.tflite"
    file.write_bytes(graph.to_bytes())
    return file


@pytest.fixture
def fake_stock(tmp_path, monkeypatch):
    """Small stock files; pip sees one wheel and no index, npm is a script; an empty cache folder."""
    for name in PINS:
        monkeypatch.setitem(PINS, name, fake_pin(name))
    monkeypatch.setenv("POSETUNE_CACHE", str(tmp_path / "cache"))
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    make_wheel(shelf)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    make_npm(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


@pytest.fixture(scope="session")
def lite_labelled(lite_landmarker, tmp_path_factory) -> Path:
    """Eight drawn people in train, two in val; labels are what stock lite sees, moved by 6 px."""
    named = ("left_shoulder", "right_shoulder", "left_hip", "right_hip", "left_wrist", "right_knee")
    root = tmp_path_factory.mktemp("labelled")
    (root / "images").mkdir()
    (root / "annotations").mkdir()
    for split, count, start in (("train", 8, 0), ("val", 2, 100)):
        images, annotations = [], []
        for k in range(count):
            picture = draw_person(room(240, 320), (120, 170 + k), 0.42, arms=0.2 + 0.1 * k)
            name = f"{split}{k}.png"
            cv2.imwrite(str(root / "images" / name), picture[..., ::-1])
            pose = lite_landmarker.predict(picture, max_people=1)[0]
            points = pose.landmarks_px[[NAMES.index(n) for n in named], :2] + (6, 0)
            keypoints = np.column_stack([points, np.full(len(named), 2)]).ravel().tolist()
            images.append({"id": start + k, "file_name": name, "width": 240, "height": 320, "video": f"v{k // 2}"})
            annotations.append({"id": start + k, "image_id": start + k, "category_id": 1, "keypoints": keypoints,
                                "bbox": [40, 20, 160, 280], "area": 44800})  # fmt: skip
        content = {
            "images": images,
            "annotations": annotations,
            "categories": [{"id": 1, "name": "person", "keypoints": list(named), "skeleton": []}],
        }
        (root / "annotations" / f"{split}.json").write_text(json.dumps(content))
    return root


@pytest.fixture(scope="session")
def lite_landmarker() -> Landmarker:
    return posetune.load("lite", threads=1)


@pytest.fixture(scope="session")
def unlabelled(tmp_path_factory) -> Path:
    """Two drawn people, one empty room, one damaged file."""
    root = tmp_path_factory.mktemp("unlabelled")
    write_footage(root, 2)
    return root
