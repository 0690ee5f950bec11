"""A whole job in a bucket, through an emulator: pictures there, results there."""

from __future__ import annotations

import itertools
import os

import pytest

boto3 = pytest.importorskip("boto3")
pytest.importorskip("obstore")
pytest.importorskip("pyarrow")

from tests.helpers.buckets import bucket_url
from tests.helpers.jobs import planned

from posetune.errors import PosetuneError
from posetune.scale.bucket import Bucket
from posetune.scale.folder import Folder
from posetune.scale.merge import merge
from posetune.scale.status import status
from posetune.scale.sweep import sweep
from posetune.scale.verify import verify
from posetune.scale.work import Settings, work


@pytest.fixture(scope="module")
def bucket():
    """The URL of a bucket that the environment leads to."""
    with bucket_url() as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", url.partition("endpoint=")[2])
        yield "s3://networks"


def test_a_job_whose_pictures_and_results_lie_in_a_bucket(bucket, unlabelled, tmp_path):
    photos = Bucket(f"{bucket}/photos")
    for path in unlabelled.iterdir():
        photos.put(f"day1/{path.name}", path.read_bytes())
    photos.put("day1/notes.txt", b"no picture")
    store = Bucket(f"{bucket}/photos/job")  # below its own input, and left out of it
    job = planned(store, f"{bucket}/photos", shard=3)
    assert (job.units, job.items, job.left_out) == (2, 4, {".txt": 1})
    assert planned(store, f"{bucket}/photos", shard=3) == job
    summary = work(store, Settings(wait=0.01))
    assert (summary.units, summary.pictures) == (2, 4)
    assert verify(store).faults == ()
    assert status(store).done == 2
    found = merge(store)
    assert (found.people, found.errors) == (2, 1)
    here = Folder(tmp_path / "job")
    planned(here, unlabelled, shard=3)
    work(here, Settings(wait=0.01))
    merge(here)
    # The same poses to the last digit; names are below each input.
    assert store.get("predictions.json").replace(b"day1/", b"").count(b"keypoints") == 2
    strip = lambda content: [row for row in content.split(b"\n") if b"score" in row]  # noqa: E731
    keys = [
        [row.partition(b'"keypoints"')[2].partition(b'"file_name"')[0] for row in strip(s.get("predictions.json"))]
        for s in (store, here)
    ]
    assert keys[0] == keys[1]
    store.put("parts/00000000-beef.parquet", b"late")
    assert sweep(store).parts == 1
    assert [e.name for e in store.list("leases")] == []


def test_of_two_who_create_one_wins(bucket):
    store = Bucket(f"{bucket}/race")
    assert [store.create("done/1", content) for content in (b"a", b"b")] == [True, False]
    assert store.get("done/1") == b"a"


def test_a_bucket_that_is_not_there_is_one_sentence(bucket):
    with pytest.raises(PosetuneError, match="there is no such bucket"):
        Bucket("s3://nowhere/job").put("a", b"1")
    with pytest.raises(PosetuneError, match="there is no such bucket"):
        list(Bucket("s3://nowhere/job").list(""))


def test_the_mark_of_an_empty_folder_is_no_file(bucket):
    client = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    client.put_object(Bucket=bucket.removeprefix("s3://"), Key="marked/", Body=b"")
    assert list(itertools.islice(Bucket(f"{bucket}/marked").list(""), 3)) == []
