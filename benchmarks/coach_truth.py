"""The coach through a real network, on rendered people whose form is known: which faults are found from which side, what is
invented, and how far joint angles are off, by view. Prints tables; docs/lab/results/coach.md has them.

    python benchmarks/coach_truth.py --model full --out truth.json

What stands in truth.json already is not done again: a stopped run goes on, and parts add up.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from posetune.coach.coach import Coach
from posetune.coach.errors import stock_errors
from posetune.coach.exercise import library
from posetune.coach.sample import Sample
from posetune.files import write_text
from posetune.geometry import joint_angles
from posetune.landmarks import ANGLES
from posetune.runtime.load import load
from posetune.synthetic import body as bodies
from posetune.synthetic import surroundings
from posetune.synthetic.camera import Camera
from posetune.synthetic.exercises import FORMS, VIEWS, camera_at, phase_at
from posetune.synthetic.generate import make_renderer, pick_renderer
from posetune.synthetic.people import person_meshes
from posetune.synthetic.renderer import Stage
from posetune.synthetic.scene import Motion, Scene
from posetune.synthetic.take import Recipe, cast

FPS = 15.0
_PHASES = 13
#: What a view shows of what a check asks for, as in tests/synthetic/test_exercises.py.
SHOWN = {"front": "front", "rear": "front", "side": "side", "oblique": "none"}


class Clip:
    """Somebody who does one form of one exercise, before one camera: a picture and the true points of each phase."""

    def __init__(self, exercise: str, form: str, view: str, seed: int, size: int, renderer) -> None:
        rng = np.random.default_rng([seed, sorted(FORMS).index(exercise)])
        scene = Scene(lambda r, p: Motion(FORMS[exercise][form]), style=("sport",), places=("studio",))
        player = cast(rng, scene, Recipe(size))
        hold = library()[exercise].kind == "hold"
        phases = [0.0] if hold else np.linspace(0, 1, _PHASES).tolist()
        acts = [player.act(t)[0] for t in phases]
        all_of = np.concatenate([posed.vertices for posed in acts])
        centre = (all_of.min(axis=0) + all_of.max(axis=0)).astype(float) / 2
        reach = float(np.ptp(all_of, axis=0).max())
        self.camera: Camera = camera_at(VIEWS[view], centre, size, distance=max(3.2, 2.2 * reach))
        place = surroundings.build(rng, str(rng.choice(["studio", "room", "gym"])), self.camera, centre, None)
        self.pictures, self.truth = [], []
        for posed in acts:
            meshes = [*place.meshes, *person_meshes(player.person, posed, 1)]
            picture, _ = renderer.render(Stage(meshes, self.camera, place.light, place.backdrop, centre, 3.2))
            self.pictures.append(np.clip(picture, 0, 255).astype(np.uint8))
            self.truth.append(bodies.load().landmarks(posed))

    def frames(self) -> Iterator[tuple[float, np.ndarray, np.ndarray]]:
        """(seconds, picture, true points (33, 3) world m): rest, one movement, rest."""
        seconds = 3.5 if len(self.pictures) == 1 else 4.5
        for n in range(int(seconds * FPS)):
            i = round(phase_at(n / FPS) * (len(self.pictures) - 1))
            yield n / FPS, self.pictures[i], self.truth[i]


def angle_errors(found: np.ndarray, truth: np.ndarray, camera: Camera) -> dict[str, tuple[float, float]]:
    """Joint (sides together) → absolute error of the network's angle in the picture: against the true points in the picture, and
    against the true angle in space.
    """
    seen = joint_angles(camera.project(truth)[:, :2], ANGLES)
    mine = joint_angles(found[:, :2].astype(float), ANGLES)
    errors = {}
    for k, angle in enumerate(ANGLES):
        a, b, c = truth[[angle.a, angle.b, angle.c]]
        u, v = a - b, c - b
        real = np.degrees(np.arccos(np.clip(u @ v / np.linalg.norm(u) / np.linalg.norm(v), -1, 1)))
        errors[angle.name] = (abs(float(mine[k] - seen[k])), abs(float(mine[k] - real)))
    return errors


def judge(clip: Clip, exercise: str, landmarker) -> tuple[Coach, list[dict[str, tuple[float, float]]]]:
    coach = Coach(library()[exercise], stock_errors(), [c.name for c in library()[exercise].checks])
    frames = list(clip.frames())
    errors = []
    # 15 pictures a second: the tracker's times must be the clip's
    for people, (time_s, _, truth) in zip(landmarker.track((p for _, p, _ in frames), fps=FPS), frames, strict=True):
        if people:
            pose = max(people, key=lambda p: p.score)
            coach.see(Sample.of(pose, time_s))
            errors.append(angle_errors(pose.landmarks_px, truth, clip.camera))
    coach.end()
    return coach, errors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="full")
    parser.add_argument("--exercises", default=",".join(FORMS))
    parser.add_argument("--views", default=",".join(SHOWN))
    parser.add_argument("--people", type=int, default=1, help="how many builds and clothes each")
    parser.add_argument("--size", type=int, default=384)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    renderer = make_renderer(pick_renderer("auto")[0])
    rows: list[dict] = json.loads(args.out.read_text()) if args.out is not None and args.out.exists() else []
    done = {(r["exercise"], r["form"], r["view"], r["person"]) for r in rows}
    views = args.views.split(",")
    wanted = [
        (exercise, form, view, seed)
        for exercise in args.exercises.split(",")
        for form in FORMS[exercise]
        for view in views
        for seed in range(args.people)
    ]
    with load(args.model) as landmarker:
        for exercise, form, view, seed in (w for w in wanted if w not in done):
            clip = Clip(exercise, form, view, seed, args.size, renderer)
            coach, errors = judge(clip, exercise, landmarker)
            rows.append({**row(exercise, form, view, seed, coach), "angles": summed(errors)})
            print(json.dumps(rows[-1]), flush=True)
            if args.out is not None:
                write_text(args.out, json.dumps(rows))
    table(rows, views)
    angles(rows)


def summed(errors: Sequence[dict[str, tuple[float, float]]]) -> dict[str, list[float]]:
    """Joint → how many angles, and the sums of both errors."""
    sums: dict[str, list[float]] = defaultdict(lambda: [0, 0.0, 0.0])
    for frame in errors:
        for joint, (seen, real) in frame.items():
            if np.isfinite(seen):
                s = sums[joint.split("_")[1]]
                s[0], s[1], s[2] = s[0] + 1, s[1] + seen, s[2] + real
    return {joint: [round(v, 1) for v in s] for joint, s in sums.items()}


def row(exercise: str, form: str, view: str, seed: int, coach: Coach) -> dict:
    found = coach.repetitions
    told = (
        {}
        if not found
        else {n: [r.status, None if np.isnan(r.value) else round(r.value, 2)] for n, r in found[0].checks.items()}
    )
    why = [p.why for p in coach.passed]
    return {"exercise": exercise, "form": form, "view": view, "person": seed, "count": len(found), "passed": why,
            "seen": found[0].view if found else None, "checks": told}  # fmt: skip


def table(rows: Sequence[dict], views: Sequence[str]) -> None:
    print("\n| exercise, form | " + " | ".join(views) + " |\n|---|" + "---|" * len(views))
    by = defaultdict(list)
    for r in rows:
        by[r["exercise"], r["form"], r["view"]].append(r)
    for exercise, form in dict.fromkeys((r["exercise"], r["form"]) for r in rows):
        wrong = form.partition(": ")[2]
        cells = []
        for view in views:
            many = by[exercise, form, view]
            counted = sum(r["count"] == 1 for r in many)
            found = sum(r["checks"].get(wrong, [""])[0] == "fault" for r in many) if wrong else 0
            invented = sorted({n for r in many for n, (s, _) in r["checks"].items() if s == "fault" and n != wrong})
            said = [f"{counted}/{len(many)}"]
            hidden = bool(wrong) and all(r["checks"].get(wrong, [""])[0] == "not measurable" for r in many)
            said += ["not measurable" if hidden else f"found {found}"] if wrong else []
            said += [f"invented {', '.join(invented)}"] if invented else []
            cells.append(", ".join(said))
        print(f"| {exercise}, {form} | " + " | ".join(cells) + " |")


def angles(rows: Sequence[dict]) -> None:
    joints = ("shoulder", "elbow", "hip", "knee")
    print("\n| view | " + " | ".join(joints) + " |\n|---|" + "---|" * len(joints))
    for view in dict.fromkeys(r["view"] for r in rows):
        cells = []
        for joint in joints:
            n, seen, real = np.sum([r["angles"].get(joint, [0, 0, 0]) for r in rows if r["view"] == view], axis=0)
            cells.append(f"{seen / n:.1f} / {real / n:.1f}" if n else "–")
        print(f"| {view} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
