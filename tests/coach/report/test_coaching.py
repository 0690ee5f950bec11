from __future__ import annotations

import pytest
from tests.helpers.stick_figures import clip, pressing_up, repeated, squatting

from posetune.coach.report.coaching import About, coach_page, wanted, worst_of
from posetune.coach.session import Session, coached


def sagging(depth: float):
    return pressing_up(depth, sag=45)


@pytest.fixture(scope="module")
def bad() -> Session:
    return coached(clip(repeated(sagging, 2, fps=15)), "pushup")


def test_the_worst_has_the_most_faults():
    samples = [*repeated(squatting, 1, fps=15)]
    later = [*repeated(lambda d: squatting(d * 0.75, lean=75), 1, fps=15)]
    moved = [type(s)(s.time_s + 4, s.points, s.visibility, s.world) for s in later]
    session = coached(clip([*samples, *moved]), "squat")
    assert len(session.repetitions) == 2
    assert worst_of(session) == 1
    assert worst_of(coached([], "squat")) is None


def test_pictures_are_of_start_turning_point_and_end_and_the_fault_is_marked(bad: Session):
    start, extremum, end = wanted(bad)
    r = bad.repetitions[worst_of(bad)]
    assert (start.time_s, extremum.time_s, end.time_s) == (r.start_s, r.extremum_s, r.end_s)
    assert set(extremum.marked) == {f"{r.side}_{p}" for p in ("shoulder", "hip", "ankle")}
    assert start.marked == ()


def test_the_page_tells_faults_values_and_whose_errors_they_are_held_against(bad: Session):
    about = About("clip <1>.mp4", errors={"hip": 3.0}, errors_of="eval.json")
    html = coach_page(bad, about, dict.fromkeys(wanted(bad), "data:image/jpeg;base64,AA"))
    assert "Push-up: 2 repetitions" in html
    assert html.count("<img") == 3
    assert "Hips up: hold one line from shoulders to heels." in html
    assert "Errors of eval.json: hip 5.0°" in html
    assert "clip &lt;1&gt;.mp4" in html
    assert "blurred" in html
    assert 'class="band fault"' in html
    assert "no medical advice" in html


def test_without_a_video_it_says_so(bad: Session):
    html = coach_page(bad, About("p.json"), None)
    assert "<img" not in html
    assert "the video was not at hand" in html


def test_chinese(bad: Session):
    html = coach_page(bad, About("p.json", "zh"), None)
    assert '<html lang="zh">' in html
    assert "俯卧撑：2 次" in html
    assert "抬高髋部" in html


def test_nobody_and_nothing():
    html = coach_page(coached([], "squat"), About("empty.mp4"), {})
    assert "Squat: 0 repetitions" in html
    assert "Nobody was found" in html
    assert "No exercise was recognised" in coach_page(coached([], "auto"), About("empty.mp4"), {})
