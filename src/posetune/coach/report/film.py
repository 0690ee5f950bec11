"""The drawn video: the skeleton, the angle that is looked at, the count, the phase, and at most one cue at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from posetune.coach.body import Body
from posetune.coach.coach import Repetition
from posetune.coach.ergonomics.scores import level
from posetune.coach.ergonomics.session import Ergonomics
from posetune.coach.exercise import Exercise
from posetune.coach.report.faces import blur, faces_at
from posetune.coach.report.stills import Frames, own, people_at
from posetune.coach.session import Session
from posetune.landmarks import INDEX
from posetune.opencv import cv2
from posetune.progress import Reporter
from posetune.runtime.draw import draw_skeleton
from posetune.runtime.media import DRAWN
from posetune.runtime.pose import MIN_VISIBILITY, Pose
from posetune.runtime.video import VideoReader
from posetune.runtime.video_writer import suffix_for_browsers, writing_video

NAME = "drawn"
#: px of the longer side.
_LONGEST = 960
#: A cue stays for so long, or until the next repetition ends.
CUE_S = 3.0
_WHITE, _RED, _BLACK = (255, 255, 255), (255, 90, 80), (0, 0, 0)


def film_of(video: Path, frames: Frames, session: Session, out: Path, faces: bool, report: Reporter) -> Path:
    """Write ``out``/drawn.webm (or .mp4) of ``video``, atomically. ``frames``: what was found in it, picture by picture.

    Raises PosetuneError if it cannot be written.
    """
    bodies = {round(b.sample.time_s, 2): b for b in session.bodies}
    joint = main_joint(session.exercise) if session.exercise else None

    def draw(canvas: np.ndarray, time_s: float) -> None:
        pose = own(people_at(frames, time_s), session.person)
        if pose is not None:
            draw_skeleton(canvas, pose.landmarks_px, pose.visibility >= MIN_VISIBILITY, skeleton=pose.skeleton)
            body = bodies.get(round(time_s, 2))
            if joint and body is not None:
                write_angle(canvas, pose, body, joint)
        write_state(canvas, session, time_s)

    return drawn(video, frames, draw, out, faces, report)


def film_of_postures(video: Path, frames: Frames, found: Ergonomics, out: Path, faces: bool, report: Reporter) -> Path:
    """As :func:`film_of`, of everybody at work: skeletons, and the highest REBA score in the picture with its level."""
    scores: dict[float, list[tuple[int, int]]] = {}
    for moment in found.moments:
        scores.setdefault(round(moment.time_s, 2), []).append(moment.scores["reba"])

    def draw(canvas: np.ndarray, time_s: float) -> None:
        for pose in people_at(frames, time_s):
            draw_skeleton(canvas, pose.landmarks_px, pose.visibility >= MIN_VISIBILITY, skeleton=pose.skeleton)
        size = max(canvas.shape[:2]) / 900
        spans = scores.get(round(time_s, 2))
        if spans:
            low, high = (max(ends) for ends in zip(*spans, strict=True))
            line = f"REBA {low}" if low == high else f"REBA {low} to {high}"
            names = dict.fromkeys((level("reba", low), level("reba", high)))
            write(canvas, f"{line}  {' to '.join(names)}", (14 * size, 34 * size), size, _WHITE)
        write(canvas, "screening, no assessment", (14 * size, 60 * size), 0.6 * size, _WHITE)

    return drawn(video, frames, draw, out, faces, report)


def drawn(
    video: Path, frames: Frames, draw: Callable[[np.ndarray, float], None], out: Path, faces: bool, report: Reporter
) -> Path:
    """Write ``out``/drawn.*: each picture of ``video``, faces blurred unless ``faces``, then ``draw(canvas, seconds)``."""
    reader = VideoReader(video)
    shrink = min(1.0, _LONGEST / max(reader.width, reader.height))
    width, height = (max(2, 2 * round(side * shrink / 2)) for side in (reader.width, reader.height))
    path = out / f"{NAME}{suffix_for_browsers(width, height)}"
    with writing_video(path, reader.fps, width, height, DRAWN) as writer:
        for n, frame in enumerate(reader.frames(), 1):
            canvas = frame.rgb.copy()
            if not faces:
                blur(canvas, faces_at(frames, frame.seconds))
            draw(canvas, frame.seconds)
            writer.write_until(canvas, frame.seconds + 0.25 / reader.fps)
            report.progress("frames drawn", n, max(n, len(frames)))
    return path


def state_at(session: Session, time_s: float) -> tuple[int, str, str]:
    """How many repetitions have ended, the phase ("", "there", "back" or "hold"), and the cue to say: "" for none."""
    exercise = session.exercise
    if exercise is None:
        return 0, "", ""
    ended = [r for r in session.repetitions if r.end_s <= time_s]
    now = next((r for r in session.repetitions if r.start_s <= time_s < r.end_s), None)
    phase = "" if now is None else "hold" if exercise.kind == "hold" else "there" if time_s < now.extremum_s else "back"
    cue = _cue(exercise, ended[-1]) if ended and time_s - ended[-1].end_s <= CUE_S else ""
    return len(ended), phase, cue


def write_state(canvas: np.ndarray, session: Session, time_s: float) -> None:
    """Count, phase and cue in the corner, in place. English: OpenCV's letters are Latin ones."""
    if session.exercise is None:
        return
    count, phase, cue = state_at(session, time_s)
    size = max(canvas.shape[:2]) / 900
    line = f"{session.exercise.title['en']}  {count}"
    if phase == "hold":
        now = next(r for r in session.repetitions if r.start_s <= time_s < r.end_s)
        line += f"  {time_s - now.start_s:.0f} s"
    elif phase:
        line += f"  {_word(session.exercise, phase)}"
    write(canvas, line, (14 * size, 34 * size), size, _WHITE)
    if cue:
        write(canvas, cue, (14 * size, 68 * size), 0.8 * size, _RED)


def write_angle(canvas: np.ndarray, pose: Pose, body: Body, joint: str) -> None:
    """The degrees of the nearer side's ``joint`` beside it, in place; nothing where it is not seen."""
    degrees = body.measure(f"near_{joint}")
    at = pose.landmarks_px[INDEX[f"{body.near}_{joint}"], :2]
    if math.isfinite(degrees) and np.isfinite(at).all() and (np.abs(at) < 1e6).all():
        size = max(canvas.shape[:2]) / 900
        write(canvas, f"{degrees:.0f}", (float(at[0]) + 14 * size, float(at[1]) + 6 * size), 0.75 * size, _WHITE)


def main_joint(exercise: Exercise) -> str | None:
    """The joint whose angle tells most of an exercise: of its signal, or of its first check that has one."""
    measures = ([exercise.signal.measure] if exercise.signal else []) + [c.measure for c in exercise.checks]
    joints = ("knee", "hip", "elbow", "shoulder", "ankle")
    named = next((j for m in measures for j in joints if m.endswith(f"_{j}") and not m.startswith("hip_over")), None)
    if named is not None:
        return named
    return "knee" if any(m.startswith("hip") for m in measures) else None


def write(canvas: np.ndarray, text: str, at: tuple[float, float], size: float, colour: tuple[int, int, int]) -> None:
    """``text`` with an outline; its base line begins at ``at``, px."""
    where = round(at[0]), round(at[1])
    for tint, width in ((_BLACK, 4.5), (colour, 1.6)):
        thickness = max(1, round(width * size))
        cv2.putText(canvas, text, where, cv2.FONT_HERSHEY_SIMPLEX, size, tint, thickness, cv2.LINE_AA)


def _cue(exercise: Exercise, repetition: Repetition) -> str:
    """Of the first fault in the order of the exercise's checks."""
    said: Sequence[str] = [
        c.cue["en"]
        for c in exercise.checks
        if c.name in repetition.checks and repetition.checks[c.name].status == "fault"
    ]
    return said[0] if said else ""


def _word(exercise: Exercise, phase: str) -> str:
    assert exercise.signal is not None
    down = exercise.signal.down
    return {"there": "down" if down else "up", "back": "up" if down else "down"}[phase]
