"""What merging writes beside its table: COCO results, COCO labels, or an evaluation."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, TextIO

import numpy as np
import pyarrow as pa

from posetune._version import __version__
from posetune.data.answers import Answers
from posetune.data.formats.coco_writer import annotation_row, category_row, image_row
from posetune.data.formats.writing import box_around
from posetune.data.found import HULL_MARGIN
from posetune.data.origin import PRELABEL, ImageOrigin, Origin
from posetune.data.people import ImageRecord, Person
from posetune.geometry import Crop
from posetune.label.prelabel import Proposal
from posetune.landmarks import COUNT
from posetune.measure.bootstrap import Resampling
from posetune.measure.errors import analyse
from posetune.measure.metrics import Labels
from posetune.measure.oks import Detection, average_precision
from posetune.measure.pipeline import PipelineAnswers, precision
from posetune.measure.summary import Scored, in_body, summarise
from posetune.runtime.image_ids import ImageIds
from posetune.runtime.records import Found, RecordWriter
from posetune.scale.job import Job
from posetune.scale.measuring import Measured
from posetune.scale.rows import pose_of
from posetune.skeleton import BLAZEPOSE, Skeleton

#: A lesson's point of less trust than this is no label.
_LEAST_TRUST = 0.05


class Beside(Protocol):
    """Takes the tables of all units in order, then ends its file."""

    def add(self, table: pa.Table, about: dict[str, Any]) -> None: ...

    def end(self) -> None: ...


def beside_of(job: Job, out: TextIO) -> Beside:
    """What is written beside the table of ``job``, into ``out``."""
    if job.what == "predict":
        return _Results(out)
    if job.what == "eval":
        return _Evaluation(job, out)
    return _Labels(job, out)


class _Results:
    """COCO results, as ``posetune predict`` writes them."""

    def __init__(self, out: TextIO) -> None:
        self._records, self._ids = RecordWriter(out, None), ImageIds()

    def add(self, table: pa.Table, about: dict[str, Any]) -> None:
        skeleton = Skeleton.from_json(about["skeleton"]) if "skeleton" in about else BLAZEPOSE
        for row in table.to_pylist():
            if row["person"] is not None:
                image_id, pose = self._ids(row["file"], row["frame"]), pose_of(row, skeleton)
                self._records.write(Found(image_id, row["file"], row["frame"], row["person"], pose, row["seconds"]))

    def end(self) -> None:
        self._records.end()


class _Labels:
    """COCO labels that nobody has seen yet (status prelabel), with the confidence of each point; pictures without people as well.

    ``file_name`` is the picture's whole path or address.
    """

    def __init__(self, job: Job, out: TextIO) -> None:
        self._out, self._network = out, job.network.files["landmarks"]
        self._to_person = _prelabelled if job.what == "label" else _taught
        self._images = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115
        self._count = self._people = 0
        head = {"info": {"description": "prelabels", "made_by": "posetune"}, "categories": [category_row(BLAZEPOSE)]}
        out.write(json.dumps(head)[:-1] + ', "annotations": [')

    def add(self, table: pa.Table, about: dict[str, Any]) -> None:
        image: ImageRecord | None = None
        for row in table.to_pylist():
            if row["error"] is not None:
                continue
            if not row["person"]:  # 0, or nobody
                image = self._image(row)
            if row["person"] is not None and image is not None:
                person = self._to_person(row, image, self._network)
                if person is not None:
                    self._people += 1
                    entry = {**annotation_row(person), "id": self._people, "image_id": image.id}
                    self._out.write((",\n" if self._people > 1 else "\n") + json.dumps(entry, allow_nan=False))

    def _image(self, row: Mapping[str, Any]) -> ImageRecord:
        self._count += 1
        path, group = row["uri"] or row["file"], row["file"].rsplit(".", 1)[0]
        image = ImageRecord(self._count, Path(path), row["width"], row["height"], group, ImageOrigin(status=PRELABEL))
        entry = {**image_row(image, Path("/nowhere")), "file_name": path}
        self._images.write((",\n" if self._count > 1 else "\n") + json.dumps(entry, allow_nan=False))
        return image

    def end(self) -> None:
        self._out.write('], "images": [')
        self._images.seek(0)
        while block := self._images.read(1 << 20):
            self._out.write(block)
        self._images.close()
        self._out.write("]}\n")


def _prelabelled(row: Mapping[str, Any], image: ImageRecord, network: str) -> Person | None:
    one = Proposal(
        np.array(row["keypoints"], float).reshape(-1, 3),
        np.array(row["outside"], float).reshape(-1, 3),
        np.array(row["confidence"], float),
        row["score"],
    )
    outside = one.outside if np.isfinite(one.outside[:, 0]).any() else None
    box = one.box(image.width, image.height)
    return Person(
        0, image, one.keypoints, box, float(box[2] * box[3]), outside=outside,
        origin=_origin(network, one.confidence, one.score),
    )  # fmt: skip


def _taught(row: Mapping[str, Any], image: ImageRecord, network: str) -> Person | None:
    """Points of some trust, as labels; None where there are none."""
    trust = np.array(row["trust"], float)
    known = trust >= _LEAST_TRUST
    if not known.any():
        return None
    keypoints = np.zeros((COUNT, 3))
    keypoints[known, :2] = np.array(row["points_px"], float).reshape(-1, 2)[known]
    keypoints[known, 2] = 2
    box = np.array(box_around(keypoints[known, :2], HULL_MARGIN))
    seen = Crop(*row["crop"])
    return Person(
        0, image, keypoints, box, float(box[2] * box[3]), seen_crop=seen, origin=_origin(network, trust, row["score"])
    )


def _origin(network: str, confidence: np.ndarray, score: float) -> Origin:
    shares = tuple(None if np.isnan(c) else round(float(c), 3) for c in confidence)
    return Origin(
        network=network, version=__version__, confidence=shares, status=PRELABEL, other={"score": round(score, 3)}
    )


class _Evaluation:
    """The measures of one network by both protocols, as ``posetune eval --json`` has them under ``protocols``."""

    def __init__(self, job: Job, out: TextIO) -> None:
        self._job, self._out, self._measured = job, out, Measured.of(job)
        count, points = len(self._measured.people), self._measured.people[0].skeleton.count
        self._answers = {name: Answers.empty(count, points) for name in ("crop", "pipeline")}
        self._detections: dict[int, list[Detection]] = {}
        self._image = -1
        self._not_read: list[str] = []

    def add(self, table: pa.Table, about: dict[str, Any]) -> None:
        for row in table.to_pylist():
            if not row["person"]:
                self._image += 1
                self._detections[self._image] = []
            if row["error"] is not None:
                self._not_read.append(row["error"])
            elif row["person"] is not None:
                self._take(row)

    def _take(self, row: Mapping[str, Any]) -> None:
        points = np.array(row["landmarks_px"], float).reshape(-1, 3)
        if row["protocol"] == "pipeline":
            self._detections[self._image].append(Detection(points, row["score"]))
        if row["label"] is not None:
            into, n = self._answers[row["protocol"]], row["label"]
            into.points_px[n], into.score[n] = points, row["score"]
            into.world[n], into.visibility[n] = np.array(row["world"], float).reshape(-1, 3), row["visibility"]

    def end(self) -> None:
        people, labels = self._measured.people, Labels.of(self._measured.people)
        resampling = Resampling.of(np.array([p.group for p in people], dtype=object))
        detections = [self._detections.get(n, []) for n in range(len(self._measured.dataset.images))]
        whole = PipelineAnswers(self._answers["pipeline"], [None] * len(people), detections)
        precisions = {"crop": self._by_crops(), "pipeline": precision([self._measured.dataset], whole)}
        protocols = {}
        for name, answers in self._answers.items():
            scored = Scored(answers, labels.only(answers.given))
            analysis = analyse(*in_body(people, scored))
            measures = summarise(people, scored, precisions[name], resampling, analysis, None, "")
            protocols[name] = {self._job.network.name: measures.to_json()}
        found = {
            "posetune": __version__, "data": self._job.inputs[0], "splits": [self._job.split or "val"], "people": len(people),
            "groups": resampling.groups, "not_read": self._not_read, "protocols": protocols,
        }  # fmt: skip
        json.dump(found, self._out, indent=1)

    def _by_crops(self) -> dict[str, float | None]:
        """As evaluate has it: each person's crop is one detection, ranked by presence."""
        images: dict[str, tuple[list[Person], list[Detection], list[Person]]] = {}
        answers = self._answers["crop"]
        for i, person in enumerate(self._measured.people):
            row = images.setdefault(str(person.image.path), ([], [], []))
            row[0].append(person)
            row[1].append(Detection(answers.points_px[i], float(answers.score[i])))
        return average_precision(list(images.values()))
