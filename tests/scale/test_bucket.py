"""Buckets, in memory and with faults; S3 itself through an emulator in test_s3.py."""

from __future__ import annotations

import pytest

pytest.importorskip("obstore")

from obstore import exceptions

from posetune.scale import bucket as bucket_module
from posetune.scale.bucket import Bucket
from posetune.scale.store import StoreError, StoreRefused


@pytest.fixture
def store(monkeypatch) -> Bucket:
    monkeypatch.setattr(bucket_module.time, "sleep", lambda _: None)
    return Bucket("memory://")


def test_the_six_calls(store, tmp_path):
    assert store.create("done/1", b"a")
    assert not store.create("done/1", b"b")
    store.put("parts/1", b"c")
    store.put("parts/1", b"dd")
    (tmp_path / "f").write_bytes(b"eee")
    store.put_file("parts/2", tmp_path / "f")
    assert [store.get(n) for n in ("done/1", "parts/1", "parts/2", "gone")] == [b"a", b"dd", b"eee", None]
    assert [(e.name, e.size) for e in store.list("parts")] == [("parts/1", 2), ("parts/2", 3)]
    assert [e.name for e in store.list("")] == ["done/1", "parts/1", "parts/2"]
    store.delete("parts/1")
    store.delete("parts/1")
    assert [e.name for e in store.list("parts")] == ["parts/2"]


def faulty(monkeypatch, call: str, *errors: Exception | None, after: bool = False) -> list[int]:
    """The next calls of obstore fail so (None: not); ``after``: once the store has done it."""
    real, calls = getattr(bucket_module.obstore, call), []

    def fails(*args, **options):
        calls.append(1)
        error = errors[len(calls) - 1] if len(calls) <= len(errors) else None
        result = real(*args, **options) if after or error is None else None
        if error is not None:
            raise error
        return result

    monkeypatch.setattr(bucket_module.obstore, call, fails)
    return calls


def test_what_fails_is_asked_again(store, monkeypatch):
    calls = faulty(monkeypatch, "put", exceptions.GenericError("503 Slow Down"), OSError("connection reset"))
    store.put("a", b"1")
    assert len(calls) == 3
    assert store.get("a") == b"1"


def test_a_store_that_timed_out_after_it_had_accepted(store, monkeypatch):
    faulty(monkeypatch, "put", exceptions.GenericError("timed out"), after=True)
    assert store.create("done/1", b"mine")
    assert not store.create("done/1", b"mine")  # another call: somebody else's


def test_one_that_lost_is_not_told_that_it_won(store, monkeypatch):
    store.create("done/1", b"theirs")
    faulty(monkeypatch, "put", exceptions.GenericError("timed out"))
    assert not store.create("done/1", b"mine")


def test_after_the_last_attempt_it_is_one_sentence(store, monkeypatch):
    calls = faulty(monkeypatch, "get", *[exceptions.GenericError("503\npages of debug output")] * 99)
    with pytest.raises(StoreError, match=r"does not answer after 8 attempts .503.; what is done is kept"):
        store.get("a")
    assert len(calls) == 8


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (exceptions.PermissionDeniedError("403"), "forbids it"),
        (exceptions.UnauthenticatedError("401"), "forbids it"),
        (exceptions.GenericError("507 InsufficientStorage"), "is full"),
    ],
)
def test_what_will_not_change_is_not_asked_again(store, monkeypatch, error, text):
    calls = faulty(monkeypatch, "put", error)
    with pytest.raises(StoreRefused, match=text):
        store.put("a", b"1")
    assert len(calls) == 1


def test_a_list_goes_on_where_a_page_failed(store, monkeypatch):
    for k in range(2500):
        store.put(f"done/{k:05}", b"")
    calls = faulty(monkeypatch, "list", None, exceptions.GenericError("503"))
    assert [e.name for e in store.list("done")] == [f"done/{k:05}" for k in range(2500)]
    assert len(calls) == 5


def test_what_is_no_bucket_is_told():
    with pytest.raises(StoreRefused, match="no bucket"):
        Bucket("s3://")


@pytest.mark.parametrize(
    ("url", "service", "keys"),
    [
        ("s3://b/x", "http://169.254.169.254/latest/api/token", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        ("gs://b/x", "http://metadata.google.internal/computeMetadata", "GOOGLE_APPLICATION_CREDENTIALS"),
    ],
)
def test_where_no_keys_are_it_is_said_soon_and_in_these_words(store, monkeypatch, url, service, keys):
    store.url = url
    calls = faulty(monkeypatch, "get", *[exceptions.GenericError(f"Error performing PUT {service}")] * 99)
    with pytest.raises(StoreRefused, match=f"no keys were given, .*; set {keys}"):
        store.get("a")
    assert len(calls) == 3
