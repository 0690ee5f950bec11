"""What proposes people."""

import pytest
from tests.helpers.arms import moving

from posetune.errors import PosetuneError
from posetune.label.proposer import NetworkProposer


def test_a_quick_look_and_a_proposal_find_the_same_person(proposer):
    rgb = moving(1)[0]
    quick, proposed = proposer.find(rgb, None, 0), proposer.propose(rgb, None, 0)
    assert len(quick) == len(proposed) == 1
    assert abs(quick[0] - proposed[0].points_px).max() < 0.1 * rgb.shape[0]
    assert proposer.heads(rgb)
    assert proposer.frames_of(None) is None


def test_what_looks_names_what_it_keeps(proposer):
    more = NetworkProposer("lite", most=3, threads=1)
    assert more.made_by != proposer.made_by
    assert len(proposer.network) == 64
    with pytest.raises(PosetuneError, match="--people"):
        NetworkProposer("lite", most=0)
