from __future__ import annotations

import os
import signal

import pytest

pytest.importorskip("pyarrow")

from tests.helpers.jobs import lite_looker, unplanned

from posetune import stock
from posetune.scale.alone import look_alone, send_what_is_seen
from posetune.scale.plan import Item
from posetune.scale.store import StoreError


def deadly(there, networks, job, item) -> None:
    """A picture named so kills whoever looks at it."""
    if item.file == "deadly.png":
        os.kill(os.getpid(), signal.SIGSEGV)
    if item.file == "away.png":
        there.send(StoreError("does not answer"))
        return
    send_what_is_seen(there, networks, job, item)


def test_what_kills_its_process_is_a_row_with_its_error(unlabelled):
    path = next(p for p in sorted(unlabelled.iterdir()) if "person" in p.name)
    items = [Item(str(path), name, "image") for name in ("deadly.png", "ada.png")]
    steps: list[int] = []
    found, about = look_alone(stock.resolve("lite"), unplanned(), items, lambda: steps.append(1), deadly)
    assert "died (signal 11)" in found[0].error
    expected, _ = lite_looker()([items[1]], lambda: None)
    assert found[1].people[0]["landmarks_px"].tolist() == expected[0].people[0]["landmarks_px"].tolist()
    assert len(steps) == 2
    assert about == {"joins": []}


def test_a_store_that_does_not_answer_is_no_row(unlabelled):
    with pytest.raises(StoreError):
        look_alone(stock.resolve("lite"), unplanned(), [Item("x", "away.png", "image")], lambda: None, deadly)
