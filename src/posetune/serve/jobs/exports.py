"""What a job found, as files for other programs: written line by line from the frames' JSON, none of them held."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

#: Lines of frames, a bundle at a time.
Bundles = Iterator[list[bytes]]


@dataclass(frozen=True)
class Export:
    """``name``: of the file; ``media``: its media type; ``write``: (context, bundles of frames) → its text, in pieces."""

    name: str
    media: str
    write: Callable[[Context, Bundles], Iterator[str]]


@dataclass(frozen=True)
class Context:
    """What the frames do not say: the job as the API shows it, the skeleton of ``GET /api/v1/skeleton``, when the frames are shown,
    seconds, and whom to write where a format has one person (``track``: an id; None: who is there longest).
    """

    job: dict[str, Any]
    skeleton: dict[str, Any]
    times: Sequence[float]
    track: int | None = None

    def names(self, person: dict[str, Any]) -> list[str]:
        return person.get("names") or self.skeleton["names"]

    @property
    def fps(self) -> float:
        """The mean rate; 30 where there are no two frames."""
        lasts = self.times[-1] - self.times[0] if len(self.times) > 1 else 0
        return (len(self.times) - 1) / lasts if lasts > 0 else 30.0


def _frames(bundles: Bundles) -> Iterator[list[dict[str, Any]]]:
    for lines in bundles:
        yield [msgspec.json.decode(line) for line in lines]


def _rows(
    bundles: Bundles, head: Sequence[str], rows: Callable[[dict[str, Any]], Iterator[Sequence[Any]]]
) -> Iterator[str]:
    """A CSV, a bundle of frames at a time."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(head)
    for frames in _frames(bundles):
        for frame in frames:
            writer.writerows(rows(frame))
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


#: px of the picture, upright; metres from the middle of the hips; visibility and score 0…1.
POSES = (
    "frame",
    "time_s",
    "person",
    "score",
    "landmark",
    "x_px",
    "y_px",
    "z_px",
    "visibility",
    "world_x_m",
    "world_y_m",
    "world_z_m",
)


def poses_csv(context: Context, bundles: Bundles) -> Iterator[str]:
    """One row a landmark."""

    def rows(frame: dict[str, Any]) -> Iterator[Sequence[Any]]:
        for person in frame["people"]:
            begin = (frame["index"], _number(frame["time_s"], 4), person.get("id", ""), _number(person["score"], 5))
            for name, px, seen, world in zip(
                context.names(person), person["landmarks_px"], person["visibility"], person["world"], strict=True
            ):
                yield (*begin, name, *(_number(v, 3) for v in px), _number(seen, 4), *(_number(v, 4) for v in world))

    return _rows(bundles, POSES, rows)


def angles_csv(context: Context, bundles: Bundles) -> Iterator[str]:
    """One row a person and frame: interior angles in the picture's plane, degrees, and which joints lie beyond their range."""
    joints = [angle["joint"] for angle in context.skeleton["angles"]]

    def rows(frame: dict[str, Any]) -> Iterator[Sequence[Any]]:
        for person in frame["people"]:
            beyond = " ".join(f"{flag['joint']}:{flag['kind']}" for flag in person["flags"])
            degrees = (_number(person["angles"].get(joint), 2) for joint in joints)
            yield (frame["index"], _number(frame["time_s"], 4), person.get("id", ""), *degrees, beyond)

    return _rows(bundles, ("frame", "time_s", "person", *(f"{j}_deg" for j in joints), "beyond_range"), rows)


def poses_json(context: Context, bundles: Bundles) -> Iterator[str]:
    """The job, and its frames as ``GET …/result`` gives them."""
    head = {key: context.job[key] for key in ("name", "network", "video")}
    head["units"] = {"landmarks_px": "px", "world": "m", "angles": "deg", "time_s": "s"}
    head["names"] = context.skeleton["names"]
    yield msgspec.json.encode(head).decode()[:-1] + ',"frames":[\n'
    begun = False
    for lines in bundles:
        yield (",\n" if begun else "") + b",\n".join(lines).decode()
        begun = True
    yield "\n]}\n"


def coco_json(context: Context, bundles: Bundles) -> Iterator[str]:
    """COCO keypoints: an image a frame, named frame_000000.jpg as ``GET …/frames/0.jpg`` gives it; an annotation a person.

    A keypoint is marked visible (2) from a visibility of 0.5 on, else as hidden (1).
    """
    video = context.job["video"]
    lines = [[c["a"] + 1, c["b"] + 1] for c in context.skeleton["connections"]]  # COCO counts from 1 here
    images = (
        {"id": i, "file_name": f"frame_{i:06}.jpg", "width": video["width"], "height": video["height"], "time_s": at}
        for i, at in enumerate(context.times)
    )
    yield '{"info":{"description":"found by posetune","network":' + msgspec.json.encode(context.job["network"]).decode()
    yield (
        '},\n"images":[\n'
        + ",\n".join(msgspec.json.encode(image).decode() for image in images)
        + '\n],\n"annotations":[\n'
    )
    number, names = 0, context.skeleton["names"]
    for frames in _frames(bundles):
        rows = []
        for frame in frames:
            for person in frame["people"]:
                number += 1
                names = context.names(person)
                rows.append(msgspec.json.encode(_annotation(number, frame["index"], person)).decode())
        if rows:
            yield (",\n" if number > len(rows) else "") + ",\n".join(rows)
    category = {
        "id": 1,
        "name": "person",
        "keypoints": names,
        "skeleton": lines if names == context.skeleton["names"] else [],
    }
    yield '\n],\n"categories":[' + msgspec.json.encode(category).decode() + "]}\n"


def _annotation(number: int, image: int, person: dict[str, Any]) -> dict[str, Any]:
    keypoints: list[float | int] = []
    xs, ys = [], []
    for (x, y, _), seen in zip(person["landmarks_px"], person["visibility"], strict=True):
        if x is None or y is None:
            keypoints += [0, 0, 0]
            continue
        keypoints += [x, y, 2 if (seen or 0) >= 0.5 else 1]
        xs.append(x)
        ys.append(y)
    box = [min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)] if xs else [0, 0, 0, 0]
    row = {
        "id": number,
        "image_id": image,
        "category_id": 1,
        "iscrowd": 0,
        "keypoints": keypoints,
        "num_keypoints": len(xs),
    }
    row |= {"bbox": [round(v, 3) for v in box], "area": round(box[2] * box[3], 3), "score": person["score"]}
    return row | ({"track_id": person["id"]} if "id" in person else {})


def poses_trc(context: Context, bundles: Bundles) -> Iterator[str]:
    """The world points of one person as OpenSim reads them: metres from the middle of the hips, x to the right, y up,
    z towards the camera. Frames without the person are empty fields.
    """
    track, names = context.track, context.skeleton["names"]
    rate = f"{context.fps:.3f}"
    count = len(context.times)
    yield "PathFileType\t4\t(X/Y/Z)\tposes.trc\n"
    yield "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames\n"
    yield f"{rate}\t{rate}\t{count}\t{len(names)}\tm\t{rate}\t1\t{count}\n"
    yield "Frame#\tTime\t" + "\t\t\t".join(names) + "\n"
    yield "\t\t" + "\t".join(f"X{i}\tY{i}\tZ{i}" for i in range(1, len(names) + 1)) + "\n\n"
    for frames in _frames(bundles):
        rows = []
        for frame in frames:
            person = next((p for p in frame["people"] if p.get("id") == track and "names" not in p), None)
            world = [(None, None, None)] * len(names) if person is None else person["world"]
            fields = [v for x, y, z in world for v in (x, None if y is None else -y, None if z is None else -z)]
            rows.append(
                f"{frame['index'] + 1}\t{frame['time_s']:.6f}\t" + "\t".join(_number(v, 5) for v in fields) + "\n"
            )
        yield "".join(rows)


def frames_of_each(bundles: Bundles) -> dict[int, int]:
    """Id of a person → in how many frames."""
    counts: dict[int, int] = {}
    for frames in _frames(bundles):
        for frame in frames:
            for person in frame["people"]:
                if "id" in person:
                    counts[person["id"]] = counts.get(person["id"], 0) + 1
    return counts


def longest(counts: Mapping[int, int]) -> int | None:
    """The id of who is in most frames; None where nobody is."""
    return max(counts, key=lambda i: (counts[i], -i)) if counts else None


EXPORTS = {
    e.name: e
    for e in (
        Export("poses.csv", "text/csv; charset=utf-8", poses_csv),
        Export("angles.csv", "text/csv; charset=utf-8", angles_csv),
        Export("poses.json", "application/json", poses_json),
        Export("coco.json", "application/json", coco_json),
        Export("poses.trc", "text/plain; charset=utf-8", poses_trc),
    )
}
