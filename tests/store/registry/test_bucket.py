from __future__ import annotations

import pytest

from posetune.errors import PosetuneError

pytest.importorskip("obstore")

from posetune.store.registry.bucket import Bucket


def test_a_file_is_made_once(bucket):
    place = Bucket(bucket.replace("/registry", "/once"))
    assert place.create("log/1", b"a")
    assert not place.create("log/1", b"b")
    assert place.read("log/1") == b"a"
    assert place.read("log/2") is None
    place.create("log/2", b"b")
    place.create("log/deep/3", b"c")
    assert place.names("log") == ["1", "2"]
    assert place.names("log", after="1") == ["2"]
    assert place.folders("log") == ["deep"]


def test_the_answer_to_a_first_try_may_be_lost(bucket):
    place = Bucket(bucket.replace("/registry", "/lost"))
    place.create("log/1", b"mine")
    assert place.create("log/1", b"mine")


@pytest.mark.parametrize("url", ["s3://", "s3://bucket?secret=x", "s3://key:secret@bucket/a"])
def test_another_url_is_one_sentence_without_secrets(url):
    with pytest.raises(PosetuneError, match="A bucket is named by") as raised:
        Bucket(url)
    assert "secret@" not in str(raised.value)


def test_a_store_that_is_not_there_is_one_sentence(monkeypatch):
    monkeypatch.setattr("posetune.store.registry.bucket._TRIES", __import__("datetime").timedelta(seconds=0.2))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")
    with pytest.raises(PosetuneError, match="Is the store there") as raised:
        Bucket("s3://bucket/a?endpoint=http://127.0.0.1:9").read("log/1")
    assert "\n" not in str(raised.value)


def test_that_no_keys_are_set_is_said_in_words():
    place = Bucket("s3://bucket/a?endpoint=http://127.0.0.1:9")
    with (
        pytest.raises(PosetuneError, match="AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"),
        place._explained("read"),
    ):
        raise OSError("Error performing PUT http://169.254.169.254/latest/api/token")
