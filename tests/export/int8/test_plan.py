"""Which layers are quantised."""

import pytest

torch = pytest.importorskip("torch")
from posetune.export.int8 import plan


def test_heads_stay_float_and_the_mask_is_not_measured(wide):
    heads, needed = plan.heads(wide), plan.landmark_places(wide)
    assert len(heads) == 5
    assert len(heads - needed) == 1
    blocks = plan.blocks(
        wide, needed - heads - {i for i in needed if wide.operators[i].kind in ("RESHAPE", "LOGISTIC")}
    )
    assert 0.9 < sum(b.work for b in blocks) <= 1
    assert [p for b in blocks for p in b.places] == sorted(p for b in blocks for p in b.places)


def test_float_blocks_are_where_a_little_time_saves_much_error():
    blocks = [plan.Block((0,), 0.5, 3.0), plan.Block((1,), 0.05, 1.0), plan.Block((2,), 0.05, 0.1)]
    assert plan.float_blocks(blocks, 0.06) == {1}
    assert plan.float_blocks(blocks, 0.61) == {0, 1, 2}
    assert plan.float_blocks(blocks, 0.0) == set()
