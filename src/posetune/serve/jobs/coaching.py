"""The coach over what a job found, in a worker: no frame is decoded, and a clip is measured once for all questions."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import Any

import msgspec
import numpy as np

from posetune.coach.ergonomics.scores import LEVELS, METHODS, Task
from posetune.coach.ergonomics.session import Ergonomics, postures_csv, scored
from posetune.coach.errors import of_network
from posetune.coach.exercise import LANGUAGES
from posetune.coach.plain import plain
from posetune.coach.report.faces import faces_at
from posetune.coach.session import Clip, Session, cues
from posetune.errors import PosetuneError
from posetune.geometry import Crop
from posetune.runtime.pose import Pose
from posetune.serve.pool.context import Context, Refused
from posetune.serve.pool.exercises import read

#: Clips, and frames of all of them together, that a worker keeps measured: about 6 kB a frame.
MOST_CLIPS, MOST_FRAMES = 3, 40_000
_NO_CROP = Crop(0, 0, 1, 0)
_NO_POINTS = np.zeros((2, 3), np.float32)


class _Person(msgspec.Struct):
    landmarks_px: list[list[float | None]]
    visibility: list[float | None]
    world: list[list[float | None]]
    score: float
    id: int | None = None
    names: list[str] | None = None


class _Frame(msgspec.Struct):
    time_s: float
    people: list[_Person]


def clip_take(context: Context, payload: dict[str, Any]) -> int:
    """Add ``lines``, the JSON of frames from number ``begin`` on, to the clip ``key``. Gives how many frames it has."""
    clip = _clip(context, payload["key"])
    if payload["begin"] == len(clip.frames):
        found = [msgspec.json.decode(line, type=_Frame) for line in payload["lines"]]
        # Points of a network's own are no body that exercises are written for.
        if any(p.names is not None for f in found for p in f.people):
            context.kept.setdefault("own_points", set()).add(payload["key"])
        clip.frames += [(f.time_s, [_pose(p) for p in f.people if p.names is None]) for f in found]
        for who in clip.people:
            clip.bodies(who)  # a piece at a time: live requests come between
    return len(clip.frames)


def coach(context: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """What the coach says of the first ``frames`` frames of the clip ``key``; {"have": so many} where it has not got them all.

    ``exercise``: a name or "auto"; ``text``: a YAML to take instead, or None; ``person``: a track id or None; ``network``: whose
    errors are the tolerances, as ``stock.resolve`` takes it. Raises Refused for an exercise or a person that is none.
    """
    clip = _clip(context, payload["key"])
    if len(clip.frames) < payload["frames"]:
        return {"have": len(clip.frames)}
    _check_points(context, clip, payload["key"])
    errors, measured = of_network(payload["network"])
    exercise = payload["exercise"] if payload["text"] is None else read(payload["text"])
    try:
        session = clip.coached(exercise, errors, payload["person"])
    except PosetuneError as error:
        raise Refused(422, str(error)) from error
    return told(clip, session) | {"errors": dict(errors), "errors_of": "network" if measured else "stock"}


def told(clip: Clip, session: Session) -> dict[str, Any]:
    """The session as ``posetune coach --json`` has it, with what a page draws beside it."""
    exercise = session.exercise
    return {
        **session.to_json(),
        "cues": {language: cues(session, language) for language in LANGUAGES},
        "notes": {language: session.told(language) for language in LANGUAGES},
        "title": dict(exercise.title) if exercise else {},
        "checks": plain(exercise)["checks"] if exercise else [],
        "signal": _signal(clip, session),
    }


def postures(context: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Posture scores of the first ``frames`` frames of the clip ``key``; {"have": so many} where it has not got them all.

    ``task``: the fields of Task; ``en1005``: tell its zones too; ``csv``: the table as text instead. Raises PosetuneError for a
    load that cannot be.
    """
    clip = _clip(context, payload["key"])
    if len(clip.frames) < payload["frames"]:
        return {"have": len(clip.frames)}
    _check_points(context, clip, payload["key"])
    task = Task(**payload["task"])
    found = scored({person: clip.bodies(person) for person in clip.people}, task, payload["en1005"])
    if payload["csv"]:
        return {"text": postures_csv(found)}
    return found.to_json() | {
        "levels": {m: [{"name": n, "low": lo, "high": hi} for n, lo, hi in LEVELS[m]] for m in METHODS},
        "over_time": [_over_time(found, person) for person in clip.people],
    }


def _over_time(found: Ergonomics, person: int) -> dict[str, Any]:
    own = [m for m in found.moments if m.person == person]
    scores = {method: [list(m.scores[method]) for m in own] for method in METHODS}
    return {"person": person, "times_s": [round(m.time_s, 4) for m in own], "scores": scores}


def faces(context: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """The faces at ``time_s`` of the clip ``key``: {"faces": [x, y, radius] each}, image px; or {"have": so many} as above."""
    clip = _clip(context, payload["key"])
    if len(clip.frames) < payload["frames"]:
        return {"have": len(clip.frames)}
    return {"faces": [[f.x, f.y, f.radius] for f in faces_at(clip.frames, payload["time_s"])]}


def _signal(clip: Clip, session: Session) -> dict[str, Any] | None:
    signal = session.exercise.signal if session.exercise else None
    if signal is None:
        return None
    over = clip.signal(session)
    return {
        "measure": signal.measure,
        "enter": signal.enter,
        "leave": signal.leave,
        "times_s": [round(t, 4) for t, _ in over],
        "values": [round(v, 4) if math.isfinite(v) else None for _, v in over],
    }


def _check_points(context: Context, clip: Clip, key: str) -> None:
    """Raises Refused where people were found, but by points that are none of the 33."""
    if key in context.kept.get("own_points", ()) and not clip.people:
        raise Refused(
            422,
            "This network has points of its own; the coach needs the 33 of MediaPipe: look at the video with another.",
        )


def _clip(context: Context, key: str) -> Clip:
    clips: OrderedDict[str, Clip] = context.kept.setdefault("clips", OrderedDict())
    clip = clips.pop(key, None) or Clip()
    clips[key] = clip
    while len(clips) > MOST_CLIPS or (len(clips) > 1 and sum(len(c.frames) for c in clips.values()) > MOST_FRAMES):
        clips.popitem(last=False)
    return clip


def _pose(person: _Person) -> Pose:
    visibility = np.array(person.visibility, np.float32)
    return Pose(
        np.array(person.landmarks_px, np.float32),
        visibility,
        visibility,
        np.array(person.world, np.float32),
        person.score,
        _NO_POINTS,
        _NO_CROP,
        id=person.id,
    )
