from __future__ import annotations

import pytest

pytest.importorskip("sqlalchemy")

from tests.helpers.corrections import new, picture

from posetune.store.corrections import Corrections
from posetune.store.traffic import Given, given, kept_picture, offer


def test_a_picture_is_kept_once_and_read_back(database):
    first = offer(database, picture(), "web-a", traffic=False)
    assert first.new
    assert not offer(database, picture(), "web-b", traffic=False).new
    assert offer(database, picture(), "web-b").new  # from now on audits may be drawn from it
    found = kept_picture(database, first.sha256)
    assert (found.content, found.consent, found.width) == (picture().content, picture().consent, 100)
    assert kept_picture(database, "0" * 64) is None


def test_what_somebody_gave_is_counted(database):
    store = Corrections(database)
    offer(database, picture(b"\xff\xd81"), "web-a")
    store.add(new("web-a"))
    store.add(new("web-b"))
    store.add(new("web_c"))
    assert given(database, "web-a") == Given(2, 1)
    assert given(database, "web-*") == Given(2, 2)
    assert given(database, "web-a", since=4e9) == Given(0, 0)
    store.trust("web-a")
    assert given(database, "web-a").trusted
