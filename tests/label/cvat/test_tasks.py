"""Which task or project is meant, and what cvat-sdk's own client makes of the stand-in server's answers."""

from __future__ import annotations

import pytest

pytest.importorskip("cvat_sdk")
from cvat_sdk.core.client import AccessTokenCredentials, Client
from tests.helpers.cvat_server import TOKEN, running
from tests.helpers.cvat_set import connect, write_set

from posetune.errors import PosetuneError
from posetune.label.cvat.push import Where, push
from posetune.label.cvat.tasks import Target, fetch, find_project, target_of
from posetune.progress import Reporter


@pytest.mark.parametrize(
    ("text", "project", "meant"),
    [
        ("https://app.cvat.ai/tasks/12", False, Target("task", 12, url="https://app.cvat.ai")),
        ("http://localhost:8080/projects/3?page=1", False, Target("project", 3, url="http://localhost:8080")),
        ("https://x/tasks/12/jobs/7", False, Target("task", 12, url="https://x")),
        ("12", False, Target("task", 12)),
        ("12", True, Target("project", 12)),
        ("my squats", False, Target("project", None, "my squats")),
    ],
)
def test_what_a_user_means(text, project, meant):
    assert target_of(text, project) == meant


def test_two_projects_of_one_name_are_not_guessed_between():
    with running() as (url, state), connect(url) as server:
        for number in (4, 5):
            state.projects[number] = {"id": number, "name": "twice"}
        with pytest.raises(PosetuneError, match=r"2 projects called 'twice' \(4, 5\); give the number"):
            find_project(server, "twice")


def test_a_video_is_refused_with_the_way_out():
    with running() as (url, state), connect(url) as server:
        row = state.make_task({"name": "clip"})
        row.update(size=50, frames=[{"name": "clip.mp4", "width": 9, "height": 9}])
        with pytest.raises(PosetuneError, match=r"is a video.*CVAT for video 1.1"):
            fetch(server, row)


def test_the_sdks_own_models_read_what_the_stand_in_answers(tmp_path):
    """So the stand-in keeps to the schema of the version that the SDK was made for."""
    dataset = write_set(tmp_path / "squats", 3)
    with running() as (url, _):
        with connect(url) as server:
            push(dataset, "train", server, Where(project="clips", job_size=2), Reporter())
        client = Client(url, check_server_version=False)
        client.login(AccessTokenCredentials(TOKEN))
        (project,) = client.projects.list()
        (task,) = project.get_tasks()
        assert (task.size, task.segment_size, task.subset) == (3, 2, "train")
        assert [label.type for label in project.get_labels()] == ["skeleton"]
        assert [frame.name[9:] for frame in task.get_frames_info()] == [f"clip__clip_{i:06d}.png" for i in range(3)]
        assert [(job.start_frame, job.stop_frame) for job in task.get_jobs()] == [(0, 1), (2, 2)]
        shapes = task.get_annotations().shapes
        assert [shape.type.value for shape in shapes] == ["skeleton"] * len(dataset.people)
        assert len(shapes[0].elements) == 33
        requests, _ = client.api_client.requests_api.list(task_id=task.id)
        assert requests.results[0].status.value == "finished"
