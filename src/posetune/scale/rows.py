"""What is found, as rows of Parquet, to the last bit, and back."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from posetune.errors import PosetuneError
from posetune.geometry import Crop
from posetune.runtime.pose import Pose
from posetune.skeleton import BLAZEPOSE, Skeleton

if TYPE_CHECKING:
    from posetune.runtime.landmarker import Landmarker
    from posetune.scale.plan import Item

_FLOATS, _DOUBLES = pa.list_(pa.float32()), pa.list_(pa.float64())
#: Of all rows: a picture without people, and one that could not be read (``error``), is one row without person and score.
PLACE = (
    ("file", pa.string()), ("width", pa.int32()), ("height", pa.int32()), ("frame", pa.int32()), ("seconds", pa.float64()),
    ("person", pa.int32()), ("score", pa.float64()),
)  # fmt: skip
ERROR = ("error", pa.string())
#: landmarks_px: x, y, z of each point, image px; world: metres; see runtime.pose.Pose.
POSES = pa.schema(
    [
        *PLACE, ("track_id", pa.int32()), ("detection_score", pa.float64()), ("landmarks_px", _FLOATS),
        ("visibility", _FLOATS), ("presence", _FLOATS), ("world", _FLOATS), ("auxiliary_px", _FLOATS), ("crop", _DOUBLES), ERROR,
    ]
)  # fmt: skip
#: keypoints: x, y in image px and v of 33 points; outside: x, y, hidden of those beyond the picture; see label.prelabel.Proposal.
PRELABELS = pa.schema(
    [*PLACE, ("uri", pa.string()), ("keypoints", _DOUBLES), ("outside", _DOUBLES), ("confidence", _DOUBLES), ERROR]
)
#: points_px: x, y of 33 points, image px; spread: px of a 256 px crop; see data.teacher.PseudoLabels.
LESSONS = pa.schema(
    [*PLACE, ("uri", pa.string()), ("points_px", _DOUBLES), ("trust", _FLOATS), ("spread", _FLOATS), ("crop", _DOUBLES), ERROR]
)  # fmt: skip
#: ``protocol``: crop or pipeline; ``label``: which of the set's people it is, by number; null for somebody found who is nobody's.
ANSWERS = pa.schema(
    [
        *PLACE, ("protocol", pa.string()), ("label", pa.int64()), ("landmarks_px", _DOUBLES), ("world", _DOUBLES),
        ("visibility", _DOUBLES), ERROR,
    ]
)  # fmt: skip
_ABOUT = b"posetune"
#: The people in a picture (H, W, 3) uint8 RGB as rows' values.
Look = Callable[["Landmarker", np.ndarray, "Item"], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Picture:
    """What was found in one picture or frame: a row's own values for each of ``people``; ``error``: why there is nothing; ``note``:
    what whoever merges is told.
    """

    file: str
    people: Sequence[Mapping[str, Any]] = ()
    size: tuple[int, int] | None = None
    frame: int | None = None
    seconds: float | None = None
    error: str | None = None
    uri: str | None = None
    note: str | None = None


def rows_of(picture: Picture) -> list[dict[str, Any]]:
    """The rows of a picture: one a person, or one that says that there is none."""
    width, height = picture.size or (None, None)
    where: dict[str, Any] = {"file": picture.file, "width": width, "height": height, "frame": picture.frame}
    where |= {"seconds": picture.seconds, "error": picture.error, "uri": picture.uri}
    if not picture.people:
        return [where]
    return [{**where, "person": i, **values} for i, values in enumerate(picture.people)]


def values_of(pose: Pose) -> dict[str, Any]:
    """A pose as a row of POSES."""
    crop = pose.crop
    return {
        "track_id": pose.id,
        "score": float(pose.score),
        "detection_score": float(pose.detection_score),
        "landmarks_px": np.asarray(pose.landmarks_px, np.float32).ravel(),
        "visibility": np.asarray(pose.visibility, np.float32),
        "presence": np.asarray(pose.presence, np.float32),
        "world": np.asarray(pose.world, np.float32).ravel(),
        "auxiliary_px": np.asarray(pose.auxiliary_px, np.float32).ravel(),
        "crop": [float(crop.cx), float(crop.cy), float(crop.side), float(crop.angle)],
    }


def pose_of(row: Mapping[str, Any], skeleton: Skeleton = BLAZEPOSE) -> Pose:
    """The pose of a row of POSES with a person."""
    return Pose(
        landmarks_px=np.array(row["landmarks_px"], np.float32).reshape(-1, 3),
        visibility=np.array(row["visibility"], np.float32),
        presence=np.array(row["presence"], np.float32),
        world=np.array(row["world"], np.float32).reshape(-1, 3),
        score=row["score"],
        auxiliary_px=np.array(row["auxiliary_px"], np.float32).reshape(-1, 3),
        crop=Crop(*row["crop"]),
        detection_score=row["detection_score"],
        skeleton=skeleton,
        id=row["track_id"],
    )


def to_parquet(rows: Iterable[Mapping[str, Any]], about: Mapping[str, Any], schema: pa.Schema = POSES) -> bytes:
    """``rows`` as a Parquet file; ``about``: JSON that goes into its head."""
    table = pa.Table.from_pylist(list(rows), schema=with_about(schema, about))
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()


def with_about(schema: pa.Schema, about: Mapping[str, Any]) -> pa.Schema:
    """``schema`` with JSON in its head."""
    return schema.with_metadata({_ABOUT: json.dumps(about, sort_keys=True).encode()})


def from_parquet(content: bytes, name: str) -> tuple[pa.Table, dict[str, Any]]:
    """The table and what :func:`to_parquet` was told about it. Raises PosetuneError for anything else."""
    try:
        table = pq.read_table(io.BytesIO(content))
        return table, json.loads((table.schema.metadata or {})[_ABOUT])
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise PosetuneError(f"{name} is damaged: {error}.") from error
