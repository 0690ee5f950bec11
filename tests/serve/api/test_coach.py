"""The coach over stored poses: what it says is what the command line says, whoever asks how often."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from tests.helpers.coached_videos import SCALE, coached_job
from tests.helpers.stick_figures import clip, pressing_up, repeated, squatting

from posetune.coach.session import coached
from posetune.runtime.images import read_image
from posetune.serve.api.coach_types import Coached, Postures
from posetune.serve.jobs.coaching import MOST_CLIPS

FPS = 15.0


def squats(deepest: float = 1.0, count: int = 3):
    return list(repeated(squatting, count, period_s=1.6, rest_s=0.8, fps=FPS, deepest=deepest))


@pytest.fixture(scope="module")
def job(web_server, tmp_path_factory) -> str:
    return coached_job(web_server, tmp_path_factory.mktemp("job"), squats(0.75), fps=FPS)


def ask(server, job: str, query: str = "") -> dict:
    answer = server.get(f"/api/v1/jobs/{job}/coach{query}")
    assert answer.status == 200, answer.content
    return answer.json()


def test_it_says_what_the_command_line_says(web_server, job):
    found = ask(web_server, job, "?exercise=squat")
    told = msgspec.convert(found, Coached)
    assert (told.state, told.complete, told.exercise, told.count) == ("done", True, "squat", 3)
    expected = coached(clip(squats(0.75), scale=SCALE), "squat").to_json()
    for repetition, other in zip(found["repetitions"], expected["repetitions"], strict=True):
        assert repetition["start"] == pytest.approx(other["start"], abs=0.01)
        assert {n: c["status"] for n, c in repetition["checks"].items()} == {
            n: c["status"] for n, c in other["checks"].items()
        }
    assert told.cues == {"en": ["Go deeper, until the thighs are level."], "zh": ["再蹲低一些，直到大腿与地面平行。"]}
    assert told.signal is not None
    assert len(told.signal.values) == told.frames
    assert told.errors_of == "stock"


def test_auto_finds_the_exercise(web_server, job):
    assert ask(web_server, job)["exercise"] == "squat"
    assert ask(web_server, job, "?exercise=pushup")["count"] == 0


def test_a_job_that_runs_is_coached_as_far_as_it_is(web_server, tmp_path):
    seen = list(repeated(pressing_up, 3, period_s=1.6, rest_s=0.8, fps=FPS))
    id = coached_job(web_server, tmp_path, seen, fps=FPS, state="running", done=len(seen) // 2)
    found = ask(web_server, id, "?exercise=pushup")
    assert (found["complete"], found["frames"], found["state"]) == (False, len(seen) // 2, "running")
    assert 0 < found["count"] < 3


def test_what_cannot_be_is_a_sentence(web_server, job):
    for query, status, said in (
        ("?exercise=skipping", 404, "no exercise 'skipping'"),
        ("?person=9", 422, "Nobody has the id 9"),
        ("?exercise=..%2Fsquat", 422, "query is not understood"),
    ):
        answer = web_server.get(f"/api/v1/jobs/{job}/coach{query}")
        assert answer.status == status
        assert said in answer.json()["detail"]
    assert web_server.get("/api/v1/jobs/none/coach").status == 404


def test_a_worker_that_has_forgotten_the_clip_gets_it_again(web_server, job, tmp_path):
    before = ask(web_server, job, "?exercise=squat")
    for _ in range(MOST_CLIPS):
        ask(web_server, coached_job(web_server, tmp_path, squats()[:2]))
    assert ask(web_server, job, "?exercise=squat") == before


MINE = """\
name: half_squat
kind: repetitions
title: {en: Half squat, zh: 半蹲}
signal: {measure: hip_height, enter: 0.85, leave: 0.9}
checks:
  - name: low
    measure: near_knee
    max: 60
    tolerance: knee
    view: side
    source: convention
    cue: {en: Lower.}
"""


def tried(server, job: str, text: str, media: str = "application/yaml"):
    return server.ask("POST", f"/api/v1/jobs/{job}/coach", text.encode(), {"Content-Type": media})


def test_a_rule_of_ones_own_is_tried(web_server, job):
    found = tried(web_server, job, MINE).json()
    assert (found["exercise"], found["count"]) == ("half_squat", 3)
    assert all(r["checks"]["low"]["status"] == "fault" for r in found["repetitions"])
    easier = tried(web_server, job, MINE.replace("max: 60", "max: 120")).json()
    assert all(r["checks"]["low"]["status"] == "ok" for r in easier["repetitions"])


def test_a_mistake_is_told_with_its_line(web_server, job):
    answer = tried(web_server, job, MINE.replace("max: 60", "maxx: 60"))
    assert answer.status == 422
    assert answer.json()["line"] == 8
    assert "did you mean max" in answer.json()["detail"]
    assert tried(web_server, job, MINE, "text/plain").status == 415
    assert tried(web_server, job, MINE + "#" * 64_000).status == 413
    assert tried(web_server, job, "a: &a [*a, *a]").json()["line"] == 1


def test_postures_are_scored_with_what_is_typed_in(web_server, job):
    url = f"/api/v1/jobs/{job}/ergonomics"
    found = msgspec.convert(web_server.get(url).json(), Postures)
    assert "no medical statement" in found.notice
    (own,) = found.over_time
    assert len(own.times_s) == len(own.scores["reba"]) == found.frames
    heavy = msgspec.convert(web_server.get(f"{url}?load=12&shock=1&coupling=2&en1005=true").json(), Postures)
    assert heavy.methods["reba"].worst[0].score > found.methods["reba"].worst[0].score
    assert heavy.en1005_4
    table = web_server.get(f"{url}.csv?load=12")
    assert table.headers["content-type"].startswith("text/csv")
    assert len(table.content.splitlines()) == found.frames + 1
    for query in ("?load=-1", "?load=heavy", "?coupling=4", "?what=1"):
        assert web_server.get(url + query).status == 422


def test_faces_are_unrecognisable_where_that_is_asked_for(web_server, job):
    shown, blurred = (
        read_image(web_server.get(f"/api/v1/jobs/{job}/frames/3.jpg?faces={how}").content).astype(int)
        for how in ("shown", "blurred")
    )
    (person,) = web_server.get(f"/api/v1/jobs/{job}/result?from=3").json()["frames"][0]["people"]
    x, y = (round(v) for v in person["landmarks_px"][0][:2])
    changed = np.abs(shown - blurred).max(axis=2) > 12
    assert changed[y - 6 : y + 6, x - 6 : x + 6].any()
    assert not changed[: y - 60].any()
    assert not changed[y + 60 :].any()
