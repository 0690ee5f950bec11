from __future__ import annotations

import itertools

import pytest
from tests.helpers.buckets import bucket_url


@pytest.fixture(scope="session")
def bucket():
    with bucket_url() as url:
        yield url


_counts = itertools.count()


@pytest.fixture(params=["folder", "bucket"])
def url(request, tmp_path):
    """Of a place for a registry, empty; tests run on both kinds."""
    if request.param == "folder":
        return str(tmp_path / "registry")
    return request.getfixturevalue("bucket").replace("/registry?", f"/registry{next(_counts)}?")
