from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from posetune.tune.training.division import Division, parts_of, sum_scaled


@pytest.mark.parametrize(("batch", "threads", "ranks"), [(32, 1, 2), (8, 1, 2), (33, 2, 3), (9, 1, 4), (20, 2, 1)])
def test_processes_work_on_the_parts_of_one_with_as_many_threads(batch, threads, ranks):
    parts = parts_of(batch, threads * ranks)
    wanted = [list(range(batch))[k::parts] for k in range(parts)]
    found = []
    for rank in range(ranks):
        division = Division.of(parts, rank, ranks)
        assert division.whole
        crops = division.crops(batch)
        found += [crops[k :: len(division.mine)] for k in range(len(division.mine))]
    assert found == wanted


def test_what_one_does_not_divide_is_still_shared():
    pieces = [Division.of(1, rank, 3) for rank in range(3)]
    assert not any(piece.whole for piece in pieces)
    assert sorted(k for piece in pieces for k in piece.crops(8)) == list(range(8))
    assert Division.of(1).crops(3) == [0, 1, 2]
    assert Division.of(1).whole


def test_a_sum_goes_on_where_another_ended():
    tensors, scales = [torch.rand(7) for _ in range(4)], [0.1, 0.2, 0.3, 0.4]
    whole = sum_scaled(tensors, scales)
    assert torch.equal(sum_scaled(tensors[2:], scales[2:], sum_scaled(tensors[:2], scales[:2])), whole)
    assert torch.equal(sum_scaled([None, None], [1.0, 1.0], whole), whole)
    assert sum_scaled([None], [1.0]) is None
