"""Results as values, and as what programs read."""

from dataclasses import dataclass, field

from posetune.measure.results import PCK_02, Record


@dataclass(frozen=True)
class Inner(Record):
    points: int


@dataclass(frozen=True)
class Outer(Record):
    pck_02: float | None = field(metadata=PCK_02)
    by: dict[str, Inner]
    rows: tuple[Inner, ...]
    left_out: Inner | None = field(default=None, metadata={"optional": True})


def test_fields_in_their_order_with_the_names_of_json():
    found = Outer(None, {"nose": Inner(3)}, (Inner(1), Inner(2))).to_json()
    assert found == {"pck_0.2": None, "by": {"nose": {"points": 3}}, "rows": [{"points": 1}, {"points": 2}]}
    assert list(found) == ["pck_0.2", "by", "rows"]
    assert Outer(0.5, {}, (), Inner(4)).to_json()["left_out"] == {"points": 4}
