"""What a file says of its own points."""

from __future__ import annotations

import pytest
from tests.helpers.heads import SKELETON

from posetune.errors import PosetuneError
from posetune.graph import metadata, points
from posetune.graph.build_head import with_head
from posetune.graph.flatbuffer import Graph
from posetune.graph.points import OwnPoints


def test_the_file_says_what_its_points_are(lite):
    content = with_head(lite, OwnPoints(SKELETON, "heatmap", "lite")).to_bytes()
    assert points.has_own_points(content)
    assert not points.has_own_points(lite)
    assert points.read(lite) is None
    own = points.read(content)
    assert own is not None
    assert own.skeleton.names == SKELETON.names
    assert (own.skeleton.flip == SKELETON.flip).all()
    assert (own.head, own.base) == ("heatmap", "lite")
    described = metadata.read(Graph(content))
    assert described is not None
    assert described.normalization == metadata.LANDMARKS_NORMALIZATION
    assert described.output_names == (*points.KEPT_OUTPUTS, "maps")
    assert "helmet_top" in described.description


def test_a_damaged_description_is_an_error(lite):
    graph = with_head(lite, OwnPoints(SKELETON, "heatmap", "lite"))
    content = graph.to_bytes()
    for before, after in ((b'"flip": [0, 2', b'"flip": [0, 9'), (b'"heatmap", "base"', b'"heat___", "base"')):
        assert before in content
        with pytest.raises(PosetuneError, match="damaged"):
            points.read(content.replace(before, after))
    with pytest.raises(PosetuneError, match="later posetune"):
        points.read(content.replace(b'{"format": 1', b'{"format": 9'))
