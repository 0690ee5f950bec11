from __future__ import annotations

from posetune.scale.folder import Folder
from posetune.scale.open import store_of
from posetune.scale.store import is_bucket


def test_urls():
    assert isinstance(store_of("file:///tmp/x"), Folder)
    assert store_of("file:///tmp/x").path.as_posix() == "/tmp/x"
    assert [is_bucket(t) for t in ("s3://a/b", "gs://a", "az://a/b", "/tmp", "s3")] == [True, True, True, False, False]
