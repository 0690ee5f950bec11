"""An example of every type that the API gives or takes: OpenAPI shows them. Lists of points are cut short."""

from __future__ import annotations

from typing import Any

from posetune.label.actions import Action, Point, Wanted
from posetune.serve import api_types as t
from posetune.serve.api import annotate_types as at
from posetune.serve.api import coach_types, corrections, exercises, job_types, learning, session
from posetune.serve.corrections import CONSENT, KeptPicture

_FULL = t.NetworkName("full", "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f")
_PERSON = t.Person(
    0.99871,
    [[321.5, 88.125, -120.75]],
    [0.9998],
    [[0.0121, -0.6123, -0.2874]],
    {"left_knee": 27.5, "right_knee": 93.25, "left_ankle": None},
    [t.JointFlag("left_knee", "below", 27.5, 30.0)],
)
_ENTRY = t.NetworkEntry("full", _FULL.sha256, "stock", True, None, False)
_KNEE = {"left_knee": t.Range(90.0, 180.0)}
_LEARNED = learning.LearnedNetwork(
    "4be1" + "0" * 60, "learned-3 4be10000", 1764172800.0, "It errs less on audited people (140 audited people).", True,
    ["/api/v1/learning/networks/" + "4be1" + "0" * 60 + "/ordinary.5f3a9c01.jpg"],
)  # fmt: skip
_LEARNING = learning.Learning(
    "/srv/networks",
    _LEARNED,
    [learning.Trial("back", learning.LearnedNetwork(_FULL.sha256, "full e9a5c5cb"), 12, 0.8, 20.0, -0.02, None)],
    "",
    "full e9a5c5cb",
    "host 4711",
    "",
    [],
    [learning.Counted("correction", "accepted", 812)],
    [
        learning.Happened(
            42, 1764172800.0, "promote", _LEARNED, "It errs less.", ["ordinary people: fine."], True, "full e9a5c5cb"
        )
    ],
    0,
)
_ID = "k3v9x1m8q2w7e5r4t6y0ab"
_JOB = job_types.Job(
    id=_ID,
    url=f"/api/v1/jobs/{_ID}",
    state="running",
    progress=job_types.Progress(120, 450, 9.5),
    network=_FULL,
    video=job_types.Video(1080, 1920, 450, 15.0, 90, False, True, "mp4", "H.264", 6_291_456),
    name="squat.mov",
    max_people=1,
    tiles="off",
    smooth="mediapipe",
    error="",
    note="",
    created_at=1764172800.0,
    expires_at=1764259200.0,
    kept=False,
)
_POINTS = [Point(321.5, 88.125, 2), *[Point(None, None, 0)] * 32]
_LABELLED = at.Labelled(
    7, _POINTS, "prelabel", [0.98] * 33, ["untouched"] * 33, [280.0, 60.0, 90.0, 240.0], _FULL.sha256, None, None,
    [at.Doubt("low", [31, 32], 0.4)],
)  # fmt: skip
_COUNTS = at.Counts(300, 12, 310, 290, 8, 11, 1, 0, 34)
_FRAME = at.Frame("squat_0120.jpg", 120.0, [_LABELLED])

_DEPTH = "Go deeper, until the thighs are level."
_COACHED = coach_types.Coached(
    state="done",
    frames=450,
    complete=True,
    exercise="squat",
    kind="repetitions",
    title={"en": "Squat", "zh": "深蹲"},
    count=1,
    repetitions=[
        coach_types.Repetition(
            start=3.1,
            end=5.4,
            extremum=4.2,
            side="left",
            view="side",
            reached=0.56,
            ranges={"knee": [71.5, 168.0]},
            checks={
                "depth": coach_types.CheckResult("fault", 0.24, 0.05, 0.1, at=4.2),
                "knees_in": coach_types.CheckResult("not measurable", why="needs a front view, this is a side one"),
            },
        )
    ],
    not_counted=[coach_types.NotCounted(8.0, 9.1, "feet_move")],
    cues={"en": [_DEPTH], "zh": ["再蹲低一些，直到大腿与地面平行。"]},
    checks=[
        coach_types.CheckOf(
            name="depth",
            measure="hip_over_knee",
            min=None,
            max=0.05,
            when="extremum",
            tolerance=0.1,
            view="side",
            needs=["hip", "knee", "ankle"],
            source="IPF Technical Rules 2024",
            cue={"en": _DEPTH},
            default=True,
            mark="hip",
        )
    ],
    signal=coach_types.SignalOver("hip_height", 0.7, 0.82, [0.0, 0.033], [1.01, None]),
    notes={"en": ["Several people are in the clip; the largest is coached (id 1)."]},
    person=[1],
    lag_s=0.56,
    errors={"knee": 10.2},
    errors_of="stock",
)
_SQUAT = exercises.ExerciseOf(
    name="squat",
    kind="repetitions",
    title={"en": "Squat", "zh": "深蹲"},
    signal=exercises.SignalOf("hip_height", 0.7, 0.82, "seen"),
    gates=[exercises.GateOf("trunk_lean", None, 60.0, "extremum")],
    checks=_COACHED.checks,
    view="any",
    cannot={"en": "Whether the back rounds."},
    own=False,
)

#: Type → an instance of it.
EXAMPLES: dict[Any, Any] = {
    t.People: t.People(_FULL, t.Size(640, 480), [_PERSON]),
    t.NetworkEntry: _ENTRY,
    list[t.NetworkEntry]: [_ENTRY],
    t.SwitchTo: t.SwitchTo("heavy"),
    t.Ranges: t.Ranges(_KNEE, {"left_knee": t.Range(30.0, 180.0)}),
    t.NewRanges: t.NewRanges(_KNEE),
    t.Skeleton: t.Skeleton(
        ["nose", "left_eye_inner"],
        ["face", "face"],
        [t.Connection(0, 1, "face")],
        [t.JointAngle("left_elbow", 11, 13, 15)],
    ),
    t.Health: t.Health(True),
    t.Readiness: t.Readiness(True, 2, _FULL),
    session.Session: session.Session("local", True, False),
    session.Token: session.Token("of the server's token file"),
    at.Work: at.Work(
        True,
        "0f3a5c7e9b1d2f40",
        "squats",
        "ann",
        False,
        False,
        "squat_0120.jpg",
        _COUNTS,
        [at.Bone(11, 13, 0.55)],
        [0, 4],
        [],
    ),
    at.ImageOf: at.ImageOf(
        "squat_0120.jpg",
        4,
        31,
        1080,
        1920,
        "prelabel",
        False,
        False,
        None,
        "annotate/picture?name=squat_0120.jpg&version=9c",
        0.41,
        2,
        0,
        [_LABELLED],
        at.Neighbours("squat_0090.jpg", "squat_0150.jpg", "squat_0150.jpg", "squat_0300.jpg", None),
    ),
    list[at.Listed]: [at.Listed(4, "squat_0120.jpg", 1, False, 0.41)],
    at.Around: at.Around(120.0, _FRAME, _FRAME, None),
    at.Other: at.Other("ben", True, [_LABELLED]),
    at.Agreement: at.Agreement(
        "ben", 12, 13, 0, 0.94, 3.2, [at.PointAgreement("left_knee", 13, 2.9, 0.02, 0.0, 0.03, 0.087, 0.92)]
    ),
    at.Stack: at.Stack(
        [at.Done("k3v9x1m8-2", "move left_knee", [at.Changed(7, _LABELLED, _LABELLED)], "prelabel", "prelabel")], []
    ),
    Action: Action("k3v9x1m8-3", "squat_0120.jpg", 31, "move left_knee", people=[Wanted(7, _POINTS, "corrected")]),
    at.Acted: at.Acted(32, 0.38, True, None, _COUNTS),
    at.Where: at.Where("squat_0120.jpg", [280.0, 60.0, 90.0, 240.0]),
    at.Found: at.Found(_FULL, _POINTS, [0.98] * 33, [280.0, 60.0, 90.0, 240.0], 0.99),
    at.Here: at.Here("k3v9x1m8", 1000),
    at.Present: at.Present("8f2c", 0, 311, True, None, _COUNTS),
    learning.Learning: _LEARNING,
    learning.WhyBody: learning.WhyBody("it swaps knees in the dark"),
    KeptPicture: KeptPicture(_FULL.sha256, 1080, 1920),
    corrections.GivenCorrection: corrections.GivenCorrection(
        _FULL.sha256,
        [(321.5, 88.125, 2)] * 33,
        ["moved"] * 33,
        _FULL.sha256,
        seconds=41.5,
        key="k3v9x1m8",
    ),
    corrections.TakenCorrection: corrections.TakenCorrection(_ID, "new"),
    corrections.Mine: corrections.Mine(
        True, corrections.Consent("1", CONSENT["1"]), f"web-{_ID}", 3, {"new": 1, "accepted": 2}
    ),
    corrections.ForgottenOf: corrections.ForgottenOf(3, 3, []),
    job_types.MadeJob: job_types.MadeJob(_ID, _JOB.url),
    job_types.Job: _JOB,
    job_types.AllJobs: job_types.AllJobs([_JOB]),
    job_types.Result: job_types.Result("running", 0, 1, False, [job_types.FrameOf(0, 0.0, [_PERSON])]),
    job_types.Times: job_types.Times([0.0, 0.0334, 0.0667], 3, True),
    job_types.Keep: job_types.Keep(True),
    coach_types.Coached: _COACHED,
    coach_types.Postures: coach_types.Postures(
        state="done",
        frames=450,
        complete=True,
        notice="A screening of what one camera saw.",
        person_seconds=15.0,
        people=[1],
        methods={
            "reba": coach_types.Method(
                {"low": coach_types.Share(0.6, 0.8)}, [coach_types.WorstMoment(4.2, 1, [4, 6], ["medium", "medium"])]
            )
        },
        levels={"reba": [coach_types.Level("low", 2, 3)]},
        over_time=[coach_types.OverTime(1, [0.0], {"reba": [[2, 3]]})],
    ),
    exercises.AllExercises: exercises.AllExercises([_SQUAT], {"knee": 10.2}),
    exercises.ExerciseOf: _SQUAT,
}
