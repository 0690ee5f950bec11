from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from posetune.coach.ergonomics.en1005 import CELLS, MANNERS, ZONES, angle_of, judged, verdict_of, zone_of
from posetune.coach.ergonomics.posture import Posture

A, C, N = "acceptable", "conditionally acceptable", "not acceptable"


def posture(trunk: float | None = 0.0, arm: float | None = 0.0, neck: float | None = 0.0) -> Posture:
    return Posture(trunk, neck, arm, None, None, None, None, None)


def stream(trunk: Callable[[float], float | None], seconds: float = 60.0, fps: float = 10.0):
    return [(n / fps, posture(trunk(n / fps))) for n in range(int(seconds * fps))]


@pytest.mark.parametrize(
    ("part", "zone", "static", "seldom", "often"),
    [
        ("trunk", "backwards", C, C, N), ("trunk", "to 20°", A, A, A), ("trunk", "20 to 60°", C, A, C),
        ("trunk", "beyond 60°", N, C, N),
        ("upper arm", "backwards", N, C, N), ("upper arm", "to 20°", A, A, A), ("upper arm", "20 to 60°", C, A, C),
        ("upper arm", "beyond 60°", N, C, N),
        ("head", "backwards", N, C, N), ("head", "to 40°", A, A, A), ("head", "beyond 40°", N, C, N),
    ],
)  # fmt: skip
def test_each_cell(part: str, zone: str, static: str, seldom: str, often: str):
    assert dict(zip(MANNERS, CELLS[part, zone], strict=True)) == dict(
        zip(MANNERS, (static, seldom, often), strict=True)
    )
    assert verdict_of(part, zone, 4.0, 0.0) == max(static, seldom, key=[A, C, N].index)
    assert verdict_of(part, zone, 1.0, 1.9) == seldom
    assert verdict_of(part, zone, 1.0, 2.0) == often


def test_every_zone_has_its_cells_and_zones_leave_no_gap():
    assert set(CELLS) == {(part, name) for part, zones in ZONES.items() for name, _, _ in zones}
    for zones in ZONES.values():
        assert all(a[2] == b[1] for a, b in itertools.pairwise(zones))


@pytest.mark.parametrize(
    ("degrees", "zone"), [(-6, "backwards"), (-4, "to 20°"), (20, "to 20°"), (21, "20 to 60°"), (61, "beyond 60°")]
)
def test_zone_of(degrees: float, zone: str):
    assert zone_of("trunk", degrees) == zone


def test_a_bend_that_is_held_and_one_that_is_not():
    held = judged([stream(lambda t: 40 if 10 < t < 20 else 0)])["trunk"]
    assert held.verdict == C
    zone = next(z for z in held.zones if z.name == "20 to 60°")
    assert zone.longest_s == pytest.approx(10, abs=0.3)
    assert zone.per_minute == pytest.approx(1, abs=0.1)
    short = judged([stream(lambda t: 40 if 10 < t < 12 else 0)])["trunk"]
    assert short.verdict == A


def test_often_is_worse_than_seldom_and_trembling_is_no_movement():
    often = judged([stream(lambda t: 70 if t % 10 < 1 else 0)])["trunk"]
    assert often.verdict == N
    trembling = judged([stream(lambda t: 20 + (2 if round(t * 10) % 2 else -2))])["trunk"]
    assert {z.name: z.per_minute for z in trembling.zones}["20 to 60°"] == 0


def test_what_was_not_seen_is_not_judged():
    part = judged([stream(lambda t: None)])["trunk"]
    assert (part.verdict, part.seen_s) == (None, 0.0)
    assert angle_of("head", posture(None)) is None
    assert angle_of("head", posture(10, neck=20)) == 30


def test_a_gap_is_no_movement():
    part = judged([stream(lambda t: None if 20 < t < 40 else 70 if t >= 40 else 0)])["trunk"]
    assert {z.name: z.per_minute for z in part.zones}["beyond 60°"] == 0
